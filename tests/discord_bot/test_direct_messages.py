"""Which documents a direct message looks in, over a local Discord: chosen, remembered, checked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.community.collection_names import default_collection
from bot.discord_bot.answer_buttons import NO_SERVERS
from index.config import SHARED_COLLECTION
from tests.doubles.discord.fixtures import Stage, eventually, source, staged
from tests.doubles.discord.server import GuildHandle, Interaction, Person, Role, Shown, Upload
from tests.doubles.discord.world import MANAGE_GUILD

SHARED = "A ceasefire agreement must be in place."
OURS = "Our ceasefire is at noon."
SECRET = "The secret ceasefire plan."
QUESTION = "Which ceasefire conditions are there?"
PLACEHOLDER = "Where shall I look?"
ONLY = "The shared library only"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path / "home") as made:
        made.documents.put(source(SHARED_COLLECTION, "peace.txt", SHARED, title="Peacekeeping"))
        yield made


def a_server(stage: Stage, name: str = "Acme") -> tuple[GuildHandle, Role, Person]:
    """A server with a document of its own, a role, and a member without it."""
    acme = stage.discord.guild(name)
    stage.documents.put(source(default_collection(int(acme.id)), f"{name}.txt", OURS))
    return acme, acme.role("board"), acme.member("Ann")


def done(shown: Shown) -> bool:
    return "Looking it up" not in shown.content


async def asks(person: Person, question: str = QUESTION) -> Shown:
    message = await person.dm(question)
    return await person.sees(lambda seen: seen.message.reply_to is message and done(seen))


async def offered(person: Person, shown: Shown) -> tuple[Shown, list[str]]:
    """Open the list of servers below an answer; return it with the names in it."""
    listed = await person.sees(to=await person.click(shown, "Documents"))
    return listed, [option["label"] for option in listed.component(PLACEHOLDER)["options"]]


async def chooses(person: Person, shown: Shown, name: str) -> Interaction:
    listed, _ = await offered(person, shown)
    chosen = await person.choose(listed, PLACEHOLDER, name)
    await person.sees("✅ Here I look in", to=chosen)
    return chosen


async def test_a_direct_message_says_where_it_looks_and_offers_the_servers_shared(
    stage: Stage,
) -> None:
    acme, _, ann = a_server(stage)
    a_server(stage, "Elsewhere")
    stage.discord.guild("Empty").join(ann)
    await stage.start()
    shown = await asks(ann)
    assert SHARED in shown.text
    assert OURS not in shown.text
    assert "-# I looked in the shared library." in shown.text.split("\n")
    assert shown.buttons[-1] == "Documents"
    listed, names = await offered(ann, shown)
    assert listed.text == "Here I look in the shared library."
    assert names == ["Acme", ONLY]
    told = await ann.sees(to=await ann.choose(listed, PLACEHOLDER, "Acme"))
    assert told.text == "✅ Here I look in 'server' of Acme and in the shared library."
    shown = await asks(ann)
    assert OURS in shown.text
    assert SHARED in shown.text
    assert "I looked in 'server' of Acme and in the shared library." in shown.text
    assert acme.id


async def test_the_choice_is_remembered_and_taken_back(stage: Stage) -> None:
    _, _, ann = a_server(stage)
    await stage.start()
    await chooses(ann, await asks(ann), "Acme")
    await stage.restart()
    shown = await asks(ann)
    assert OURS in shown.text
    listed, names = await offered(ann, shown)
    chosen = listed.component(PLACEHOLDER)["options"]
    assert [option["label"] for option in chosen if option.get("default")] == ["Acme"]
    assert names == ["Acme", ONLY]
    await chooses(ann, shown, ONLY)
    assert OURS not in (await asks(ann)).text
    await chooses(ann, shown, "Acme")
    assert OURS in (await asks(ann)).text
    await ann.sees("Forgotten", to=await ann.slash("forget", in_=shown.channel))
    assert OURS not in (await asks(ann)).text


async def test_buttons_commands_and_lists_follow_the_choice(stage: Stage) -> None:
    _, _, ann = a_server(stage)
    await stage.start()
    await chooses(ann, await asks(ann), "Acme")
    shown = await asks(ann, "When is our ceasefire at noon?")
    place = shown.channel
    cards = [await ann.sees(to=await ann.click(shown, f"Show {n}")) for n in (1, 2)]
    assert {"Acme.txt", "Peacekeeping"} == {seen.text.split("\n")[0] for seen in cards}
    assert "Acme.txt" in (await ann.sees(to=await ann.click(shown, "Why?"))).text
    assert "Acme.txt" in (await ann.sees(to=await ann.slash("sources", in_=place))).text
    about = await ann.sees(to=await ann.slash("about", in_=place))
    assert "Open to you here: server, shared library" in about.text
    names = await ann.autocomplete("ask", question="x", collection="", in_=place)
    assert [name for name, _ in names] == ["server", "shared library"]
    asked = await ann.slash("ask", question=QUESTION, collection="server", in_=place)
    answered = await ann.sees(to=asked)
    assert OURS in answered.text
    assert SHARED not in answered.text
    assert "I looked in 'server' of Acme." in answered.text
    form = await ann.sees_modal(await ann.click(answered, "Follow up"))
    more = await ann.sees(to=await ann.submit(form, {"Your question": QUESTION}))
    assert OURS in more.text


async def test_rights_are_checked_at_every_question_and_click(stage: Stage) -> None:
    acme, board, ann = a_server(stage)
    keepers = acme.role("keepers", MANAGE_GUILD)
    kim, general = acme.member("Kim", keepers), acme.text("general")
    acme.grant(ann, board)
    await stage.start()
    made = await kim.slash("collection create", name="board", role=board, in_=general)
    await kim.sees(to=made)
    page = Upload("plan.txt", SECRET.encode())
    added = await kim.slash("source add", file1=page, collection="board", in_=general)
    await kim.sees("1 added", to=added)
    await chooses(ann, await asks(ann), "Acme")
    shown = await asks(ann)
    assert SECRET in shown.text
    assert "'server', 'board' of Acme" in shown.text
    acme.revoke(ann, board)
    assert SECRET not in (await asks(ann)).text
    places = [label for label in shown.buttons if label.startswith("Show")]
    cards = [await ann.sees(to=await ann.click(shown, label)) for label in places]
    assert not any(SECRET in card.text for card in cards)
    assert sum("not available to you" in card.text for card in cards) == 1
    acme.leave(ann)
    shown = await asks(ann)
    assert OURS not in shown.text
    assert "I looked in the shared library." in shown.text
    nothing = await ann.sees(to=await ann.click(shown, "Documents"))
    assert nothing.text == f"Here I look in the shared library. {NO_SERVERS}"


async def test_what_may_be_read_in_some_channels_only_is_not_read_directly(stage: Stage) -> None:
    acme, _, ann = a_server(stage)
    keepers = acme.role("keepers", MANAGE_GUILD)
    kim, room = acme.member("Kim", keepers), acme.text("room")
    await stage.start()
    for command, given in (
        ("collection create", {"name": "room book"}),
        ("collection allow", {"name": "room book", "channel": room}),
        ("source add", {"file1": Upload("room.txt", SECRET.encode()), "collection": "room book"}),
    ):
        used = await kim.slash(command, in_=room, **given)
        await kim.sees(lambda seen: not seen.content.startswith("`"), to=used)
    await chooses(ann, await asks(ann), "Acme")
    assert SECRET not in (await asks(ann)).text


async def test_a_server_that_was_not_offered_cannot_be_chosen(stage: Stage) -> None:
    _, _, ann = a_server(stage)
    other, _, _ = a_server(stage, "Other")
    await stage.start()
    shown = await asks(ann)
    listed, _ = await offered(ann, shown)
    listed.component(PLACEHOLDER)["options"].append({"label": "Other", "value": other.id})
    forged = await ann.choose(listed, PLACEHOLDER, other.id)
    assert "not available to you" in (await ann.sees(to=forged)).text
    assert OURS not in (await asks(ann)).text


async def test_a_greeting_has_looked_nowhere_and_a_server_has_no_list(stage: Stage) -> None:
    acme, _, ann = a_server(stage)
    general = acme.text("general")
    stage.answerer.changes = {"kind": "greeting"}
    await stage.start()
    assert "I looked" not in (await asks(ann)).text
    forged = await ann.forge("q1:documents:x:0", in_=general)
    await ann.sees("not available to you", to=forged)


async def test_a_server_that_put_the_bot_out_is_no_longer_looked_in(stage: Stage) -> None:
    acme, _, ann = a_server(stage)
    await stage.start()
    await chooses(ann, await asks(ann), "Acme")
    assert OURS in (await asks(ann)).text
    acme.remove_bot()
    await eventually(lambda: stage.bot is not None and not stage.bot.guilds)
    shown = await asks(ann)
    assert OURS not in shown.text
    assert "I looked in the shared library." in shown.text
