"""A database with passages in it that has the tables of an older Quoth is upgraded as it stands."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pg8000.native import Connection

from index.store.catalog import Catalog
from index.store.postgres_address import PostgresAddress
from tests.doubles.chroma_server import ChromaServer
from tests.doubles.homes import Home, contents, put
from tests.doubles.postgres_server import PostgresServer
from tests.index.shared.test_homes_of_one_database import ROOT, files_with, opened_home
from tests.index.store.test_chroma_server import find

OLDER = """
ALTER TABLE catalog.passages ADD COLUMN text TEXT;
UPDATE catalog.passages p SET text = 'stored twice: ' || substr(
    s.text, CAST(p.start + 1 AS INTEGER), CAST(p."end" - p.start AS INTEGER)
) FROM catalog.sources s WHERE s.id = p.source;
ALTER TABLE catalog.passages ALTER COLUMN text SET NOT NULL;
ALTER TABLE catalog.passages ALTER COLUMN text SET STATISTICS 0;
ALTER TABLE catalog.passages DROP COLUMN byte_start, DROP COLUMN byte_end;
DELETE FROM catalog.meta WHERE key IN ('chroma_texts', 'awaited_since', 'embedded_at');
UPDATE catalog.meta SET value = '0' WHERE key = 'purge';
UPDATE catalog.format SET number = 1;
DROP SCHEMA work CASCADE;
CHECKPOINT
"""
"""What the catalog was when each passage had a text of its own and was not measured in bytes, and
indexers shared no work."""

OPENING = """
import sys
from pathlib import Path
from index.store.catalog import Catalog
from index.store.postgres_address import PostgresAddress
Catalog(Path(sys.argv[1]), address=PostgresAddress.of(sys.argv[2])).close()
"""


@pytest.fixture
def older(tmp_path: Path, database_url: str, chroma: ChromaServer) -> dict[str, object]:
    """Leave a database as an older Quoth did; returns what was found in it before."""
    for number in range(6):
        text = "\n\n".join(f"Version {number}.{part} of many red foxes." for part in range(20))
        put(tmp_path / "docs" / f"{number}.md", f"# Mandate {number}\n\n{text}")
    with opened_home(tmp_path, "before", database_url, chroma.url) as home:
        home.sync()
        found = told(home)
        for statement in OLDER.split(";\n"):
            home.catalog.connection().execute(statement)
    return found


def told(home: Home) -> dict[str, object]:
    """Return what is in an index, and what two questions find in it."""
    hits = [find(home, words).ranked for words in ("foxes version 3.7", "mandate 5")]
    answers = [[(hit.passage.id, hit.passage.text, hit.score) for hit in each] for each in hits]
    return {"contents": contents(home), "answers": answers}


def test_an_older_database_answers_the_same_and_nothing_is_embedded_again(
    tmp_path: Path,
    older: dict[str, object],
    database_url: str,
    chroma: ChromaServer,
    postgres_server: PostgresServer,
) -> None:
    assert files_with(postgres_server, "stored twice")
    kill_in_the_middle(tmp_path, database_url, postgres_server)
    address = PostgresAddress.of(database_url)
    with ThreadPoolExecutor(2) as pool:  # two open it at once
        for opened in pool.map(lambda name: Catalog(tmp_path / name, address=address), "ab"):
            opened.close()
    with opened_home(tmp_path, "after", database_url, chroma.url) as home:
        assert told(home) == older
        assert home.sync()["unchanged"] == 6
        assert home.embedder.passages == []
        assert told(home) == older
    postgres_server.run("CHECKPOINT")
    assert files_with(postgres_server, "stored twice") == []  # which the upgrade owed


def kill_in_the_middle(folder: Path, url: str, server: PostgresServer) -> None:
    """Kill a process whose upgrade has begun, and waits for a reader of the passages."""
    address = PostgresAddress.of(url)
    reader = Connection(
        address.user, address.host, address.database, address.port, address.password
    )
    try:
        reader.run("BEGIN")
        reader.run("SELECT count(*) FROM catalog.passages")
        process = subprocess.Popen(
            [sys.executable, "-c", OPENING, str(folder / "killed"), url], cwd=ROOT
        )
        while not reader.run("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'relation'"):
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert reader.run("SELECT number FROM catalog.format") == [[1]]
    finally:
        reader.close()
