"""An embedded Chroma, or one on a server: when it is opened, and what its files are left like."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from index.config import ChromaAccount
from index.errors import ConfigurationError, DiskFull, StoreError
from index.store.catalog_format import CHROMA_FOLDER
from index.store.chroma_check import (
    DamagedVectors,
    check_chroma,
    damage_of,
    is_about_full_disk,
    may_write,
    probe_chroma,
)
from index.store.chroma_client import (
    OpenChroma,
    file_id,
    open_embedded,
    open_server,
    save_graphs,
    unsaved_graphs,
)
from index.store.chroma_file import (
    CHROMA_FILE,
    blank_room_in_graphs,
    delete_stray_graphs,
    replace_chroma_file,
    rewrite_chroma_file,
)
from index.store.chroma_state import forget_state, has_state, looks_settled, record_state
from index.text.shown_address import shown_address

_ERROR_NUMBER = re.compile(r"\[Errno -?\d+\] ")

_PANIC = "PanicException"
"""What Rust calls a fault of its own; it is no `Exception`, so that few catch it."""


class ChromaAccess:
    """Lends one open Chroma to several threads, and keeps its files in order.

    Raises StoreError when Chroma fails, of which DamagedVectors means that its files have to be
    made again.
    """

    def __init__(
        self,
        home: Path,
        *,
        url: str | None = None,
        account: ChromaAccount | None = None,
        texts: bool = False,
    ) -> None:
        """`texts` says whether it holds the texts of passages, too."""
        self._home = home
        self.path = home / CHROMA_FOLDER
        self._url = url
        self._account = account or ChromaAccount()
        self.keeps_texts = texts
        self._changing = threading.Lock()
        self._opened: OpenChroma | None = None
        self._generation: int | None = None

    def check(self) -> None:
        """Open the store, if there is one; raises DamagedVectors when its files are damaged."""
        if self._url is None and (self.path.exists() or has_state(str(self._home))):
            with self._client():
                pass

    def may_be_opened(self) -> bool:
        """Say whether Chroma can be opened here: its own files only where they can be written."""
        return self._url is not None or not self.path.exists() or may_write(self.path)

    def probe(self) -> None:
        """Ask an embedded Chroma something in another process; raises DamagedVectors."""
        if self._url is None and self.path.exists():
            try:
                check_chroma(self._home)
                probe_chroma(self.path)
            except DamagedVectors:
                self._distrust()
                raise

    def settle(self) -> None:
        """Note that every change is done; the caller holds the write lock, and has purged."""
        if self._has_changed():
            self.blank_room()
            with self._errors():
                record_state(str(self._home))

    def discard(self) -> None:
        """Delete the files of a damaged store; the caller holds the write lock."""
        self.close()
        with self._errors():
            forget_state(str(self._home))
            if self.path.exists():
                shutil.rmtree(self.path)

    def is_open_at(self, generation: int) -> bool:
        """Say whether a query would be answered from what is open, as of this generation."""
        is_open = self._opened is not None and self._generation == generation
        return is_open and not self._was_replaced()

    def follow(self, generation: int) -> None:
        """Reopen Chroma if the catalog's generation moved since it was last opened or followed,
        or its file is another one.

        An embedded Chroma keeps answering from what it read when another process has written.
        """
        if self._generation != generation or self._was_replaced():
            if self._generation is not None:
                self.reopen()
            self._generation = generation

    def wrote(self, generation: int) -> None:
        """Take note that this very store made the change, so there is nothing to reopen."""
        self._generation = generation

    def reopen(self) -> None:
        """Forget what is in memory; calls that are running finish on the old state."""
        if self._url is None:
            self.close()

    def purge(self) -> bool:
        """Leave nothing on disk of the texts of rows that are gone; the caller holds the lock.

        Calls that are running finish on the old file. A server is left alone. Returns False where
        the system lets nobody replace a file that somebody has open.
        """
        file = self.path / CHROMA_FILE
        if self._url is not None or not file.exists():
            return True
        with self._errors():
            forget_state(str(self._home))
            copy = rewrite_chroma_file(file, texts=self.keeps_texts)
            with self._changing:  # opened in between, it would go on with the file that goes
                self._retire()
                try:
                    replace_chroma_file(file, copy)
                except PermissionError:
                    copy.unlink()
                    return False
            delete_stray_graphs(file)
        return True

    def blank_room(self) -> None:
        """Have every graph saved, and leave nothing on disk that Chroma saved of memory unasked.

        The caller holds the write lock. Takes next to no time.
        """
        if self._has_changed():
            with self._errors():
                forget_state(str(self._home))
                if names := unsaved_graphs(self.path):
                    self.close()
                    save_graphs(self.path, names)
                blank_room_in_graphs(self.path)

    def close(self) -> None:
        """Give back files and memory; the next call opens Chroma again."""
        with self._changing:
            self._retire()

    def _retire(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.retired = True
            opened.stop_if_unused()

    def _has_changed(self) -> bool:
        """Say whether there are files that are not as a writer left them when it was done."""
        is_there = self._url is None and self.path.exists()
        return is_there and not looks_settled(str(self._home))

    def _was_replaced(self) -> bool:
        """Say whether what is open is no longer the file of the home."""
        opened = self._opened
        return opened is not None and self._url is None and opened.file != file_id(self.path)

    @contextmanager
    def _client(self, *, writes: bool = False) -> Iterator[Any]:
        """Lend the open client; it is not stopped before it is given back."""
        with self._lent(writes=writes) as opened:
            yield opened.client

    @contextmanager
    def _lent(self, *, writes: bool = False) -> Iterator[OpenChroma]:
        """Lend what is open, as `_client` does."""
        with self._errors():
            with self._changing:
                if self._opened is None:
                    self._opened = self._open()
                opened = self._opened
                opened.users += 1
                if writes and self._url is None:
                    forget_state(str(self._home))
            try:
                yield opened
            finally:
                with self._changing:
                    opened.users -= 1
                    opened.stop_if_unused()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn failures of Chroma into a StoreError with a sentence."""
        try:
            yield
        except (StoreError, ConfigurationError):
            raise
        except BaseException as error:  # Chroma raises its own, SQLite's, HTTP's and plain ones
            if not isinstance(error, Exception) and type(error).__name__ != _PANIC:
                raise
            raise self._failure(error) from error

    def _open(self) -> OpenChroma:
        if self._url:
            return open_server(self._url, self._account)
        check_chroma(self._home)
        return open_embedded(self.path)

    def _distrust(self) -> None:
        """Take the note away, so that the files are looked into before they are opened again."""
        with suppress(OSError):
            forget_state(str(self._home))

    def _failure(self, error: BaseException) -> StoreError:
        """Return what failed and what to do."""
        said = " ".join(str(error).split())[:300]
        if self._url is not None:
            said = _ERROR_NUMBER.sub("", said)
            return StoreError(
                f"The Chroma server {shown_address(self._url)!r} failed: {said}. "
                "Check QUOTH_CHROMA_URL and that the server runs."
            )
        if isinstance(error, ImportError):
            return StoreError(f"Chroma cannot be loaded: {said}. Install Quoth again.")
        if is_about_full_disk(self.path, said):
            return DiskFull(self.path)
        if "database is locked" in said or "Too many open files" in said:
            return StoreError(
                f"The vector store {str(self.path)!r} cannot be used now: {said}. Try again."
            )
        self._distrust()
        return DamagedVectors(damage_of(self.path, said))
