"""Nearest neighbours in Chroma, embedded in the home folder or on a server.

Chroma only ever gets finished vectors, so it downloads no model of its own. Texts and metadata go
along, so that other applications can read the same collections. Chroma is derived from the
catalog and may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from index.errors import ConfigurationError, DiskFull, StoreError
from index.protocols import VectorRow, Vectors
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
    open_embedded,
    open_server,
    save_graphs,
    unsaved_graphs,
)
from index.store.chroma_state import forget_state, has_state, looks_settled, record_state

_PHYSICAL = re.compile(r"q-[a-z0-9-]{0,24}-[0-9a-f]{16}")
_BREADTH = 200
"""Breadth of the search in Chroma's graph, twice the default: of the true 50 nearest of 8,000 it
finds 99 %, against 98 %, in some milliseconds more."""

_PANIC = "PanicException"
"""What Rust calls a fault of its own; it is no `Exception`, so that few catch it."""

_PAGE = 10_000
"""Ids fetched at a time; Chroma binds one SQL variable for each."""


def chroma_name(collection: str, *parts: str | int) -> str:
    """Return a valid Chroma name for any collection name, unlike that of any other `parts`."""
    slug = re.sub(r"[^a-z0-9]+", "-", collection.lower()).strip("-")[:24]
    digest = hashlib.sha256("\0".join(map(str, (collection, *parts))).encode()).hexdigest()[:16]
    return f"q-{slug or 'x'}-{digest}"


class ChromaVectors:
    """A `VectorStore` in Chroma, safe to use from several threads.

    `current` tells which Chroma collection serves a collection (`Catalog.chroma_name`); a name
    made by `chroma_name` is taken as it is. Raises StoreError when Chroma fails, of which
    DamagedVectors means that its files have to be made again.
    """

    def __init__(
        self,
        home: Path,
        *,
        url: str | None = None,
        current: Callable[[str], str | None] | None = None,
    ) -> None:
        self._home = home
        self.path = home / CHROMA_FOLDER
        self._url = url
        self._current = current
        self._changing = threading.Lock()
        self._opened: OpenChroma | None = None
        self._generation: int | None = None

    def upsert(self, collection: str, rows: Sequence[VectorRow]) -> None:
        """Write rows; a row with a known id is replaced."""
        if not rows:
            return
        with self._client(writes=True) as client:
            found = client.get_or_create_collection(
                self._name(collection),
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine", "ef_search": _BREADTH}},
            )
            size = client.get_max_batch_size()
            for first in range(0, len(rows), size):
                some = rows[first : first + size]
                found.upsert(
                    ids=[row.id for row in some],
                    embeddings=np.stack([row.vector for row in some]).astype(np.float32),
                    documents=[row.text for row in some],
                    metadatas=[row.metadata for row in some],
                )

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete rows; unknown ids are ignored."""
        with self._client(writes=True) as client:
            found = _existing(client, self._name(collection))
            size = client.get_max_batch_size()
            for first in range(0, len(ids) if found is not None else 0, size):
                found.delete(ids=list(ids[first : first + size]))

    def query(self, collection: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """Return up to `limit` (id, cosine) pairs, nearest first; empty when there are none."""
        with self._client() as client:
            found = _existing(client, self._name(collection))
            if found is None or limit < 1:
                return []
            answer = found.query(
                query_embeddings=np.asarray(vector, dtype=np.float32).reshape(1, -1),
                n_results=limit,
                include=["distances"],
            )
        pairs = zip(answer["ids"][0], answer["distances"][0], strict=True)
        return [(id, 1.0 - float(distance)) for id, distance in pairs]

    def ids(self, collection: str) -> set[str]:
        """Return the ids of every row, for repair."""
        with self._client() as client:
            found = _existing(client, self._name(collection))
            known: set[str] = set()
            while found is not None:
                page = found.get(limit=_PAGE, offset=len(known), include=[])["ids"]
                known.update(page)
                if len(page) < _PAGE:
                    break
            return known

    def count(self, collection: str) -> int:
        """Return the number of rows."""
        with self._client() as client:
            found = _existing(client, self._name(collection))
            return 0 if found is None else int(found.count())

    def vectors(self, collection: str, ids: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors of the rows that exist, by id."""
        with self._client() as client:
            found = _existing(client, self._name(collection))
            if found is None or not ids:
                return {}
            rows = found.get(ids=list(dict.fromkeys(ids)), include=["embeddings"])
        return dict(zip(rows["ids"], np.asarray(rows["embeddings"], np.float32), strict=True))

    def drop(self, collection: str) -> None:
        """Delete a collection with all its rows; one that is missing is ignored."""
        with self._client(writes=True) as client:
            name = self._name(collection)
            if _existing(client, name) is not None:
                client.delete_collection(name)

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
            check_chroma(self._home)
            probe_chroma(self.path)

    def settle(self) -> None:
        """Note that every change is done; the caller holds the write lock."""
        if self._url is None and self._opened is not None and not looks_settled(str(self._home)):
            with self._errors():
                if names := unsaved_graphs(self.path):
                    self.close()
                    save_graphs(self.path, names)
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
        return self._opened is not None and self._generation == generation

    def follow(self, generation: int) -> None:
        """Reopen Chroma if the catalog's generation moved since it was last opened or followed.

        An embedded Chroma keeps answering from what it read when another process has written.
        """
        if self._generation != generation:
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

    def close(self) -> None:
        """Give back files and memory; the next call opens Chroma again."""
        with self._changing:
            opened, self._opened = self._opened, None
            if opened is not None:
                opened.retired = True
                opened.stop_if_unused()

    def _name(self, collection: str) -> str:
        """Return the Chroma name that serves `collection`."""
        current = self._current(collection) if self._current is not None else None
        if current is not None:
            return current
        return collection if _PHYSICAL.fullmatch(collection) else chroma_name(collection)

    @contextmanager
    def _client(self, *, writes: bool = False) -> Iterator[Any]:
        """Lend the open client; it is not stopped before it is given back."""
        with self._errors():
            with self._changing:
                if self._opened is None:
                    self._opened = self._open()
                opened = self._opened
                opened.users += 1
                if writes and self._url is None:
                    forget_state(str(self._home))
            try:
                yield opened.client
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
            return open_server(self._url)
        check_chroma(self._home)
        return open_embedded(self.path)

    def _failure(self, error: BaseException) -> StoreError:
        """Return what failed and what to do."""
        said = " ".join(str(error).split())[:300]
        if self._url is not None:
            return StoreError(
                f"The Chroma server {self._url!r} failed: {said}. "
                "Check QUOTH_CHROMA_URL and that the server runs."
            )
        if is_about_full_disk(self.path, said):
            return DiskFull(self.path)
        if "database is locked" in said or "Too many open files" in said:
            return StoreError(
                f"The vector store {str(self.path)!r} cannot be used now: {said}. Try again."
            )
        with suppress(OSError):
            forget_state(str(self._home))  # so that it is looked into before it is opened again
        return DamagedVectors(damage_of(self.path, said))


def _existing(client: Any, name: str) -> Any:
    """Return a collection, or None when there is none of that name."""
    from chromadb.errors import NotFoundError

    try:
        return client.get_collection(name, embedding_function=None)
    except NotFoundError:
        return None
