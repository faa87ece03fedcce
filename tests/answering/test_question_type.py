"""What a question asks for, read from its words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.extractive.question_type import AnswerType, Shape, answer_type, fits, shape


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many members has the club?", "count"),
        ("How tall is the tower?", "count"),
        ("What percentage voted?", "count"),
        ("What is the number of boats?", "count"),
        ("How long does it take?", "duration"),
        ("How much does a boat cost?", "cost"),
        ("What is the price of a ticket?", "cost"),
        ("When was it founded?", "when"),
        ("In what year did he die?", "when"),
        ("Where is the harbour?", "where"),
        ("Which country hosts it?", "where"),
        ("Who wrote it?", "who"),
        ("Whose boat is it?", "who"),
        ("Which company built it?", "who"),
        ("Why did it sink?", "why"),
        ("What caused the flood?", "why"),
        ("How is bread made?", "how"),
        ("What is a mandate?", "definition"),
        ("What does consent mean?", "definition"),
        ("Tell me something.", "other"),
        ("", "other"),
    ],
)
def test_the_type_of_the_answer(question: str, expected: AnswerType) -> None:
    assert answer_type(question) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Summarise the guide", "overview"),
        ("Give me a summary.", "overview"),
        ("What is this document about?", "overview"),
        ("Tell me everything about boats", "overview"),
        ("tl;dr", "overview"),
        ("List the rules.", "items"),
        ("What are the three conditions?", "items"),
        ("Which documents do I need?", "items"),
        ("How do I add a file?", "items"),
        ("What steps are next?", "items"),
        ("Who leads the club?", "sentence"),
        ("When does it open?", "sentence"),
        ("What is the process?", "sentence"),
        ("What is the status of the news?", "sentence"),
    ],
)
def test_the_shape_of_the_answer(question: str, expected: Shape) -> None:
    assert shape(question) == expected


@pytest.mark.parametrize(
    ("kind", "shows", "does_not"),
    [
        ("count", "It has 120 members.", "It has members."),
        ("count", "It has twelve members.", "It has members."),
        ("duration", "It takes two hours.", "It takes long."),
        ("cost", "It costs 40 €.", "It is dear."),
        ("when", "It opened on 3 May 1998.", "It opened late."),
        ("where", "It lies in Trieste.", "It lies low."),
        ("who", "It was built by Nadia Okafor.", "It was built by hand."),
        ("why", "It sank because of a storm.", "It sank."),
        ("how", "Turn it by hand, then wait.", "Nobody knows."),
        ("definition", "A mandate is an order.", "No order came."),
    ],
)
def test_a_sentence_shows_what_is_asked_for_or_does_not(
    kind: AnswerType, shows: str, does_not: str
) -> None:
    assert fits(kind, shows) == 1.0
    assert fits(kind, does_not) == 0.0


def test_of_two_signs_one_counts_half() -> None:
    assert fits("duration", "It takes 3 people.") == 0.5


def test_where_nothing_is_known_every_sentence_fits_half() -> None:
    assert fits("other", "Anything.") == 0.5


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_question_has_a_type_and_any_sentence_a_fit(question: str, sentence: str) -> None:
    assert shape(question) in ("sentence", "items", "overview")
    assert 0.0 <= fits(answer_type(question), sentence) <= 1.0
