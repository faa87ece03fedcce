"""Rich Text Format: headings, paragraphs, lists with their marks, tables and notes."""

from __future__ import annotations

import re

from index.errors import LoadError
from index.load.composed_text import ComposedText, as_words
from index.load.hidden_text import hidden_warning
from index.load.list_lines import ListLines, item_mark
from index.load.rtf_reader import Paragraph, RtfReader
from index.load.text_formats import table_text
from index.load.titles import clean_title, title_from_heading, title_from_name
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings

MIME = "application/rtf"

_TITLE = re.compile(rb"\{\\title ([^{}\\]{1,400})\}")


def load_rtf(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read the text of a file in order; `charset` has no meaning here."""
    if not data:
        raise LoadError(name, "The file is empty.")
    if not data.lstrip()[:5].lower() == b"{\\rtf":
        raise LoadError(name, "It is no RTF file, in spite of its name; save it again.")
    page = _Page()
    page.read(data)
    text = page.text.text
    if not text:
        raise LoadError(name, "It holds no text, only pictures if anything.")
    stated = _TITLE.search(data[:20_000])
    return LoadedDocument(
        text=text,
        title=(clean_title(stated[1].decode("cp1252", "replace")) if stated else "")
        or page.title
        or title_from_heading(text)
        or title_from_name(name),
        mime=MIME,
        warnings=hidden_warning(page.hidden) + invisible_warnings(text),
    )


class _Page:
    """Puts the paragraphs and rows of a file together."""

    def __init__(self) -> None:
        self.text = ComposedText()
        self.title = ""
        self.hidden: list[str] = []
        self._items = ListLines()
        self._rows: list[list[str]] = []
        self._notes = 0
        self._below_title = 0

    def read(self, data: bytes) -> None:
        """Read a file to its end."""
        reader = RtfReader(self._paragraph, self._row)
        reader.read(data)
        self._end_blocks()
        self.hidden = reader.hidden

    def _row(self, cells: list[str]) -> None:
        self.text.add(self._items.taken())
        self._rows.append(cells)

    def _end_blocks(self) -> None:
        """Write the list and the table so far."""
        self.text.add(self._items.taken())
        rows, self._rows = self._rows, []
        if rows and max(map(len, rows)) > 1:
            self.text.add(table_text(rows))
        for row in rows if rows and max(map(len, rows)) < 2 else ():
            self.text.add(as_words(row[0]))

    def _paragraph(self, found: Paragraph) -> None:
        if found.is_contents:
            return
        if found.text.strip():
            self._place(found)
        for note in found.notes:
            self._end_blocks()
            self._notes += 1
            self.text.add(as_words(f"Footnote {self._notes}: {' '.join(note.split())}"))

    def _place(self, found: Paragraph) -> None:
        if found.heading is None and found.label is not None:
            if self._rows:
                self._end_blocks()
            self._items.add(found.level, item_mark(found.label), found.text)
            return
        self._end_blocks()
        if found.heading is None:
            self.text.add(as_words(found.text))
            return
        if found.heading == 0:
            self.title = self.title or clean_title(found.text)
        level = 1 if found.heading == 0 else found.heading + self._below_title
        self._below_title = self._below_title or int(found.heading == 0)
        self.text.heading(level, f"{found.label or ''} {found.text}")
