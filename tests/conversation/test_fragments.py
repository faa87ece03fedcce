"""Follow-ups that name only what differs take its place in the question before."""

import pytest

from bot.conversation.chosen_reading import WHICH
from bot.conversation.follow_ups import leans, resolve
from bot.conversation.plain_turns import turn_of_text
from bot.schema import Turn
from tests.conversation.test_follow_ups import quote
from tests.doubles.turns import answered


def last(*messages: str) -> str:
    """Return what the last message means after the others."""
    *before, message = messages
    history = [Turn(role="user", text=text) for text in before]
    return resolve(message, history).question


@pytest.mark.parametrize(
    ("asked", "message", "expected"),
    [
        ("When was Orla 2.0 released?", "and 2.1?", "When was Orla 2.1 released?"),
        ("When was Orla 2.0 released?", "3.0?", "When was Orla 3.0 released?"),
        ("What does the Team plan cost?", "and Business?", "What does the Business plan cost?"),
        (
            "What are the UN prerequisites?",
            "what about Europe?",
            "What are the Europe prerequisites?",
        ),
        ("What was the revenue in 2023?", "and in 2024?", "What was the revenue in 2024?"),
        (
            "How many days may we work from home?",
            "and from abroad?",
            "How many days may we work from abroad?",
        ),
        ("Who was absent on 11 March?", "and in February?", "Who was absent on 11 February?"),
        (
            "How many people live in Paris?",
            "No, I meant London",
            "How many people live in London?",
        ),
        ("how much will it cost?", "and Rotterdam's?", "how much will it cost (Rotterdam)?"),
    ],
)
def test_a_fragment_takes_the_place_of_its_counterpart(
    asked: str, message: str, expected: str
) -> None:
    assert last(asked, message) == expected


def test_fragments_follow_one_another() -> None:
    assert last("When was Orla 2.0 released?", "and 2.1?", "and 3.0?") == (
        "When was Orla 3.0 released?"
    )


def test_what_follows_a_fragment_is_about_the_fragment() -> None:
    question = last("When was Orla 2.0 released?", "and 2.1?", "and 3.0?", "who led it?")
    assert "3.0" in question
    assert "2.0" not in question
    assert "2.1" not in question


def test_a_value_put_behind_it_is_what_the_next_question_is_about() -> None:
    assert last("When was it released?", "3.0", "who led it?") == "who led it (3.0, released)?"


def test_who_said_something_is_no_question_to_put_a_name_into() -> None:
    question = last("What are the UN prerequisites?", "who said that?", "what about Europe?")
    assert question == "What are the Europe prerequisites?"


@pytest.mark.parametrize(
    "message", ["and who pays?", "what about sick leave?", "and the profit?", "or is it free?"]
)
def test_what_has_no_counterpart_only_carries_words_over(message: str) -> None:
    question = last("What was the revenue of Orla in 2023?", message)
    assert question.startswith(message.rstrip("?"))
    assert "Orla" in question


def test_one_of_several_names_is_not_guessed() -> None:
    question = last("When did Anna meet Bert?", "and Carla?")
    assert question.startswith("and Carla (")


def test_a_correction_is_not_searched_for_with_its_own_words() -> None:
    question = last("Which series was best?", "no, I meant which series was longest ever?")
    assert question.startswith("which series was longest ever")


LISTS = (
    Turn(role="user", text="What are the prerequisites of a mission?"),
    answered(
        quote(1, "A ceasefire"),
        quote(2, "A mandate of the Council"),
    ),
    Turn(role="user", text="What does the concept of Europe consist of?"),
    answered(
        quote(1, "It has tiers:"),
        quote(2, "Monitoring"),
        quote(3, "Support"),
    ),
)


@pytest.mark.parametrize(
    ("message", "meant"),
    [
        ("tell me more about the second one", "Support"),
        ("and the second?", "Support"),
        ("explain the second tier", "Support"),
        ("no, I meant the second prerequisite", "mandate of the Council"),
    ],
)
def test_the_second_of_something_is_looked_for_in_the_list_of_that(
    message: str, meant: str
) -> None:
    assert meant in resolve(message, LISTS).question


def test_the_second_of_what_was_never_listed_is_no_item() -> None:
    message = "What is the budget for the second quarter?"
    assert not leans(message)
    assert resolve(message, LISTS).question == message


ASKED_BACK = (
    Turn(role="user", text="How long does it take?"),
    turn_of_text("assistant", f"{WHICH}\n- Ferry to Muggia? [1]\n- Customs? [2]"),
)


@pytest.mark.parametrize(
    ("message", "meant"),
    [
        ("Customs", "Customs"),
        ("the ferry", "Ferry to Muggia"),
        ("the second one", "Customs"),
        ("the first", "Ferry to Muggia"),
        ("I mean the repair of a crane", "repair of a crane"),
    ],
)
def test_a_reply_to_a_question_back_chooses_a_reading(message: str, meant: str) -> None:
    assert resolve(message, ASKED_BACK).question == f"How long does it take ({meant})?"


@pytest.mark.parametrize("message", ["Who is Nadia Okafor?", "Where is the Muggia pier?"])
def test_a_new_question_after_a_question_back_is_left_alone(message: str) -> None:
    assert resolve(message, ASKED_BACK).question == message
    assert resolve("thanks", ASKED_BACK).kind == "thanks"
