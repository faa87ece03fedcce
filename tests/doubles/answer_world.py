"""Small texts, indexed for real, to search in and to answer from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.answering.answerer import Answerer
from bot.answering.extractive.extractor import Extractor
from bot.answering.extractive.judgement import close_judgement
from bot.answering.extractive.scored_sentences import SentenceScorer
from bot.answering.generative.generator import Generator
from bot.bridge import Bridge
from bot.observer import Traces
from bot.schema import EXTRACTIVE, Answer, Citation, Scope, Turn
from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.protocols import Embedder, Reader, Selector, TokenEmbedder
from index.schema import LoadedDocument, source_id
from index.search.searcher import Findings, Searcher
from index.store.catalog import Catalog
from index.store.chroma_vectors import ChromaVectors
from index.sync.additions import Addition
from index.sync.synchroniser import Synchroniser


@dataclass
class World:
    """An open index; a test adds documents to a collection of its own."""

    catalog: Catalog
    vectors: ChromaVectors
    embedder: Embedder
    synchroniser: Synchroniser
    bridge: Bridge = field(default_factory=Bridge)

    def add(
        self,
        collection: str,
        uri: str,
        text: str,
        *,
        title: str | None = None,
        modified: datetime | None = None,
        mime: str = "text/markdown",
    ) -> str:
        """Index a text; returns the id of its source."""
        document = LoadedDocument(
            text=text, title=title or uri.partition(".")[0], mime=mime, modified=modified
        )
        self.add_all(collection, {uri: document})
        return source_id(collection, uri)

    def add_all(self, collection: str, documents: Mapping[str, LoadedDocument]) -> None:
        """Index documents by uri."""
        additions = [Addition(uri=uri, document=found) for uri, found in documents.items()]
        assert not self.synchroniser.add(collection, additions).failed

    def searcher(self, embedder: Embedder | None = None) -> Searcher:
        return Searcher(
            catalog=self.catalog, vectors=self.vectors, embedder=embedder or self.embedder
        )

    def find(self, question: str, *collections: str, **options: object) -> Findings:
        return self.searcher().find(question, collections=collections, **options)  # type: ignore[arg-type]

    def answerer(
        self,
        *,
        embedder: Embedder | None = None,
        reader: Reader | None = None,
        selector: Selector | None = None,
        generator: Generator | None = None,
        threshold: float | None = None,
        floor: float | None = None,
        english_only: bool = False,
        traces: Traces | None = None,
    ) -> Answerer:
        used = embedder or self.embedder
        picker = SentenceScorer(used, used if isinstance(used, TokenEmbedder) else None, reader)
        given = {"threshold": threshold, "floor": floor}
        limits = {name: value for name, value in given.items() if value is not None}
        judgement = close_judgement(selector) if selector is not None else None
        extractor = Extractor(picker, judgement, neighbours=self.catalog, **limits)
        return Answerer(
            searcher=self.searcher(embedder),
            extractor=extractor,
            catalog=self.catalog,
            bridge=self.bridge,
            generator=generator,
            english_only=english_only,
            traces=traces,
        )

    async def ask(
        self,
        question: str,
        *collections: str,
        history: Sequence[Turn] = (),
        source: str | None = None,
        **options: object,
    ) -> Answer:
        """Answer a question and hold what is promised of every answer against it."""
        scope = Scope(collections=collections, source=source)
        found = await self.answerer(**options).answer(  # type: ignore[arg-type]
            question, scope=scope, history=history
        )
        check(self.catalog, found, scope)
        return found


def check(catalog: Catalog, answer: Answer, scope: Scope) -> None:
    """Assert what is promised of every answer."""
    for citation in (*answer.citations, *answer.nearest):
        evidence = citation.evidence
        source = catalog.source(evidence.source_id)
        assert source.text[evidence.start : evidence.end] == citation.quote != ""
        assert source.sha256 == evidence.sha256
        assert source.collection == citation.collection
        assert source.collection in scope.collections
        assert citation.quote == citation.quote.strip()
        if citation.highlight is not None:
            assert 0 <= citation.highlight[0] < citation.highlight[1] <= len(citation.quote)
    assert markers_of(answer) == list(range(1, len(answer.citations) + 1))
    assert [citation.marker for citation in answer.citations] == markers_of(answer)
    assert all(citation.marker is None for citation in answer.nearest)
    assert len(answer.nearest) <= 3
    if answer.kind not in ("greeting", "thanks"):
        assert bool(answer.citations) == (answer.status != "not_found")
    assert not (answer.citations and answer.nearest)
    assert 0 <= answer.confidence <= 1


def markers_of(answer: Answer) -> list[int]:
    """Return the markers in the order of the text, each behind its quote or what it names."""
    rest, found = answer.text, []
    for citation in answer.citations:
        mark = f"[{citation.marker}]"
        behind = [f"{citation.quote} {mark}", f"? {mark}"]
        if answer.engine != EXTRACTIVE:
            behind.append(mark)
        stands = next((each for each in behind if each in rest), None)
        assert stands is not None, f"{mark} does not stand behind {citation.quote!r} in {rest!r}"
        rest = rest.partition(stands)[2]
        found.append(citation.marker or 0)
    return found


def quotes(answer: Answer) -> list[str]:
    """Return what an answer quotes, in order."""
    return [citation.quote for citation in answer.citations]


def turns(question: str, answer: Answer) -> tuple[Turn, Turn]:
    """Return what is kept of a question and its answer."""
    return Turn(role="user", text=question), answer.turn


def cited(answer: Answer, part: str) -> Citation:
    """Return the citation whose quote holds `part`."""
    found = [citation for citation in answer.citations if part in citation.quote]
    assert found, f"{part!r} is not quoted in {answer.text!r}"
    return found[0]


@contextmanager
def open_world(home: Path, embedder: Embedder, *, tokens: int = 220) -> Iterator[World]:
    """Open an index; `tokens` is the most a passage may have."""
    config = ChunkConfig(max_tokens=tokens)
    catalog = Catalog(home)
    vectors = ChromaVectors(home, current=catalog.chroma_name)
    synchroniser = Synchroniser(
        catalog,
        vectors,
        embedder,
        chunk=lambda source: chunk(source, config),
        recipe=f"test/{tokens}",
    )
    world = World(catalog, vectors, embedder, synchroniser)
    try:
        yield world
    finally:
        world.bridge.close()
        vectors.close()
        catalog.close()
