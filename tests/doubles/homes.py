"""Whole indexes in temporary folders, and what there is to compare in two of them."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.protocols import Embedder
from index.schema import LoadedDocument, SyncReport
from index.store.catalog import Catalog
from index.store.catalog_state import added_versions
from index.store.chroma_vectors import ChromaVectors
from index.store.postgres_address import PostgresAddress
from index.sync.additions import Addition
from index.sync.folder_pass import Forget
from index.sync.preparer import Load
from index.sync.synchroniser import Synchroniser, load_any
from tests.doubles.fakes import HashingEmbedder


@dataclass
class Home:
    """An index that is open, and its documents folder."""

    path: Path
    documents: Path
    catalog: Catalog
    vectors: ChromaVectors
    embedder: HashingEmbedder
    synchroniser: Synchroniser

    def sync(self, *, forget: Forget | None = None) -> dict[str, Any]:
        """Synchronise; returns the parts of the report that are not nothing."""
        time.sleep(0.025)  # what was written within a tick of the clock is looked at twice
        report = self.synchroniser.sync_folder("documents", self.documents, forget=forget)
        told = report.model_dump(exclude={"seconds", "warnings", "embedded", "kept"})
        return {key: value for key, value in told.items() if value}

    def add(self, *uris: str, to: str = "documents", of: str = "An owl.") -> SyncReport:
        """Add a text by hand under each of these uris."""
        document = LoadedDocument(text=of, title="Owls", mime="text/plain")
        given = [Addition(uri=uri, document=document, added_by="Ada") for uri in uris]
        return self.synchroniser.add(to, given)

    def added_versions(self) -> dict[tuple[str, str], str]:
        """Return the version of each indexed source that lies in no folder."""
        return added_versions(self.catalog.connection())


def total_changes(catalog: Catalog) -> int:
    """Return how many rows this thread has changed in a catalog's file."""
    connection = catalog.connection()
    assert isinstance(connection, sqlite3.Connection)
    return connection.total_changes


@contextmanager
def open_home(
    path: Path,
    documents: Path,
    *,
    embedder: HashingEmbedder | None = None,
    tokens: int = 40,
    load: Load = load_any,
    lock_seconds: float = 30.0,
    busy_seconds: float = 10.0,
    database_url: str | None = None,
    texts: bool = False,
) -> Iterator[Home]:
    """Open an index with a fake embedder and everything else real; in a database where one is."""
    address = None if database_url is None else PostgresAddress.of(database_url)
    catalog = Catalog(path, busy_seconds=busy_seconds, address=address)
    vectors = ChromaVectors(path, current=catalog.chroma_name, texts=texts)
    embedder = embedder or HashingEmbedder()
    made = synchroniser(
        catalog, vectors, embedder, tokens=tokens, load=load, lock_seconds=lock_seconds
    )
    try:
        yield Home(path, documents, catalog, vectors, embedder, made)
    finally:
        vectors.close()
        catalog.close()


def synchroniser(
    catalog: Catalog,
    vectors: ChromaVectors,
    embedder: Embedder | None,
    *,
    tokens: int = 40,
    load: Load = load_any,
    lock_seconds: float = 30.0,
) -> Synchroniser:
    """Build a synchroniser with short passages, so that small texts have several."""
    config = ChunkConfig(max_tokens=tokens)
    return Synchroniser(
        catalog,
        vectors,
        embedder,
        chunk=lambda source: chunk(source, config),
        recipe=f"test/{tokens}",
        load=load,
        lock_seconds=lock_seconds,
    )


def write_documents(folder: Path, **texts: str) -> None:
    """Write text files, named by keyword with `__` for a slash, that are not brand new."""
    for name, text in texts.items():
        put(folder / f"{name.replace('__', '/')}.txt", text)


def put(path: Path, text: str | bytes) -> None:
    """Write a file and make it a minute old, as files mostly are, but newer than before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    age(path, max(before + 1_000_003, time.time_ns() - 60_000_000_001))


def age(path: Path, mtime_ns: int) -> None:
    """Set the time of the last change."""
    os.utime(path, ns=(mtime_ns, mtime_ns))


class Cosines:
    """Cosines of the nearest, whose ids may come in any order where passages are equal.

    Chroma's differ in the last digits from run to run, so that rounded ones would differ at times.
    """

    def __init__(self, found: Sequence[tuple[str, float]]) -> None:
        self.values = [cosine for _, cosine in found]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cosines) and self.values == pytest.approx(other.values, abs=1e-3)

    def __hash__(self) -> int:
        return hash(len(self.values))


def contents(home: Home, collection: str = "documents") -> dict[str, object]:
    """Return everything a reader can find, without times and ids, in a form that compares.

    A passage is named by uri and ordinal: a renamed source keeps an id that no fresh index gives.
    """
    catalog = home.catalog
    entries = catalog.sources(collection)
    uris = {entry.id: entry.uri for entry in entries}
    ids = catalog.passage_ids(collection)
    passages = catalog.passages(sorted(ids))
    names = {id: (uris[each.source_id], each.ordinal) for id, each in passages.items()}
    questions = ("red fox", "agreement on the river", "mandate", "version 7")
    return {
        "sources": [
            (entry.uri, entry.sha256, entry.title, entry.passages, entry.failure)
            for entry in entries
        ],
        "passages": {
            names[id]: each.model_copy(update={"id": "", "source_id": ""})
            for id, each in passages.items()
        },
        "described": {
            names[id]: {name: fact for name, fact in told.items() if name != "document_id"}
            for id, told in home.vectors.descriptions(collection, sorted(ids)).items()
        },
        "in chroma": home.vectors.ids(collection) - ids,
        "not in chroma": ids - home.vectors.ids(collection),
        "sentence vectors": {
            names[id]: found.vectors.shape
            for id, found in catalog.found_passages(sorted(ids), vectors=True).items()
            if found.vectors is not None
        },
        "words": {
            question: sorted(
                (names[id], score) for id, score in catalog.match(collection, question, 10_000)
            )
            for question in questions
        },
        "vectors": {
            names[id]: tuple((vector * 100).round().astype(int).tolist())
            for id, vector in home.vectors.vectors(collection, sorted(ids)).items()
        },
        "nearest": {
            question: Cosines(
                home.vectors.query(collection, home.embedder.embed([question])[0], 10)
            )
            for question in questions
        },
    }


def exact_contents(home: Home, collection: str = "documents") -> dict[str, object]:
    """Return the contents without the nearest, which Chroma's graph of hundreds only guesses."""
    return {name: found for name, found in contents(home, collection).items() if name != "nearest"}
