"""Lets a request in by the token that it brings, as often as that token may ask."""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from bot.access.token_records import Token, TokenRecords, TokenRefused
from bot.errors import Busy
from index.embed.lazy_models import Once

_MINUTE = 60.0
_MOST_KEPT = 10_000
"""Tokens whose requests are remembered; the longest silent ones are dropped first."""


class TooManyRequests(Busy):
    """Somebody has asked as often as they may in a minute."""

    def __init__(self, per_minute: int, seconds: float) -> None:
        self.seconds = max(1, math.ceil(seconds))
        super().__init__(
            f"At most {per_minute:,} requests a minute are answered. Try again in "
            f"{self.seconds} second{'s' if self.seconds > 1 else ''}."
        )


class RequestRate:
    """Counts the requests of the last minute, by who made them."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._made: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, who: str) -> None:
        """Count a request; raises TooManyRequests, and then counts nothing."""
        now = self._clock()
        made = self._made.setdefault(who, deque())
        self._made.move_to_end(who)
        while made and made[0] <= now - _MINUTE:
            made.popleft()
        if len(made) >= self._per_minute:
            raise TooManyRequests(self._per_minute, made[0] + _MINUTE - now)
        made.append(now)
        while len(self._made) > _MOST_KEPT:
            self._made.popitem(last=False)


class TokenAdmission:
    """The door for programs."""

    def __init__(self, records: Once[TokenRecords], rate: RequestRate) -> None:
        self._records = records
        self._rate = rate

    async def admit(self, authorization: str | None) -> Token:
        """Return the token of a header `Authorization`.

        Raises TokenRefused, TooManyRequests, and StoreError when the tokens cannot be read.
        """
        scheme, _, text = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            raise TokenRefused(
                "This needs a token. Send `Authorization: Bearer TOKEN`; whoever runs Quoth makes "
                "one with `quoth token create`."
            )
        token = await asyncio.to_thread(lambda: self._records().find(text.strip()))
        self._rate.take(token.id)
        return token
