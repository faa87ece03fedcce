"""What a message means in its conversation, without a model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.follow_ups import GREETING, THANKS, leans, resolve
from bot.conversation.plain_turns import turn_of_text
from bot.conversation.question_parts import parts
from bot.schema import Citation, Turn
from index.schema import Evidence
from tests.doubles.turns import answered

ASKED = Turn(role="user", text="What are the UN prerequisites for peacekeepers in Ukraine?")


def quote(marker: int, text: str) -> Citation:
    return Citation(
        marker=marker,
        evidence=Evidence(source_id="s", sha256="v", start=marker * 100, end=marker * 100 + 9),
        collection="documents",
        source="a.md",
        title="UN peacekeeping",
        quote=text,
        lines=(1, 1),
    )


ANSWERED = answered(
    quote(1, "Jean-Pierre Lacroix names three conditions:"),
    quote(2, "A ceasefire agreement between the warring parties"),
    quote(3, "A mandate from the Security Council"),
    quote(4, "Security guarantees for the peacekeepers"),
)


@pytest.mark.parametrize("text", ["hi", "Hello!", "good morning", "hey there", "Hello, Quoth"])
def test_a_greeting_is_no_question(text: str) -> None:
    assert resolve(text.replace(", ", " "), ()).kind == "greeting"


@pytest.mark.parametrize("text", ["thanks", "Thank you so much!", "ok, thanks", "great", "thx"])
def test_thanks_are_no_question(text: str) -> None:
    assert resolve(text, ()).kind == "thanks"


@pytest.mark.parametrize(
    "text",
    [
        "thanks, that helps",
        "thank you, bye",
        "no thanks",
        "many thanks!",
        "that's all, thanks",
        "great answer",
        "got it, thanks for the help",
        "Thanks! That was very helpful.",
    ],
)
def test_thanks_may_say_more(text: str) -> None:
    assert resolve(text, ()).kind == "thanks"


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, and who said that?",
        "no",
        "Great Britain",
        "What is good work?",
        "ok, another question: who pays?",
        "That is all wrong",
        "nice to have features",
        "cool storage",
    ],
)
def test_what_only_begins_with_thanks_is_a_question(text: str) -> None:
    assert resolve(text, ()).kind == "question"


@pytest.mark.parametrize("text", ["Hello Quoth, how are you?", "hi, what's up?"])
def test_a_greeting_may_ask_how_things_are(text: str) -> None:
    assert resolve(text, ()).kind == "greeting"


@pytest.mark.parametrize(
    "text",
    [
        "What is the capital of Australia?",
        "Which mandate does the Security Council have to give?",
        "How do I add documents to Quoth?",
        "Is it possible to deploy peacekeepers without a mandate?",
        "Are there obstacles to UN peacekeeping in Ukraine?",
        "Hi-Fi prices in Europe",
        "Who says that the peacekeeping budget is stretched?",
    ],
)
def test_a_question_that_stands_alone_is_left_alone(text: str) -> None:
    resolved = resolve(text, (ASKED, ANSWERED))
    assert resolved.kind == "question"
    assert resolved.question == text


@pytest.mark.parametrize(
    ("text", "carried"),
    [
        ("and who said that?", "Lacroix"),
        ("what about Europe?", "peacekeepers"),
        ("why?", "Ukraine"),
        ("how long would they stay?", "peacekeepers"),
        ("Who decides it?", "UN"),
    ],
)
def test_a_follow_up_carries_the_names_and_nouns_it_leans_on(text: str, carried: str) -> None:
    resolved = resolve(text, (ASKED, ANSWERED))
    assert resolved.question.startswith(text.rstrip("?"))
    assert carried in resolved.question


def test_the_second_one_is_the_second_item_of_the_last_answer() -> None:
    resolved = resolve("tell me more about the second one", (ASKED, ANSWERED))
    assert "mandate from the Security Council" in resolved.question
    assert "ceasefire" not in resolved.question


def test_the_last_one_is_the_last_item() -> None:
    assert "guarantees" in resolve("and the last one?", (ASKED, ANSWERED)).question


def test_a_change_of_topic_is_not_dragged_back() -> None:
    history = (ASKED, ANSWERED, Turn(role="user", text="How do I add documents to Quoth?"))
    assert "Ukraine" not in resolve("and how do I remove them?", history).question


def test_a_follow_up_to_a_follow_up_still_knows_the_topic() -> None:
    history = (ASKED, ANSWERED, Turn(role="user", text="and who said that?"))
    assert "UN" in resolve("when?", history).question


def test_the_second_one_may_stand_in_an_answer_further_back() -> None:
    since = (
        Turn(role="user", text="and who said that?"),
        answered(quote(1, "Lacroix said so.")),
    )
    history = (ASKED, ANSWERED, *since)
    assert "mandate" in resolve("tell me more about the second one", history).question


def test_the_header_of_a_table_is_no_item() -> None:
    table = answered(
        quote(1, "The tiers"),
        quote(2, "| Tier | What |"),
        quote(3, "| Watching | Drones observe the border |"),
        quote(4, "| Support | Soldiers train units |"),
    )
    question = resolve("who pays for the second one?", (ASKED, table)).question
    assert question == "who pays for the second one (Support Soldiers train units)?"


def test_a_number_in_an_answer_is_not_carried_over() -> None:
    budget = (
        Turn(role="user", text="How large is the peacekeeping budget?"),
        answered(
            quote(1, "The peacekeeping budget is 5.6 billion US dollars a year."),
        ),
    )
    carried = resolve("and who pays for it?", budget).question
    assert "budget" in carried
    assert "5.6" not in carried


@pytest.mark.parametrize("text", ["The sources do not say.", GREETING, THANKS])
def test_what_is_no_answer_is_not_carried_over(text: str) -> None:
    history = (ASKED, turn_of_text("assistant", text))
    carried = resolve("why?", history).question.lower()
    assert "ukraine" in carried
    assert not {"sources", "documents", "quote", "welcome"} & set(carried.split(", "))


@pytest.mark.parametrize("text", ["hello", "thank you", "show me 2"])
def test_what_is_no_question_is_not_carried_over(text: str) -> None:
    history = (ASKED, ANSWERED, Turn(role="user", text=text))
    assert text.split()[-1] not in resolve("why?", history).question


@pytest.mark.parametrize(
    "text", ['What does "not found" mean?', "What does “partial” mean?", "What does `sync` do?"]
)
def test_a_phrase_in_quotation_marks_or_code_stands_alone(text: str) -> None:
    assert resolve(text, (ASKED, ANSWERED)).question == text


@pytest.mark.parametrize("text", ["show me 2", "show [2]", "open source 2", "show the citation #2"])
def test_an_earlier_citation_can_be_asked_for(text: str) -> None:
    resolved = resolve(text, (ASKED, ANSWERED))
    assert (resolved.kind, resolved.marker) == ("show", 2)


def test_nothing_is_shown_when_nothing_was_cited() -> None:
    assert resolve("show me 2", ()).kind == "question"


@given(st.text(max_size=200))
def test_any_first_message_keeps_its_words(text: str) -> None:
    assert resolve(text, ()).question == " ".join(text.split())


@given(st.text(max_size=120), st.text(max_size=120), st.text(max_size=120))
def test_any_conversation_resolves(message: str, asked: str, answered: str) -> None:
    history = (Turn(role="user", text=asked), Turn(role="assistant", text=answered))
    resolved = resolve(message, history)
    assert resolved.question == " ".join(message.split()) or leans(" ".join(message.split()))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who is Lacroix?", ["Who is Lacroix?"]),
        ("What do bread and butter cost?", ["What do bread and butter cost?"]),
        ("What rose between April and May?", ["What rose between April and May?"]),
        ("What must members do and must not do?", ["What must members do and must not do?"]),
        (
            "Who is Lacroix and what does the mandate require?",
            ["Who is Lacroix?", "what does the mandate require?"],
        ),
        (
            "Where is the summit? Which countries attend the summit?",
            ["Where is the summit?", "Which countries attend the summit?"],
        ),
    ],
)
def test_a_question_is_taken_apart_only_where_it_asks_twice(
    question: str, expected: list[str]
) -> None:
    assert parts(question) == expected


def test_a_part_that_leans_gets_the_nouns_of_the_first() -> None:
    first, second = parts("Who hosts the Paris summit and when is it?")
    assert first == "Who hosts the Paris summit?"
    assert "Paris" in second
