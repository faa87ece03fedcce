"""Channels that are sources, on the local Discord: following them, and what is in the index."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.doubles.discord.fixtures import Stage, eventually, staged
from tests.doubles.discord.server import GuildHandle, Person, Shown
from tests.doubles.discord.world import Channel, Message

CONTENT = 1 << 15
WHEN = "When does the ceasefire begin?"


@asynccontextmanager
async def staged_with_content(home: Path, **environ: str) -> AsyncIterator[Stage]:
    """As `staged`, and Discord shows the bot what people write, which it reads soon."""
    given = {"QUOTH_MESSAGE_CONTENT": "on", "QUOTH_CHANNEL_SECONDS": "0.1"}
    async with staged(home, **given, **environ) as stage:
        stage.discord.gateway.allowed = CONTENT
        yield stage


def text(stage: Stage) -> str:
    """Everything that is in the index."""
    papers = stage.documents.papers.values()
    return "\n".join(f"{paper.title}\n{paper.text}" for paper in papers)


async def holds(stage: Stage, *expected: str, without: tuple[str, ...] = ()) -> None:
    """Wait until the index says some things, and not others."""

    def true() -> bool:
        said = text(stage)
        return all(one in said for one in expected) and not any(one in said for one in without)

    try:
        await eventually(true)
    except TimeoutError:
        raise AssertionError(f"{expected} without {without} in: {text(stage)}") from None


async def follows(manager: Person, channel: Channel, *, in_: Channel) -> None:
    """Make a channel a source."""
    told = await manager.slash("source channel", channel=channel, in_=in_)
    await manager.sees("From now on", to=told)


async def asks(person: Person, in_: Channel, question: str = WHEN, **more: Any) -> Shown:
    """Ask, and return the answer."""
    return await person.sees(to=await person.slash("ask", question=question, in_=in_, **more))


def address(acme: GuildHandle, message: Message) -> str:
    """Return where a message stands."""
    return f"https://discord.com/channels/{acme.id}/{message.channel.id}/{message.id}"
