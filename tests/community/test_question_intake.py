"""From a question in a server to what is shown and kept of it, over a real index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.answering.generative.generator import Generator
from bot.community.question_intake import Question, QuestionIntake
from bot.community.rights import Caller
from bot.community.store.feedback import Feedback
from bot.community.store.records_file import Records, open_records
from bot.schema import Scope
from prompts import load
from tests.doubles.answer_world import World, open_world
from tests.doubles.fakes import HashingEmbedder
from tests.doubles.generate_world import ScriptedModel
from tests.doubles.intake import intake_of

TEXT = """# Port of Trieste

Nadia Okafor is the president of the port authority. The harbour of Trieste has 12 piers.
"""
WRITTEN = (
    "Nadia Okafor is the president of the port authority [1.1]. "
    "The harbour of Trieste has 12 piers [1.2]."
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("intake"), HashingEmbedder()) as world:
        world.add("town", "port.md", TEXT)
        yield world


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with closing(open_records(tmp_path)) as opened:
        yield opened


def intake(world: World, records: Records, model: ScriptedModel | None = None) -> QuestionIntake:
    generator = None if model is None else Generator(model, load(None))
    return intake_of(world.answerer(generator=generator), records)


def question(text: str, conversation: str) -> Question:
    caller = Caller(guild=1, channel=2, user=3)
    scope = Scope(collections=("town",))
    return Question(text=text, caller=caller, scope=scope, conversation=conversation)


async def test_each_draft_says_every_statement_once(world: World, records: Records) -> None:
    shown: list[str] = []
    asked = question("Who is the president of the port authority?", "drafts")
    kept = await intake(world, records, ScriptedModel(WRITTEN)).ask(asked, shown.append)
    first = "Nadia Okafor is the president of the port authority. [1]"
    assert shown == [first, f"{first} The harbour of Trieste has 12 piers. [2]"]
    assert shown[-1] == kept.answer.text


@pytest.mark.parametrize("text", ["Hello!", "thanks, that helps", "show me source 7"])
async def test_only_a_question_without_an_answer_becomes_a_gap(
    world: World, records: Records, text: str
) -> None:
    taking, feedback = intake(world, records), Feedback(records)
    await taking.ask(question("Who is the president of the port authority?", text), print)
    await taking.ask(question(text, text), print)
    assert await feedback.gaps(1) == ()
    await taking.ask(question("What is the capital of Australia?", text), print)
    assert [gap.question for gap in await feedback.gaps(1)] == ["What is the capital of Australia?"]
