"""Git repositories of a test, and a server on this machine that gives them out as hosts do."""

from __future__ import annotations

import http.server
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.doubles.loopback import on_loopback

_IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull,
}  # fmt: skip


@dataclass(frozen=True)
class Repository:
    """A repository with a work tree in which a test writes."""

    folder: Path

    def git(self, *asked: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.folder), *asked],
            env=os.environ | _IDENTITY,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self, **texts: str | None) -> str:
        """Write files, named with `__` for a slash, or delete them; return the new commit."""
        for name, text in texts.items():
            path = self.folder / name.replace("__", "/").replace("_DOT_", ".")
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "Change")
        return self.git("rev-parse", "HEAD")


def new_repository(folder: Path) -> Repository:
    """Make an empty repository."""
    folder.mkdir(parents=True)
    made = Repository(folder)
    made.git("init", "-q", "-b", "main")
    return made


@dataclass
class GitServer:
    """What is served below a folder."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    redirect: str | None = None
    """Where everything leads instead."""
    private: bool = False
    """Whether a name and a password are asked for."""

    def url(self, name: str) -> str:
        return f"http://localhost:{self.port}/{name}"


@contextmanager
def git_server(root: Path) -> Iterator[GitServer]:
    """Serve the repositories in a folder by git's own program until the end of the block."""
    served = GitServer()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve(b"")

        def do_POST(self) -> None:
            self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def _serve(self, body: bytes) -> None:
            served.asked.append(self.path)
            if served.redirect is not None:
                self._plain(302, Location=served.redirect + self.path)
                return
            if served.private:
                self._plain(401, WWW_Authenticate='Basic realm="x"')
                return
            path, _, query = self.path.partition("?")
            environ = {
                **os.environ, "GIT_PROJECT_ROOT": str(root), "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            }  # fmt: skip
            said = subprocess.run(
                ["git", "http-backend"], input=body, env=environ, capture_output=True, check=False
            ).stdout
            head, _, rest = said.partition(b"\r\n\r\n")
            lines = [line.partition(": ") for line in head.decode().split("\r\n") if line]
            fields = {name: value for name, _, value in lines}
            self.send_response(int(fields.pop("Status", "200").split()[0]))
            for name, value in fields.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(rest)

        def _plain(self, status: int, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with on_loopback(Handler) as served.port:
        yield served
