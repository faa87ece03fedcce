"""Homes that share one database and one Chroma server: what one writes, the others find."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TypeAlias

import pytest
from click.testing import Result

from bot.community.store.records_file import open_records
from index.errors import DatabaseAway
from index.store.catalog import Catalog
from index.store.database_lock import LEASE
from index.store.fresh_vectors import FreshVectors
from index.store.postgres_address import PostgresAddress
from tests.doubles.chroma_server import ChromaServer
from tests.doubles.cli_fakes import run
from tests.doubles.fakes import HashingEmbedder
from tests.doubles.homes import Home, contents, put, synchroniser
from tests.doubles.postgres_server import PostgresServer
from tests.index.store.test_chroma_server import find

ROOT = Path(__file__).parents[3]

Open: TypeAlias = Callable[[str], AbstractContextManager[Home]]


@contextmanager
def opened_home(folder: Path, name: str, url: str, chroma_url: str) -> Iterator[Home]:
    """Open a home of its own on the database, which follows the one folder of documents."""
    catalog = Catalog(folder / name, address=PostgresAddress.of(url))
    vectors = FreshVectors(catalog, folder / name, url=chroma_url, rest=0.0)
    embedder = HashingEmbedder()
    try:
        writer = synchroniser(catalog, vectors, embedder)
        yield Home(folder / name, folder / "docs", catalog, vectors, embedder, writer)
    finally:
        vectors.close()
        catalog.close()


@pytest.fixture
def open_one(tmp_path: Path, database_url: str, chroma: ChromaServer) -> Open:
    put(tmp_path / "docs" / "owl.md", "# Owl\n\nAn owl sleeps by day.")
    put(tmp_path / "docs" / "river.md", "# River\n\nThe river has a bend.")
    return lambda name: opened_home(tmp_path, name, database_url, chroma.url)


def test_a_reader_in_another_home_finds_what_is_new_and_not_what_is_gone(open_one: Open) -> None:
    with open_one("writer") as writer, open_one("reader") as reader:
        assert writer.sync() == {"added": 2, "passages": 2}
        assert find(reader, "owl").ranked[0].source.uri == "owl.md"
        put(writer.documents / "owl.md", "# Heron\n\nA heron stands in the water.")
        (writer.documents / "river.md").unlink()
        writer.sync(forget="all")
        found = find(reader, "heron water")
        assert [hit.source.uri for hit in found.ranked] == ["owl.md"]
        assert "heron" in found.ranked[0].passage.text
        assert not found.words_only
        assert reader.catalog.generation() == writer.catalog.generation()


def test_what_was_added_in_one_home_is_removed_in_another(open_one: Open) -> None:
    with open_one("one") as one, open_one("other") as other:
        one.sync()
        one.add("fox.txt", to="board", of="The red fox.")
        assert other.catalog.collections() == {"board", "documents"}
        other.synchroniser.remove("board", "fox.txt")
        assert [entry.uri for entry in one.catalog.sources("board")] == []
        assert one.added_versions() == {}


def test_a_removed_text_is_in_no_file_of_the_database(
    open_one: Open, postgres_server: PostgresServer
) -> None:
    secret = "xylophonist"
    with open_one("one") as one:
        put(one.documents / "secret.md", f"# Plan\n\nThe {secret} meets at noon.")
        one.sync()
        postgres_server.run("CHECKPOINT")
        assert files_with(postgres_server, secret)
        (one.documents / "secret.md").unlink()
        one.sync(forget="all")
        postgres_server.run("CHECKPOINT")
        assert files_with(postgres_server, secret) == []


def files_with(server: PostgresServer, word: str) -> list[str]:
    """Return the files of tables that hold a word; the server's log of changes is not ours."""
    base = server.folder / "data" / "base"
    return [str(path) for path in base.rglob("*") if path.is_file() and has(path, word)]


def has(path: Path, word: str) -> bool:
    try:
        return word.encode() in path.read_bytes()
    except FileNotFoundError:  # a table that was just written anew
        return False


INDEXER = """
import os, signal, sys
from pathlib import Path
from tests.index.shared.test_homes_of_one_database import opened_home
from index.store.added_documents import AddedDocuments
from index.store.chroma_vectors import ChromaVectors
folder, name, url, chroma, how = sys.argv[1:]
with opened_home(Path(folder), name, url, chroma) as home:
    if how == "killed":
        def die(*_, **__):
            print("holding", flush=True)
            sys.stdin.readline()
            os.kill(os.getpid(), signal.SIGKILL)
        ChromaVectors.upsert = die
    home.sync()
"""


def indexer(folder: Path, name: str, url: str, chroma: str, how: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", INDEXER, str(folder), name, url, chroma, how],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_two_indexers_at_once_leave_one_index(
    tmp_path: Path, open_one: Open, database_url: str, chroma: ChromaServer
) -> None:
    for number in range(12):
        put(tmp_path / "docs" / f"{number}.txt", f"Number {number} of many foxes by the river.")
    running = [
        indexer(tmp_path, name, database_url, chroma.url, "whole") for name in ("one", "two")
    ]
    for process in running:
        process.communicate()
    assert [process.returncode for process in running] == [0, 0]
    with open_one("third") as home:
        assert home.sync() == {"unchanged": 14, "passages": 14}
        assert home.vectors.ids("documents") == home.catalog.embedded_ids("documents")
        assert len(contents(home)) >= 1


def test_what_an_indexer_left_that_was_killed_with_the_lock_is_finished_by_another(
    tmp_path: Path, open_one: Open, database_url: str, chroma: ChromaServer
) -> None:
    process = indexer(tmp_path, "killed", database_url, chroma.url, "killed")
    assert process.stdout is not None
    assert process.stdout.readline() == "holding\n"
    with open_one("other") as home:
        assert home.catalog.is_locked()
        process.communicate("go on\n")
        assert process.returncode == -signal.SIGKILL
        ends = time.monotonic() + LEASE / 2  # once the server sees it: no lease is waited for
        while home.catalog.is_locked():
            assert time.monotonic() < ends
            time.sleep(0.01)
        home.sync()
        assert home.vectors.ids("documents") == home.catalog.embedded_ids("documents")
        assert find(home, "owl").ranked[0].source.uri == "owl.md"


def test_a_server_that_is_away_is_said_and_then_gone_on_with(
    open_one: Open, postgres_server: PostgresServer
) -> None:
    with open_one("one") as home:
        home.sync()
        postgres_server.stop()
        try:
            with pytest.raises(DatabaseAway, match="cannot be reached"):
                find(home, "owl")
        finally:
            postgres_server.start()
        assert find(home, "owl").ranked[0].source.uri == "owl.md"


def test_words_alone_answer_while_chroma_is_away(
    tmp_path: Path, open_one: Open, chroma: ChromaServer
) -> None:
    with open_one("one") as home:
        home.sync()
        chroma.kill()
        try:
            assert find(home, "owl").ranked[0].source.uri == "owl.md"
        finally:
            chroma.start()


@pytest.fixture
def shared(database_url: str, chroma: ChromaServer) -> dict[str, str]:
    """What is set for every command."""
    return {"QUOTH_DATABASE_URL": database_url, "QUOTH_CHROMA_URL": chroma.url}


def test_a_database_needs_a_chroma_server(tmp_path: Path, shared: dict[str, str]) -> None:
    done = run(tmp_path, "sync", fake=None, stdin=None, **{**shared, "QUOTH_CHROMA_URL": ""})
    assert done.exit_code == 2
    assert "QUOTH_DATABASE_URL needs QUOTH_CHROMA_URL as well" in done.stderr


def test_doctor_names_the_server_and_no_password(tmp_path: Path, shared: dict[str, str]) -> None:
    done = run(tmp_path, "doctor", "--json", fake=None, stdin=None, **shared)
    found = {each["name"]: each for each in json.loads(done.stdout)["checks"]}
    address = PostgresAddress.of(shared["QUOTH_DATABASE_URL"])
    assert found["database"]["state"] == "ok"
    assert found["documents"]["state"] == "off"  # another machine may have them
    assert "PostgreSQL 1" in found["database"]["detail"]
    assert address.shown in found["database"]["detail"]
    assert address.password is not None
    for secret in (address.password, "brot", "k%C3%A4se"):
        assert secret not in done.stdout + done.stderr


def test_a_backup_of_what_stands_in_a_database_is_its_own_affair(
    tmp_path: Path, shared: dict[str, str]
) -> None:
    done = run(tmp_path, "backup", "home.quoth", fake=None, stdin=None, **shared)
    assert done.exit_code == 2
    assert "pg_dump --format=custom" in done.stderr
    assert "brot" not in done.stderr


def test_the_backup_of_a_home_is_put_into_a_database_that_has_nothing_yet(
    copied_folder: Path, shared: dict[str, str]
) -> None:
    def quoth(*words: str, **environ: str) -> Result:
        fast = {"QUOTH_QUALITY": "fast", "QUOTH_READER": "off"}
        return run(copied_folder, *words, fake=None, stdin=None, **fast, **environ)

    (copied_folder / "gate.txt").write_text("The gate is opened by Ada at nine.")
    assert quoth("add", "gate.txt").exit_code == 0
    with closing(open_records(copied_folder / ".quoth")) as home, home.transaction() as write:
        write.execute("INSERT INTO bot_guilds VALUES (7, '{}')")
    assert quoth("backup", "home.zip").exit_code == 0
    done = quoth("restore", "home.zip", **shared)
    assert done.exit_code == 0, done.stderr
    assert "quoth sync" in done.stderr
    assert "brot" not in done.stdout + done.stderr
    assert quoth("sync", **shared).exit_code == 0
    assert "by Ada at nine" in quoth("search", "Who opens the gate?", **shared).stdout
    address = PostgresAddress.of(shared["QUOTH_DATABASE_URL"])
    with closing(open_records(copied_folder, address)) as records:
        assert records.rows("SELECT guild FROM bot_guilds") == [(7,)]
    again = quoth("restore", "home.zip", **shared)
    assert again.exit_code == 2
    assert "already" in again.stderr
