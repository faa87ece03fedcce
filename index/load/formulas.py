"""Formulas in HTML pages, on one line, as they are shown: MathML, and pictures of TeX.

What a page writes beside a formula for programs (annotations, alternative texts of MathML) is not
looked at: a browser does not show it, and it may say something else.
"""

from __future__ import annotations

import re
from typing import Any

from index.text.layout import folded

_LONGEST = 500
"""Characters that a picture's text may have to be taken for a formula."""

_FORMULA_CLASS = re.compile(
    r"(?:^|[\s-])(?:math|tex|latex|formula\w*|equation)(?:$|[\s-])", re.IGNORECASE
)
_SIGN = re.compile(r"[\\^_{}$=+<>]")
_PROSE = re.compile(r"(?:[^\W\d_]{2,}\s+){3}[^\W\d_]{2}")
_WORDLIKE = re.compile(r"\w+")

_BETWEEN = {"msup": "^", "msub": "_", "mfrac": "/", "mover": "^", "munder": "_"}
"""What stands between the two parts of a formula that are not on one line."""
_BETWEEN_THREE = {"msubsup": "_^", "munderover": "_^"}
_UNSHOWN = frozenset({"annotation", "annotation-xml"})


def is_formula(element: Any) -> bool:
    """Say whether an element is a formula: MathML, or a picture that is said to be one."""
    if element.tag == "img":
        return bool(_FORMULA_CLASS.search(element.get("class") or ""))
    return bool(element.tag == "math")


def formula(element: Any) -> str:
    """Return a formula on one line; "" for a picture whose text is none, or prose."""
    if element.tag == "math":
        return folded(_line(element))
    text = folded((element.get("alt") or "")[: _LONGEST + 1])
    known = len(text) <= _LONGEST and _SIGN.search(text) and not _PROSE.search(text)
    return text if known else ""


def _line(element: Any) -> str:
    """Return an element of MathML with what it holds."""
    parts = [
        _line(child)
        for child in element
        if isinstance(child.tag, str) and child.tag not in _UNSHOWN
    ]
    if not parts:
        return folded(element.text or "")
    marks = _BETWEEN.get(element.tag) or _BETWEEN_THREE.get(element.tag)
    if marks and len(parts) == len(marks) + 1:
        others = (mark + _grouped(part) for mark, part in zip(marks, parts[1:], strict=True))
        return _grouped(parts[0]) + "".join(others)
    if element.tag in ("msqrt", "mroot"):
        return "√" + _grouped(" ".join(parts))
    return " ".join(parts)


def _grouped(part: str) -> str:
    """Return a part so that one sees where it ends."""
    return part if _WORDLIKE.fullmatch(part) or len(part) < 2 else f"({part})"
