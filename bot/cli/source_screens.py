"""What a person sees of sources: found passages, a text with its line numbers, a list. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.cli.place_text import FROM_PICTURE, place_text, rooted_uri, state_mark, where_text
from bot.cli.terminal_text import Style, neutral, one_line, table, wrapped
from index.schema import Hit, Source, SourceEntry, Span
from index.text.layout import line_range
from index.text.place_names import place_fragment, told_place
from index.text.readable_markdown import markup_of
from index.text.source_state import told_state

HIT_LINES = 8
"""Lines of a found passage that are shown; `quoth show` prints the rest."""

CONTEXT_LINES = 3
"""Lines shown above and below a quote."""


def hits_screen(hits: Sequence[Hit], style: Style) -> str:
    """Return found passages, best first."""
    return "\n\n".join(_hit_entry(number, hit, style) for number, hit in enumerate(hits, start=1))


def _hit_entry(number: int, hit: Hit, style: Style) -> str:
    passage, source = hit.passage, hit.source
    lines = source.lines_of(passage.span)
    found = where_text(passage.page, told_place(source, passage.span), lines)
    where = place_text(source.title, passage.heading, found, markup_of(source.uri, source.mime))
    path = f"{rooted_uri(source.uri, style)}:{lines[0]}"
    facts = style.dim(f"({neutral(path)}, score {hit.score:.2f})")
    read = f", {FROM_PICTURE}" if source.regions_of(passage.span) else ""
    head = f"{number}. {style.bold(where)} {facts}{read}" + state_mark(source)
    body = [line for line in neutral(passage.text).split("\n") if line.strip()]
    rest = len(body) - HIT_LINES
    shown = [wrapped(line, style, first="   ", rest="   ") for line in body[:HIT_LINES]]
    more = [style.dim(f"   … {rest} more lines")] if rest > 0 else []
    return "\n".join((head, *shown, *more))


def source_screen(source: Source, marked: Span | None, style: Style) -> str:
    """Return a source with line numbers; with `marked`, only its surroundings, the span marked.

    Without colour the marked lines carry a `>`.
    """
    shown = marked if marked is not None else Span(start=0, end=len(source.text))
    first, last = source.lines_of(shown)
    around = CONTEXT_LINES if marked is not None else 0
    low, high = first - around, last + around
    digits = len(str(high))
    rows = (
        _row(number, digits, line, _inside(line_span, marked), style)
        for number, (line_span, line) in enumerate(_spanned_lines(source.text), start=1)
        if low <= number <= high
    )
    page = source.page_at(shown.start) if marked is not None else None
    title = f"{one_line(source.title)} ({neutral(rooted_uri(source.uri, style))}"
    place = told_place(source, marked) if marked is not None else None
    where = line_range(first, last) if marked is not None else ""
    if place and marked is not None and place_fragment(source, marked).startswith("line="):
        where, place = "", f"{place} of the file"  # the text that is shown has lines of its own
    named = f"page {page}" if page else one_line(place or "")
    read = FROM_PICTURE if source.regions_of(shown) else ""
    head = ", ".join(filter(None, (title, where, named, read))) + ")"
    return "\n".join((style.bold(head), *rows))


def _spanned_lines(text: str) -> Iterator[tuple[Span, str]]:
    start = 0
    for line in text.removesuffix("\n").split("\n"):
        yield Span(start=start, end=start + len(line)), line
        start += len(line) + 1


def _inside(line: Span, marked: Span | None) -> tuple[int, int] | None:
    """Return the part of a line that is marked, as offsets into the line."""
    if marked is None or line.end < marked.start or line.start > max(marked.start, marked.end - 1):
        return None
    return max(marked.start - line.start, 0), min(marked.end, line.end) - line.start


def _row(number: int, digits: int, line: str, marked: tuple[int, int] | None, style: Style) -> str:
    start, end = marked or (0, 0)
    before, inside, after = (neutral(part) for part in (line[:start], line[start:end], line[end:]))
    sign = ">" if marked else " "
    gutter = style.dim(f"{sign}{number:>{digits}} ")
    return f"{gutter} {before}{style.mark(inside)}{after}".rstrip()


def sources_table(entries: Sequence[SourceEntry], style: Style) -> str:
    """Return a table of sources, each with its failure or its warnings below it."""
    rows = (
        (
            rooted_uri(entry.uri, style),
            entry.title,
            f"{entry.passages:,}",
            f"{entry.modified:%Y-%m-%d}" if entry.modified else "",
            told_state(entry),
        )
        for entry in entries
    )
    return table(rows, ("source", "title", "passages", "changed", "state"), style)
