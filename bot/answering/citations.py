"""From picked spans to numbered, verbatim citations.

Nothing here writes a quote: it prints `source.text[start:end]`. A pick that no longer resolves
to the version it was made from is left out, and with it the statement that rests on it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.schema import AnswerPart, Citation, Draft, DraftPart, Pick, is_team_answer
from index.errors import SourceNotFound
from index.schema import Evidence, Source, Span
from index.text.place_names import place_fragment, told_place


def cite(
    source: Source,
    start: int,
    end: int,
    *,
    marker: int | None = None,
    highlight: Span | None = None,
    heading: tuple[str, ...] = (),
) -> Citation:
    """Quote `source.text[start:end]`.

    `highlight` is a span of the source's text; one that is not inside the quote is left out.
    Raises ValueError when the span is empty or not inside the text.
    """
    if not 0 <= start < end <= len(source.text):
        length = len(source.text)
        raise ValueError(f"[{start}, {end}) is no span of {source.uri!r} ({length} characters)")
    span = Span(start=start, end=end)
    return Citation(
        marker=marker,
        evidence=Evidence(source_id=source.id, sha256=source.sha256, start=start, end=end),
        collection=source.collection,
        source=source.uri,
        title=source.title,
        mime=source.mime,
        quote=source.text[start:end],
        highlight=_relative(highlight, start, end),
        url=source.url,
        page=source.page_at(start),
        place=told_place(source, span),
        fragment=place_fragment(source, span),
        picture=source.picture_of(span),
        heading=heading,
        lines=source.lines_of(span),
        modified=source.modified,
        author=source.added_by if is_team_answer(source.uri) else None,
        missing=source.missing,
        stale=source.stale,
    )


def numbered_parts(
    draft: Draft,
    lookup: Callable[[str], Source],
    heading_of: Callable[[Evidence], tuple[str, ...]] = lambda _: (),
) -> tuple[tuple[AnswerPart, ...], tuple[Citation, ...]]:
    """Number what a draft rests on `[1]`, `[2]`, ... in order of first use.

    Returns its statements, without those of which nothing resolves, and its citations. `lookup`
    gives a source by its id, or raises SourceNotFound or KeyError.
    """
    numbering = _Numbering(lookup=lookup, heading_of=heading_of, citations=[])
    parts = tuple(filter(None, map(numbering.part, draft.parts)))
    return parts, tuple(numbering.citations)


def source_as_quoted(evidence: Evidence, lookup: Callable[[str], Source]) -> Source | None:
    """Return the source that a quote was cut from, if it is there and of the same version."""
    try:
        source = lookup(evidence.source_id)
    except (SourceNotFound, KeyError):
        return None
    known = (source.id, source.sha256) == (evidence.source_id, evidence.sha256)
    return source if known and evidence.end <= len(source.text) else None


@dataclass
class _Numbering:
    """The citations of one answer while it is numbered."""

    lookup: Callable[[str], Source]
    heading_of: Callable[[Evidence], tuple[str, ...]]
    citations: list[Citation]

    def part(self, part: DraftPart) -> AnswerPart | None:
        """Return one statement with its markers; None when nothing it rests on resolves."""
        markers = [self._marker(pick, source) for pick, source in self._resolved(part.picks)]
        if not markers:
            return None
        return AnswerPart(text=part.text, markers=tuple(dict.fromkeys(markers)), role=part.role)

    def _resolved(self, picks: Sequence[Pick]) -> list[tuple[Pick, Source]]:
        """Find the version of each pick and merge picks with only white space between them."""
        found: list[tuple[Pick, Source]] = []
        for pick in picks:
            source = self._source(pick.evidence)
            if source is None:
                continue
            merged = _merge(found[-1][0], pick, source) if found else None
            if merged is None:
                found.append((pick, source))
            else:
                found[-1] = (merged, source)
        return found

    def _source(self, evidence: Evidence) -> Source | None:
        source = source_as_quoted(evidence, self.lookup)
        if source is None or not source.text[evidence.start : evidence.end].strip():
            return None
        return source

    def _marker(self, pick: Pick, source: Source) -> int:
        """Return the number of a quote; what is quoted again keeps its own."""
        for marker, known in enumerate(self.citations, start=1):
            if known.evidence == pick.evidence:
                return marker
        marker = len(self.citations) + 1
        citation = cite(
            source,
            pick.evidence.start,
            pick.evidence.end,
            marker=marker,
            highlight=pick.highlight,
            heading=self.heading_of(pick.evidence),
        )
        self.citations.append(citation)
        return marker


def _merge(before: Pick, after: Pick, source: Source) -> Pick | None:
    """Return one pick for two that touch, overlap or have only white space between, else None."""
    one, two = before.evidence, after.evidence
    if (one.source_id, one.sha256) != (two.source_id, two.sha256) or two.start < one.start:
        return None
    if source.text[one.end : two.start].strip():
        return None
    joined = one.model_copy(update={"end": max(one.end, two.end)})
    return Pick(evidence=joined, highlight=before.highlight or after.highlight)


def _relative(highlight: Span | None, start: int, end: int) -> tuple[int, int] | None:
    if highlight is None or not start <= highlight.start < highlight.end <= end:
        return None
    return highlight.start - start, highlight.end - start
