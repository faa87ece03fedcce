"""A language model that keeps to a deadline, a budget and a number of calls at a time.

Only what may work a moment later is tried again, and a stream only before its first word. A stream
is given up when no word comes for too long, and not because it is long.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar

from pydantic import Field

from bot.errors import ModelUnavailable
from bot.language_models.protocol import Completion, LanguageModel
from bot.language_models.token_budget import Settle, TokenBudget
from index.schema import Value

T = TypeVar("T")

log = logging.getLogger(__name__)

CHARACTERS_PER_TOKEN = 3.5
"""English text has about 4, other scripts fewer; only estimates rest on it."""

LONGEST = 300.0
"""Seconds for a stream: five tokens a second write the longest reply in 160."""


class Limits(Value):
    """How long and how often a model is asked."""

    timeout: float = Field(
        default=30.0,
        gt=0,
        description="Seconds for all attempts together, and between two pieces of a stream.",
    )
    longest: float = Field(
        default=LONGEST, gt=0, description="Seconds for a stream in all, at least `timeout`."
    )
    attempts: int = Field(default=3, ge=1, le=10, description="Attempts at most.")
    backoff: float = Field(default=0.5, ge=0, description="Seconds before the second attempt.")
    concurrency: int = Field(default=4, ge=1, description="Calls at the same time.")
    reply_tokens: int = Field(default=800, ge=1, description="Tokens a reply may have.")


class GuardedModel:
    """Wraps a model; every failure is a ModelError."""

    def __init__(
        self,
        model: LanguageModel,
        limits: Limits,
        budget: TokenBudget,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._model = model
        self.name = model.name
        self._limits = limits
        self._budget = budget
        self._sleep = sleep
        self._places = asyncio.Semaphore(limits.concurrency)

    async def complete(self, system: str, user: str, *, asker: str | None = None) -> Completion:
        """Return the whole reply; raises ModelError."""
        async with self._call(system + user, asker) as (deadline, settle):
            completion = await self._by(
                deadline,
                self._again(lambda: self._model.complete(system, user, asker=asker), deadline),
            )
            await settle(completion.tokens)
            return completion

    async def stream(
        self, system: str, user: str, *, asker: str | None = None
    ) -> AsyncGenerator[str, None]:
        """Yield the reply piece by piece; raises ModelError."""
        async with self._call(system + user, asker) as (deadline, settle):
            begin = self._again(
                lambda: _begin(self._model.stream(system, user, asker=asker)), deadline
            )
            piece, rest = await self._by(deadline, begin)
            longest = max(self._limits.longest, self._limits.timeout)
            end = asyncio.get_running_loop().time() + longest
            length = 0
            try:
                async with aclosing(rest):
                    while piece is not None:
                        length += len(piece)
                        yield piece
                        piece = await self._next(rest, end)
            finally:
                replied = round(length / CHARACTERS_PER_TOKEN)
                await settle(tokens(system + user) + replied)

    @asynccontextmanager
    async def _call(self, request: str, asker: str | None) -> AsyncIterator[tuple[float, Settle]]:
        """Hold a place and pay for a call by an estimate; yields the deadline and the settling."""
        deadline = asyncio.get_running_loop().time() + self._limits.timeout
        await self._by(deadline, self._places.acquire())
        try:
            estimate = tokens(request) + self._limits.reply_tokens
            async with self._budget.spend(asker, estimate) as settle:
                yield deadline, settle
        finally:
            self._places.release()

    async def _by(self, deadline: float, step: Awaitable[T]) -> T:
        """Await a step until the deadline; a consumer of a stream is never interrupted."""
        try:
            async with asyncio.timeout_at(deadline):
                return await step
        except TimeoutError:
            raise ModelUnavailable(
                f"The language model {self.name!r} did not answer within "
                f"{self._limits.timeout:g} seconds. Try again, or raise QUOTH_LLM_TIMEOUT."
            ) from None

    async def _next(self, rest: AsyncGenerator[str, None], end: float) -> str | None:
        """Return the next piece, which may take as long as the first, until `end`."""
        silent = asyncio.get_running_loop().time() + self._limits.timeout
        if silent <= end:
            return await self._by(silent, anext(rest, None))
        try:
            async with asyncio.timeout_at(end):
                return await anext(rest, None)
        except TimeoutError:
            raise ModelUnavailable(
                f"The language model {self.name!r} did not come to an end. Try again."
            ) from None

    async def _again(self, call: Callable[[], Awaitable[T]], deadline: float) -> T:
        """Call until it works, the attempts are used up or the next one would come too late."""
        attempt = 1
        while True:
            try:
                return await call()
            except ModelUnavailable as error:
                pause = max(error.seconds, self._backoff(attempt))
                late = asyncio.get_running_loop().time() + pause >= deadline
                if attempt >= self._limits.attempts or late:
                    raise
                log.info("attempt %d: %s", attempt, error)
            await self._sleep(pause)
            attempt += 1

    def _backoff(self, attempt: int) -> float:
        """Return a growing pause, spread so that several callers do not come back together."""
        return self._limits.backoff * 2.0 ** (attempt - 1) * random.uniform(0.5, 1.5)


async def _begin(
    pieces: AsyncGenerator[str, None],
) -> tuple[str | None, AsyncGenerator[str, None]]:
    """Return the first piece, None when there is none, and what follows."""
    try:
        return await anext(pieces, None), pieces
    except BaseException:
        await pieces.aclose()
        raise


def tokens(text: str) -> int:
    """Estimate the tokens of a text."""
    return round(len(text) / CHARACTERS_PER_TOKEN) + 1
