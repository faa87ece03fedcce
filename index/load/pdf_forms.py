"""What people wrote into a PDF: values of its form fields, and their comments.

PDFium's text of a page has neither. A value is put where its field stands: behind the words on the
left of it, or on a line of its own with the name that the form gives the field. Comments stand at
the end of their page, with their author where one is named.
"""

from __future__ import annotations

import ctypes
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from math import inf
from typing import Any, TypeAlias

from index.load.pdf_boxes import Box
from index.load.pdf_lines import Line, Word
from index.text.layout import folded

_MAX_ANNOTATIONS = 5_000
"""Fields and comments of a page that are read."""

_MAX_CHARACTERS = 20_000
"""Characters of a value or a comment that are read."""

_MAX_BESIDE = 50
"""Lines at the height of a field that are looked at."""

_UNSEEN = 2 | 32
"""Flags of what is hidden, or not shown on the screen."""

_PASSWORD = 1 << 13
"""Flag of a text field that shows dots."""

_CHECKED, _UNCHECKED = "☒", "☐"

_COMMENTS = frozenset({1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
"""PDFium's numbers of notes, lines, shapes, marked text, stamps and the like."""

_FREE_TEXT = 3
_WIDGET = 20

_CHECK_BOX, _RADIO_BUTTON, _COMBO_BOX, _LIST_BOX, _TEXT_FIELD = 2, 3, 4, 5, 6

_NEAR = 60.0
"""Points between words and what was typed behind them, where there is no field for it."""

_LABEL_END = (":", "?", ".", ")", "=", "：", "？")

WordsOf: TypeAlias = Callable[[int], Sequence[Word]]


@dataclass(frozen=True)
class FormField:
    """A field with its value, or a text that was put on the page."""

    box: Box
    value: str
    label: str = ""
    """What the form calls it."""
    is_mark: bool = False
    """Whether it is a box to tick, which stands before its words."""


@dataclass(frozen=True)
class Annotations:
    """What people wrote on one page."""

    fields: tuple[FormField, ...] = ()
    comments: tuple[str, ...] = ()


def annotations_of(page: Any, moved: Callable[[Box], Box]) -> Annotations:
    """Return the fields and comments of a PDFium page; `moved` turns their places upright."""
    from pypdfium2 import raw

    count = min(raw.FPDFPage_GetAnnotCount(page.raw), _MAX_ANNOTATIONS)
    if count <= 0:
        return Annotations()
    reader = _Reader(page.formenv.raw if page.formenv else None)
    fields, comments = [], []
    for number in range(count):
        annotation = raw.FPDFPage_GetAnnot(page.raw, number)
        if not annotation:
            continue
        try:
            found = reader.read(annotation)
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
        if isinstance(found, str):
            comments.append(found)
        elif found is not None:
            fields.append(replace(found, box=moved(found.box)))
    return Annotations(tuple(fields), tuple(comments))


class _Reader:
    """Reads one annotation at a time."""

    def __init__(self, form: Any) -> None:
        from pypdfium2 import raw

        self._raw = raw
        self._form = form

    def read(self, annotation: Any) -> FormField | str | None:
        """Return a field, a comment, or None for what says nothing."""
        kind = self._raw.FPDFAnnot_GetSubtype(annotation)
        if self._raw.FPDFAnnot_GetFlags(annotation) & _UNSEEN:
            return None
        if kind == _WIDGET:
            return self._field(annotation) if self._form else None
        if kind == _FREE_TEXT:
            text = self._string(annotation, b"Contents")
            return FormField(self._box(annotation), text) if text else None
        return self._comment(annotation) if kind in _COMMENTS else None

    def _comment(self, annotation: Any) -> str | None:
        text, author = (self._string(annotation, key) for key in (b"Contents", b"T"))
        if not text:
            return None
        return f"Comment by {author}: {text}" if author else f"Comment: {text}"

    def _field(self, annotation: Any) -> FormField | None:
        raw, form = self._raw, self._form
        kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
        box = self._box(annotation)
        if kind in (_CHECK_BOX, _RADIO_BUTTON):
            checked = raw.FPDFAnnot_IsChecked(form, annotation)
            return FormField(box, _CHECKED if checked else _UNCHECKED, is_mark=True)
        if kind not in (_COMBO_BOX, _LIST_BOX, _TEXT_FIELD):
            return None
        if kind == _TEXT_FIELD and raw.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD:
            return None
        value = self._of_form(raw.FPDFAnnot_GetFormFieldValue, annotation)
        label = self._of_form(raw.FPDFAnnot_GetFormFieldAlternateName, annotation)
        label = label or self._of_form(raw.FPDFAnnot_GetFormFieldName, annotation)
        return FormField(box, value, label) if value else None

    def _box(self, annotation: Any) -> Box:
        found = self._raw.FS_RECTF()
        self._raw.FPDFAnnot_GetRect(annotation, ctypes.byref(found))
        low, high = sorted((found.bottom, found.top))
        return Box(found.left, low, found.right, high)

    def _string(self, annotation: Any, key: bytes) -> str:
        return _read(lambda *at: self._raw.FPDFAnnot_GetStringValue(annotation, key, *at))

    def _of_form(self, get: Any, annotation: Any) -> str:
        return _read(lambda *at: get(self._form, annotation, *at))


def _read(get: Callable[..., int]) -> str:
    """Return a text of PDFium on one line; it is asked for the length first."""
    from pypdfium2 import raw

    length = min(get(None, 0), 2 * _MAX_CHARACTERS)
    if length <= 2:
        return ""
    held = ctypes.create_string_buffer(length)
    get(ctypes.cast(held, ctypes.POINTER(raw.FPDF_WCHAR)), length)
    return folded(held.raw[: length - 2].decode("utf-16-le", "replace").replace("\0", ""))


def with_fields(
    lines: Sequence[Line], words_of: WordsOf, fields: Sequence[FormField]
) -> tuple[dict[int, tuple[Word, ...]], list[tuple[int, Line]]]:
    """Put fields beside the words of their lines.

    Returns the words of the lines that change, fields among them, and lines to insert, each with
    the number of the line that it stands before.
    """
    changed: dict[int, tuple[Word, ...]] = {}
    inserted: list[tuple[int, Line]] = []
    places = _Places(lines)
    for field in fields:
        number = places.beside(field)
        words = changed.get(number, words_of(number)) if number is not None else ()
        if number is not None and words:
            changed[number] = tuple(sorted((*words, _word(field, number)), key=_left))
        elif not field.is_mark:
            inserted.append((places.below(field), _own_line(field)))
    return changed, inserted


def _left(word: Word) -> float:
    return word.left


class _Places:
    """The lines of a page by their height, so that many fields find theirs fast."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        placed = ((n, line) for n, line in enumerate(lines) if line.left is not None)
        self._heights = sorted(((line.bottom + line.top) / 2, n) for n, line in placed)
        tops = (inf if line.left is None else line.top for line in lines)
        # The lowest top of the lines so far, negative, so that it rises.
        self._lowest = [-each for each in accumulate(tops, min)]

    def beside(self, field: FormField) -> int | None:
        """Return the line that a field stands on: the nearest one with words at its side."""
        box, found = field.box, []
        first = bisect_left(self._heights, (box.bottom - 2, -1))
        for middle, number in islice(self._heights, first, first + _MAX_BESIDE):
            if middle > box.top + 2:
                break
            line = self._lines[number]
            left = line.left or 0.0
            at_its_side = line.right > box.left if field.is_mark else left < box.left
            apart = max(0.0, left - box.right, box.left - line.right)
            if at_its_side and (field.label or field.is_mark or apart < _NEAR):
                found.append((apart, abs(middle - box.top), number))
        return min(found)[2] if found else None

    def below(self, field: FormField) -> int:
        """Return the first line that stands below a field."""
        return bisect_right(self._lowest, -field.box.top)


def _word(field: FormField, line: int) -> Word:
    """Return a field as a word, as wide as its value may be printed."""
    box = field.box
    high = min(box.top - box.bottom, 12.0)
    right = min(box.right, box.left + 0.5 * high * len(field.value))
    return Word(field.value, box.left, box.top - high, right, box.top, line, True)


def _own_line(field: FormField) -> Line:
    label = field.label.rstrip(": ")
    return Line(f"{label}: {field.value}" if label else field.value, whole=True)


def text_with_fields(words: Sequence[Word]) -> str:
    """Return a line with its fields; a colon parts a value from a label without one."""
    text, behind_field = "", True
    for word in words:
        mark = word.text in (_CHECKED, _UNCHECKED)
        colon = word.is_field and not mark and not behind_field and not text.endswith(_LABEL_END)
        text += (":" if colon else "") + (" " if text else "") + word.text
        behind_field = word.is_field
    return text


def comment_lines(comments: Sequence[str]) -> Iterator[Line]:
    """Yield comments as lines for the end of a page."""
    for comment in comments:
        yield Line(comment, whole=True)
