"""Whoever helps an indexer may be stopped: it says so, and leaves all that it was at to others."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import load_settings
from index.library import Library, open_library
from index.store.postgres_address import PostgresAddress
from index.store.postgres_connection import PostgresConnection
from index.store.postgres_driver import connect
from index.store.write_lock import FOLDER_LOCK_FILE
from index.sync.time_budget import TimeBudget
from tests.cli.test_process import COMMAND, environ
from tests.doubles.chroma_server import ChromaServer


@pytest.fixture
def led(
    own_folder: Path, database_url: str, chroma: ChromaServer
) -> Iterator[tuple[Library, dict[str, str]]]:
    """An index with many passages without vectors, whose folder this process follows."""
    shared = {"QUOTH_DATABASE_URL": database_url, "QUOTH_CHROMA_URL": chroma.url}
    text = "\n\n".join(f"# Part {n}\n\nThe river {n} has a bend." for n in range(2000))
    (own_folder / "documents" / "river.md").write_text(text)
    with open_library(load_settings(shared, own_folder).index) as library:
        library.bring_in_step(budget=TimeBudget(embedding=0.0))
        with library.catalog.lock(seconds=1, file=FOLDER_LOCK_FILE):
            yield library, shared


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_helper_that_is_stopped_frees_what_it_claimed_and_says_who_goes_on(
    own_folder: Path, led: tuple[Library, dict[str, str]], how: signal.Signals, code: int
) -> None:
    library, shared = led
    work = library.catalog.work()
    assert work is not None
    home = str(own_folder / "helper")
    process = subprocess.Popen(
        [*COMMAND, "sync"], cwd=own_folder, env=environ(**shared, QUOTH_HOME=home),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not work.claimed_passages():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(how)
    out, said = process.communicate(timeout=60)
    assert work.rows("SELECT * FROM work.claimed_passages") == []
    assert work.workers() == []
    assert (process.returncode, out) == (code, ""), said
    assert "Traceback" not in said
    last = said.strip().splitlines()[-1]
    assert last.startswith("Stopped: what was read and embedded is kept, and process ")
    assert last.endswith("goes on with the rest; the same command helps it again.")
    assert library.catalog.awaits_vectors()


def test_a_statement_that_is_interrupted_leaves_no_answer_for_the_next(database_url: str) -> None:
    address = PostgresAddress.of(database_url)
    connection = PostgresConnection(lambda: connect(address, "public"), address)
    connection.execute("SELECT 1")
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            connection.execute("SELECT pg_sleep(1), ?", (1,))
    finally:
        signal.signal(signal.SIGALRM, before)
    assert connection.execute("SELECT 'next', ?", (2,)).fetchall() == [("next", "2")]
    connection.close()
