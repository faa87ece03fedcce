"""Asking and reading, end to end: the real client over a local Discord."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from bot.discord_bot.cogs.ask import is_question
from bot.discord_bot.message_questions import NO_QUESTION, NO_WORDS
from bot.discord_bot.questions import GO_ON
from index.config import SHARED_COLLECTION
from index.schema import Source
from tests.doubles.discord.fixtures import (
    Stage,
    answer,
    citation,
    eventually,
    source,
    staged,
    wordy,
)
from tests.doubles.discord.server import CREATE_THREADS, SEND_MESSAGES, Shown

PEACE = (
    "Lacroix named three conditions.\n"
    "A ceasefire agreement must be in place.\n"
    "The mission needs a mandate of the Security Council.\n"
)
QUESTION = "Which ceasefire conditions are there?"
BUTTONS = ["Show 1", "Show 2", "Why?", "👍", "👎", "Follow up"]


def peace() -> Source:
    return source(
        SHARED_COLLECTION,
        "peace.txt",
        PEACE,
        title="Peacekeeping",
        url="https://example.org/peace",
    )


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path / "home") as made:
        made.documents.put(peace())
        yield made


def drafts(shown: Shown) -> bool:
    return "-# …" in shown.content or "Looking it up" in shown.content


def is_done(shown: Shown) -> bool:
    return not drafts(shown)


async def test_a_question_is_answered_with_sources_and_buttons(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    shown = await ann.sees(to=asked)
    assert "A ceasefire agreement must be in place." in shown.text
    assert "[1] **Peacekeeping**" in shown.text
    assert shown.buttons == BUTTONS
    assert not shown.ephemeral


async def test_show_opens_the_quote_in_its_place_for_the_one_who_clicked(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann, ben = acme.text("general"), acme.member("Ann"), acme.member("Ben")
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    shown = await ben.sees(to=asked)
    card = await ben.sees(to=await ben.click(shown, "Show 2"))
    assert card.ephemeral
    assert "Peacekeeping" in card.text
    assert "> A ceasefire agreement must be in place." in card.text
    assert "The mission needs a mandate" in card.text
    assert "line 2" in card.text
    assert "2 of 2" in card.text
    assert card.buttons == ["◀ Previous", "Next ▶", "Open original"]
    turned = await ben.sees(to=await ben.click(card, "◀ Previous"))
    assert turned.message is card.message
    assert "> Lacroix named three conditions." in turned.text
    assert "1 of 2" in turned.text


async def test_why_shows_how_an_answer_was_found(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    await stage.start()
    shown = await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
    reason = await ann.sees(to=await ann.click(shown, "Why?"))
    assert reason.ephemeral
    assert reason.text == ("Found in 1 passage of **Peacekeeping**; it speaks of it in your words.")
    await stage.restart()
    figures = await ann.sees(to=await ann.click(reason, "Figures"))
    assert figures.ephemeral
    assert "**Searched for:** Which ceasefire conditions are there?" in figures.text
    assert "Peacekeeping" in figures.text
    assert "0.50" in figures.text


async def test_what_is_not_in_the_sources_is_not_found_and_can_be_rated(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    await stage.start()
    asked = await ann.slash("ask", question="What is the capital of Australia?", in_=general)
    shown = await ann.sees(to=asked)
    assert "The sources do not say." in shown.text
    assert "**Nearest passages**" in shown.text
    assert shown.buttons[:3] == ["Show 1", "Show 2", "Show 3"]
    assert "👎" in shown.buttons
    card = await ann.sees(to=await ann.click(shown, "Show 3"))
    assert "3 of 3" in card.text
    assert "noted" in (await ann.sees(to=await ann.click(shown, "👍"))).text


async def test_a_thumb_down_asks_for_a_reason_and_counts_without_one(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    await stage.start()
    shown = await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
    form = await ann.sees_modal(await ann.click(shown, "👎"))
    service = stage.service

    async def gaps() -> list[str | None]:
        found = await service.feedback.gaps(int(acme.id))
        return [gap.reason for gap in found]

    await eventually(gaps)
    assert await gaps() == [None]
    thanks = await ann.sees(to=await ann.submit(form, {"Reason (optional)": "outdated"}))
    assert thanks.ephemeral
    assert await gaps() == ["outdated"]
    await ann.sees(to=await ann.click(shown, "👍"))
    assert await gaps() == []


async def test_a_private_question_is_answered_for_the_asker_alone(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann, ben = acme.text("general"), acme.member("Ann"), acme.member("Ben")
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, private=True, in_=general)
    shown = await ann.sees(to=asked)
    assert shown.ephemeral
    assert shown.buttons == [*BUTTONS, "Share"]
    assert ben.screen(general) == []


async def test_sharing_shows_a_private_answer_to_all(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann, ben = acme.text("general"), acme.member("Ann"), acme.member("Ben")
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, private=True, in_=general)
    shown = await ann.sees(to=asked)
    assert "Shared." in (await ann.sees(to=await ann.click(shown, "Share"))).text
    seen = await ben.sees(in_=general)
    assert "A ceasefire agreement must be in place." in seen.text
    assert QUESTION in seen.text
    assert seen.buttons == BUTTONS
    assert "Peacekeeping" in (await ben.sees(to=await ben.click(seen, "Show 1"))).text


async def test_a_reply_to_any_part_of_a_long_shared_answer_goes_on_with_it(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann, ben = acme.text("general"), acme.member("Ann"), acme.member("Ben")
    stage.answerer.changes = {"parts": wordy(450), "engine": "test/model"}
    await stage.start()
    await ann.slash("ask", question=QUESTION, private=True, in_=general)
    shown = await ann.sees(lambda seen: bool(seen.buttons))
    await ann.sees("Shared.", to=await ann.click(shown, "Share"))
    first, *others = ben.screen(general)
    assert others
    await ben.reply(first, "And the mandate?")
    await eventually(lambda: len(stage.answerer.asked) == 2)
    assert [turn.text for turn in stage.answerer.asked[1].history][:1] == [QUESTION]


async def test_follow_up_goes_on_with_what_was_said(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    await stage.start()
    shown = await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
    stage.answerer.changes = {"standalone_question": "Who gives the mandate to the mission?"}
    form = await ann.sees_modal(await ann.click(shown, "Follow up"))
    more = await ann.sees(to=await ann.submit(form, {"Your question": "And the mandate?"}))
    assert "The mission needs a mandate of the Security Council." in more.text
    assert "And the mandate?" in more.text
    assert "Searched for: Who gives the mandate to the mission?" in more.text
    assert stage.answerer.asked[1].history[0].text == QUESTION
    assert [turn.role for turn in stage.answerer.asked[1].history] == ["user", "assistant"]


async def test_the_message_menu_takes_a_question_as_it_stands(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann, ben = acme.text("general"), acme.member("Ann"), acme.member("Ben")
    await stage.start()
    message = await ben.say(QUESTION, in_=general)
    shown = await ann.sees(to=await ann.menu("Ask about this", message))
    assert shown.ephemeral
    assert "A ceasefire agreement must be in place." in shown.text


async def test_the_message_menu_asks_for_a_question_where_there_is_none(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann, ben = acme.text("general"), acme.member("Ann"), acme.member("Ben")
    await stage.start()
    message = await ben.say("The ceasefire holds for now.", in_=general)
    form = await ann.sees_modal(await ann.menu("Ask about this", message))
    assert form.fields["Your question"]["value"] == "The ceasefire holds for now."
    shown = await ann.sees(to=await ann.submit(form, {"Your question": QUESTION}))
    assert shown.ephemeral
    assert "A ceasefire agreement must be in place." in shown.text


@pytest.mark.parametrize("said", [QUESTION, "The ceasefire holds for now."])
async def test_in_a_direct_message_the_menu_answers_openly_from_first_to_last(
    stage: Stage, said: str
) -> None:
    ann = stage.discord.stranger("Ann")
    await stage.start()
    message = await ann.dm(said)
    await ann.sees(is_done)
    stage.answerer.changes = {"parts": wordy(450), "engine": "test/model"}
    asked = await ann.menu("Ask about this", message)
    if said != QUESTION:
        asked = await ann.submit(await ann.sees_modal(asked), {"Your question": QUESTION})
    await ann.sees(lambda seen: bool(seen.buttons))
    parts = [seen for seen in ann.screen(message.channel) if "ceasefire ceasefire" in seen.content]
    assert len(parts) >= 2
    assert not any(part.ephemeral for part in parts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How many days of leave are there", True),
        ("the leave policy?", True),
        ("what's this", True),
        ("The leave policy was changed.", False),
        ("ok?", False),
        ("", False),
        ("word " * 100 + "?", False),
    ],
)
def test_a_message_is_a_question_when_it_asks(text: str, expected: bool) -> None:
    assert is_question(text) is expected


async def test_a_mention_gets_a_sign_of_life_and_then_the_answer(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    stage.answerer.held = asyncio.Event()
    await stage.start()
    message = await ann.mention(QUESTION, in_=general)
    assert "Looking it up" in (await ann.sees(in_=general)).text
    stage.answerer.held.set()
    shown = await ann.sees(is_done, in_=general)
    assert "A ceasefire agreement must be in place." in shown.text
    assert shown.buttons == BUTTONS
    assert shown.message.reply_to is message
    assert stage.answerer.asked[0].question == QUESTION
    assert len(ann.screen(general)) == 2


async def test_a_reply_to_an_answer_continues_its_conversation(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann, ben = acme.text("general"), acme.member("Ann"), acme.member("Ben")
    await stage.start()
    await ann.mention(QUESTION, in_=general)
    shown = await ben.sees(is_done, in_=general)
    await ben.reply(shown, "And who gives the mandate?")
    await ben.sees(lambda seen: "mandate of the Security" in seen.text, in_=general)
    assert [turn.text for turn in stage.answerer.asked[1].history][:1] == [QUESTION]
    await ann.mention("Something else about the ceasefire?", in_=general)
    await ann.sees(lambda seen: seen.message.reply_to is not None and is_done(seen), in_=general)
    await eventually(lambda: len(stage.answerer.asked) == 3)
    assert stage.answerer.asked[2].history == ()


async def test_a_thread_is_a_conversation_of_all_in_it(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann, ben = acme.text("general"), acme.member("Ann"), acme.member("Ben")
    await stage.start()
    thread = await ann.thread("About peace", in_=general)
    await ann.mention(QUESTION, in_=thread)
    await ann.sees(is_done, in_=thread)
    asked = await ben.slash("ask", question="And the mandate?", in_=thread)
    await ben.sees(to=asked)
    assert [turn.text for turn in stage.answerer.asked[1].history][:1] == [QUESTION]


async def test_private_questions_of_two_people_in_one_thread_never_mix(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann, ben = acme.text("general"), acme.member("Ann"), acme.member("Ben")
    await stage.start()
    thread = await ann.thread("About peace", in_=general)
    for person in (ann, ben, ann):
        asked = await person.slash(
            "ask", question=f"{person.user.name} asks of ceasefire?", private=True, in_=thread
        )
        await person.sees(to=asked)
    open_ = await ben.slash("ask", question="An open one of ceasefire?", in_=thread)
    await ben.sees(to=open_)
    said = [[turn.text for turn in one.history] for one in stage.answerer.asked]
    assert said[0] == said[1] == said[3] == []
    assert said[2][0] == "Ann asks of ceasefire?"


async def test_a_channel_can_open_a_thread_for_every_question(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    await stage.start()
    owner = stage.discord.owner(acme)
    done = await owner.slash("settings threads", channel=general, state="on", in_=general)
    assert "on" in (await owner.sees(to=done)).text
    await ann.mention(QUESTION, in_=general)
    shown = await ann.sees(is_done)
    assert shown.channel.parent is general
    assert shown.channel.name == QUESTION
    await ann.mention("And the mandate?", in_=shown.channel)
    await ann.sees(lambda seen: "mandate of the Security" in seen.text, in_=shown.channel)
    assert stage.answerer.asked[1].history


async def test_a_command_opens_a_thread_there_too_and_goes_on_in_it(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    await stage.start()
    owner = stage.discord.owner(acme)
    await owner.sees(
        to=await owner.slash("settings threads", channel=general, state="on", in_=general)
    )
    shown = await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
    await eventually(lambda: shown.message.thread is not None)
    thread = shown.message.thread
    assert thread is not None
    assert thread.name == QUESTION
    assert (await ann.sees(in_=thread)).text == GO_ON
    await ann.mention("And the mandate?", in_=thread)
    await ann.sees(lambda seen: "mandate of the Security" in seen.text, in_=thread)
    assert stage.answerer.asked[1].history[0].text == QUESTION


async def test_without_the_right_to_open_threads_answers_stay_in_the_channel(
    stage: Stage,
) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    acme.overwrite(general, stage.discord.world.bot, deny=CREATE_THREADS)
    await stage.start()
    owner = stage.discord.owner(acme)
    await owner.sees(
        to=await owner.slash("settings threads", channel=general, state="on", in_=general)
    )
    await ann.mention(QUESTION, in_=general)
    shown = await ann.sees(is_done, in_=general)
    assert "[1]" in shown.text
    shown = await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
    assert "[1]" in shown.text


async def test_a_direct_message_is_answered_and_remembered(stage: Stage) -> None:
    eve = stage.discord.stranger("Eve")
    stage.discord.guild("Acme")
    await stage.start()
    await eve.dm(QUESTION)
    shown = await eve.sees(is_done)
    assert "A ceasefire agreement must be in place." in shown.text
    card = await eve.sees(to=await eve.click(shown, "Show 1"))
    assert "Peacekeeping" in card.text
    await eve.dm("And the mandate?")
    await eve.sees(lambda seen: "mandate of the Security" in seen.text)
    assert stage.answerer.asked[1].history[0].text == QUESTION
    assert stage.answerer.asked[1].scope.collections == (SHARED_COLLECTION,)


@pytest.mark.parametrize("text", ["", "   ", "<@&1>"])
async def test_a_mention_without_a_question_is_told_how_to_ask(stage: Stage, text: str) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    await stage.start()
    await ann.mention(text, in_=general)
    assert (await ann.sees(in_=general)).text == NO_WORDS


async def test_mentions_in_a_question_are_no_part_of_it(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    me = stage.discord.world.bot.mention
    await stage.start()
    asked = await ann.slash("ask", question=f"{me}, {QUESTION} {ann.user.mention}", in_=general)
    shown = await ann.sees(to=asked)
    plain = await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
    assert shown.text == plain.text
    message = await ann.say(f"{me} <@&1> {QUESTION}", in_=general)
    await ann.sees(to=await ann.menu("Ask about this", message))
    form = await ann.sees_modal(await ann.click(shown, "Follow up"))
    await ann.sees(to=await ann.submit(form, {"Your question": f"{me} {QUESTION}"}))
    assert {one.question for one in stage.answerer.asked} == {QUESTION}


@pytest.mark.parametrize("text", ["\u200b", "\u202e\u2066 \u200d", "\u2800\x00\ufe0f", "<@1>"])
async def test_a_question_that_nobody_sees_is_none(stage: Stage, text: str) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    await stage.start()
    shown = await ann.sees(to=await ann.slash("ask", question=text, in_=general))
    assert "The question is empty." in shown.text
    await ann.mention(text, in_=general)
    assert (await ann.sees(in_=general)).text == NO_WORDS
    await ann.dm(text)
    assert (await ann.sees(NO_QUESTION)).text == NO_QUESTION
    assert stage.answerer.asked == []


async def test_a_file_sent_directly_without_words_is_told_how_to_ask(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    ann = acme.member("Ann")
    await stage.start()
    await ann.dm("", files={"a.txt": b"A file."})
    assert (await ann.sees()).text == NO_QUESTION


async def test_a_long_question_is_asked_whole_however_it_is_asked(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    await stage.start()
    question = f"Which ceasefire conditions {'were named in which meeting ' * 30}then?"
    await ann.mention(question, in_=general)
    await ann.sees("ceasefire agreement must be in place", in_=general)
    await ann.dm(question)
    await ann.sees(lambda seen: "ceasefire agreement" in seen.text and seen.channel is not general)
    assert [one.question for one in stage.answerer.asked] == [question, question]


async def test_messages_to_others_are_left_alone(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    await stage.start()
    await ann.say("What about the ceasefire?", in_=general)
    await ann.mention(QUESTION, in_=general)
    await ann.sees(is_done, in_=general)
    assert len(stage.answerer.asked) == 1


async def test_where_the_bot_may_not_write_the_asker_is_told_directly(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    acme.overwrite(general, stage.discord.world.bot, deny=SEND_MESSAGES)
    await stage.start()
    await ann.mention(QUESTION, in_=general)
    told = await ann.sees("I may not write there")
    assert told.channel.recipient is ann.user


async def test_source_and_collection_narrow_a_question(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    own = f"guild-{acme.id}"
    stage.documents.put(source(own, "own.txt", "Our ceasefire is at noon.", title="Own rules"))
    await stage.start()
    assert await ann.autocomplete("ask", question="x", source="", in_=general) == [
        ("Own rules", stage.documents.sources_of(own)[0]),
        ("Peacekeeping", peace().id),
    ]
    found = await ann.autocomplete("ask", question="x", source="peac", in_=general)
    assert found == [("Peacekeeping", peace().id)]
    assert await ann.autocomplete("ask", question="x", collection="", in_=general) == [
        ("server", own),
        ("shared library", SHARED_COLLECTION),
    ]
    one = await ann.slash("ask", question=QUESTION, source=peace().id, in_=general)
    assert "Own rules" not in (await ann.sees(to=one)).text
    assert stage.answerer.asked[0].scope.source == peace().id
    two = await ann.slash("ask", question=QUESTION, collection=own, in_=general)
    assert "noon" in (await ann.sees(to=two)).text
    assert stage.answerer.asked[1].scope.collections == (own,)
    for wrong in ({"source": "nothing"}, {"collection": "guild-1"}):
        three = await ann.slash("ask", question=QUESTION, in_=general, **wrong)
        assert "There is no" in (await ann.sees(to=three)).text
    assert len(stage.answerer.asked) == 2


async def test_a_model_that_writes_slowly_is_shown_by_paced_edits(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    words = [f"word{number}" for number in range(40)]
    stage.answerer.drafts = tuple(" ".join(words[: n + 1]) for n in range(40))
    stage.answerer.pause = 0.1
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    assert "word0" in (await ann.sees(drafts, to=asked)).text
    shown = await ann.sees(is_done, to=asked)
    assert "A ceasefire agreement must be in place." in shown.text
    assert "word" not in shown.text
    edits = [
        request.at
        for request in stage.discord.log
        if request.method == "PATCH" and "/messages/@original" in request.path
    ]
    gaps = [later - earlier for earlier, later in pairwise(edits[:-1])]
    assert 3 <= len(edits) <= 6
    assert min(gaps) > 1.1


async def test_a_long_answer_is_split_or_attached_and_nothing_is_lost(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    stage.answerer.changes = {"parts": wordy(450), "engine": "test/model"}
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    await ann.sees(lambda seen: bool(seen.buttons))
    parts = ann.screen(general)
    assert 2 <= len(parts) <= 3
    assert sum(part.content.count("ceasefire ") for part in parts) >= 445
    assert [bool(part.buttons) for part in parts] == [False] * (len(parts) - 1) + [True]
    stage.answerer.changes = {"parts": wordy(1500), "engine": "test/model"}
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    shown = await ann.sees(to=asked)
    assert [file["filename"] for file in shown.attachments] == ["answer-a1b2.md"]
    assert shown.buttons == BUTTONS


HOSTILE = (
    "ceasefire @everyone <@1> <@&2> <#3> [free nitro](https://evil.example/x) ```",
    "ceasefire \u202eevil\u202c \u200b\u200b\u2060 discord.gg/evil ||spoiler||",
    "ceasefire ``` **bold** `code` # heading > quote <t:0:R> </ask:1> <a:b:1>",
)


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_documents_and_questions_ping_and_link_nobody(
    stage: Stage, text: str
) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    paper = source(
        SHARED_COLLECTION,
        "evil.txt",
        f"{text} ceasefire.",
        title=f"{text} " * 100,
        url="javascript:alert(1)",
    )
    stage.documents.put(paper)
    await stage.start()
    asked = await ann.slash("ask", question=f"{text} ceasefire?"[:1000], in_=general)
    shown = await ann.sees(to=asked)
    card = await ann.sees(to=await ann.click(shown, "Show 2"))
    await ann.mention(f"{text} ceasefire?", in_=general)
    replied = await ann.sees(is_done, in_=general)
    listed = await ann.sees(to=await ann.slash("sources", in_=general))
    why = await ann.sees(to=await ann.click(shown, "Why?"))
    for seen in (shown, card, replied, listed, why):
        # Nothing happens inside code, and nothing to what is escaped.
        bare = re.sub(r"\\.|```.*?```", "", seen.text, flags=re.DOTALL)
        bare = re.sub(r"(`+)[^`].*?\1", "", bare)
        assert "javascript" not in seen.text
        assert "(https://evil" not in bare
        assert "@everyone" not in bare
        assert "<@1>" not in bare
        assert "\u202e" not in bare
        assert seen.message.mentions in ([], [ann.user])


async def test_fifty_people_asking_at_once_are_all_answered(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general = acme.text("general")
    people = [acme.member(f"P{number}") for number in range(50)]
    await stage.start()

    async def ask(number: int) -> str:
        person = people[number]
        if number % 2:
            asked = await person.slash("ask", question=f"{number}: ceasefire?", in_=general)
            return (await person.sees(is_done, to=asked, within=20)).text
        message = await person.mention(f"{number}: ceasefire?", in_=general)
        return (
            await person.sees(
                lambda seen: seen.message.reply_to is message and is_done(seen),
                in_=general,
                within=20,
            )
        ).text

    texts = await asyncio.gather(*(ask(number) for number in range(50)))
    assert all("A ceasefire agreement must be in place." in text for text in texts)
    assert len(stage.answerer.asked) == 50


async def test_a_citation_of_a_changed_or_removed_source_says_so(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    await stage.start()
    shown = await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
    stage.documents.put(
        peace().model_copy(update={"text": "Quite different now.", "sha256": "f" * 64})
    )
    card = await ann.sees(to=await ann.click(shown, "Show 1"))
    assert "Lacroix named three conditions." in card.text
    assert "has changed since" in card.text
    assert "Quite different" not in card.text
    del stage.documents.papers[peace().id]
    gone = await ann.sees(to=await ann.click(shown, "Show 1"))
    assert "removed since" in gone.text
    assert "Lacroix" not in gone.text


async def test_an_answer_with_many_citations_shows_ten_and_turns_to_the_rest(
    stage: Stage,
) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    lines = [f"Condition number {number} is a ceasefire." for number in range(1, 13)]
    paper = stage.documents.put(source(SHARED_COLLECTION, "many.txt", "\n".join(lines)))
    cited = [citation(paper, line, marker=n) for n, line in enumerate(lines, start=1)]
    given = answer(QUESTION, *cited)
    stage.answerer.changes = {"parts": given.parts, "citations": given.citations}
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    shown = await ann.sees(lambda seen: bool(seen.buttons))
    assert shown.buttons[:11] == [*(f"Show {n}" for n in range(1, 11)), "Why?"]
    card = await ann.sees(to=await ann.click(shown, "Show 10"))
    card = await ann.sees(to=await ann.click(card, "Next ▶"))
    card = await ann.sees(to=await ann.click(card, "Next ▶"))
    assert "12 of 12" in card.text
    with pytest.raises(ValueError, match="disabled"):
        await ann.click(card, "Next ▶")
    assert asked.original is not None
