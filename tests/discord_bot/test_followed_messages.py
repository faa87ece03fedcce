"""Messages that became sources are followed: edits and deletions, while the bot is there or not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.doubles.discord.fixtures import Stage, a_server, eventually, source, staged
from tests.doubles.discord.server import Person
from tests.doubles.discord.world import READ_HISTORY, VIEW_CHANNEL, Message

TEXT = "The ceasefire begins at noon."
NEW = "The ceasefire begins at midnight."
CONTENT = 1 << 15


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path / "home") as made:
        yield made


async def adds(manager: Person, message: Message) -> None:
    await manager.sees("added", to=await manager.menu("Add to sources", message))


def texts(stage: Stage) -> list[str]:
    return sorted(paper.text for paper in stage.documents.papers.values())


async def holds(stage: Stage, *expected: str) -> None:
    """Wait until the sources are these texts."""
    try:
        await eventually(lambda: texts(stage) == sorted(expected))
    except TimeoutError:
        assert texts(stage) == sorted(expected)


async def looked(stage: Stage, message: Message) -> None:
    """Wait until a message has been fetched."""
    path = f"/channels/{message.channel.id}/messages/{message.id}"
    await eventually(lambda: any(one.path == path for one in stage.discord.log))


# --- while the bot is there ------------------------------------------------------------------


async def test_a_deleted_message_takes_its_source_along(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    await stage.start()
    message, other = await ann.say(TEXT, in_=general), await ann.say(NEW, in_=general)
    for one in (message, other):
        await adds(kim, one)
    await ann.delete(message)
    await holds(stage, NEW)
    shown = await kim.sees(to=await kim.slash("sources", in_=general))
    assert "noon" not in shown.text
    assert "midnight" in shown.text
    assert acme.id


async def test_messages_deleted_together_take_their_sources_along(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    messages = [await ann.say(f"{TEXT} {number}", in_=general) for number in range(3)]
    for message in messages:
        await adds(kim, message)
    await stage.discord.hub.delete_many(messages[:2])
    await holds(stage, f"{TEXT} 2")


async def test_a_channel_and_a_thread_that_go_take_their_sources_along(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    hall = acme.text("hall")
    await stage.start()
    thread, other = await ann.thread("a", in_=general), await ann.thread("b", in_=hall)
    places = {general: "open", thread: "in a", other: "in b", hall: "in the hall"}
    for place, text in places.items():
        await adds(kim, await ann.say(text, in_=place))
    acme.delete_thread(thread)
    await holds(stage, "open", "in b", "in the hall")
    acme.delete_channel(hall)
    await holds(stage, "open")


async def test_an_edit_that_can_be_read_gives_the_source_its_new_text(stage: Stage) -> None:
    """Without the intent, that is the text of messages that mention the bot."""
    _, general, kim, ann = a_server(stage)
    await stage.start()
    me = stage.discord.world.bot.mention
    message = await ann.say(f"{me} {TEXT}", in_=general)
    await ann.sees("", in_=general)
    await adds(kim, message)
    await ann.edit(message, f"{me} {NEW}")
    await holds(stage, f"{me} {NEW}")
    (paper,) = stage.documents.papers.values()
    assert paper.added_by == "Kim"
    assert paper.url
    assert "midnight" in paper.title


async def test_an_edit_that_cannot_be_read_removes_the_source_and_says_so(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    message = await ann.say(TEXT, in_=general)
    await adds(kim, message)
    await ann.edit(message, NEW)
    await holds(stage)
    told = await kim.sees("does not show me its new text", in_=stage.discord.world.dm(kim.user))
    assert message.id in told.text
    assert "noon" not in told.text
    assert "**Acme**" in told.text
    assert stage.discord.world.dm(ann.user).messages == {}
    await adds(kim, message)
    await holds(stage, NEW)


async def test_a_preview_of_a_link_is_no_edit(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    message = await ann.say(f"{TEXT} https://example.org", in_=general)
    await adds(kim, message)
    message.embeds = [{"type": "link", "title": "Example", "url": "https://example.org"}]
    await stage.discord.hub.publish(message, "MESSAGE_UPDATE")
    other = await ann.say(NEW, in_=general)
    await adds(kim, other)
    await ann.delete(other)
    await holds(stage, f"{TEXT} https://example.org")


async def test_with_the_intent_every_edit_is_read(tmp_path: Path) -> None:
    async with staged(tmp_path / "home", QUOTH_MESSAGE_CONTENT="on") as stage:
        stage.discord.gateway.allowed = CONTENT
        _, general, kim, ann = a_server(stage)
        await stage.start()
        message = await ann.say(TEXT, in_=general)
        await adds(kim, message)
        await ann.edit(message, NEW)
        await holds(stage, NEW)
        await ann.edit(message, "")
        await holds(stage)


async def test_with_the_intent_in_the_portal_alone_the_text_is_fetched(stage: Stage) -> None:
    stage.discord.gateway.allowed = CONTENT
    _, general, kim, ann = a_server(stage)
    await stage.start()
    message = await ann.say(TEXT, in_=general)
    await adds(kim, message)
    await ann.edit(message, NEW)
    await holds(stage, NEW)


async def test_files_follow_their_message(tmp_path: Path) -> None:
    async with staged(tmp_path / "home", QUOTH_MESSAGE_CONTENT="on") as stage:
        stage.discord.gateway.allowed = CONTENT
        _, general, kim, ann = a_server(stage)
        await stage.start()
        message = await ann.upload({"a.txt": b"A file.", "b.txt": b"Another."}, in_=general)
        await adds(kim, message)
        await ann.edit(message, "see below")
        await ann.edit(message, "see below", without="a.txt")
        await holds(stage, "Another.")
        await ann.delete(message)
        await holds(stage)


async def test_a_message_deleted_while_its_files_are_read_leaves_nothing(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    message = await ann.upload({"a.txt": b"A file.", "b.txt": b"Another."}, in_=general)
    stage.discord.slow("PATCH /webhooks/*", 0.3)
    used = await kim.menu("Add to sources", message)
    await eventually(lambda: texts(stage))
    await ann.delete(message)
    await kim.sees("2 added", to=used)
    await holds(stage)


async def test_a_file_that_others_put_in_its_place_stays(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    first = await ann.upload({"a.txt": b"A file.", "same.txt": b"Twice."}, in_=general)
    second = await ann.upload({"same.txt": b"Twice."}, in_=general)
    third = await ann.upload({"a.txt": b"A newer file."}, in_=general)
    for message in (first, second, third):
        await kim.sees("✅", to=await kim.menu("Add to sources", message))
    await eventually(lambda: "A newer file." in texts(stage))
    await ann.delete(first)
    await ann.delete(await ann.say("marker", in_=general))
    await holds(stage, "A newer file.", "Twice.")
    await ann.delete(second)
    await holds(stage, "A newer file.")


async def test_a_source_that_was_removed_by_hand_does_not_come_back(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    me = stage.discord.world.bot.mention
    message, other = await ann.say(f"{me} {TEXT}", in_=general), await ann.say("x y", in_=general)
    for one in (message, other):
        await adds(kim, one)
    (paper,) = (one for one in stage.documents.papers.values() if "noon" in one.text)
    await kim.sees("Removed", to=await kim.slash("source remove", source=paper.id, in_=general))
    await ann.edit(message, f"{me} {NEW}")
    await ann.delete(other)
    await holds(stage)


# --- while the bot was away ------------------------------------------------------------------


async def test_what_happened_while_the_bot_was_away_is_found_at_the_start(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    hall = acme.text("hall")
    await stage.start()
    me = stage.discord.world.bot.mention
    said = ["stays", "is deleted", "is edited", f"{me} is edited openly", f"{me} stays"]
    messages = [await ann.say(text, in_=general) for text in said]
    messages.append(await ann.say("goes with its channel", in_=hall))
    for message in messages:
        await adds(kim, message)
    await stage.stop()
    await ann.delete(messages[1])
    await ann.edit(messages[2], "unknown")
    await ann.edit(messages[3], f"{me} {NEW}")
    acme.delete_channel(hall)
    await stage.start()
    await holds(stage, "stays", f"{me} {NEW}", f"{me} stays")
    told = await kim.sees("does not show me its new text", in_=stage.discord.world.dm(kim.user))
    assert messages[2].id in told.text


async def test_where_the_bot_may_not_read_a_source_stays(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    back, side = acme.text("back"), acme.text("side")
    await stage.start()
    for place in (general, back):
        await adds(kim, await ann.say(f"in {place.name}", in_=place))
    looked_at_last = await ann.say("in side", in_=side)
    await adds(kim, looked_at_last)
    await stage.stop()
    await ann.delete(looked_at_last)
    acme.overwrite(general, stage.discord.world.bot, deny=READ_HISTORY)
    acme.overwrite(back, stage.discord.world.bot, deny=VIEW_CHANNEL)
    await stage.start()
    for place in (general, back):
        (message,) = (one for one in place.messages.values() if one.author is ann.user)
        await looked(stage, message)
    await holds(stage, "in general", "in back")


async def test_messages_added_before_they_were_followed_are_followed_now(stage: Stage) -> None:
    acme, general, _, ann = a_server(stage)
    message = await ann.say(TEXT, in_=general)
    address = f"https://discord.com/channels/{acme.id}/{general.id}/{message.id}"
    paper = source(f"guild-{acme.id}", f"message-{message.id}.txt", TEXT, url=address)
    stage.documents.put(paper)
    await stage.start()
    await ann.delete(message)
    await holds(stage)


async def test_looking_takes_its_time_and_heeds_limits(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    messages = [await ann.say(f"text {number}", in_=general) for number in range(3)]
    for message in messages:
        await adds(kim, message)
    await stage.stop()
    await ann.delete(messages[2])
    stage.discord.throttle("GET", "/channels/*/messages/*", times=2, retry_after=0.4)
    before = len(stage.discord.log)
    await stage.start()
    await holds(stage, "text 0", "text 1")
    times = [
        one.at
        for one in stage.discord.log[before:]
        if one.method == "GET" and "/messages/" in one.path and one.status != 429
    ]
    assert all(later - sooner >= 0.9 for sooner, later in pairwise(times))
