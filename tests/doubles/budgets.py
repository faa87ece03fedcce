"""Token budgets that keep what is used in memory: real ones, on SQLite's `:memory:`."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bot.community.store.records_file import create_tables
from bot.language_models.token_budget import TokenBudget


class Ledger:
    """What was used, and budgets over it."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(
            ":memory:", isolation_level=None, check_same_thread=False
        )
        create_tables(self._connection)
        weakref.finalize(self, self._connection.close)

    def budget(self, **options: Any) -> TokenBudget:
        return TokenBudget(self._transaction, self._run, **options)

    def used(self, person: str) -> int:
        sql = "SELECT coalesce(sum(tokens), 0) FROM model_tokens WHERE person = ?"
        return int(self._connection.execute(sql, (person,)).fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN")
        try:
            yield self._connection
        finally:
            self._connection.execute("COMMIT")

    async def _run(self, call: Callable[[], None]) -> None:
        call()


def memory_budget(**options: Any) -> TokenBudget:
    """A budget of its own."""
    return Ledger().budget(**options)
