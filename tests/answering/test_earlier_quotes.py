"""Who said what was quoted, without a model."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.schema import Scope
from index.embed.minilm import open_minilm
from tests.doubles.answer_world import World, open_world, quotes, turns

ARTICLE = """# Port weighs a terminal

The port will decide only after subsidies are confirmed.

## Conditions

Nadia Okafor, president of the port authority, explained on Tuesday that nothing is decided. \
Key conditions include:

- Subsidies from the government
- Contracts with two producers
- A pipeline to the border

## Plans

The rival harbour plans a smaller terminal. It opens in 2028.

“We cannot build before the pipeline is there,” warned Tomasz Nowak.
"""
OTHERS = """# Minutes

Anna Keller said that the minutes are approved. The team said thanks to Lucia Moretti.
"""
WHO = ("and who said that?", "who said so?", "Who says that?", "who said it?")


@pytest.fixture(scope="module")
def world(indexed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    minilm = open_minilm(indexed_folder / ".quoth", threads=1)
    with open_world(tmp_path_factory.mktemp("home"), minilm) as opened:
        opened.add("news", "article.md", ARTICLE, title="Port weighs a terminal")
        opened.add("news", "minutes.md", OTHERS, title="Minutes")
        yield opened


@pytest.mark.parametrize("message", WHO)
async def test_the_speaker_of_a_list_is_named_before_it(world: World, message: str) -> None:
    question = "What are the conditions for the terminal?"
    listed = await world.ask(question, "news")
    assert "Contracts with two producers" in quotes(listed)
    answer = await world.ask(message, "news", history=turns(question, listed))
    assert answer.status == "answered"
    assert quotes(answer) == [
        "Nadia Okafor, president of the port authority, explained on Tuesday that nothing is"
        " decided."
    ]
    assert answer.citations[0].heading[-1] == "Conditions"


async def test_a_quote_that_names_its_speaker_is_quoted_again(world: World) -> None:
    question = "When can we build?"
    said = await world.ask(question, "news")
    answer = await world.ask("who said that?", "news", history=turns(question, said))
    assert quotes(answer) == [
        "“We cannot build before the pipeline is there,” warned Tomasz Nowak."
    ]


async def test_somebody_who_spoke_in_another_section_did_not_say_it(world: World) -> None:
    question = "When does the rival terminal open?"
    said = await world.ask(question, "news")
    assert "2028" in said.text
    answer = await world.ask("who said that?", "news", history=turns(question, said))
    assert not any("Okafor" in quote and "nothing" in quote for quote in quotes(answer))


async def test_a_speaker_outside_the_scope_is_not_named(world: World) -> None:
    question = "What are the conditions for the terminal?"
    listed = await world.ask(question, "news")
    answer = await world.ask("who said that?", "elsewhere", history=turns(question, listed))
    assert answer.status == "not_found"
    minutes = world.catalog.find_source(["news"], "minutes.md")
    scope = Scope(collections=("news",), source=minutes.id)
    answer = await world.answerer().answer(
        "who said that?", scope=scope, history=turns(question, listed)
    )
    assert all(citation.source == "minutes.md" for citation in answer.citations)


async def test_a_question_that_says_more_is_searched_for(world: World) -> None:
    question = "What are the conditions for the terminal?"
    listed = await world.ask(question, "news")
    message = "Who said that the minutes are approved?"
    answer = await world.ask(message, "news", history=turns(question, listed))
    assert "Anna Keller" in answer.text
