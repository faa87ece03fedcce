from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.bridge import Bridge
from bot.errors import BudgetExhausted
from bot.language_models.token_budget import Budget, Ledger, MemoryLedger, Purse, SqliteLedger

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


def opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


@pytest.fixture(params=["memory", "sqlite"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    if request.param == "memory":
        yield MemoryLedger()
        return
    connection, bridge = opened(tmp_path / "used.db"), Bridge()
    yield SqliteLedger(connection, bridge.run)
    bridge.close()
    connection.close()


def purse(ledger: Ledger, now: Callable[[], datetime] = lambda: NOON, **budget: int) -> Purse:
    return Purse(Budget.model_validate(budget), ledger, now=now)


async def test_without_limits_everything_is_paid_for(ledger: Ledger) -> None:
    for _ in range(3):
        await purse(ledger).take("ada", 10**9)
    # It was noted all the same: a limit set today counts what was used before.
    with pytest.raises(BudgetExhausted):
        await purse(ledger, per_day=3 * 10**9).take("bob", 1)
    assert not (await purse(ledger, per_day=3 * 10**9 + 1).take("bob", 1)).settled


async def test_a_person_has_a_budget_of_their_own(ledger: Ledger) -> None:
    own = purse(ledger, per_person=100)
    await own.take("ada", 60)
    with pytest.raises(BudgetExhausted, match=r"Your token budget.*midnight UTC"):
        await own.take("ada", 41)
    await own.take("ada", 40)
    await own.take("bob", 100)


async def test_the_day_has_one_budget_for_everybody(ledger: Ledger) -> None:
    common = purse(ledger, per_day=100)
    await common.take("ada", 60)
    await common.take(None, 30)
    with pytest.raises(BudgetExhausted, match="QUOTH_TOKENS_PER_DAY"):
        await common.take("bob", 11)


async def test_what_no_person_asked_falls_under_no_persons_budget(ledger: Ledger) -> None:
    own = purse(ledger, per_person=100)
    await own.take(None, 90)
    await own.take(None, 90)
    with pytest.raises(BudgetExhausted):
        await own.take("ada", 101)


async def test_an_estimate_is_corrected_once_the_use_is_known(ledger: Ledger) -> None:
    own = purse(ledger, per_person=100)
    receipt = await own.take("ada", 90)
    await receipt.settle(20)
    await (await own.take("ada", 80)).settle(0)
    await own.take("ada", 80)
    with pytest.raises(BudgetExhausted):
        await own.take("ada", 1)


async def test_a_new_day_is_a_new_budget(ledger: Ledger) -> None:
    times = [NOON]
    own = purse(ledger, now=lambda: times[-1], per_person=100, per_day=100)
    await own.take("ada", 100)
    times.append(NOON + timedelta(hours=12))
    await own.take("ada", 100)
    with pytest.raises(BudgetExhausted):
        await own.take("ada", 1)


async def test_many_at_once_take_no_more_than_there_is(ledger: Ledger) -> None:
    own = purse(ledger, per_day=100)
    done = await asyncio.gather(*(own.take(str(n), 10) for n in range(30)), return_exceptions=True)
    assert sum(not isinstance(one, BudgetExhausted) for one in done) == 10


async def test_a_restart_and_a_second_process_see_what_was_used(tmp_path: Path) -> None:
    bridge = Bridge()
    first, second = opened(tmp_path / "used.db"), opened(tmp_path / "used.db")
    await purse(SqliteLedger(first, bridge.run), per_day=100).take("ada", 70)
    other = purse(SqliteLedger(second, bridge.run), per_day=100)
    with pytest.raises(BudgetExhausted):
        await other.take("bob", 31)
    await other.take("bob", 30)
    bridge.close()
    first.close()
    second.close()


async def test_days_long_gone_are_forgotten(tmp_path: Path) -> None:
    bridge, connection = Bridge(), opened(tmp_path / "used.db")
    ledger = SqliteLedger(connection, bridge.run)
    await purse(ledger).take("ada", 1)
    await purse(ledger, now=lambda: NOON + timedelta(days=60)).take("ada", 2)
    assert connection.execute("SELECT tokens FROM model_tokens").fetchall() == [(2,)]
    bridge.close()
    connection.close()
