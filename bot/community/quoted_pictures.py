"""The pictures that quotes were read from, for those who may read the quotes."""

from __future__ import annotations

from bot.bridge import Bridge
from bot.community.documents import Documents
from bot.community.given_answers import ShownCitation
from index.errors import PictureUnavailable
from index.schema import Span


class QuotedPictures:
    """Cuts out what a quote was read from, away from what answers questions."""

    def __init__(self, documents: Documents, writers: Bridge) -> None:
        self._documents = documents
        self._writers = writers

    async def picture(self, shown: ShownCitation) -> bytes | None:
        """Return the picture of a citation as a PNG; None where it was read from none.

        The citation was looked up for the person who sees it. Raises PictureUnavailable.
        """
        if shown.citation.picture is None:
            return None
        if not shown.text:
            raise PictureUnavailable("Its source has changed since.")
        quoted = shown.citation.evidence
        span = Span(start=quoted.start, end=quoted.end)
        return await self._writers.run(self._documents.picture, quoted.source_id, span)
