"""What a person sees of an answer: its text, the places of its quotes, notices. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.cli.place_text import FROM_PICTURE, place_text, rooted_uri, state_mark, where_text
from bot.cli.quote_lines import (
    CLOSE,
    KEPT,
    OPEN,
    QuoteLine,
    folded_quote,
    quote_text,
    written_text,
)
from bot.cli.terminal_text import Style, neutral, one_line, wrapped
from bot.schema import Answer, Citation, printed
from index.text.bracketed_numbers import without_bracketed_numbers
from index.text.readable_markdown import markup_of

NEAR_LINES = 20
"""Lines between two quotes up to which their places are told as one."""

_MARKED = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}")


def answer_screen(answer: Answer, style: Style) -> str:
    """Return what a person sees for a question: answer, numbered sources, notices."""
    return "\n\n".join(filter(None, _answer_blocks(answer, style)))


def below_text(answer: Answer, style: Style) -> str:
    """Return what stands below the text of an answer: sources, nearest passages, notices."""
    return "\n\n".join(filter(None, _blocks_below(answer, style)))


def _answer_blocks(answer: Answer, style: Style) -> Iterator[str]:
    if answer.searched_for is not None:
        yield style.dim(f"Searched for: {one_line(answer.searched_for)}")
    yield _answer_text(answer, style)
    yield from _blocks_below(answer, style)


def _answer_text(answer: Answer, style: Style) -> str:
    """Return the answer with its markers, what answers inside each quote in bold."""
    joined = style.width is not None
    text = printed(
        answer.parts,
        answer.citations,
        missing=answer.missing,
        quote=lambda citation: quote_text(citation, joined=joined),
        written=lambda words: written_text(words, joined=joined),
    )
    # A marker behind code has a line of its own, which begins with the blank before it.
    text = re.sub(rf"({KEPT}[^\n]*\n) ", r"\1", neutral(text))
    return _emboldened("\n".join(_answer_line(line, style) for line in text.split("\n")), style)


def _answer_line(line: str, style: Style) -> str:
    if KEPT in line:
        return line.replace(KEPT, "")
    return wrapped(line, style, rest="  " * line.startswith("- "))


def _emboldened(text: str, style: Style) -> str:
    return _MARKED.sub(lambda found: style.bold_lines(found[1]), text)


def _blocks_below(answer: Answer, style: Style) -> Iterator[str]:
    yield "\n".join(_source_entries(answer, style))
    if answer.nearest:
        entries = (citation_entry(citation, style) for citation in answer.nearest)
        yield "\n".join(("The nearest passages:", *entries))
    if answer.notice:
        finishes = " `quoth sync` finishes." if answer.coverage is not None else ""
        yield style.dim(wrapped(one_line(answer.notice + finishes), style))


def _source_entries(answer: Answer, style: Style) -> Iterator[str]:
    """Yield one entry for each place of what the answer prints, and for each other quote."""
    printed_markers = answer.printed_markers
    groups: list[list[Citation]] = []
    for citation in answer.citations:
        is_printed = citation.marker in printed_markers
        same = (group for group in groups if is_printed and _same_place(group[-1], citation))
        group = next((g for g in same if g[-1].marker in printed_markers), None)
        if group is None:
            groups.append(group := [])
        group.append(citation)
    for group in groups:
        is_printed = group[0].marker in printed_markers
        yield place_entry(group, style) if is_printed else citation_entry(group[0], style)


def _same_place(one: Citation, other: Citation) -> bool:
    """Say whether two quotes stand under the same heading, near enough for one range of lines."""
    places = [
        (c.collection, c.source, c.heading, c.page, c.place, c.picture is None)
        for c in (one, other)
    ]
    return places[0] == places[1] and abs(other.lines[0] - one.lines[1]) <= NEAR_LINES


def place_entry(citations: Sequence[Citation], style: Style) -> str:
    """Return `[1] [2] Title › Heading, lines 12-14 (path#L12-L14)` for quotes from one place."""
    first = citations[0]
    lines = (min(each.lines[0] for each in citations), max(each.lines[1] for each in citations))
    place = _cited_place(first.model_copy(update={"lines": lines}), style)
    markers = " ".join(f"[{citation.marker}]" for citation in citations)
    return wrapped(f"{markers} {place}", style, rest=" " * (len(f"[{first.marker}]") + 1))


def citation_entry(citation: Citation, style: Style) -> str:
    """Return `[1] "quote" — Title › Heading, lines 12-14 (path#L12-L14)`, wrapped and indented."""
    marker = "-" if citation.marker is None else f"[{citation.marker}]"
    lines = folded_quote(citation, one_line)
    lines[0] = lines[0]._replace(text=f'{marker} "{lines[0].text}')
    tail = f"— {_cited_place(citation, style)}"
    if lines[-1].kind == "row" and style.width is not None:
        lines[-1] = lines[-1]._replace(text=f'{lines[-1].text}"')
        lines.append(QuoteLine(tail, "text"))
    else:
        lines[-1] = lines[-1]._replace(text=f'{lines[-1].text}" {tail}')
    return _emboldened(_entry(lines, style, rest=" " * (len(marker) + 1)), style)


def _entry(lines: Sequence[QuoteLine], style: Style, *, rest: str) -> str:
    """Return lines below one another, prose wrapped, all but the first indented."""
    shown = []
    for number, (text, kind) in enumerate(lines):
        first = rest if number else ""
        whole = kind != "text"
        shown.append(first + text if whole else wrapped(text, style, first=first, rest=rest))
    return "\n".join(neutral(line).rstrip() for line in shown)


def _cited_place(citation: Citation, style: Style) -> str:
    """Return `Title › Heading, line 12 (path#L12)`."""
    rooted = citation.model_copy(update={"source": rooted_uri(citation.source, style)})
    title, *heading = map(without_bracketed_numbers, (citation.title, *citation.heading))
    if citation.author:
        heading.append(f"by {citation.author}")
    where = where_text(citation.page, citation.place, citation.lines)
    place = place_text(title, heading, where, markup_of(citation.source, citation.mime))
    read = f", {FROM_PICTURE}" if citation.picture else ""
    return f"{place} ({neutral(rooted.link())}){read}" + state_mark(citation)
