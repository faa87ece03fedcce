from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import pytest
import pytest_asyncio

from bot.errors import BudgetExhausted, ModelRejected, ModelUnavailable
from bot.language_models.guarded_model import GuardedModel, Limits, tokens
from bot.language_models.protocol import Completion
from bot.language_models.providers import LlamaModel, ModelConfig, open_model
from bot.language_models.token_budget import TokenBudget
from tests.doubles.budgets import Ledger, memory_budget
from tests.doubles.model_server import ModelServer, Reply, model_server


class FlakyModel:
    """Fails as it is told to, then answers; `pieces` are what it streams."""

    def __init__(self, *failures: Exception, pieces: Sequence[str] = ("One ", "two.")) -> None:
        self.failures = list(failures)
        self.pieces = pieces
        self.breaks: Exception | None = None
        self.calls = 0
        self.open = 0
        self.gate: asyncio.Event | None = None
        self.running = 0
        self.most_running = 0

    @property
    def name(self) -> str:
        return "flaky/model"

    async def complete(self, system: str, user: str, *, asker: str | None = None) -> Completion:
        await self._begin()
        return Completion(text="".join(self.pieces), tokens=500)

    async def stream(
        self, system: str, user: str, *, asker: str | None = None
    ) -> AsyncGenerator[str, None]:
        await self._begin()
        self.open += 1
        try:
            for piece in self.pieces:
                yield piece
            if self.breaks:
                raise self.breaks
        finally:
            self.open -= 1

    async def _begin(self) -> None:
        self.calls += 1
        self.running += 1
        self.most_running = max(self.running, self.most_running)
        try:
            if self.gate:
                await self.gate.wait()
            if self.failures:
                raise self.failures.pop(0)
        finally:
            self.running -= 1


class Pauses:
    """Records the pauses instead of taking them."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


def guard(
    model: FlakyModel | LlamaModel,
    *,
    budget: TokenBudget | None = None,
    pauses: Pauses | None = None,
    **limits: float,
) -> GuardedModel:
    known = Limits.model_validate(limits)
    return GuardedModel(model, known, budget or memory_budget(), sleep=pauses or Pauses())


def unavailable(seconds: float = 0.0) -> ModelUnavailable:
    return ModelUnavailable("Not now.", seconds=seconds)


async def streamed(model: GuardedModel, **options: str) -> str:
    return "".join([piece async for piece in model.stream("s", "u", **options)])


async def test_what_may_work_a_moment_later_is_tried_again_with_growing_pauses() -> None:
    model, pauses = FlakyModel(unavailable(), unavailable()), Pauses()
    assert (await guard(model, pauses=pauses).complete("s", "u")).text == "One two."
    assert model.calls == 3
    first, second = pauses.taken
    assert 0.25 <= first <= 0.75
    assert 0.5 <= second <= 1.5


async def test_the_pause_that_the_server_asks_for_is_kept() -> None:
    pauses = Pauses()
    await guard(FlakyModel(unavailable(9)), pauses=pauses).complete("s", "u")
    assert pauses.taken == [9]


async def test_a_pause_beyond_the_deadline_is_not_taken() -> None:
    pauses = Pauses()
    with pytest.raises(ModelUnavailable, match="Not now"):
        await guard(FlakyModel(unavailable(40)), pauses=pauses).complete("s", "u")
    assert pauses.taken == []


async def test_attempts_come_to_an_end() -> None:
    model = FlakyModel(*[unavailable()] * 9)
    with pytest.raises(ModelUnavailable):
        await guard(model, attempts=4).complete("s", "u")
    assert model.calls == 4


async def test_what_will_never_work_is_not_tried_again() -> None:
    model = FlakyModel(ModelRejected("No."))
    with pytest.raises(ModelRejected):
        await guard(model).complete("s", "u")
    assert model.calls == 1


async def test_a_stream_is_begun_again_only_before_its_first_word() -> None:
    model = FlakyModel(unavailable())
    assert await streamed(guard(model)) == "One two."
    model.breaks = unavailable()
    stream = guard(model).stream("s", "u")
    seen = [await anext(stream), await anext(stream)]
    with pytest.raises(ModelUnavailable):
        await anext(stream)
    assert (seen, model.calls, model.open) == (["One ", "two."], 3, 0)


async def test_a_stream_without_a_word_is_empty() -> None:
    assert await streamed(guard(FlakyModel(pieces=()))) == ""


async def test_a_stream_left_early_is_closed_and_its_place_is_free() -> None:
    model = FlakyModel()
    guarded = guard(model, concurrency=1)
    stream = guarded.stream("s", "u")
    assert await anext(stream) == "One "
    await stream.aclose()
    assert model.open == 0
    assert await streamed(guarded) == "One two."


async def test_only_so_many_calls_run_at_a_time() -> None:
    model = FlakyModel()
    model.gate = asyncio.Event()
    guarded = guard(model, concurrency=2)
    calls = [asyncio.create_task(guarded.complete("s", "u")) for _ in range(5)]
    for _ in range(20):
        await asyncio.sleep(0)
    assert model.running == 2
    model.gate.set()
    await asyncio.gather(*calls)
    assert (model.calls, model.most_running) == (5, 2)


async def test_a_call_that_waits_too_long_for_its_place_is_unavailable() -> None:
    model = FlakyModel()
    model.gate = asyncio.Event()
    guarded = guard(model, concurrency=1, timeout=0.05)
    first = asyncio.create_task(guarded.complete("s", "u"))
    with pytest.raises(ModelUnavailable, match=r"within 0\.05 seconds.*QUOTH_LLM_TIMEOUT"):
        await guarded.complete("s", "u")
    with pytest.raises(ModelUnavailable):
        await first


async def test_a_consumer_of_a_stream_is_never_interrupted() -> None:
    guarded = guard(FlakyModel(pieces=("One ", "two ", "three.")), timeout=0.05)
    stream = guarded.stream("s", "u")
    assert await anext(stream) == "One "
    await asyncio.sleep(0.1)
    assert [piece async for piece in stream] == ["two ", "three."]


async def test_a_cancelled_call_frees_its_place() -> None:
    model = FlakyModel()
    model.gate = asyncio.Event()
    guarded = guard(model, concurrency=1)
    call = asyncio.create_task(guarded.complete("s", "u"))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    model.gate.set()
    assert (await guarded.complete("s", "u")).text


async def test_a_call_pays_what_it_used_and_a_failed_one_nothing() -> None:
    ledger = Ledger()
    model = FlakyModel(ModelRejected("No."))
    guarded = guard(model, budget=ledger.budget())
    with pytest.raises(ModelRejected):
        await guarded.complete("s", "u", asker="ada")
    assert ledger.used("ada") == 0
    await guarded.complete("s", "u", asker="ada")
    assert ledger.used("ada") == 500
    await streamed(guarded, asker="bob")
    assert ledger.used("bob") == tokens("su") + round(len("One two.") / 3.5)


async def test_without_budget_no_model_is_asked() -> None:
    model = FlakyModel()
    guarded = guard(model, budget=memory_budget(per_person=1000), reply_tokens=400)
    await guarded.complete("s", "u", asker="ada")
    await guarded.complete("s", "u", asker="ada")
    for call in (guarded.complete("s", "u", asker="ada"), streamed(guarded, asker="ada")):
        with pytest.raises(BudgetExhausted, match="QUOTH_TOKENS_PER_PERSON"):
            await call
    assert model.calls == 2
    await guarded.complete("s", "u", asker="bob")


async def test_calls_at_the_same_time_cannot_overrun_the_budget_together() -> None:
    model = FlakyModel()
    guarded = guard(model, budget=memory_budget(per_day=1000), reply_tokens=400, concurrency=9)
    done = await asyncio.gather(
        *(guarded.complete("s", "u", asker=str(n)) for n in range(9)), return_exceptions=True
    )
    assert sum(isinstance(one, BudgetExhausted) for one in done) == 7
    assert model.calls == 2


@pytest_asyncio.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with model_server() as running:
        yield running


@pytest.mark.parametrize("stream", [False, True])
async def test_a_server_that_sends_a_byte_a_second_is_left_at_the_deadline(
    server: ModelServer, stream: bool
) -> None:
    server.play = lambda _: Reply("A word " * 50, seconds_per_byte=0.05)
    model = open_model(ModelConfig(spec="openai/x", base_url=server.url, timeout=5))
    guarded = guard(model, timeout=0.5)
    with pytest.raises(ModelUnavailable, match=r"within 0\.5 seconds"):
        await (streamed(guarded) if stream else guarded.complete("s", "u"))
    await model.aclose()


async def test_a_server_that_recovers_is_believed(server: ModelServer) -> None:
    replies = iter([Reply(status=503), Reply(status=429), Reply("There.")])
    server.play = lambda _: next(replies)
    model = open_model(ModelConfig(spec="openai/x", base_url=server.url, timeout=5))
    assert await streamed(guard(model)) == "There."
    assert len(server.requests) == 3
    await model.aclose()
