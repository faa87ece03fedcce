"""The main content of an HTML page: what it marks as such, without what is for finding one's way.

Nothing is rewritten: elements are left out whole, or stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from index.load.extracted_element import extracted_element
from index.load.removed_elements import remove_elements
from index.load.way_elements import (
    headings_length,
    is_contents,
    is_way,
    plain_length,
    text_length,
    way_lines,
)

_MARKS = ("//main | //*[@role='main']", "//article")
"""What pages mark their content with, the surest first."""

_SHARED = "//meta[starts-with(@property, 'og:') or starts-with(@name, 'twitter:')]"
"""What a page says of itself to those who share it; hardly any generator of manuals writes it."""

_LEAST = 0.25
"""Share of the page's text that a marked article has at least; smaller ones lead to others."""

_WHOLE = 0.4
"""Share of the page's text from which an element is the content, whatever it is called."""


class Content(NamedTuple):
    """The element that holds the main content of a page."""

    element: Any
    marked: bool
    """Whether the page marks it as such."""


def content_of(page: Any) -> Content:
    """Return what a page marks as its main content, or else its body.

    Pages that are made to be shared have most around their content; where such a page marks none,
    an extractor points at it. Manuals lose headings that way.
    """
    body = next(iter(page.xpath("//body")), page)
    shared = bool(page.xpath(_SHARED)) and body is not page
    for mark in _MARKS:
        # Empty until a script has run: then the content may stand elsewhere for readers without.
        found = [each for each in page.xpath(mark) if each.text_content().strip()]
        element = _holding(found, one=shared) if found else None
        least = 0 if mark == _MARKS[0] else _LEAST * plain_length(body)
        if element is not None and plain_length(element) >= least:
            return Content(element, marked=True)
    return Content(extracted_element(body) if shared else body, marked=False)


def remove_ways(content: Content) -> None:
    """Take out what is for finding one's way, unless nothing else is there.

    The table of contents stays on a page that has nothing else below its headings.
    """
    element = content.element
    ways = _outermost([*_ways(content), *way_lines(element)])
    left = text_length(element) - sum(map(text_length, ways))
    if left <= headings_length(element) - sum(map(headings_length, ways)):
        ways = [way for way in ways if not is_contents(way)]
        left = text_length(element) - sum(map(text_length, ways))
    if left:
        remove_elements(element, ways)


def _holding(elements: list[Any], *, one: bool) -> Any:
    """Return the one of these that holds most of their text, or the smallest that holds them all.

    None instead of the latter, where only one of them is wanted.
    """
    largest = max(elements, key=plain_length)
    if 2 * plain_length(largest) >= sum(map(plain_length, elements)):
        return largest
    if one:
        return None
    tags = {each.tag for each in elements}
    for each in elements[0].iterancestors():
        held = set(each.iter(*tags))
        if held.issuperset(elements):
            return each
    return largest


def _ways(content: Content) -> Iterator[Any]:
    """Yield the outermost elements that are called or marked as ways."""
    from lxml import etree  # type: ignore[import-untyped]

    most = _WHOLE * plain_length(content.element)
    walk = etree.iterwalk(content.element, events=("start",))
    for _, element in walk:
        if element is content.element or not is_way(element, marked=content.marked):
            continue
        if element.tag == "nav" or plain_length(element) <= most:
            walk.skip_subtree()
            yield element


def _outermost(elements: list[Any]) -> list[Any]:
    """Return those that stand in none of the others, each once."""
    known = set(elements)
    return [each for each in known if known.isdisjoint(each.iterancestors())]
