"""What `quoth ask --json` and `quoth search --json` print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self, TypeAlias

from pydantic import Field

from bot.json_shapes.json_shape import (
    JsonShape,
    Payload,
    PictureShape,
    moment_text,
    picture_field,
)
from bot.schema import Answer, Citation, Status
from index.schema import Coverage, Hit, Source
from index.text.place_names import told_place

Link: TypeAlias = Callable[[Citation], str | None]
"""Returns the address at which a citation is shown in its place, if there is one."""


class CoverageShape(JsonShape):
    """How far documents are searched that are still being indexed."""

    passages: int = Field(description="Passages that are found by words.")
    embedded: int = Field(description="How many of them are found by meaning, too.")
    documents: int = Field(description="Documents there are, read or not.")
    read: int = Field(description="How many of them are read.")
    changed: int = Field(description="How many of these may have changed since.")


class CitationShape(JsonShape):
    """A verbatim, located quote: `text[start:end]` of the canonical text of its source."""

    marker: int | None = Field(
        default=None, description="Its number in the answer; what is only near has none."
    )
    source: str = Field(description="The source's name, as `quoth sources` lists it.")
    title: str = Field(description="Title of the source.")
    url: str | None = Field(description="Address of the original, if it has one.")
    page: int | None = Field(description="Page, from 1, of media with pages.")
    place: str | None = Field(description="Slide, row or message: `slide 3`.")
    heading: tuple[str, ...] = Field(description="Headings above it, outermost first.")
    lines: tuple[int, int] = Field(description="First and last line, from 1.")
    start: int = Field(description="Offset of its first character in the canonical text.")
    end: int = Field(description="Offset behind its last character.")
    version: str = Field(description="SHA-256 that names the version of the source.")
    quote: str = Field(description="The quoted words.")
    highlight: tuple[int, int] | None = Field(
        description="The answer inside the quote, as offsets into it."
    )
    modified: str | None = Field(description="When the source last changed, in ISO 8601.")
    read_from_picture: PictureShape | None = Field(
        default=None, description="Where in which picture it was read; only if it was."
    )
    missing: bool = Field(default=False, description="True where the source's file is gone.")
    stale: bool = Field(
        default=False, description="True where a newer version of the file could not be read."
    )
    link: str = Field(
        default="", description="Address at which the quote is shown, where one is served."
    )


class AnswerShape(JsonShape):
    """An answer with the quotes that it rests on."""

    id: str = Field(description="Short reference of this answer.")
    status: Status = Field(description="Whether the sources answer.")
    answer: str = Field(description="The answer in plain text, with markers like [1].")
    citations: tuple[CitationShape, ...] = Field(description="What the markers stand for.")
    nearest: tuple[CitationShape, ...] = Field(
        description="The nearest passages where nothing answers."
    )
    confidence: float = Field(description="Calibrated probability of an answer, 0 to 1.")
    engine: str = Field(description="`extractive`, or `provider/model`.")
    question: str = Field(description="The question as asked.")
    standalone_question: str = Field(description="The question as searched for.")
    timings_ms: dict[str, float] = Field(description="Milliseconds by stage.")
    coverage: CoverageShape | None = Field(
        default=None, description="How far the documents were indexed; only if not to the end."
    )
    link: str = Field(
        default="", description="Address at which the answer is shown, where it was kept."
    )

    @classmethod
    def of(cls, answer: Answer, link: Link = lambda citation: None) -> Self:
        """Return the shape of an answer; `link` tells where a citation is shown."""
        return cls(
            id=answer.id,
            status=answer.status,
            answer=answer.text,
            citations=tuple(citation_shape(one, link) for one in answer.citations),
            nearest=tuple(citation_shape(one, link) for one in answer.nearest),
            confidence=round(answer.confidence, 4),
            engine=answer.engine,
            question=answer.question,
            standalone_question=answer.standalone_question,
            timings_ms={stage: round(took, 1) for stage, took in answer.timings_ms.items()},
            **coverage_field(answer.coverage),
        )


class HitShape(JsonShape):
    """A passage that was found."""

    source: str = Field(description="The source's name, as `quoth sources` lists it.")
    title: str = Field(description="Title of the source.")
    page: int | None = Field(description="Page, from 1, of media with pages.")
    place: str | None = Field(description="Slide, row or message: `slide 3`.")
    heading: tuple[str, ...] = Field(description="Headings above it, outermost first.")
    lines: tuple[int, int] = Field(description="First and last line, from 1.")
    start: int = Field(description="Offset of its first character in the canonical text.")
    end: int = Field(description="Offset behind its last character.")
    version: str = Field(description="SHA-256 that names the version of the source.")
    text: str = Field(description="The passage, word for word.")
    score: float = Field(description="Calibrated probability that it answers, 0 to 1.")
    dense_rank: int | None = Field(description="Its rank by meaning.")
    lexical_rank: int | None = Field(description="Its rank by words.")
    read_from_picture: PictureShape | None = Field(
        default=None, description="Where in which picture it was read; only if it was."
    )
    missing: bool = Field(default=False, description="True where the source's file is gone.")
    stale: bool = Field(
        default=False, description="True where a newer version of the file could not be read."
    )

    @classmethod
    def of(cls, hit: Hit) -> Self:
        """Return the shape of a hit."""
        source, span = hit.source, hit.passage.span
        return cls(
            source=source.uri,
            title=source.title,
            page=hit.passage.page,
            place=told_place(source, span),
            heading=hit.passage.heading,
            lines=source.lines_of(span),
            start=span.start,
            end=span.end,
            version=source.sha256,
            text=hit.passage.text,
            score=round(hit.score, 4),
            dense_rank=hit.dense_rank,
            lexical_rank=hit.lexical_rank,
            **picture_field(source.picture_of(span)),
            **_marks(source),
        )


class HitsShape(JsonShape):
    """The passages nearest to some words."""

    query: str = Field(description="The words as given.")
    hits: tuple[HitShape, ...] = Field(description="The passages, the nearest first.")
    coverage: CoverageShape | None = Field(
        default=None, description="How far the documents were indexed; only if not to the end."
    )

    @classmethod
    def of(cls, query: str, hits: Sequence[Hit], coverage: Coverage | None = None) -> Self:
        """Return the shape of what was found for a query."""
        return cls(query=query, hits=tuple(map(HitShape.of, hits)), **coverage_field(coverage))


def coverage_field(coverage: Coverage | None) -> Payload:
    """Return how far documents are indexed, where that is not to the end."""
    return {} if coverage is None else {"coverage": CoverageShape(**coverage.model_dump())}


def citation_shape(citation: Citation, link: Link) -> CitationShape:
    """Return the shape of a citation; `link` tells where it is shown."""
    address = link(citation)
    fields: Payload = {
        **({} if citation.marker is None else {"marker": citation.marker}),
        "source": citation.source,
        "title": citation.title,
        "url": citation.url,
        "page": citation.page,
        "place": citation.place,
        "heading": citation.heading,
        "lines": citation.lines,
        "start": citation.evidence.start,
        "end": citation.evidence.end,
        "version": citation.evidence.sha256,
        "quote": citation.quote,
        "highlight": citation.highlight,
        "modified": moment_text(citation.modified),
        **picture_field(citation.picture),
        **_marks(citation),
        **({"link": address} if address else {}),
    }
    return CitationShape(**fields)


def _marks(of: Citation | Source) -> Payload:
    """Return `"missing": true` for a document whose file is gone, `"stale": true` for one whose
    newer version could not be read; nothing for others."""
    marks = {"missing": of.missing, "stale": of.stale}
    return {name: True for name, is_so in marks.items() if is_so}
