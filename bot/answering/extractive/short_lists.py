"""A short list of which one item is quoted below its lead-in is quoted whole.

"It is granted through these steps:" with one step of four reads as if there were no others. Of 131
answers over real documents this makes seven longer (31 words each): one more holds the whole
answer, none less, and as many are mostly answer as before (2026-11-26).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile

from bot.answering.extractive.quoted_statements import statements_of
from bot.schema import DraftPart, Pick
from index.schema import Evidence, Passage, Source, Span

MOST_ITEMS, MOST_WORDS = 12, 150
"""Of a list that is quoted whole."""


def with_short_lists(
    parts: Sequence[DraftPart], sources: Mapping[str, Source], known: Sequence[Passage]
) -> list[DraftPart]:
    """Return the parts; behind the lead-in of a short list come all of its items.

    `sources` are by id; `known` are the passages that were found.
    """
    quoted = {each.picks[0].evidence.start: each for each in parts if each.role == "item"}
    found: list[DraftPart] = []
    for part in parts:
        if part in found:  # an item that came with its list
            continue
        found.append(part)
        source = sources.get(part.picks[0].evidence.source_id)
        if part.role == "lead" and source is not None:
            items = _items_below(part.picks[0].evidence, known)
            if _is_short(source, items) and not quoted.keys().isdisjoint(i.start for i in items):
                found += [quoted.get(item.start) or _item(source, item) for item in items]
    return found


def _item(source: Source, span: Span) -> DraftPart:
    return DraftPart(picks=(Pick.of(source, span),), role="item")


def _holds(passage: Passage, quote: Evidence) -> bool:
    end = passage.start + len(passage.text)
    return passage.source_id == quote.source_id and passage.start <= quote.start < end


def _items_below(lead: Evidence, known: Sequence[Passage]) -> list[Span]:
    """Return the items that follow a lead-in in its passage; none where that is not known."""
    passage = next((each for each in known if _holds(each, lead)), None)
    statements = statements_of(passage) if passage is not None else []
    at = next((n for n, each in enumerate(statements) if each.span.start == lead.start), None)
    behind = statements[at + 1 :] if at is not None else []
    return [each.span for each in takewhile(lambda each: each.role == "item", behind)]


def _is_short(source: Source, items: Sequence[Span]) -> bool:
    words = sum(len(source.text[item.start : item.end].split()) for item in items)
    return len(items) <= MOST_ITEMS and words <= MOST_WORDS
