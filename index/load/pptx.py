"""PowerPoint files: slide by slide, as a person sees them, with the notes below each slide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from index.errors import LoadError
from index.load.chart_tables import C, chart_blocks
from index.load.composed_text import ComposedText
from index.load.office_package import OfficePackage, Relation
from index.load.office_properties import core_properties
from index.load.slide_lists import ListLook, listed_paragraphs
from index.load.slide_warnings import slide_warnings
from index.load.text_formats import table_text
from index.load.titles import title_from_name
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_ALTERNATIVE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_DATA_MODEL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"

_FURNITURE = frozenset({"dt", "ftr", "hdr", "sldNum", "sldImg"})
"""Kinds of placeholders that stand on every slide."""
_TITLES = frozenset({"title", "ctrTitle"})
_SAME_ROW = 180_000
"""Units (914,400 an inch) by which the tops of shapes that stand side by side may differ."""

MIME = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


class _Shape(NamedTuple):
    """A shape and where it stands on its slide."""

    element: Any
    top: int
    left: int


class _Slide(NamedTuple):
    """A slide with what it inherits from, the nearest first."""

    part: str
    root: Any
    relations: dict[str, Relation]
    models: tuple[Any, ...]


def load_pptx(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read the slides of a presentation in order; `charset` has no meaning here."""
    package = OfficePackage(data, name, newer=".pptx")
    deck = _Deck(package)
    text, titles = ComposedText(), []
    for number, slide in enumerate(deck.slides(), start=1):
        if slide.root.get("show") in ("0", "false"):
            deck.hidden.append(number)
            continue
        titles.append(deck.compose(slide, number, text))
    if not deck.has_words:
        raise LoadError(name, "Its slides hold no text, only pictures if anything.")
    stated, modified = core_properties(package)
    return LoadedDocument(
        text=text.text,
        title=stated or next(filter(None, titles), None) or title_from_name(name),
        mime=MIME,
        places=tuple(text.places),
        modified=modified,
        warnings=deck.warnings() + invisible_warnings(text.text),
    )


class _Deck:
    """A presentation, and what was noticed on the way through its slides."""

    def __init__(self, package: OfficePackage) -> None:
        self._package = package
        self._models: dict[str, tuple[Any, dict[str, Relation]]] = {}
        self.hidden: list[int] = []
        self.bare: list[int] = []
        self.has_words = False

    def slides(self) -> Iterator[_Slide]:
        """Yield the slides in the order in which they are shown."""
        main = self._package.main_part()
        root, relations = self._package.tree(main), self._package.relations(main)
        for entry in () if root is None else root.iter(f"{P}sldId"):
            found = relations.get(entry.get(_ID, ""))
            if found is None or (slide := self._package.tree(found.target)) is None:
                continue
            own = self._package.relations(found.target)
            yield _Slide(found.target, slide, own, self._inherited(own))

    def _inherited(self, relations: dict[str, Relation]) -> tuple[Any, ...]:
        """Return the layout of a slide and the master of that."""
        models: list[Any] = []
        for kind in ("slideLayout", "slideMaster"):
            target = _target(relations, kind)
            if target is None:
                break
            if target not in self._models:
                root = self._package.tree(target)
                self._models[target] = (root, self._package.relations(target))
            root, relations = self._models[target]
            if root is not None:
                models.append(root)
        return tuple(models)

    def compose(self, slide: _Slide, number: int, text: ComposedText) -> str:
        """Write a slide and its notes; returns its title."""
        shapes = list(_in_reading_order(_shapes(slide.root.find(f"{P}cSld/{P}spTree"), slide)))
        title = next((words for s in shapes if _kind(s) in _TITLES and (words := _words(s))), "")
        text.place("slide", number, fragment="slide=")
        text.heading(1, title or f"Slide {number}")
        before = text.next_start
        for shape in shapes:
            if _kind(shape) not in _TITLES:
                for block in self._blocks(shape, slide):
                    text.add(block)
        if text.next_start == before and not title:
            self.bare.append(number)
        else:
            self.has_words = True
        self._notes(slide, text)
        return title

    def _blocks(self, shape: Any, slide: _Slide) -> Iterator[str]:
        """Yield what a shape says: a table, a diagram, or paragraphs and lists."""
        for table in shape.iterfind(f"{A}graphic/{A}graphicData/{A}tbl"):
            yield _table(table)
        for diagram in shape.iterfind(f"{A}graphic/{A}graphicData/{_DIAGRAM}relIds"):
            yield self._diagram(slide.relations.get(diagram.get(_DATA_MODEL, "")))
        for chart in shape.iterfind(f"{A}graphic/{A}graphicData/{C}chart"):
            found = slide.relations.get(chart.get(_ID, ""))
            root = None if found is None else self._package.tree(found.target)
            yield from () if root is None else chart_blocks(root)
        body = shape.find(f"{P}txBody")
        if body is not None:
            yield from listed_paragraphs(body, _look(shape, slide.models))

    def _diagram(self, found: Relation | None) -> str:
        """Return the words of a diagram as a list."""
        root = None if found is None else self._package.tree(found.target)
        if root is None:
            return ""
        points = (_paragraph_words(point) for point in root.iter(f"{_DIAGRAM}pt"))
        return "\n".join(f"- {words}" for words in points if words)

    def _notes(self, slide: _Slide, text: ComposedText) -> None:
        target = _target(slide.relations, "notesSlide")
        root = None if target is None else self._package.tree(target)
        if root is None:
            return
        bodies = [s for s in root.iter(f"{P}sp") if _kind(s) == "body"]
        blocks = [
            block
            for shape in bodies
            for body in shape.iterfind(f"{P}txBody")
            for block in listed_paragraphs(body, ListLook())
        ]
        if any(blocks):
            self.has_words = True
            text.heading(2, "Notes")
            for block in blocks:
                text.add(block)

    def warnings(self) -> tuple[str, ...]:
        """Say what is not in the text."""
        return slide_warnings(self.hidden, self.bare)


def _target(relations: dict[str, Relation], kind: str) -> str | None:
    found = (each.target for each in relations.values() if each.kind == kind and not each.external)
    return next(found, None)


def _shapes(tree: Any, slide: _Slide) -> Iterator[_Shape]:
    """Yield the shapes of a slide that are shown, with their places; of groups, what they hold."""
    for element in () if tree is None else tree:
        tag = element.tag
        if tag == _ALTERNATIVE:
            # Only one of the choices is shown; what knows text boxes knows the first.
            yield from _shapes(next(iter(element), None), slide)
            continue
        if tag not in (f"{P}sp", f"{P}graphicFrame", f"{P}grpSp") or _is_hidden(element):
            continue
        if _kind(element) in _FURNITURE:
            continue
        top, left = _position(element, slide)
        if tag == f"{P}grpSp":
            inner = _in_reading_order(_shapes(element, slide))
            yield from (_Shape(each, top, left) for each in inner)
        else:
            yield _Shape(element, top, left)


def _in_reading_order(shapes: Iterator[_Shape]) -> Iterator[Any]:
    """Yield shapes from top to bottom, those that stand side by side from left to right."""
    row: list[_Shape] = []
    for shape in sorted(shapes, key=lambda each: each.top):
        if row and shape.top - row[0].top > _SAME_ROW:
            yield from (each.element for each in sorted(row, key=lambda each: each.left))
            row = []
        row.append(shape)
    yield from (each.element for each in sorted(row, key=lambda each: each.left))


def _is_hidden(element: Any) -> bool:
    return any(each.get("hidden") in ("1", "true") for named in element[:1] for each in named[:1])


def _placeholder(element: Any) -> Any | None:
    """Return what says that a shape is a placeholder."""
    return next(element.iterfind(f"*/{P}nvPr/{P}ph"), None)


def _kind(element: Any) -> str:
    found = _placeholder(element)
    return "" if found is None else found.get("type", "obj")


def _position(element: Any, slide: _Slide) -> tuple[int, int]:
    """Return top and left of a shape; a placeholder stands where its layout says."""
    for each in (element, *_same_placeholders(element, slide.models)):
        offset = next(each.iterfind(f"{P}spPr/{A}xfrm/{A}off"), None)
        if offset is None:
            offset = next(each.iterfind(f"{P}xfrm/{A}off"), None)
        if offset is None:
            offset = next(each.iterfind(f"{P}grpSpPr/{A}xfrm/{A}off"), None)
        if offset is not None:
            return _number(offset.get("y")), _number(offset.get("x"))
    return 0, 0


def _number(text: str | None) -> int:
    return int(text) if text and text.lstrip("-").isdecimal() else 0


def _same_placeholders(element: Any, models: tuple[Any, ...]) -> Iterator[Any]:
    """Yield the placeholders of the layout and the master that a shape fills."""
    own = _placeholder(element)
    if own is None:
        return
    kind = own.get("type", "obj")
    for model in models:
        for shape in model.iterfind(f"{P}cSld/{P}spTree/{P}sp"):
            other = _placeholder(shape)
            if other is not None and _fits(own, other, kind):
                yield shape
                kind = other.get("type", kind)
                break


def _fits(own: Any, other: Any, kind: str) -> bool:
    if own.get("idx", "0") != "0" and own.get("idx") == other.get("idx"):
        return True
    theirs = other.get("type", "obj")
    return theirs == kind or {theirs, kind} <= _TITLES or {theirs, kind} <= {"obj", "body"}


def _look(shape: Any, models: tuple[Any, ...]) -> ListLook:
    """Return where the marks of a shape's paragraphs are said: in it, its layout, its master."""
    named = [
        style
        for each in (shape, *_same_placeholders(shape, models))
        for style in each.iterfind(f"{P}txBody/{A}lstStyle")
    ]
    if _placeholder(shape) is not None and models:
        named += models[-1].iterfind(f"{P}txStyles/{P}bodyStyle")
    return ListLook(tuple(named))


def _words(shape: Any) -> str:
    """Return the words of a title on one line."""
    return " ".join(_paragraph_words(each) for each in shape.iter(f"{A}p")).strip()


def _paragraph_words(element: Any) -> str:
    return " ".join("".join(element.itertext(f"{A}t", f"{A}br")).split())


def _table(table: Any) -> str:
    """Return a table; a cell that goes down over several rows is said in each of them."""
    rows: list[list[str]] = []
    for row in table.iterfind(f"{A}tr"):
        cells = []
        for column, cell in enumerate(row.iterfind(f"{A}tc")):
            words = " ".join(filter(None, (_paragraph_words(each) for each in cell.iter(f"{A}p"))))
            above = rows[-1][column] if rows and column < len(rows[-1]) else ""
            cells.append(above if cell.get("vMerge") in ("1", "true") else words)
        rows.append(cells)
    return table_text(rows) if any(any(row) for row in rows) else ""
