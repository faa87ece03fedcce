"""Keeping documents, collections, gaps and settings, over a local Discord."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path

import pytest

from bot.community.documents import Steps
from bot.discord_bot.cogs.sources import EMPTY_MESSAGE
from bot.discord_bot.source_uploads import NOTHING_TO_ADD, STOPPED
from index.config import SHARED_COLLECTION
from index.schema import SyncReport
from tests.doubles.discord.fixtures import Stage, eventually, source, staged
from tests.doubles.discord.server import GuildHandle, Person, Upload
from tests.doubles.discord.world import MANAGE_GUILD, Channel

SENTENCE = "A ceasefire agreement must be in place."
QUESTION = "Which ceasefire conditions are there?"
NOT_A_MANAGER = "Only people with Manage Server"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path / "home") as made:
        made.documents.put(source(SHARED_COLLECTION, "peace.txt", SENTENCE, title="Peacekeeping"))
        yield made


def a_server(stage: Stage) -> tuple[GuildHandle, Channel, Person, Person]:
    """A server with a channel, a manager and a member, all of whom are offered every command."""
    acme = stage.discord.guild("Acme")
    acme.offer_commands(acme.guild.everyone)
    keepers = acme.role("keepers", MANAGE_GUILD)
    return acme, acme.text("general"), acme.member("Kim", keepers), acme.member("Ann")


async def said(person: Person, command: str, in_: Channel, **given: object) -> str:
    """Use a command and return the last thing it shows."""
    used = await person.slash(command, in_=in_, **given)
    return (await person.sees(lambda seen: not seen.content.startswith("`"), to=used)).text


# --- documents -------------------------------------------------------------------------------


async def test_files_are_added_with_progress_and_each_failure_is_named(stage: Stage) -> None:
    acme, general, kim, _ = a_server(stage)
    stage.documents.broken["bad.pdf"] = "It is encrypted."
    await stage.start()
    used = await kim.slash(
        "source add",
        file1=Upload("one.txt", b"The ceasefire begins at noon."),
        file2=Upload("bad.pdf", b"%PDF"),
        file3=Upload("two.txt", b"Nothing else."),
        in_=general,
    )
    assert "of 3" in (await kim.sees("one.txt", to=used)).text
    done = await kim.sees("2 added", to=used)
    assert done.ephemeral
    assert "**bad.pdf**: It is encrypted." in done.text
    assert [call[2] for call in stage.documents.calls] == ["one.txt", "bad.pdf", "two.txt"]
    assert {call[1] for call in stage.documents.calls} == {f"guild-{acme.id}"}
    assert "noon" in await said(kim, "ask", general, question=QUESTION)


async def test_what_was_added_is_named_with_its_place_and_what_to_try_next(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    stage.documents.broken["bad.md"] = "It is encrypted."
    await stage.start()
    (ask,) = (item for item in stage.discord.commands if item["name"] == "ask")
    ask_mention = f"</ask:{ask['id']}>"
    await said(kim, "collection create", general, name="HR")
    handbook = b"# Handbook\n\n## Contents\n\n## Parental leave\n\nTen weeks of ceasefire.\n"
    files = {
        "file1": Upload("bad.md", b"x"),
        "file2": Upload("handbook.md", handbook),
        "file3": Upload("plain.txt", b"No heading."),
    }
    text = await said(kim, "source add", general, collection="HR", **files)
    assert text == (
        "⚠️ 2 added, 1 failed: **handbook.md** and **plain.txt** in **HR**.\n"
        f"-# Try {ask_mention} What does handbook.md say about Parental leave?\n"
        "- ⚠️ **bad.md**: It is encrypted."
    )
    await stage.restart()
    again = await said(kim, "source add", general, file1=Upload("new.txt", b"Plain."))
    assert again == f"✅ 1 added: **new.txt** in **server**.\n-# Ask about it with {ask_mention}."
    note = await ann.say("# News\nThe ceasefire begins at noon.", in_=general)
    done = await kim.sees("added", to=await kim.menu("Add to sources", note))
    title = "\\# News The ceasefire begins at noon."
    assert done.text == (
        f"✅ 1 added: **{title}** in **server**.\n-# Ask about it with {ask_mention}."
    )


async def test_a_page_is_added_refreshed_and_removed(stage: Stage) -> None:
    _, general, kim, _ = a_server(stage)
    await stage.start()
    page = "https://example.org/rules"
    assert "1 added" in await said(kim, "source add", general, url=page)
    offered = await kim.autocomplete("source refresh", source="rules", in_=general)
    assert [name for name, _ in offered] == [page]
    assert "1 updated" in await said(kim, "source refresh", general, source=offered[0][1])
    assert "Removed" in await said(kim, "source remove", general, source=offered[0][1])
    assert "There is no source" in await said(kim, "source remove", general, source=page)


async def test_an_uploaded_file_cannot_be_fetched_again(stage: Stage) -> None:
    acme, general, kim, _ = a_server(stage)
    stage.documents.put(source(f"guild-{acme.id}", "one.txt", "x."))
    await stage.start()
    assert "was uploaded" in await said(kim, "source refresh", general, source="one.txt")


@pytest.mark.parametrize(
    ("collection", "uri", "sentence"),
    [
        ("own", "message-123.txt", "was a message"),
        ("own", "one.txt", "it takes the place of the old one."),
        ("shared", "https://a.example/x", "was added by the operator"),
        ("shared", "/srv/plan.txt", "was added by the operator"),
        ("shared", "WikipediaReader://Berlin", "was added by the operator"),
        ("own", "WikipediaReader://Berlin", "was added by the operator"),
    ],
)
async def test_what_cannot_be_fetched_again_says_what_to_do_instead(
    stage: Stage, collection: str, uri: str, sentence: str
) -> None:
    acme, general, kim, ann = a_server(stage)
    name = f"guild-{acme.id}" if collection == "own" else SHARED_COLLECTION
    stage.documents.put(source(name, uri, "x."))
    await stage.start()
    assert sentence in await said(kim, "source refresh", general, source=uri)
    assert uri not in str(await kim.autocomplete("source refresh", source="", in_=general))
    assert await ann.autocomplete("source refresh", source="", in_=general) == []
    assert NOT_A_MANAGER in await said(ann, "source refresh", general, source="peace.txt")


async def test_a_shared_file_is_not_refreshed_where_the_library_is_off(stage: Stage) -> None:
    _, general, kim, _ = a_server(stage)
    await stage.start()
    assert "1 unchanged" in await said(kim, "source refresh", general, source="peace.txt")
    await said(kim, "settings shared-library", general, state="off")
    assert "There is no source" in await said(kim, "source refresh", general, source="peace.txt")


async def test_the_shared_library_is_not_managed_from_a_server(stage: Stage) -> None:
    _, general, kim, _ = a_server(stage)
    await stage.start()
    assert "There is no source" in await said(kim, "source remove", general, source="Peacekeeping")
    text = await said(kim, "source add", general, url="https://a.example", collection="documents")
    assert "There is no collection" in text
    assert stage.documents.calls == []


async def test_adding_nothing_says_what_to_give(stage: Stage) -> None:
    _, general, kim, _ = a_server(stage)
    await stage.start()
    assert await said(kim, "source add", general) == NOTHING_TO_ADD


@pytest.mark.parametrize(
    ("command", "given"),
    [
        ("source add", {"url": "https://a.example"}),
        ("source remove", {"source": "x"}),
        ("source refresh", {"source": "x"}),
        ("collection create", {"name": "x"}),
        ("collection delete", {"name": "x"}),
        ("collection list", {}),
        ("gaps", {}),
        ("settings shared-library", {"state": "off"}),
        ("settings erase", {}),
    ],
)
async def test_what_changes_a_server_needs_a_manager(
    stage: Stage, command: str, given: dict[str, str]
) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()
    assert NOT_A_MANAGER in await said(ann, command, general, **given)
    assert stage.documents.calls == []


async def test_what_only_managers_can_do_is_offered_to_them_alone(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    kim = acme.member("Kim", acme.role("keepers", MANAGE_GUILD))
    editors = acme.role("editors")
    eve = acme.member("Eve", editors)
    message = await ann.say("Words.", in_=general)
    await stage.start()
    commands = {
        "source remove": {"source": "x"},
        "collection list": {},
        "gaps": {},
        "settings shared-library": {"state": "on"},
    }
    for person in (ann, eve):
        for command, given in commands.items():
            with pytest.raises(PermissionError):
                await person.slash(command, in_=general, **given)
        with pytest.raises(PermissionError):
            await person.menu("Add to sources", message)
        for command in ("help", "about", "sources", "forget"):
            await said(person, command, general)
    told = await said(kim, "collection managers", general, role=editors)
    assert "Server Settings, Integrations" in told
    with pytest.raises(PermissionError):
        await eve.slash("gaps", in_=general)
    acme.offer_commands(editors)
    for command, given in commands.items():
        assert NOT_A_MANAGER not in await said(eve, command, general, **given)
    assert "Integrations" not in await said(
        kim, "collection managers", general, role=editors, remove=True
    )
    assert NOT_A_MANAGER in await said(eve, "gaps", general)


async def test_a_managers_role_manages_until_it_is_taken_away(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    editors = acme.role("editors")
    acme.grant(ann, editors)
    await stage.start()
    assert "now manages" in await said(kim, "collection managers", general, role=editors)
    assert "server" in await said(ann, "collection list", general)
    text = await said(ann, "collection managers", general, role=editors)
    assert "Only people with Manage Server" in text
    await said(kim, "collection managers", general, role=editors, remove=True)
    assert NOT_A_MANAGER in await said(ann, "collection list", general)


async def test_a_message_and_its_files_become_sources(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    await stage.start()
    text = await ann.say("The ceasefire begins at noon.", in_=general)
    done = await kim.sees("added", to=await kim.menu("Add to sources", text))
    assert done.ephemeral
    files = await ann.upload({"a.txt": b"A file.", "b.txt": b"Another."}, in_=general)
    await kim.sees("2 added", to=await kim.menu("Add to sources", files))
    empty = await ann.upload({}, in_=general)
    shown = await kim.sees(to=await kim.menu("Add to sources", empty))
    assert shown.text == EMPTY_MESSAGE
    refused = await ann.sees(to=await ann.menu("Add to sources", text))
    assert NOT_A_MANAGER in refused.text
    held = stage.documents.sources_of(f"guild-{acme.id}")
    assert len(held) == 3
    assert "noon" in await said(ann, "ask", general, question=QUESTION)


async def test_sources_are_listed_page_by_page(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    for number in range(23):
        paper = source(f"guild-{acme.id}", f"{number:02}.txt", "x." * 9, title=f"Paper {number:02}")
        stage.documents.put(paper.model_copy(update={"added_by": "Kim"}))
    await stage.start()
    shown = await ann.sees(to=await ann.slash("sources", in_=general))
    assert shown.ephemeral
    assert "24 documents" in shown.text
    assert "added by Kim" in shown.text
    assert "Paper 09" in shown.text
    assert "Paper 10" not in shown.text
    assert "page 1 of 3" in shown.text
    shown = await ann.sees(to=await ann.click(shown, "▶"))
    assert "Paper 10" in shown.text
    await stage.restart()
    shown = await ann.sees(to=await ann.click(shown, "▶"))
    assert "Peacekeeping" in shown.text
    only = await ann.slash("sources", collection=SHARED_COLLECTION, in_=general)
    assert "1 document\n" in (await ann.sees(to=only)).text
    own = await ann.slash("sources", collection="Server", in_=general)
    shown = await ann.sees(to=own)
    assert "23 documents" in shown.text
    assert "page 2 of 3" in (await ann.sees(to=await ann.click(shown, "▶"))).text
    none = await ann.slash("sources", collection="böse", in_=general)
    assert (await ann.sees(to=none)).text == (
        "There is no collection 'böse' that you may read here. There are: 'server', 'shared "
        "library'."
    )
    assert kim is not ann


async def test_a_stop_waits_for_what_is_being_added_or_excuses_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, general, kim, _ = a_server(stage)
    monkeypatch.setattr("bot.community.service.GRACE", 0.2)
    begun, free = threading.Event(), threading.Event()
    documents = stage.documents
    add_file = documents.add_file

    def slow(
        collection: str, name: str, content: bytes, *, added_by: str | None, steps: Steps | None
    ) -> SyncReport:
        begun.set()
        free.wait(30)
        return add_file(collection, name, content, added_by=added_by)

    monkeypatch.setattr(documents, "add_file", slow)
    await stage.start()
    used = await kim.slash("source add", file1=Upload("one.txt", b"One."), in_=general)
    await eventually(begun.is_set)
    await asyncio.wait_for(stage.stop(), 30)
    assert (await kim.sees(lambda seen: "restarted" in seen.text, to=used)).text == STOPPED
    free.set()
    begun.clear()
    await stage.start()
    used = await kim.slash("source add", file1=Upload("two.txt", b"Two."), in_=general)
    await eventually(begun.is_set)
    await stage.stop()
    await kim.sees("1 added", to=used)


# --- collections and rights ------------------------------------------------------------------


async def test_a_collection_is_limited_opened_and_deleted(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    board = acme.role("board")
    bob = acme.member("Bob", board)
    await stage.start()
    assert "board" in await said(kim, "collection create", general, name="board", role=board)
    assert "already" in await said(kim, "collection create", general, name="Board")
    page = Upload("plan.txt", b"The ceasefire plan is secret.")
    await said(kim, "source add", general, file1=page, collection="board")
    assert "secret" not in await said(ann, "ask", general, question=QUESTION)
    assert "secret" in await said(bob, "ask", general, question=QUESTION)
    acme.revoke(bob, board)
    assert "secret" not in await said(bob, "ask", general, question=QUESTION)
    everyone = acme.guild.everyone
    assert "everyone" in await said(kim, "collection allow", general, name="board", role=everyone)
    assert "secret" in await said(ann, "ask", general, question=QUESTION)
    listed = await said(kim, "collection list", general)
    assert "**board**: everyone in this server" in listed
    sure = await kim.sees(to=await kim.slash("collection delete", name="board", in_=general))
    assert "with its 1 document," in sure.text
    assert "secret" in await said(ann, "ask", general, question=QUESTION)
    assert "Deleted" in (await kim.sees(to=await kim.click(sure, "Delete it"))).text
    assert "secret" not in await said(ann, "ask", general, question=QUESTION)
    assert "stays" in await said(kim, "collection delete", general, name="server")


@pytest.mark.parametrize("name", [" ", "\u200b\u2060", "\u202e", "\u3164", "\u2800"])
async def test_a_name_that_nobody_sees_is_none(stage: Stage, name: str) -> None:
    _, general, kim, _ = a_server(stage)
    await stage.start()
    assert "1 to 40 characters" in await said(kim, "collection create", general, name=name)
    await said(kim, "collection create", general, name="bo\u200bard\u202e")
    assert "**board**" in await said(kim, "collection list", general)
    assert "already" in await said(kim, "collection create", general, name="board\u2060")


async def test_a_collection_is_read_only_where_it_is_allowed(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    room = acme.text("room")
    await stage.start()
    await said(kim, "collection create", general, name="room book")
    await said(kim, "collection allow", general, name="room book", channel=room)
    page = Upload("room.txt", b"The ceasefire room is upstairs.")
    await said(kim, "source add", general, file1=page, collection="room book")
    assert "upstairs" not in await said(ann, "ask", general, question=QUESTION)
    assert "upstairs" in await said(ann, "ask", room, question=QUESTION)
    thread = await ann.thread("in the room", in_=room)
    assert "upstairs" in await said(ann, "ask", thread, question=QUESTION)
    assert "Name a role" in await said(kim, "collection allow", general, name="room book")
    assert "no collection" in await said(
        kim, "collection deny", general, name="nothing", channel=room
    )
    await said(kim, "collection deny", general, name="room book", channel=room)
    assert "upstairs" not in await said(ann, "ask", room, question=QUESTION)


async def test_a_server_can_switch_the_shared_library_off_and_on(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    assert "off" in await said(kim, "settings shared-library", general, state="off")
    assert SENTENCE not in await said(ann, "ask", general, question=QUESTION)
    assert "no sources" in await said(ann, "sources", general)
    await said(kim, "settings shared-library", general, state="on")
    assert SENTENCE in await said(ann, "ask", general, question=QUESTION)


async def test_sharing_names_what_prevents_it(stage: Stage) -> None:
    acme, general, kim, _ = a_server(stage)
    board = acme.role("board")
    bob = acme.member("Bob", board)
    boardroom = acme.text("boardroom", only=[board])
    await stage.start()
    await said(kim, "collection create", general, name="board", role=board)
    page = Upload("plan.txt", b"The ceasefire plan is secret.")
    await said(kim, "source add", general, file1=page, collection="board")
    shown = await bob.sees(to=await bob.slash("ask", question=QUESTION, in_=general))
    assert shown.ephemeral
    refused = await bob.sees(to=await bob.click(shown, "Share"))
    assert "everyone may see this channel but not read 'board'" in refused.text
    inside = await bob.slash("ask", question=QUESTION, private=True, in_=boardroom)
    other = await bob.sees(to=inside)
    assert "Shared." in (await bob.sees(to=await bob.click(other, "Share"))).text
    acme.revoke(bob, board)
    late = await bob.sees(to=await bob.click(shown, "Share"))
    assert "no longer read" in late.text
    again = await bob.sees(to=await bob.click(shown, "Why?"))
    assert "plan.txt" not in again.text


async def test_an_open_question_leaves_out_what_not_everyone_may_read(stage: Stage) -> None:
    acme, general, kim, _ = a_server(stage)
    board = acme.role("board")
    bob = acme.member("Bob", board)
    await stage.start()
    await said(kim, "collection create", general, name="board", role=board)
    page = Upload("plan.txt", b"The ceasefire plan is secret.")
    await said(kim, "source add", general, file1=page, collection="board")
    text = await said(bob, "ask", general, question=QUESTION, private=False)
    assert SENTENCE in text
    assert "secret" not in text
    await bob.mention(QUESTION, in_=general)
    shown = await bob.sees(SENTENCE, in_=general)
    assert "secret" not in shown.text
    assert "I looked only in what everyone in this channel may read" in shown.text


async def test_what_is_said_of_a_limited_collection_is_said_in_private(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    board = acme.role("board")
    bob = acme.member("Bob", board)
    await stage.start()
    await said(kim, "collection create", general, name="board", role=board)
    for person, sentence in (
        (ann, "There is no collection 'board' that you may read here. There are: 'server', "),
        (bob, "Not everyone in this channel may read 'board'. Ask with `private:True`"),
    ):
        asked = await person.slash(
            "ask", question=QUESTION, collection="board", private=False, in_=general
        )
        told = await person.sees(sentence, in_=general)
        assert told.ephemeral
        assert asked.original is not None
        assert asked.original.deleted
    asked = await ann.slash("ask", question=QUESTION, source="plan.txt", in_=general)
    assert (await ann.sees("There is no source 'plan.txt'", in_=general)).ephemeral
    assert kim.screen(general) == [shown for shown in kim.screen(general) if shown.ephemeral]
    assert not any("board" in shown.text for shown in acme.member("Eve").screen(general))


# --- gaps ------------------------------------------------------------------------------------


async def test_a_gap_becomes_a_team_answer_that_is_cited(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    await stage.start()
    for question in (
        "How many vacation days are there?",
        "how many days of vacation are there",
        "Where does the printer stand?",
    ):
        assert "do not say" in await said(ann, "ask", general, question=question)
    shown = await kim.sees(to=await kim.slash("gaps", in_=general))
    assert "how many days of vacation are there · asked 2 times" in shown.text
    assert "Ann" not in shown.text
    assert shown.buttons == ["Answer 1", "Answer 2"]
    form = await kim.sees_modal(await kim.click(shown, "Answer 1"))
    done = await kim.submit(form, {"Your answer": "There are thirty vacation days."})
    assert "1 added" in (await kim.sees(to=done)).text
    shown = await kim.sees(to=await kim.slash("gaps", in_=general))
    assert shown.buttons == ["Answer 1"]
    answered = await ann.slash("ask", question="How many vacation days?", in_=general)
    shown = await ann.sees(to=answered)
    assert "There are thirty vacation days." in shown.text
    assert "Team answer" in shown.text
    listed = await said(ann, "sources", general)
    assert "added by Kim" in listed
    late = await kim.submit(form, {"Your answer": "Again."})
    assert "no longer open" in (await kim.sees(to=late)).text
    assert acme.id


async def test_gaps_of_one_server_are_unknown_to_another(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    other = stage.discord.guild("Other")
    place, boss = other.text("general"), stage.discord.owner(other)
    await stage.start()
    await said(ann, "ask", general, question="Where does the printer stand?")
    shown = await kim.sees(to=await kim.slash("gaps", in_=general))
    assert "printer" in shown.text
    assert "No open questions" in await said(boss, "gaps", place)
    custom_id = shown.component("Answer 1")["custom_id"]
    form = await boss.sees_modal(await boss.forge(custom_id, in_=place))
    late = await boss.submit(form, {"Your answer": "Here."})
    assert "no longer open" in (await boss.sees(to=late)).text
    assert "printer" in await said(kim, "gaps", general)


# --- about -----------------------------------------------------------------------------------


async def test_help_lists_what_this_person_can_use_here(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    editors = acme.role("editors")
    eve = acme.member("Eve", editors)
    await stage.start()
    await said(kim, "collection managers", general, role=editors)
    anns, kims, eves = [await said(one, "help", general) for one in (ann, kim, eve)]
    assert "mention me" in anns
    assert "makes it the answer in this server" in anns
    assert not any(word in anns for word in ("managers", "/source ", "/gaps", "/settings"))
    assert kims.startswith(f"{anns}\n\n**For managers of this server**")
    assert "`managers`" in kims
    assert "Integrations" not in kims
    assert "/gaps" in eves
    assert "`managers`" not in eves
    assert "Integrations" in eves
    message = await kim.dm(QUESTION)
    await kim.sees(SENTENCE)
    direct = await said(kim, "help", message.channel)
    assert "Write me your question" in direct
    assert not any(word in direct for word in ("mention me", "managers", "in this server"))


async def test_about_says_version_engine_collections_and_what_is_kept(stage: Stage) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()
    text = await said(ann, "about", general)
    assert f"Quoth {version('quoth')}" in text
    assert "quotes only" in text
    assert "server, shared library" in text
    assert "/forget" in text


async def test_about_says_that_no_conversations_are_kept(tmp_path: Path) -> None:
    async with staged(tmp_path / "home", QUOTH_HISTORY_DAYS="0") as stage:
        _, general, _, ann = a_server(stage)
        await stage.start()
        assert "I do not remember conversations." in await said(ann, "about", general)


async def test_forget_deletes_mine_and_nobody_elses(stage: Stage) -> None:
    _, general, _, ann = a_server(stage)
    ben = stage.discord.stranger("Ben")
    await stage.start()
    shown = await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
    await ben.dm(QUESTION)
    theirs = await ben.sees(SENTENCE)
    assert "Forgotten: 1 question." in await said(ann, "forget", general)
    gone = await ann.sees(to=await ann.click(shown, "Show 1"))
    assert "I no longer keep this answer" in gone.text
    card = await ben.sees(to=await ben.click(theirs, "Show 1"))
    assert SENTENCE in card.text


async def test_listening_without_the_intent_says_what_is_missing(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    text = await said(kim, "settings listen", general, channel=general, state="on")
    assert "until then I hear nothing there" in text
    await ann.say(QUESTION, in_=general)
    assert "off" in await said(kim, "settings listen", general, channel=general, state="off")
    assert stage.answerer.asked == []


async def test_settings_survive_a_restart(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    await said(kim, "settings threads", general, channel=general, state="on")
    await stage.restart()
    listed = await said(kim, "collection list", general)
    assert f"A thread for every question in <#{general.id}>." in listed
    await ann.mention(QUESTION, in_=general)
    shown = await ann.sees(SENTENCE)
    assert shown.channel.parent is general
    await eventually(lambda: stage.answerer.asked)
