"""How often people may ask, and who waits for whom."""

from __future__ import annotations

import asyncio

import pytest

from bot.community.cooldown import MAX_KEPT, Cooldowns
from bot.community.fair_queue import PER_PERSON, FairQueue
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


async def test_a_persons_questions_wait_for_one_another_and_a_flood_is_declined() -> None:
    queue, order = FairQueue(), []
    release = asyncio.Event()

    async def ask(number: int) -> None:
        async with queue.turn(1):
            order.append(number)
            await release.wait()

    asked = [asyncio.create_task(ask(number)) for number in range(PER_PERSON)]
    await asyncio.sleep(0)
    assert order == [0]
    with pytest.raises(Busy, match="as soon as the first of them is answered"):
        await ask(PER_PERSON)
    release.set()
    await asyncio.gather(*asked)
    assert order == list(range(PER_PERSON))
    assert queue.total == 0


class Asker:
    """Asks one question of a queue, and keeps what it is told."""

    def __init__(self, queue: FairQueue, person: int) -> None:
        self.told: list[int | None] = []
        self.release = asyncio.Event()
        self.task = asyncio.create_task(self._ask(queue, person))

    async def _ask(self, queue: FairQueue, person: int) -> None:
        async with queue.turn(person, self.told.append) as waiting, queue.place(waiting):
            await self.release.wait()

    async def end(self) -> None:
        self.release.set()
        await self.task


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_everybody_is_told_how_many_come_before() -> None:
    queue = FairQueue(at_once=1)
    first, *others = [Asker(queue, person) for person in range(4)]
    await settled()
    assert [one.told for one in (first, *others)] == [[None], [], [1], [2]]
    await first.end()
    await settled()
    assert [one.told for one in others] == [[None], [1, 0], [2, 1]]
    others[1].task.cancel()
    await settled()
    assert others[2].told == [2, 1, 0]
    for one in (others[0], others[2]):
        await one.end()
    assert others[2].told == [2, 1, 0, None]
    assert queue.total == 0


async def test_with_places_free_only_ones_own_questions_come_before() -> None:
    queue = FairQueue(at_once=8)
    mine = [Asker(queue, 1) for _ in range(3)]
    other = Asker(queue, 2)
    await settled()
    assert [one.told for one in (*mine, other)] == [[None], [1], [2], [None]]
    for one in (*mine, other):
        await one.end()
    assert [one.told for one in mine] == [[None], [1, 0, None], [2, 1, 0, None]]


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

    async def work(person: int) -> None:
        nonlocal running, most
        async with queue.turn(person) as waiting, queue.place(waiting):
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1

    await asyncio.gather(*(work(person) for person in range(10)))
    assert most == 2
