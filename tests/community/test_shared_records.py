"""What several bots on one database tell each other by it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from bot.community.changes_elsewhere import ChangesElsewhere, Read
from bot.community.rights import GuildRules
from bot.community.store import live_processes
from bot.community.store.asked_records import AskedRecords
from bot.community.store.change_marks import ChangeMarks, Kind
from bot.community.store.feedback import Feedback
from bot.community.store.followed_records import Followed, FollowedRecords
from bot.community.store.live_processes import LiveProcesses
from bot.community.store.memory import Memory
from bot.community.store.open_answers import OpenAnswer, OpenAnswers
from bot.community.store.records import TeamAnswer
from bot.community.store.records_file import Records, open_records
from bot.community.store.records_move import take_in_records
from bot.community.store.team_answer_records import TeamAnswerRecords
from index.errors import StoreError
from index.store.postgres_address import PostgresAddress
from tests.doubles.discord.fixtures import kept


@pytest.fixture
def both(tmp_path: Path, database_url: str) -> Iterator[tuple[Records, Records]]:
    """The records as two processes have them open."""
    address = PostgresAddress.of(database_url)
    with (
        closing(open_records(tmp_path, address)) as one,
        closing(open_records(tmp_path, address)) as other,
    ):
        yield one, other


def asked_by(person: int, id: int) -> OpenAnswer:
    return OpenAnswer(id=id, at=1.0, person=person, guild=100, channel=10, private=False)


async def test_one_is_the_first_until_it_ends_and_what_it_began_is_taken_over_once(
    both: tuple[Records, Records],
) -> None:
    one, other = (LiveProcesses(records) for records in both)
    for process in (one, other):
        await process.beat()
    assert (one.is_first, other.is_first) == (True, False)
    assert await OpenAnswers(both[0], one.id).begin(asked_by(7, 1))
    waiting = OpenAnswers(both[1], other.id)
    assert not await waiting.begin(asked_by(7, 1))
    assert not await waiting.is_ours(asked_by(7, 1))
    assert await waiting.take_over(await other.alive()) == ()
    await one.leave()
    assert not one.is_first
    (taken,) = await waiting.take_over(await other.alive())
    assert (taken.id, taken.holder) == (1, other.id)
    assert await waiting.take_over(await other.alive()) == ()
    await other.beat()
    assert other.is_first


async def test_who_gives_no_sign_of_life_counts_as_ended_and_knows_it(
    both: tuple[Records, Records], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_processes, "LEASE", 0.3)
    one, other = (LiveProcesses(records) for records in both)
    await one.beat()
    await OpenAnswers(both[0], one.id).begin(asked_by(7, 1))
    await asyncio.sleep(0.4)
    assert not one.is_first
    monkeypatch.setattr(live_processes, "LEASE", 20.0)  # what follows may take a moment
    await other.beat()
    assert other.is_first
    assert one.id not in await other.alive()
    assert await OpenAnswers(both[1], other.id).take_over(await other.alive())
    await one.beat()
    assert not one.is_first


def test_a_bot_that_is_alone_is_the_first_and_writes_nothing(tmp_path: Path) -> None:
    async def lives() -> None:
        process = LiveProcesses(records)
        await process.beat()
        assert process.is_first
        assert await process.alive() == frozenset()
        await Memory(records).drop_rules(100)
        assert await ChangeMarks(records).read() == {}

    with closing(open_records(tmp_path)) as records:
        asyncio.run(lives())
        assert records.rows("SELECT id FROM bot_processes") == []


async def test_questions_of_a_person_and_of_a_server_are_counted_together(
    both: tuple[Records, Records],
) -> None:
    one, other = (AskedRecords(records, person_seconds=60, server_per_minute=3) for records in both)
    assert (await one.take(1, 100)).seconds == 0
    waits = await other.take(1, 200)
    assert 50 < waits.seconds <= 60
    assert waits.is_persons
    for person, count in ((2, one), (3, other)):
        assert (await count.take(person, 100)).seconds == 0
    full = await one.take(4, 100)
    assert 50 < full.seconds <= 60
    assert not full.is_persons
    assert (await one.take(4, None)).seconds == 0
    await Memory(both[0]).forget(1)
    assert (await other.take(1, 200)).seconds == 0
    waits_of_many = await asyncio.gather(*(count.take(5, None) for count in (one, other) * 5))
    assert sum(wait.seconds == 0 for wait in waits_of_many) == 1


async def test_what_one_changes_the_other_reads_anew_and_nothing_else(
    both: tuple[Records, Records],
) -> None:
    read: list[str] = []

    async def rules() -> None:
        read.append("rules")

    async def followed() -> None:
        read.append("followed")

    readers: dict[Kind, list[Read]] = {"rules": [rules], "followed messages": [followed]}
    elsewhere = ChangesElsewhere(ChangeMarks(both[1]), readers, {}, is_shared=True)
    await elsewhere.catch_up()
    assert read == []
    await Memory(both[0]).change_rules(100, lambda held: held)
    row = Followed(message=1, source="s", guild=100, channel=10, collection="guild-100")
    await FollowedRecords(both[0]).put([row])
    await elsewhere.catch_up()
    await elsewhere.catch_up()
    assert sorted(read) == ["followed", "rules"]
    await Memory(both[0]).drop_rules(100)
    await elsewhere.catch_up()
    assert read[2:] == ["rules"]


async def test_changes_of_one_server_by_two_bots_at_once_are_both_kept(
    both: tuple[Records, Records],
) -> None:
    def with_thread(channel: int, held: GuildRules) -> GuildRules:
        return held.model_copy(update={"threads": held.threads | {channel}})

    changes = [
        Memory(both[number % 2]).change_rules(100, partial(with_thread, number))
        for number in range(10)
    ]
    await asyncio.gather(*changes)
    (rules,) = await Memory(both[0]).all_rules()
    assert rules.threads == frozenset(range(10))


async def test_what_the_tables_take_is_asked_of_the_server(
    both: tuple[Records, Records], tmp_path: Path
) -> None:
    before = both[0].size() or 0
    await FollowedRecords(both[0]).put(
        Followed(message=number, source="s", guild=100, channel=10, collection="c" * 100)
        for number in range(200)
    )
    assert before < (both[1].size() or 0) < 10_000_000
    with closing(open_records(tmp_path)) as in_file:
        assert in_file.size() is None


async def test_what_a_home_remembers_is_taken_into_a_database_and_goes_on_there(
    tmp_path: Path, database_url: str
) -> None:
    given = kept("key", question="Which ceasefire conditions are there?", asker=7)
    with closing(open_records(tmp_path)) as file:
        await Memory(file).keep(given)
        await Memory(file).add_turns(given)
        await Feedback(file).rate(given, 8, liked=False, reason="no", at=2.0)
        await Memory(file).change_rules(100, lambda held: held)
        assert await Memory(file).first_time(1 << 60, 1.0)
        for source in ("one", "two"):
            held = await TeamAnswerRecords(file).put(team_answer(source))
        await TeamAnswerRecords(file).drop(held.id)
    with closing(open_records(tmp_path, PostgresAddress.of(database_url))) as shared:
        assert take_in_records(tmp_path, shared) > 6
        assert await Memory(shared).answer("key") == given
        assert len(await Memory(shared).turns("c1", since=0, collections=given.collections)) == 2
        assert not await Memory(shared).first_time(1 << 60, 2.0)
        assert (await TeamAnswerRecords(shared).put(team_answer("three"))).id == held.id + 1
        await Memory(shared).keep(kept("another"))
        await Feedback(shared).rate(given, 8, liked=True, reason=None, at=3.0)
        assert await Feedback(shared).ratings("key") == (1, 0), "the same person, by the same key"
        with pytest.raises(StoreError, match="already"):
            take_in_records(tmp_path, shared)


def team_answer(source: str) -> TeamAnswer:
    return TeamAnswer(
        guild=100, collection="guild-100", name="n.txt", source=source, question="?", text="T.",
        author="Ada", at=1.0,
    )  # fmt: skip
