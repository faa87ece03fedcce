"""Processes that share a database embed different passages of it at the same time."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Barrier

import pytest
from pg8000.native import Connection

from index.protocols import EmbeddingInput, PassageVectors
from index.store.postgres_address import PostgresAddress
from index.sync.time_budget import TimeBudget
from tests.doubles.chroma_server import ChromaServer
from tests.doubles.homes import Home, contents, open_home, put
from tests.doubles.postgres_server import PostgresServer
from tests.index.shared.test_homes_of_one_database import ROOT, opened_home

UNTIL_READ = TimeBudget(embedding=0.0)


@pytest.fixture
def two_homes(
    tmp_path: Path, database_url: str, chroma: ChromaServer
) -> Iterator[tuple[Home, Home]]:
    """Two homes on one database, whose passages await their vectors."""
    for number in range(30):
        text = "\n\n".join(f"Version {number}.{part} of many red foxes." for part in range(60))
        put(tmp_path / "docs" / f"{number}.txt", text)
    with ExitStack() as opened:
        names = ("one", "other")
        one, other = (
            opened.enter_context(opened_home(tmp_path, name, database_url, chroma.url))
            for name in names
        )
        one.synchroniser.sync_folder("documents", one.documents, budget=UNTIL_READ)
        yield one, other


def number_of(home: Home) -> int:
    return home.catalog.builds()[0].number


def test_what_one_has_claimed_is_not_lent_to_another(two_homes: tuple[Home, Home]) -> None:
    one, other = (home.catalog for home in two_homes)
    build, count = number_of(two_homes[0]), one.stats().passages
    with one.claims(seconds=1) as ones, other.claims(seconds=1) as others:
        with ones.some(build, 7) as first, others.some(build, count) as second:
            assert len(first) == 7
            assert second
            assert set(first).isdisjoint(second)
        with others.some(build, 7) as again:
            assert again == first  # which were given back


def test_what_one_claimed_that_fell_silent_is_lent_to_another(
    two_homes: tuple[Home, Home], postgres_server: PostgresServer
) -> None:
    one, other = (home.catalog for home in two_homes)
    build = number_of(two_homes[0])
    with one.claims(seconds=1) as ones, ones.some(build, 7) as first:
        one.rows("UPDATE work.workers SET until = clock_timestamp()")
        with other.claims(seconds=1) as others, others.some(build, 7) as second:
            assert second == first


def test_fewer_and_fewer_are_claimed_while_others_embed_too(
    two_homes: tuple[Home, Home], database_url: str
) -> None:
    home, build = two_homes[0], number_of(two_homes[0])
    count = home.catalog.stats().passages
    address = PostgresAddress.of(database_url)
    other = Connection(
        address.user, address.host, address.database, address.port, address.password,
        ssl_context=False, application_name="quoth 1@elsewhere",
    )  # fmt: skip
    with closing(other), home.catalog.claims(seconds=1) as claims:
        for _ in range(10):
            claims.embedded(1, was_all=True)  # as quick as can be
        with claims.some(build, count) as alone:
            assert len(alone) == count
        other.run(
            "INSERT INTO work.workers (worker, process, until, stamp) "
            "VALUES (1, 'quoth 1@elsewhere', now() + interval '1 hour', '')"
        )
        with claims.some(build, count) as first, claims.some(build, count) as second:
            assert (len(first), len(second)) == (count // 4, (count - count // 4) // 4)
        with claims.some(build, count, refused=5) as more:
            assert len(more) == count // 4 + 5
        home.catalog.connection().execute(
            "DELETE FROM awaited_vectors WHERE key NOT IN "
            "(SELECT key FROM awaited_vectors ORDER BY key LIMIT 40)"
        )
        with claims.some(build, count) as last:
            assert len(last) == 16


CLAIMING = """
import sys
from pathlib import Path
from index.store.catalog import Catalog
from index.store.postgres_address import PostgresAddress
catalog = Catalog(Path(sys.argv[1]), address=PostgresAddress.of(sys.argv[2]))
with catalog.claims(seconds=1) as claims, claims.some(int(sys.argv[3]), 7) as ids:
    print(*ids, flush=True)
    sys.stdin.readline()
"""


def test_what_one_claimed_that_was_killed_is_lent_to_another_at_once(
    tmp_path: Path, two_homes: tuple[Home, Home], database_url: str
) -> None:
    home, build = two_homes[0], number_of(two_homes[0])
    arguments = [str(tmp_path / "killed"), database_url, str(build)]
    process = subprocess.Popen(
        [sys.executable, "-c", CLAIMING, *arguments],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    claimed = process.stdout.readline().split()
    assert len(claimed) == 7
    with home.catalog.claims(seconds=1) as claims:
        with claims.some(build, 7) as others:
            assert set(others).isdisjoint(claimed)
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        freed: list[str] = []
        while freed != claimed:  # once the server has seen that it is gone: long before its lease
            with claims.some(build, 7) as freed:
                time.sleep(0.02)


def test_two_that_embed_at_once_make_each_vector_once_and_the_index_of_one(
    tmp_path: Path, two_homes: tuple[Home, Home]
) -> None:
    homes, meet = two_homes, Barrier(2, timeout=60)
    for home in homes:
        wait_for_each_other(home, meet)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda home: home.synchroniser.embed_some(60.0), homes))
    assert done == [True, True]
    made = [text.text for home in homes for text in home.embedder.passages]
    assert len(made) == homes[0].catalog.stats().passages
    assert all(home.embedder.passages for home in homes)
    assert homes[0].catalog.rows("SELECT * FROM work.claimed_passages") == []
    assert homes[0].catalog.rows("SELECT * FROM work.workers") == []
    with open_home(tmp_path / "alone", tmp_path / "docs") as alone:
        alone.sync()
        assert contents(homes[1]) == contents(alone)


def wait_for_each_other(home: Home, meet: Barrier) -> None:
    """Have the first batch of a home embedded while the other has one, too."""
    embed = home.embedder.embed_passages

    def embed_together(passages: Sequence[EmbeddingInput]) -> list[PassageVectors]:
        if not home.embedder.passages:
            meet.wait()
        return embed(passages)

    home.embedder.embed_passages = embed_together  # type: ignore[method-assign]
