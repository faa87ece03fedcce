from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index.errors import IndexLocked
from index.store.catalog import Catalog
from index.store.catalog_writes import move_generation
from index.store.database_lock import DatabaseLocks, LostLock
from index.store.postgres_address import PostgresAddress
from index.store.write_lock import FOLDER_LOCK_FILE, LOCK_FILE

ROOT = Path(__file__).parents[3]
SHORT = 0.4
"""Seconds of a lease that a test can wait for."""


@pytest.fixture
def locks(database_url: str) -> Iterator[DatabaseLocks]:
    with closing(DatabaseLocks(PostgresAddress.of(database_url))) as made:
        yield made


def test_only_one_holds_a_lock_and_whoever_waits_is_told_for_whom(
    locks: DatabaseLocks, database_url: str
) -> None:
    told: list[str] = []
    with closing(DatabaseLocks(PostgresAddress.of(database_url))) as others:
        with locks.hold(LOCK_FILE, seconds=0):
            assert others.is_held(LOCK_FILE)
            assert not others.is_held(FOLDER_LOCK_FILE)
            with others.hold(FOLDER_LOCK_FILE, seconds=0):
                pass
            with (
                pytest.raises(IndexLocked, match=r"is being written by process \d+ on"),
                others.hold(LOCK_FILE, seconds=1.2, waiting=told.append),
            ):
                pass
        assert len(told) == 1
        assert told[0].startswith("process ")
        with others.hold(LOCK_FILE, seconds=0):
            assert locks.is_held(LOCK_FILE)
    assert not locks.is_held(LOCK_FILE)


def test_whoever_waits_gets_it_when_it_is_free(locks: DatabaseLocks) -> None:
    order: list[str] = []

    def second() -> None:
        with locks.hold(LOCK_FILE, seconds=20):
            order.append("second")

    with locks.hold(LOCK_FILE, seconds=0):
        waits = threading.Thread(target=second)
        waits.start()
        time.sleep(0.2)
        order.append("first")
    waits.join()
    assert order == ["first", "second"]


def test_a_holder_that_goes_on_keeps_the_lock_beyond_its_lease(database_url: str) -> None:
    address = PostgresAddress.of(database_url)
    with (
        closing(DatabaseLocks(address, lease=SHORT)) as one,
        closing(DatabaseLocks(address, lease=SHORT)) as other,
        one.hold(LOCK_FILE, seconds=0),
        pytest.raises(IndexLocked),
        other.hold(LOCK_FILE, seconds=3 * SHORT),
    ):
        pass


def test_a_lock_is_free_at_once_when_its_holder_is_killed(
    locks: DatabaseLocks, database_url: str
) -> None:
    code = (
        "import sys\n"
        "from index.store.database_lock import DatabaseLocks\n"
        "from index.store.postgres_address import PostgresAddress\n"
        "with DatabaseLocks(PostgresAddress.of(sys.argv[1])).hold('write.lock', seconds=0):\n"
        "    print('holding', flush=True)\n"
        "    sys.stdin.readline()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, database_url],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == "holding\n"
        assert locks.is_held(LOCK_FILE)
        holder.kill()
        holder.wait()
        with locks.hold(LOCK_FILE, seconds=5):  # a lease is longer
            pass


def test_what_a_holder_writes_is_refused_once_another_has_taken_over(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The holder says nothing for longer than its lease, as one whose machine hangs."""
    monkeypatch.setattr("index.store.database_lock.LEASE", SHORT)
    monkeypatch.setattr("index.store.database_lock._SAYS_SO", 3600.0)
    monkeypatch.setattr(DatabaseLocks, "_go_on", lambda *_: None)
    address = PostgresAddress.of(database_url)
    with (
        closing(Catalog(tmp_path / "hangs", address=address)) as hangs,
        closing(Catalog(tmp_path / "other", address=address)) as other,
    ):
        with hangs.lock(seconds=0):
            with hangs.transaction() as write:
                move_generation(write)
            with other.lock(seconds=20):
                with (
                    pytest.raises(LostLock, match="taken over by another process"),
                    hangs.transaction() as write,
                ):
                    move_generation(write)
                with other.transaction() as write:
                    assert move_generation(write) == 2
            assert hangs.generation() == 2
        with other.lock(seconds=0):  # and what the first lets go of is not the other's
            assert hangs.is_locked()
