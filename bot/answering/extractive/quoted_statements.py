"""What of one passage is quoted: sentences that belong, each with what it leans on.

Items come below their lead-in, anything below a heading that turns it, rows of a table one by one,
code whole, a sentence with the one that it refers back to. `docs/evaluation.md` says how the
numbers below were chosen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from bot.answering.extractive.scored_sentences import introduces, text_of
from bot.answering.extractive.selected_passages import SelectedPassage
from bot.answering.extractive.standing_units import below_heading, is_code, leans_back, unit_around
from bot.answering.extractive.turning_headings import turning_heading
from bot.answering.extractive.whole_lists import MOST_ITEMS, is_row
from bot.schema import DraftPart, Pick, Role
from index.schema import Passage, Span
from index.text.list_marks import is_numbered, item_mark, sign_length

BELONGS = -2.6
"""Log-odds from which a sentence belongs to the answer; the best of a passage always does."""

OUTDONE = 4.5
"""How far below the best sentence of its passage another one may lie to belong as well."""

SHORT = 25
"""Words up to which a paragraph is quoted whole rather than in part."""

LEAST_WORDS = 6
"""Words below which prose is a label rather than a statement."""

_LINK_TARGET = re.compile(r"\[[^\]\n]+\]:\s*\S+(?:\s+\S+)?")


def belonging(selected: SelectedPassage) -> list[int]:
    """Return the positions of the sentences of a passage that belong to the answer."""
    best = max(selected.weighed, default=BELONGS)
    least = min(best, max(BELONGS, best - OUTDONE))
    return [at for at, odds in enumerate(selected.weighed) if odds >= least]


def quoted_statements(
    selected: SelectedPassage, pointed: Sequence[Span] = ()
) -> Iterator[DraftPart]:
    """Yield what of one passage is quoted; `pointed` are spans at which a reader points in it."""
    passage = selected.passage
    statements = statements_of(passage)
    belongs = set(belonging(selected))
    chosen = [
        at
        for at, each in enumerate(statements)
        if belongs.intersection(each.places) and _says_something(text_of(passage, each.span))
    ]
    chosen = _with_steps(passage, statements, _with_replies(passage, statements, chosen))
    if passage.kind == "table":
        chosen = _rows(statements, chosen, selected.candidate.words.header, passage)
    source = selected.candidate.source
    above: Span | None = None
    for quote in _quotes(passage, statements, _with_leads(statements, chosen)):
        heading = turning_heading(source, quote.span.start) if _is_part(passage, quote) else None
        if heading is not None and heading != above:
            yield DraftPart(picks=(Pick.of(source, heading),), role="lead")
        above = heading
        highlight = next((each for each in pointed if _inside(each, quote.span)), quote.marked)
        yield DraftPart(picks=(Pick.of(source, quote.span, highlight),), role=quote.role)


def _is_part(passage: Passage, quote: _Quote) -> bool:
    """Say whether a quote is no statement without what stands above it."""
    return quote.role != "sentence" or len(text_of(passage, quote.span).split()) < LEAST_WORDS


@dataclass(frozen=True)
class Statement:
    """One sentence, one row, or one item of a list to its end."""

    span: Span
    role: Role
    places: range
    """Its sentences."""


def _says_something(text: str) -> bool:
    """Say whether a statement has words: more than a mark or the address of a link."""
    return sum(map(str.isalnum, text)) > 1 and _LINK_TARGET.fullmatch(text.strip()) is None


def _rows(
    statements: Sequence[Statement], chosen: Sequence[int], header: str, passage: Passage
) -> list[int]:
    """Return the rows that were chosen; all of a table of which only caption or header was."""
    rows = [at for at, each in enumerate(statements) if each.role == "row"]
    told = [at for at in rows if text_of(passage, statements[at].span) not in header]
    found = [at for at in chosen if at in told]
    return (found or [*(at for at in chosen if at not in rows), *rows])[: MOST_ITEMS + 1]


def statements_of(passage: Passage) -> list[Statement]:
    """Return the sentences of a passage, those of one item together."""
    texts = [text_of(passage, span) for span in passage.sentences]
    marks = [item_mark(text, passage.kind) for text in texts]
    found: list[Statement] = []
    for at, (text, span) in enumerate(zip(texts, passage.sentences, strict=True)):
        goes_on = passage.kind == "list" and found and found[-1].role == "item"
        if marks[at]:
            item = Span(start=span.start + sign_length(text, passage.kind), end=span.end)
            found.append(Statement(item, "item", range(at, at + 1)))
        elif goes_on:
            item = Span(start=found[-1].span.start, end=span.end)
            found[-1] = Statement(item, "item", range(found[-1].places.start, at + 1))
        else:
            role: Role = "row" if is_row(passage, text) else "sentence"
            found.append(Statement(span, "lead" if introduces(text) else role, range(at, at + 1)))
    return found


def _with_replies(
    passage: Passage, statements: Sequence[Statement], chosen: Sequence[int]
) -> list[int]:
    """Return what is chosen with what follows each question of it: a question answers nothing."""
    asked = (at for at in chosen if text_of(passage, statements[at].span).rstrip().endswith("?"))
    return sorted({*chosen, *(at + 1 for at in asked if at + 1 < len(statements))})


def _with_steps(
    passage: Passage, statements: Sequence[Statement], chosen: Sequence[int]
) -> list[int]:
    """Return what is chosen with every step of a numbered list of which two steps are."""
    found = set(chosen)
    run: list[int] = []
    for at, each in enumerate([*statements, None]):
        if each is not None and each.role == "item" and is_numbered(text_of(passage, each.span)):
            run.append(at)
            continue
        if len(found.intersection(run)) > 1:
            found.update(run[:MOST_ITEMS])
        run = []
    return sorted(found)


def _with_leads(statements: Sequence[Statement], chosen: Sequence[int]) -> list[int]:
    """Return what is chosen with the line above each list that an item of it stands in."""
    led = set(chosen)
    for at in chosen:
        above = at
        while above and statements[above].role == "item":
            above -= 1
        if statements[at].role == "item" and statements[above].role == "lead":
            led.add(above)
    return sorted(led)


@dataclass(frozen=True)
class _Quote:
    """What is printed as one quote."""

    span: Span
    role: Role
    marked: Span | None = None
    """What of it answers, where that is less."""


def _quotes(
    passage: Passage, statements: Sequence[Statement], chosen: Sequence[int]
) -> list[_Quote]:
    """Return the quotes: prose in one piece, items and rows one by one."""
    found: list[_Quote] = []
    for at, following in zip_longest(chosen, chosen[1:]):
        leads = following is not None and _leads(statements, at, following)
        quote = _quote(passage, statements[at], leads)
        before = found[-1] if found else None
        if before and before.role == quote.role == "sentence" and _touch(passage, before, quote):
            whole = Span(start=before.span.start, end=max(before.span.end, quote.span.end))
            found[-1] = _Quote(whole, "sentence")
        else:
            found.append(quote)
    return found


def _leads(statements: Sequence[Statement], at: int, following: int) -> bool:
    """Say whether a statement leads into a list of which an item follows it."""
    between = statements[at + 1 : following + 1]
    return statements[at].role == "lead" and all(each.role == "item" for each in between)


def _quote(passage: Passage, statement: Statement, leads: bool) -> _Quote:
    """Return one statement as it is quoted; a lead-in alone where an item of its list follows."""
    if leads or statement.role in ("item", "row"):
        return _Quote(statement.span, statement.role)
    span = _standing(passage, statement)
    return _Quote(span, statement.role, None if span == statement.span else statement.span)


def _standing(passage: Passage, statement: Statement) -> Span:
    """Return prose with what it cannot do without.

    A short paragraph and code are quoted whole; a sentence that refers back with the one before.
    """
    unit = unit_around(passage, statement.span)
    text = passage.text[unit.start - passage.start : unit.end - passage.start]
    span = statement.span
    if is_code(text) or len(text.split()) <= SHORT:
        span = Span(start=min(span.start, unit.start), end=max(span.end, unit.end))
    else:
        first = statement.places.start
        if first and leans_back(text_of(passage, span)) and passage.kind == "paragraph":
            span = Span(start=passage.sentences[first - 1].start, end=span.end)
    return below_heading(passage, span)


def _touch(passage: Passage, one: _Quote, other: _Quote) -> bool:
    """Say whether only white space lies between two quotes, or nothing."""
    between = passage.text[one.span.end - passage.start : other.span.start - passage.start]
    return other.span.start <= one.span.end or not between.strip()


def _inside(one: Span, other: Span) -> bool:
    return other.start <= one.start and one.end <= other.end and one != other
