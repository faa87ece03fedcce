"""How an answer gets to a person: drafts by a paced edit, then all of it, or a plain reason."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import io
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import discord

from bot.discord_bot.delivery import NOT_SENT, persistently
from bot.discord_bot.queue_notices import ChannelPace
from bot.discord_bot.text.answers import Card, Rendered, render_draft

logger = logging.getLogger(__name__)

LOOKING = "-# Looking it up …"
"""The first sign of life below a message."""

SILENT = discord.AllowedMentions.none()
"""Nobody is pinged: the client's default, which does not reach webhooks, and so no follow-up."""

PACE = 1.2
"""Seconds between two edits of a draft; Discord is no platform for faster ones."""

MAX_DRAFTS = 20

TOKEN_IS_OVER = (10015, 50027)
"""Unknown Webhook, Invalid Webhook Token: an interaction can be answered for 15 minutes."""

REST_IS_MISSING = "Discord does not take the rest of this answer from me. Please ask again."

NO_REFERENCE = (160002, 50035)
"""A reply needs Read Message History, and the message that it replies to."""

_LAST_DRAFT = 5.0
"""Seconds for a draft on its way to arrive, so that it cannot overwrite the answer."""


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
    return await click.edit_original_response(
        content=text, embed=_embed(card) if card else None, view=view, attachments=files or []
    )


def _embed(card: Card) -> discord.Embed:
    embed = discord.Embed(title=card.title, description=card.body)
    return embed.set_footer(text=card.footer) if card.footer else embed


async def post(
    channel: discord.abc.Messageable, piece: Piece, answered: int, **options: Any
) -> discord.Message:
    """Send one message of an answer to what has the id `answered`; sent twice, it appears once."""
    return await channel.send(
        piece.text,
        view=piece.view or discord.utils.MISSING,
        files=piece.files,
        nonce=f"{answered}-{piece.place}",
        **options,
    )


class Reply(ABC):
    """One answer's place in Discord."""

    @abstractmethod
    async def draft(self, text: str) -> None:
        """Show unfinished text."""

    async def note(self, text: str) -> bool:
        """Show a place in the queue, if it is time to; say whether it was."""
        await self.draft(text)
        return True

    @abstractmethod
    async def say(self, text: str) -> None:
        """Show a plain sentence instead of an answer."""

    async def finish(self, rendered: Rendered, view: discord.ui.View | None) -> list[int]:
        """Show everything, the buttons below the last message; return the messages' ids."""
        first, *others = pieces(rendered, view)
        sent = [await self._show(first)]
        try:
            for piece in others:
                sent.append(await self._follow(piece))  # noqa: PERF401 - keeps what came through
        except NOT_SENT as failure:  # what is shown stays
            logger.error("an answer ends after %d messages: %s", len(sent), failure)
            with contextlib.suppress(*NOT_SENT):
                await self._follow(Piece(REST_IS_MISSING, place=len(others) + 1))
        return [message.id for message in sent]

    @abstractmethod
    async def _show(self, piece: Piece) -> discord.Message:
        """Put a message in the place of what stands there."""

    @abstractmethod
    async def _follow(self, piece: Piece) -> discord.Message:
        """Put a message below."""


class InteractionReply(Reply):
    """Answers a deferred interaction, and follows up with what does not fit into the response."""

    def __init__(self, interaction: discord.Interaction[Any], *, private: bool) -> None:
        self._interaction = interaction
        self._private = private

    async def draft(self, text: str) -> None:
        """Edit the response."""
        await say(self._interaction, text)

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

    async def _follow(self, piece: Piece) -> discord.Message:
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
        pace: ChannelPace,
        shown: discord.Message | discord.PartialMessage | None = None,
    ) -> None:
        self._message = message
        self._channel = channel
        self._asker = asker
        self._pace = pace
        self._shown = shown

    async def open(self) -> int:
        """Say that the question has arrived; return the id of the message that does."""
        self._shown = await self._follow(Piece(LOOKING))
        return self._shown.id

    async def note(self, text: str) -> bool:
        """Edit the reply, at a pace for all replies of the channel."""
        now = asyncio.get_running_loop().time()
        return self._pace.take(self._message.channel.id, now) and await super().note(text)

    async def draft(self, text: str) -> None:
        """Edit the reply."""
        if self._shown is not None:
            await self._shown.edit(content=text)

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

    async def _follow(self, piece: Piece) -> discord.Message:
        """Send a message; the first one in the channel of the question refers to it."""
        first = piece.place == 0 and self._channel == self._message.channel
        reference = self._message.to_reference(fail_if_not_exists=False) if first else None

        def send(**options: Any) -> Awaitable[discord.Message]:
            return post(self._channel, piece, self._message.id, mention_author=False, **options)

        try:
            return await persistently(lambda: send(reference=reference))
        except discord.HTTPException as failure:
            if reference is None or failure.code not in NO_REFERENCE:
                raise
            return await persistently(send)


class Drafts:
    """Shows growing text by at most one edit in `PACE` seconds, and never waits for Discord."""

    def __init__(self, edit: Callable[[str], Awaitable[None]]) -> None:
        self._edit = edit
        self._text = ""
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def show(self, text: str) -> None:
        """Take the text written so far."""
        self._text = text
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Let an edit that is on its way arrive, and start no other."""
        self._over.set()
        if self._task is not None:
            with contextlib.suppress(*NOT_SENT):  # a time-out is one of them
                await asyncio.wait_for(self._task, _LAST_DRAFT)

    async def _run(self) -> None:
        shown, edits = "", 0
        while edits < MAX_DRAFTS and not self._over.is_set():
            if self._text != shown:
                shown, edits = self._text, edits + 1
                with contextlib.suppress(*NOT_SENT):
                    await self._edit(render_draft(shown))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), PACE)
