"""What an answer says of a question that is not English."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.answering.language_notice import NOTICE
from bot.conversation.follow_ups import GREETING
from index.embed.minilm import open_minilm
from tests.doubles.answer_world import World, open_world, turns

CLUB = "# Ruderclub\n\nDer Mitgliedsbeitrag beträgt 40 Euro im Jahr. Er wird im März bezahlt.\n"
GERMAN = "Wie viel kostet der Mitgliedsbeitrag im Jahr?"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home: Path = tmp_path_factory.mktemp("home")
    with open_world(home, open_minilm(home)) as world:
        world.add("club", "club.md", CLUB)
        yield world


async def test_an_answer_says_which_language_a_question_seems_to_be_in(world: World) -> None:
    answer = await world.ask(GERMAN, "club", english_only=True)
    assert answer.notice == NOTICE.format(language="German")


async def test_an_answer_that_finds_nothing_says_so_too(world: World) -> None:
    answer = await world.ask("Où est la piscine municipale ?", "club", english_only=True)
    assert answer.notice == NOTICE.format(language="French")


async def test_a_conversation_says_it_once(world: World) -> None:
    first = await world.ask(GERMAN, "club", english_only=True)
    second = await world.ask(
        "Wann wird er bezahlt?", "club", history=turns(GERMAN, first), english_only=True
    )
    assert second.notice is None


@pytest.mark.parametrize("question", ["How much is the fee?", "Mitgliedsbeitrag", "club.md"])
async def test_nothing_is_said_of_english_or_of_names(world: World, question: str) -> None:
    assert (await world.ask(question, "club", english_only=True)).notice is None


async def test_a_model_of_many_languages_has_nothing_to_say(world: World) -> None:
    assert (await world.ask(GERMAN, "club")).notice is None


async def test_a_greeting_stays_as_it_is(world: World) -> None:
    answer = await world.ask("hello", "club", english_only=True)
    assert (answer.text, answer.notice) == (GREETING, None)


async def test_words_of_another_language_are_not_corrected_by_the_documents(world: World) -> None:
    answer = await world.ask("Wann wird der Mitgliedsbeitrg bezahlt?", "club", english_only=True)
    assert answer.standalone_question == answer.question
