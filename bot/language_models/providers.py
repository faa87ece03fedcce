"""Language models through LlamaIndex: which class serves which provider, and what went wrong.

The libraries' own retries are off: `bot.language_models.guarded_model` decides what is tried again.
Keys and replies of servers never come into a message, since a server may repeat the key it was
given.
"""

from __future__ import annotations

import importlib
import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.errors import ModelError, ModelRejected, ModelUnavailable
from bot.language_models.guarded_model import tokens
from bot.language_models.protocol import Completion
from index.errors import ConfigurationError

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage, ChatResponse
    from llama_index.core.llms import LLM

log = logging.getLogger(__name__)

TEMPERATURE = 0.1
_OPENAI = "https://api.openai.com/v1"
_RETRYABLE = {408, 409, 423, 425, 429}
_LONGEST_PAUSE = 60.0


@dataclass(frozen=True)
class ModelConfig:
    """Which model is asked, and where."""

    spec: str
    """`provider/model`."""
    base_url: str | None = None
    """Address of the server; None is the provider's own."""
    api_key: str | None = None
    """Key, if the server wants one."""
    timeout: float = 30.0
    """Seconds for one request."""
    reply_tokens: int = 800
    """Tokens that a reply may have."""

    @property
    def provider(self) -> str:
        """The part before the first slash."""
        return self.spec.partition("/")[0]

    @property
    def model(self) -> str:
        """The part behind it; it may have slashes itself."""
        return self.spec.partition("/")[2]


class LlamaModel:
    """A LlamaIndex language model as `bot.language_models.protocol.LanguageModel`."""

    def __init__(self, llm: LLM, name: str, *, close: Callable[[], Awaitable[None]]) -> None:
        self._llm = llm
        self.name = name
        self._close = close

    async def complete(self, system: str, user: str, *, asker: str | None = None) -> Completion:
        """Return the whole reply; raises ModelError."""
        try:
            response = await self._llm.achat(_messages(system, user))
            text = response.message.content or ""
            return Completion(text=text, tokens=_counted(response) or tokens(system + user + text))
        except Exception as error:
            raise model_error(self.name, error) from None

    async def stream(
        self, system: str, user: str, *, asker: str | None = None
    ) -> AsyncGenerator[str, None]:
        """Yield the reply piece by piece; raises ModelError."""
        try:
            pieces = await self._llm.astream_chat(_messages(system, user))
            replied = False
            async with aclosing(pieces):
                async for piece in pieces:
                    replied = True
                    if piece.delta:
                        yield piece.delta
            if not replied:  # the libraries pass over what is no event of a stream
                raise ModelUnavailable(
                    f"The server of the language model {self.name!r} sent something that is not "
                    "a model's reply. Check QUOTH_LLM_BASE_URL."
                )
        except Exception as error:
            raise model_error(self.name, error) from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._close()


def open_model(config: ModelConfig) -> LlamaModel:
    """Build the model that a configuration names; imports take seconds, so not on the loop.

    The first request imports nothing any more.
    Raises ConfigurationError for an unknown provider, a missing package or a missing key.
    """
    provider = PROVIDERS.get(config.provider)
    if provider is None or not config.model:
        raise ConfigurationError(
            f"QUOTH_LLM {config.spec!r} names no provider. It must be one of "
            f"{', '.join(f'{name}/MODEL' for name in sorted(PROVIDERS))}; for a server that "
            "speaks OpenAI's API use openai/MODEL and set QUOTH_LLM_BASE_URL."
        )
    if provider.needs_key and not (config.api_key or config.base_url):
        raise ConfigurationError(
            f"QUOTH_LLM {config.spec!r} needs a key. Set QUOTH_LLM_API_KEY, or unset QUOTH_LLM to "
            "answer by quoting only."
        )
    found = _load(provider, config)
    with suppress(ImportError):  # httpx would import it for the first request, on the loop
        importlib.import_module("anyio._backends._asyncio")
    return provider.build(found, config)


@dataclass(frozen=True)
class _Provider:
    """How the class of one provider is found and built."""

    module: str
    name: str
    extra: str
    needs_key: bool
    build: Callable[[Any, ModelConfig], LlamaModel]


def _load(provider: _Provider, config: ModelConfig) -> Any:
    try:
        return getattr(importlib.import_module(provider.module), provider.name)
    except ImportError:
        raise ConfigurationError(
            f"QUOTH_LLM {config.spec!r} needs a package that is not installed. "
            f'Run `pip install "quoth[{provider.extra}]"`.'
        ) from None


def _openai(cls: Any, config: ModelConfig) -> LlamaModel:
    import httpx

    client = httpx.AsyncClient(timeout=config.timeout)
    llm = cls(
        model=config.model,
        api_base=config.base_url or _OPENAI,
        api_key=config.api_key or "none",
        is_chat_model=True,
        temperature=TEMPERATURE,
        max_tokens=config.reply_tokens,
        max_retries=0,
        timeout=config.timeout,
        async_http_client=client,
    )
    llm._get_aclient().chat.completions  # noqa: B018 - imports openai.resources, for seconds
    return LlamaModel(llm, config.spec, close=client.aclose)


def _anthropic(cls: Any, config: ModelConfig) -> LlamaModel:
    llm = cls(
        model=config.model,
        base_url=config.base_url,
        api_key=config.api_key or "none",
        temperature=TEMPERATURE,
        max_tokens=config.reply_tokens,
        max_retries=0,
        timeout=config.timeout,
    )
    return LlamaModel(llm, config.spec, close=llm._aclient.close)


def _ollama(cls: Any, config: ModelConfig) -> LlamaModel:
    llm = cls(
        model=config.model,
        **({"base_url": config.base_url} if config.base_url else {}),
        temperature=TEMPERATURE,
        context_window=8192,  # its default asks the server for the longest, which fills memory
        request_timeout=config.timeout,
        additional_kwargs={"num_predict": config.reply_tokens},
    )
    return LlamaModel(llm, config.spec, close=llm.async_client._client.aclose)


def _google(cls: Any, config: ModelConfig) -> LlamaModel:
    options: dict[str, Any] = {"timeout": round(config.timeout * 1000)}
    if config.base_url:
        options["base_url"] = config.base_url
    llm = cls(
        model=config.model,
        api_key=config.api_key or "none",
        max_tokens=config.reply_tokens,
        context_window=32_000,  # given, so that building it asks no server
        max_retries=1,  # counts attempts
        http_options=options,
    )
    return LlamaModel(llm, config.spec, close=llm._client.aio.aclose)


PROVIDERS: dict[str, _Provider] = {
    "openai": _Provider("llama_index.llms.openai_like", "OpenAILike", "openai", True, _openai),
    "anthropic": _Provider(
        "llama_index.llms.anthropic", "Anthropic", "anthropic", True, _anthropic
    ),
    "ollama": _Provider("llama_index.llms.ollama", "Ollama", "ollama", False, _ollama),
    "google": _Provider("llama_index.llms.google_genai", "GoogleGenAI", "google", True, _google),
}
"""What `QUOTH_LLM` may begin with."""


def model_error(name: str, error: Exception) -> ModelError:
    """Turn what a provider's library raised into an error of ours, without its words."""
    if isinstance(error, ModelError):
        return error
    log.debug("%s: %s", name, type(error).__name__)
    status = _status(error)
    if status is None:
        return ModelUnavailable(f"The language model {name!r} {_trouble(error)}. Try again.")
    if status in _RETRYABLE or status >= 500:
        if "insufficient_quota" in _code(error):
            return ModelRejected(
                f"The account of the language model {name!r} has no credit left. Top it up."
            )
        what = "is asked too often" if status == 429 else "has a fault on its server"
        return ModelUnavailable(
            f"The language model {name!r} {what} (HTTP {status}). Try again in a moment.",
            seconds=_pause(error),
        )
    return ModelRejected(f"The language model {name!r} {_refusal(status, _code(error))}")


def _status(error: Exception) -> int | None:
    """Return the HTTP status that an error carries, whatever its library calls it."""
    for name in ("status_code", "code", "status"):
        value = getattr(error, name, None)
        if isinstance(value, int) and 100 <= value < 600:
            return value
    return None


def _trouble(error: Exception) -> str:
    names = {kind.__name__ for kind in type(error).__mro__}
    if any("Timeout" in name for name in names):
        return "did not answer in time"
    unreadable = (json.JSONDecodeError, UnicodeDecodeError, TypeError, AttributeError, LookupError)
    if isinstance(error, unreadable) or "APIResponseValidationError" in names:
        return "gave a reply that cannot be read"
    return "could not be reached, or broke off"


def _refusal(status: int, code: str) -> str:
    """Say why a request will never work, and what to do."""
    if status in (401, 403):
        return f"refused the key (HTTP {status}). Check QUOTH_LLM_API_KEY."
    if status == 404:
        return "is not known to the server (HTTP 404). Check QUOTH_LLM and QUOTH_LLM_BASE_URL."
    if status == 413 or "context_length" in code:
        return f"cannot read so long a request (HTTP {status}). Use one with a longer context."
    return f"refused the request (HTTP {status}). Check QUOTH_LLM and QUOTH_LLM_BASE_URL."


def _code(error: Exception) -> str:
    """Return the error code of OpenAI's API: a word of theirs, not free text."""
    code = getattr(error, "code", None)
    return code if isinstance(code, str) else ""


def _pause(error: Exception) -> float:
    """Return the seconds that the server asks to wait."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return min(max(float(headers.get("retry-after", 0)), 0.0), _LONGEST_PAUSE)
    except (TypeError, ValueError):
        return 0.0


def _messages(system: str, user: str) -> list[ChatMessage]:
    from llama_index.core.base.llms.types import ChatMessage, MessageRole

    return [
        ChatMessage(role=MessageRole.SYSTEM, content=system),
        ChatMessage(role=MessageRole.USER, content=user),
    ]


def _counted(response: ChatResponse) -> int | None:
    """Return the tokens that the provider counted, where it says so."""
    usage = getattr(response.raw, "usage", None)
    total = getattr(usage, "total_tokens", None)
    return total if isinstance(total, int) and total > 0 else None
