"""What of a channel is to be read next, as the records know it."""

from __future__ import annotations

import pytest

from bot.community.store.channel_records import ChannelRecords, Unit
from tests.community.conftest import OpenAgain

CHANNEL, GUILD = "guild-100-channel-10", 100
DAY = Unit(collection=CHANNEL, guild=GUILD, unit="day-2026-03-03.md")
THREAD = Unit(collection=CHANNEL, guild=GUILD, unit="thread-7.md")


@pytest.fixture
async def records(open_again: OpenAgain) -> ChannelRecords:
    file = open_again()
    return await file.run(ChannelRecords, file)


async def mark(records: ChannelRecords, unit: Unit, due: float, *, at: float) -> None:
    await records.mark(unit.guild, unit.collection, [unit.unit], due, at=at)


async def test_what_changes_while_it_is_read_is_read_again(records: ChannelRecords) -> None:
    await mark(records, DAY, 5, at=4)
    await mark(records, DAY, 9, at=7)  # while it is read, from 6 on
    await records.saw(DAY, 6, {1})
    assert await records.due(10) == [DAY]
    await records.drop(DAY, 6)
    assert await records.due(10) == [DAY]
    await records.saw(DAY, 8, {1})
    assert await records.due(100) == []
    assert await records.next_due() is None
    await records.drop(DAY, 8)
    assert await records.holders(DAY.unit) == []


async def test_what_waits_longest_is_read_first_and_what_fails_later(
    records: ChannelRecords,
) -> None:
    await mark(records, DAY, 5, at=4)
    await mark(records, THREAD, 3, at=4)
    assert await records.due(4) == [THREAD]
    assert await records.due(5) == [THREAD, DAY]
    await records.postpone(THREAD, 60)
    assert await records.due(5) == [DAY]
    assert await records.next_due() == 5


async def test_a_comparison_goes_on_where_it_was_and_finds_what_is_gone(
    records: ChannelRecords,
) -> None:
    await records.want(GUILD, [CHANNEL], 5)
    (one,) = await records.comparisons()
    assert one.is_owed
    await records.saw(DAY, 2, {1})
    await records.saw(THREAD, 2, {1})
    await records.begin(CHANNEL, 6)
    await records.go_on(CHANNEL, 1234)
    (one,) = await records.comparisons()
    assert (one.is_running, one.is_owed, one.before) == (True, False, 1234)
    await records.want(GUILD, [CHANNEL], 7)  # something else is missed meanwhile
    await records.saw(DAY, 8, {1})
    assert await records.unseen(CHANNEL, 6) == [THREAD]
    await mark(records, THREAD, 9, at=9)
    assert await records.unseen(CHANNEL, 6) == [], "it is read by itself"
    await records.go_on(CHANNEL, None)
    (one,) = await records.comparisons()
    assert one.is_owed


async def test_who_is_forgotten_is_left_out_of_all_they_wrote_in(open_again: OpenAgain) -> None:
    file = open_again()
    records = await file.run(ChannelRecords, file)
    await records.leave_out(1, 5)
    assert not records.is_unquoted(1), "nothing is a source yet"
    await records.want(GUILD, [CHANNEL], 5)
    await records.saw(DAY, 6, {1, 2})
    await records.saw(THREAD, 6, {2})
    await records.leave_out(1, 7)
    assert await records.due(7) == [DAY]
    again = await file.run(ChannelRecords, file)
    assert again.is_unquoted(1)
    assert not again.is_unquoted(2)
