"""The words of a paragraph of an OpenDocument file, as a person sees them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from index.load.docx_words import Words
from index.load.odf_styles import DRAW, OFFICE, TEXT, OdfStyles

_SPACE = re.compile(r"[ \t\r\n]+")
_MOST_BLANKS = 100
_SIGNS = {f"{TEXT}tab": "\t", f"{TEXT}line-break": "\n"}
_SILENT = frozenset({
    f"{OFFICE}annotation", f"{OFFICE}annotation-end", f"{TEXT}tracked-changes",
    f"{TEXT}note-citation", f"{TEXT}ruby-text", f"{OFFICE}event-listeners",
    f"{OFFICE}binary-data", f"{DRAW}glue-point", "{http://www.w3.org/1998/Math/MathML}annotation",
})  # fmt: skip
_HIDING = frozenset({f"{TEXT}hidden-text", f"{TEXT}hidden-paragraph"})


def words_of(paragraph: Any, styles: OdfStyles) -> Words:
    """Return the words of a paragraph; its notes are given as elements, and its boxes, too."""
    found, shown, unseen = Words(), [], []
    hidden = styles.hides(paragraph.get(f"{TEXT}style-name"))
    for piece, is_hidden in _pieces(paragraph, styles, hidden):
        if not isinstance(piece, str):
            if not is_hidden:
                found.boxes.append(piece)
        elif is_hidden:
            unseen.append(piece)
        else:
            shown.append(piece)
    found.text, found.hidden = "".join(shown), "".join(unseen)
    return found


def _pieces(element: Any, styles: OdfStyles, hidden: bool) -> Iterator[tuple[Any, bool]]:
    """Yield texts, notes and boxes below an element, each with whether it is hidden."""
    yield _SPACE.sub(" ", element.text or ""), hidden
    for child in element:
        tag = child.tag
        if tag in _SIGNS:
            yield _SIGNS[tag], hidden
        elif tag == f"{TEXT}s":
            count = child.get(f"{TEXT}c", "1")
            yield " " * (min(int(count), _MOST_BLANKS) if count.isdecimal() else 1), hidden
        elif tag in (f"{TEXT}note", f"{DRAW}text-box", f"{DRAW}custom-shape"):
            yield child, hidden
        elif tag in _HIDING:
            stated = child.get(f"{TEXT}string-value", "")
            shown = child.get(f"{TEXT}is-hidden") == "false"
            yield "".join(child.itertext()) if shown else stated, hidden or not shown
        elif tag not in _SILENT and isinstance(tag, str):
            own = hidden or (tag == f"{TEXT}span" and styles.hides(child.get(f"{TEXT}style-name")))
            yield from _pieces(child, styles, own)
        yield _SPACE.sub(" ", child.tail or ""), hidden
