"""How an answer gets to a person: drafts by a paced edit, then all of it, or a plain reason."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import discord

from bot.discord_bot.text.answers import Card, Rendered, render_draft

logger = logging.getLogger(__name__)

SILENT = discord.AllowedMentions.none()

PACE = 1.2
"""Seconds between two edits of a draft; Discord is no platform for faster ones."""

MAX_DRAFTS = 20

TOKEN_IS_OVER = (10015, 50027)
"""Unknown Webhook, Invalid Webhook Token: an interaction can be answered for 15 minutes."""

_LAST_DRAFT = 5.0
"""Seconds for a draft on its way to arrive, so that it cannot overwrite the answer."""


class Reply(Protocol):
    """One answer's place in Discord."""

    async def draft(self, text: str) -> None:
        """Show unfinished text."""
        ...

    async def finish(self, rendered: Rendered, view: discord.ui.View | None) -> list[int]:
        """Show everything, the buttons below the last message; return the messages' ids."""
        ...

    async def say(self, text: str) -> None:
        """Show a plain sentence instead of an answer."""
        ...


def file_of(rendered: Rendered | None) -> list[discord.File]:
    """Return the attachment, if there is one; a file can be sent once."""
    if rendered is None or rendered.attachment is None:
        return []
    name, content = rendered.attachment
    return [discord.File(io.BytesIO(content), filename=name)]


def embed_of(card: Card) -> discord.Embed:
    """Return a card as Discord shows it."""
    embed = discord.Embed(title=card.title, description=card.body)
    return embed.set_footer(text=card.footer) if card.footer else embed


class InteractionReply:
    """Answers a deferred interaction."""

    def __init__(self, interaction: discord.Interaction[Any], *, private: bool) -> None:
        self._interaction = interaction
        self._private = private

    async def draft(self, text: str) -> None:
        """Edit the response."""
        await self._interaction.edit_original_response(content=text, allowed_mentions=SILENT)

    async def finish(self, rendered: Rendered, view: discord.ui.View | None) -> list[int]:
        """Edit the response, and follow up with what does not fit into it."""
        *earlier, last = rendered.parts
        if not earlier:
            return [(await self._edit(last, view, rendered)).id]
        sent = [await self._edit(earlier[0])]
        for place, part in enumerate(earlier[1:], start=1):
            sent.append(await self._follow(part, place))
        sent.append(await self._follow(last, len(earlier), view, rendered))
        return [message.id for message in sent]

    async def say(self, text: str) -> None:
        """Edit the response; who asked privately and cannot be told here is told directly."""
        try:
            await self._edit(text)
        except discord.HTTPException as error:
            if error.code not in TOKEN_IS_OVER:
                raise
            await self._interaction.user.send(text, allowed_mentions=SILENT)

    async def _edit(
        self,
        text: str,
        view: discord.ui.View | None = None,
        rendered: Rendered | None = None,
    ) -> discord.Message:
        try:
            return await self._interaction.edit_original_response(
                content=text, view=view, attachments=file_of(rendered), allowed_mentions=SILENT
            )
        except discord.NotFound as error:
            if error.code in TOKEN_IS_OVER:
                return await self._post(error, text, 0, view, rendered)
            return await self._follow(text, 0, view, rendered)  # the response was deleted
        except discord.HTTPException as error:
            return await self._post(error, text, 0, view, rendered)

    async def _follow(
        self,
        text: str,
        place: int,
        view: discord.ui.View | None = None,
        rendered: Rendered | None = None,
    ) -> discord.Message:
        try:
            return await self._interaction.followup.send(
                text,
                view=view or discord.utils.MISSING,
                files=file_of(rendered),
                ephemeral=self._private,
                allowed_mentions=SILENT,
                wait=True,
            )
        except discord.HTTPException as error:
            return await self._post(error, text, place, view, rendered)

    async def _post(
        self,
        error: discord.HTTPException,
        text: str,
        place: int,
        view: discord.ui.View | None,
        rendered: Rendered | None,
    ) -> discord.Message:
        """Send an open answer to the channel once the interaction's 15 minutes are over."""
        channel = self._interaction.channel
        if error.code not in TOKEN_IS_OVER or self._private:
            raise error
        if not isinstance(channel, discord.abc.Messageable):
            raise error
        return await channel.send(
            text,
            view=view or discord.utils.MISSING,
            files=file_of(rendered),
            nonce=f"{self._interaction.id}-{place}",
            allowed_mentions=SILENT,
        )


class MessageReply:
    """Answers a message by messages of its own; `open` is the first sign of life."""

    def __init__(self, message: discord.Message, channel: discord.abc.Messageable) -> None:
        self._message = message
        self._channel = channel
        self._shown: discord.Message | None = None

    async def open(self) -> None:
        """Say that the question has arrived."""
        self._shown = await self._send("-# Looking it up …", 0)

    async def draft(self, text: str) -> None:
        """Edit the reply."""
        if self._shown is not None:
            await self._shown.edit(content=text, allowed_mentions=SILENT)

    async def finish(self, rendered: Rendered, view: discord.ui.View | None) -> list[int]:
        """Edit the reply, and send what does not fit into it."""
        *earlier, last = rendered.parts
        if not earlier:
            return [(await self._show(last, view, rendered)).id]
        ids = [(await self._show(earlier[0])).id]
        for place, part in enumerate(earlier[1:], start=1):
            ids.append((await self._send(part, place)).id)
        ids.append((await self._send(last, len(earlier), view, rendered)).id)
        return ids

    async def say(self, text: str) -> None:
        """Edit the reply."""
        await self._show(text)

    async def _show(
        self,
        text: str,
        view: discord.ui.View | None = None,
        rendered: Rendered | None = None,
    ) -> discord.Message:
        if self._shown is None:
            return await self._send(text, 0, view, rendered)
        try:
            return await self._shown.edit(
                content=text, view=view, attachments=file_of(rendered), allowed_mentions=SILENT
            )
        except discord.NotFound:  # somebody deleted the reply
            return await self._send(text, 9, view, rendered)

    async def _send(
        self,
        text: str,
        place: int,
        view: discord.ui.View | None = None,
        rendered: Rendered | None = None,
    ) -> discord.Message:
        """Send with a nonce of message and place: sent twice, it appears once."""
        reference = self._message.to_reference(fail_if_not_exists=False)
        here = self._channel == self._message.channel
        return await self._channel.send(
            text,
            view=view or discord.utils.MISSING,
            files=file_of(rendered),
            reference=reference if place == 0 and here else None,  # type: ignore[arg-type]
            mention_author=False,
            nonce=f"{self._message.id}-{place}",
            allowed_mentions=SILENT,
        )


class Drafts:
    """Shows growing text by at most one edit in `PACE` seconds, and never waits for Discord."""

    def __init__(self, edit: Callable[[str], Awaitable[None]], *, pace: float = PACE) -> None:
        self._edit = edit
        self._pace = pace
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
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._task, _LAST_DRAFT)

    async def _run(self) -> None:
        shown, edits = "", 0
        while edits < MAX_DRAFTS and not self._over.is_set():
            if self._text != shown:
                shown, edits = self._text, edits + 1
                with contextlib.suppress(discord.HTTPException):
                    await self._edit(render_draft(shown))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), self._pace)
