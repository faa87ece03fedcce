"""A 👍 under what Quoth is not sure of makes it the answer of a server, over a local Discord."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.community.collection_names import collection_name
from bot.community.confirmed_answers import CONFIRMED
from bot.community.rights import CollectionRule, Limit
from bot.discord_bot.answer_buttons import CONFIRMING, NOTED
from bot.schema import NOT_SURE
from index.config import SHARED_COLLECTION
from tests.doubles.discord.fixtures import Stage, a_server, source, staged
from tests.doubles.discord.server import Person, Shown
from tests.doubles.discord.world import Channel

FERRY = "The ferry leaves at nine.\nParking is free of charge."
QUESTION = "When does the ferry leave?"
ANSWER = "The ferry leaves at nine."


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path / "home") as made:
        made.documents.put(source(SHARED_COLLECTION, "ferry.txt", FERRY, title="Ferry"))
        made.answerer.sure = False
        yield made


async def asks(person: Person, place: Channel, question: str = QUESTION) -> Shown:
    return await person.sees(to=await person.slash("ask", question=question, in_=place))


async def likes(person: Person, shown: Shown) -> str:
    return (await person.sees(to=await person.click(shown, "👍"))).text


async def dislikes(person: Person, shown: Shown) -> str:
    form = await person.sees_modal(await person.click(shown, "👎"))
    return (await person.sees(to=await person.submit(form, {}))).text


async def gaps(person: Person, place: Channel) -> str:
    return (await person.sees(to=await person.slash("gaps", in_=place))).text


def is_unsure(shown: Shown) -> bool:
    return NOT_SURE in shown.text and CONFIRMED not in shown.text


def is_confirmed(shown: Shown) -> bool:
    return NOT_SURE not in shown.text and CONFIRMED in shown.text and ANSWER in shown.text


async def test_a_thumb_up_makes_the_closest_the_answer_until_a_thumb_down(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    shown = await asks(ann, general)
    assert is_unsure(shown)
    assert QUESTION in await gaps(kim, general)
    assert await likes(kim, shown) == CONFIRMING
    assert "No open questions" in await gaps(kim, general)

    await stage.restart()
    again = await asks(ann, general, "when does the  FERRY leave")
    assert is_confirmed(again)
    assert again.buttons == ["Show 1", "Why?", "👍", "👎", "Follow up"]
    assert ANSWER in (await kim.sees(to=await kim.click(again, "Show 1"))).text
    assert "No open questions" in await gaps(kim, general)
    assert is_unsure(await asks(ann, general, "When does the ferry come back?"))

    assert "passed it on" in await dislikes(ann, again)
    assert "👎" in await gaps(kim, general)
    assert is_unsure(await asks(kim, general))
    assert "asked 2 times" in await gaps(kim, general)


async def test_a_change_of_mind_takes_a_confirmation_back(stage: Stage) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()
    shown = await asks(ann, general)
    await likes(ann, shown)
    await dislikes(ann, shown)
    assert is_unsure(await asks(ann, general))


async def test_a_private_answer_is_rated_and_confirmed_for_nobody(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, private=True, in_=general)
    shown = await ann.sees(to=asked)
    assert await likes(ann, shown) == NOTED
    assert QUESTION not in await gaps(kim, general)
    assert is_unsure(await asks(ann, general))


async def test_once_shared_it_can_be_confirmed_and_is_for_private_questions_too(
    stage: Stage,
) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    shown = await ann.sees(to=await ann.slash("ask", question=QUESTION, private=True, in_=general))
    await ann.sees("Shared.", to=await ann.click(shown, "Share"))
    assert await likes(kim, await kim.sees(is_unsure, in_=general)) == CONFIRMING
    asked = await ann.slash("ask", question=QUESTION, private=True, in_=general)
    assert is_confirmed(await ann.sees(to=asked))


async def test_another_server_and_a_direct_message_know_nothing_of_it(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    other = stage.discord.guild("Other")
    elsewhere = other.text("general")
    other.join(ann)
    await stage.start()
    await likes(kim, await asks(ann, general))
    assert is_unsure(await asks(ann, elsewhere))
    await ann.dm(QUESTION)
    direct = await ann.sees(is_unsure, in_=stage.discord.world.dm(ann.user))
    assert await likes(ann, direct) == NOTED
    assert is_confirmed(await asks(ann, general))


async def test_a_document_that_changes_voids_what_was_confirmed(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    shown = await asks(ann, general)
    await likes(kim, shown)
    changed = source(SHARED_COLLECTION, "ferry.txt", f"{FERRY} Always.", title="Ferry")
    stage.documents.put(changed)
    assert is_unsure(await asks(ann, general))
    assert await likes(kim, shown) == NOTED


async def test_forgetting_a_person_forgets_what_they_confirmed(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    await likes(kim, await asks(ann, general))
    await ann.sees("Forgotten", to=await ann.slash("forget", in_=general))
    assert is_confirmed(await asks(ann, general))
    await kim.sees("Forgotten", to=await kim.slash("forget", in_=general))
    assert is_unsure(await asks(ann, general))


async def test_nobody_confirms_what_they_may_no_longer_read(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    name = collection_name(int(acme.id), "harbour")
    stage.documents.papers.clear()
    stage.documents.put(source(name, "ferry.txt", FERRY, title="Ferry"))
    await stage.start()

    async def limit(roles: Limit) -> None:
        rule = CollectionRule(name=name, label="harbour", roles=roles)
        await stage.service.rules.change(int(acme.id), lambda held: held.with_rule(rule))

    await limit(Limit())
    shown = await asks(ann, general)
    assert is_unsure(shown)
    await limit(Limit().closed())
    assert await likes(ann, shown) == NOTED
    await limit(Limit())
    assert is_unsure(await asks(kim, general))
