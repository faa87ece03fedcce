"""The page of a PDF that a quote stands on, as a picture with the quote marked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TypeAlias

from index.errors import LoadError, PictureUnavailable
from index.load.pdf_page_picture import PageOrder, PaintedPage
from index.schema import Evidence, PagePicture, Source, Span
from index.store.page_cache import PageCache

Paint: TypeAlias = Callable[[bytes, str, PageOrder], PaintedPage]
"""Paints a page of a PDF, whose name is for messages; raises LoadError."""

_LOOK = 1
"""Raised when pages are painted or marked otherwise than those that are kept."""


@dataclass(frozen=True)
class PagePictures:
    """Makes pictures of pages, and keeps them for the next who asks."""

    paint: Paint
    cache: PageCache

    def picture(
        self,
        source: Source,
        evidence: Evidence,
        highlight: Evidence | None,
        *,
        whole: bool,
        read: Callable[[], bytes],
        is_there: Callable[[], bool],
    ) -> PagePicture | None:
        """Return the page that a quote begins on; None for what is no PDF.

        A quote without a character is a place: its page is shown whole, and nothing marked. `read`
        gets the bytes of the original, `is_there` says whether the source still is. Raises
        PictureUnavailable, which says why there is no picture.
        """
        order = _order(source, evidence, highlight, whole=whole)
        if order is None:
            return None
        goes_on = evidence.end > source.pages[order.number].end
        named = f"{_LOOK} {goes_on} {order!r}"
        if (known := self.cache.get(source.sha256, named)) is not None:
            return known
        try:
            painted = self.paint(read(), PurePath(source.uri).name, order)
        except LoadError as error:
            raise PictureUnavailable(
                f"{error.reason} So the page of {source.title!r} cannot be shown."
            ) from error
        more = f"The quote goes on on page {order.number + 2}." if goes_on else ""
        made = PagePicture(
            png=painted.png,
            page=order.number + 1,
            is_marked=painted.is_marked,
            note=" ".join(filter(None, [painted.reason, more])) or None,
        )
        self.cache.put(source.sha256, named, made, is_there)
        return made


def _order(
    source: Source, evidence: Evidence, highlight: Evidence | None, *, whole: bool
) -> PageOrder | None:
    """Return what is to be painted; None for what is no PDF."""
    if source.mime != "application/pdf" or not source.pages:
        return None
    if evidence.sha256 != source.sha256:
        raise PictureUnavailable(
            f"{source.title!r} has changed since it was quoted, so its page is not shown."
        )
    page = source.pages[number := (source.page_at(evidence.start) or 1) - 1]
    quote = _within(evidence, page)
    order = PageOrder(number, page.of(source.text), quote, whole=whole)
    if quote[0] == quote[1]:
        return replace(order, quote=None, whole=True)
    span = Span(start=quote[0] + page.start, end=quote[1] + page.start)
    inside = _within(highlight, page) if highlight else None
    return replace(
        order,
        highlight=inside if inside and inside[0] < inside[1] else None,
        edges=tuple(
            (line.left, line.top, line.right, line.bottom) for line in source.regions_of(span)
        ),
    )


def _within(evidence: Evidence, page: Span) -> tuple[int, int]:
    """Return what of a quote stands on a page, counted in that."""
    length = page.end - page.start
    start = min(max(0, evidence.start - page.start), length)
    return start, max(start, min(evidence.end - page.start, length))
