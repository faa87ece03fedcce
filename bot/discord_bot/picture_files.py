"""The page that a quote stands on, or what it was read from, as a file that goes with its card."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import discord

from bot.community.given_answers import ShownCitation
from bot.community.quoted_pictures import PageView, QuotedPictures, ShownPicture
from bot.discord_bot.text.answers import NO_PICTURE, Card, with_note
from bot.discord_bot.text.safe_markdown import one_line
from index.errors import PictureUnavailable, SourceNotFound

_NAME = "quote.png"

_DESCRIPTION = 1000
"""Characters of what is said of a picture to those who do not see it; Discord takes 1024."""


async def with_picture(
    card: Card, shown: ShownCitation, pictures: QuotedPictures, view: PageView
) -> tuple[Card, list[discord.File], ShownPicture | None]:
    """Return a card with the picture of its quote, or with why there is none where one was read."""
    try:
        picture = await pictures.picture(shown, view)
    except (PictureUnavailable, SourceNotFound) as error:
        return with_note(card, str(error) or NO_PICTURE), [], None
    if picture is None:
        return card, [], None
    if picture.note:
        card = with_note(card, picture.note)
    said = one_line(shown.citation.quote, _DESCRIPTION)
    file = discord.File(BytesIO(picture.png), _NAME, description=said)
    return replace(card, picture=_NAME), [file], picture
