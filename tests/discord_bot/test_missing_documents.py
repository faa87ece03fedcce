"""Documents that are not as their files: marked in answers and lists, forgotten if confirmed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.discord_bot.source_buttons import NOTHING_MISSING
from bot.discord_bot.text.pages import OLD_VERSION
from bot.discord_bot.text.quotes import MISSING, STALE
from index.config import SHARED_COLLECTION
from tests.discord_bot.test_manage import QUESTION, SENTENCE, a_server, said
from tests.doubles.discord.fixtures import Stage, source, staged

FORGET = ("forget missing",)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path / "home") as made:
        for name in ("peace.txt", "other.txt"):
            made.documents.put(source(SHARED_COLLECTION, name, SENTENCE, title=name))
        yield made


def lose(stage: Stage, name: str) -> None:
    mark(stage, name, "missing")


def mark(stage: Stage, name: str, how: str) -> None:
    papers = stage.documents.papers
    for id, paper in list(papers.items()):
        if paper.uri == name:
            papers[id] = paper.model_copy(update={how: True})


async def test_an_answer_and_the_list_say_that_a_file_is_gone(stage: Stage) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()
    assert MISSING not in await said(ann, "ask", general, question=QUESTION)
    lose(stage, "peace.txt")
    assert MISSING in await said(ann, "ask", general, question=QUESTION)
    assert (await said(ann, "sources", general)).count(MISSING) == 1


async def test_an_answer_and_the_list_say_that_a_version_is_old(stage: Stage) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()
    assert STALE not in await said(ann, "ask", general, question=QUESTION)
    mark(stage, "peace.txt", "stale")
    assert STALE in await said(ann, "ask", general, question=QUESTION)
    listed = await said(ann, "sources", general)
    assert listed.count(f"{OLD_VERSION}: It is not text.") == 1


async def test_the_list_counts_what_is_not_read_where_the_folder_is_read(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    stage.documents.unread = {".mp4": 9, ".e*e": 3}
    await stage.start()
    told = r"-# 12 not read: 9 .mp4, 3 .e\*e"
    assert told in await said(ann, "sources", general)
    assert told in await said(ann, "sources", general, collection="shared library")
    await said(kim, "settings shared-library", general, state="off")
    assert "not read" not in await said(ann, "sources", general)


async def test_a_manager_confirms_and_others_are_not_asked(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    lose(stage, "peace.txt")
    await stage.start()
    shown = await ann.sees(to=await ann.slash("sources", in_=general))
    assert "Missing files (1)" not in shown.buttons
    shown = await kim.sees(to=await kim.slash("sources", in_=general))
    asked = await kim.sees("were not found", to=await kim.click(shown, "Missing files (1)"))
    assert asked.ephemeral
    assert FORGET not in stage.documents.calls
    await kim.sees("1 removed", to=await kim.click(asked, "Forget 1 document"))
    assert FORGET in stage.documents.calls
    again = await kim.click(shown, "Missing files (1)")
    assert (await kim.sees(to=again)).text == NOTHING_MISSING


async def test_more_than_was_confirmed_is_not_forgotten(stage: Stage) -> None:
    _, general, kim, _ = a_server(stage)
    lose(stage, "peace.txt")
    await stage.start()
    shown = await kim.sees(to=await kim.slash("sources", in_=general))
    asked = await kim.sees("were not found", to=await kim.click(shown, "Missing files (1)"))
    lose(stage, "other.txt")
    await kim.sees("More files are missing", to=await kim.click(asked, "Forget 1 document"))
    assert FORGET not in stage.documents.calls
