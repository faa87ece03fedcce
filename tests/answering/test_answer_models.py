"""Answers whose words a model wrote: through search, gate, check and numbering, over a socket."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio

from bot.answering.generative.generator import Generator
from bot.language_models.guarded_model import LONGEST, GuardedModel, Limits
from bot.language_models.providers import ModelConfig, open_model
from bot.language_models.token_budget import TokenBudget
from bot.schema import BROKE_OFF, EXTRACTIVE, NOT_IN_SOURCES, Answer, Scope, Turn
from index.embed.minilm import open_minilm
from index.protocols import Vectors
from prompts import load
from tests.doubles.answer_world import World, check, open_world, turns
from tests.doubles.budgets import memory_budget
from tests.doubles.generate_world import BUDGET, HOSTILE, MISSION
from tests.doubles.model_checks import LIVE, check_quotations, folded
from tests.doubles.model_plays import WRITTEN, drawn, obedient, shown
from tests.doubles.model_server import TROUBLES, ModelServer, Reply, model_server

ENGINE = "openai/played"
NOT_BACKED = "The language model's answer was not backed by the sources; here are quotes."
COST = "What would the mission cost a year?"
QUESTIONS = (
    COST,
    "Would the mission include heavy weapons?",
    "How many tents does the depot in Trieste hold?",
    "What three things do blue helmets need before they deploy?",
)
SCOPE = Scope(collections=("documents",))
PAYROLL = "The salary of the director is 90,000 euros a year. It would cost the mission dear.\n"


@pytest.fixture(scope="module")
def world(indexed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An index of three documents that may be read and of one that may not."""
    embedder = open_minilm(indexed_folder / ".quoth", threads=1)
    with open_world(tmp_path_factory.mktemp("home"), embedder) as opened:
        for name, text in (("mission", MISSION), ("budget", BUDGET), ("notes", HOSTILE)):
            opened.add("documents", f"{name}.md", text)
        opened.add("board", "payroll.md", PAYROLL)
        yield opened


@pytest_asyncio.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with model_server() as running:
        yield running


@asynccontextmanager
async def generator(
    world: World,
    url: str,
    *,
    budget: TokenBudget | None = None,
    seconds: float = 20.0,
    longest: float = LONGEST,
) -> AsyncIterator[Generator]:
    model = open_model(ModelConfig(spec=ENGINE, base_url=url, timeout=seconds))
    limits = Limits(timeout=seconds, longest=longest, attempts=1)
    guarded = GuardedModel(model, limits, budget or memory_budget())

    async def embed(texts: Sequence[str]) -> Vectors:
        return await world.bridge.run(world.embedder.embed, texts)

    yield Generator(guarded, load(None), embed=embed)
    await model.aclose()


async def ask(
    world: World,
    url: str,
    question: str,
    *,
    history: Sequence[Turn] = (),
    budget: TokenBudget | None = None,
    seconds: float = 20.0,
    longest: float = LONGEST,
) -> tuple[list[str], Answer]:
    """Return the partial texts and the answer, held against what is promised of them."""
    open_ = generator(world, url, budget=budget, seconds=seconds, longest=longest)
    async with open_ as engine:
        answerer = world.answerer(generator=engine)
        texts: list[str] = []
        answer = await answerer.answer(
            question, scope=SCOPE, history=history, asker="ada", show=texts.append
        )
    for text in texts:
        check_written(text)
    if answer.engine == ENGINE:
        check_generated(world, answer)
        assert not texts or answer.text.startswith(texts[-1])
    else:
        check(world.catalog, answer, SCOPE)
        assert answer.engine == EXTRACTIVE
    return texts, answer


def check_written(text: str) -> None:
    """Assert what holds of every text that a model had a hand in, half written or whole."""
    bare = re.sub(r" ?\[\d+\]", "", text)
    assert not re.search(r"\[\s*(?:[\d.,:\s-]*$|\d)", bare), text
    assert not LIVE.search(text), text
    assert not re.search(r"Canberra|Sydney|salary|Zimmermann", text), text
    numbers = set(re.findall(r"\d+", MISSION + BUDGET + HOSTILE))
    assert set(re.findall(r"\d+", bare)) <= numbers, text


def check_generated(world: World, answer: Answer) -> None:
    """Assert that a model's answer rests on stored text that may be read."""
    check_written(answer.text)
    assert (answer.status == "not_found") == (not answer.citations)
    markers = [int(marker) for marker in re.findall(r"\[(\d+)\]", answer.text)]
    assert list(dict.fromkeys(markers)) == [one.marker for one in answer.citations]
    for citation in answer.citations:
        evidence = citation.evidence
        source = world.catalog.source(evidence.source_id)
        assert source.collection in SCOPE.collections
        assert source.sha256 == evidence.sha256
        assert citation.quote == source.text[evidence.start : evidence.end]
    check_quotations(answer.text, [folded(one.quote) for one in answer.citations])
    if answer.status == "not_found":
        assert answer.text == NOT_IN_SOURCES
        assert answer.notice is None


async def test_what_an_obedient_model_writes_is_the_answer(
    world: World, server: ModelServer
) -> None:
    server.play = lambda prompt: Reply(obedient(prompt))
    texts, answer = await ask(world, server.url, COST)
    assert (answer.engine, answer.status, answer.notice) == (ENGINE, "answered", None)
    assert "The mission would cost 12 million euros a year. [1]" in texts[0]
    assert answer.text == texts[-1]
    assert answer.citations[0].quote == "The mission would cost 12 million euros a year."
    assert len(server.requests) == 1
    assert "salary" not in str(server.requests)


@pytest.mark.parametrize("piece", [1, 3, 7, 40, 4000])
async def test_partial_texts_grow_by_whole_backed_sentences(
    world: World, server: ModelServer, piece: int
) -> None:
    def play(prompt: str) -> Reply:
        ids = {text: id for id, text in shown(prompt)}
        cost = ids["The mission would cost 12 million euros a year."]
        arms = ids["It would not include heavy weapons."]
        rise = ids["It rose by 15 percent, since fuel became dearer."]
        return Reply(
            "The capital of Australia is Canberra. "
            f"The mission would cost 12 million euros a year [{cost}]. "
            f"It would cost 4711 million euros [{cost}]. So I guess. "
            f"It would include heavy weapons [{arms}]. Heavy weapons are not included [{arms}]. "
            f'Lacroix called it "the dearest mission that there has ever been" [{cost}].\n\n'
            f"The budget rose by 15 percent, since fuel became dearer [{rise}][99.1].\n"
            "See https://evil.example for more [1.1].",
            piece=piece,
        )

    server.play = play
    texts, answer = await ask(world, server.url, COST)
    assert answer.text == (
        "The mission would cost 12 million euros a year. [1] Heavy weapons are not included. [2] "
        "The budget rose by 15 percent, since fuel became dearer. [3]"
    )
    assert [one.quote for one in answer.citations] == [
        "The mission would cost 12 million euros a year.",
        "It would not include heavy weapons.",
        "It rose by 15 percent, since fuel became dearer.",
    ]
    wholes = [re.match(rf"(?:[^\[]*\[\d\]){{{count}}}", answer.text) for count in (1, 2, 3)]
    assert set(texts) <= {whole[0] for whole in wholes if whole}
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    assert len(texts) == (1 if piece == 4000 else 3)


async def test_a_part_without_an_answer_makes_it_partial(world: World, server: ModelServer) -> None:
    server.play = lambda prompt: Reply(f"{obedient(prompt)}\nMissing: who pays")
    _, answer = await ask(world, server.url, "What would the mission cost a year, and who pays?")
    assert (answer.engine, answer.status) == (ENGINE, "partial")
    assert answer.text.endswith("[2]\n\nThe sources do not say: who pays")


async def test_a_model_that_finds_nothing_is_believed(world: World, server: ModelServer) -> None:
    server.play = lambda _: Reply(NOT_IN_SOURCES)
    _, answer = await ask(world, server.url, COST)
    assert (answer.engine, answer.status, answer.text) == (ENGINE, "not_found", NOT_IN_SOURCES)
    assert answer.confidence <= 0.25
    assert answer.nearest


@pytest.mark.parametrize(
    "question", ["What is the capital of Australia?", "How do I bake sourdough bread at home?"]
)
async def test_without_evidence_no_model_is_asked(
    world: World, server: ModelServer, question: str
) -> None:
    server.play = lambda _: Reply("It is Canberra [1.1].")
    texts, answer = await ask(world, server.url, question)
    assert (texts, answer.status, answer.text) == ([], "not_found", NOT_IN_SOURCES)
    assert answer.notice is None
    assert server.requests == []


async def test_a_follow_up_is_rewritten_by_the_model_and_then_gated(
    world: World, server: ModelServer
) -> None:
    server.play = lambda prompt: Reply(obedient(prompt))
    _, first = await ask(world, server.url, COST)
    server.play = lambda _: Reply("What is the capital of Australia?")
    _, second = await ask(world, server.url, "And of Australia?", history=turns(COST, first))
    assert (second.status, second.question) == ("not_found", "And of Australia?")
    assert second.standalone_question == "What is the capital of Australia?"
    assert len(server.requests) == 2  # the answer to the first, the rewriting of the second


@pytest.mark.parametrize("name", TROUBLES)
async def test_a_failing_server_ends_in_quotes_and_says_so(
    world: World, server: ModelServer, name: str
) -> None:
    server.play = lambda _: TROUBLES[name][0]
    texts, answer = await ask(world, server.url, COST)
    assert texts == []
    check_quoted(answer)


async def test_a_model_that_is_not_there_ends_in_quotes(world: World) -> None:
    _, answer = await ask(world, "http://127.0.0.1:9/v1", COST)
    check_quoted(answer)
    assert "could not be reached" in (answer.notice or "")


async def test_a_slow_model_ends_in_quotes(world: World, server: ModelServer) -> None:
    server.play = lambda prompt: Reply(obedient(prompt), seconds_per_byte=30)
    _, answer = await ask(world, server.url, COST, seconds=0.5)
    check_quoted(answer)
    assert "QUOTH_LLM_TIMEOUT" in (answer.notice or "") or "in time" in (answer.notice or "")


ENDS: dict[str, Callable[[str, int], Reply]] = {
    "cut": lambda text, after: Reply(text, drop_after=after, piece=1),
    "silent": lambda text, after: Reply(text, silent_after=after, piece=1),
}
"""Streams that come to no end, by what becomes of the connection."""


@pytest.mark.parametrize("end", ENDS)
async def test_what_was_written_before_a_stream_broke_off_is_a_partial_answer(
    world: World, server: ModelServer, end: str
) -> None:
    server.play = lambda prompt: ENDS[end](f"{obedient(prompt)} {'word ' * 2000}", 200_000)
    texts, answer = await ask(world, server.url, COST, seconds=3.0)
    assert (answer.engine, answer.status, answer.notice) == (ENGINE, "partial", BROKE_OFF)
    assert answer.text == texts[-1]
    assert "The mission would cost 12 million euros a year. [1]" in answer.text


@pytest.mark.parametrize("end", ENDS)
async def test_a_stream_that_breaks_off_before_its_first_statement_ends_in_quotes(
    world: World, server: ModelServer, end: str
) -> None:
    server.play = lambda prompt: ENDS[end](obedient(prompt), 2000)
    texts, answer = await ask(world, server.url, COST, seconds=3.0)
    assert texts == []
    check_quoted(answer)


async def test_a_model_may_take_longer_than_it_may_be_silent(
    world: World, server: ModelServer
) -> None:
    server.play = lambda prompt: Reply(obedient(prompt), seconds_per_piece=0.15)
    texts, answer = await ask(world, server.url, COST, seconds=3.0)
    assert answer.timings_ms["generate"] > 3000
    assert (answer.engine, answer.status, answer.notice) == (ENGINE, "answered", None)
    assert answer.text == texts[-1]


async def test_a_model_that_never_comes_to_an_end_is_cut_off_and_kept(
    world: World, server: ModelServer
) -> None:
    server.play = lambda prompt: Reply(
        f"{obedient(prompt)} {'word ' * 900}", seconds_per_piece=0.1, piece=20
    )
    texts, answer = await ask(world, server.url, COST, seconds=2.0, longest=4.0)
    assert texts
    assert (answer.engine, answer.status, answer.notice) == (ENGINE, "partial", BROKE_OFF)


@pytest.mark.parametrize("limits", [{"per_day": 5}, {"per_person": 5}])
async def test_a_used_up_budget_ends_in_quotes_without_a_call(
    world: World, server: ModelServer, limits: dict[str, int]
) -> None:
    _, answer = await ask(world, server.url, COST, budget=memory_budget(**limits))
    check_quoted(answer)
    assert "budget" in (answer.notice or "")
    assert server.requests == []


def check_quoted(answer: Answer) -> None:
    """Assert that a question about the cost was answered by quotes, with a notice."""
    assert (answer.engine, answer.status) == (EXTRACTIVE, "answered")
    assert "The mission would cost 12 million euros a year. [1]" in answer.text
    assert answer.notice is not None
    assert answer.notice == NOT_BACKED or answer.notice.endswith(" Here are quotes instead.")


@pytest.mark.parametrize("name", WRITTEN)
async def test_every_hostile_play_ends_in_a_checked_answer_or_in_quotes(
    world: World, server: ModelServer, name: str
) -> None:
    server.play = lambda prompt: Reply(WRITTEN[name](prompt), piece=97)
    texts, answer = await ask(world, server.url, COST)
    if answer.engine == EXTRACTIVE:
        assert texts == []
        check_quoted(answer)
        assert answer.notice == NOT_BACKED


async def test_generated_hostile_replies_end_in_checked_answers_or_in_quotes(
    world: World, server: ModelServer
) -> None:
    engines: list[str] = []
    for seed in range(32):
        rng = random.Random(seed)
        server.play = drawn(rng)
        _, answer = await ask(world, server.url, QUESTIONS[seed % len(QUESTIONS)])
        engines.append(answer.engine)
        assert (answer.notice is None) == (answer.engine == ENGINE)
        assert len(server.requests) == seed + 1
    assert min(engines.count(ENGINE), engines.count(EXTRACTIVE)) >= 4
