"""A home in one file and back: what people made, every answer, and what a bad file does."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.community.store.records_file import open_records
from bot.settings import load_settings
from index.library import open_library
from index.store.home_backup import restored_backup
from index.store.write_lock import write_lock
from tests.cli.test_process import COMMAND, environ
from tests.doubles.cli_fakes import run
from tests.doubles.small_disks import small_disk

QUESTIONS = ("what are the UN prerequisites?", "Who opens the gate?", "What is the owl called?")
PEOPLES = ("additions.sqlite", "community.sqlite")
FORMATS = {"additions.sqlite": 99, "community.sqlite": 99, "catalog.sqlite": 99}


@pytest.fixture
def folder(copied_folder: Path) -> Path:
    """A folder with documents, additions in two collections, and what the bot remembers."""
    with open_library(load_settings({}, copied_folder).index) as library:
        library.sync("documents")
        library.add_text("documents", "gate.txt", "The gate is opened by Ada.", title="The gate")
        library.add_text("guild-1", "owl.txt", "The owl is called Minerva.", title="The owl")
    with closing(open_records(copied_folder / ".quoth")) as records, records.transaction() as write:
        write.execute("INSERT INTO bot_guilds VALUES (7, '{\"rules\": 1}')")
        write.execute("INSERT INTO bot_team_answers VALUES (3, 'team-answer-3.txt', 'By Ada.')")
        write.execute("INSERT INTO bot_ratings VALUES ('k', 'r', 1, NULL, 5.0)")
        write.execute("INSERT INTO model_tokens VALUES ('2026-11-26', 'ada', 120)")
    return copied_folder


@pytest.fixture
def fresh(folder: Path, tmp_path: Path) -> Path:
    """Another folder with the same documents and no home, as on a new machine."""
    path = tmp_path / "fresh"
    path.mkdir()
    (path / "documents").symlink_to(folder / "documents")
    return path


def dumped(home: Path) -> dict[str, list[str]]:
    """Return everything that people made, as statements of SQL."""
    found = {}
    for name in PEOPLES:
        with closing(sqlite3.connect(home / name)) as connection:
            found[name] = list(connection.iterdump())
    return found


def answers(folder: Path) -> list[dict[str, Any]]:
    """Return the answers to some questions, as far as they are the same every time."""
    found = []
    for collection in ("documents", "guild-1"):
        done = run(folder, "ask", "-", "--collection", collection, stdin="\n".join(QUESTIONS))
        given = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(given) == len(QUESTIONS)
        found += [{key: one[key] for key in one.keys() - {"id", "timings_ms"}} for one in given]
    return found


def vectors(folder: Path) -> dict[str, Any]:
    with open_library(load_settings({}, folder).index) as library:
        return {
            id: vector.tobytes()
            for name in ("documents", "guild-1")
            for id, vector in library.vectors.vectors(
                name, sorted(library.catalog.passage_ids(name))
            ).items()
        }


def test_a_backup_restored_elsewhere_is_the_same_home(folder: Path, fresh: Path) -> None:
    done = run(folder, "backup", "../home.zip", "--json")
    made = json.loads(done.stdout)
    file = folder.parent / "home.zip"
    assert made["bytes"] == file.stat().st_size
    assert list(made["files"]) == [*PEOPLES, "catalog.sqlite", "vectors.sqlite"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in file.parent.iterdir() if "home" in path.name) == [
        "home.zip"
    ]

    restored = run(fresh, "restore", str(file), "--json")
    assert restored.exit_code == 0, restored.stderr
    assert json.loads(restored.stdout)["passages"] > 0
    assert dumped(fresh / ".quoth") == dumped(folder / ".quoth")
    assert not list((fresh / ".quoth").glob("re*-*"))
    before, after = vectors(folder), vectors(fresh)
    assert before.keys() == after.keys()
    for id, vector in before.items():
        difference = np.frombuffer(vector, "<f4") - np.frombuffer(after[id], "<f4")
        assert np.abs(difference).max() < 1e-6
    assert answers(fresh) == answers(folder)
    synced = json.loads(run(fresh, "sync", "--json").stdout)
    assert (synced["added"], synced["updated"], synced["removed"]) == (0, 0, 0)


def test_a_backup_waits_for_no_writer_and_takes_only_what_is_committed(
    folder: Path, fresh: Path
) -> None:
    before = dumped(folder / ".quoth")
    file = folder.parent / "home.zip"
    home = folder / ".quoth"
    with (
        write_lock(home, seconds=1),
        closing(sqlite3.connect(home / "additions.sqlite", isolation_level=None)) as writer,
    ):
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM documents")
        assert run(folder, "backup", str(file)).exit_code == 0
        writer.execute("ROLLBACK")
    assert run(fresh, "restore", str(file)).exit_code == 0
    assert dumped(fresh / ".quoth") == before


def test_backups_while_another_process_indexes_are_whole(folder: Path, fresh: Path) -> None:
    for number in range(60):
        text = f"# Tide {number}\n\nTide {number} rose by {number} feet at the pier.\n"
        (folder / "documents" / f"tide-{number:03}.md").write_text(text)
    files: list[Path] = []
    with subprocess.Popen(
        [*COMMAND, "sync"], cwd=folder, env=environ(), stdout=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            files.append(folder.parent / f"home-{len(files)}.zip")
            assert run(folder, "backup", str(files[-1])).exit_code == 0
    assert process.returncode == 0
    assert len(files) > 5, "it was done before anything was backed up"
    for file in {files[0], files[len(files) // 2], files[-1]}:
        done = run(fresh, "restore", str(file), "--yes", "--json")
        assert done.exit_code == 0, done.stderr
        checks = json.loads(run(fresh, "doctor", "--json").stdout)["checks"]
        assert {check["name"]: check["state"] for check in checks}["vectors"] == "ok"
        assert dumped(fresh / ".quoth") == dumped(folder / ".quoth")


def test_a_home_that_holds_something_is_replaced_only_when_asked(folder: Path, fresh: Path) -> None:
    file = folder.parent / "home.zip"
    assert run(folder, "backup", str(file)).exit_code == 0
    with open_library(load_settings({}, fresh).index) as library:
        library.add_text("guild-2", "later.txt", "Written later.", title="Later")
    kept = dumped_additions(fresh)
    refused = run(fresh, "restore", str(file))
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "already holds 'additions.sqlite'. Give --yes" in refused.stderr
    assert dumped_additions(fresh) == kept
    assert run(fresh, "restore", str(file), "--yes").exit_code == 0
    assert dumped(fresh / ".quoth") == dumped(folder / ".quoth")


def dumped_additions(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / ".quoth" / "additions.sqlite")) as connection:
        return list(connection.iterdump())


def test_what_was_there_comes_back_when_restoring_fails(folder: Path) -> None:
    home, file = folder / ".quoth", folder.parent / "home.zip"
    assert run(folder, "backup", str(file)).exit_code == 0
    with open_library(load_settings({}, folder).index) as library:
        library.add_text("guild-2", "later.txt", "Written later.", title="Later")
    kept, given = dumped(home), answers(folder)
    with (
        pytest.raises(RuntimeError, match="no room"),
        restored_backup(file, home, replace=True, formats=FORMATS),
    ):
        assert dumped(home) != kept
        raise RuntimeError("no room for the vectors")
    assert dumped(home) == kept
    assert answers(folder) == given


def changed_manifest(file: Path, **changes: object) -> None:
    with zipfile.ZipFile(file) as packed:
        held = {name: packed.read(name) for name in packed.namelist()}
    manifest = json.loads(held["manifest.json"]) | changes
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in (held | {"manifest.json": json.dumps(manifest).encode()}).items():
            packed.writestr(name, content)


def of_a_newer_quoth(file: Path) -> None:
    changed_manifest(file, format=99)


def with_a_newer_catalog(file: Path) -> None:
    entry = {"format": 99, "bytes": 1, "sha256": ""}
    changed_manifest(file, files={"catalog.sqlite": entry})


def with_another_hash(file: Path) -> None:
    entry = {"format": 1, "bytes": 1, "sha256": "0" * 64}
    changed_manifest(file, files={"additions.sqlite": entry})


def with_a_name_that_leads_out(file: Path) -> None:
    entry = {"format": 1, "bytes": 1, "sha256": ""}
    changed_manifest(file, files={"../../evil": entry})


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])


def flipped(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (of_a_newer_quoth, "written by a newer Quoth"),
        (with_a_newer_catalog, "written by a newer Quoth"),
        (with_a_name_that_leads_out, "written by a newer Quoth"),
        (with_another_hash, "is no whole backup (additions.sqlite is not what was backed up)"),
        (cut_off, "is no whole backup"),
        (flipped, "is no whole backup"),
        (lambda file: file.write_text("hello"), "is no whole backup"),
        (Path.unlink, "There is no file"),
    ],
)
def test_a_file_that_cannot_be_restored_changes_nothing(
    folder: Path, change: Any, said: str
) -> None:
    file = folder.parent / "home.zip"
    assert run(folder, "backup", str(file)).exit_code == 0
    change(file)
    before = dumped(folder / ".quoth")
    done = run(folder, "restore", str(file), "--yes")
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    if not file.exists():
        assert said in run(folder, "restore", str(file)).stderr, "rather than what the home holds"
    assert done.stderr.count("\n") == 1
    assert dumped(folder / ".quoth") == before


def test_nothing_to_back_up_is_a_sentence(tmp_path: Path) -> None:
    done = run(tmp_path, "backup", "home.zip")
    assert done.exit_code == 2
    assert "There is nothing to back up" in done.stderr
    assert not (tmp_path / "home.zip").exists()


def test_a_full_disk_leaves_no_half_a_backup(folder: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    with small_disk(small, "100k"):
        done = run(folder, "backup", str(small / "home.zip"))
        assert done.exit_code == 2
        assert "is full. Free some space and try again." in done.stderr
        assert list(small.iterdir()) == []
