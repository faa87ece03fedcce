"""What callers rely on, of the doubles, of a real client of a local server and of its guard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from bot.language_models.guarded_model import GuardedModel, Limits
from bot.language_models.protocol import LanguageModel
from bot.language_models.providers import ModelConfig, open_model
from bot.language_models.token_budget import Budget, MemoryLedger, Purse
from tests.doubles.generate_world import ScriptedModel
from tests.doubles.model_server import Reply, model_server
from tests.language_models.test_guarded_model import FlakyModel

Opened = Callable[[str], AbstractAsyncContextManager[LanguageModel]]


@asynccontextmanager
async def scripted(text: str) -> AsyncIterator[LanguageModel]:
    yield ScriptedModel(text)


@asynccontextmanager
async def flaky(text: str) -> AsyncIterator[LanguageModel]:
    yield FlakyModel(pieces=[text[:7], text[7:]] if text else [])


@asynccontextmanager
async def provided(text: str) -> AsyncIterator[LanguageModel]:
    async with model_server(lambda _: Reply(text)) as server:
        model = open_model(ModelConfig(spec="openai/played", base_url=server.url, timeout=20))
        yield model
        await model.aclose()


@asynccontextmanager
async def guarded(text: str) -> AsyncIterator[LanguageModel]:
    async with provided(text) as model:
        yield GuardedModel(model, Limits(timeout=20), Purse(Budget(), MemoryLedger()))


every_model = pytest.mark.parametrize("opened", [scripted, flaky, provided, guarded])
REPLIES = {
    "prose": "A ceasefire must hold [1.2]. The mission costs 12 million euros [1.7].\n",
    "markup": "<think>\x1b[31m @everyone</think> {x} $y {{ ```\n\n| a | b |\n",
    "other scripts": "Доброе утро, 早上好, صباح الخير 👩‍🚒",
    "nothing": "",
}


@every_model
@pytest.mark.parametrize("text", REPLIES.values(), ids=REPLIES)
async def test_a_reply_is_the_same_whole_and_in_pieces_and_untouched(
    opened: Opened, text: str
) -> None:
    async with opened(text) as model:
        completion = await model.complete("Be brief.", "Hello?", asker="ada")
        assert completion.text == text
        assert completion.tokens >= 1
        pieces = [piece async for piece in model.stream("Be brief.", "Hello?", asker="ada")]
        assert "".join(pieces) == text
        assert all(pieces)


@every_model
async def test_its_name_says_provider_and_model(opened: Opened) -> None:
    async with opened("Hello.") as model:
        provider, _, name = model.name.partition("/")
        assert provider and name


@every_model
async def test_a_stream_may_be_left_and_the_next_one_starts_anew(opened: Opened) -> None:
    text = "One two three four five. " * 200
    async with opened(text) as model:
        stream = model.stream("Be brief.", "Hello?")
        first = await anext(stream)
        assert text.startswith(first)
        await stream.aclose()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
        assert "".join([piece async for piece in model.stream("Be brief.", "Hello?")]) == text


@every_model
async def test_nobody_need_pay(opened: Opened) -> None:
    async with opened("Hello.") as model:
        assert (await model.complete("Be brief.", "Hello?")).text == "Hello."
