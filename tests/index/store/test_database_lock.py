from __future__ import annotations

import signal
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
from index.store.database_lock import DatabaseLocks
from index.store.postgres_address import PostgresAddress
from index.store.write_lock import FOLDER_LOCK_FILE, LOCK_FILE

ROOT = Path(__file__).parents[3]
SHORT = 0.4
"""Seconds of a lease that a test can wait for."""
LIVELY = 1.2
"""Seconds of a lease that somebody lives up to, on a busy machine too."""


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
        closing(DatabaseLocks(address, lease=LIVELY)) as one,
        closing(DatabaseLocks(address, lease=LIVELY)) as other,
        one.hold(LOCK_FILE, seconds=0),
        pytest.raises(IndexLocked),
        other.hold(LOCK_FILE, seconds=2 * LIVELY),
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


HANGS = f"""
import sys
from pathlib import Path
from index.errors import StoreError
from index.store import database_lock
from index.store.catalog import Catalog
from index.store.catalog_writes import move_generation
from index.store.postgres_address import PostgresAddress
def hang():
    print("hangs", flush=True)
    sys.stdin.readline()
folder, url, where = sys.argv[1:]
database_lock.LEASE = {SHORT}
catalog = Catalog(Path(folder), address=PostgresAddress.of(url))
with catalog.lock(seconds=0):
    try:
        with catalog.transaction() as write:
            move_generation(write)
            where == "within" and hang()
        hang()
        with catalog.transaction() as write:
            move_generation(write)
    except StoreError as error:
        print(error, flush=True)
"""


@pytest.mark.parametrize(
    ("where", "written", "said"),
    [
        pytest.param("within", 0, "cannot be reached", id="within a change"),
        pytest.param("between", 1, "was taken over by another process", id="between two changes"),
    ],
)
def test_what_a_holder_writes_is_refused_once_another_has_taken_over(
    where: str, written: int, said: str, tmp_path: Path, database_url: str
) -> None:
    """The holder is stopped for longer than its lease, as one whose machine hangs."""
    address = PostgresAddress.of(database_url)
    with (
        closing(Catalog(tmp_path / "other", address=address)) as other,
        subprocess.Popen(
            [sys.executable, "-c", HANGS, str(tmp_path / "hangs"), database_url, where],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as hangs,
    ):  # fmt: skip
        try:
            assert hangs.stdout is not None
            assert hangs.stdout.readline() == "hangs\n"
            hangs.send_signal(signal.SIGSTOP)
            with other.lock(seconds=8):
                with other.transaction() as write:
                    assert move_generation(write) == written + 1
                hangs.send_signal(signal.SIGCONT)
                told, _ = hangs.communicate("go on\n")
                assert said in told
                assert "brot" not in told
                assert other.generation() == written + 1
                assert other.is_locked()  # what the first let go of is not the other's
            assert not other.is_locked()
        finally:
            hangs.kill()
