from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from bot.errors import ModelError, ModelRejected, ModelUnavailable
from bot.language_models.providers import PROVIDERS, LlamaModel, ModelConfig, open_model
from index.errors import ConfigurationError
from tests.doubles.model_server import TROUBLES, ModelServer, Reply, model_server

KEY = "sk-secret-4711"


@pytest_asyncio.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with model_server(lambda _: Reply("Good day, [1.1] sir.")) as running:
        yield running


@pytest_asyncio.fixture
async def model(server: ModelServer) -> AsyncIterator[LlamaModel]:
    config = ModelConfig(
        spec="openai/org/played", base_url=server.url, api_key=KEY, timeout=5, reply_tokens=77
    )
    opened = open_model(config)
    yield opened
    await opened.aclose()


async def whole(model: LlamaModel) -> str:
    return (await model.complete("Be brief.", "Hello?")).text


async def streamed(model: LlamaModel) -> str:
    return "".join([piece async for piece in model.stream("Be brief.", "Hello?")])


async def test_a_reply_comes_whole_or_in_pieces(server: ModelServer, model: LlamaModel) -> None:
    completion = await model.complete("Be brief.", "Hello?")
    assert (completion.text, completion.tokens) == ("Good day, [1.1] sir.", 120)
    assert await streamed(model) == completion.text
    assert model.name == "openai/org/played"
    first, second = server.requests
    assert first["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello?"},
    ]
    assert (first["model"], first["max_tokens"]) == ("org/played", 77)
    assert second["stream"] is True
    assert server.keys == [f"Bearer {KEY}"] * 2


async def test_a_reply_without_text_is_empty(server: ModelServer, model: LlamaModel) -> None:
    server.play = lambda _: Reply("")
    assert await whole(model) == await streamed(model) == ""


@pytest.mark.parametrize("read", [whole, streamed])
@pytest.mark.parametrize("name", TROUBLES)
async def test_a_failure_has_a_kind_and_a_sentence_without_the_key(
    server: ModelServer,
    model: LlamaModel,
    name: str,
    read: Callable[[LlamaModel], Awaitable[str]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    reply, kind = TROUBLES[name]
    server.play = lambda _: reply
    with pytest.raises(ModelError) as caught:
        await read(model)
    assert isinstance(caught.value, ModelUnavailable if kind == "retryable" else ModelRejected)
    assert "'openai/org/played'" in str(caught.value)
    assert KEY not in f"{caught.value!r}{caught.value.__cause__!r}{caplog.text}"
    assert len(server.requests) == 1  # the library does not try again on its own


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(status=429), "asked too often (HTTP 429)"),
        (Reply(status=429, code="insufficient_quota"), "no credit left"),
        (Reply(status=503), "fault on its server (HTTP 503)"),
        (Reply(status=401), "refused the key (HTTP 401). Check QUOTH_LLM_API_KEY."),
        (Reply(status=404), "not known to the server (HTTP 404). Check QUOTH_LLM"),
        (Reply(status=400, code="context_length_exceeded"), "cannot read so long a request"),
        (Reply(status=413), "cannot read so long a request"),
        (Reply(status=422), "refused the request (HTTP 422)"),
        (Reply(body=b"<html>"), "gave a reply that cannot be read"),
    ],
)
async def test_a_failure_says_what_happened(
    server: ModelServer, model: LlamaModel, reply: Reply, words: str
) -> None:
    server.play = lambda _: reply
    with pytest.raises(ModelError) as caught:
        await whole(model)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "body", [b"<html>Log in</html>", b'{"detail": "nothing here"}', b"", b"data: [DONE]\n\n"]
)
async def test_a_stream_that_is_no_models_says_which_address_to_check(
    server: ModelServer, model: LlamaModel, body: bytes
) -> None:
    # The library passes over what is no event of a stream. A stream of nothing would be read as an
    # answer that the sources do not back, though it is the server that failed.
    server.play = lambda _: Reply(body=body)
    with pytest.raises(ModelUnavailable) as caught:
        await streamed(model)
    assert str(caught.value) == (
        "The server of the language model 'openai/org/played' sent something that is not a "
        "model's reply. Check QUOTH_LLM_BASE_URL."
    )


async def test_the_server_may_say_how_long_to_wait(server: ModelServer, model: LlamaModel) -> None:
    server.play = lambda _: Reply(status=429, headers={"Retry-After": "7"})
    with pytest.raises(ModelUnavailable) as caught:
        await whole(model)
    assert caught.value.seconds == 7


@pytest.mark.parametrize("drop_after", [1, 150, 400])
async def test_a_stream_that_breaks_off_is_unavailable(
    server: ModelServer, model: LlamaModel, drop_after: int
) -> None:
    server.play = lambda _: Reply("A long sentence. " * 20, drop_after=drop_after)
    with pytest.raises(ModelUnavailable):
        await streamed(model)


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    model = open_model(ModelConfig(spec="openai/x", base_url="http://127.0.0.1:9/v1", timeout=5))
    with pytest.raises(ModelUnavailable, match="could not be reached"):
        await whole(model)
    await model.aclose()


async def test_a_silent_server_is_left_after_the_timeout(server: ModelServer) -> None:
    server.play = lambda _: Reply("Slow.", seconds_per_byte=30)
    model = open_model(ModelConfig(spec="openai/x", base_url=server.url, timeout=0.3))
    start = time.monotonic()
    with pytest.raises(ModelUnavailable, match="did not answer in time"):
        await whole(model)
    assert time.monotonic() - start < 20
    await model.aclose()


async def test_a_stream_left_early_frees_the_connection(
    server: ModelServer, model: LlamaModel
) -> None:
    server.play = lambda _: Reply("word " * 5000, piece=3)
    stream = model.stream("Be brief.", "Hello?")
    assert await anext(stream) == "wor"
    await stream.aclose()
    server.play = lambda _: Reply("Next.")
    assert await whole(model) == "Next."


@pytest.mark.parametrize("spec", ["azure/gpt", "openai/", "gpt-4o", ""])
def test_an_unknown_provider_is_named_with_those_there_are(spec: str) -> None:
    with pytest.raises(ConfigurationError, match="anthropic/MODEL, google/MODEL, ollama/MODEL"):
        open_model(ModelConfig(spec=spec))


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"needs a key\. Set QUOTH_LLM_API_KEY"):
        open_model(ModelConfig(spec="openai/gpt-4o-mini"))


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_a_missing_package_is_named_with_its_command(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, PROVIDERS[name].module, None)
    with pytest.raises(ConfigurationError) as caught:
        open_model(ModelConfig(spec=f"{name}/some-model", api_key=KEY))
    assert f'pip install "quoth[{name}]"' in str(caught.value)
    assert KEY not in str(caught.value)
