from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.community.store.records_file import Records, open_records
from bot.errors import BudgetExhausted, ModelRejected
from bot.language_models.token_budget import Settle, TokenBudget
from tests.doubles.record_place import RecordPlace

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def records(place: RecordPlace) -> Iterator[Records]:
    opened = open_records(place.home, place.address)
    yield opened
    opened.close()


def budget(records: Records, **options: Any) -> TokenBudget:
    return TokenBudget(records.transaction, records.run, **{"now": lambda: NOON, **options})


async def take(budget: TokenBudget, person: str | None, tokens: int) -> Settle:
    async with budget.spend(person, tokens) as settle:
        return settle


async def test_without_limits_everything_is_paid_for(records: Records) -> None:
    for _ in range(3):
        await take(budget(records), "ada", 10**9)
    # It was noted all the same: a limit set today counts what was used before.
    with pytest.raises(BudgetExhausted):
        await take(budget(records, per_day=3 * 10**9), "bob", 1)
    await take(budget(records, per_day=3 * 10**9 + 1), "bob", 1)


async def test_a_person_has_a_budget_of_their_own(records: Records) -> None:
    own = budget(records, per_person=100)
    await take(own, "ada", 60)
    with pytest.raises(BudgetExhausted, match=r"Your token budget.*midnight UTC"):
        await take(own, "ada", 41)
    await take(own, "ada", 40)
    await take(own, "bob", 100)


async def test_the_day_has_one_budget_for_everybody(records: Records) -> None:
    common = budget(records, per_day=100)
    await take(common, "ada", 60)
    await take(common, None, 30)
    with pytest.raises(BudgetExhausted, match="QUOTH_TOKENS_PER_DAY"):
        await take(common, "bob", 11)


async def test_what_no_person_asked_falls_under_no_persons_budget(records: Records) -> None:
    own = budget(records, per_person=100)
    await take(own, None, 90)
    await take(own, None, 90)
    with pytest.raises(BudgetExhausted):
        await take(own, "ada", 101)


async def test_an_estimate_is_corrected_once_the_use_is_known(records: Records) -> None:
    own = budget(records, per_person=100)
    settle = await take(own, "ada", 90)
    await settle(20)
    await (await take(own, "ada", 80))(0)
    await take(own, "ada", 80)
    with pytest.raises(BudgetExhausted):
        await take(own, "ada", 1)


async def test_a_call_that_fails_gets_its_tokens_back_unless_it_was_settled(
    records: Records,
) -> None:
    told: list[int] = []
    own = budget(records, per_person=100, spent=told.append)
    with pytest.raises(ModelRejected):
        async with own.spend("ada", 90):
            raise ModelRejected("No.")
    with pytest.raises(ModelRejected):
        async with own.spend("ada", 90) as settle:
            await settle(30)
            raise ModelRejected("No.")
    assert told == [0, 30]
    await take(own, "ada", 70)
    with pytest.raises(BudgetExhausted):
        await take(own, "ada", 1)


async def test_a_new_day_is_a_new_budget(records: Records) -> None:
    times = [NOON]
    own = budget(records, now=lambda: times[-1], per_person=100, per_day=100)
    await take(own, "ada", 100)
    times.append(NOON + timedelta(hours=12))
    await take(own, "ada", 100)
    with pytest.raises(BudgetExhausted):
        await take(own, "ada", 1)


async def test_a_call_over_midnight_is_corrected_on_the_day_it_began(records: Records) -> None:
    times = [NOON]
    own = budget(records, now=lambda: times[-1], per_day=100)
    settle = await take(own, "ada", 90)
    times.append(NOON + timedelta(hours=12))
    await settle(0)
    await take(own, "ada", 100)
    with pytest.raises(BudgetExhausted):
        await take(own, "ada", 1)


async def test_many_at_once_take_no_more_than_there_is(records: Records) -> None:
    own = budget(records, per_day=100)
    done = await asyncio.gather(*(take(own, str(n), 10) for n in range(30)), return_exceptions=True)
    assert sum(not isinstance(one, BudgetExhausted) for one in done) == 10


async def test_a_restart_and_a_second_process_see_what_was_used(
    place: RecordPlace, records: Records
) -> None:
    second = open_records(place.home, place.address)
    await take(budget(records, per_day=100), "ada", 70)
    other = budget(second, per_day=100)
    with pytest.raises(BudgetExhausted):
        await take(other, "bob", 31)
    await take(other, "bob", 30)
    second.close()


async def test_days_long_gone_are_forgotten(records: Records) -> None:
    await take(budget(records), "ada", 1)
    await take(budget(records, now=lambda: NOON + timedelta(days=60)), "ada", 2)
    assert records.rows("SELECT tokens FROM model_tokens") == [(2,)]
