"""Nobody sees what they may not read: canaries in two servers, whatever people try.

Every collection holds one sentence with a word of its own. People of several roles ask, complete,
click what they see, forge what they do not see, share and list, in an order drawn by a seed; after
each step, nothing on anybody's screen may hold a word that this person may not read there.
"""

from __future__ import annotations

import asyncio
import random
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.community.collection_names import collection_name, default_collection
from bot.community.rights import CollectionRule, GuildRules, Limit
from index.config import SHARED_COLLECTION
from index.schema import source_id
from tests.doubles.discord.fixtures import Stage, source, staged, staged_for_real
from tests.doubles.discord.people import snapshot
from tests.doubles.discord.server import GuildHandle, Interaction, Person, Shown
from tests.doubles.discord.world import MANAGE_GUILD, VIEW_CHANNEL, Channel, Role, permissions

CANARY = re.compile(r"canary\w+")


@dataclass
class Town:
    """Two servers, their people, and who may read which canary where."""

    stage: Stage
    guilds: dict[str, GuildHandle]
    roles: dict[str, Role]
    channels: dict[str, Channel]
    people: dict[str, Person]
    names: dict[str, str]
    """Collection by canary."""
    keys: list[str] = field(default_factory=list)
    """custom_ids that were ever on a screen."""
    checked: int = 0
    """Version of the last change that was looked at."""

    def may_read(self, person: Person, canary: str, channel: Channel) -> bool:
        """Say who may read what, written down apart from the code under test."""
        if canary == "canaryshared":
            return True
        guild = channel.guild
        if guild is None or person.id not in guild.members:
            return False
        held = {role.name for role in guild.members[person.id].roles}
        place = channel.parent.name if channel.is_thread and channel.parent else channel.name
        return {
            "canaryaopen": guild.name == "A",
            "canaryaboard": guild.name == "A" and "board" in held,
            "canarya0guest": guild.name == "A" and "guest" not in held,
            "canaryaroom": guild.name == "A" and place == "room",
            "canarybopen": guild.name == "B",
            "canarybboard": guild.name == "B" and "board" in held,
        }[canary]

    def check(self, step: str) -> None:
        """Look at what has changed on every screen."""
        world = self.stage.discord.world
        changed = [
            message
            for channel in world.channels.values()
            for message in channel.messages.values()
            if message.version > self.checked and message.author is world.bot
        ]
        for message in changed:
            shown = snapshot(message)
            canaries = set(CANARY.findall(f"{shown.text} {shown.attachments}"))
            for person in self.people.values():
                for canary in canaries if world.may_see(person.user, message) else ():
                    assert self.may_read(person, canary, message.channel), (
                        f"{step}: {person.user.name} sees {canary} in "
                        f"#{message.channel.name}: {shown.text}"
                    )
        self.checked = max((message.version for message in changed), default=self.checked)


async def build(stage: Stage) -> Town:
    a, b = stage.discord.guild("A"), stage.discord.guild("B")
    for one in (a, b):
        one.offer_commands(one.guild.everyone)
    roles = {
        "A board": a.role("board"),
        "A staff": a.role("staff"),
        "A guest": a.role("guest"),
        "A chief": a.role("chief", MANAGE_GUILD),
        "B board": b.role("board"),
    }
    channels = {
        "A general": a.text("general"),
        "A room": a.text("room"),
        "A boardroom": a.text("boardroom", only=[roles["A board"]]),
        "B general": b.text("general"),
        "B boardroom": b.text("boardroom", only=[roles["B board"]]),
    }
    people = {
        "A board": a.member("Abe", roles["A board"]),
        "A staff": a.member("Ada", roles["A staff"]),
        "A guest": a.member("Gil", roles["A guest"], roles["A board"]),
        "A chief": a.member("Kim", roles["A chief"]),
        "B board": b.member("Bob", roles["B board"]),
        "B plain": b.member("Bea"),
        "both": a.member("Zoe", roles["A staff"]),
    }
    b.join(people["both"], roles["B board"])
    names = {
        "canaryshared": SHARED_COLLECTION,
        "canaryaopen": default_collection(int(a.id)),
        "canaryaboard": collection_name(int(a.id), "board"),
        "canarya0guest": collection_name(int(a.id), "inner"),
        "canaryaroom": collection_name(int(a.id), "room"),
        "canarybopen": default_collection(int(b.id)),
        "canarybboard": collection_name(int(b.id), "board"),
    }
    return Town(stage, {"A": a, "B": b}, roles, channels, people, names)


async def rule(town: Town) -> None:
    """Set the limits that `may_read` describes."""
    book, roles = town.stage.service.rules, town.roles
    a, b = (int(town.guilds[name].id) for name in "AB")

    def named(canary: str, label: str, roles: Limit, channels: Limit) -> CollectionRule:
        return CollectionRule(name=town.names[canary], label=label, roles=roles, channels=channels)

    def for_a(rules: GuildRules) -> GuildRules:
        board = Limit().with_allowed(int(roles["A board"].id))
        guests = Limit().with_denied(int(roles["A guest"].id))
        room = Limit().with_allowed(int(town.channels["A room"].id))
        return (
            rules.with_rule(named("canaryaboard", "board", board, Limit()))
            .with_rule(named("canarya0guest", "inner", guests, Limit()))
            .with_rule(named("canaryaroom", "room", Limit(), room))
        )

    def for_b(rules: GuildRules) -> GuildRules:
        board = Limit().with_allowed(int(roles["B board"].id))
        return rules.with_rule(named("canarybboard", "board", board, Limit()))

    await book.change(a, for_a)
    await book.change(b, for_b)


def sentence(canary: str) -> str:
    return f"The ceasefire password of the mission is {canary}."


def name_of(canary: str) -> str:
    return f"paper-{canary}.txt"


async def fill_paper(town: Town) -> None:
    for canary, collection in town.names.items():
        town.stage.documents.put(
            source(collection, name_of(canary), sentence(canary), title=f"Paper {canary}")
        )


async def fill_for_real(town: Town) -> None:
    parts = town.stage.parts
    for canary, collection in town.names.items():
        report = await parts.bridge.run(
            parts.documents.add_text,
            collection,
            name_of(canary),
            sentence(canary),
            title=f"Paper {canary}",
            added_by=f"who knows {canary}",
        )
        assert report.added == 1


QUESTIONS = (
    "What is the ceasefire password of the mission?",
    "Which ceasefire password do the board and the guests have?",
    "Who knows the password?",
    "What is the capital of Australia?",
)


async def act(town: Town, chance: random.Random) -> str:
    """Do one thing that a person could try; return what it was."""
    person = chance.choice(list(town.people.values()))
    here = [
        channel
        for channel in town.channels.values()
        if channel.guild is not None
        and person.id in channel.guild.members
        and permissions(person.user, channel) & VIEW_CHANNEL
    ]
    channel = chance.choice(here)
    tries = [ask, ask, mention, complete, click, click, forge, forge, listing, gaps, follow_up]
    trial = chance.choice(tries)
    await trial(town, chance, person, channel)
    return f"{person.user.name} {trial.__name__} in #{channel.name}"


async def wait(town: Town, person: Person, used: Interaction) -> Shown:
    shown = await person.sees(to=used, within=30)
    for item in shown.components:
        for part in item.get("components", ()):
            if "custom_id" in part:
                town.keys.append(part["custom_id"])
    return shown


async def ask(town: Town, chance: random.Random, person: Person, channel: Channel) -> None:
    given: dict[str, object] = {"question": chance.choice(QUESTIONS)}
    if chance.random() < 0.5:
        given["private"] = chance.random() < 0.5
    canary = chance.choice(list(town.names))
    draw = chance.random()
    if draw < 0.2:
        given["source"] = source_id(town.names[canary], name_of(canary))
    elif draw < 0.3:
        given["source"] = "paper"
    elif draw < 0.5:
        given["collection"] = town.names[canary]
    await wait(town, person, await person.slash("ask", in_=channel, **given))


async def mention(town: Town, chance: random.Random, person: Person, channel: Channel) -> None:
    message = await person.mention(chance.choice(QUESTIONS), in_=channel)
    await person.sees(
        lambda shown: shown.message.reply_to is message and "Looking" not in shown.text,
        in_=channel,
        within=30,
    )


async def complete(town: Town, chance: random.Random, person: Person, channel: Channel) -> None:
    command, option = chance.choice(
        [("ask", "source"), ("ask", "collection"), ("source remove", "source"),
         ("source refresh", "source"), ("source add", "collection"), ("sources", "collection"),
         ("collection deny", "name")]
    )  # fmt: skip
    typed: dict[str, Any] = {option: chance.choice(["", "canary", "paper", "b"])}
    offered = await person.autocomplete(command, in_=channel, **typed)
    manager = person is town.people["A chief"]
    for label, _ in offered:
        for canary in CANARY.findall(label):
            assert town.may_read(person, canary, channel) or (
                manager and canary.startswith("canarya")
            ), f"{person.user.name} is offered {label!r} in #{channel.name}"


async def click(town: Town, chance: random.Random, person: Person, channel: Channel) -> None:
    buttons = [
        (shown, item)
        for shown in person.screen(channel)
        for name in shown.buttons
        if name and name not in ("Follow up", "👎", "Open original") and "Answer" not in name
        for item in [shown.component(name)]
        if not item.get("disabled") and item.get("custom_id")
    ]
    if buttons:
        shown, item = chance.choice(buttons)
        used = await person.click(shown, item["custom_id"])
        await wait(town, person, used)


async def forge(town: Town, chance: random.Random, person: Person, channel: Channel) -> None:
    """Send the custom_id of somebody else's button, perhaps with another number."""
    known = [key for key in town.keys if not key.startswith(("q1:more", "q1:down", "q1:gap:"))]
    if not known:
        return
    custom_id = chance.choice(known)
    if chance.random() < 0.5:
        action = chance.choice(["show", "card", "why", "share", "again", "review", "up"])
        custom_id = re.sub(r"q1:\w+:", f"q1:{action}:", custom_id)
        custom_id = re.sub(r":\d+$", f":{chance.randint(0, 4)}", custom_id)
    await wait(town, person, await person.forge(custom_id, in_=channel))


async def listing(town: Town, chance: random.Random, person: Person, channel: Channel) -> None:
    names = [None, *town.names.values()]
    name = chance.choice(names)
    given = {"collection": name} if name else {}
    await wait(town, person, await person.slash("sources", in_=channel, **given))


async def gaps(town: Town, chance: random.Random, person: Person, channel: Channel) -> None:
    shown = await wait(town, person, await person.slash("gaps", in_=channel))
    assert ("Gaps" in shown.text or "No open" in shown.text) == (person is town.people["A chief"])


async def follow_up(town: Town, chance: random.Random, person: Person, channel: Channel) -> None:
    """Fill in the form of any answer, with private and open swapped half the time."""
    known = [key for key in town.keys if key.startswith("q1:more")]
    if not known:
        return
    custom_id = chance.choice(known)
    if chance.random() < 0.5:
        custom_id = re.sub(r":\d$", f":{chance.randint(0, 1)}", custom_id)
    form = await person.sees_modal(await person.forge(custom_id, in_=channel))
    used = await person.submit(form, {"Your question": chance.choice(QUESTIONS)})
    await wait(town, person, used)


async def run_through(town: Town, seed: int, steps: int) -> None:
    chance = random.Random(seed)
    for step in range(steps):
        did = await act(town, chance)
        town.check(f"step {step}: {did}")


def all_seen(town: Town) -> set[str]:
    return {
        canary
        for channel in town.stage.discord.world.channels.values()
        for message in channel.messages.values()
        if message.author is town.stage.discord.world.bot
        for canary in CANARY.findall(message.content)
    }


@pytest.mark.parametrize("seed", range(2))
async def test_no_canary_crosses_whatever_people_try(tmp_path: Path, seed: int) -> None:
    async with staged(tmp_path / "home") as stage:
        town = await build(stage)
        await fill_paper(town)
        stage.answerer.sure = seed % 2 == 0
        await stage.start()
        await rule(town)
        await run_through(town, seed, 150)
        await stage.restart()
        await run_through(town, seed + 100, 50)
        # The test would pass on a bot that never answers: every canary was seen by someone.
        assert all_seen(town) >= set(town.names) - {"canaryaroom"}


@pytest.mark.long
@pytest.mark.limit(1800)  # twenty times as many steps as the short form
@pytest.mark.parametrize("seed", range(100, 110))
async def test_no_canary_crosses_in_a_thousand_steps(tmp_path: Path, seed: int) -> None:
    async with staged(tmp_path / "home") as stage:
        town = await build(stage)
        await fill_paper(town)
        stage.answerer.sure = seed % 2 == 0
        await stage.start()
        await rule(town)
        await run_through(town, seed, 1000)
        assert all_seen(town) >= set(town.names) - {"canaryaroom"}


async def test_no_canary_crosses_over_the_real_index(own_folder: Path) -> None:
    async with staged_for_real(own_folder) as stage:
        town = await build(stage)
        await fill_for_real(town)
        await stage.start()
        await rule(town)
        await run_through(town, 7, 70)
        assert len(all_seen(town)) >= 4


async def test_taking_a_role_away_closes_old_cards_and_turned_pages(tmp_path: Path) -> None:
    async with staged(tmp_path / "home") as stage:
        town = await build(stage)
        await fill_paper(town)
        await stage.start()
        await rule(town)
        abe, place = town.people["A board"], town.channels["A general"]
        shown = await abe.sees(to=await abe.slash("ask", question=QUESTIONS[0], in_=place))
        markers = re.findall(r"\[(\d+)\] \*\*Paper canaryaboard", shown.text)
        card = await abe.sees(to=await abe.click(shown, f"Show {markers[0]}"))
        assert "canaryaboard" in card.text
        town.guilds["A"].revoke(abe, town.roles["A board"])
        refused = await abe.sees(to=await abe.click(shown, f"Show {markers[0]}"))
        assert "not available to you" in refused.text
        why = await abe.sees(to=await abe.click(shown, "Why?"))
        assert "canaryaboard" not in why.text
        assert "canaryaopen" in why.text
        follow = await abe.sees_modal(await abe.click(shown, "Follow up"))
        more = await abe.submit(follow, {"Your question": QUESTIONS[0]})
        assert "canaryaboard" not in (await abe.sees(to=more)).text
        assert all("canaryaboard" not in turn.text for turn in stage.answerer.asked[-1].history)


async def test_an_answer_promised_to_everybody_holds_nothing_that_is_closed_meanwhile(
    tmp_path: Path,
) -> None:
    async with staged(tmp_path / "home") as stage:
        acme = stage.discord.guild("Acme")
        acme.offer_commands(acme.guild.everyone)
        board = acme.role("board")
        general, abe = acme.text("general"), acme.member("Abe", board)
        own = default_collection(int(acme.id))
        stage.documents.put(source(own, "plan.txt", "The secret plan is canaryplan."))
        await stage.start()
        service, gate = stage.service, threading.Event()
        held = asyncio.ensure_future(stage.parts.records.run(gate.wait))
        limit = Limit().with_allowed(int(board.id))
        closed = asyncio.ensure_future(
            service.rules.change(
                int(acme.id),
                lambda rules: rules.with_rule(
                    CollectionRule(name=own, label="server", roles=limit)
                ),
            )
        )
        asked = await abe.slash("ask", question="What is the secret plan?", in_=general)
        await asked.responded.wait()
        gate.set()
        await asyncio.gather(held, closed)
        shown = await abe.sees(to=asked)
        assert not shown.ephemeral
        assert "canaryplan" not in shown.text
