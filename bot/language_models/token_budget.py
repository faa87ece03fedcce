"""The token budget of a day and of a person.

Tokens are taken before a call, by an estimate, in one step with the check, so that calls at the
same time cannot overrun the budget together; afterwards the estimate is corrected.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Literal, Protocol, TypeAlias

from pydantic import Field

from bot.errors import BudgetExhausted
from index.schema import Value

NOBODY = ""
"""Who pays for what no person asked."""

Limit: TypeAlias = Literal["day", "person"]


class Budget(Value):
    """Tokens that may be used from midnight to midnight (UTC); 0 sets no limit."""

    per_day: int = Field(default=0, ge=0, description="For everybody together.")
    per_person: int = Field(default=0, ge=0, description="For each person.")


class Ledger(Protocol):
    """Remembers what was used."""

    async def take(self, day: date, person: str, tokens: int, budget: Budget) -> Limit | None:
        """Note `tokens` as used, or return the limit that they would overrun."""
        ...

    async def correct(self, day: date, person: str, tokens: int) -> None:
        """Add `tokens`, which may be negative, to what was taken."""
        ...


class MemoryLedger:
    """Forgets at the end of the process."""

    def __init__(self) -> None:
        self._used: defaultdict[tuple[date, str], int] = defaultdict(int)

    async def take(self, day: date, person: str, tokens: int, budget: Budget) -> Limit | None:
        """Note `tokens` as used, or return the limit that they would overrun."""
        total = sum(used for (on, _), used in self._used.items() if on == day)
        if exceeded := _exceeded(budget, total, self._used[day, person], person, tokens):
            return exceeded
        self._used = defaultdict(int, {key: n for key, n in self._used.items() if key[0] == day})
        self._used[day, person] += tokens
        return None

    async def correct(self, day: date, person: str, tokens: int) -> None:
        """Add `tokens`, which may be negative, to what was taken."""
        self._used[day, person] += tokens


class SqliteLedger:
    """Keeps what was used in a table of its own, so that a restart gives nobody a new budget.

    `connection` must be open to every thread (`check_same_thread=False`) and in autocommit mode
    (`isolation_level=None`), and best not shared; `run` calls a function away from the loop.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        run: Callable[[Callable[[], Limit | None]], Awaitable[Limit | None]],
    ) -> None:
        self._connection = connection
        self._run = run
        self._lock = threading.Lock()

    async def take(self, day: date, person: str, tokens: int, budget: Budget) -> Limit | None:
        """Note `tokens` as used, or return the limit that they would overrun."""
        return await self._run(lambda: self._take(day.isoformat(), person, tokens, budget))

    async def correct(self, day: date, person: str, tokens: int) -> None:
        """Add `tokens`, which may be negative, to what was taken."""
        await self._run(lambda: self._take(day.isoformat(), person, tokens, None))

    def _take(self, day: str, person: str, tokens: int, budget: Budget | None) -> Limit | None:
        with self._lock:
            self._create()
            self._connection.execute("BEGIN IMMEDIATE")  # two processes may share the file
            try:
                exceeded = self._check(day, person, tokens, budget) if budget else None
                if exceeded is None:
                    self._add(day, person, tokens)
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            return exceeded

    def _create(self) -> None:
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS model_tokens (day TEXT NOT NULL, person TEXT NOT NULL, "
            "tokens INTEGER NOT NULL, PRIMARY KEY (day, person)) WITHOUT ROWID"
        )

    def _check(self, day: str, person: str, tokens: int, budget: Budget) -> Limit | None:
        total, own = self._connection.execute(
            "SELECT COALESCE(SUM(tokens), 0), COALESCE(SUM(tokens) FILTER (WHERE person = ?), 0) "
            "FROM model_tokens WHERE day = ?",
            (person, day),
        ).fetchone()
        return _exceeded(budget, total, own, person, tokens)

    def _add(self, day: str, person: str, tokens: int) -> None:
        self._connection.execute("DELETE FROM model_tokens WHERE day < date(?, '-31 days')", (day,))
        self._connection.execute(
            "INSERT INTO model_tokens VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET tokens = tokens + excluded.tokens",
            (day, person, tokens),
        )


def _exceeded(budget: Budget, total: int, own: int, person: str, tokens: int) -> Limit | None:
    """Return the limit that `tokens` more would overrun."""
    if budget.per_day and total + tokens > budget.per_day:
        return "day"
    if budget.per_person and person != NOBODY and own + tokens > budget.per_person:
        return "person"
    return None


class Purse:
    """Takes and corrects tokens under one budget."""

    def __init__(
        self,
        budget: Budget,
        ledger: Ledger,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._budget = budget
        self._ledger = ledger
        self._now = now

    async def take(self, person: str | None, tokens: int) -> Receipt:
        """Take `tokens` for a call; raises BudgetExhausted."""
        day = self._now().astimezone(UTC).date()
        payer = person or NOBODY
        exceeded = await self._ledger.take(day, payer, tokens, self._budget)
        if exceeded is not None:
            raise BudgetExhausted(_EXHAUSTED[exceeded])
        return Receipt(self._ledger, day, payer, tokens)


class Receipt:
    """What was taken for one call."""

    def __init__(self, ledger: Ledger, day: date, person: str, tokens: int) -> None:
        self._ledger = ledger
        self._day = day
        self._person = person
        self._tokens = tokens
        self.settled = False

    async def settle(self, tokens: int) -> None:
        """Put the tokens really used in the place of the estimate."""
        self.settled = True
        if tokens != self._tokens:
            await self._ledger.correct(self._day, self._person, tokens - self._tokens)
            self._tokens = tokens


_EXHAUSTED: dict[Limit, str] = {
    "day": "The language model's token budget for today is used up. It starts anew at midnight "
    "UTC; QUOTH_TOKENS_PER_DAY sets it.",
    "person": "Your token budget for the language model is used up for today. It starts anew at "
    "midnight UTC; QUOTH_TOKENS_PER_PERSON sets it.",
}
