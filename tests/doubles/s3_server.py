"""A real S3 server on loopback, in a process of its own; what it holds is lost when it ends."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler
from unittest.mock import patch

from tests.doubles.loopback import on_loopback
from tests.doubles.server_process import ServerProcess

BUCKET = "papers"
SECRET = "canary-secret-of-the-store"


class S3Server(ServerProcess):
    """moto's server on one port, with one bucket."""

    def start(self) -> None:
        """Start it, and wait until its bucket is there."""
        command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1"]
        self._process = subprocess.Popen(
            [*command, "-p", str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        bucket = urllib.request.Request(f"{self.url}/{BUCKET}", method="PUT")
        for _ in range(1200):
            assert self._process.poll() is None, "the S3 server has ended"
            with suppress(OSError), urllib.request.urlopen(bucket):
                return
            time.sleep(0.05)
        raise AssertionError("the S3 server does not start")


def s3_variables(url: str) -> dict[str, str]:
    """Return the variables by which the packages of S3 find a server, and its keys."""
    return {
        "AWS_ACCESS_KEY_ID": "AKCANARY",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nowhere",
        "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
    }


@contextmanager
def descriptions_read_once() -> Iterator[None]:
    """Let this process read once what each client of S3 reads anew: two MB of JSON, 0.3 s.

    A program has one client, or a few; tests have hundreds.
    """
    from botocore.loaders import JSONFileLoader

    read_once = staticmethod(cache(JSONFileLoader().load_file))
    with patch.object(JSONFileLoader, "load_file", read_once):
        yield


class _Refusal(BaseHTTPRequestHandler):
    """Refuses everything, and repeats a key, as a careless server might."""

    protocol_version = "HTTP/1.1"

    def handle_expect_100(self) -> bool:
        """Say nothing to who asks whether to send a body."""
        return True

    def handle_one_request(self) -> None:
        """Read the head of one request, and refuse it."""
        self.close_connection = True
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            return
        said = f"<Error><Code>AccessDenied</Code><Message>{SECRET}</Message></Error>".encode()
        self.send_response(403)
        self.send_header("Content-Length", str(len(said)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def refusing_server() -> Iterator[str]:
    """Run a server that refuses everybody; yields its address."""
    with on_loopback(_Refusal) as port:
        yield f"http://127.0.0.1:{port}"
