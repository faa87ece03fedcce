"""The picture that a quote was read from, as a file that goes with its card."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import discord

from bot.community.given_answers import ShownCitation
from bot.community.quoted_pictures import QuotedPictures
from bot.discord_bot.text.answers import Card, without_picture
from index.errors import PictureUnavailable, SourceNotFound

_NAME = "quote.png"


async def with_picture(
    card: Card, shown: ShownCitation, pictures: QuotedPictures
) -> tuple[Card, list[discord.File]]:
    """Return a card with what its quote was read from, or with why there is no picture of it."""
    try:
        picture = await pictures.picture(shown)
    except (PictureUnavailable, SourceNotFound) as error:
        return without_picture(card, str(error)), []
    if picture is None:
        return card, []
    return replace(card, picture=_NAME), [discord.File(BytesIO(picture), _NAME)]
