"""From a question to an answer, over small documents with the real model."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from bot.answering.generative.generator import Generator
from bot.conversation.chosen_reading import WHICH
from bot.conversation.follow_ups import GREETING, THANKS
from bot.errors import ModelError, ModelUnavailable
from bot.schema import EXTRACTIVE, NOT_IN_SOURCES, NOT_SURE, Citation, Scope, Turn
from index.embed.minilm import open_minilm
from index.errors import EmbeddingUnavailable, QuestionError
from index.protocols import Vectors
from index.search.checked_question import LONGEST_QUESTION
from prompts import load
from tests.doubles.answer_world import World, cited, open_world, quotes, turns
from tests.doubles.fakes import HashingEmbedder
from tests.doubles.generate_world import ScriptedModel

HARBOUR = """# Harbour of Trieste

The harbour of Trieste is run by the port authority, whose president is Nadia Okafor. It has 12 \
piers.

## Ferries

The ferry to Muggia takes 30 minutes. It leaves at 9 o'clock.

## Customs

The customs clearance of a container takes three days. Papers are handed in at pier 4.

## Cranes

The repair of a crane takes two weeks. Only one firm does it.
"""
CLUB = """# Rowing club

The club has 120 members and nine boats.

## Joining

New members need three things:

- A swimming certificate.
- A letter from a member.
- The fee of 40 euros.
"""
FEES = """# Fees

The membership fee for adults is {} euros a year. It is paid in March by bank transfer to the
treasurer of the rowing club, who sends a receipt by post within two weeks.
"""


@pytest.fixture(scope="module")
def world(indexed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    minilm = open_minilm(indexed_folder / ".quoth", threads=1)
    with open_world(tmp_path_factory.mktemp("home"), minilm) as opened:
        opened.add("town", "harbour.md", HARBOUR, title="Harbour of Trieste")
        opened.add("town", "club.md", CLUB, title="Rowing club")
        opened.add("private", "pay.md", "The salary of Nadia Okafor is 9,000 euros.", title="Pay")
        yield opened


async def test_a_fact_is_quoted_with_its_place(world: World) -> None:
    answer = await world.ask("Who is the president of the port authority?", "town")
    assert (answer.status, answer.engine, answer.notice) == ("answered", EXTRACTIVE, None)
    citation = cited(answer, "Nadia Okafor")
    assert answer.text.startswith(f"{citation.quote} [1]")
    assert (citation.source, citation.title) == ("harbour.md", "Harbour of Trieste")
    assert (citation.heading, citation.lines) == (("Harbour of Trieste",), (3, 3))


async def test_an_answer_says_how_it_was_found(world: World) -> None:
    answer = await world.ask("Who is the president of the port authority?", "town")
    assert answer.trace[0].used
    for hit in answer.trace:
        text = world.catalog.find_source([hit.collection], hit.source).text
        assert 0 <= hit.start < hit.end <= len(text)
    assert {"search", "extract", "total"} <= set(answer.timings_ms)
    stages = [spent for name, spent in answer.timings_ms.items() if name != "total"]
    assert answer.timings_ms["total"] >= max(stages)


async def test_a_list_is_set_line_by_line(world: World) -> None:
    answer = await world.ask("What are the three things that new members need?", "town")
    assert answer.text == (
        "New members need three things: [1]\n"
        "- A swimming certificate. [2]\n"
        "- A letter from a member. [3]\n"
        "- The fee of 40 euros. [4]"
    )


async def test_an_overview_quotes_each_section_of_its_document_alone(world: World) -> None:
    answer = await world.ask("Summarise the harbour of Trieste", "town")
    assert answer.status == "answered"
    assert {citation.source for citation in answer.citations} == {"harbour.md"}
    headings = [citation.heading for citation in answer.citations]
    assert len(headings) == len(set(headings)) >= 3
    starts = [citation.evidence.start for citation in answer.citations]
    assert starts == sorted(starts)


async def test_what_no_source_says_is_not_found_with_the_nearest_passages(world: World) -> None:
    answer = await world.ask("When is the ferry to Venice painted?", "town", floor=1.0)
    assert (answer.status, answer.text) == ("not_found", NOT_IN_SOURCES)
    assert 1 <= len(answer.nearest) <= 3
    assert answer.confidence < 0.5


async def test_where_nothing_is_near_nothing_is_shown(world: World) -> None:
    answer = await world.ask("What is the capital of Australia?", "town")
    assert (answer.status, answer.text, answer.nearest) == ("not_found", NOT_IN_SOURCES, ())


async def test_what_may_answer_is_quoted_and_not_claimed(world: World) -> None:
    answer = await world.ask("What is the capital of Australia?", "town", floor=0.0)
    assert (answer.status, answer.claims, answer.nearest) == ("unsure", False, ())
    assert answer.text.startswith(f"{NOT_SURE}\n\n{answer.citations[0].quote} [1]")
    assert answer.turn.status == "unsure"


async def test_nothing_is_found_in_an_empty_collection(world: World) -> None:
    answer = await world.ask("Who is the president?", "empty")
    assert (answer.status, answer.nearest, answer.confidence) == ("not_found", (), 0.0)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [("", "is empty"), (" \n ", "is empty"), ("x" * 10_000, "has 10,000 characters")],
    ids=["empty", "blank", "long"],
)
async def test_a_question_that_cannot_be_asked_raises(
    world: World, question: str, sentence: str
) -> None:
    with pytest.raises(QuestionError, match=sentence):
        await world.ask(question, "town")


# What a person may read


async def test_only_the_collections_of_the_scope_are_quoted(world: World) -> None:
    question = "What is the salary of Nadia Okafor?"
    assert quotes(await world.ask(question, "private")) == [
        "The salary of Nadia Okafor is 9,000 euros."
    ]
    answer = await world.ask(question, "town")
    assert "9,000" not in answer.model_dump_json()
    both = await world.ask(question, "town", "private")
    assert cited(both, "9,000").collection == "private"


async def test_only_the_source_of_the_scope_is_quoted(world: World) -> None:
    club = world.catalog.find_source(["town"], "club.md").id
    answer = await world.ask("Who is the president of the port authority?", "town", source=club)
    assert {c.source for c in (*answer.citations, *answer.nearest)} <= {"club.md"}
    pay = world.catalog.find_source(["private"], "pay.md").id
    answer = await world.ask("What is the salary of Nadia Okafor?", "town", source=pay)
    assert (answer.status, answer.nearest, answer.trace) == ("not_found", (), ())


# Two questions in one


async def test_two_questions_are_both_answered(world: World) -> None:
    question = "How many members has the club and how many piers has the harbour of Trieste?"
    answer = await world.ask(question, "town")
    assert answer.status == "answered"
    assert cited(answer, "120 members").source == "club.md"
    assert cited(answer, "12 piers").source == "harbour.md"


@pytest.mark.parametrize(
    "question",
    [
        "How many piers has the harbour of Trieste and who won the 2022 World Cup?",
        "Who won the 2022 World Cup? And how many piers has the harbour of Trieste?",
    ],
)
async def test_the_part_on_which_nothing_is_found_is_named(world: World, question: str) -> None:
    answer = await world.ask(question, "town")
    assert answer.status == "partial"
    assert cited(answer, "12 piers")
    _, _, missing = answer.text.partition("\n\nThe sources do not say: ")
    assert missing.lower() == "who won the 2022 world cup?"


async def test_a_missing_part_is_named_in_the_words_of_the_question(world: World) -> None:
    question = "Who is the president of the port authority and what is her favourite opera?"
    answer = await world.ask(question, "town")
    assert answer.status == "partial"
    assert answer.text.endswith("\n\nThe sources do not say: what is her favourite opera?")


async def test_two_parts_with_one_answer_quote_it_once(world: World) -> None:
    question = "Who runs the harbour of Trieste and who is the president of the port authority?"
    answer = await world.ask(question, "town")
    spans = sorted((c.evidence.start, c.evidence.end) for c in answer.citations)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


async def test_two_parts_without_an_answer_are_not_found(world: World) -> None:
    question = "Who won the 2022 World Cup and what is the capital of Australia?"
    assert (await world.ask(question, "town")).status == "not_found"


# Sources that differ


def add_fees(world: World, collection: str, *fees: int) -> None:
    for year, fee in enumerate(fees, start=2024):
        modified = datetime(year, 1, 15, tzinfo=UTC)
        world.add(collection, f"{year}.md", FEES.format(fee), title="Fees", modified=modified)


async def test_sources_that_differ_are_both_quoted_with_their_dates(world: World) -> None:
    add_fees(world, "differing", 10, 12)
    answer = await world.ask("How much is the membership fee for adults?", "differing")
    assert answer.status == "answered"
    assert cited(answer, "10 euros").modified == datetime(2024, 1, 15, tzinfo=UTC)
    assert cited(answer, "12 euros").modified == datetime(2025, 1, 15, tzinfo=UTC)
    assert answer.notice is not None
    assert answer.notice.startswith("The sources differ: ")
    assert "“Fees”, 15 January 2024" in answer.notice
    assert "“Fees”, 15 January 2025" in answer.notice


async def test_sources_that_agree_are_not_said_to_differ(world: World) -> None:
    add_fees(world, "agreeing", 10)
    world.add("agreeing", "leaflet.md", "Adults pay a membership fee of 10 euros.", title="Leaflet")
    answer = await world.ask("How much is the membership fee for adults?", "agreeing")
    assert answer.status == "answered"
    assert answer.notice is None


# A question back


async def test_a_bare_question_with_several_readings_gets_a_question_back(world: World) -> None:
    answer = await world.ask("How long does it take?", "town")
    assert answer.status == "partial"
    first, *lines = answer.text.split("\n")
    assert first == WHICH
    assert {line.rpartition("?")[0] for line in lines} == {"- Ferries", "- Customs", "- Cranes"}
    assert set(quotes(answer)) == {
        "The ferry to Muggia takes 30 minutes.",
        "The customs clearance of a container takes three days.",
        "The repair of a crane takes two weeks.",
    }


async def test_a_heading_that_repeats_a_bare_question_is_not_the_only_reading(
    world: World,
) -> None:
    text = "# Shop\n\n## How long does delivery take?\n\nDelivery takes three days."
    world.add("shop", "shop.md", text, title="Shop")
    text = "# Travel\n\nReimbursement takes ten days. Trains are first class."
    world.add("shop", "travel.md", text, title="Travel")
    question = "How long does it take?"
    answer = await world.ask(question, "shop")
    assert answer.text.startswith(f"{WHICH}\n- How long does delivery take? [1]\n- Travel? [2]")
    assert set(quotes(answer)) == {"Delivery takes three days.", "Reimbursement takes ten days."}
    chosen = await world.ask("reimbursement", "shop", history=turns(question, answer))
    assert quotes(chosen)[0] == "Reimbursement takes ten days."


async def test_sections_of_one_name_are_told_apart_by_their_documents(world: World) -> None:
    for town in ("Trieste", "Muggia"):
        text = f"# Ferry\n\n## Crossing\n\nThe crossing from {town} takes {len(town)} hours."
        world.add("ferries", f"{town}.md", text, title=f"Ferry of {town}")
    answer = await world.ask("How long does it take?", "ferries")
    assert sorted(answer.text.split("\n")[1:]) == [
        "- Ferry of Muggia › Crossing? [2]", "- Ferry of Trieste › Crossing? [1]"
    ] or sorted(answer.text.split("\n")[1:]) == [
        "- Ferry of Muggia › Crossing? [1]", "- Ferry of Trieste › Crossing? [2]"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "question",
    [
        "How long does the ferry to Muggia take?",
        "How long does it take to repair a crane?",
        "Who was the first president of the port authority?",
        "How many members are there in the rowing club?",
    ],
)
async def test_a_question_that_says_what_it_is_about_gets_no_question_back(
    world: World, question: str
) -> None:
    assert WHICH not in (await world.ask(question, "town")).text


# Greetings, thanks, and citations asked for again


@pytest.mark.parametrize(("text", "reply"), [("Hello!", GREETING), ("thank you", THANKS)])
async def test_what_is_no_question_is_answered_kindly_and_without_a_search(
    world: World, text: str, reply: str
) -> None:
    answer = await world.ask(text, "town")
    assert (answer.text, answer.status, answer.trace) == (reply, "answered", ())
    assert answer.kind in ("greeting", "thanks")
    assert "search" not in answer.timings_ms


async def test_an_earlier_citation_is_shown_again(world: World) -> None:
    question = "What are the three things that new members need?"
    before = await world.ask(question, "town")
    answer = await world.ask("show me 3", "town", history=turns(question, before))
    assert (answer.status, answer.text) == ("answered", "A letter from a member. [1]")
    assert answer.citations[0].evidence == before.citations[2].evidence
    assert answer.citations[0].heading == ("Rowing club", "Joining")


async def test_a_number_that_was_not_cited_is_said_to_be_none(world: World) -> None:
    question = "What are the three things that new members need?"
    history = turns(question, await world.ask(question, "town"))
    answer = await world.ask("show me 9", "town", history=history)
    assert answer.text == "The last answer has no such source; it has 1, 2, 3, 4."


async def test_a_citation_outside_the_scope_is_not_shown_again(world: World) -> None:
    question = "What is the salary of Nadia Okafor?"
    history = turns(question, await world.ask(question, "private"))
    answer = await world.ask("show me 1", "town", history=history)
    assert answer.text == "Source 1 has changed or is gone since then."
    assert "9,000" not in answer.model_dump_json()


async def test_a_citation_of_a_source_that_changed_or_went_is_not_shown_again(
    world: World,
) -> None:
    world.add("moving", "note.md", "The harbour master is Carla Russo.", title="Note")
    question = "Who is the harbour master?"
    history = turns(question, await world.ask(question, "moving"))
    world.add("moving", "note.md", "The harbour master is Piero Conti.", title="Note")
    changed = await world.ask("show me 1", "moving", history=history)
    world.synchroniser.remove("moving", "note.md")
    gone = await world.ask("show me 1", "moving", history=history)
    expected = "Source 1 has changed or is gone since then."
    assert (changed.text, gone.text) == (expected, expected)


@pytest.mark.parametrize("moved", [(1, 1), (0, -3), (5, 10_000)])
async def test_a_citation_that_does_not_read_as_its_source_is_not_shown(
    world: World, moved: tuple[int, int]
) -> None:
    question = "What are the three things that new members need?"
    first = (await world.ask(question, "town")).citations[0]
    evidence = first.evidence.model_copy(
        update={"start": first.evidence.start + moved[0], "end": first.evidence.end + moved[1]}
    )
    forged = first.model_copy(update={"evidence": evidence})
    history = (Turn(role="assistant", text="...", citations=(forged,)),)
    answer = await world.ask("show me 1", "town", history=history)
    assert answer.citations == ()


# Follow-ups


@pytest.mark.parametrize(
    ("follow_up", "part"),
    [
        ("and what about its ferry?", "The ferry to Muggia"),
        ("and how many piers are there?", "12 piers"),
        ("what about the customs?", "three days"),
    ],
)
async def test_a_follow_up_is_answered_and_not_the_last_question_again(
    world: World, follow_up: str, part: str
) -> None:
    question = "Who is the president of the port authority?"
    history = turns(question, await world.ask(question, "town"))
    answer = await world.ask(follow_up, "town", history=history)
    assert answer.question == follow_up
    assert "port" in answer.standalone_question
    assert part in " ".join(quotes(answer)[:2])


async def test_what_is_carried_over_never_makes_a_question_too_long(world: World) -> None:
    question = "Who is the president of the port authority?"
    history = turns(question, await world.ask(question, "town"))
    long = ("and does it have piers? " * 400)[: LONGEST_QUESTION - 2]
    answer = await world.ask(long, "town", history=history)
    assert answer.standalone_question == answer.question


# Without an embedder


class SilentEmbedder(HashingEmbedder):
    """A provider that never answers."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        raise EmbeddingUnavailable("The provider did not answer.")


async def test_without_an_embedder_words_alone_answer_or_name_the_nearest(world: World) -> None:
    question = "Who is the president of the port authority?"
    answer = await world.ask(question, "town", embedder=SilentEmbedder())
    assert "Nadia Okafor" in " ".join(c.quote for c in (*answer.citations, *answer.nearest))
    answer = await world.ask(question, "town", embedder=SilentEmbedder(), threshold=0.0)
    assert cited(answer, "Nadia Okafor")


# With a language model


QUESTION = "Who is the president of the port authority?"
WRITTEN = "Nadia Okafor is the president of the port authority [1.1]."


class FailingModel(ScriptedModel):
    """Writes what it is told to, and then fails."""

    def __init__(self, text: str, error: ModelError) -> None:
        super().__init__(text)
        self._error = error

    async def stream(
        self, system: str, user: str, *, asker: str | None = None
    ) -> AsyncGenerator[str, None]:
        async for piece in super().stream(system, user, asker=asker):
            yield piece
        raise self._error


def generator(model: ScriptedModel) -> Generator:
    return Generator(model, load(None))


async def test_a_model_writes_over_the_same_evidence(world: World) -> None:
    answer = await world.ask(QUESTION, "town", generator=generator(ScriptedModel(WRITTEN)))
    assert answer.text == "Nadia Okafor is the president of the port authority. [1]"
    assert (answer.status, answer.engine, answer.notice) == ("answered", "scripted/model", None)
    assert "generate" in answer.timings_ms
    assert answer.timings_ms["total"] >= answer.timings_ms["generate"]


async def test_what_a_model_writes_is_shown_as_it_grows(world: World) -> None:
    text = f"{WRITTEN} The harbour of Trieste has 12 piers [1.2]."
    answerer = world.answerer(generator=generator(ScriptedModel(text)))
    scope = Scope(collections=("town",))
    shown: list[str] = []
    answer = await answerer.answer(QUESTION, scope=scope, show=shown.append)
    assert len(shown) == 2
    assert all(answer.text.startswith(text) for text in shown)
    assert shown[-1] == answer.text


@pytest.mark.parametrize("text", ["", WRITTEN], ids=["at once", "half way"])
async def test_when_the_model_fails_quotes_follow_and_the_answer_says_so(
    world: World, text: str
) -> None:
    model = FailingModel(text, ModelUnavailable("The language model did not answer in time."))
    answer = await world.ask(QUESTION, "town", generator=generator(model))
    assert answer.notice == "The language model did not answer in time. Here are quotes instead."
    assert (answer.status, answer.engine) == ("answered", EXTRACTIVE)
    assert answer.text.startswith("The harbour of Trieste is run by the port authority")


@pytest.mark.parametrize(
    "text", ["", "Canberra is the capital [1.1].", "Nadia Okafor [9.9]."],
    ids=["nothing", "own knowledge", "unknown id"],
)  # fmt: skip
async def test_when_nothing_of_the_reply_holds_quotes_follow(world: World, text: str) -> None:
    answer = await world.ask(QUESTION, "town", generator=generator(ScriptedModel(text)))
    assert answer.notice == (
        "The language model's answer was not backed by the sources; here are quotes."
    )
    assert answer.engine == EXTRACTIVE
    assert cited(answer, "Nadia Okafor")


async def test_a_model_that_finds_no_answer_is_believed_with_little_confidence(
    world: World,
) -> None:
    model = ScriptedModel(NOT_IN_SOURCES)
    answer = await world.ask(QUESTION, "town", generator=generator(model))
    assert (answer.status, answer.text) == ("not_found", NOT_IN_SOURCES)
    assert answer.confidence <= 0.25
    assert answer.nearest != ()


async def test_without_evidence_the_model_is_not_asked(world: World) -> None:
    model = ScriptedModel(WRITTEN)
    answer = await world.ask(
        "What is the capital of Australia?", "town", generator=generator(model)
    )
    assert (answer.status, answer.engine, model.asked) == ("not_found", EXTRACTIVE, [])


async def test_a_model_sees_nothing_outside_the_scope(world: World) -> None:
    model = ScriptedModel(WRITTEN)
    await world.ask(QUESTION, "town", generator=generator(model))
    assert "9,000" not in json.dumps(model.asked)


async def test_a_reader_that_goes_away_closes_the_model(world: World) -> None:
    model = ScriptedModel(WRITTEN)
    answerer = world.answerer(generator=generator(model))
    shown = asyncio.Event()
    scope = Scope(collections=("town",))
    answering = asyncio.create_task(
        answerer.answer(QUESTION, scope=scope, show=lambda _: shown.set())
    )
    await shown.wait()
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering
    assert model.closed == 1


async def test_many_questions_at_once_get_their_own_answers(world: World) -> None:
    wanted = {
        "Who is the president of the port authority?": "Nadia Okafor",
        "How many members has the club?": "120 members",
        "How long does the ferry to Muggia take?": "30 minutes",
    }
    answers = await asyncio.gather(*(world.ask(question, "town") for question in wanted))
    for answer, part in zip(answers, wanted.values(), strict=True):
        assert isinstance(cited(answer, part), Citation)
