"""The passages that may answer, as the selector judges them, and what of them is quoted.

A statement is quoted with what it cannot be understood without: items below their lead-in, rows of
a table, code whole, a sentence with the one that it leans on. `docs/evaluation.md` says how the
numbers below were chosen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from bot.answering.extractive.scored_sentences import ScoredSentence, introduces, text_of
from bot.answering.extractive.standing_units import is_code, leans_back, unit_around
from bot.answering.extractive.whole_lists import MOST_ITEMS, is_row
from bot.schema import DraftPart, Pick, Role
from index.embed.inputs import embedding_input
from index.protocols import Selector
from index.schema import Passage, Span
from index.search.merged_hits import Neighbours, join, section_around
from index.search.passage_rank import Candidate
from index.text.list_marks import item_mark

JUDGED = 8
"""Passages that are judged; the whole answer stands in the first eight for 83 questions of 100."""

SEARCH_WEIGHT = 0.1
"""How much of a passage's ranking value counts beside its log-odds."""

WORDS_WEIGHT = 0.2
"""How much of a sentence's own value, by words and by the reader, counts beside its log-odds."""

MOST_PASSAGES = 3
"""Passages quoted in one answer."""

CLOSEST_SECTION = 1500
"""Characters up to which the section of a passage is shown with it where nothing is claimed."""


@dataclass(frozen=True)
class Reach:
    """How much is quoted."""

    belongs: float
    """Log-odds from which a sentence belongs to the answer; the best of a passage always does."""
    outdone: float
    """How far below the best sentence of its passage another one may lie to belong as well."""
    near: float
    """How far below the best passage's value another one may lie to be quoted with it."""
    short: int
    """Words up to which a paragraph is quoted whole rather than in part."""


NARROW = Reach(belongs=-1.3, outdone=3.0, near=1.0, short=25)
"""For an answer that is sure."""

WIDE = Reach(belongs=-3.0, outdone=9.0, near=2.0, short=100)
"""For one that is less so: what stands around it may be what was asked for."""

_LINK_TARGET = re.compile(r"\[[^\]\n]+\]:\s*\S+(?:\s+\S+)?")
_HEADINGS = re.compile(r"(?:[ \t]*#{1,6}[ \t][^\n]*\n\s*)+")


@dataclass(frozen=True)
class SelectedPassage:
    """One passage with the log-odds that it answers, and that each of its sentences belongs."""

    candidate: Candidate
    rank: int
    """Position in the search, from 0."""
    answers: float
    sentences: tuple[float, ...]
    weighed: tuple[float, ...]
    """The log-odds of its sentences, less what else speaks against each."""

    @property
    def passage(self) -> Passage:
        """The passage itself."""
        return self.candidate.passage

    @property
    def value(self) -> float:
        """What orders passages: the selector's log-odds, and a little of the search's value."""
        return self.answers + SEARCH_WEIGHT * self.candidate.value

    def chosen(self, reach: Reach) -> list[int]:
        """Return the positions of the sentences that belong to the answer."""
        best = max(self.weighed, default=reach.belongs)
        least = min(best, max(reach.belongs, best - reach.outdone))
        return [at for at, odds in enumerate(self.weighed) if odds >= least]


def selected_passages(
    selector: Selector,
    question: str,
    ranked: Sequence[Candidate],
    sentences: Sequence[ScoredSentence] = (),
) -> list[SelectedPassage]:
    """Judge the best passages of a search; return them best first.

    `sentences` are those of the passages as they were scored otherwise.
    """
    judged = ranked[:JUDGED]
    found = selector.select(question, [embedding_input(c.source, c.passage) for c in judged])
    values = {(each.candidate.passage.id, each.index): each.value for each in sentences}
    selected = [
        SelectedPassage(
            candidate,
            rank,
            selection.answers,
            selection.sentences,
            _weighed(candidate, selection.sentences, values),
        )
        for rank, (candidate, selection) in enumerate(zip(judged, found, strict=True))
    ]
    return sorted(selected, key=lambda each: -each.value)


def _weighed(
    candidate: Candidate, odds: Sequence[float], values: Mapping[tuple[str, int], float]
) -> tuple[float, ...]:
    """Return log-odds less what each sentence's value lacks to the best one of the passage.

    A sentence without a value lacks as much as the worst one that has it.
    """
    own = [values.get((candidate.passage.id, at)) for at in range(len(odds))]
    known = [value for value in own if value is not None]
    if not known:
        return tuple(odds)
    best, worst = max(known), min(known)
    return tuple(
        each + WORDS_WEIGHT * ((worst if value is None else value) - best)
        for each, value in zip(odds, own, strict=True)
    )


def quoted_parts(
    selected: Sequence[SelectedPassage],
    readings: Mapping[str, Sequence[Span]] | None = None,
    reach: Reach = NARROW,
) -> list[DraftPart]:
    """Return what the best passages say to the question, the best first.

    Those that follow one another in a document stay in its order. `readings` are the spans at
    which a reader points, by the passage's id, the surest first.
    """
    best = selected[0].value
    near = [each for each in selected[:MOST_PASSAGES] if best - each.value <= reach.near]
    pointed = readings or {}
    return [
        part
        for each in _in_order(near)
        for part in _parts(each, pointed.get(each.passage.id, ()), reach)
    ]


def _in_order(near: Sequence[SelectedPassage]) -> list[SelectedPassage]:
    """Return passages as they were, but one that precedes an earlier one directly before it."""
    found: list[SelectedPassage] = []
    for each in near:
        place = (each.passage.source_id, each.passage.ordinal + 1)
        behind = [(p.passage.source_id, p.passage.ordinal) for p in found]
        found.insert(behind.index(place) if place in behind else len(found), each)
    return found


def closest_passages(
    selected: Sequence[SelectedPassage], neighbours: Neighbours | None = None
) -> list[Pick]:
    """Return the best passages, in their sections where these are short.

    The sentence that answers best is marked.
    """
    found: list[Pick] = []
    for each in selected:
        pick = _closest(each, neighbours)
        if not any(pick.evidence.overlaps(other.evidence) for other in found):
            found.append(pick)
        if len(found) == MOST_PASSAGES:
            break
    return found


def _closest(selected: SelectedPassage, neighbours: Neighbours | None) -> Pick:
    passage, source = selected.passage, selected.candidate.source
    section = neighbours and section_around(selected.candidate, neighbours, CLOSEST_SECTION)
    whole = join(section, source) if section else passage
    text = whole.text
    first = whole.start + len(text) - len(text.lstrip())
    span = _below_heading(whole, Span(start=first, end=whole.start + len(text.rstrip())))
    best = max(range(len(selected.weighed)), key=selected.weighed.__getitem__, default=None)
    marked = None if best is None else passage.sentences[best]
    return Pick.of(source, span, None if marked == span else marked)


@dataclass(frozen=True)
class _Statement:
    """One sentence, one row, or one item of a list to its end."""

    span: Span
    role: Role
    places: range
    """Its sentences."""


def _parts(selected: SelectedPassage, pointed: Sequence[Span], reach: Reach) -> Iterator[DraftPart]:
    """Yield what of one passage is quoted."""
    passage = selected.passage
    statements = _statements(passage)
    belongs = set(selected.chosen(reach))
    chosen = [
        at
        for at, each in enumerate(statements)
        if belongs.intersection(each.places) and _says_something(text_of(passage, each.span))
    ]
    if passage.kind == "table":
        chosen = _rows(statements, chosen, selected.candidate.words.header, passage)
    for quote in _quotes(passage, statements, _with_leads(statements, chosen), reach):
        highlight = next((each for each in pointed if _inside(each, quote.span)), quote.marked)
        pick = Pick.of(selected.candidate.source, quote.span, highlight)
        yield DraftPart(picks=(pick,), role=quote.role)


def _says_something(text: str) -> bool:
    """Say whether a statement has words: more than a mark or the address of a link."""
    return sum(map(str.isalnum, text)) > 1 and _LINK_TARGET.fullmatch(text.strip()) is None


def _rows(
    statements: Sequence[_Statement], chosen: Sequence[int], header: str, passage: Passage
) -> list[int]:
    """Return the rows that were chosen; all of a table of which only caption or header was."""
    rows = [at for at, each in enumerate(statements) if each.role == "row"]
    told = [at for at in rows if text_of(passage, statements[at].span) != header]
    found = [at for at in chosen if at in told]
    return (found or [*(at for at in chosen if at not in rows), *rows])[: MOST_ITEMS + 1]


def _statements(passage: Passage) -> list[_Statement]:
    """Return the sentences of a passage, those of one item together."""
    texts = [text_of(passage, span) for span in passage.sentences]
    marks = [item_mark(text, passage.kind) for text in texts]
    found: list[_Statement] = []
    for at, (text, span) in enumerate(zip(texts, passage.sentences, strict=True)):
        goes_on = passage.kind == "list" and found and found[-1].role == "item"
        if marks[at]:
            item = Span(start=span.start + marks[at], end=span.end)
            found.append(_Statement(item, "item", range(at, at + 1)))
        elif goes_on:
            item = Span(start=found[-1].span.start, end=span.end)
            found[-1] = _Statement(item, "item", range(found[-1].places.start, at + 1))
        else:
            role: Role = "row" if is_row(passage, text) else "sentence"
            found.append(_Statement(span, "lead" if introduces(text) else role, range(at, at + 1)))
    return found


def _with_leads(statements: Sequence[_Statement], chosen: Sequence[int]) -> list[int]:
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
    passage: Passage, statements: Sequence[_Statement], chosen: Sequence[int], reach: Reach
) -> list[_Quote]:
    """Return the quotes: prose in one piece, items and rows one by one."""
    found: list[_Quote] = []
    for at, following in zip_longest(chosen, chosen[1:]):
        leads = following is not None and _leads(statements, at, following)
        quote = _quote(passage, statements[at], leads, reach)
        before = found[-1] if found else None
        if before and before.role == quote.role == "sentence" and _touch(passage, before, quote):
            whole = Span(start=before.span.start, end=max(before.span.end, quote.span.end))
            found[-1] = _Quote(whole, "sentence")
        else:
            found.append(quote)
    return found


def _leads(statements: Sequence[_Statement], at: int, following: int) -> bool:
    """Say whether a statement leads into a list of which an item follows it."""
    between = statements[at + 1 : following + 1]
    return statements[at].role == "lead" and all(each.role == "item" for each in between)


def _quote(passage: Passage, statement: _Statement, leads: bool, reach: Reach) -> _Quote:
    """Return one statement as it is quoted; a lead-in alone where an item of its list follows."""
    if leads or statement.role in ("item", "row"):
        return _Quote(statement.span, statement.role)
    span = _standing(passage, statement, reach)
    return _Quote(span, statement.role, None if span == statement.span else statement.span)


def _standing(passage: Passage, statement: _Statement, reach: Reach) -> Span:
    """Return prose with what it cannot do without.

    A short paragraph and code are quoted whole; a sentence that refers back with the one before.
    """
    unit = unit_around(passage, statement.span)
    text = passage.text[unit.start - passage.start : unit.end - passage.start]
    span = statement.span
    if is_code(text) or len(text.split()) <= reach.short:
        span = Span(start=min(span.start, unit.start), end=max(span.end, unit.end))
    else:
        first = statement.places.start
        if first and leans_back(text_of(passage, span)) and passage.kind == "paragraph":
            span = Span(start=passage.sentences[first - 1].start, end=span.end)
    return _below_heading(passage, span)


def _below_heading(passage: Passage, span: Span) -> Span:
    """Return a span without the heading lines at its beginning, unless there is nothing else."""
    text = passage.text[span.start - passage.start : span.end - passage.start]
    heading = _HEADINGS.match(text)
    start = span.start + (heading.end() if heading else 0)
    return Span(start=start, end=span.end) if start < span.end else span


def _touch(passage: Passage, one: _Quote, other: _Quote) -> bool:
    """Say whether only white space lies between two quotes, or nothing."""
    between = passage.text[one.span.end - passage.start : other.span.start - passage.start]
    return other.span.start <= one.span.end or not between.strip()


def _inside(one: Span, other: Span) -> bool:
    return other.start <= one.start and one.end <= other.end and one != other
