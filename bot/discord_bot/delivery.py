"""What makes a message arrive though Discord fails for a moment."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
import discord

T = TypeVar("T")

logger = logging.getLogger(__name__)

NOT_SENT = (discord.HTTPException, aiohttp.ClientError, OSError)
"""What it raises when a message does not get to Discord, time-outs among them."""

PAUSES = (1.0, 4.0)
"""Seconds before each further attempt; discord.py has tried for 25 seconds before each."""


async def persistently(send: Callable[[], Awaitable[T]]) -> T:
    """Send, and again after a pause where the failure may pass; raises the one that does not."""
    for pause in PAUSES:
        try:
            return await send()
        except NOT_SENT as failure:
            if not _may_pass(failure):
                raise
            logger.info("a message is sent again: %s", failure)
        await asyncio.sleep(pause)
    return await send()


def _may_pass(failure: Exception) -> bool:
    """Say whether another attempt may work: Discord is down or cannot be reached."""
    return not isinstance(failure, discord.HTTPException) or failure.status >= 500
