"""HTML text as a tree of elements: all of it, or what could not be read is named."""

from __future__ import annotations

import re
from collections.abc import Sized
from typing import Any, NamedTuple

from index.errors import LoadError

_XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")

_ROOM_FOR_ATTRIBUTES, _MOST_ATTRIBUTES = 50_000, 1_000
"""Characters from which a page can hold so many attributes that they take long, and what an element
may have: those of real pages have some dozens."""

_DEEPEST = 200
"""Elements inside each other whose structure is kept; real pages nest some dozens. What reads the
tree calls itself some times a level, and Python allows a thousand calls inside each other."""

_CUT = (
    "It nests its elements deeper than 2,000; what stands below that, and all behind it, could not "
    "be read."
)
_FLAT = "quoth-flat"
"""No element of HTML is called so."""
# fmt: off
_RUNNING = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "tt", "u", "var", "wbr",
})
# fmt: on
"""Elements that do not part words."""

_KEPT = frozenset({"script", "style", "template", "noscript", "pre", "img", "math", "svg"})
"""Elements that stay: what they hold is no text, or not to be read as words."""


class ParsedPage(NamedTuple):
    """A page as a tree."""

    root: Any
    warnings: tuple[str, ...]
    """What of it could not be read."""
    deep: bool
    """Whether it is to be flattened once nothing hidden is left in it."""


def parsed_page(text: str, name: str) -> ParsedPage:
    """Parse a page; raises LoadError for one without text, and for one that would take too long."""
    from lxml import etree, html  # type: ignore[import-untyped]

    bare = _XML_DECLARATION.sub("", text)
    try:
        _check_attributes(bare, name)
        # By itself, libxml2 leaves off at texts of 10 MB and at 255 elements inside each other.
        page, whole = _parsed(bare, html.HTMLParser())
        if whole:
            return ParsedPage(page, (), deep=False)
        page, whole = _parsed(bare, html.HTMLParser(huge_tree=True))
    except (etree.ParserError, ValueError) as error:
        raise LoadError(name, "The page holds no text.") from error
    return ParsedPage(page, () if whole else (_CUT,), deep=True)


def _parsed(text: str, parser: Any) -> tuple[Any, bool]:
    """Return the root of a page, and whether the parser came to its end."""
    from lxml import etree, html

    try:
        page = html.document_fromstring(text, parser=parser)
    except etree.ParserError:
        if parser.error_log.filter_from_fatals():
            return None, False
        raise
    return page, not parser.error_log.filter_from_fatals()


class _MostAttributes:
    """Counts the attributes of the element that has most, as a target of lxml's parser."""

    def __init__(self) -> None:
        self.count = 0

    def start(self, _: str, attributes: Sized) -> None:
        self.count = max(self.count, len(attributes))

    def close(self) -> int:
        return self.count


def _check_attributes(text: str, name: str) -> None:
    """Refuse a page that nobody wrote: a tree takes time by the square of one element's attributes.

    10,000 take .1 s, 40,000 take 1.9. Reading along without a tree takes a hundredth of that.
    """
    from lxml import etree

    if len(text) < _ROOM_FOR_ATTRIBUTES:
        return
    count = etree.fromstring(text, etree.HTMLParser(target=_MostAttributes(), huge_tree=True))
    if count > _MOST_ATTRIBUTES:
        raise LoadError(name, f"An element of the page has {count:,} attributes. It is too slow.")


def flatten(page: Any) -> None:
    """Take the deepest elements away, and leave what they hold where it stands."""
    from lxml import etree

    depth = 0
    deep: list[Any] = []
    for event, element in etree.iterwalk(page, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if event == "start" and depth > _DEEPEST and element.tag not in _KEPT:
            deep.append(element)
    for element in deep:
        apart = "" if element.tag in _RUNNING else " "
        element.text = apart + (element.text or "")
        element.tail = apart + (element.tail or "")
        element.tag = _FLAT
    etree.strip_tags(page, _FLAT)
