"""Who is quoted what from a channel: nobody what they could not read there themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import chain, combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.community.channel_rights import Gate, Grant, leads_through, open_gate
from tests.doubles.discord.channel_stage import WHEN, asks, follows, holds, staged_with_content
from tests.doubles.discord.fixtures import Stage
from tests.doubles.discord.server import GuildHandle, Person, Shown
from tests.doubles.discord.world import (
    MANAGE_GUILD,
    READ_HISTORY,
    VIEW_CHANNEL,
    Channel,
    Role,
)

SECRET = "The ceasefire begins at noon."


@dataclass(frozen=True)
class House:
    """A server in which #staff, read by the role staff alone, is a source."""

    stage: Stage
    acme: GuildHandle
    staff: Role
    general: Channel
    room: Channel
    """#staff"""
    sam: Person
    """Of the staff."""
    ann: Person
    """A member."""
    kim: Person
    """A manager who is not of the staff."""

    async def is_told(self, person: Person, in_: Channel, *, private: bool) -> bool:
        """Say whether somebody who asks is quoted what was said in #staff."""
        shown = await asks(person, in_, private=private)
        assert ("noon" in shown.text) == ("#staff" in shown.text), shown.text
        return "noon" in shown.text


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with staged_with_content(tmp_path / "home") as stage:
        acme = stage.discord.guild("Acme")
        staff, keepers = acme.role("staff"), acme.role("keepers", MANAGE_GUILD)
        general, room = acme.text("general"), acme.text("staff", only=[staff])
        sam, ann, kim = (
            acme.member("Sam", staff, keepers),
            acme.member("Ann"),
            acme.member("Kim", keepers),
        )
        await sam.say(SECRET, in_=room)
        await stage.start()
        await follows(sam, room, in_=room)
        await holds(stage, "noon")
        yield House(stage, acme, staff, general, room, sam, ann, kim)


# --- who asks --------------------------------------------------------------------------------


async def test_who_may_not_read_a_channel_learns_nothing_of_it(house: House) -> None:
    ann, general = house.ann, house.general
    for private in (True, False):
        assert not await house.is_told(ann, general, private=private)
    listed = await ann.sees(to=await ann.slash("sources", in_=general))
    assert "staff" not in listed.text
    assert not await ann.autocomplete("ask", question="x", source="", in_=general)
    assert not await ann.autocomplete("sources", collection="staff", in_=general)
    assert not await ann.autocomplete("ask", question="x", collection="staff", in_=general)
    for forged in (f"guild-{house.acme.id}-channel-{house.room.id}", "#staff"):
        asked = await ann.slash("ask", question=WHEN, collection=forged, in_=general)
        assert "noon" not in (await ann.sees(to=asked)).text
    about = await ann.sees("Open to you", to=await ann.slash("about", in_=general))
    assert "#staff" not in about.text


async def test_a_manager_who_may_not_read_a_channel_learns_nothing_of_it(house: House) -> None:
    kim, general = house.kim, house.general
    assert not await house.is_told(kim, general, private=True)
    for command in ("sources", "collection list"):
        shown = await kim.sees(to=await kim.slash(command, in_=general))
        assert "staff" not in shown.text
    assert not await kim.autocomplete("source remove", source="staff", in_=general)
    assert not await kim.autocomplete("source refresh", source="staff", in_=general)
    assert not await kim.autocomplete("collection allow", name="staff", in_=general)
    for command, name in (("source remove", "source"), ("collection delete", "name")):
        shown = await kim.sees(to=await kim.slash(command, **{name: "#staff"}, in_=general))
        assert "There is no" in shown.text, command
    told = await kim.slash("source channel", channel=house.room, in_=general)
    assert "may not read that channel" in (await kim.sees(to=told)).text
    disliked = await asks(house.sam, house.room)
    await house.sam.click(disliked, "👎")
    gaps = await kim.sees(to=await kim.slash("gaps", in_=general))
    assert "ceasefire" not in gaps.text


async def test_rights_are_those_of_the_moment(house: House) -> None:
    sam, acme, general = house.sam, house.acme, house.general
    before = await asks(sam, general, private=True)
    assert "noon" in before.text
    acme.revoke(sam, house.staff)
    assert not await house.is_told(sam, general, private=True)
    card = await sam.sees(to=await sam.click(before, "Show 1"))
    assert "noon" not in card.text
    why = await sam.sees(to=await sam.click(before, "Why?"))
    assert "#staff" not in why.text
    acme.grant(sam, house.staff)
    assert await house.is_told(sam, general, private=True)
    acme.overwrite(house.room, house.staff, allow=VIEW_CHANNEL, deny=READ_HISTORY)
    assert not await house.is_told(sam, general, private=True)
    acme.overwrite(house.room, house.staff, allow=VIEW_CHANNEL)
    acme.overwrite(house.room, sam, deny=VIEW_CHANNEL)
    assert not await house.is_told(sam, general, private=True)


# --- who sees the answer ---------------------------------------------------------------------


async def test_an_open_answer_quotes_only_what_everyone_who_sees_it_may_read(
    house: House,
) -> None:
    sam, acme, staff = house.sam, house.acme, house.staff
    helper = acme.role("helper")
    chat, mixed = acme.text("chat", only=[staff]), acme.text("mixed", only=[staff, helper])
    lounge = acme.text("lounge", only=[staff, house.ann])
    thread = await sam.thread("about", in_=house.room)
    for place in (house.room, thread, chat):
        assert await house.is_told(sam, place, private=False), place.name
    for place in (house.general, mixed, lounge):
        assert not await house.is_told(sam, place, private=False), place.name
        assert await house.is_told(sam, place, private=True), place.name
    shown = await asks(sam, house.general)
    assert shown.ephemeral, "by itself it is shown to nobody else"
    assert "noon" in shown.text
    shared = await sam.sees(to=await sam.click(shown, "Share"))
    assert "cannot share" in shared.text
    assert all("noon" not in seen.text for seen in house.ann.screen(house.general))
    await sam.mention(WHEN, in_=house.general)
    answered = await house.ann.sees(in_=house.general)
    assert "noon" not in answered.text


async def test_a_person_who_is_kept_out_by_name_keeps_a_channel_out_of_open_answers(
    house: House,
) -> None:
    acme, sam, ann, general = house.acme, house.sam, house.ann, house.general
    support = acme.text("support")
    await sam.say("The ceasefire begins at dawn.", in_=support)
    await follows(sam, support, in_=general)
    await holds(house.stage, "dawn")
    assert "dawn" in (await asks(ann, general, private=False)).text
    for denied in (READ_HISTORY, VIEW_CHANNEL):
        acme.overwrite(support, ann, deny=denied)
        assert "dawn" not in (await asks(ann, general, private=True)).text
        assert "dawn" not in (await asks(sam, general, private=False)).text
        assert "dawn" in (await asks(sam, general, private=True)).text


async def test_in_direct_messages_the_rights_are_those_in_the_server(house: House) -> None:
    sam, acme = house.sam, house.acme
    first = await writes(sam)
    assert "noon" not in first.text, "no server is chosen yet"
    listed = await sam.sees(to=await sam.click(first, "Documents"))
    await sam.sees("✅", to=await sam.choose(listed, "Where shall I look?", "Acme"))
    assert "noon" in (await writes(sam)).text
    acme.revoke(sam, house.staff)
    assert "noon" not in (await writes(sam)).text
    other = await house.ann.sees(to=await house.ann.click(await writes(house.ann), "Documents"))
    assert "Acme" not in other.text
    assert "Acme" not in str(other.components), "there is nothing there that Ann may read"


async def writes(person: Person) -> Shown:
    """Ask in a direct message, and return the answer."""
    asked = await person.dm(WHEN)
    return await person.sees(
        lambda seen: seen.message.reply_to is asked and "Looking" not in seen.content
    )


# --- the rule of roles -----------------------------------------------------------------------

EVERYONE = 1
ROLES = (EVERYONE, 2, 3, 4)
GRANT = st.builds(Grant, st.booleans(), st.sampled_from([None, True, False]), st.just(False))
GRANTS = st.tuples(*[GRANT] * len(ROLES))


def gate(grants: tuple[Grant, ...]) -> Gate:
    return Gate(EVERYONE, dict(zip(ROLES, grants, strict=True)))


@given(GRANTS, GRANTS)
@settings(max_examples=150, deadline=None)
def test_two_roles_tell_what_all_sets_of_roles_would(
    first: tuple[Grant, ...], second: tuple[Grant, ...]
) -> None:
    here, there = gate(first), gate(second)
    sets = chain.from_iterable(combinations(ROLES[1:], size) for size in range(4))
    everybody = [(EVERYONE, *held) for held in sets]
    expected = all(there.passes(held) for held in everybody if here.passes(held))
    assert leads_through(here, there) == expected
    assert leads_through(here, open_gate(there))
    assert leads_through(open_gate(here), there) == all(map(there.passes, everybody))


def test_a_channel_that_shuts_out_very_many_roles_is_open_to_nobody_else() -> None:
    grant = Grant(base=True, overwrite=None)
    shut = {id: grant._replace(overwrite=False) for id in range(2, 40)}
    closed = Gate(EVERYONE, {EVERYONE: grant, **shut})
    assert not leads_through(closed, closed)
