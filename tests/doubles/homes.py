"""Whole indexes in temporary folders, and what there is to compare in two of them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.protocols import Embedder
from index.schema import LoadedDocument, SyncReport
from index.store.catalog import Catalog
from index.store.catalog_state import added_versions
from index.store.chroma_vectors import ChromaVectors
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
        told = report.model_dump(exclude={"seconds", "warnings"})
        return {key: value for key, value in told.items() if value}

    def add(self, *uris: str, to: str = "documents", of: str = "An owl.") -> SyncReport:
        """Add a text by hand under each of these uris."""
        document = LoadedDocument(text=of, title="Owls", mime="text/plain")
        given = [Addition(uri=uri, document=document, added_by="Ada") for uri in uris]
        return self.synchroniser.add(to, given)

    def added_versions(self) -> dict[tuple[str, str], str]:
        """Return the version of each indexed source that lies in no folder."""
        return added_versions(self.catalog.connection())


@contextmanager
def open_home(
    path: Path,
    documents: Path,
    *,
    embedder: HashingEmbedder | None = None,
    tokens: int = 40,
    load: Load = load_any,
    lock_seconds: float = 30.0,
) -> Iterator[Home]:
    """Open an index with a fake embedder and everything else real."""
    catalog = Catalog(path)
    vectors = ChromaVectors(path, current=catalog.chroma_name)
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


def contents(home: Home, collection: str = "documents") -> dict[str, object]:
    """Return everything a reader can find, without times, in a form that compares."""
    catalog = home.catalog
    ids = catalog.passage_ids(collection)
    passages = catalog.passages(sorted(ids))
    questions = ("red fox", "agreement on the river", "mandate", "version 7")
    return {
        "sources": [
            (entry.uri, entry.sha256, entry.title, entry.passages, entry.failure)
            for entry in catalog.sources(collection)
        ],
        "passages": passages,
        "in chroma": home.vectors.ids(collection) - ids,
        "not in chroma": ids - home.vectors.ids(collection),
        "sentence vectors": {
            id: found.shape for id, found in catalog.sentence_vectors(sorted(ids)).items()
        },
        "words": {q: sorted(catalog.match(collection, q, 10_000)) for q in questions},
        "vectors": {
            id: tuple((vector * 100).round().astype(int).tolist())
            for id, vector in home.vectors.vectors(collection, sorted(ids)).items()
        },
        "nearest": {
            question: [
                round(cosine, 2)  # ids of equal passages may come in any order
                for _, cosine in home.vectors.query(
                    collection, home.embedder.embed([question])[0], 10
                )
            ]
            for question in questions
        },
    }
