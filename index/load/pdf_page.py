"""One page of a PDF as it is printed: its lines in the order of the file, with their places.

PDFium gives the text of a page and where each character stands. Asking for the place of every word
costs as much again as reading the text, so words are placed only on pages that may hold a table.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from index.load.pdf_boxes import Box, upright
from index.load.pdf_forms import (
    annotations_of,
    comment_lines,
    text_with_fields,
    with_fields,
)
from index.load.pdf_hidden_text import HiddenText, find_hidden, has_ink_above, is_scan
from index.load.pdf_lines import WORD_BREAK, Line, Word
from index.load.pdf_looks import Looks
from index.load.pdf_page_objects import drawing_of
from index.load.pdf_table_rows import Table
from index.load.pdf_tables import find_tables
from index.load.recognised_page import Edges

_SIGNS = " .,:;!?)]}'\"’”»…"
"""What may end a line in other letters than its own."""

_WORD = re.compile(rf"[^\s{WORD_BREAK}]+{WORD_BREAK}?")


@dataclass(frozen=True)
class PrintedPage:
    """A page of a document."""

    number: int
    """Counted from 1."""
    box: Box
    lines: tuple[Line, ...]
    tables: tuple[Table, ...] = ()
    inserted: tuple[tuple[int, Line], ...] = ()
    """Lines that people wrote, each with the number of the printed line it stands before."""
    hidden: frozenset[str] = frozenset()
    """Why words of the page are left out, if some are."""
    is_drawn: bool = False
    """Whether anything at all is drawn on it."""
    is_scan: bool = False
    """Whether pictures take most of it."""
    is_recognised: bool = False
    """Whether its words are those that a program has recognised in its pictures."""
    edges: tuple[Edges | None, ...] = ()
    """Of each line, where it was read in a picture; empty where none was."""
    doubtful: int = 0
    """How many lines of its pictures could not be read with confidence."""


def read_page(
    page: Any, number: int, may_render: Callable[[], bool], *, looks: Looks | None = None
) -> PrintedPage:
    """Read a PDFium page; `may_render` says whether it may be painted to see what is hidden.

    With `looks`, each line knows how its letters look.
    """
    text_page = page.get_textpage()
    try:
        drawing = drawing_of(page)
        hidden = find_hidden(page, drawing, may_render)
        reader = _Reader(page, text_page, hidden, looks)
        lines = reader.lines()
        written = annotations_of(page, reader.moved)
        inserted: list[tuple[int, Line]] = []
        if written.fields:
            changed, inserted = with_fields(lines, reader.words, written.fields)
            lines = reader.with_changed(lines, changed)
        tables = find_tables(lines, reader.words, drawing.across, drawing.down)
    finally:
        text_page.close()
    end = ((len(lines), line) for line in comment_lines(written.comments))
    box = _page_box(page)
    scanned = is_scan(drawing, box)
    return PrintedPage(
        number,
        box,
        lines,
        tuple(tables),
        (*inserted, *end),
        hidden.reasons,
        is_drawn=_is_drawn(page),
        is_scan=scanned,
        is_recognised=scanned and not has_ink_above(drawing),
    )


def _is_drawn(page: Any) -> bool:
    from pypdfium2 import raw

    return bool(raw.FPDFPage_CountObjects(page.raw))


def _page_box(page: Any) -> Box:
    width, height = page.get_size()
    return Box(0.0, 0.0, width, height)


class _Reader:
    """Reads the lines of one page."""

    def __init__(self, page: Any, text_page: Any, hidden: HiddenText, looks: Looks | None) -> None:
        from pypdfium2 import raw

        self._raw = raw
        self._handle = text_page.raw
        self._looks = looks
        self._rectangle = raw.FS_RECTF()
        self._of_rectangle = ctypes.byref(self._rectangle)
        self._upright = upright(page)
        self._has_blanks = False
        self._text = text_page.get_text_range().replace("\r\n", "\n").replace("\r", "\n")
        self._count = text_page.count_chars()
        self._offsets: list[tuple[str, int]] = []
        self._words: dict[int, tuple[Word, ...]] = {}
        if hidden:
            self._blank(hidden)

    def lines(self) -> tuple[Line, ...]:
        """Return the printed lines."""
        self._offsets = list(self._placed())
        return tuple(self._line(*each) for each in self._offsets)

    def words(self, number: int) -> tuple[Word, ...]:
        """Return the words of a line with their places; none where PDFium does not know them."""
        if number not in self._words:
            self._words[number] = self._words_of(number, *self._offsets[number])
        return self._words[number]

    def with_changed(
        self, lines: Sequence[Line], changed: Mapping[int, tuple[Word, ...]]
    ) -> tuple[Line, ...]:
        """Return lines with the fields among their words."""
        self._words |= changed
        found = list(lines)
        for number, words in changed.items():
            right, text = max(word.right for word in words), text_with_fields(words)
            found[number] = replace(found[number], text=text, right=right, has_field=True)
        return tuple(found)

    def moved(self, box: Box) -> Box:
        """Return where a box of the page is seen."""
        return box.moved(self._upright) if self._upright else box

    def _placed(self) -> Iterator[tuple[str, int]]:
        """Yield the text of each line that has some, and its first UTF-16 unit in the page."""
        offset = 0
        for line in self._text.split("\n"):
            if words := line.strip():
                yield words, offset + _units(line[: len(line) - len(line.lstrip())])
            # PDFium counts UTF-16 units, and two for a line end.
            offset += _units(line) + 2

    def _line(self, text: str, offset: int) -> Line:
        """Return one line; without a place where PDFium knows none."""
        start = self._index(offset)
        first = self._box(start)
        final = self._index(offset + _units(text) - 1)
        last = self._box(final)
        if first is None or last is None:
            return Line(text)
        size = self._raw.FPDFText_GetFontSize(self._handle, start)
        top = first.top
        if self._has_blanks:
            text = re.sub(" {2,}", " ", text)
        look = None
        if self._looks:
            letters = text.rstrip(_SIGNS) or text
            until = self._index(offset + _units(letters) - 1)
            look = self._looks.of_line(self._handle, start, until)
        return Line(text, first.left, last.right, first.bottom, last.bottom, size, top, look)

    def _words_of(self, number: int, text: str, offset: int) -> tuple[Word, ...]:
        box, handle = self._raw.FPDFText_GetLooseCharBox, self._handle
        place, of_place, upright = self._rectangle, self._of_rectangle, self._upright
        # Most lines have one character for each unit, so that one question places them all.
        start, last = self._index(offset), len(text) - 1
        plain = len(text) == _units(text) and self._index(offset + last) == start + last
        words = []
        for word in _WORD.finditer(text):
            a, b = word.start(), word.end() - 1 - word[0].endswith(WORD_BREAK)
            first, final = (
                (start + a, start + b)
                if plain
                else (self._index(offset + _units(text[:each])) for each in (a, b))
            )
            if not box(handle, first, of_place):
                return ()
            left, bottom, top = place.left, place.bottom, place.top
            if final > first:
                box(handle, final, of_place)
            words.append(Word(word[0], left, bottom, place.right, top, number))
            if upright:
                words[-1] = words[-1]._replace(**self._upright_word(first, final)._asdict())
        return tuple(words)

    def _upright_word(self, first: int, last: int) -> Box:
        """Return the box of a word on a page that is turned or does not begin at its corner."""
        boxes = [box for index in (first, last) if (box := self._box(index))]
        return Box(
            min(box.left for box in boxes),
            min(box.bottom for box in boxes),
            max(box.right for box in boxes),
            max(box.top for box in boxes),
        )

    def _index(self, offset: int) -> int:
        """Return the character that a UTF-16 unit of the text belongs to."""
        return int(self._raw.FPDFText_GetCharIndexFromTextIndex(self._handle, offset))

    def _box(self, index: int) -> Box | None:
        rectangle = self._rectangle
        if not self._raw.FPDFText_GetLooseCharBox(self._handle, index, self._of_rectangle):
            return None
        return self.moved(Box(rectangle.left, rectangle.bottom, rectangle.right, rectangle.top))

    def _blank(self, hidden: HiddenText) -> None:
        """Put blanks where hidden text stands, so that all other offsets stay."""
        raw = self._raw
        units: set[int] = set()
        for index in range(self._count):
            if hidden.holds(raw.FPDFText_GetTextObject(self._handle, index)):
                units.add(raw.FPDFText_GetTextIndexFromCharIndex(self._handle, index))
        kept, offset = [], 0
        for sign in self._text:
            width = 2 if sign == "\n" else _units(sign)
            kept.append(" " * width if offset in units and sign != "\n" else sign)
            offset += width
        self._text = "".join(kept)
        self._has_blanks = True


def _units(text: str) -> int:
    """Return the UTF-16 units of a text."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
