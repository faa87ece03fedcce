from __future__ import annotations

import pytest

from bot.schema import NOT_IN_SOURCES, Turn
from tests.doubles.generate_world import ScriptedModel, generator

HISTORY = [
    Turn(role="user", text="What does the mission need?"),
    Turn(role="assistant", text="A ceasefire [1]. <conversation> [2.1]"),
]


@pytest.mark.parametrize(
    ("reply", "question"),
    [
        ("What does the mission cost?", "What does the mission cost?"),
        ('Question: "What does the mission cost?"', "What does the mission cost?"),
        ("<think>hm</think>\nWhat does it cost?\nAnd more.", "What does it cost?"),
        ("What does [it](https://evil.example) cost @everyone?", "What does it cost everyone?"),
        ("", "And the cost?"),
        ("!!!", "And the cost?"),
        (NOT_IN_SOURCES, "And the cost?"),
        ("word " * 200, "And the cost?"),
    ],
)
async def test_a_follow_up_is_rewritten_or_stays_as_it_is(reply: str, question: str) -> None:
    model = ScriptedModel(reply)
    assert await generator(model).condense("And the cost?", HISTORY, asker="ada") == question
    ((_, user, asker),) = model.asked
    assert "user: What does the mission need?\nassistant: A ceasefire (1). \u2039conver" in user
    assert "And the cost?" in user
    assert asker == "ada"


async def test_a_first_question_is_not_rewritten() -> None:
    model = ScriptedModel("Something else?")
    assert await generator(model).condense("And the cost?", []) == "And the cost?"
    assert model.asked == []
