"""Misspelt questions over small documents, with the real model."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.answer_screen import answer_screen
from bot.cli.terminal_text import Style
from index.embed.minilm import open_minilm
from index.search.checked_question import LONGEST_QUESTION
from tests.doubles.answer_world import World, open_world, turns
from tests.doubles.fakes import HashingEmbedder

CLUB = """# Rowing club

## Committee

The committee meets every Tuesday in the boathouse. Its chair is Nadia Okafor.

## Membership

The membership fee is 40 euros a year. A certificate of swimming is required.

## Lockers

Each locker has a password of eight letters. A forgotten password is replaced by the treasurer.
"""
SECRET = "The harvester of the mansion is repaired in Genoa."


@pytest.fixture(scope="module")
def world(indexed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    minilm = open_minilm(indexed_folder / ".quoth", threads=1)
    with open_world(tmp_path_factory.mktemp("home"), minilm) as opened:
        opened.add("town", "club.md", CLUB, title="Rowing club")
        opened.add("private", "secret.md", SECRET, title="Secret")
        yield opened


async def test_a_misspelt_question_is_answered_and_says_what_was_searched_for(
    world: World,
) -> None:
    asked = "who replaces a forgotten pasword"
    answer = await world.ask(asked, "town")
    assert "treasurer" in answer.citations[0].quote
    assert answer.question == asked
    assert answer.standalone_question == "who replaces a forgotten password"
    screen = answer_screen(answer, Style())
    assert screen.startswith("Searched for: who replaces a forgotten password\n")


async def test_a_question_that_is_spelt_right_is_searched_as_it_is(world: World) -> None:
    answer = await world.ask("Who mails the rowing club about its kayaks?", "town")
    assert answer.standalone_question == answer.question


async def test_a_follow_up_is_completed_and_corrected(world: World) -> None:
    first = "When does the committee meet?"
    history = turns(first, await world.ask(first, "town"))
    answer = await world.ask("and who is its chiar?", "town", history=history)
    assert "chair" in answer.standalone_question
    assert "chiar" not in answer.standalone_question


async def test_a_bare_question_is_asked_back_however_it_is_spelt(world: World) -> None:
    sections = ("Ferries take 30 minutes.", "Customs take three days.", "Cranes take two weeks.")
    text = "\n\n".join(f"## {each.split()[0]}\n\nThe {each}" for each in sections)
    world.add("port", "port.md", f"# Port\n\n{text}", title="Port")
    right = await world.ask("How long does it take?", "port")
    wrong = await world.ask("How long does it taek?", "port")
    assert (right.kind, wrong.kind) == ("question_back", "question_back")
    assert wrong.text == right.text


async def test_words_of_a_collection_that_is_not_opened_correct_nothing(world: World) -> None:
    answer = await world.ask("who repairs the harvestar", "town")
    assert answer.standalone_question == "who repairs the harvestar"
    opened = await world.ask("who repairs the harvestar", "town", "private")
    assert opened.standalone_question == "who repairs the harvester"


async def test_without_a_model_that_knows_english_nothing_is_corrected(world: World) -> None:
    answer = await world.ask("a forgotten pasword", "town", embedder=HashingEmbedder(dimension=384))
    assert answer.standalone_question == "a forgotten pasword"


def test_a_question_is_not_made_too_long(world: World) -> None:
    question = ("pasword " * LONGEST_QUESTION)[:LONGEST_QUESTION]
    assert world.searcher().spelled(question, collections=["town"]) == question
