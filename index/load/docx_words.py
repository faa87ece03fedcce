"""The words of a paragraph of a Word document, as a person sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from index.load.docx_equations import M, linear_equation
from index.load.docx_styles import Styles, W, is_on

_ALTERNATIVE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"

_SIGNS = {
    f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-",
    f"{W}ptab": "\t",
}  # fmt: skip
_NOTES = {f"{W}footnoteReference": "footnote", f"{W}endnoteReference": "endnote"}
_PICTURES = frozenset({f"{W}drawing", f"{W}pict", f"{W}object"})
_SILENT = frozenset({
    f"{W}{name}"
    for name in (
        "del", "moveFrom", "pPr", "rPr", "instrText", "delText", "delInstrText", "rt", "rubyPr",
        "sdtPr", "sdtEndPr", "fldData", "tbl",
    )
})  # fmt: skip
"""What was deleted, what says how text looks, and what fields are computed from."""

_PRIVATE = range(0xE000, 0xF900)
"""Signs of fonts that have pictures for letters: nobody else can read them."""


@dataclass
class Words:
    """What a paragraph holds."""

    text: str = ""
    boxes: list[Any] = field(default_factory=list)
    """Contents of its text boxes."""
    notes: list[tuple[str, str]] = field(default_factory=list)
    """Kind and id of its footnotes and endnotes."""
    hidden: str = ""
    """What is not shown of it."""


def words_of(paragraph: Any, styles: Styles, *, hidden: bool = False) -> Words:
    """Return the words of a paragraph; `hidden` holds for runs that do not say otherwise."""
    found, shown, unseen = Words(), [], []
    for piece, is_hidden in _pieces(paragraph, styles, hidden):
        if not isinstance(piece, str):
            if not is_hidden:
                _take(piece, found)
        elif is_hidden:
            unseen.append(piece)
        else:
            shown.append(piece)
    found.text, found.hidden = "".join(shown), "".join(unseen)
    return found


def _take(element: Any, found: Words) -> None:
    if kind := _NOTES.get(element.tag):
        found.notes.append((kind, element.get(f"{W}id", "")))
    else:
        found.boxes.append(element)


def _pieces(element: Any, styles: Styles, hidden: bool) -> Iterator[tuple[Any, bool]]:
    """Yield texts, notes and boxes below an element, each with whether it is hidden."""
    for child in element:
        tag = child.tag
        if tag in _READ:
            yield _READ[tag](child), hidden
        elif tag in _SIGNS:
            yield _SIGNS[tag], hidden
        elif tag in _NOTES:
            yield child, hidden
        elif tag in _PICTURES:
            yield from ((box, hidden) for box in _boxes(child))
        elif tag == _ALTERNATIVE:
            # Only one of the choices is shown, and all say the same.
            yield from _pieces(child[:1], styles, hidden)
        elif tag == f"{W}r":
            yield from _pieces(child, styles, _hides(child, styles, hidden))
        elif tag not in _SILENT:
            yield from _pieces(child, styles, hidden)


def _hides(run: Any, styles: Styles, otherwise: bool) -> bool:
    """Say whether a run is hidden, by itself or by its style."""
    properties = run.find(f"{W}rPr")
    if properties is None:
        return otherwise
    own = properties.find(f"{W}vanish")
    if own is not None:
        return is_on(own.get(f"{W}val", "1"))
    style = properties.find(f"{W}rStyle")
    return otherwise or (style is not None and styles.named(style.get(f"{W}val")).is_hidden)


def _boxes(picture: Any) -> Iterator[Any]:
    """Yield the outermost contents of text boxes in a picture."""
    for child in picture:
        if child.tag == f"{W}txbxContent":
            yield child
        elif child.tag == _ALTERNATIVE:
            yield from _boxes(child[:1])
        else:
            yield from _boxes(child)


def _symbol(element: Any) -> str:
    try:
        code = int(element.get(f"{W}char", ""), 16)
    except ValueError:
        return ""
    return "" if code in _PRIVATE or not 0x20 <= code < 0x110000 else chr(code)


_READ: dict[str, Callable[[Any], str]] = {
    f"{W}t": lambda element: element.text or "",
    f"{W}sym": _symbol,
    f"{M}oMath": linear_equation,
}
"""What holds words, and how they are read."""
