"""Lists and tables quoted whole: the lead-in, every item, every row.

A long list is cut into several passages; those that were found are put together again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.answering.extractive.scored_sentences import ScoredSentence, introduces, mark_of, text_of
from bot.schema import DraftPart, Pick
from index.schema import Passage, Span
from index.search.passage_rank import Candidate
from index.text.list_marks import list_mark, sign_length

MOST_ITEMS = 20
"""Items of a list, or rows below a table's header; of longer ones the first are quoted."""


@dataclass(frozen=True)
class _Block:
    """What one passage holds of a list."""

    lead: Span | None
    items: tuple[Span, ...]
    first: int
    """Index of the first item among the passage's sentences; 0 when a list may go on in it."""
    family: str
    """What kind of mark its items have."""


def list_around(sentence: ScoredSentence, ranked: Sequence[Candidate]) -> list[DraftPart]:
    """Return a lead-in and its items, or the rows of a table, around `sentence`.

    Empty outside a list or a table, and for what has one item only.
    """
    candidate = sentence.candidate
    if candidate.passage.kind == "table":
        return _rows(candidate)
    block = _block(candidate.passage)
    if block is None or sentence.index < block.first - (block.lead is not None):
        return []
    run = [*reversed(list(_beside(candidate, block, ranked, -1))), block]
    run += _beside(candidate, block, ranked, +1)
    items = [item for each in run for item in each.items]
    if len(items) < 2:
        return []
    lead = run[0].lead
    parts = [DraftPart(picks=(Pick.of(candidate.source, lead),), role="lead")] if lead else []
    return parts + [
        DraftPart(picks=(Pick.of(candidate.source, item),), role="item")
        for item in items[:MOST_ITEMS]
    ]


def is_row(passage: Passage, text: str) -> bool:
    """Say whether a sentence of a passage is a row of a table, not its caption."""
    return passage.kind == "table" and ("|" in text or "\t" in text)


def _rows(candidate: Candidate) -> list[DraftPart]:
    """Return a table's caption, header and rows; empty when it has one row or none."""
    passage = candidate.passage
    rows = [at for at, text in enumerate(_texts(passage)) if is_row(passage, text)]
    if len(rows) < 3:
        return []
    spans = [passage.sentences[at] for at in rows[: MOST_ITEMS + 1]]
    parts = [DraftPart(picks=(Pick.of(candidate.source, span),), role="row") for span in spans]
    if rows[0] == 0:
        return parts
    caption = Pick.of(candidate.source, passage.sentences[rows[0] - 1])
    return [DraftPart(picks=(caption,), role="lead"), *parts]


def _block(passage: Passage) -> _Block | None:
    """Return the list in a passage; None where there is none."""
    texts = _texts(passage)
    marks = [at for at, text in enumerate(texts) if mark_of(passage, text)]
    if passage.kind != "list" or not marks:
        return None
    first, before = marks[0], texts[marks[0] - 1] if marks[0] else ""
    stops = [*marks[1:], len(texts)]
    items = (
        Span(
            start=passage.sentences[at].start + sign_length(texts[at], passage.kind),
            end=passage.sentences[stop - 1].end,
        )
        for at, stop in zip(marks, stops, strict=True)
    )
    return _Block(
        lead=passage.sentences[first - 1] if introduces(before) else None,
        items=tuple(items),
        first=first,
        family=_family(texts[first]),
    )


def _beside(
    candidate: Candidate, block: _Block, ranked: Sequence[Candidate], step: int
) -> Iterator[_Block]:
    """Yield what the passages above (-1) or below (+1) hold of the same list, nearest first."""
    passage = candidate.passage
    found = {
        c.passage.ordinal: c.passage
        for c in ranked
        if (c.source.id, c.passage.heading) == (candidate.source.id, passage.heading)
    }
    above, ordinal = block, passage.ordinal + step
    while ordinal in found and (step > 0 or above.first == 0):
        more = _block(found[ordinal])
        if more is None or more.family != block.family or (step > 0 and more.first):
            return
        yield more
        above, ordinal = more, ordinal + step


def _family(item: str) -> str:
    mark = list_mark(item)
    counted = mark is not None and mark.family in ("number", "letter")
    return mark.family if mark and counted else item.strip()[:1]


def _texts(passage: Passage) -> list[str]:
    return [text_of(passage, span) for span in passage.sentences]
