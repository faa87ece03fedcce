"""The address at which the files of added documents are kept, for all who share one index.

A store on the network fails in other ways than a disk does: it does not answer, refuses, or is
another one than was meant. Nobody waits for it for long, one that failed is left alone for a while,
and what its library says is told in our own words, since that may hold a key.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import SecretStr

from index.errors import ConfigurationError, FilesAway, FilesOfAnother
from index.store.catalog_format import ORIGINALS_FOLDER
from index.store.file_store import FileStore, FolderStore
from index.text.shown_address import shown_address

T = TypeVar("T")

MARKER = "quoth-index.json"
"""Says of which index these are the files."""

READING, WRITING = 10.0, 120.0
"""Seconds for an answer, and for a file to be written or all to be listed."""

REST = 60.0
"""Seconds for which a store that failed is not asked again."""

_FOLDERS = frozenset({"file", "local"})


class FilesAddress:
    """The originals at one address, each under its SHA-256; safe to use from several threads.

    All raise FilesAway where the store fails, does not answer, or failed a moment ago, and
    ConfigurationError where it cannot be opened at all.
    """

    def __init__(
        self,
        address: str,
        *,
        reading: float = READING,
        writing: float = WRITING,
        rest: float = REST,
    ) -> None:
        """Open nothing yet; times are seconds."""
        self._address = SecretStr(address)
        self.shown = shown_address(address)
        self._reading, self._writing, self._rest = reading, writing, rest
        self._opened: FileStore | None = None
        self._opening = threading.Lock()
        self._asked_again = 0.0

    def put(self, sha256: str, data: bytes) -> None:
        """Keep an original."""
        self._ask(self._writing, lambda store: store.put(_name(sha256), data))

    def read(self, sha256: str) -> bytes | None:
        """Return an original, checked; None where there is none."""
        data = self._ask(self._reading, lambda store: _read(store, _name(sha256)))
        if data is not None and hashlib.sha256(data).hexdigest() != sha256:
            raise FilesAway(self.shown, f"the file {sha256} there is not what was written")
        return data

    def has(self, sha256: str) -> bool:
        """Say whether an original is there."""
        return self._ask(self._reading, lambda store: store.has(_name(sha256)))

    def delete(self, sha256: str) -> None:
        """Delete an original; one that is not there is fine."""
        self._ask(self._reading, lambda store: store.delete(_name(sha256)))

    def sizes(self) -> dict[str, int]:
        """Return the bytes of each original."""
        return self._ask(self._writing, lambda store: store.sizes(ORIGINALS_FOLDER))

    def owner(self) -> str | None:
        """Return the id of the index whose files are kept there; None where nobody's are yet."""
        return self._ask(self._reading, _owner)

    def claim(self, index: str) -> None:
        """Have files of this index kept there; raises FilesOfAnother where another's are."""

        def owner_at_last(store: FileStore) -> str | None:
            found = _owner(store)
            if found is None:
                with suppress(FileExistsError):  # somebody was first, perhaps for this index
                    store.create(MARKER, _marker(index))
                found = _owner(store)
            return found

        if self._ask(self._reading, owner_at_last) != index:
            raise FilesOfAnother(self.shown, MARKER)

    def probe(self) -> None:
        """Write, read and delete a file of no document."""
        name, data = f"probe-{secrets.token_hex(8)}", secrets.token_bytes(64)

        def written_and_read(store: FileStore) -> bytes:
            try:
                store.put(name, data)
                return store.read(name)
            finally:
                store.delete(name)

        if self._ask(self._reading, written_and_read) != data:
            raise FilesAway(self.shown, "what was written was not read again")

    def close(self) -> None:
        """Let go of the store, and with it of its connections; it is opened again when needed."""
        with self._opening:
            self._opened = None

    def _ask(self, seconds: float, call: Callable[[FileStore], T]) -> T:
        if time.monotonic() < self._asked_again:
            said = "it failed a moment ago and is left alone for a minute"
            raise FilesAway(self.shown, said, is_news=False)
        try:
            return _within(seconds, lambda: call(self._store()))
        except ConfigurationError:
            raise
        except Exception as error:
            self._asked_again = time.monotonic() + self._rest
            # Not as the cause: what libraries say may hold keys, and tracebacks go into logs.
            raise FilesAway(
                self.shown, _reason(error, is_folder=_is_folder(self._address.get_secret_value()))
            ) from None

    def _store(self) -> FileStore:
        with self._opening:
            if self._opened is None:
                self._opened = open_store(self._address.get_secret_value())
            return self._opened


def check_address(address: str) -> None:
    """See that an address can be one; raises ConfigurationError, which does not repeat keys."""
    kind, mark, rest = address.partition("://")
    parts = urlsplit(address) if mark and "::" not in address else None
    if (
        parts is None
        or not rest.strip("/")
        or not kind.replace("+", "").isalnum()
        or any(each.isspace() for each in address)
        or (_is_folder(address) and (parts.netloc not in ("", "localhost") or len(parts.path) < 2))
    ):
        raise ConfigurationError(
            "QUOTH_FILES cannot be used: it must be one address such as s3://BUCKET/PREFIX or "
            "file:///FOLDER. Correct it in .env or unset it."
        )


def open_store(address: str) -> FileStore:
    """Return the store at an address; raises ConfigurationError."""
    check_address(address)
    if _is_folder(address):
        from urllib.request import url2pathname  # brings much that few need

        return FolderStore(Path(url2pathname(urlsplit(address).path)))
    from index.store.address_store import AddressStore

    return AddressStore(address)


def _is_folder(address: str) -> bool:
    return address.partition("://")[0] in _FOLDERS


def _name(sha256: str) -> str:
    return f"{ORIGINALS_FOLDER}/{sha256}"


def _read(store: FileStore, name: str) -> bytes | None:
    try:
        return store.read(name)
    except FileNotFoundError:
        return None


def _owner(store: FileStore) -> str | None:
    """Return the index that a marker names; a marker that cannot be read is nobody's we know."""
    data = _read(store, MARKER)
    if data is None:
        return None
    try:
        return str(json.loads(data)["index"])
    except (ValueError, KeyError, TypeError):
        return ""


def _marker(index: str) -> bytes:
    note = "The files of documents that were added to one index of Quoth. Leave this file here."
    return json.dumps({"index": index, "note": note}, indent=2).encode()


def _within(seconds: float, call: Callable[[], T]) -> T:
    """Return what a call does, or raise TimeoutError: libraries of stores may wait for ever.

    A call that is given up goes on in its thread, which keeps no process from ending.
    """
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, name="files at an address", daemon=True).start()
    return future.result(seconds)


def _reason(error: Exception, *, is_folder: bool) -> str:
    """Say what happened, without a word of what the library says."""
    name = type(error).__name__
    if isinstance(error, TimeoutError) or "Timeout" in name:
        return "it does not answer"
    if "Credential" in name or "Token" in name:
        return "no keys for it were found in the environment or in the files of its package"
    if isinstance(error, NotADirectoryError):
        return "there is no such folder; make it, or mount its disk"
    if isinstance(error, OSError) and not isinstance(error, FileNotFoundError) and is_folder:
        return os.strerror(error.errno or 0)
    if isinstance(error, PermissionError):
        return "it refuses: the keys are wrong, or do not allow to read, write, list and delete"
    if isinstance(error, FileNotFoundError):
        return "there is no such bucket or folder"
    if isinstance(error, ConnectionError) or "Connect" in name:
        return "nothing answers there"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return f"its package fails ({name})"
