"""Erasing servers and collections, over a local Discord; canary words are looked for everywhere."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.community.store.erasure_records import WHOLE, ErasureRecords
from bot.community.store.records_file import Records
from bot.discord_bot.erasure_buttons import ERASED, ERASES
from tests.doubles.discord.fixtures import Stage, eventually, settled, staged, staged_for_real
from tests.doubles.discord.server import GuildHandle, Person, Upload
from tests.doubles.discord.world import MANAGE_GUILD, Channel

CANARY = "canaryzorblax"
QUESTION = f"What does {CANARY} eat at noon?"
MONTH = 30 * 86_400.0


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path / "home") as made:
        yield made


def a_server(stage: Stage, name: str = "Acme") -> tuple[GuildHandle, Channel, Person, Person]:
    acme = stage.discord.guild(name)
    keepers = acme.role("keepers", MANAGE_GUILD)
    return acme, acme.text("general"), acme.member("Kim", keepers), acme.member("Ann")


async def said(person: Person, command: str, in_: Channel, **given: object) -> str:
    used = await person.slash(command, in_=in_, **given)
    return (await person.sees(lambda seen: not seen.content.startswith("`"), to=used)).text


async def live(general: Channel, kim: Person, ann: Person, canary: str = CANARY) -> None:
    """Leave something of a server in every table that tells of servers."""
    page = Upload("menu.txt", f"The {canary} eats fish. Fish is had at noon.".encode())
    await said(kim, "source add", general, file1=page)
    await said(kim, "collection create", general, name=canary)
    other = Upload("more.txt", f"A second {canary} sleeps.".encode())
    await said(kim, "source add", general, file1=other, collection=canary)
    shown = await ann.sees(
        to=await ann.slash("ask", question=f"What does {canary} eat at noon?", in_=general)
    )
    form = await ann.sees_modal(await ann.click(shown, "👎"))
    await ann.sees(to=await ann.submit(form, {"text": f"a bad {canary}"}))
    await said(ann, "ask", general, question=f"Who is the dentist of {canary}?")
    await said(ann, "ask", general, question=f"Where parks {canary}?", private=True)
    gaps = await kim.sees(to=await kim.slash("gaps", in_=general))
    form = await kim.sees_modal(await kim.click(gaps, "Answer 1"))
    await kim.sees("added", to=await kim.submit(form, {"text": f"Nobody, says {canary}."}))
    message = await ann.say(f"The {canary} is blue.", in_=general)
    await kim.sees("added", to=await kim.menu("Add to sources", message))
    await said(ann, "ask", general, question="Where does the printer stand?")


async def held(stage: Stage, guild: GuildHandle, canary: str = CANARY) -> dict[str, int]:
    """Return in how many rows or documents the server's id or canary stands, by place.

    What is answered is struck off a moment after it is shown, which is waited for.
    """
    records = stage.parts.records
    open_ones = "SELECT count(*) FROM bot_open_answers"

    async def is_struck_off() -> bool:
        return (await records.run(records.row, open_ones)) == (0,)

    await eventually(is_struck_off)
    found = await stage.parts.records.run(_in_records, stage.parts.records, guild.id, canary)
    documents = stage.parts.documents
    names = await asyncio.to_thread(documents.collections)
    for name in names:
        if name.startswith(f"guild-{guild.id}"):
            found[name] = len(await asyncio.to_thread(documents.sources, name)) + 1
    return found


def _in_records(records: Records, guild: str, canary: str) -> dict[str, int]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    found = {}
    for (table,) in records.rows(query):
        rows = [
            repr([zlib.decompress(cell) if isinstance(cell, bytes) else cell for cell in row])
            for row in records.rows(f"SELECT * FROM {table}")
        ]
        if count := sum(guild in row or canary in row for row in rows):
            found[table] = count
    return found


async def erase(person: Person, place: Channel) -> str:
    sure = await person.sees(to=await person.slash("settings erase", in_=place))
    assert sure.text == ERASES
    assert sure.ephemeral
    return (await person.sees(to=await person.click(sure, "Erase everything"))).text


# --- by managers -----------------------------------------------------------------------------


async def test_erasing_leaves_nothing_of_a_server_and_everything_of_the_others(
    stage: Stage,
) -> None:
    acme, general, kim, ann = a_server(stage)
    other, place, bea, bob = a_server(stage, "Other")
    await stage.start()
    await live(general, kim, ann)
    await live(place, bea, bob, "otherbird")
    await settled(stage)
    before = await held(stage, other, "otherbird")
    assert {"bot_answers", "bot_turns", "bot_ratings", "bot_gaps", "bot_team_answers"} <= {*before}
    assert {"bot_guilds", "bot_followed"} <= {*before}
    assert await erase(kim, general) == ERASED
    assert await held(stage, acme) == {}
    assert await held(stage, other, "otherbird") == before
    asked = "What does otherbird eat at noon?"
    assert "otherbird" in await said(bob, "ask", place, question=asked)
    assert CANARY not in await said(ann, "ask", general, question="What is had at noon?")
    assert "**server**: everyone" in await said(kim, "collection list", general)
    assert "No open questions" not in await said(bea, "gaps", place)


def _rows(records: Records) -> list[object]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    return [
        zlib.decompress(cell) if isinstance(cell, bytes) else cell
        for (table,) in records.rows(query)
        for row in records.rows(f"SELECT * FROM {table}")
        for cell in row
    ]


async def test_only_manage_server_erases_and_the_button_is_checked_again(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    editors = acme.role("editors")
    acme.grant(ann, editors)
    await stage.start()
    await live(general, kim, ann)
    await said(kim, "collection managers", general, role=editors)
    acme.offer_commands(editors)
    assert "Manage Server" in await said(ann, "settings erase", general)
    sure = await kim.sees(to=await kim.slash("settings erase", in_=general))
    custom_id = sure.component("Erase everything")["custom_id"]
    told = await ann.sees(to=await ann.forge(custom_id, in_=general))
    assert "Manage Server" in told.text
    assert await held(stage, acme)


async def test_a_question_under_way_leaves_nothing_behind(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    await stage.start()
    await live(general, kim, ann)
    stage.answerer.held = asyncio.Event()
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    await eventually(lambda: stage.answerer.asked[-1].question == QUESTION)
    assert await erase(kim, general) == ERASED
    stage.answerer.held.set()
    assert "has just been erased" in (await ann.sees(to=asked)).text
    assert await held(stage, acme) == {}


async def test_a_deleted_collection_takes_what_quotes_it_along(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    await stage.start()
    await said(kim, "source add", general, file1=Upload("a.txt", b"Fish is had at noon."))
    await said(kim, "collection create", general, name="board")
    page = Upload("b.txt", f"The {CANARY} plan.".encode())
    await said(kim, "source add", general, file1=page, collection="board")
    quoting = await ann.sees(to=await ann.slash("ask", question=f"{CANARY}?", in_=general))
    other = await ann.sees(to=await ann.slash("ask", question="When is fish?", in_=general))
    sure = await kim.sees(to=await kim.slash("collection delete", name="board", in_=general))
    assert "with its 1 document," in sure.text
    assert "✅ Deleted **board**" in (await kim.sees(to=await kim.click(sure, "Delete it"))).text
    assert await held(stage, acme) == {f"guild-{acme.id}": 2} | {
        name: count for name, count in (await held(stage, acme)).items() if name.startswith("bot_")
    }
    assert CANARY not in str(await stage.parts.records.run(_rows, stage.parts.records))
    assert "no longer keep" in (await ann.sees(to=await ann.click(quoting, "Why?"))).text
    why = await ann.sees(to=await ann.click(other, "Why?"))
    figures = await ann.sees(to=await ann.click(why, "Figures"))
    assert "fish" in figures.text.casefold()
    again = await kim.sees(to=await kim.click(sure, "Delete it"))
    assert "There is no collection" in again.text


async def test_a_collection_is_deleted_by_its_managers_only(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    await said(kim, "collection create", general, name="board")
    sure = await kim.sees(to=await kim.slash("collection delete", name="board", in_=general))
    custom_id = sure.component("Delete it")["custom_id"]
    told = await ann.sees(to=await ann.forge(custom_id, in_=general))
    assert "Only people with Manage Server" in told.text
    assert "board" in await said(kim, "collection list", general)


async def test_what_is_written_down_is_finished_at_the_next_start(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme, general, kim, ann = a_server(stage)
    monkeypatch.setattr("bot.community.service.GRACE", 0.2)
    await stage.start()
    await live(general, kim, ann)
    begun, free = threading.Event(), threading.Event()
    remove = stage.documents.remove_collection

    def broken(collection: str) -> None:
        begun.set()
        free.wait(30)
        raise OSError("the machine went down")

    monkeypatch.setattr(stage.documents, "remove_collection", broken)
    sure = await kim.sees(to=await kim.slash("settings erase", in_=general))
    await kim.click(sure, "Erase everything")
    await eventually(begun.is_set)
    records = stage.parts.records
    assert "bot_answers" in await records.run(_in_records, records, acme.id, CANARY)
    await stage.stop()
    free.set()
    monkeypatch.setattr(stage.documents, "remove_collection", remove)
    await stage.start()
    assert await held(stage, acme) == {}


# --- by leaving ------------------------------------------------------------------------------


async def scheduled(stage: Stage) -> dict[int, float]:
    """Return in how many days which server goes."""
    due = await ErasureRecords(stage.parts.records).due(time.time() + 400 * 86_400)
    return {one.guild: (one.due - time.time()) / 86_400 for one in due if one.collection == WHOLE}


async def put_forward(stage: Stage) -> None:
    """Let a month pass, as far as what is written down goes."""
    records = stage.parts.records

    def hurry() -> None:
        with records.transaction() as write:
            write.execute("UPDATE bot_erasures SET due = due - ?", (MONTH + 60,))

    await records.run(hurry)


async def test_a_server_that_puts_the_bot_out_is_erased_after_a_month(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    _, place, bea, bob = a_server(stage, "Other")
    await stage.start()
    await live(general, kim, ann)
    await said(bob, "ask", place, question="Who is there?")
    acme.remove_bot()
    assert stage.bot
    await stage.bot.wait_until_ready()
    await eventually(lambda: scheduled(stage))
    assert {guild: round(days) for guild, days in (await scheduled(stage)).items()} == {
        int(acme.id): 30
    }
    await stage.service.erasure.finish()
    assert "bot_answers" in await held(stage, acme)
    await put_forward(stage)
    await stage.service.erasure.finish()
    assert await held(stage, acme) == {}
    assert "Who is there?" in await said(bea, "gaps", place)


async def test_an_outage_is_no_leaving(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    await stage.start()
    await live(general, kim, ann)
    acme.outage()
    assert stage.bot
    guild = stage.bot.get_guild(int(acme.id))
    assert guild
    await eventually(lambda: guild.unavailable)
    await stage.service.erasure.finish()
    assert await scheduled(stage) == {}
    await stage.restart()
    assert await scheduled(stage) == {}


@pytest.mark.parametrize("stated", [True, False])
async def test_coming_back_calls_it_off(stage: Stage, stated: bool) -> None:
    acme, general, kim, ann = a_server(stage)
    await stage.start()
    await live(general, kim, ann)
    acme.remove_bot()
    await eventually(lambda: scheduled(stage))
    acme.invite_bot(stated=stated)

    async def called_off() -> bool:
        return await scheduled(stage) == {}

    await eventually(called_off)
    assert CANARY in await said(ann, "ask", general, question=QUESTION)


async def test_what_happened_while_the_bot_was_away_is_noticed_at_the_start(stage: Stage) -> None:
    acme, general, kim, ann = a_server(stage)
    other, place, bea, bob = a_server(stage, "Other")
    await stage.start()
    await live(general, kim, ann)
    await live(place, bea, bob)
    await stage.stop()
    acme.remove_bot()
    await stage.start()
    await eventually(lambda: scheduled(stage))
    assert {*await scheduled(stage)} == {int(acme.id)}
    await stage.stop()
    await put_forward(stage)
    acme.invite_bot()
    other.remove_bot()
    await stage.start()

    async def only_the_other() -> bool:
        return {*await scheduled(stage)} == {int(other.id)}

    await eventually(only_the_other)
    assert CANARY in await said(ann, "ask", general, question=QUESTION)


async def test_without_days_everything_goes_at_once(tmp_path: Path) -> None:
    async with staged(tmp_path / "home", QUOTH_KEEP_DAYS_AFTER_LEAVING="0") as stage:
        acme, general, kim, ann = a_server(stage)
        await stage.start()
        await live(general, kim, ann)
        acme.remove_bot()

        async def gone() -> bool:
            return await held(stage, acme) == {}

        await eventually(gone)


async def test_nothing_of_a_server_is_left_in_the_real_index(own_folder: Path) -> None:
    async with staged_for_real(own_folder) as stage:
        acme, general, kim, ann = a_server(stage)
        await stage.start()
        await live(general, kim, ann)
        before = await asyncio.to_thread(_texts, own_folder / ".quoth")
        assert {name.split(":")[0] for name in before} == {"catalog", "additions"}
        assert await erase(kim, general) == ERASED
        assert await held(stage, acme) == {}
        assert await asyncio.to_thread(_texts, own_folder / ".quoth", acme.id) == {}


def _texts(home: Path, guild: str = CANARY) -> dict[str, int]:
    """Return in how many rows of the index's files the canary or a server stands, by table."""
    found = {}
    files = ("catalog.sqlite", "additions.sqlite", "chroma/chroma.sqlite3")
    for path in map(home.joinpath, files):
        with closing(sqlite3.connect(path)) as file:
            query = "SELECT name FROM sqlite_master WHERE type = 'table'"
            for (table,) in file.execute(query).fetchall():
                rows = file.execute(f"SELECT * FROM {table}").fetchall()
                texts = [repr([_plain(cell) for cell in row]) for row in rows]
                if count := sum(CANARY in text or guild in text for text in texts):
                    found[f"{path.stem}: {table}"] = count
    return found


def _plain(cell: object) -> object:
    try:
        return zlib.decompress(cell) if isinstance(cell, bytes) else cell
    except zlib.error:
        return cell
