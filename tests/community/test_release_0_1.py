"""Answers that release 0.1.0 kept, in today's form."""

from __future__ import annotations

import json
import zlib

import pytest

from bot.community.store.records import Kept
from bot.community.store.release_0_1 import upgraded_answer, upgraded_turn
from bot.schema import Answer, AnswerPart, Citation, Turn
from tests.doubles.discord.fixtures import citation, kept, source

PAPER = source(
    "documents",
    "a.md",
    "Three things are needed:\n- A ceasefire [now] holds\n- A mandate\nIt ends.",
)
LEAD, FIRST, SECOND, END = (
    citation(PAPER, quote, marker=marker)
    for marker, quote in enumerate(
        ("Three things are needed:", "A ceasefire [now] holds", "A mandate", "It ends."), start=1
    )
)


def as_kept_then(text: str, *citations: Citation, status: str = "answered") -> bytes:
    """Return the body of an answer as release 0.1.0 wrote it."""
    body = kept(citations=citations).model_dump(mode="json")
    answer = body["answer"] | {"text": text, "status": status}
    for name in ("parts", "kind", "missing"):
        del answer[name]
    return zlib.compress(json.dumps(body | {"answer": answer}).encode())


def upgraded(text: str, *citations: Citation, status: str = "answered") -> Answer:
    body = upgraded_answer(as_kept_then(text, *citations, status=status))
    return Kept.model_validate_json(zlib.decompress(body)).answer


LIST = (
    "Three things are needed: [1]\n- A ceasefire [now] holds [2]\n- A mandate [3]\n\nIt ends. [4]"
)


def test_the_statements_of_an_answer_by_quotes_are_found_again() -> None:
    answer = upgraded(LIST, LEAD, FIRST, SECOND, END)
    assert answer.text == LIST
    assert [(part.role, part.text, part.markers) for part in answer.parts] == [
        ("lead", None, (1,)), ("item", None, (2,)), ("item", None, (3,)), ("sentence", None, (4,)),
    ]  # fmt: skip


def test_what_was_missing_is_found_again() -> None:
    text = "It ends. [1]\n\nThe sources do not say: who pays; when it begins"
    answer = upgraded(text, END.model_copy(update={"marker": 1}), status="partial")
    assert (answer.text, answer.missing) == (text, ("who pays", "when it begins"))


def test_a_question_back_is_known_again() -> None:
    text = "Which do you mean?\n- Ferry? [1]\n- Customs? [2]"
    answer = upgraded(text, LEAD, FIRST, status="partial")
    assert (answer.kind, answer.text) == ("question_back", text)
    assert [part.text for part in answer.parts[1:]] == ["Ferry?", "Customs?"]


@pytest.mark.parametrize(
    "text",
    ["It needs a ceasefire. [1][2] And a mandate. [1]", "[1]", "x", "- A mandate [3]\n[1] - "],
)
def test_any_other_text_stands_as_it_was(text: str) -> None:
    answer = upgraded(text, LEAD, FIRST)
    assert answer.text == text


def test_a_greeting_was_no_question_without_an_answer() -> None:
    text = "Hello! Ask me a question about the documents, and I will quote what they say."
    answer = upgraded(text, status="not_found")
    assert (answer.kind, answer.status, answer.text) == ("greeting", "answered", text)


def test_a_turn_of_a_conversation_keeps_its_items() -> None:
    cited = [one.model_dump(mode="json") for one in (LEAD, FIRST, SECOND, END)]
    packed = zlib.compress(json.dumps(cited).encode())
    turn = Turn.model_validate_json(zlib.decompress(upgraded_turn(LIST, packed)))
    assert (turn.text, len(turn.citations)) == (LIST, 4)
    assert [part.role for part in turn.parts] == ["lead", "item", "item", "sentence"]
    silent = upgraded_turn("The sources do not say.", zlib.compress(b"[]"))
    assert Turn.model_validate_json(zlib.decompress(silent)).status == "not_found"
    assert AnswerPart(text="The sources do not say.") in (
        Turn.model_validate_json(zlib.decompress(silent)).parts
    )
