"""How often people may ask, and who waits for whom."""

from __future__ import annotations

import asyncio

import pytest

from bot.community.cooldown import MAX_KEPT, Cooldowns
from bot.community.fair_queue import FairQueue
from bot.errors import Busy


def test_a_person_waits_between_questions_and_others_do_not() -> None:
    cooldowns = Cooldowns(person_seconds=3.0, server_per_minute=100)
    assert cooldowns.take(1, None, 10.0) == 0.0
    assert cooldowns.take(1, None, 11.0) == pytest.approx(2.0)
    assert cooldowns.take(2, None, 11.0) == 0.0
    assert cooldowns.take(1, None, 13.0) == 0.0


def test_a_server_has_so_many_questions_a_minute() -> None:
    cooldowns = Cooldowns(person_seconds=0.0, server_per_minute=2)
    assert [cooldowns.take(person, 100, float(person)) for person in (1, 2)] == [0.0, 0.0]
    assert cooldowns.take(3, 100, 3.0) == pytest.approx(58.0)
    assert cooldowns.take(3, 200, 3.0) == 0.0
    assert cooldowns.take(3, 100, 61.5) == 0.0


def test_a_refused_question_counts_for_nothing() -> None:
    cooldowns = Cooldowns(person_seconds=3.0, server_per_minute=1)
    cooldowns.take(1, 100, 0.0)
    assert cooldowns.take(2, 100, 1.0) > 0
    assert cooldowns.take(2, None, 1.0) == 0.0


def test_cooldowns_remember_a_bounded_number_of_people() -> None:
    cooldowns = Cooldowns(person_seconds=1e9, server_per_minute=1)
    for person in range(MAX_KEPT + 1):
        cooldowns.take(person, None, 0.0)
    assert cooldowns.take(0, None, 0.0) == 0.0
    assert cooldowns.take(MAX_KEPT, None, 0.0) > 0


async def test_a_persons_second_question_waits_for_the_first_and_a_third_is_declined() -> None:
    queue, order = FairQueue(), []
    release = asyncio.Event()

    async def ask(name: str) -> None:
        async with queue.turn(1):
            order.append(name)
            await release.wait()

    first, second = asyncio.create_task(ask("first")), asyncio.create_task(ask("second"))
    await asyncio.sleep(0)
    assert order == ["first"]
    with pytest.raises(Busy, match="last two questions"):
        await ask("third")
    release.set()
    await asyncio.gather(first, second)
    assert order == ["first", "second"]
    assert queue.total == 0


async def test_the_queue_is_bounded_in_all() -> None:
    queue = FairQueue(at_once=1, waiting=1)
    async with queue.turn(1), queue.turn(2):
        with pytest.raises(Busy, match="Many people"):
            async with queue.turn(3):
                pass
    async with queue.turn(3):
        assert queue.total == 1


async def test_work_goes_on_in_so_many_places_at_once() -> None:
    queue, running, most = FairQueue(at_once=2), 0, 0

    async def work() -> None:
        nonlocal running, most
        async with queue.places:
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1

    await asyncio.gather(*(work() for _ in range(10)))
    assert most == 2
