"""What tests of the Discord edge are made of: values, a recording answerer, a running bot."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.records import Kept
from bot.schema import Answer, Citation, Status
from index.config import SHARED_COLLECTION
from index.schema import Evidence, Source, source_id

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def source(
    collection: str, uri: str, text: str, *, title: str | None = None, url: str | None = None
) -> Source:
    """A source as the index would keep it."""
    return Source(
        id=source_id(collection, uri),
        collection=collection,
        uri=uri,
        title=title or uri,
        mime="text/plain",
        sha256=f"{abs(hash(text)):064x}"[-64:],
        text=text,
        url=url,
        modified=NOW,
        added_at=NOW,
    )


def citation(of: Source, quote: str, *, marker: int | None = 1) -> Citation:
    """A quote from a source."""
    start = of.text.index(quote)
    return Citation(
        marker=marker,
        evidence=Evidence(source_id=of.id, sha256=of.sha256, start=start, end=start + len(quote)),
        collection=of.collection,
        source=of.uri,
        title=of.title,
        quote=quote,
        url=of.url,
        lines=(1, 1),
        modified=of.modified,
    )


def answer(
    question: str,
    *citations: Citation,
    status: Status = "answered",
    nearest: tuple[Citation, ...] = (),
    text: str | None = None,
) -> Answer:
    """An answer that quotes its citations."""
    said = text or " ".join(f"{one.quote} [{one.marker}]" for one in citations)
    return Answer(
        id="a1b2",
        status=status,
        text=said or "The sources do not say.",
        citations=citations,
        nearest=nearest,
        confidence=0.8,
        question=question,
        standalone_question=question,
    )


def kept(
    key: str = "key",
    *,
    question: str = "What is it?",
    guild: int | None = 100,
    asker: int = 7,
    private: bool = False,
    conversation: str = "c1",
    at: float = 1000.0,
    citations: tuple[Citation, ...] = (),
    status: Status = "answered",
) -> Kept:
    """A stored answer."""
    return Kept(
        key=key,
        at=at,
        guild=guild,
        channel=10,
        asker=asker,
        private=private,
        conversation=conversation,
        collections=(SHARED_COLLECTION,),
        answer=answer(question, *citations, status=status),
    )
