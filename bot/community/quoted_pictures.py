"""The pages that quotes stand on, and pictures they were read from, for those who may read them."""

from __future__ import annotations

import asyncio
import logging
from typing import Literal, NamedTuple, TypeAlias

from bot.bridge import Bridge
from bot.community.documents import Documents
from bot.community.given_answers import ShownCitation
from index.errors import PictureUnavailable, QuothError
from index.schema import Evidence, PagePicture, Span

PATIENCE = 10.0
"""Seconds that a card waits for its page; painted later, it is there at the next look."""

PageView: TypeAlias = Literal["part", "whole", "next"]
"""What of a page is shown: around the quote, all of it, or the page that the quote goes on on."""

logger = logging.getLogger(__name__)


class ShownPicture(NamedTuple):
    """What a card shows."""

    png: bytes
    view: PageView | None = None
    """What it shows of a page; None for what was cut out of a picture."""
    note: str = ""
    has_more: bool = False
    """Whether there is more of the page than this."""
    next_page: int | None = None
    """The page that the quote goes on on."""


class QuotedPictures:
    """Has pages painted and pictures cut, away from what answers questions."""

    def __init__(self, documents: Documents, writers: Bridge) -> None:
        self._documents = documents
        self._writers = writers

    async def picture(self, shown: ShownCitation, view: PageView = "part") -> ShownPicture | None:
        """Return the picture of a citation; None where there is none to be shown.

        The citation was looked up for the person who sees it. Raises PictureUnavailable where it
        was read from a picture that cannot be shown, and SourceNotFound.
        """
        is_read = shown.citation.picture is not None
        if not shown.text:
            if is_read:
                raise PictureUnavailable("Its source has changed since.")
            return None
        if shown.citation.page is not None:
            try:
                async with asyncio.timeout(PATIENCE):
                    page = await self._page(shown, view)
            except (QuothError, TimeoutError) as error:
                if is_read and isinstance(error, PictureUnavailable):
                    raise
                logger.info("the page of a quote is not shown: %s", type(error).__name__)
                return None
            if page is not None:
                return page
        if not is_read:
            return None
        quoted = shown.citation.evidence
        span = Span(start=quoted.start, end=quoted.end)
        return ShownPicture(
            await self._writers.run(self._documents.picture, quoted.source_id, span)
        )

    async def _page(self, shown: ShownCitation, view: PageView) -> ShownPicture | None:
        quote = shown.citation.evidence
        highlight = _highlight(shown)
        source = await self._writers.run(self._documents.source, quote.source_id)
        first = source.page_at(quote.start)
        goes_on = first is not None and quote.end > source.pages[first - 1].end
        if view == "next" and first is not None and goes_on:
            quote = quote.model_copy(update={"start": source.pages[first].start})
        made: PagePicture | None = await self._writers.run(
            self._documents.page_picture, quote, highlight, whole=view == "whole"
        )
        if made is None:
            return None
        return ShownPicture(
            made.png,
            view,
            made.note or "",
            has_more=made.is_marked or shown.citation.picture is not None,
            next_page=first + 1 if first is not None and goes_on else None,
        )


def _highlight(shown: ShownCitation) -> Evidence | None:
    quote, inside = shown.citation.evidence, shown.citation.highlight
    if inside is None:
        return None
    start, end = inside
    return quote.model_copy(update={"start": quote.start + start, "end": quote.start + end})
