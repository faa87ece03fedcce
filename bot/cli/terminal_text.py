"""Text for a terminal or a pipe: answers, hits, sources, a quote in its place.

Everything here is pure. Documents and answers are untrusted: control characters in them are made
visible before they can move a cursor or reverse a line. JSON is made in `bot.cli.json_output`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PureWindowsPath

from bot.cli.quote_lines import (
    CLOSE,
    KEPT,
    OPEN,
    QuoteLine,
    folded_quote,
    quote_text,
    written_text,
)
from bot.schema import Answer, Citation, printed
from index.schema import CatalogStats, Coverage, Hit, Source, SourceEntry, Span
from index.text.bracketed_numbers import without_bracketed_numbers
from index.text.invisible_characters import DIRECTION_MARKS, DIRECTION_OVERRIDES
from index.text.layout import aligned, display_width, folded, line_range
from index.text.place_names import place_fragment, told_place
from index.text.readable_markdown import Markup, markup_of, readable_title
from index.text.source_state import MISSING, STALE, told_state

HIT_LINES = 8
"""Lines of a found passage that are shown; `quoth show` prints the rest."""

CONTEXT_LINES = 3
"""Lines shown above and below a quote."""

_VISIBLE = (
    {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"}
    | {0x7F: 0x2421, 0x2028: 0x20, 0x2029: 0x20}
    | dict.fromkeys((*range(0x80, 0xA0), *map(ord, DIRECTION_MARKS + DIRECTION_OVERRIDES)), 0xFFFD)
)
"""Control characters by what is shown for them; C0 ones have pictures at U+2400."""

_MARKED = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}")
_UNSEEN = dict.fromkeys(map(ord, (OPEN, CLOSE, KEPT)))


FROM_PICTURE = "read from a picture"
"""What is said of a quote that was recognised, so that it can be misread."""

NEAR_LINES = 20
"""Lines between two quotes up to which their places are told as one."""


@dataclass(frozen=True)
class Style:
    """How text is set: in colour or not, wrapped at a width or not."""

    colour: bool = False
    width: int | None = None
    """Columns; None leaves lines as long as they are, for pipes."""
    root: str = ""
    """Put before the path of a source in the shared documents folder, e.g. `documents/`."""

    def bold(self, text: str) -> str:
        """Set `text` in bold where there is colour."""
        return self._paint("1", text)

    def bold_lines(self, text: str) -> str:
        """Set each line of `text` in bold where there is colour, but not what indents it."""
        return re.sub(r"\S(?:.*\S)?", lambda line: self.bold(line[0]), text)

    def dim(self, text: str) -> str:
        """Set `text` in grey where there is colour."""
        return self._paint("2", text)

    def mark(self, text: str) -> str:
        """Set `text` as marked with a pen, line by line."""
        return "\n".join(self._paint("1;33", line) for line in text.split("\n"))

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


def neutral(text: str) -> str:
    """Make every control character visible, so that printing `text` only prints."""
    return text.replace("\r\n", "\n").translate(_VISIBLE)


def one_line(text: str) -> str:
    """Return `text` on one line, neutralised, with single blanks."""
    return folded(neutral(text))


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
    return _wrapped(line, style, rest="  " * line.startswith("- "))


def _emboldened(text: str, style: Style) -> str:
    return _MARKED.sub(lambda found: style.bold_lines(found[1]), text)


def _blocks_below(answer: Answer, style: Style) -> Iterator[str]:
    yield "\n".join(_source_entries(answer, style))
    if answer.nearest:
        entries = (citation_entry(citation, style) for citation in answer.nearest)
        yield "\n".join(("The nearest passages:", *entries))
    if answer.notice:
        finishes = " `quoth sync` finishes." if answer.coverage is not None else ""
        yield style.dim(_wrapped(one_line(answer.notice + finishes), style))


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
    return _wrapped(f"{markers} {place}", style, rest=" " * (len(f"[{first.marker}]") + 1))


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
        shown.append(first + text if whole else _wrapped(text, style, first=first, rest=rest))
    return "\n".join(neutral(line).rstrip() for line in shown)


def _cited_place(citation: Citation, style: Style) -> str:
    """Return `Title › Heading, line 12 (path#L12)`."""
    rooted = citation.model_copy(update={"source": rooted_uri(citation.source, style)})
    title, *heading = map(without_bracketed_numbers, (citation.title, *citation.heading))
    if citation.author:
        heading.append(f"by {citation.author}")
    where = _where(citation.page, citation.place, citation.lines)
    place = _place(title, heading, where, markup_of(citation.source, citation.mime))
    read = f", {FROM_PICTURE}" if citation.picture else ""
    return f"{place} ({neutral(rooted.link())}){read}" + _mark(citation)


def _mark(of: Citation | Source) -> str:
    """Say that a document may not be as its file is."""
    return f", {MISSING}" if of.missing else f", {STALE}" if of.stale else ""


def rooted_uri(uri: str, style: Style) -> str:
    """Return the path of a source as seen from the working directory; addresses stay."""
    absolute = uri.startswith("/") or "://" in uri or PureWindowsPath(uri).is_absolute()
    return uri if absolute else style.root + uri


def _where(page: int | None, place: str | None, lines: tuple[int, int]) -> str:
    """Return `page 3`, `slide 3` or `lines 12-14`."""
    if page is not None:
        return f"page {page}"
    return one_line(without_bracketed_numbers(place)) if place else line_range(*lines)


def _place(title: str, heading: Sequence[str], where: str, markup: Markup) -> str:
    """Return `Title › Heading, page 3` or `Title › Heading, lines 12-14`."""
    named = (one_line(readable_title(part, markup)) for part in (title, *heading))
    path = list(dict.fromkeys(named))
    return f"{' › '.join(path)}, {where}"


def hits_screen(hits: Sequence[Hit], style: Style) -> str:
    """Return found passages, best first."""
    return "\n\n".join(_hit_entry(number, hit, style) for number, hit in enumerate(hits, start=1))


def _hit_entry(number: int, hit: Hit, style: Style) -> str:
    passage, source = hit.passage, hit.source
    lines = source.lines_of(passage.span)
    found = _where(passage.page, told_place(source, passage.span), lines)
    where = _place(source.title, passage.heading, found, markup_of(source.uri, source.mime))
    path = f"{rooted_uri(source.uri, style)}:{lines[0]}"
    facts = style.dim(f"({neutral(path)}, score {hit.score:.2f})")
    read = f", {FROM_PICTURE}" if source.regions_of(passage.span) else ""
    head = f"{number}. {style.bold(where)} {facts}{read}" + _mark(source)
    body = [line for line in neutral(passage.text).split("\n") if line.strip()]
    rest = len(body) - HIT_LINES
    shown = [_wrapped(line, style, first="   ", rest="   ") for line in body[:HIT_LINES]]
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


def size_text(size: int) -> str:
    """Return a number of bytes as `1.2 MB`, below a tenth of one as `34 kB`."""
    return f"{-(-size // 1000)} kB" if size < 100_000 else f"{size / 1_000_000:,.1f} MB"


def stats_screen(stats: CatalogStats, home: str, embeddings: str, models: str = "") -> str:
    """Return how much is indexed, one figure a line."""
    figures = (
        ("collections", f"{stats.collections:,}"),
        ("sources", f"{stats.sources:,}"),
        ("passages", f"{stats.passages:,}"),
        *_coverage_figures(stats.coverage),
        ("characters", f"{stats.characters:,}"),
        ("catalog", size_text(stats.bytes)),
        *_originals(stats),
        ("changes", f"{stats.generation:,}"),
        ("embeddings", embeddings),
        ("home", neutral(home)),
        *([("models", models)] if models else []),
    )
    return "\n".join(f"{name:<12}{value}" for name, value in figures)


def _originals(stats: CatalogStats) -> Iterator[tuple[str, str]]:
    if stats.originals:
        count = "1 file" if stats.originals == 1 else f"{stats.originals:,} files"
        yield "originals", f"{size_text(stats.original_bytes)} in {count}"


def _coverage_figures(coverage: Coverage | None) -> Iterator[tuple[str, str]]:
    if coverage is not None and coverage.embedded < coverage.passages:
        yield "by meaning", f"{coverage.embedded:,} of {coverage.passages:,} passages so far"
    if coverage is not None and coverage.read < coverage.documents:
        yield "read", f"{coverage.read:,} of {coverage.documents:,} documents so far"
    if coverage is not None and coverage.changed:
        yield "to read again", f"{coverage.changed:,} documents that may have changed"


def table(rows: Iterable[Sequence[str]], head: Sequence[str], style: Style) -> str:
    """Return rows below a head, in columns as wide as they need; the last one stays ragged."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    first, *rest = aligned([head, *cells]).split("\n")
    return "\n".join((style.bold(first), *rest))


def _wrapped(line: str, style: Style, *, first: str = "", rest: str = "") -> str:
    """Break one line at blanks, and between wide characters, to the width of the style.

    A word that is longer than the width stays whole, so that addresses can be copied.
    """
    if style.width is None:
        return first + line
    rows, row, used = [], first, _width(first)
    for word in re.findall(r"\s*[\u1100-\uffef]|\s*[^\s\u1100-\uffef]+", line):
        size = _width(word)
        if used + size > style.width and row.strip():
            rows.append(row)
            word = word.lstrip()
            row, used, size = rest, _width(rest), _width(word)
        row, used = row + word, used + size
    return "\n".join((*rows, row))


def _width(text: str) -> int:
    return display_width(text.translate(_UNSEEN))
