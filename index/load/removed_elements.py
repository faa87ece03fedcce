"""Elements taken out of a page, however many they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_GONE = "quoth-gone"
"""No element of HTML is called so."""


def remove_elements(page: Any, elements: Iterable[Any]) -> None:
    """Take `elements` with what they hold out of `page`; the text behind each of them stays.

    One by one, lxml would copy all the text that is gathered before each.
    """
    from lxml import etree  # type: ignore[import-untyped]

    for element in elements:
        element.tag = _GONE
    etree.strip_elements(page, _GONE, with_tail=False)
