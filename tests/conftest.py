"""What every test can rely on: a clean environment, no network, and an indexed sample folder."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.settings import load_settings
from index.library import open_library

ROOT = Path(__file__).parents[1]

_OURS = ("QUOTH_", "DISCORD_", "OPENAI_", "ANTHROPIC_", "GOOGLE_", "GEMINI_", "OLLAMA_", "CHROMA_")
_TERMINAL = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")


@pytest.fixture(autouse=True)
def clean_environ(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every setting out of the environment."""
    for name in list(os.environ):
        if name.startswith(_OURS) or name in _TERMINAL:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Let sockets of this process reach this machine only."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])
            if not (host.startswith("127.") or host in ("localhost", "::1", "0.0.0.0", "::")):
                raise OSError(f"a test may not reach {host!r}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", local_only)
        yield


@pytest.fixture(scope="session")
def indexed_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with the sample documents, indexed; tests only look at it."""
    folder = tmp_path_factory.mktemp("indexed")
    shutil.copytree(ROOT / "documents", folder / "documents")
    with open_library(load_settings({}, folder).index) as library:
        report = library.bring_in_step()
        assert report is not None
        assert not report.failed
    return folder


@pytest.fixture
def own_folder(indexed_folder: Path, tmp_path: Path) -> Path:
    """A working folder of the test's own; only the models are shared."""
    home = tmp_path / ".quoth"
    home.mkdir()
    (home / "models").symlink_to(indexed_folder / ".quoth" / "models")
    (tmp_path / "documents").mkdir()
    return tmp_path
