"""Whatever happens in a channel, and whenever: in the end the index holds what Discord shows."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from index.schema import Source
from tests.doubles.discord.channel_stage import follows, staged_with_content
from tests.doubles.discord.fixtures import Stage, eventually
from tests.doubles.discord.server import GuildHandle, Person
from tests.doubles.discord.world import EPOCH_MS, VIEW_CHANNEL, Channel, Message


@dataclass
class Walk:
    """People who do at random what people do."""

    stage: Stage
    acme: GuildHandle
    support: Channel
    people: list[Person]
    dice: random.Random
    count: int = 0
    threads: list[Channel] = field(default_factory=list)

    async def step(self) -> None:
        acts: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (8, self.say), (4, self.edit), (4, self.delete), (1, self.delete_many),
            (2, self.open_thread), (1, self.rename), (1, self.drop_thread), (1, self.archive),
            (1, self.lose_line), (1, self.lose_session), (1, self.restart), (1, self.hide),
        ]  # fmt: skip
        (act,) = self.dice.choices([act for _, act in acts], [weight for weight, _ in acts])
        await act()

    async def say(self) -> None:
        self.count += 1
        place = self.dice.choice([self.support, *self.threads])
        age = self.dice.choice([0, 0, 1, 2]) * 86_400.0
        self.stage.discord.advance(-age)
        await self.dice.choice(self.people).say(f"Fact {self.count}.", in_=place)
        self.stage.discord.advance(age)

    def messages(self) -> list[Message]:
        places = [self.support, *self.threads]
        return [message for place in places for message in place.messages.values()]

    async def edit(self) -> None:
        if found := self.messages():
            self.count += 1
            await self.people[0].edit(self.dice.choice(found), f"Fact {self.count}.")

    async def delete(self) -> None:
        if found := self.messages():
            await self.stage.discord.hub.delete(self.dice.choice(found))

    async def delete_many(self) -> None:
        if len(found := list(self.support.messages.values())) > 3:
            await self.stage.discord.hub.delete_many(self.dice.sample(found, 2))

    async def open_thread(self) -> None:
        self.count += 1
        thread = await self.people[0].thread(f"Thread {self.count}", in_=self.support)
        self.threads.append(thread)
        await self.people[0].say("It begins.", in_=thread)

    async def rename(self) -> None:
        if self.threads:
            self.count += 1
            self.acme.rename(self.dice.choice(self.threads), f"Thread {self.count}")

    async def drop_thread(self) -> None:
        if self.threads:
            self.acme.delete_thread(self.threads.pop(self.dice.randrange(len(self.threads))))

    async def archive(self) -> None:
        if self.threads:
            self.acme.archive(self.dice.choice(self.threads))

    async def lose_line(self) -> None:
        await self.stage.discord.gateway.drop()
        await self.meanwhile()
        await self.stage.discord.gateway.connected()

    async def lose_session(self) -> None:
        await self.stage.discord.gateway.drop(resumable=False)
        await self.meanwhile()
        await self.stage.discord.gateway.connected()

    async def restart(self) -> None:
        await self.stage.stop()
        await self.meanwhile()
        await self.stage.start()

    async def hide(self) -> None:
        me = self.stage.discord.world.bot
        self.acme.overwrite(self.support, me, deny=VIEW_CHANNEL)
        await self.meanwhile()
        self.acme.overwrite(self.support, me)

    async def meanwhile(self) -> None:
        for _ in range(3):
            await self.dice.choice([self.say, self.edit, self.delete])()

    def expected(self) -> dict[str, list[tuple[str, str]]]:
        """What Discord shows, by source: ids and words of messages, in order."""
        found: dict[str, list[tuple[str, str]]] = {}
        for message in sorted(self.messages(), key=lambda one: int(one.id)):
            place = message.channel
            moment = datetime.fromtimestamp(((int(message.id) >> 22) + EPOCH_MS) / 1000, UTC)
            title = f"#support, {moment.day} {moment:%B %Y}"
            if place.is_thread:
                title = place.name
            found.setdefault(title, []).append((message.id, message.content))
        return found

    def held(self) -> dict[str, list[tuple[str, str]]]:
        """What the index holds."""
        return {one.title: said(one) for one in self.stage.documents.papers.values()}


def said(paper: Source) -> list[tuple[str, str]]:
    """Return the ids and words of the messages of a source."""
    starts = [*(place.start for place in paper.places), len(paper.text)]
    blocks = [paper.text[start:end].strip() for start, end in pairwise(starts)]
    ids = [place.fragment.removeprefix("message=") for place in paper.places]
    return [(id, block.split(":\n", 1)[1]) for id, block in zip(ids, blocks, strict=True)]


@pytest.mark.long
@pytest.mark.limit(120)
@pytest.mark.parametrize("seed", range(1, 21))
async def test_a_random_walk_ends_in_what_discord_shows(tmp_path: Path, seed: int) -> None:
    async with staged_with_content(tmp_path / "home") as stage:
        acme = stage.discord.guild("Acme")
        support, owner = acme.text("support"), stage.discord.owner(acme)
        walk = Walk(stage, acme, support, [acme.member("Ann"), owner], random.Random(seed))
        for _ in range(6):
            await walk.say()
        await stage.start()
        await follows(owner, support, in_=acme.text("general"))
        for _ in range(40):
            await walk.step()
        await stage.discord.gateway.connected()
        try:
            await eventually(lambda: walk.held() == walk.expected(), within=30)
        except TimeoutError:
            assert walk.held() == walk.expected()
        for message in walk.messages():
            await stage.discord.hub.delete(message)
        await eventually(lambda: not stage.documents.papers, within=30)
