"""Blocks of an OpenDocument text: headings, paragraphs, lists, tables, boxes and notes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from index.load.composed_text import ComposedText, as_words
from index.load.docx_words import Words
from index.load.list_lines import ListLines, item_mark
from index.load.odf_styles import OFFICE, TABLE, TEXT, Counter, OdfStyles
from index.load.odf_words import words_of
from index.load.text_formats import table_text
from index.load.titles import clean_title

_LEFT_OUT = frozenset(
    f"{TEXT}{name}"
    for name in (
        "table-of-content", "illustration-index", "table-index", "object-index", "user-index",
        "alphabetical-index", "tracked-changes", "sequence-decls", "variable-decls",
        "user-field-decls",
    )
)  # fmt: skip
"""Contents and indexes, whose entries the text has anyway, and what was deleted."""
_PARAGRAPHS = frozenset({f"{TEXT}p", f"{TEXT}h"})
_MOST_COLUMNS = 200
_GROUPS = frozenset(
    f"{TABLE}{name}" for name in ("table-header-rows", "table-rows", "table-row-group")
)


class OdfBlocks:
    """Writes the blocks of a document; what it hides is noted."""

    def __init__(self, styles: OdfStyles, text: ComposedText) -> None:
        self._styles = styles
        self._headings = Counter(styles.outline)
        self._counters: dict[str, Counter] = {}
        self._items = ListLines()
        self._waiting: list[str] = []
        """Notes that stand below the block which is being read."""
        self._told = {"footnote": 0, "endnote": 0}
        self._below_title = 0
        self.text = text
        self.title = ""
        self.hidden: list[str] = []

    def write(self, element: Any) -> None:
        """Write all blocks inside an element."""
        self._blocks(element)
        self._end_list()

    def write_one(self, block: Any) -> None:
        """Write one block, whatever it is."""
        self._block(block)
        self._end_list()

    def _blocks(self, element: Any) -> None:
        for child in element:
            self._block(child)

    def _block(self, element: Any) -> None:
        tag = element.tag
        if tag in _PARAGRAPHS:
            self._paragraph(element)
        elif tag == f"{TEXT}list":
            self._list(element)
        elif tag == f"{TABLE}table":
            self._end_list()
            self._table(element)
        elif tag == f"{TEXT}section" and element.get(f"{TEXT}display") in ("none", "condition"):
            self.hidden.append(" ".join(element.itertext()))
        elif tag not in _LEFT_OUT and tag != f"{OFFICE}annotation":
            self._blocks(element)

    def _end_list(self) -> None:
        """Write the list so far, and the notes to what stands before."""
        self.text.add(self._items.taken())
        waiting, self._waiting = self._waiting, []
        for note in waiting:
            self.text.add(as_words(note))

    def words(self, paragraph: Any) -> Words:
        """Return the words of a paragraph; what is hidden, and its notes, are noted."""
        found = words_of(paragraph, self._styles)
        if found.hidden.strip():
            self.hidden.append(found.hidden)
        boxes = []
        for box in found.boxes:
            if box.tag == f"{TEXT}note":
                self._waiting += filter(None, [self._note(box)])
            else:
                boxes.append(box)
        found.boxes = boxes
        return found

    def _paragraph(self, paragraph: Any) -> None:
        self._end_list()
        found = self.words(paragraph)
        style = paragraph.get(f"{TEXT}style-name")
        level = paragraph.get(f"{TEXT}outline-level", "1")
        if not found.text.strip():
            pass
        elif paragraph.tag == f"{TEXT}h":
            label = self._headings.label(int(level) if level.isdecimal() else 1)
            self._heading(int(level) if level.isdecimal() else 1, f"{label} {found.text}")
        elif self._styles.is_named(style, "Title"):
            self.title = self.title or clean_title(found.text)
            self._heading(0, found.text)
            self._below_title = 1
        else:
            self.text.add(as_words(found.text))
        self._end_list()
        for box in found.boxes:
            self._blocks(box)

    def _heading(self, level: int, words: str) -> None:
        self.text.heading(max(level + self._below_title, 1), words)

    def _note(self, note: Any) -> str:
        """Return a footnote or endnote with the number that it has in the document."""
        kind = note.get(f"{TEXT}note-class", "footnote")
        body = note.find(f"{TEXT}note-body")
        words = "" if body is None else " ".join(self.flat(body).split())
        if kind not in self._told or not words:
            return ""
        self._told[kind] += 1
        return f"{kind.capitalize()} {self._told[kind]}: {words}"

    def flat(self, element: Any) -> str:
        """Return the words of all paragraphs below an element, boxes after what holds them."""
        parts = []
        for child in element:
            if child.tag in _PARAGRAPHS:
                found = self.words(child)
                parts.append(found.text)
                parts += map(self.flat, found.boxes)
            elif child.tag not in _LEFT_OUT and child.tag != f"{OFFICE}annotation":
                parts.append(self.flat(child))
        return " ".join(filter(None, parts))

    def _list(self, element: Any, level: int = 1, inherited: str | None = None) -> None:
        name = element.get(f"{TEXT}style-name") or inherited
        counter = self._counter(element, name, level)
        for item in element:
            if item.tag in (f"{TEXT}list-item", f"{TEXT}list-header"):
                self._item(item, level, name, counter)

    def _counter(self, element: Any, name: str | None, level: int) -> Counter:
        """Return what counts a list: that of an earlier one where it goes on."""
        goes_on = element.get(f"{TEXT}continue-numbering") == "true"
        after = element.get(f"{TEXT}continue-list")
        known = self._counters.get(after or "") or (
            self._counters.get(f"style {name}") if goes_on or level > 1 else None
        )
        counter = known or Counter(self._styles.levels(name))
        self._counters[f"style {name}"] = counter
        if id := element.get("{http://www.w3.org/XML/1998/namespace}id"):
            self._counters[id] = counter
        return counter

    def _item(self, item: Any, level: int, name: str | None, counter: Counter) -> None:
        """Write an item: its first paragraph bears the mark, further ones stand below."""
        marked = item.tag == f"{TEXT}list-header"
        for child in item:
            if child.tag == f"{TEXT}list":
                self._list(child, level + 1, name)
            elif child.tag == f"{TEXT}h":
                self._paragraph(child)
                marked = True
            elif child.tag == f"{TEXT}p":
                found = self.words(child)
                if found.text.strip():
                    label = "" if marked else counter.label(level, item.get(f"{TEXT}start-value"))
                    mark = "" if marked else item_mark(label)
                    self._items.add(level - 1 + (0 if mark else 1), mark, found.text)
                    marked = True
                for box in found.boxes:
                    self._items.add(level, "", self.flat(box))

    def _table(self, table: Any) -> None:
        """Write a table; one that only frames what it holds is written as that."""
        cells = [list(_cells(row)) for row in rows_of(table)]
        if max(map(len, cells), default=0) < 2:
            for row in cells:
                for cell in row:
                    self._blocks(cell)
            self._end_list()
            return
        rows = spanned_rows([[(cell, self._cell(cell)) for cell in row] for row in cells])
        if any(any(row) for row in rows):
            self.text.add(table_text(rows))
        self._end_list()

    def _cell(self, cell: Any) -> str:
        return " ".join(self.flat(cell).split())


def rows_of(table: Any) -> Iterator[Any]:
    """Yield the rows of a table, also those in groups."""
    for child in table:
        if child.tag == f"{TABLE}table-row":
            yield child
        elif child.tag in _GROUPS:
            yield from rows_of(child)


def _cells(row: Any) -> Iterator[Any]:
    kinds = (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")
    for cell in row:
        if cell.tag in kinds:
            yield from [cell] * repeated(cell, "columns", _MOST_COLUMNS)


def repeated(element: Any, what: str, most: int) -> int:
    """Return how often a cell, a column or a row stands there, at most `most` times."""
    stated = element.get(f"{TABLE}number-{what}-repeated", "1")
    return min(int(stated), most) if stated.isascii() and stated.isdecimal() else 1


def spanned_rows(rows: list[list[tuple[Any, str]]]) -> list[list[str]]:
    """Return the words of rows; what goes down over several rows is said in each of them."""
    written: list[list[str]] = []
    left: dict[int, int] = {}
    for row in rows:
        words = []
        for column, (cell, said) in enumerate(row):
            if left.get(column, 0) and cell.tag == f"{TABLE}covered-table-cell":
                left[column] -= 1
                said = said or (written[-1][column] if column < len(written[-1]) else "")
            else:
                stated = cell.get(f"{TABLE}number-rows-spanned", "1")
                left[column] = int(stated) - 1 if stated.isdecimal() else 0
            words.append(said)
        written.append(words)
    return written
