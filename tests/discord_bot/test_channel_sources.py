"""A channel as a source: read, asked, edited, deleted, while the bot is there or not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.doubles.discord.channel_stage import (
    CONTENT,
    address,
    asks,
    follows,
    holds,
    staged_with_content,
    text,
)
from tests.doubles.discord.fixtures import Stage, a_server, eventually, staged
from tests.doubles.discord.messages import open_thread
from tests.doubles.discord.world import READ_HISTORY, VIEW_CHANNEL, User

DAY = 86_400.0


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged_with_content(tmp_path / "home") as made:
        yield made


def titles(stage: Stage) -> list[str]:
    return sorted(paper.title for paper in stage.documents.papers.values())


# --- what becomes a source -------------------------------------------------------------------


async def test_the_history_of_a_channel_becomes_answerable(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    support, secret = acme.text("support"), acme.text("layoffs", only=[kim])
    stage.discord.advance(-2 * DAY)
    said = f"The ceasefire begins at noon, says {kim.user.mention} in <#{general.id}>."
    said += f" Not in <#{secret.id}>. ||A surprise.|| `a || b || c`"
    first = await ann.say(said, in_=support)
    await stage.discord.hub.post(support, stage.discord.world.bot, "The ceasefire: I quote.")
    await stage.discord.hub.post(support, User("1", "Hook", bot=True), "The ceasefire by a hook.")
    await stage.discord.hub.post(support, ann.user, "Ann pinned the ceasefire.", type=6)
    await ann.upload({"plan.pdf": b"%PDF", "SPOILER_x.png": b"x"}, "# Plan of it", in_=support)
    stage.discord.advance(2 * DAY)
    for number in range(120):  # more than a page
        await kim.say(f"Boat {number} is green.", in_=support)
    await stage.start()
    await follows(kim, support, in_=general)
    await holds(stage, "noon", "Boat 0 is green", "Boat 119")
    shown = await asks(ann, general)
    assert address(acme, first) in shown.text
    assert "message of Ann" in shown.text
    assert "UTC" in shown.text
    assert len(titles(stage)) == 2
    assert all(title.startswith("#support, ") for title in titles(stage))
    everything = text(stage)
    assert "says @Kim in #general" in everything
    assert "`a || b || c`" in everything
    assert "Attached: plan.pdf" in everything
    assert "\\# Plan of it" in everything
    for hidden in ("layoffs", "surprise", "I quote", "by a hook", "pinned", "SPOILER", "<@", "<#"):
        assert hidden not in everything


async def test_a_whole_story(stage: Stage) -> None:
    """Asked, edited, deleted, and all of it again while the bot is away."""
    acme, general, kim, ann = a_server(stage)
    support = acme.text("support")
    await stage.start()
    await follows(kim, support, in_=general)
    message = await ann.say("The ceasefire begins at noon.", in_=support)
    await holds(stage, "at noon")
    assert address(acme, message) in (await asks(ann, general)).text
    await ann.edit(message, "The ceasefire begins at midnight.")
    await holds(stage, "at midnight", without=("at noon",))
    assert "at midnight" in (await asks(ann, general)).text
    other = await ann.say("Boats are green.", in_=support)
    await holds(stage, "Boats are green")
    await ann.delete(message)
    await holds(stage, "Boats are green", without=("midnight",))
    assert "midnight" not in (await asks(ann, general)).text
    many = [await ann.say(f"Car {number} is red.", in_=support) for number in range(3)]
    await holds(stage, "Car 2 is red")
    await stage.discord.hub.delete_many(many[:2])
    await holds(stage, "Car 2 is red", without=("Car 0", "Car 1"))

    await stage.stop()
    await ann.edit(other, "Boats are blue.")
    await ann.delete(many[2])
    await ann.say("The ceasefire begins at dawn.", in_=support)
    await stage.start()
    await holds(stage, "Boats are blue", "at dawn", without=("green", "Car 2"))
    assert "at dawn" in (await asks(ann, general)).text

    listed = await ann.sees("#support", to=await ann.slash("sources", in_=general))
    assert "days and threads: 1" in listed.text
    offered = dict(await kim.autocomplete("source remove", source="supp", in_=general))
    assert list(offered) == ["#support"]
    gone = await kim.slash("source remove", source=offered["#support"], in_=general)
    await kim.sees("no source any more", to=gone)
    assert text(stage) == ""
    await ann.say("The ceasefire is over.", in_=support)
    assert "ceasefire is over" not in (await asks(ann, general)).text


async def test_threads_and_forum_posts_are_sources_of_their_own(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    support, forum = acme.text("support"), acme.forum("ideas")
    old = await ann.thread("Old boats", in_=support)
    await ann.say("Boats were green.", in_=old)
    acme.archive(old)
    hidden = await ann.private_thread("Whispers", stage.discord.world.bot, in_=support)
    await ann.say("The ceasefire is a secret.", in_=hidden)
    post = await ann.forum_post("When is the ceasefire", "The ceasefire begins at noon.", in_=forum)
    await stage.start()
    for channel in (support, forum):
        await follows(kim, channel, in_=general)
    await holds(stage, "Old boats", "When is the ceasefire")
    live = await ann.thread("Cars", in_=support)
    message = await ann.say("Cars are red.", in_=live)
    await holds(stage, "Cars are red")
    assert titles(stage) == ["Cars", "Old boats", "When is the ceasefire"]
    assert address(acme, post) in (await asks(ann, general)).text
    acme.rename(live, "Cars of today")
    await holds(stage, "Cars of today")
    await ann.edit(message, "Cars are grey.")
    await holds(stage, "Cars are grey", without=("Cars are red",))
    acme.delete_thread(live)
    await holds(stage, "Old boats", without=("Cars",))
    await stage.stop()
    acme.delete_thread(post.channel)
    await stage.start()
    await holds(stage, "Old boats", without=("When is the ceasefire",))
    assert "secret" not in text(stage)


async def test_a_channel_that_is_renamed_or_deleted_is_followed(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    first, second = acme.text("first"), acme.text("second")
    await stage.start()
    for channel in (first, second):
        await ann.say(f"The ceasefire of {channel.name}.", in_=channel)
        await follows(kim, channel, in_=general)
    await holds(stage, "#first, ", "#second, ")
    acme.rename(first, "support")
    await holds(stage, "#support, ", without=("#first, ",))
    acme.delete_channel(first)
    await holds(stage, "#second, ", without=("#support",))
    await stage.stop()
    acme.delete_channel(second)
    await stage.start()
    await eventually(lambda: not stage.documents.papers)
    listed = await kim.sees("server", to=await kim.slash("collection list", in_=general))
    assert "second" not in listed.text


async def test_a_reading_that_fails_or_is_slowed_down_goes_on(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    support = acme.text("support")
    for day in (3, 2, 1):
        stage.discord.advance(-day * DAY)
        await ann.say(f"Day {day} has a boat.", in_=support)
        stage.discord.advance(day * DAY)
    await stage.start()
    stage.discord.throttle("GET", "/channels/*/messages", times=1, retry_after=0.3)
    await follows(kim, support, in_=general)
    await holds(stage, "Day 1")
    await stage.restart()
    await holds(stage, "Day 1", "Day 2", "Day 3")


async def test_a_thread_tells_the_message_that_it_began_with(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    hub, support = stage.discord.hub, acme.text("support")
    await stage.start()
    await follows(kim, support, in_=general)
    message = await ann.say("Which cars are red?", in_=support)
    thread = await open_thread(hub, support, {"name": "Cars"}, id=message.id, owner=ann.user)
    await hub.post(thread, ann.user, "", type=21, reply_to=message)
    await kim.say("All of them.", in_=thread)
    await ann.mention("Which cars are green?", in_=thread)
    await holds(stage, "Ann, ", "Which cars are red?\n\nKim, ", "All of them.")
    await ann.edit(message, "Which cars are grey?")
    await holds(stage, "Which cars are grey?\n\nKim, ", without=("are red",))
    assert "green" not in text(stage), "what is said to the bot answers nothing"


# --- without the right to read ---------------------------------------------------------------


async def test_without_the_text_of_messages_the_command_says_what_to_do(tmp_path: Path) -> None:
    async with staged(tmp_path / "home") as stage:
        _, general, kim, _ = a_server(stage)
        await stage.start()
        told = await kim.sees(to=await kim.slash("source channel", channel=general, in_=general))
        assert "Message Content" in told.text
        assert "QUOTH_" not in told.text
        assert not stage.discord.gateway.sessions[0].intents & CONTENT


async def test_when_the_text_is_no_longer_shown_nothing_of_a_channel_is(tmp_path: Path) -> None:
    async with staged_with_content(tmp_path / "home") as stage:
        acme, general, kim, ann = a_server(stage)
        support = acme.text("support")
        await ann.say("The ceasefire begins at noon.", in_=support)
        await stage.start()
        await follows(kim, support, in_=general)
        await holds(stage, "at noon")
        await stage.stop()
        settings = stage.parts.settings.model_copy(update={"message_content": "off"})
        object.__setattr__(stage.parts, "settings", settings)
        await stage.start()
        assert "noon" not in (await asks(ann, general)).text
        assert "support" not in (await ann.sees(to=await ann.slash("sources", in_=general))).text
        assert "at noon" in text(stage)


async def test_what_the_bot_may_not_read_it_says_and_does_not_quote(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    me, support = stage.discord.world.bot, acme.text("support")
    acme.overwrite(support, me, deny=READ_HISTORY)
    await stage.start()
    told = await kim.sees(to=await kim.slash("source channel", channel=support, in_=general))
    assert "I may not read" in told.text
    acme.overwrite(support, me)
    await ann.say("The ceasefire begins at noon.", in_=support)
    await follows(kim, support, in_=general)
    await holds(stage, "at noon")
    again = await kim.sees(to=await kim.slash("source channel", channel=support, in_=general))
    assert "already" in again.text
    acme.overwrite(support, me, deny=VIEW_CHANNEL)
    assert "noon" not in (await asks(ann, general)).text
    (message,) = support.messages.values()
    await ann.edit(message, "The ceasefire begins at dawn.")
    acme.overwrite(support, me)
    await holds(stage, "at dawn", without=("at noon",))


# --- erasing ---------------------------------------------------------------------------------


async def test_who_asks_to_be_forgotten_is_left_out_from_then_on(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    support = acme.text("support")
    stage.discord.advance(-2 * DAY)
    await ann.say("The ceasefire begins at noon.", in_=support)
    await kim.say("Boats are green.", in_=support)
    stage.discord.advance(2 * DAY)
    await stage.start()
    await follows(kim, support, in_=general)
    await holds(stage, "at noon", "Boats")
    await ann.sees("left out", to=await ann.slash("forget", in_=general))
    await holds(stage, "Boats", without=("at noon",))
    await ann.say("The ceasefire begins at dawn.", in_=support)
    await kim.say("Cars are red.", in_=support)
    await holds(stage, "Cars are red", without=("dawn",))
    await stage.restart()
    await kim.say("Bikes are blue.", in_=support)
    await holds(stage, "Bikes are blue", without=("dawn", "noon", "Ann"))


async def test_a_server_that_removes_the_bot_takes_its_channels_along(tmp_path: Path) -> None:
    given = {"QUOTH_KEEP_DAYS_AFTER_LEAVING": "0"}
    async with staged_with_content(tmp_path / "home", **given) as stage:
        acme, general, kim, ann = a_server(stage)
        await ann.say("The ceasefire begins at noon.", in_=general)
        await stage.start()
        await follows(kim, general, in_=general)
        await holds(stage, "at noon")
        acme.remove_bot()
        await eventually(lambda: not stage.documents.papers)
        records = stage.parts.records
        tables = ("bot_channels", "bot_channel_units", "bot_channel_authors")
        query = " UNION ".join(f"SELECT collection FROM {table}" for table in tables)

        async def nothing() -> bool:
            return not await records.run(records.rows, query)

        await eventually(nothing)
