"""Whatever sign people put before the items of a list, the items are told apart everywhere."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bot.answering.extractive.extractor import Extractor
from bot.answering.extractive.scored_sentences import SentenceScorer
from bot.answering.generative.reply_statements import statements
from bot.cli.answer_screen import answer_screen
from bot.cli.terminal_text import Style
from bot.discord_bot.text.answers import render_answer
from bot.discord_bot.text.quote_context import without_mark
from bot.discord_bot.text.quotes import unwrapped
from bot.schema import Answer
from index.load.pdf_lines import Line, paragraphs
from tests.doubles.answer_world import World, open_world
from tests.doubles.fakes import HashingEmbedder

ITEMS = ("a certificate of swimming", "a letter of a member", "the fee of 40 euros")

SPACED = ["-", "*", "+", "–", "—", "»"]
"""Signs that are something else without a space: a minus, a range, a quotation mark."""

SIGNS = [*"•‣⁃∙·◦▪●○■→⇒►▶¤✓✔☐☑✅❌🔹🔸🚣", "✔\ufe0f", "🇫🇷"]

COUNTED = [
    ("1.", "2.", "3."),
    ("1)", "2)", "3)"),
    ("(1)", "(2)", "(3)"),
    ("a.", "b.", "c."),
    ("a)", "b)", "c)"),
    ("(A)", "(B)", "(C)"),
    ("i.", "ii.", "iii."),
    ("I)", "II)", "III)"),
]

MARKS = [
    *((f"{sign} ",) * 3 for sign in [*SPACED, *SIGNS]),
    *((sign,) * 3 for sign in SIGNS),
    *(tuple(f"{number} " for number in numbers) for numbers in COUNTED),
]


def named(marks: tuple[str, ...]) -> str:
    return repr(marks[0])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("home"), HashingEmbedder()) as opened:
        yield opened


def listed(marks: tuple[str, ...]) -> str:
    return "\n".join(f"{mark}{item}" for mark, item in zip(marks, ITEMS, strict=True))


@pytest.mark.parametrize("marks", MARKS, ids=named)
async def test_a_list_is_answered_item_by_item_and_shown_as_a_list(
    world: World, marks: tuple[str, ...]
) -> None:
    text = f"New members need three things:\n\n{listed(marks)}\n"
    collection = repr(marks)
    # Markdown knows few of these: the others are found in its paragraphs, as in plain text.
    world.add(collection, "club.md", text)
    question = "What are the things that new members need?"
    findings = world.find(question, collection)
    extractor = Extractor(SentenceScorer(world.embedder), threshold=0.0)
    parts = extractor.extract(question, findings).draft.parts
    assert [part.role for part in parts] == ["lead", "item", "item", "item"]

    answer = await world.ask(question, collection, threshold=0.0)
    # A step is called by its number; any other mark only says that it is an item.
    numbers = marks if "1" in marks[0] else ("",) * 3
    told = [f"{number}{item}" for number, item in zip(numbers, ITEMS, strict=True)]
    assert [citation.quote for citation in answer.citations[1:]] == told
    for shown in (_in_terminal(answer), _in_discord(answer)):
        for marker, item in enumerate(told, start=2):
            assert f"\n{item if any(numbers) else f'- {item}'} [{marker}]" in shown


def _in_terminal(answer: Answer) -> str:
    return answer_screen(answer, Style(width=100))


def _in_discord(answer: Answer) -> str:
    return "\n".join(render_answer(answer, now=datetime(2025, 1, 1, tzinfo=UTC)).parts)


@pytest.mark.parametrize("marks", MARKS, ids=named)
def test_the_lines_of_a_list_are_not_joined(marks: tuple[str, ...]) -> None:
    text = f"New members need:\n{listed(marks)}"
    assert unwrapped(text) == text
    quoted = Answer.model_validate(
        {
            "id": "a1", "status": "answered", "parts": [{"text": text}], "confidence": 0.9,
            "question": "what", "standalone_question": "what",
        }
    )  # fmt: skip
    assert _in_terminal(quoted).startswith(text)


@pytest.mark.parametrize("marks", MARKS, ids=named)
def test_the_mark_of_a_quoted_item_is_told_from_what_stands_above_it(
    marks: tuple[str, ...],
) -> None:
    above = "New members need:\n"
    assert without_mark(f"{above}  {marks[0]}") == (above, marks[0])


@pytest.mark.parametrize("marks", MARKS, ids=named)
def test_the_printed_lines_of_a_list_stay_lines(marks: tuple[str, ...]) -> None:
    printed = listed(marks).split("\n")
    lines = [
        Line(text, 72, 300, at, at, 11) for text, at in zip(printed, (30, 20, 10), strict=True)
    ]
    assert paragraphs(lines) == listed(marks)


@pytest.mark.parametrize("marks", MARKS, ids=named)
def test_the_items_that_a_model_writes_are_items(marks: tuple[str, ...]) -> None:
    reply = statements(f"New members need [1.1]:\n{listed(marks)}")
    assert [one.role for one in reply] == ["lead", "item", "item", "item"]
    assert tuple(one.text for one in reply[1:]) == ITEMS
