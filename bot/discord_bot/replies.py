"""How an answer gets to a person: drafts by a paced edit, then all of it, or a plain reason."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import io
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Iterator
from typing import Any

import discord

from bot.discord_bot.delivery import NOT_SENT, persistently
from bot.discord_bot.edit_pace import EditPace
from bot.discord_bot.text.answers import Card, Rendered

logger = logging.getLogger(__name__)

THINKING = "thinking"
"""Of an interaction, whether the next that is said to it keeps what was promised."""

LOOKING = "-# Looking it up …"
"""The first sign of life below a message."""

SILENT = discord.AllowedMentions.none()
"""Nobody is pinged: the client's default, which does not reach webhooks, and so no follow-up."""

TOKEN_IS_OVER = (10015, 50027)
"""Unknown Webhook, Invalid Webhook Token: an interaction can be answered for 15 minutes."""

REST_IS_MISSING = "Discord does not take the rest of this answer from me. Please ask again."

NO_REFERENCE = (160002, 50035)
"""A reply needs Read Message History, and the message that it replies to."""

_SETTLED = 10.0
"""Seconds after which an answer is shown again that a later draft may have overwritten."""


@dataclasses.dataclass(frozen=True)
class Piece:
    """One of the messages that an answer takes."""

    text: str
    view: discord.ui.View | None = None
    attachment: tuple[str, bytes] | None = None
    place: int = 0
    """Which of the answer's messages it is, from 0."""

    @property
    def files(self) -> list[discord.File]:
        """The attachment, if there is one; a file can be sent once."""
        if self.attachment is None:
            return []
        name, content = self.attachment
        return [discord.File(io.BytesIO(content), filename=name)]


def pieces(rendered: Rendered, view: discord.ui.View | None) -> Iterator[Piece]:
    """Yield the messages of an answer; buttons and attachment go with the last one."""
    *earlier, last = rendered.parts
    for place, text in enumerate(earlier):
        yield Piece(text, place=place)
    yield Piece(last, view, rendered.attachment, len(earlier))


async def say(
    click: discord.Interaction[Any],
    text: str | None,
    *,
    card: Card | None = None,
    view: discord.ui.View | None = None,
    files: list[discord.File] | None = None,
) -> discord.Message:
    """Show this, and nothing else, as the response to a deferred interaction."""
    said = await click.edit_original_response(
        content=text, embed=_embed(card) if card else None, view=view, attachments=files or []
    )
    if click.extras.pop(THINKING, False):
        await click.client.service.strike_off(click.id)
    return said


def _embed(card: Card) -> discord.Embed:
    embed = discord.Embed(title=card.title, description=card.body)
    if card.picture:
        embed.set_image(url=f"attachment://{card.picture}")
    return embed.set_footer(text=card.footer) if card.footer else embed


async def post(
    channel: discord.abc.Messageable,
    piece: Piece,
    answered: int,
    *,
    before: discord.Message | discord.PartialMessage | None = None,
) -> discord.Message:
    """Send one message of an answer to what has the id `answered`; sent twice, it appears once.

    It replies to the message `before` it.
    """
    reference = before.to_reference(fail_if_not_exists=False) if before else None
    return await channel.send(
        piece.text,
        view=piece.view or discord.utils.MISSING,
        files=piece.files,
        nonce=f"{answered}-{piece.place}",
        reference=reference,  # type: ignore[arg-type]
        mention_author=False,
    )


class Reply(ABC):
    """One answer's place in Discord."""

    def __init__(self, pace: EditPace) -> None:
        self._pace = pace
        self.overtaken = False
        """Whether an edit with unfinished text may still arrive after the answer."""

    async def draft(self, text: str) -> bool:
        """Show unfinished text, unless there were many edits just now; say whether it is shown."""
        return self._pace.take(time.monotonic()) and await self._draft(text)

    @abstractmethod
    async def _draft(self, text: str) -> bool:
        """Show unfinished text; say whether there is a message to show it in."""

    @abstractmethod
    async def say(self, text: str) -> None:
        """Show a plain sentence instead of an answer."""

    async def finish(self, rendered: Rendered, view: discord.ui.View | None) -> list[int]:
        """Show everything, the buttons below the last message; return the messages' ids."""
        first, *others = pieces(rendered, view)
        self._pace.count(time.monotonic())
        sent = [await self._show(first)]
        try:
            for piece in others:
                sent.append(await self._follow(piece, sent[-1]))
        except NOT_SENT as failure:  # what is shown stays
            logger.error("an answer ends after %d messages: %s", len(sent), failure)
            with contextlib.suppress(*NOT_SENT):
                await self._follow(Piece(REST_IS_MISSING, place=len(others) + 1))
        if self.overtaken:
            await asyncio.sleep(_SETTLED)
            sent[0] = await self._show(first)
        return [message.id for message in sent]

    @abstractmethod
    async def _show(self, piece: Piece) -> discord.Message:
        """Put a message in the place of what stands there."""

    @abstractmethod
    async def _follow(self, piece: Piece, before: discord.Message | None = None) -> discord.Message:
        """Put a message below, as a reply to the one before where there is one."""


class InteractionReply(Reply):
    """Answers a deferred interaction, and follows up with what does not fit into the response."""

    def __init__(self, interaction: discord.Interaction[Any], *, private: bool) -> None:
        super().__init__(EditPace())
        self._interaction = interaction
        self._private = private

    async def _draft(self, text: str) -> bool:
        await say(self._interaction, text)
        return True

    async def say(self, text: str) -> None:
        """Edit the response; who cannot be told here is told directly."""
        try:
            await self._show(Piece(text))
        except NOT_SENT:
            await self._interaction.user.send(text)

    async def _show(self, piece: Piece) -> discord.Message:
        def edit() -> Awaitable[discord.Message]:
            return say(self._interaction, piece.text, view=piece.view, files=piece.files)

        try:
            return await persistently(edit)
        except NOT_SENT as failure:
            if getattr(failure, "code", None) in TOKEN_IS_OVER:
                return await self._post(failure, piece)
            return await self._follow(piece)  # it was deleted, or cannot be edited

    async def _follow(self, piece: Piece, before: discord.Message | None = None) -> discord.Message:
        """Reply to the part before, which follow-ups cannot; what is private can only follow up."""
        channel = self._interaction.channel
        if before is None or self._private or not isinstance(channel, discord.abc.Messageable):
            return await self._follow_up(piece)
        try:
            return await persistently(
                lambda: post(channel, piece, self._interaction.id, before=before)
            )
        except NOT_SENT:
            return await self._follow_up(piece)

    async def _follow_up(self, piece: Piece) -> discord.Message:
        def follow() -> Awaitable[discord.Message]:
            return self._interaction.followup.send(
                piece.text,
                view=piece.view or discord.utils.MISSING,
                files=piece.files,
                ephemeral=self._private,
                allowed_mentions=SILENT,
                wait=True,
            )

        try:
            return await persistently(follow)
        except NOT_SENT as failure:
            return await self._post(failure, piece)

    async def _post(self, failure: Exception, piece: Piece) -> discord.Message:
        """Send an open answer to the channel once the interaction takes it no longer."""
        channel = self._interaction.channel
        if self._private or not isinstance(channel, discord.abc.Messageable):
            raise failure
        return await persistently(lambda: post(channel, piece, self._interaction.id))


class MessageReply(Reply):
    """Answers a message by messages of its own; `open` is the first sign of life.

    `asker` is told directly what cannot be told here; `shown` is the first sign of life, where
    another process gave it.
    """

    def __init__(
        self,
        message: discord.Message | discord.PartialMessage,
        channel: discord.abc.Messageable,
        asker: discord.abc.Messageable,
        pace: EditPace,
        shown: discord.Message | discord.PartialMessage | None = None,
    ) -> None:
        super().__init__(pace)
        self._message = message
        self._channel = channel
        self._asker = asker
        self._shown = shown

    async def open(self) -> int:
        """Say that the question has arrived; return the id of the message that does."""
        self._shown = await self._follow(Piece(LOOKING))
        return self._shown.id

    async def _draft(self, text: str) -> bool:
        if self._shown is not None:
            await self._shown.edit(content=text)
        return self._shown is not None

    async def say(self, text: str) -> None:
        """Edit the reply; who cannot be told here is told directly."""
        try:
            await self._show(Piece(text))
        except NOT_SENT:
            await self._asker.send(text)

    async def _show(self, piece: Piece) -> discord.Message:
        shown = self._shown
        if shown is None:
            return await self._follow(piece)

        def edit() -> Awaitable[discord.Message]:
            return shown.edit(content=piece.text, view=piece.view, attachments=piece.files)

        try:
            return await persistently(edit)
        except NOT_SENT:  # it was deleted, or cannot be edited
            sent = await self._follow(dataclasses.replace(piece, place=9))
        with contextlib.suppress(*NOT_SENT):
            await shown.delete()
        return sent

    async def _follow(self, piece: Piece, before: discord.Message | None = None) -> discord.Message:
        """Send a message; the first one in the channel of the question replies to it."""
        replied_to: discord.Message | discord.PartialMessage | None = before
        if before is None and piece.place == 0 and self._channel == self._message.channel:
            replied_to = self._message

        send = functools.partial(post, self._channel, piece, self._message.id)
        try:
            return await persistently(lambda: send(before=replied_to))
        except discord.HTTPException as failure:
            if replied_to is None or failure.code not in NO_REFERENCE:
                raise
            return await persistently(send)
