from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

import pytest

from index.errors import ConfigurationError, DatabaseAway, StoreError
from index.store.database import Connection, Database
from index.store.postgres import PostgresDatabase
from index.store.postgres_address import PostgresAddress
from index.store.postgres_types import for_postgres
from index.store.sqlite_file import SqliteFile, script
from tests.doubles.postgres_server import PASSWORD, PostgresServer

TABLE = "CREATE TABLE notes (name TEXT PRIMARY KEY, number INTEGER, at REAL, body BLOB)"
INSERT = "INSERT INTO notes VALUES (?, ?, ?, ?)"

Opened: TypeAlias = Callable[[], Database]


def opened_database(url: str, schema: str = "notes", sql: str = TABLE) -> PostgresDatabase:
    return PostgresDatabase(PostgresAddress.of(url), schema, [script(for_postgres(sql))])


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The same tables in a file and on a server."""
    made: Database
    if request.param == "sqlite":
        made = SqliteFile(tmp_path / "notes.sqlite", [script(TABLE)])
    else:
        made = opened_database(request.getfixturevalue("database_url"))
    with closing(made):
        yield made


def test_what_is_written_is_read_as_it_was(database: Database) -> None:
    row = ("ä?'\"", 2**40, 0.1, b"\0\xff")
    with database.transaction() as write:
        write.execute(INSERT, row)
        write.execute(INSERT, ("", None, None, None))
    assert database.row("SELECT * FROM notes WHERE name = ?", row[:1]) == row
    assert database.rows("SELECT name, '?' FROM notes ORDER BY name") == [("", "?"), ("ä?'\"", "?")]


def test_a_text_with_a_character_that_the_server_does_not_take_keeps_its_length(
    database_url: str,
) -> None:
    with closing(opened_database(database_url)) as database:
        with database.transaction() as write:
            write.execute(INSERT, ("a\0b", None, None, None))
        assert database.rows("SELECT name FROM notes") == [("a\ufffdb",)]


def test_truth_is_a_number(database: Database) -> None:
    with database.transaction() as write:
        write.execute(INSERT, ("yes", True, None, None))
    assert database.rows("SELECT number FROM notes WHERE number = ?", (True,)) == [(1,)]


def test_text_is_sorted_by_its_bytes(database: Database) -> None:
    with database.transaction() as write:
        write.executemany(INSERT, [(name, 1, 1.0, b"") for name in ("ä", "a", "Z", "_", "B", "z")])
    names = [row[0] for row in database.rows("SELECT name FROM notes ORDER BY name")]
    assert names == ["B", "Z", "_", "a", "z", "ä"]
    assert database.rows("SELECT count(*) FROM notes WHERE name < ?", ("_",)) == [(2,)]


def test_a_transaction_that_fails_writes_nothing(database: Database) -> None:
    def fail(write: Connection) -> None:
        write.execute(INSERT, ("one", 1, 1.0, b""))
        raise ValueError

    with pytest.raises(ValueError), database.transaction() as write:
        fail(write)
    with pytest.raises(StoreError), database.transaction() as write:
        write.execute(INSERT, ("two", 1, 1.0, b""))
        write.execute(INSERT, ("two", 1, 1.0, b""))
    assert database.rows("SELECT * FROM notes") == []


def test_a_cursor_gives_each_row_once(database: Database) -> None:
    with database.transaction() as write:
        write.executemany(INSERT, [(name, 1, 1.0, b"") for name in "abcde"])
        cursor = write.execute("SELECT name FROM notes ORDER BY name")
        assert cursor.fetchone() == ("a",)
        assert cursor.fetchmany(2) == [("b",), ("c",)]
        assert list(cursor) == [("d",), ("e",)]
        assert cursor.fetchone() is None
        assert write.execute("DELETE FROM notes WHERE name > ?", ("b",)).rowcount == 3


def test_writers_of_several_threads_come_one_after_the_other(database: Database) -> None:
    def count() -> None:
        for _ in range(20):
            with database.transaction() as write:
                row = write.execute("SELECT number FROM notes").fetchone()
                write.execute("UPDATE notes SET number = ?", (row[0] + 1,))

    with database.transaction() as write:
        write.execute(INSERT, ("counted", 0, None, None))
    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.rows("SELECT number FROM notes") == [(80,)]


def test_traces_are_erased_without_loss(database: Database) -> None:
    with database.transaction() as write:
        write.execute(INSERT, ("one", 1, 1.0, b""))
    assert database.erase_traces()
    assert database.rows("SELECT number FROM notes") == [(1,)]


def test_a_database_is_brought_to_the_newest_format_by_whoever_comes_first(
    database_url: str,
) -> None:
    address = PostgresAddress.of(database_url)
    steps = [script(for_postgres(TABLE)), script("ALTER TABLE notes ADD COLUMN more BIGINT")]
    failures: list[BaseException] = []

    def open_it() -> None:
        try:
            PostgresDatabase(address, "notes", steps).close()
        except BaseException as error:
            failures.append(error)

    PostgresDatabase(address, "notes", steps[:1]).close()
    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with pytest.raises(StoreError, match=r"has format 2 of 'notes'; .* Upgrade Quoth"):
        PostgresDatabase(address, "notes", steps[:1])


def test_schemas_keep_apart(database_url: str) -> None:
    with (
        closing(opened_database(database_url)) as one,
        closing(opened_database(database_url, "others")) as other,
    ):
        with one.transaction() as write, other.transaction() as beside:  # neither waits
            write.execute(INSERT, ("one", 1, 1.0, b""))
            beside.execute(INSERT, ("other", 1, 1.0, b""))
        assert one.rows("SELECT name FROM notes") == [("one",)]
        assert other.rows("SELECT name FROM notes") == [("other",)]


def test_it_goes_on_when_the_server_was_started_anew(
    postgres_server: PostgresServer, database_url: str
) -> None:
    with closing(opened_database(database_url)) as database:
        with database.transaction() as write:
            write.execute(INSERT, ("one", 1, 1.0, b""))
        postgres_server.stop()
        with pytest.raises(DatabaseAway, match="cannot be reached"):
            database.rows("SELECT 1")
        postgres_server.start()
        assert database.rows("SELECT name FROM notes") == [("one",)]
        postgres_server.stop()
        postgres_server.start()
        with database.transaction() as write:  # the connection was ended unnoticed
            write.execute("DELETE FROM notes")
        assert database.rows("SELECT name FROM notes") == []


def test_a_change_is_lost_whole_with_its_connection(
    postgres_server: PostgresServer, database_url: str
) -> None:
    with closing(opened_database(database_url)) as database:
        with pytest.raises(DatabaseAway), database.transaction() as write:
            write.execute(INSERT, ("one", 1, 1.0, b""))
            postgres_server.kill()
            postgres_server.start()
            write.execute(INSERT, ("two", 1, 1.0, b""))
        assert database.rows("SELECT name FROM notes") == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda url: url.replace("k%C3%A4se", "Butter"), "does not let 'quoth' in"),
        (lambda url: f"{url}_not", "does not exist. Make it with `createdb`"),
        (lambda url: re.sub(r":\d+/", ":1/", url), "cannot be reached"),
    ],
    ids=["password", "database", "port"],
)
def test_what_is_wrong_is_said_and_no_password(
    database_url: str, wrong: Callable[[str], str], said: str
) -> None:
    with pytest.raises(StoreError) as raised:
        opened_database(wrong(database_url))
    assert said in str(raised.value)
    for secret in (PASSWORD, "brot", "Butter"):
        assert secret not in str(raised.value)


def test_tables_that_another_process_changed_are_read_as_they_are_now(database_url: str) -> None:
    with closing(opened_database(database_url)) as one, closing(opened_database(database_url)) as b:
        read = "SELECT * FROM notes WHERE number = ?"
        assert one.rows(read, (1,)) == []
        with b.transaction() as write:
            write.execute(INSERT, ("one", 1, 1.0, b""))
            write.execute("ALTER TABLE notes ADD COLUMN more TEXT")
        assert one.rows(read, (1,)) == [("one", 1, 1.0, b"", None)]


def test_who_may_make_no_schema_is_told_so(
    postgres_server: PostgresServer, database_url: str
) -> None:
    postgres_server.run("CREATE ROLE guest LOGIN PASSWORD 'guest-word'")
    try:
        url = f"postgresql://guest:guest-word@{database_url.rpartition('@')[2]}"
        with pytest.raises(StoreError, match=r"cannot be changed by 'guest'.*ALTER DATABASE"):
            opened_database(url)
    finally:
        postgres_server.run("DROP ROLE guest")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://quoth:secret@host/quoth", "does not begin with postgresql://"),
        ("postgresql://quoth:secret@host", "names no database"),
        ("postgresql://host/quoth", "names no user"),
        ("postgresql://quoth:secret@host:many/quoth", "cannot be read"),
        ("postgresql://quoth:secret@host/quoth?sslmode=maybe", "has an sslmode"),
        ("postgresql://quoth:secret@host/quoth?pool=4", "has the option 'pool'"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_its_secret(url: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as raised:
        PostgresAddress.of(url)
    assert "secret" not in str(raised.value)


def test_an_address_shows_no_password() -> None:
    address = PostgresAddress.of("postgresql://quoth:s%40cret@[::1]:5433/quoth?sslmode=require")
    assert address.shown == "postgresql://quoth@[::1]:5433/quoth"
    assert address.password == "s@cret"
    assert "s@cret" not in repr(address)
