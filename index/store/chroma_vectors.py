"""Nearest neighbours in Chroma, embedded in the home folder or on a server.

Chroma only ever gets finished vectors, so it downloads no model of its own. Texts and metadata go
along, so that other applications can read the same collections. Chroma is derived from the
catalog and may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from index.errors import ConfigurationError, StoreError
from index.protocols import VectorRow, Vectors
from index.store.chroma_client import OpenChroma, file_id, open_embedded, open_server
from index.store.chroma_file import (
    CHROMA_FILE,
    blank_room_in_graphs,
    delete_stray_graphs,
    replace_chroma_file,
    rewrite_chroma_file,
)
from index.text.shown_address import shown_address

CHROMA_FOLDER = "chroma"
"""Name of Chroma's folder in the home folder."""

_PHYSICAL = re.compile(r"q-[a-z0-9-]{0,24}-[0-9a-f]{16}")
_BREADTH = 200
"""Breadth of the search in Chroma's graph, twice the default: of the true 50 nearest of 8,000 it
finds 99 %, against 98 %, in some milliseconds more."""

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
    made by `chroma_name` is taken as it is. Raises StoreError when Chroma fails.
    """

    def __init__(
        self,
        home: Path,
        *,
        url: str | None = None,
        current: Callable[[str], str | None] | None = None,
    ) -> None:
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
        with self._client() as client:
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

    def describe(
        self, collection: str, known: Mapping[str, Mapping[str, str | int | None]]
    ) -> None:
        """Replace the metadata of rows that exist; None takes a name away."""
        with self._client() as client:
            found = _existing(client, self._name(collection)) if known else None
            if found is None:
                return
            ids, size = list(known), client.get_max_batch_size()
            for first in range(0, len(ids), size):
                some = ids[first : first + size]
                found.update(ids=some, metadatas=[dict(known[id]) for id in some])

    def descriptions(self, collection: str, ids: Sequence[str]) -> dict[str, dict[str, str | int]]:
        """Return the metadata of the rows that exist, by id."""
        with self._client() as client:
            found = _existing(client, self._name(collection))
            if found is None or not ids:
                return {}
            rows = found.get(ids=list(dict.fromkeys(ids)), include=["metadatas"])
        return dict(zip(rows["ids"], rows["metadatas"], strict=True))

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete rows; unknown ids are ignored."""
        with self._client() as client:
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
        with self._client() as client:
            name = self._name(collection)
            if _existing(client, name) is not None:
                client.delete_collection(name)

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
            copy = rewrite_chroma_file(file)
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
        """Leave nothing on disk that Chroma saved from memory unasked; takes next to no time."""
        if self._url is None and self.path.exists():
            with self._errors():
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

    def _was_replaced(self) -> bool:
        """Say whether what is open is no longer the file of the home."""
        opened = self._opened
        return opened is not None and self._url is None and opened.file != file_id(self.path)

    def _name(self, collection: str) -> str:
        """Return the Chroma name that serves `collection`."""
        current = self._current(collection) if self._current is not None else None
        if current is not None:
            return current
        return collection if _PHYSICAL.fullmatch(collection) else chroma_name(collection)

    @contextmanager
    def _client(self) -> Iterator[Any]:
        """Lend the open client; it is not stopped before it is given back."""
        with self._errors():
            with self._changing:
                if self._opened is None:
                    self._opened = self._open()
                opened = self._opened
                opened.users += 1
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
        except Exception as error:  # Chroma raises its own, SQLite's, HTTP's and plain ones
            raise StoreError(self._sentence(error)) from error

    def _open(self) -> OpenChroma:
        return open_server(self._url) if self._url else open_embedded(self.path)

    def _sentence(self, error: Exception) -> str:
        """Say what failed and what to do."""
        said = " ".join(str(error).split())[:300]
        if self._url is not None:
            return (
                f"The Chroma server {shown_address(self._url)!r} failed: {said}. "
                "Check QUOTH_CHROMA_URL and that the server runs."
            )
        if "disk is full" in said or "No space" in said or "ENOSPC" in said:
            return f"The disk that holds {str(self.path)!r} is full. Free some space and try again."
        return (
            f"The vector store {str(self.path)!r} failed: {said}. If it goes on, delete this "
            "folder and run `quoth sync`: it is built again from the catalog."
        )


def _existing(client: Any, name: str) -> Any:
    """Return a collection, or None when there is none of that name."""
    from chromadb.errors import NotFoundError

    try:
        return client.get_collection(name, embedding_function=None)
    except NotFoundError:
        return None
