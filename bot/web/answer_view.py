"""An answer as its page sets it: statements with their numbers, sources, remarks. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.permalinks import answer_path, quote_path
from bot.schema import NOT_IN_SOURCES, NOT_SURE, AnswerPart, Citation, Status
from bot.web.addressed_answers import AddressedAnswer
from bot.web.shown_text import day, headings_of, label, title_of, web_address
from bot.web.text_blocks import Block, Marks, blocks
from index.schema import Span
from index.text.bracketed_numbers import without_bracketed_numbers
from index.text.layout import line_range
from index.text.readable_markdown import Markup, markup_of
from index.text.source_state import MISSING, STALE

OUTCOMES: dict[Status, str] = {
    "answered": "Answered from the sources",
    "partial": "The sources answer only part of the question.",
    "unsure": NOT_SURE,
    "not_found": NOT_IN_SOURCES,
}
"""What stands above the statements; those that say just this are not repeated below it."""

FROM_PICTURE = "read from a picture"


@dataclass(frozen=True)
class Marker:
    """The number of a citation, and where it leads."""

    number: int
    path: str
    name: str
    """For who does not see it: the title of the source."""
    is_open: bool


@dataclass(frozen=True)
class Statement:
    """One statement: the blocks it is set in, and its citations behind the last of them."""

    blocks: tuple[Block, ...]
    markers: tuple[Marker, ...]
    is_item: bool
    """Whether it is an item of a list that the answer makes."""
    is_quote: bool
    """Whether these are a document's own words."""


@dataclass(frozen=True)
class SourceLine:
    """A place that is cited, as it is listed below the answer."""

    markers: tuple[Marker, ...]
    title: str
    headings: tuple[str, ...]
    facts: tuple[str, ...]
    quote: tuple[Block, ...]
    """Empty where the answer prints it."""
    original: str | None
    """Address of the original on the web."""


@dataclass(frozen=True)
class AnswerView:
    """Everything that the page of an answer shows of it."""

    key: str
    question: str
    searched_for: str | None
    status: Status
    outcome: str
    is_answer: bool
    statements: tuple[Statement, ...]
    missing: tuple[str, ...]
    notice: str | None
    sources: tuple[SourceLine, ...]
    sources_title: str


def answer_view(given: AddressedAnswer, opened: int | None) -> AnswerView:
    """Return an answer as it is shown, with the citation number `opened` shown beside it."""
    answer = given.answer
    is_answer = answer.kind == "answer"
    return AnswerView(
        key=given.key,
        question=label(answer.question),
        searched_for=label(answer.searched_for) if answer.searched_for else None,
        status=answer.status,
        outcome=OUTCOMES[answer.status],
        is_answer=is_answer,
        statements=tuple(_statements(given, opened)),
        missing=tuple(map(label, answer.missing)),
        notice=label(answer.notice) if answer.notice else None,
        sources=tuple(_sources(given, opened)),
        sources_title="Sources" if answer.citations else "The nearest passages",
    )


def number_of(citation: Citation, place: int) -> int:
    """Return the number of a citation; those of the nearest passages are counted from 1."""
    return citation.marker or place


def highlight_of(citation: Citation) -> Span | None:
    """Return the answer inside a quote as a span of the source's text."""
    if citation.highlight is None:
        return None
    start = citation.evidence.start
    return Span(start=start + citation.highlight[0], end=start + citation.highlight[1])


def quote_address(citation: Citation) -> str:
    """Return the permanent path of a quote, its highlight with it."""
    inside = highlight_of(citation)
    return quote_path(citation.evidence) + (
        f"?answer={inside.start}-{inside.end}" if inside else ""
    )


def place_of(citation: Citation) -> str:
    """Return `page 3`, `slide 3` or `lines 12-14`."""
    if citation.page is not None:
        return f"page {citation.page}"
    if citation.place:
        return label(without_bracketed_numbers(citation.place))
    return line_range(*citation.lines, dash="–")


def _marker(given: AddressedAnswer, citation: Citation, place: int, opened: int | None) -> Marker:
    number = number_of(citation, place)
    return Marker(
        number=number,
        path=f"{answer_path(given.key)}?cite={number}#quote",
        name=title_of(citation.title, citation.source, citation.mime),
        is_open=number == opened,
    )


def _statements(given: AddressedAnswer, opened: int | None) -> Iterator[Statement]:
    cited = {c.marker: c for c in given.answer.citations}
    for part in given.answer.parts:
        citations = [cited[number] for number in part.markers if number in cited]
        if part.text in (NOT_SURE, NOT_IN_SOURCES) and not part.markers:
            continue
        if part.text is not None:
            marks = tuple(_marker(given, each, 1, opened) for each in citations)
            shown = tuple(_whole(part.text, None, "markdown"))
            yield Statement(shown, marks, part.role == "item", is_quote=False)
            continue
        yield from _quotes(given, part, citations, opened)


def _quotes(
    given: AddressedAnswer, part: AnswerPart, citations: Sequence[Citation], opened: int | None
) -> Iterator[Statement]:
    for citation in citations:
        shown = tuple(_quote_blocks(citation))
        is_item = part.role == "item" or (bool(shown) and shown[0].kind == "item")
        marks = (_marker(given, citation, 1, opened),)
        yield Statement(shown, marks, is_item, is_quote=True)


def _quote_blocks(citation: Citation) -> list[Block]:
    start, end = citation.highlight or (0, 0)
    inside = Span(start=start, end=end) if citation.highlight else None
    return _whole(citation.quote, inside, markup_of(citation.source, citation.mime))


def _whole(text: str, inside: Span | None, markup: Markup) -> list[Block]:
    return blocks(text, Span(start=0, end=len(text)), Marks(None, inside), markup)


def _sources(given: AddressedAnswer, opened: int | None) -> Iterator[SourceLine]:
    """Yield one line for each place of what the answer prints, and for each other quote."""
    shown = enumerate(given.answer.shown_citations, start=1)
    marked = [(each, _marker(given, each, place, opened)) for place, each in shown]
    printed = given.answer.printed_markers
    for is_printed, group in _same_places(marked, printed):
        citation = group[0][0]
        yield SourceLine(
            markers=tuple(marker for _, marker in group),
            title=title_of(citation.title, citation.source, citation.mime),
            headings=tuple(headings_of(citation)),
            facts=tuple(_facts([each for each, _ in group])),
            quote=() if is_printed else tuple(_quote_blocks(citation)),
            original=web_address(citation.link()) or web_address(citation.url),
        )


def _same_places(
    marked: Sequence[tuple[Citation, Marker]], printed: frozenset[int]
) -> Iterator[tuple[bool, list[tuple[Citation, Marker]]]]:
    """Yield citations, with those together that the answer prints and that stand in one place."""

    def place(pair: tuple[Citation, Marker]) -> tuple[object, ...]:
        cited = pair[0]
        if cited.marker not in printed:
            return (pair[1].number,)
        where = (cited.page, cited.place, cited.picture is None)
        return (cited.evidence.source_id, cited.evidence.sha256, cited.heading, *where)

    for _, group in itertools.groupby(marked, key=place):
        found = list(group)
        yield found[0][0].marker in printed, found


def _facts(citations: Sequence[Citation]) -> Iterator[str]:
    first = citations[0]
    lines = (min(each.lines[0] for each in citations), max(each.lines[1] for each in citations))
    yield place_of(first.model_copy(update={"lines": lines}))
    if first.author:
        yield f"by {label(first.author)}"
    elif first.modified:
        yield f"changed {day(first.modified)}"
    if first.picture:
        yield FROM_PICTURE
    if first.missing or first.stale:
        yield MISSING if first.missing else STALE
