"""The token budget of a day and of a person.

Tokens are taken before a call, by an estimate, in one step with the check, so that calls at the
same time, of several processes too, cannot overrun the budget together; afterwards the estimate is
corrected.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TypeAlias

from bot.errors import BudgetExhausted, ModelError
from index.store.database import Connection

NOBODY = ""
"""Who pays for what no person asked."""

_KEPT = timedelta(days=31)

Settle: TypeAlias = Callable[[int], Awaitable[None]]
"""Puts the tokens really used in the place of the estimate."""

_DAY_EXHAUSTED = (
    "The language model's token budget for today is used up. It starts anew at midnight UTC; "
    "QUOTH_TOKENS_PER_DAY sets it."
)
_PERSON_EXHAUSTED = (
    "Your token budget for the language model is used up for today. It starts anew at midnight "
    "UTC; QUOTH_TOKENS_PER_PERSON sets it."
)


class TokenBudget:
    """Tokens that may be used from midnight to midnight (UTC), by everybody and by each person.

    0 sets no limit; what is used is noted all the same, in the table `model_tokens` to which
    `transaction` writes. `run` calls a function away from the loop. `spent` is told the tokens of
    each call once it is over.
    """

    def __init__(
        self,
        transaction: Callable[[], AbstractContextManager[Connection]],
        run: Callable[[Callable[[], None]], Awaitable[None]],
        *,
        per_day: int = 0,
        per_person: int = 0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        spent: Callable[[int], None] = lambda tokens: None,
    ) -> None:
        self._transaction = transaction
        self._run = run
        self._per_day = per_day
        self._per_person = per_person
        self._now = now
        self._spent = spent

    @asynccontextmanager
    async def spend(self, person: str | None, estimate: int) -> AsyncIterator[Settle]:
        """Take the tokens of a call by an estimate; raises BudgetExhausted.

        A call that fails without having been settled gets them back.
        """
        day, payer = self._now().astimezone(UTC).date().isoformat(), person or NOBODY
        await self._run(partial(self._take, day, payer, estimate))
        taken, settled = estimate, False

        async def settle(used: int) -> None:
            nonlocal taken, settled
            settled = True
            if used != taken:
                await self._run(partial(self._correct, day, payer, used - taken))
                taken = used

        try:
            yield settle
        except ModelError:
            if not settled:
                await settle(0)
            raise
        finally:
            self._spent(taken)

    def _take(self, day: str, payer: str, tokens: int) -> None:
        with self._transaction() as write:
            total, own = write.execute(
                "SELECT coalesce(sum(tokens), 0), "
                "coalesce(sum(CASE WHEN person = ? THEN tokens END), 0) "
                "FROM model_tokens WHERE day = ?",
                (payer, day),
            ).fetchone()
            if self._per_day and int(total) + tokens > self._per_day:
                raise BudgetExhausted(_DAY_EXHAUSTED)
            if self._per_person and payer != NOBODY and int(own) + tokens > self._per_person:
                raise BudgetExhausted(_PERSON_EXHAUSTED)
            _note(write, day, payer, tokens)

    def _correct(self, day: str, payer: str, tokens: int) -> None:
        with self._transaction() as write:
            _note(write, day, payer, tokens)


def _note(write: Connection, day: str, payer: str, tokens: int) -> None:
    """Note tokens, fewer where negative, and forget days long gone."""
    over = date.fromisoformat(day) - _KEPT
    write.execute("DELETE FROM model_tokens WHERE day < ?", (over.isoformat(),))
    write.execute(
        "INSERT INTO model_tokens (day, person, tokens) VALUES (?, ?, ?) ON CONFLICT (day, person) "
        "DO UPDATE SET tokens = model_tokens.tokens + excluded.tokens",
        (day, payer, tokens),
    )
