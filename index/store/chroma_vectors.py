"""Nearest neighbours in Chroma, embedded in the home folder or on a server.

Chroma only ever gets finished vectors, so it downloads no model of its own. Where other
applications are to read the same collections, texts and metadata go along, which take as much room
as the vectors. Chroma is derived from the catalog and may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from index.config import ChromaAccount
from index.protocols import VectorRow, Vectors
from index.store.chroma_access import ChromaAccess
from index.store.chroma_client import OpenChroma

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


class ChromaVectors(ChromaAccess):
    """A `VectorStore` in Chroma, safe to use from several threads.

    `current` tells which Chroma collection serves a collection (`Catalog.chroma_name`); a name
    made by `chroma_name` is taken as it is. Raises as `ChromaAccess` does.
    """

    def __init__(
        self,
        home: Path,
        *,
        url: str | None = None,
        account: ChromaAccount | None = None,
        current: Callable[[str], str | None] | None = None,
        texts: bool = False,
    ) -> None:
        super().__init__(home, url=url, account=account, texts=texts)
        self._current = current

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
                    documents=[row.text for row in some] if self.keeps_texts else None,
                    metadatas=[row.metadata for row in some] if self.keeps_texts else None,
                )

    def describe(
        self, collection: str, known: Mapping[str, Mapping[str, str | int | None]]
    ) -> None:
        """Replace the metadata of rows that exist, if it is kept; None takes a name away."""
        if not known or not self.keeps_texts:
            return
        with self._client(writes=True) as client:
            found = _existing(client, self._name(collection))
            if found is None:
                return
            ids, size = list(known), client.get_max_batch_size()
            for first in range(0, len(ids), size):
                some = ids[first : first + size]
                found.update(ids=some, metadatas=[dict(known[id]) for id in some])

    def descriptions(self, collection: str, ids: Sequence[str]) -> dict[str, dict[str, str | int]]:
        """Return the metadata of the rows that exist, by id; nothing of one that has none."""
        with self._client() as client:
            found = _existing(client, self._name(collection))
            if found is None or not ids:
                return {}
            rows = found.get(ids=list(dict.fromkeys(ids)), include=["metadatas"])
        return {id: said or {} for id, said in zip(rows["ids"], rows["metadatas"], strict=True)}

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete rows; unknown ids are ignored."""
        with self._client(writes=True) as client:
            found = _existing(client, self._name(collection))
            size = client.get_max_batch_size()
            for first in range(0, len(ids) if found is not None else 0, size):
                found.delete(ids=list(ids[first : first + size]))

    def query(self, collection: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """Return up to `limit` (id, cosine) pairs, nearest first; empty when there are none."""
        return self._nearest(lambda: self._name(collection), vector, limit)

    def _nearest(
        self, name: Callable[[], str], vector: Vectors, limit: int
    ) -> list[tuple[str, float]]:
        """Return what `query` does, of a Chroma collection whose name is asked once it is open."""
        with self._lent() as opened:
            answer = _nearest(opened, name(), vector, limit) if limit > 0 else None
        if answer is None:
            return []
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

    def exists(self, collection: str) -> bool:
        """Say whether a collection was begun, empty as it may be."""
        with self._client() as client:
            return _existing(client, self._name(collection)) is not None

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

    def _name(self, collection: str) -> str:
        """Return the Chroma name that serves `collection`."""
        current = self._current(collection) if self._current is not None else None
        if current is not None:
            return current
        return collection if _PHYSICAL.fullmatch(collection) else chroma_name(collection)


def _nearest(opened: OpenChroma, name: str, vector: Vectors, limit: int) -> Any:
    """Ask a collection for the nearest rows; None when there is none of that name.

    One that was asked before is asked again; another process may have deleted it since and made
    another one of the same name, which is then looked up.
    """
    from chromadb.errors import NotFoundError

    asked = {
        "query_embeddings": np.asarray(vector, dtype=np.float32).reshape(1, -1),
        "n_results": limit,
        "include": ["distances"],
    }
    if (known := opened.known.get(name)) is not None:
        with suppress(NotFoundError):
            return known.query(**asked)
    found = _existing(opened.client, name)
    if found is None:
        opened.known.pop(name, None)
        return None
    opened.known[name] = found
    return found.query(**asked)


def _existing(client: Any, name: str) -> Any:
    """Return a collection, or None when there is none of that name."""
    from chromadb.errors import NotFoundError

    try:
        return client.get_collection(name, embedding_function=None)
    except NotFoundError:
        return None
