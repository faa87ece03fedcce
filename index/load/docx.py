"""Word files: headings, numbered as they are printed, paragraphs, lists, tables, boxes and notes.

Insertions that nobody has accepted yet are read, deletions are not: so the document reads when all
of them are. Headers, footers, comments and tables of contents are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from index.errors import LoadError
from index.load.composed_text import ComposedText, as_words
from index.load.docx_numbers import Numbers
from index.load.docx_styles import Style, Styles, W, is_on, numbering, outline_level
from index.load.docx_words import Words, words_of
from index.load.hidden_text import hidden_warning
from index.load.list_lines import ListLines, item_mark
from index.load.office_package import OfficePackage, Relation
from index.load.office_properties import core_properties
from index.load.text_formats import table_text
from index.load.titles import clean_title, title_from_heading, title_from_name
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings

MIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_WRAPPERS = frozenset(
    f"{W}{name}" for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag")
)
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_MOST_COLUMNS = 200
"""Columns that a cell may go over: Word itself has 63."""


def load_docx(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read the text of a Word document in order; `charset` has no meaning here."""
    package = OfficePackage(data, name, newer=".docx")
    main = package.main_part()
    root, parts = package.tree(main), package.relations(main)
    body = None if root is None else root.find(f"{W}body")
    document = _Document(package, parts)
    if body is not None:
        document.write(body)
    text = document.text.text
    if not text:
        raise LoadError(name, "It holds no text, only pictures if anything.")
    stated, modified = core_properties(package)
    return LoadedDocument(
        text=text,
        title=stated or document.title or title_from_heading(text) or title_from_name(name),
        mime=MIME,
        modified=modified,
        warnings=hidden_warning(document.hidden) + document.warnings + invisible_warnings(text),
    )


class _Document:
    """A document on its way to text."""

    def __init__(self, package: OfficePackage, parts: dict[str, Relation]) -> None:
        def part(kind: str) -> Any | None:
            found = (each for each in parts.values() if each.kind == kind and not each.external)
            first = next(found, None)
            return None if first is None else package.tree(first.target)

        self._styles = Styles(part("styles"))
        self._numbers = Numbers(part("numbering"), self._styles)
        self._notes = {
            (kind, note.get(f"{W}id", "")): note
            for kind in ("footnote", "endnote")
            if (root := part(f"{kind}s")) is not None
            for note in root.iterfind(f"{W}{kind}")
        }
        self._told = {"footnote": 0, "endnote": 0}
        self._waiting: list[str] = []
        """Notes that stand below the block which is being read."""
        self._items = ListLines()
        self._carried = ""
        """Words whose paragraph goes on in the next, because its end was deleted."""
        self._below_title = 0
        self.text = ComposedText()
        self.title = ""
        self.hidden: list[str] = []
        self.warnings: tuple[str, ...] = ()

    def write(self, body: Any) -> None:
        """Write all blocks of the document."""
        from lxml import etree  # type: ignore[import-untyped]

        # What older programs show instead of a text box says the same once more.
        etree.strip_elements(body, _FALLBACK, with_tail=False)
        self._blocks(body)
        self._end_list()
        self.text.add(as_words(self._carried))

    def _blocks(self, element: Any) -> None:
        for child in element:
            if child.tag == f"{W}p":
                self._paragraph(child)
            elif child.tag == f"{W}tbl":
                self._end_list()
                self._table(child)
            elif child.tag == f"{W}altChunk":
                self.warnings = ("It embeds another document, which is not read.",)
            elif child.tag in _WRAPPERS:
                self._blocks(child)

    def _end_list(self) -> None:
        """Write the list so far, and the notes to what stands before."""
        self.text.add(self._items.taken())
        waiting, self._waiting = self._waiting, []
        for note in waiting:
            self.text.add(as_words(note))

    def _paragraph(self, paragraph: Any) -> None:
        properties = paragraph.find(f"{W}pPr")
        style = self._style(properties)
        found = self._words(paragraph, style)
        found.text, self._carried = self._carried + found.text, ""
        if style.is_contents:
            return
        if _goes_on(properties):
            self._carried = found.text
        elif found.text.strip():
            self._place(found, properties, style)
        self._waiting += [note for each in found.notes if (note := self._note(*each))]
        for box in found.boxes:
            self._end_list()
            self._blocks(box)

    def _style(self, properties: Any | None) -> Style:
        stated = None if properties is None else properties.find(f"{W}pStyle")
        id = self._styles.default if stated is None else stated.get(f"{W}val")
        return self._styles.named(id)

    def _words(self, paragraph: Any, style: Style) -> Words:
        """Return the words of a paragraph; what is hidden, and its notes, are noted."""
        found = words_of(paragraph, self._styles, hidden=style.is_hidden)
        if found.hidden.strip():
            self.hidden.append(found.hidden)
        return found

    def _place(self, found: Words, properties: Any | None, style: Style) -> None:
        """Write a paragraph as what it is: a heading, an item of a list, or prose."""
        level = outline_level(properties) or style.heading
        label, deep = self._label(properties, style)
        if level is not None and len(found.text) <= _LONGEST_HEADING:
            self._end_list()
            self._heading(level, found.text, label)
        elif label is not None:
            self._items.add(deep, item_mark(label), found.text)
        else:
            self._end_list()
            self.text.add(as_words(found.text))

    def _heading(self, level: int, words: str, label: str | None) -> None:
        if level == 0:
            self.title = self.title or clean_title(words)
            self._below_title = 1
        else:
            level += self._below_title
        self.text.heading(max(level, 1), f"{label or ''} {words}")

    def _label(self, properties: Any | None, style: Style) -> tuple[str | None, int]:
        """Return the number printed before a paragraph, None for none, and its level."""
        id, level = numbering(properties)
        of_style = style.number or (None, 0)
        if id is None:
            id = of_style[0]
        deep = of_style[1] if level is None else level
        if id is None or id == "0":
            return None, 0
        return self._numbers.label(id, deep), max(deep, style.depth)

    def _note(self, kind: str, id: str) -> str:
        """Return a footnote or endnote with the number that it has in the document."""
        note = self._notes.pop((kind, id), None)  # it is told once, and may refer to itself
        if note is None or note.get(f"{W}type") in ("separator", "continuationSeparator"):
            return ""
        self._told[kind] += 1
        words = " ".join(self._flat(note).split())
        return f"{kind.capitalize()} {self._told[kind]}: {words}" if words else ""

    def _flat(self, element: Any) -> str:
        """Return the words of all paragraphs below an element, also of tables and boxes in it."""
        parts = []
        for paragraph in element.iter(f"{W}p"):
            properties = paragraph.find(f"{W}pPr")
            style = self._style(properties)
            found = self._words(paragraph, style)
            label = self._label(properties, style)[0] if found.text.strip() else None
            parts.append(f"{label} {found.text}" if label else found.text)
            self._waiting += [note for each in found.notes if (note := self._note(*each))]
        return " ".join(parts)

    def _table(self, table: Any) -> None:
        """Write a table; one that only frames what it holds is written as that."""
        rows = [row for row in _inside(table, f"{W}tr") if not _is_left_out(row)]
        cells = [list(_inside(row, f"{W}tc")) for row in rows]
        if max(map(len, cells), default=0) < 2:
            for row in cells:
                for cell in row:
                    self._blocks(cell)
            self._end_list()
            return
        written: list[list[str]] = []
        for row, own in zip(rows, cells, strict=True):
            above = written[-1] if written else []
            written.append(self._row(row, own, above))
        if any(any(row) for row in written):
            self.text.add(table_text(written))
        self._end_list()

    def _row(self, row: Any, cells: list[Any], above: list[str]) -> list[str]:
        """Return the cells of a row; what goes down over several rows is said in each."""
        words = [""] * _count(row.find(f"{W}trPr/{W}gridBefore"), 0)
        for cell in cells:
            merge = cell.find(f"{W}tcPr/{W}vMerge")
            goes_on = merge is not None and merge.get(f"{W}val", "continue") != "restart"
            if goes_on and len(words) < len(above):
                words.append(above[len(words)])
            else:
                words.append(" ".join(self._flat(cell).split()))
            words += [""] * (_count(cell.find(f"{W}tcPr/{W}gridSpan"), 1) - 1)
        return words


_LONGEST_HEADING = 400
"""Characters beyond which a paragraph is prose, whatever its style says."""


def _goes_on(properties: Any | None) -> bool:
    """Say whether a paragraph goes on in the next: its end was deleted, or it is an initial."""
    if properties is None:
        return False
    frame = properties.find(f"{W}framePr")
    initial = frame is not None and frame.get(f"{W}dropCap", "none") != "none"
    return initial or properties.find(f"{W}rPr/{W}del") is not None


def _inside(element: Any, tag: str) -> Iterator[Any]:
    """Yield rows of a table or cells of a row, also those that something is wrapped around."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag in _WRAPPERS:
            yield from _inside(child, tag)


def _is_left_out(row: Any) -> bool:
    """Say whether a row was deleted or is hidden."""
    properties = row.find(f"{W}trPr")
    if properties is None:
        return False
    hides = properties.find(f"{W}hidden")
    hidden = hides is not None and is_on(hides.get(f"{W}val", "1"))
    return hidden or properties.find(f"{W}del") is not None


def _count(element: Any | None, otherwise: int) -> int:
    stated = "" if element is None else element.get(f"{W}val", "")
    count = int(stated) if stated.isascii() and stated.isdecimal() else otherwise
    return min(count, _MOST_COLUMNS)
