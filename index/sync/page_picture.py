"""The page of a PDF that a quote stands on, as a picture with the quote marked."""

from __future__ import annotations

from index.errors import PictureUnavailable
from index.schema import Evidence, PagePicture, Source


def page_picture(
    source: Source, evidence: Evidence, highlight: Evidence | None, *, whole: bool
) -> PagePicture | None:
    """Return the page that a quote begins on; None for what is no PDF.

    Raises PictureUnavailable, which says why there is none.
    """
    if source.mime != "application/pdf":
        return None
    raise PictureUnavailable("Pages cannot be shown yet.")
