"""What a backup holds of texts that were removed, and of documents that are missing."""

from __future__ import annotations

import zipfile
from pathlib import Path

from index.store.catalog_format import ADDITIONS_FILE, CATALOG_FILE
from index.store.catalog_state import id_at, owes_purge
from index.store.catalog_writes import remove_source
from index.store.home_backup import restored_backup, write_backup
from tests.doubles.homes import contents, open_home, put, write_documents
from tests.doubles.traces import marked_word, traces

FORMATS = {ADDITIONS_FILE: 99, CATALOG_FILE: 99}


def test_a_removed_text_is_not_backed_up_even_where_a_killed_writer_left_it(
    tmp_path: Path,
) -> None:
    put(tmp_path / "docs" / "secret.txt", f"The {marked_word(1)} crossed the river.")
    put(tmp_path / "docs" / "fox.txt", "The red fox.")
    with open_home(tmp_path / "home", tmp_path / "docs") as home:
        home.sync()
        (build,) = home.catalog.builds()
        with home.catalog.transaction() as connection:
            remove_source(connection, build.number, id_at(connection, "documents", "secret.txt"))
        assert owes_purge(home.catalog.connection())
        held = [name for name in traces(home.path) if name.startswith(CATALOG_FILE)]
        assert held, "nothing was left that could be backed up"
        write_backup(home.path, tmp_path / "home.zip", version="1")
        (tmp_path / "docs" / "secret.txt").unlink()
        home.sync()
        before = contents(home)
    with zipfile.ZipFile(tmp_path / "home.zip") as packed:
        packed.extractall(tmp_path / "packed")
    assert traces(tmp_path / "packed") == {}
    with (
        restored_backup(tmp_path / "home.zip", tmp_path / "other", replace=False, formats=FORMATS),
        open_home(tmp_path / "other", tmp_path / "docs") as other,
    ):
        other.sync()
        assert contents(other) == before
    assert traces(tmp_path / "other") == {}


def test_documents_that_are_missing_are_marked_after_a_restore_too(tmp_path: Path) -> None:
    write_documents(tmp_path / "docs", **{name: f"The red fox {name}." for name in "abcd"})
    with open_home(tmp_path / "home", tmp_path / "docs") as home:
        home.sync()
        for file in (tmp_path / "docs").iterdir():
            file.unlink()
        assert home.sync()["missing"] == 4
        write_backup(home.path, tmp_path / "home.zip", version="1")
        missing, before = home.catalog.missing("documents"), contents(home)
    with (
        restored_backup(tmp_path / "home.zip", tmp_path / "other", replace=False, formats=FORMATS),
        open_home(tmp_path / "other", tmp_path / "docs") as other,
    ):
        other.synchroniser.repair()
        assert other.catalog.missing("documents") == missing
        assert len(missing) == 4
        assert contents(other) == before
        assert other.sync()["missing"] == 4
