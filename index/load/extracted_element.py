"""The element that holds what an extractor takes for the main content of a page.

The extractor only points: of the element that it points at, nothing is rewritten or left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_LONGEST = 1_000_000
"""Characters of text from which the extractor, at seconds a megabyte, is not asked."""

_KEY, _SHORTEST = 60, 20
"""Letters by which a paragraph is found again, and how many it has at least for that."""

_NEARLY = 0.95
"""Share of what the extractor keeps that the element holds."""


_LITTLE_MORE = 1.5
"""Times as much text as the extractor points at, within which the heading is looked for."""


def extracted_element(body: Any) -> Any:
    """Return the smallest element of `body` that holds nearly all that trafilatura keeps of it.

    `body` itself where trafilatura keeps nothing, or what it keeps is not found again.
    """
    kept = dict(_kept(body))
    held: dict[Any, int] = {}
    for element in body.iter("*"):
        length = kept.pop(_key(element), 0)
        if length:
            for each in (element, *element.iterancestors()):
                held[each] = held.get(each, 0) + length
    whole = held.get(body, 0)
    if whole <= sum(kept.values()):
        return body
    found = inner = body
    while inner is not None:
        found = inner
        inner = next((each for each in found if held.get(each, 0) >= _NEARLY * whole), None)
    return _with_heading(found)


def _with_heading(element: Any) -> Any:
    """Return an element or the one around it that has its main heading, if that is little more."""
    most = _LITTLE_MORE * len(element.text_content())
    for each in (element, *element.iterancestors()):
        if len(each.text_content()) > most:
            break
        if next(each.iter("h1"), None) is not None:
            return each
    return element


def _kept(body: Any) -> Iterator[tuple[str, int]]:
    """Yield the beginnings of the paragraphs that the extractor keeps, and how long they are."""
    from copy import deepcopy

    from trafilatura import bare_extraction

    page = body.getroottree().getroot()
    if len(page.text_content()) > _LONGEST:
        return
    document = bare_extraction(
        deepcopy(page), include_comments=False, favor_recall=True, with_metadata=False
    )
    if document is None or document.body is None:
        return
    for each in document.body.iter("*"):
        if key := _key(each):
            yield key, len(each.text)


def _key(element: Any) -> str:
    """Return the beginning of an element's own text; "" where it is too short to be told again."""
    letters = "".join((element.text or "")[: 4 * _KEY].split())
    return letters[:_KEY] if len(letters) >= _SHORTEST else ""
