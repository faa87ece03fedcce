"""From picked spans to numbered, verbatim citations.

Nothing here writes a quote: it prints `source.text[start:end]`. A pick that no longer resolves
to the version it was made from is left out, and with it the statement that rests on it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.schema import Citation, Draft, DraftPart, Pick
from index.errors import SourceNotFound
from index.schema import Evidence, Source, Span


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
    return Citation(
        marker=marker,
        evidence=Evidence(source_id=source.id, sha256=source.sha256, start=start, end=end),
        collection=source.collection,
        source=source.uri,
        title=source.title,
        quote=source.text[start:end],
        highlight=_relative(highlight, start, end),
        url=source.url,
        page=source.page_at(start),
        heading=heading,
        lines=source.lines_of(Span(start=start, end=end)),
        modified=source.modified,
    )


def print_numbered(
    draft: Draft,
    lookup: Callable[[str], Source],
    heading_of: Callable[[Evidence], tuple[str, ...]],
) -> tuple[str, tuple[Citation, ...]]:
    """Print a draft with markers `[1]`, `[2]`, ... in order of first use, and list its citations.

    `lookup` gives a source by its id, or raises SourceNotFound or KeyError.
    """
    numbering = _Numbering(lookup=lookup, heading_of=heading_of, citations=[])
    printed = ((part, numbering.print(part)) for part in draft.parts)
    return _layout([(part, text) for part, text in printed if text]), tuple(numbering.citations)


@dataclass
class _Numbering:
    """The citations of one answer while it is printed."""

    lookup: Callable[[str], Source]
    heading_of: Callable[[Evidence], tuple[str, ...]]
    citations: list[Citation]

    def print(self, part: DraftPart) -> str:
        """Return one statement with its markers; empty when nothing it rests on resolves."""
        cited = [self._cite(pick, source) for pick, source in self._resolved(part.picks)]
        if not cited:
            return ""
        if part.text is None:
            return " ".join(f"{citation.quote} [{citation.marker}]" for citation in cited)
        markers = dict.fromkeys(f"[{citation.marker}]" for citation in cited)
        return f"{part.text} {''.join(markers)}"

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
        try:
            source = self.lookup(evidence.source_id)
        except (SourceNotFound, KeyError):
            return None
        same_version = (source.id, source.sha256) == (evidence.source_id, evidence.sha256)
        blank = not source.text[evidence.start : evidence.end].strip()
        return source if same_version and not blank and evidence.end <= len(source.text) else None

    def _cite(self, pick: Pick, source: Source) -> Citation:
        for known in self.citations:
            if known.evidence == pick.evidence:
                return known
        citation = cite(
            source,
            pick.evidence.start,
            pick.evidence.end,
            marker=len(self.citations) + 1,
            highlight=pick.highlight,
            heading=self.heading_of(pick.evidence),
        )
        self.citations.append(citation)
        return citation


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


def _layout(printed: Iterable[tuple[DraftPart, str]]) -> str:
    """Set statements below one another, lists line by line, a model's sentences as prose."""
    text = ""
    before: DraftPart | None = None
    for part, line in printed:
        if before is not None:
            text += _separator(before, part)
        text += f"- {line}" if part.role == "item" else line
        before = part
    return text


def _separator(before: DraftPart, after: DraftPart) -> str:
    if after.role in ("item", "row") and before.role in ("lead", "item", "row"):
        return "\n"
    prose = before.text is not None and after.text is not None
    return " " if prose and before.role == after.role == "sentence" else "\n\n"
