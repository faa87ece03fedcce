"""What Discord shows as "thinking", written down before and struck off when it is answered."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import discord

from bot.community.store.open_answers import OpenAnswer
from bot.discord_bot.error_replies import SeenBeforeError
from bot.discord_bot.replies import THINKING

logger = logging.getLogger(__name__)

_FOR_WRITING = 0.5
"""Seconds that a promise waits to be written down; Discord waits three for the promise."""


async def think(click: discord.Interaction[Any]) -> None:
    """Promise a reply to the one who clicked; `say` keeps it, and strikes it off.

    What cannot be written down, on a full disk for one, is promised all the same.
    """
    click.extras[THINKING] = True
    try:
        await defer_written(click, open_answer(click, "", private=True))
    except Exception as error:
        if not click.response.is_done():
            raise
        logger.warning("what interaction %s waits for is not written down: %s", click.id, error)


async def defer_written(click: discord.Interaction[Any], promise: OpenAnswer) -> None:
    """Promise an answer, or a report, that is written down by then.

    Else a process that ends in between would leave somebody waiting whom the next does not know. A
    slow disk does not keep the promise back for longer than that is worth. Raises SeenBeforeError
    where it is known by then that another bot has promised it; of two who promise at once, Discord
    takes one.
    """
    service = click.client.service
    service.observer.arrived(click.id, time.monotonic())
    written = asyncio.ensure_future(service.open_answers.is_ours(promise))
    await asyncio.wait({written}, timeout=_FOR_WRITING)
    if written.done() and written.exception() is None and not written.result():
        raise SeenBeforeError
    if not click.response.is_done():
        await click.response.defer(ephemeral=promise.private, thinking=True)
        service.observer.signed(click.id)
    await written


def open_answer(
    click: discord.Interaction[Any], text: str, *, private: bool, work: bool = False
) -> OpenAnswer:
    """Return what is written down of an interaction until it is answered."""
    return OpenAnswer(
        id=click.id,
        at=click.created_at.timestamp(),
        person=click.user.id,
        guild=click.guild_id,
        channel=click.channel_id or 0,
        private=private,
        token=click.token,
        text=text,
        work=work,
    )
