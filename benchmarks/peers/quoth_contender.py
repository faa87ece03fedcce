"""Quoth, opened as the command line opens it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from benchmarks.corpus import COLLECTION
from benchmarks.peers.contender import DIMENSION, RESULTS, made_up_vector
from bot.settings import load_settings
from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.library import Library
from index.protocols import EmbeddingInput, PassageVectors, Vectors
from index.store.catalog import Catalog
from index.store.chroma_vectors import ChromaVectors
from index.sync.synchroniser import Synchroniser

PASSAGES_OF_DOCUMENT = 20


class QuothContender:
    """`quoth sync` and `quoth search`, without their printing."""

    def __init__(self, home: Path) -> None:
        given = {"QUOTH_HOME": str(home), "QUOTH_THREADS": "1"}
        self._settings = load_settings(given, Path.cwd())
        self._library = Library(self._settings.index, Catalog(home))

    def index(self, folder: Path) -> int:
        given = {"QUOTH_HOME": str(self._settings.index.home), "QUOTH_DOCUMENTS": str(folder)}
        settings = load_settings(given | {"QUOTH_THREADS": "1"}, Path.cwd())
        self._library.close()
        self._library = Library(settings.index, Catalog(settings.index.home))
        return self._library.sync(COLLECTION).passages

    def fill(self, passages: Sequence[str]) -> int:
        home, model = self._settings.index.home, self._library.models.embedder.model
        self._library.close()
        with tempfile.TemporaryDirectory() as place, closing(Catalog(home)) as catalog:
            folder = Path(place)
            for start in range(0, len(passages), PASSAGES_OF_DOCUMENT):
                text = "\n\n".join(passages[start : start + PASSAGES_OF_DOCUMENT])
                (folder / f"{start:06}.txt").write_text(text, encoding="utf-8")
            with closing(ChromaVectors(home, current=catalog.chroma_name)) as vectors:
                writer = Synchroniser(
                    catalog,
                    vectors,
                    MadeUpEmbedder(model),
                    chunk=lambda source: chunk(source, ChunkConfig(pack=False)),
                )
                return writer.sync_folder(COLLECTION, folder).passages

    def search(self, question: str) -> int:
        found = self._library.searcher.search(question, collections=[COLLECTION], limit=RESULTS)
        return len(found)


class MadeUpEmbedder:
    """Gives passages and sentences vectors that are made up, under the name of a real model."""

    dimension = DIMENSION

    def __init__(self, model: str) -> None:
        self.model = model

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.array([made_up_vector(text) for text in texts], dtype=np.float32).reshape(
            -1, DIMENSION
        )

    def embed_passages(self, passages: Sequence[EmbeddingInput]) -> list[PassageVectors]:
        return [
            PassageVectors(
                passage=self.embed([f"{each.context}\n{each.text}"])[0],
                sentences=self.embed([span.of(each.text) for span in each.sentences]),
            )
            for each in passages
        ]
