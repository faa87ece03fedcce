"""A channel as a source: read, asked, edited, deleted, while the bot is there or not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.doubles.discord.fixtures import Stage, a_server, eventually, staged
from tests.doubles.discord.server import Person
from tests.doubles.discord.world import Channel

CONTENT = 1 << 15
DAY = 86_400.0


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(
        tmp_path / "home", QUOTH_MESSAGE_CONTENT="on", QUOTH_CHANNEL_SECONDS="0.2"
    ) as made:
        made.discord.gateway.allowed = CONTENT
        yield made


def texts(stage: Stage) -> dict[str, str]:
    """What is in the index, by title."""
    return {paper.title: paper.text for paper in stage.documents.papers.values()}


async def follows(manager: Person, channel: Channel, in_: Channel) -> None:
    told = await manager.slash("source channel", channel=channel, in_=in_)
    await manager.sees("From now on", to=told)


async def test_the_history_of_a_channel_becomes_answerable(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    support = acme.text("support")
    stage.discord.advance(-2 * DAY)
    first = await ann.say("The ceasefire begins at noon.", in_=support)
    stage.discord.advance(2 * DAY)
    await kim.say("Boats are green.", in_=support)
    await stage.start()
    await follows(kim, support, general)
    await eventually(lambda: len(texts(stage)) == 2)
    shown = await ann.sees(
        "noon", to=await ann.slash("ask", question="When does the ceasefire begin?", in_=general)
    )
    assert f"https://discord.com/channels/{acme.id}/{support.id}/{first.id}" in shown.text
    assert "message of Ann" in shown.text
