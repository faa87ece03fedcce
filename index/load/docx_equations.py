"""Equations of Word on one line, as people type them: (a+b)/c, x^2, √(y)."""

from __future__ import annotations

from typing import Any

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"


def linear_equation(element: Any) -> str:
    """Return the words and signs of an equation in order, its parts in brackets where needed."""
    tag = element.tag
    if tag == f"{M}t":
        return element.text or ""
    if tag == f"{M}f":
        return f"{_grouped(element, 'num')}/{_grouped(element, 'den')}"
    if tag in _RAISED:
        base = _grouped(element, "e")
        return base + "".join(f"{sign}{_grouped(element, part)}" for sign, part in _RAISED[tag])
    if tag == f"{M}rad":
        return f"{_part(element, 'deg')}√({_part(element, 'e')})"
    if tag == f"{M}d":
        inside = ", ".join(map(linear_equation, element.iterfind(f"{M}e")))
        return f"{_sign(element, 'begChr', '(')}{inside}{_sign(element, 'endChr', ')')}"
    if tag == f"{M}nary":
        low, high = _part(element, "sub"), _part(element, "sup")
        limits = (f"_{low}" if low else "") + (f"^{high}" if high else "")
        return f"{_sign(element, 'chr', '∫')}{limits} {_part(element, 'e')}"
    if tag == f"{M}mr":
        return "  ".join(map(linear_equation, element))
    parts = map(linear_equation, (child for child in element if isinstance(child.tag, str)))
    return ("; " if tag == f"{M}m" else "").join(filter(None, parts))


_RAISED = {
    f"{M}sSup": (("^", "sup"),), f"{M}sSub": (("_", "sub"),),
    f"{M}sSubSup": (("_", "sub"), ("^", "sup")),
}  # fmt: skip


def _part(element: Any, name: str) -> str:
    found = element.find(f"{M}{name}")
    return "" if found is None else linear_equation(found)


def _grouped(element: Any, name: str) -> str:
    """Return a part, in brackets where it is more than a word, a number or already in brackets."""
    words = _part(element, name)
    bracketed = words.startswith("(") and words.endswith(")") and words.count("(") == 1
    return words if words.isalnum() or bracketed else f"({words})"


def _sign(element: Any, name: str, otherwise: str) -> str:
    found = element.find(f"{element.tag}Pr/{M}{name}")
    stated: str | None = None if found is None else found.get(f"{M}val")
    return otherwise if stated is None else stated
