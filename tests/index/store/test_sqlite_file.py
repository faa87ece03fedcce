"""A file of what people made: upgraded one step at a time, backed up, and never thrown away."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from index.errors import StoreError
from index.store.sqlite_file import Migration, SqliteFile, script
from tests.doubles.traces import marked_word, traces

FIRST = script("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('a secret of Ada')")
SECOND = script("ALTER TABLE notes ADD COLUMN by TEXT")
THIRD = script("UPDATE notes SET by = 'Ada'")


def opened(home: Path, *migrations: Migration) -> closing[SqliteFile]:
    return closing(SqliteFile(home / "notes.sqlite", migrations))


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as file:
        return int(file.execute("PRAGMA user_version").fetchone()[0])


def names(home: Path) -> list[str]:
    return sorted(path.name for path in home.iterdir())


def holds(home: Path, text: str) -> Sequence[str]:
    """Names of the files that hold these characters anywhere."""
    return [path.name for path in home.iterdir() if text.encode() in path.read_bytes()]


def test_each_migration_is_applied_once(tmp_path: Path) -> None:
    for migrations in [(FIRST,), (FIRST, SECOND), (FIRST, SECOND, THIRD), (FIRST, SECOND, THIRD)]:
        with opened(tmp_path, *migrations) as file:
            found = file.rows("SELECT * FROM notes")
        assert version_of(tmp_path / "notes.sqlite") == len(migrations)
    assert found == [("a secret of Ada", "Ada")]


def test_a_new_file_needs_no_backup(tmp_path: Path) -> None:
    with opened(tmp_path, FIRST):
        pass
    assert names(tmp_path) == ["notes.sqlite"]


def test_the_backup_is_the_file_as_it_was_and_stays_until_the_next_migration(
    tmp_path: Path,
) -> None:
    with opened(tmp_path, FIRST):
        pass
    with opened(tmp_path, FIRST, SECOND):
        pass
    backup = tmp_path / "notes.sqlite.before-2"
    assert version_of(backup) == 1
    with closing(sqlite3.connect(backup)) as old:
        assert old.execute("SELECT * FROM notes").fetchall() == [("a secret of Ada",)]
    with opened(tmp_path, FIRST, SECOND):
        assert backup.exists()
    with opened(tmp_path, FIRST, SECOND, THIRD):
        pass
    assert names(tmp_path) == ["notes.sqlite", "notes.sqlite.before-3"]


def test_a_backup_can_be_put_back(tmp_path: Path) -> None:
    for migrations in [(FIRST,), (FIRST, SECOND)]:
        with opened(tmp_path, *migrations):
            pass
    (tmp_path / "notes.sqlite.before-2").replace(tmp_path / "notes.sqlite")
    with opened(tmp_path, FIRST, SECOND) as file:
        assert file.rows("SELECT * FROM notes") == [("a secret of Ada", None)]


def test_a_file_that_was_lost_leaves_its_backup_alone(tmp_path: Path) -> None:
    with opened(tmp_path, FIRST) as file, file.transaction() as write:
        write.execute("INSERT INTO notes VALUES ('nowhere else')")
    with opened(tmp_path, FIRST, SECOND):
        pass
    backup = tmp_path / "notes.sqlite.before-2"
    before = backup.read_bytes()
    (tmp_path / "notes.sqlite").unlink()
    with opened(tmp_path, FIRST, SECOND):
        pass
    assert backup.read_bytes() == before
    assert names(tmp_path) == ["notes.sqlite", "notes.sqlite.before-2"]


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM notes")
        raise RuntimeError("killed")

    with opened(tmp_path, FIRST):
        pass
    with pytest.raises(RuntimeError, match="killed"):
        opened(tmp_path, FIRST, fail)
    with opened(tmp_path, FIRST) as file:
        assert file.rows("SELECT * FROM notes") == [("a secret of Ada",)]


def test_a_backup_that_was_not_finished_is_made_again(tmp_path: Path) -> None:
    with opened(tmp_path, FIRST):
        pass
    (tmp_path / "notes.sqlite.before-2.new").write_bytes(b"the beginning of a copy")
    with opened(tmp_path, FIRST, SECOND):
        pass
    assert names(tmp_path) == ["notes.sqlite", "notes.sqlite.before-2"]


def test_what_is_removed_is_in_no_file_any_more(tmp_path: Path) -> None:
    with opened(tmp_path, FIRST):
        pass
    with opened(tmp_path, FIRST, SECOND) as file:
        assert len(holds(tmp_path, "a secret of Ada")) == 2
        with file.transaction() as write:
            write.execute("DELETE FROM notes")
        file.erase_traces()
        assert holds(tmp_path, "a secret of Ada") == []


def test_a_newer_file_is_refused_with_its_name_both_formats_and_what_to_do(tmp_path: Path) -> None:
    with opened(tmp_path, FIRST, SECOND):
        pass
    with pytest.raises(StoreError) as told:
        opened(tmp_path, FIRST)
    assert str(told.value) == (
        f"The file {str(tmp_path / 'notes.sqlite')!r} has format 2; this version of Quoth reads "
        "format 1. Upgrade Quoth, or point QUOTH_HOME at another folder."
    )
    assert version_of(tmp_path / "notes.sqlite") == 2


def test_a_damaged_file_is_left_as_it_is(tmp_path: Path) -> None:
    damaged = b"not a database, certainly" * 100
    (tmp_path / "notes.sqlite").write_bytes(damaged)
    with pytest.raises(
        StoreError, match=r"is damaged.*restore a backup with `quoth restore FILE --yes`"
    ):
        opened(tmp_path, FIRST)
    assert (tmp_path / "notes.sqlite").read_bytes() == damaged


def test_several_processes_may_upgrade_at_once(tmp_path: Path) -> None:
    with opened(tmp_path, FIRST):
        pass
    code = f"""
from pathlib import Path
from tests.index.store.test_sqlite_file import FIRST, SECOND, THIRD, opened
with opened(Path({str(tmp_path)!r}), FIRST, SECOND, THIRD) as file:
    assert file.rows("SELECT * FROM notes") == [("a secret of Ada", "Ada")]
"""
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [each.wait() for each in running] == [0, 0, 0]
    assert names(tmp_path) == ["notes.sqlite", "notes.sqlite.before-3"]


def upgrade(home: Path) -> None:
    with opened(home, FIRST, SECOND, THIRD):
        pass


def test_another_upgrade_may_follow_at_once(tmp_path: Path) -> None:
    """Whoever waits for the lock makes the next backup as soon as it is free."""
    with opened(tmp_path, FIRST):
        pass
    with ThreadPoolExecutor() as pool:
        for number in range(20):
            each = tmp_path / str(number)
            shutil.copytree(tmp_path, each, ignore=shutil.ignore_patterns("[0-9]*"))
            list(pool.map(upgrade, [each] * 4))
            assert names(each) == ["notes.sqlite", "notes.sqlite.before-3"]


def test_nothing_is_left_where_a_row_stood_before_it_moved(tmp_path: Path) -> None:
    """SQLite overwrites what it deletes, but not what it copies when it balances pages."""
    table = script("CREATE TABLE notes (name TEXT PRIMARY KEY, said TEXT)")
    chance, said, number = random.Random(34), dict[str, str](), 0
    with opened(tmp_path, table) as file:
        for _ in range(200):
            with file.transaction() as write:
                if said and chance.random() > 0.55:
                    name = chance.choice(list(said))
                    write.execute("DELETE FROM notes WHERE name = ?", (name,))
                    del said[name]
                else:
                    number, name = number + 1, f"note {chance.randrange(40)}"
                    said[name] = marked_word(number)
                    text = said[name] + "." * chance.randrange(10, 2500)
                    write.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, text))
        file.erase_traces()
        assert traces(tmp_path) == {"notes.sqlite": set(said.values())}


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_home_and_its_files_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    with opened(home, FIRST) as file:
        file.rows("SELECT * FROM notes")
        assert rights(home) == 0o700
        assert {rights(path) for path in home.iterdir()} == {0o600}
    with opened(home, FIRST, SECOND):
        assert {rights(path) for path in home.iterdir()} == {0o600}, "its backup is, too"


def test_a_home_that_is_there_keeps_its_rights_and_so_do_its_files(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)
    with opened(home, FIRST):
        assert (rights(home), rights(home / "notes.sqlite")) == (0o755, 0o600)
    (home / "notes.sqlite").chmod(0o644)
    with opened(home, FIRST):
        assert rights(home / "notes.sqlite") == 0o644


def test_a_home_that_a_group_writes_in_is_left_to_its_owner(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o770)
    before = os.umask(0o007)
    try:
        with opened(home, FIRST):
            assert rights(home / "notes.sqlite") & 0o040
    finally:
        os.umask(before)
