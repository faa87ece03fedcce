"""Starting, stopping, losing the line and failing, over a local Discord."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import discord
import pytest
from discord import app_commands
from pydantic import SecretStr

from bot.community.fair_queue import PER_PERSON
from bot.community.question_intake import StoppingError, TookTooLongError
from bot.community.service import GRACE
from bot.discord_bot.client import ShardedBot, intents
from bot.discord_bot.error_replies import OUT_OF_ORDER
from bot.discord_bot.gateway_address import WRONG_TOKEN, find_gateway
from bot.discord_bot.invite import PERMISSIONS, application_of, invite_link
from bot.discord_bot.process import LAST_MOMENT
from bot.discord_bot.run import (
    NO_TOKEN,
    build_bot,
    commands_hash,
    run,
    serve,
    shut_down,
    sync_commands,
)
from bot.errors import ModelUnavailable
from index.config import SHARED_COLLECTION
from index.errors import ConfigurationError, StoreError
from tests.conftest import ROOT
from tests.doubles.discord.fixtures import Stage, eventually, settings_for, source, staged, wordy
from tests.doubles.discord.hub import interaction_payload
from tests.doubles.discord.server import DiscordServer, GuildHandle, Person, Shown
from tests.doubles.discord.world import Channel

QUESTION = "Which ceasefire conditions are there?"
SENTENCE = "A ceasefire agreement must be in place."
ELSEWHERE = "ws://127.0.0.1:9/nobody-listens-here"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path / "home") as made:
        made.documents.put(source(SHARED_COLLECTION, "peace.txt", SENTENCE, title="Peacekeeping"))
        yield made


def a_server(stage: Stage) -> tuple[GuildHandle, Channel, Person]:
    acme = stage.discord.guild("Acme")
    return acme, acme.text("general"), acme.member("Ann")


def is_done(shown: Shown) -> bool:
    return SENTENCE in shown.text


# --- starting --------------------------------------------------------------------------------


def test_a_missing_token_is_one_plain_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        run(settings_for(tmp_path / "home"))
    assert str(caught.value) == NO_TOKEN


async def test_a_wrong_token_is_one_plain_line(stage: Stage) -> None:
    wrong = stage.parts.settings.model_copy(update={"discord_token": SecretStr("wrong")})
    with pytest.raises(ConfigurationError) as caught:
        await serve(dataclasses.replace(stage.parts, settings=wrong))
    assert str(caught.value) == WRONG_TOKEN


async def test_an_unreachable_discord_is_one_plain_line(tmp_path: Path) -> None:
    settings = settings_for(
        tmp_path / "home",
        {"DISCORD_TOKEN": "x", "QUOTH_DISCORD_API_URL": "http://127.0.0.1:9/api/v10"},
    )
    with pytest.raises(ConfigurationError, match=r"cannot be reached .*QUOTH_DISCORD"):
        await find_gateway(settings, "x")


async def test_commands_are_registered_when_they_changed_and_only_then(stage: Stage) -> None:
    a_server(stage)
    await stage.start()
    await stage.restart()
    assert stage.discord.hub.registrations == [None]
    await stage.service.memory.set_fact("commands", "another")
    await stage.restart()
    assert stage.discord.hub.registrations == [None, None]
    names = {(command["type"], command["name"]) for command in stage.discord.commands}
    assert names == {
        (1, "ask"),
        (1, "source"),
        (1, "sources"),
        (1, "collection"),
        (1, "gaps"),
        (1, "settings"),
        (1, "forget"),
        (1, "help"),
        (1, "about"),
        (3, "Ask about this"),
        (3, "Add to sources"),
    }


async def test_what_works_in_a_server_only_is_not_offered_in_a_direct_message(stage: Stage) -> None:
    a_server(stage)
    await stage.start()
    in_servers_only = {one["name"] for one in stage.discord.commands if one["contexts"] == [0]}
    assert in_servers_only == {"source", "Add to sources", "collection", "settings", "gaps"}


async def test_every_command_and_option_is_described(stage: Stage) -> None:
    a_server(stage)
    await stage.start()
    bot = stage.bot
    assert bot is not None
    for command in bot.tree.walk_commands():
        assert len(command.description) > 10, command.qualified_name
        for option in getattr(command, "parameters", ()):
            attached = str(option.name).startswith("file")
            assert option.description != "…" or attached, (command.qualified_name, option.name)


async def test_the_hash_of_the_commands_stays_the_same_from_start_to_start(stage: Stage) -> None:
    a_server(stage)
    await stage.start()
    assert stage.bot is not None
    other = await build_bot(stage.service)
    other._connection.application_id = stage.bot.application_id
    assert commands_hash(other) == commands_hash(stage.bot)


async def test_a_command_that_has_changed_is_registered_once(stage: Stage) -> None:
    a_server(stage)
    await stage.start()
    bot = stage.bot
    assert bot is not None
    command = bot.tree.get_command("sources")
    assert isinstance(command, app_commands.Command)
    command.description = "List what I know."
    assert await sync_commands(bot)
    assert not await sync_commands(bot)
    described = {one["name"]: one["description"] for one in stage.discord.commands}
    assert described["sources"] == "List what I know."


def test_no_privileged_intent_is_asked_for_unless_the_operator_wants_it() -> None:
    plain = intents(message_content=False)
    assert not (plain.message_content or plain.members or plain.presences)
    assert intents(message_content=True).message_content
    assert plain.value & ~discord.Intents.default().value == 0


def test_the_invite_link_has_exactly_the_scopes_and_permissions_needed() -> None:
    assert invite_link(123) == (
        "https://discord.com/oauth2/authorize?client_id=123&scope=bot+applications.commands"
        "&permissions=309237763072"
    )
    assert (
        sum(PERMISSIONS.values()) == discord.Permissions(**dict.fromkeys(PERMISSIONS, True)).value
    )


@pytest.mark.parametrize(
    ("token", "expected"), [("MTIz.a.b", 123), ("MTIzNA.a.b", 1234), ("", None), ("ü.b", None)]
)
def test_a_token_begins_with_the_application(token: str, expected: int | None) -> None:
    assert application_of(token) == expected


async def test_the_gateway_without_the_intent_it_asks_for_is_one_plain_line(
    tmp_path: Path,
) -> None:
    async with staged(tmp_path / "home", QUOTH_MESSAGE_CONTENT="on") as stage:
        a_server(stage)
        with pytest.raises(ConfigurationError, match="Message Content intent"):
            await stage.start()


async def test_more_than_one_shard_is_used_when_discord_recommends_it(stage: Stage) -> None:
    _, general, ann = a_server(stage)
    gateway = stage.discord.gateway
    gateway.shards, gateway.resume_url = 2, ELSEWHERE
    await stage.start()
    assert isinstance(stage.bot, ShardedBot)
    shown = await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
    assert SENTENCE in shown.text
    await gateway.reconnect()
    await eventually(lambda: len(gateway.resumed) == 2)
    card = await ann.sees(to=await ann.click(shown, "Show 1"))
    assert SENTENCE in card.text


async def test_with_the_intent_a_channel_can_be_listened_to(tmp_path: Path) -> None:
    async with staged(tmp_path / "home", QUOTH_MESSAGE_CONTENT="on") as stage:
        stage.documents.put(source(SHARED_COLLECTION, "peace.txt", SENTENCE))
        acme, general, ann = a_server(stage)
        forum = acme.forum("questions")
        owner = stage.discord.owner(acme)
        stage.discord.gateway.allowed = 1 << 15
        await stage.start()
        await ann.say(QUESTION, in_=general)
        for place in (general, forum):
            done = await owner.slash("settings listen", channel=place, state="on", in_=general)
            assert "on." in (await owner.sees(to=done)).text
        await ann.say(QUESTION, in_=general)
        await ann.sees(is_done, in_=general)
        post = await ann.forum_post("Peace", QUESTION, in_=forum)
        await ann.sees(is_done, in_=post.channel)
        assert len(stage.answerer.asked) == 2


async def test_a_lost_line_is_resumed_through_the_configured_gateway(stage: Stage) -> None:
    _, general, ann = a_server(stage)
    gateway = stage.discord.gateway
    gateway.resume_url = ELSEWHERE
    await stage.start()
    await gateway.reconnect()
    await eventually(lambda: len(gateway.resumed) == 1)
    assert len(gateway.identified) == 1
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    assert SENTENCE in (await ann.sees(to=asked)).text


# --- restarting ------------------------------------------------------------------------------


async def test_every_button_works_after_a_restart_and_a_month(stage: Stage) -> None:
    _, general, ann = a_server(stage)
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, private=True, in_=general)
    shown = await ann.sees(to=asked)
    form = await ann.sees_modal(await ann.click(shown, "👎"))
    await stage.restart()
    stage.discord.advance(30 * 86_400)
    card = await ann.sees(to=await ann.click(shown, "Show 1"))
    assert SENTENCE in card.text
    why = await ann.sees(to=await ann.click(shown, "Why?"))
    assert "Found in 1 passage" in why.text
    assert "Searched for" in (await ann.sees(to=await ann.click(why, "Figures"))).text
    assert "noted" in (await ann.sees(to=await ann.click(shown, "👍"))).text
    thanks = await ann.sees(to=await ann.submit(form, {"Reason (optional)": "old"}))
    assert "Thank you" in thanks.text
    more = await ann.sees_modal(await ann.click(shown, "Follow up"))
    await stage.restart()
    answered = await ann.sees(to=await ann.submit(more, {"Your question": QUESTION}))
    assert SENTENCE in answered.text
    assert stage.answerer.asked[1].history
    assert "Shared." in (await ann.sees(to=await ann.click(shown, "Share"))).text


async def test_a_conversation_survives_a_restart(stage: Stage) -> None:
    _, general, ann = a_server(stage)
    await stage.start()
    thread = await ann.thread("peace", in_=general)
    await ann.mention(QUESTION, in_=thread)
    await ann.sees(is_done, in_=thread)
    await stage.restart()
    await ann.mention("And the ceasefire date?", in_=thread)
    await ann.sees(is_done, in_=thread)
    assert [turn.text for turn in stage.answerer.asked[1].history][:1] == [QUESTION]


async def test_stopping_finishes_answers_under_way(stage: Stage) -> None:
    _, general, ann = a_server(stage)
    stage.answerer.held = asyncio.Event()
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    await eventually(lambda: stage.answerer.asked)
    stopping = asyncio.create_task(stage.stop())
    await eventually(lambda: stage.service.questions.stopping)
    refused = await ann.slash("ask", question="Another ceasefire question?", in_=general)
    assert (await ann.sees(to=refused)).text == str(StoppingError())
    stage.answerer.held.set()
    assert SENTENCE in (await ann.sees(to=asked)).text
    await stopping
    await stage.start()
    assert SENTENCE in (await ann.sees(is_done, to=refused)).text


def test_the_process_ends_in_time_though_a_document_is_still_being_indexed() -> None:
    code = (
        "import threading, time; from bot.discord_bot.process import leave_within;"
        "leave_within(0.1);"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0


def test_a_process_is_given_less_time_than_it_has() -> None:
    assert GRACE + 2.0 < LAST_MOMENT < 10


async def test_stopping_excuses_answers_that_take_too_long(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, general, ann = a_server(stage)
    monkeypatch.setattr("bot.community.service.GRACE", 0.2)
    stage.answerer.held = asyncio.Event()
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    await eventually(lambda: stage.answerer.asked)
    await asyncio.wait_for(stage.stop(), 8)
    assert (await ann.sees(to=asked)).text == str(StoppingError())


# --- the line --------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["cut", "closed", "op 7", "op 9 resumable", "op 9"])
async def test_an_answer_arrives_once_though_the_gateway_drops_in_the_middle(
    stage: Stage, how: str
) -> None:
    _, general, ann = a_server(stage)
    stage.answerer.held = asyncio.Event()
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    mentioned = await ann.mention(QUESTION, in_=general)
    await eventually(lambda: len(stage.answerer.asked) == 2 or stage.service.under_way.tasks)
    gateway = stage.discord.gateway
    ways: dict[str, Callable[[], Awaitable[None]]] = {
        "cut": gateway.drop,
        "closed": lambda: gateway.drop(4000),
        "op 7": gateway.reconnect,
        "op 9 resumable": lambda: gateway.invalidate(resumable=True),
        "op 9": gateway.invalidate,
    }
    await ways[how]()
    stage.answerer.held.set()
    assert SENTENCE in (await ann.sees(to=asked)).text
    await ann.sees(lambda seen: seen.message.reply_to is mentioned and is_done(seen))
    await gateway.connected(within=30)
    again = await ann.slash("ask", question=QUESTION, in_=general)
    assert SENTENCE in (await ann.sees(to=again)).text
    answers = [seen for seen in ann.screen(general) if is_done(seen)]
    assert len(answers) == 3
    assert len(stage.answerer.asked) == 3


async def test_what_the_gateway_tells_twice_is_answered_once(stage: Stage) -> None:
    _, general, ann = a_server(stage)
    await stage.start()
    message = await ann.mention(QUESTION, in_=general)
    await ann.sees(is_done, in_=general)
    await stage.discord.gateway.message("MESSAGE_CREATE", message)
    await stage.restart()
    await stage.discord.gateway.message("MESSAGE_CREATE", message)
    again = await ann.mention("And the ceasefire?", in_=general)
    await ann.sees(lambda seen: seen.message.reply_to is again and is_done(seen))
    assert sum(is_done(seen) for seen in ann.screen(general)) == 2
    assert len(stage.answerer.asked) == 2


async def test_an_interaction_told_twice_is_answered_once_and_excused_never(
    stage: Stage,
) -> None:
    _, general, ann = a_server(stage)
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    await ann.sees(is_done, to=asked)
    payload = interaction_payload(stage.discord.world, asked)
    await stage.discord.gateway.dispatch("INTERACTION_CREATE", payload, guild=general.guild)
    await ann.sees(to=await ann.slash("about", in_=general))
    await eventually(lambda: "a second first response" in str(stage.discord.problems))
    stage.discord.problems.clear()
    stage.discord.hub.problems.clear()
    assert len(stage.answerer.asked) == 1
    assert len([seen for seen in ann.screen(general) if is_done(seen)]) == 1
    assert "went wrong" not in str([seen.text for seen in ann.screen(general)])


async def test_a_429_is_waited_out(stage: Stage) -> None:
    _, general, ann = a_server(stage)
    await stage.start()
    stage.discord.throttle("PATCH", "/webhooks/*", times=1, retry_after=0.3)
    stage.discord.throttle("POST", "/channels/*", times=1, retry_after=0.3)
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    assert SENTENCE in (await ann.sees(to=asked)).text
    await ann.mention(QUESTION, in_=general)
    await ann.sees(is_done, in_=general)


async def test_an_answer_after_fifteen_minutes_goes_to_the_channel(stage: Stage) -> None:
    _, general, ann = a_server(stage)
    stage.answerer.held = asyncio.Event()
    await stage.start()
    await ann.slash("ask", question=QUESTION, in_=general)
    await eventually(lambda: stage.answerer.asked)
    stage.discord.advance(16 * 60)
    stage.answerer.held.set()
    shown = await ann.sees(is_done, in_=general)
    assert "Show 1" in shown.buttons


async def test_a_deleted_reply_is_sent_again(stage: Stage) -> None:
    _, general, ann = a_server(stage)
    stage.answerer.held = asyncio.Event()
    await stage.start()
    await ann.mention(QUESTION, in_=general)
    shown = await ann.sees("Looking it up", in_=general)
    await stage.discord.hub.delete(shown.message)
    stage.answerer.held.set()
    again = await ann.sees(is_done, in_=general)
    assert SENTENCE in again.text
    assert again.message.id != shown.message.id


async def whole_file(stage: Stage, shown: Shown) -> str:
    (attached,) = shown.attachments
    return stage.discord.world.files[attached["id"]].content.decode()


@pytest.mark.parametrize("words", [450, 1500], ids=["three messages", "an attachment"])
async def test_an_answer_after_fifteen_minutes_is_whole(stage: Stage, words: int) -> None:
    _, general, ann = a_server(stage)
    stage.answerer.held = asyncio.Event()
    stage.answerer.changes = {"parts": wordy(words), "engine": "test/model"}
    await stage.start()
    await ann.slash("ask", question=QUESTION, in_=general)
    await eventually(lambda: stage.answerer.asked)
    stage.discord.advance(16 * 60)
    stage.answerer.held.set()
    shown = await ann.sees(lambda seen: "Show 1" in seen.buttons, in_=general)
    said = "".join(seen.content for seen in ann.screen(general))
    if words == 1500:
        said = await whole_file(stage, shown)
    assert said.count("ceasefire") >= words - 5


async def test_a_long_answer_whose_reply_was_deleted_is_whole(stage: Stage) -> None:
    _, general, ann = a_server(stage)
    stage.answerer.held = asyncio.Event()
    stage.answerer.changes = {"parts": wordy(1500), "engine": "test/model"}
    await stage.start()
    await ann.mention(QUESTION, in_=general)
    shown = await ann.sees("Looking it up", in_=general)
    await stage.discord.hub.delete(shown.message)
    stage.answerer.held.set()
    shown = await ann.sees(lambda seen: "Show 1" in seen.buttons, in_=general)
    assert (await whole_file(stage, shown)).count("ceasefire") >= 1500


async def test_who_waited_in_vain_for_a_private_answer_is_told_directly(stage: Stage) -> None:
    _, general, ann = a_server(stage)
    stage.answerer.held = asyncio.Event()
    await stage.start()
    await ann.slash("ask", question=QUESTION, private=True, in_=general)
    await eventually(lambda: stage.answerer.asked)
    stage.discord.advance(16 * 60)
    stage.answerer.held.set()
    told = await ann.sees("this one took longer", in_=stage.discord.world.dm(ann.user))
    assert SENTENCE not in told.text
    assert not [seen for seen in ann.screen(general) if SENTENCE in seen.text]


async def test_a_deleted_answer_is_forgotten(stage: Stage) -> None:
    _, general, ann = a_server(stage)
    await stage.start()
    await ann.mention(QUESTION, in_=general)
    shown = await ann.sees(is_done, in_=general)
    service = stage.service

    async def kept() -> bool:
        found = await service.memory.answer_on(int(shown.message.id))
        return found is not None

    async def gone() -> bool:
        return not await kept()

    await eventually(kept)
    await stage.discord.hub.delete(shown.message)
    await eventually(gone)
    assert SENTENCE not in "".join(seen.text for seen in ann.screen(general))


# --- failing ---------------------------------------------------------------------------------


async def test_an_unforeseen_failure_is_a_plain_sentence_with_a_reference_in_the_log(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    _, general, ann = a_server(stage)
    stage.answerer.error = RuntimeError("the disk caught fire")
    await stage.start()
    with caplog.at_level(logging.ERROR):
        asked = await ann.slash("ask", question=QUESTION, in_=general)
        text = (await ann.sees(to=asked)).text
        await ann.mention(QUESTION, in_=general)
        await ann.sees("reference", in_=general)
    assert "fire" not in text
    reference = text.rpartition("reference ")[2].strip(")")
    assert f"reference {reference}" in caplog.text
    assert "the disk caught fire" in caplog.text


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ModelUnavailable("Check QUOTH_LLM."), "The language model does not answer"),
        (StoreError("'/srv/catalog.sqlite' is locked."), OUT_OF_ORDER),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_a_known_failure_is_told_in_plain_words_and_logged_in_its_own(
    stage: Stage, caplog: pytest.LogCaptureFixture, error: Exception, said: str
) -> None:
    _, general, ann = a_server(stage)
    stage.answerer.error = error
    await stage.start()
    with caplog.at_level(logging.ERROR):
        text = (await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))).text
    assert text.startswith(said)
    assert "reference" in text
    assert str(error) not in text
    assert str(error) in caplog.text


async def test_an_answer_that_hangs_is_given_up_with_a_sentence(stage: Stage) -> None:
    _, general, ann = a_server(stage)
    stage.deadline = 0.5
    stage.answerer.held = asyncio.Event()
    stage.answerer.drafts = ("It is ",)
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    shown = await ann.sees(lambda seen: "It is" not in seen.text, to=asked)
    assert str(TookTooLongError(0.5))[:20] in shown.text


async def test_the_notice_of_a_model_that_failed_is_shown(stage: Stage) -> None:
    _, general, ann = a_server(stage)
    stage.answerer.changes = {"notice": "The language model is down, so these are quotes."}
    await stage.start()
    shown = await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
    assert "The language model is down, so these are quotes." in shown.text


async def test_quick_questions_wait_and_a_flood_is_declined_kindly(stage: Stage) -> None:
    _, general, ann = a_server(stage)
    stage.answerer.held = asyncio.Event()
    await stage.start()
    quick = [
        await ann.slash("ask", question=f"Ceasefire {number}?", in_=general)
        for number in range(PER_PERSON)
    ]
    await eventually(lambda: stage.service.questions._queue.total == PER_PERSON)
    more = await ann.slash("ask", question="One more ceasefire?", in_=general)
    assert "as soon as the first of them is answered" in (await ann.sees(to=more)).text
    assert len(stage.answerer.asked) == 1
    stage.answerer.held.set()
    for asked in quick:
        await ann.sees(is_done, to=asked)


async def test_a_long_cooldown_is_told_with_the_time_left(tmp_path: Path) -> None:
    async with staged(tmp_path / "home", QUOTH_COOLDOWN_SECONDS="60") as stage:
        stage.documents.put(source(SHARED_COLLECTION, "peace.txt", SENTENCE))
        _, general, ann = a_server(stage)
        await stage.start()
        await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
        asked = await ann.slash("ask", question=QUESTION, in_=general)
        text = (await ann.sees(to=asked)).text
        assert text.startswith("Please wait ")
        assert "seconds before the next question" in text


async def test_a_busy_server_is_told_that_it_is_the_server(tmp_path: Path) -> None:
    async with staged(tmp_path / "home", QUOTH_SERVER_PER_MINUTE="1") as stage:
        stage.documents.put(source(SHARED_COLLECTION, "peace.txt", SENTENCE))
        acme, general, ann = a_server(stage)
        ben = acme.member("Ben")
        await stage.start()
        await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
        text = (await ben.sees(to=await ben.slash("ask", question=QUESTION, in_=general))).text
        assert text.startswith("This server has asked a lot in the last minute. Please wait ")


async def test_a_cooldown_of_an_hour_is_told_in_minutes(tmp_path: Path) -> None:
    async with staged(tmp_path / "home", QUOTH_COOLDOWN_SECONDS="3600") as stage:
        stage.documents.put(source(SHARED_COLLECTION, "peace.txt", SENTENCE))
        _, general, ann = a_server(stage)
        await stage.start()
        await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
        text = (await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))).text
        assert text == "Please wait 60 minutes before the next question."


async def test_a_short_cooldown_is_waited_out(tmp_path: Path) -> None:
    async with staged(tmp_path / "home", QUOTH_COOLDOWN_SECONDS="0.3") as stage:
        stage.documents.put(source(SHARED_COLLECTION, "peace.txt", SENTENCE))
        _, general, ann = a_server(stage)
        await stage.start()
        asked = [await ann.slash("ask", question=QUESTION, in_=general) for _ in range(2)]
        for one in asked:
            assert SENTENCE in (await ann.sees(to=one)).text


async def test_a_button_that_no_longer_exists_says_so(stage: Stage) -> None:
    _, general, ann = a_server(stage)
    await stage.start()
    for custom_id in ("q1:show:unknown:1", "q1:nothing:key:0", "q1:show:unknown:999999999"):
        forged = await ann.forge(custom_id, in_=general)
        assert (await ann.sees(to=forged)).ephemeral


async def test_shutting_down_twice_is_one_shutdown(stage: Stage) -> None:
    a_server(stage)
    await stage.start()
    assert stage.bot is not None
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(shut_down(stage.bot), shut_down(stage.bot))


async def test_a_proxy_is_used_for_everything(tmp_path: Path) -> None:
    # The suite allows no other address than this machine, so any slip would fail here.
    async with DiscordServer() as server:
        settings = settings_for(tmp_path / "home", server.settings())
        gateway = await find_gateway(settings, server.hub.token)
        assert gateway.url == server.hub.gateway_url
        assert gateway.shards == 1
