"""Whoever runs Quoth is told what waits for indexers, and which of them are at it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.cli.work_check import work_told
from bot.operation.figures import Figures, Moment
from bot.operation.home_size import HomeSize
from index.store.document_queue import HelpedQueue, QueuedDocument
from index.store.work_state import WorkState, work_state
from index.store.write_lock import FOLDER_LOCK_FILE
from index.sync.time_budget import TimeBudget
from tests.doubles.chroma_server import ChromaServer
from tests.doubles.homes import Home, open_home, put
from tests.index.shared.test_homes_of_one_database import opened_home

UNTIL_READ = TimeBudget(embedding=0.0)
ME = f"process {os.getpid()} on {socket.gethostname()}"


@pytest.fixture(params=["files", "database"])
def home(
    request: pytest.FixtureRequest, tmp_path: Path, database_url: str, chroma: ChromaServer
) -> Iterator[Home]:
    """A home whose passages await vectors, in files or in a database."""
    text = "\n\n".join(f"Version {part} of many red foxes." for part in range(40))
    put(tmp_path / "docs" / "fox.txt", text)
    with ExitStack() as opened:
        if request.param == "files":
            made = opened.enter_context(open_home(tmp_path / "one", tmp_path / "docs"))
        else:
            made = opened.enter_context(opened_home(tmp_path, "one", database_url, chroma.url))
        made.synchroniser.sync_folder("documents", made.documents, budget=UNTIL_READ)
        yield made


def figures_of(work: WorkState) -> set[str]:
    """Return the lines that a scrape has of the work."""
    home = HomeSize(sources=0, passages=0, failed=0, parts={}, free=0, owed=0, work=work)
    text, _ = Figures().exposed(Moment(connected=True, home=home))
    return {line for line in text.decode().splitlines() if line.startswith("quoth_work")}


def test_what_waits_and_for_how_long_is_told_until_it_is_embedded(home: Home) -> None:
    count = home.catalog.stats().passages
    waiting = work_state(home.catalog)
    assert (waiting.passages, waiting.documents, waiting.workers) == (count, 0, ())
    assert 0 <= waiting.idle <= waiting.waited < 60
    set_back(home, "awaited_since", days=1)
    stalled = work_state(home.catalog)
    assert stalled.waited > 86_000
    assert stalled.idle == stalled.waited
    told = work_told(stalled)
    assert (told.state, told.advice is None) == ("problem", False)
    assert f"{count:,} passages wait for vectors, the oldest for 1 day, 0:00:" in told.detail
    assert told.detail.endswith("nobody works on it now")
    assert f'quoth_work_waiting{{what="passages"}} {count:.1f}' in figures_of(stalled)

    put(home.documents / "owl.txt", "An owl sleeps.")
    home.synchroniser.sync_folder("documents", home.documents, budget=UNTIL_READ)
    assert work_state(home.catalog).waited > 86_000  # one more does not begin anew
    assert home.synchroniser.embed_some(60.0)
    done = work_state(home.catalog)
    assert done == WorkState()
    assert work_told(done) == ("ok", "nothing waits", None)
    put(home.documents / "owl.txt", "An owl flies.")
    home.synchroniser.sync_folder("documents", home.documents, budget=UNTIL_READ)
    assert work_state(home.catalog).waited < 60  # which began anew


def test_whoever_embeds_makes_it_no_problem_however_long_others_wait(home: Home) -> None:
    set_back(home, "awaited_since", days=1)
    connection = home.catalog.connection()
    connection.execute("INSERT INTO meta VALUES ('embedded_at', CAST(CURRENT_TIMESTAMP AS TEXT))")
    state = work_state(home.catalog)
    assert state.waited > 86_000
    assert state.idle < 60
    assert work_told(state).state == "ok"
    assert "the last got its vector 0:00:0" in work_told(state).detail


def set_back(home: Home, key: str, *, days: int) -> None:
    """Have something begun days before."""
    connection = home.catalog.connection()
    (text,) = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    then = datetime.fromisoformat(text) - timedelta(days=days)
    connection.execute("UPDATE meta SET value = ? WHERE key = ?", (str(then), key))


def test_who_follows_the_folder_and_who_embeds_is_told_by_process_and_machine(home: Home) -> None:
    build = home.catalog.builds()[0].number
    with (
        home.catalog.lock(seconds=1, file=FOLDER_LOCK_FILE),
        home.catalog.claims(seconds=1) as claims,
        claims.some(build, 7),
    ):
        state = work_state(home.catalog)
        assert state.leader is not None
        assert state.leader.startswith(ME)
        (worker,) = state.workers
        assert worker.process.startswith(ME)
        assert (worker.reads, worker.embeds) == (False, True)
        assert state.embedding == (7 if home.catalog.is_shared else 0)
        assert 'quoth_workers{does="embed"} 1.0' in figures_of(state)
        said = work_told(state).detail
        assert " follows the folder; process " in said
        assert " embeds" in said
    after = work_state(home.catalog)
    assert (after.leader, after.workers, after.embedding) == (None, (), 0)


def test_documents_in_the_queue_are_counted_by_what_became_of_them(
    tmp_path: Path, database_url: str, chroma: ChromaServer
) -> None:
    with opened_home(tmp_path, "one", database_url, chroma.url) as home:
        work = home.catalog.work()
        assert work is not None
        with home.catalog.lock(seconds=1, file=FOLDER_LOCK_FILE), work.worker("s") as helper:
            led = home.catalog.led_queue("s")
            assert led is not None
            led.put(QueuedDocument(number, f"{number}.md", f"{number}") for number in range(5))
            helped = HelpedQueue(work, helper, "s")
            claimed = [helped.claim(but=()) for _ in range(3)]
            assert claimed[0] is not None
            assert claimed[1] is not None
            helped.refuse(claimed[0])
            helped.hand_in(claimed[1], b"read")
            state = work_state(home.catalog)
            assert state.queue[:3] == (5, 1, 1)
            assert 0 <= state.oldest < 60
            (worker,) = state.workers
            assert (worker.process, worker.reads, worker.embeds) == (ME, True, False)
            assert "5 in the queue for helpers, 1 being read, 1 that a helper could not read" in (
                work_told(state).detail
            )
            assert "quoth_work_refused 1.0" in figures_of(state)
            work.rows("UPDATE work.workers SET until = clock_timestamp()")  # it hangs
            silent = work_state(home.catalog)
            assert (silent.queue.reading, silent.workers) == (0, ())
            led.clear()
        assert work_state(home.catalog) == WorkState()
