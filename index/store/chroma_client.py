"""Opens Chroma so that only Quoth says how, and stops it so that nothing is left open."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from index.errors import ConfigurationError
from index.store.chroma_file import CHROMA_FILE

_importing = threading.Lock()
_opening = threading.Lock()


@dataclass
class OpenChroma:
    """A client of Chroma, who is using it, and the engine to stop behind it."""

    client: Any
    system: Any
    file: int | None = None
    """Which file of an embedded one is open."""
    users: int = 0
    retired: bool = False

    def stop_if_unused(self) -> None:
        """Stop a retired engine once nobody uses it."""
        if self.retired and not self.users and self.system is not None:
            self.system.stop()
            self.system = None


def open_embedded(path: Path) -> OpenChroma:
    """Open Chroma in this process, on files of our own."""
    path.mkdir(parents=True, exist_ok=True)
    chromadb = _chroma()
    with _own_engine(str(path)):
        settings = _settings(chromadb, is_persistent=True)
        client = chromadb.PersistentClient(str(path), settings=settings)
        return OpenChroma(client, client._system, file_id(path))


def file_id(path: Path) -> int | None:
    """Return what tells the file in Chroma's folder from one that took its place."""
    try:
        return (path / CHROMA_FILE).stat().st_ino
    except OSError:
        return None


def open_server(url: str) -> OpenChroma:
    """Connect to a Chroma server."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            f"QUOTH_CHROMA_URL is {url!r}, which is no address. Write it as http://HOST:PORT."
        )
    chromadb = _chroma()
    secure = parts.scheme == "https"
    client = chromadb.HttpClient(
        host=parts.hostname,
        port=parts.port or (443 if secure else 8000),
        ssl=secure,
        settings=_settings(chromadb),
    )
    return OpenChroma(client, client._system)


@contextmanager
def _own_engine(identifier: str) -> Iterator[None]:
    """Keep the engine that is opened inside out of Chroma's process-wide cache, and the reverse.

    The cache hands one engine to every client of a folder: reopening would get the stale one, and
    a client with other settings, ours or that of another library, would be refused.
    """
    from chromadb.api.shared_system_client import SharedSystemClient as Shared

    with _opening:
        caches = (Shared._identifier_to_system, Shared._identifier_to_refcount)
        theirs = [cache.pop(identifier, None) for cache in caches]
        try:
            yield
        finally:
            for cache, entry in zip(caches, theirs, strict=True):
                cache.pop(identifier, None)
                if entry is not None:
                    cache[identifier] = entry


def _chroma() -> Any:
    """Import Chroma so that neither `.env` nor the environment can set it up.

    Chroma reads both, under names without a prefix (ENVIRONMENT, PERSIST_DIRECTORY), into values
    that it makes while it is imported, and fails on those it does not understand.
    """
    with _importing:
        from pydantic_settings import BaseSettings

        original = BaseSettings.__dict__["settings_customise_sources"]
        BaseSettings.settings_customise_sources = _given_only  # type: ignore[method-assign, assignment]
        try:
            import chromadb
        finally:
            BaseSettings.settings_customise_sources = original  # type: ignore[method-assign]
        for name in ("chromadb", "chromadb.telemetry"):
            logging.getLogger(name).setLevel(logging.ERROR)
        return chromadb


@classmethod  # type: ignore[misc]
def _given_only(cls: type, settings_cls: type, init_settings: Any, **_: Any) -> tuple[Any, ...]:
    """Let settings come from arguments alone."""
    return (init_settings,)


def _settings(chromadb: Any, **given: Any) -> Any:
    """Return settings of Chroma that nothing outside this file can change."""

    class OwnSettings(chromadb.Settings):  # type: ignore[misc]
        """Chroma's settings, from arguments alone."""

        settings_customise_sources = _given_only

    return OwnSettings(anonymized_telemetry=False, **given)
