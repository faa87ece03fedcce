"""What the community expects of whoever answers, held by the real one and by the double."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import pytest

from bot.answering.generative.generator import Generator
from bot.community.question_intake import Answering
from bot.schema import Scope
from prompts import load
from tests.doubles.answer_world import open_world
from tests.doubles.discord.fixtures import PaperAnswerer, PaperDocuments, source
from tests.doubles.fakes import HashingEmbedder
from tests.doubles.generate_world import ScriptedModel

TEXT = "Nadia Okafor is the president of the authority. The harbour of Trieste has 12 piers.\n"
QUESTION = "Who is the president of the authority?"
WRITTEN = "Nadia Okafor is the president of the authority [1.1]. The harbour has 12 piers [1.2]."


class Opening(Protocol):
    """Opens somebody who answers from a collection "town", and knows of another, "board"."""

    def __call__(self, home: Path) -> AsyncIterator[Answering]: ...


async def real(home: Path) -> AsyncIterator[Answering]:
    with open_world(home, HashingEmbedder()) as world:
        world.add("town", "port.md", TEXT)
        world.add("board", "plan.md", "The president of the authority is to be replaced.")
        yield world.answerer(generator=Generator(ScriptedModel(WRITTEN), load(None)))


async def double(home: Path) -> AsyncIterator[Answering]:
    documents = PaperDocuments()
    documents.put(source("town", "port.md", TEXT))
    documents.put(source("board", "plan.md", "The president of the authority is to be replaced."))
    answerer = PaperAnswerer(documents)
    first = "Nadia Okafor is the president of the authority."
    answerer.drafts = (first, f"{first} The harbour has 12 piers.")
    yield answerer


pytestmark = pytest.mark.parametrize("opening", [real, double])
TOWN = Scope(collections=("town",))


async def test_an_answer_quotes_what_is_open_and_says_it_in_its_statements(
    opening: Opening, tmp_path: Path
) -> None:
    async with asynccontextmanager(opening)(tmp_path) as answerer:
        answer = await answerer.answer(QUESTION, scope=TOWN, asker="7")
    assert (answer.kind, answer.status, answer.question) == ("answer", "answered", QUESTION)
    assert answer.citations
    assert {one.collection for one in answer.citations} == {"town"}
    cited = {marker for part in answer.parts for marker in part.markers}
    assert cited == {one.marker for one in answer.citations}
    assert all(f"[{one.marker}]" in answer.text for one in answer.citations)


async def test_drafts_grow_and_come_before_the_answer(opening: Opening, tmp_path: Path) -> None:
    shown: list[str] = []
    async with asynccontextmanager(opening)(tmp_path) as answerer:
        await answerer.answer(QUESTION, scope=TOWN, show=shown.append)
    assert len(shown) == 2
    assert shown[1].startswith(shown[0])


async def test_without_an_answer_there_are_no_citations(opening: Opening, tmp_path: Path) -> None:
    async with asynccontextmanager(opening)(tmp_path) as answerer:
        answer = await answerer.answer("Zebra kangaroo?", scope=TOWN)
    assert (answer.status, answer.citations) == ("not_found", ())
    assert all(one.marker is None for one in answer.nearest)
