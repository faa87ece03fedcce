"""The adversarial suite: whatever a model writes, over a real socket, nothing false is shown."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.answering.generative.generator import Generator, load_prompts
from bot.answering.generative.shown_passages import ShownPassages
from bot.errors import ModelError
from bot.language_models.guarded_model import GuardedModel, Limits
from bot.language_models.providers import LlamaModel, ModelConfig, open_model
from bot.language_models.token_budget import Budget, MemoryLedger, Purse
from bot.schema import Draft
from tests.doubles.generate_world import HITS, QUESTION, SOURCES, ScriptedModel, generator, printed
from tests.doubles.model_checks import LIVE, check_quotations, folded
from tests.doubles.model_plays import WRITTEN, drawn, hostile, obedient, shown
from tests.doubles.model_server import TROUBLES, ModelServer, Reply, model_server

QUESTIONS = (
    QUESTION,
    "By how much did the budget rise?",
    "What is in the depot in Trieste?",
    "What is the capital of Australia?",
)
RETRIEVED = {
    (one.hit.source.id, one.hit.source.sha256, one.span.start, one.span.end)
    for passages in [ShownPassages(HITS, limit=100_000)]
    for number in range(1, len(passages) + 1)
    for one in passages.of(number)
}


@pytest_asyncio.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with model_server() as running:
        yield running


@pytest_asyncio.fixture
async def model(server: ModelServer) -> AsyncIterator[LlamaModel]:
    opened = open_model(ModelConfig(spec="openai/played", base_url=server.url, timeout=5))
    yield opened
    await opened.aclose()


def guarded(model: LlamaModel, **limits: float) -> Generator:
    known = {"timeout": 10.0, "attempts": 1, **limits}
    purse = Purse(Budget(), MemoryLedger())
    guard = GuardedModel(model, Limits.model_validate(known), purse)
    return Generator(guard, load_prompts(None))


def check(draft: Draft | None) -> None:
    """Assert what a reader may rely on."""
    if draft is None:
        return
    assert (draft.status == "not_found") == (not draft.parts)
    for part in draft.parts:
        assert part.picks
        for pick in part.picks:
            one = pick.evidence
            assert (one.source_id, one.sha256, one.start, one.end) in RETRIEVED
    text, citations = printed(draft)
    for citation in citations:
        one = citation.evidence
        assert citation.quote == SOURCES[one.source_id].text[one.start : one.end]
    written = " ".join(part.text or "" for part in draft.parts) + " ".join(draft.missing)
    assert not LIVE.search(written), written
    markers = [int(marker) for marker in re.findall(r"\[(\d+)\]", text)]
    assert set(markers) == {citation.marker for citation in citations}
    assert not re.search(r"\[\s*\d+[.:]\d", text)
    for part in draft.parts:
        check_quotations(part.text or "", [folded(SOURCES[pick.evidence.source_id].text[
            pick.evidence.start : pick.evidence.end]) for pick in part.picks])  # fmt: skip


async def both(engine: Generator, question: str) -> list[Draft | None]:
    """Return the draft of the whole reply and every draft of the streamed one."""
    streamed = [draft async for draft in engine.stream(question, HITS)]
    return [await engine.generate(question, HITS), *streamed]


async def test_an_obedient_model_is_believed(server: ModelServer, model: LlamaModel) -> None:
    server.play = lambda prompt: Reply(obedient(prompt))
    drafts = await both(guarded(model), "By what percent did it rise when fuel became dearer?")
    for draft in drafts:
        check(draft)
    assert printed(drafts[0])[0] == printed(drafts[-1])[0]
    assert "It rose by 15 percent, since fuel became dearer. [" in printed(drafts[0])[0]
    system, user = server.requests[0]["messages"]
    assert (system["role"], user["role"]) == ("system", "user")


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("name", WRITTEN)
async def test_what_a_hostile_model_writes_is_harmless(
    server: ModelServer, model: LlamaModel, name: str, question: str
) -> None:
    server.play = lambda prompt: Reply(WRITTEN[name](prompt), piece=97)
    for draft in await both(guarded(model), question):
        check(draft)
    assert len(server.requests) >= 2, "the model was not asked"


@pytest.mark.parametrize(
    "name",
    ["unknown_ids", "other_collections", "invented_quotes", "no_format", "rambling", "empty",
     "blank", "swapped_numbers"],
)  # fmt: skip
async def test_nothing_is_left_of_a_reply_that_rests_on_nothing(
    server: ModelServer, model: LlamaModel, name: str
) -> None:
    server.play = lambda prompt: Reply(WRITTEN[name](prompt))
    assert await both(guarded(model), QUESTION) == [None]


async def test_planted_orders_reach_nobody(server: ModelServer, model: LlamaModel) -> None:
    server.play = lambda prompt: Reply(WRITTEN["planted"](prompt))
    assert await both(guarded(model), "What is in the depot in Trieste?") == [None]


@pytest.mark.parametrize(
    "seed", [*range(8), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(8, 32))]
)
async def test_generated_hostile_replies_show_nothing_false(
    server: ModelServer, model: LlamaModel, seed: int
) -> None:
    """Twelve replies for each seed, 96 in all (384 in the long form), every other streamed."""
    engine = guarded(model)
    for round in range(12):
        rng = random.Random(seed * 1000 + round)
        server.play = drawn(rng)
        question = rng.choice(QUESTIONS)
        if round % 2:
            check(await engine.generate(question, HITS))
        else:
            async for draft in engine.stream(question, HITS):
                check(draft)
    assert len(server.requests) >= 12, "the model was not asked"


async def test_many_hostile_sentences_are_kept_when_they_are_true() -> None:
    """The suite is worth something only if it does not pass by dropping everything."""
    kept = 0
    prompt = ShownPassages(HITS, limit=100_000).prompt
    for seed in range(200):
        reply = hostile(prompt, random.Random(seed))
        draft = await generator(ScriptedModel(reply)).generate(QUESTION, HITS)
        check(draft)
        kept += draft is not None
    assert len(shown(prompt)) == 15
    assert kept > 60


@pytest.mark.parametrize("name", TROUBLES)
async def test_a_server_that_fails_is_an_error_with_a_sentence(
    server: ModelServer, model: LlamaModel, name: str
) -> None:
    reply, kind = TROUBLES[name]
    server.play = lambda _: reply
    engine = guarded(model)
    with pytest.raises(ModelError, match="'openai/played'") as caught:
        await engine.generate(QUESTION, HITS)
    assert caught.value.retryable == (kind == "retryable")
