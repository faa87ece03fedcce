"""A home that can only be read, and one on a disk that fills up, each on a real disk."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from index.store.catalog import Catalog
from tests.cli.test_process import COMMAND, environ
from tests.doubles.cli_fakes import run
from tests.doubles.small_disks import enlarge, read_only, small_disk

QUESTION = "what are the UN prerequisites?"


def contents(home: Path) -> dict[str, tuple[str, int]]:
    """Return the hash and the time of every file."""
    return {
        str(path.relative_to(home)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in home.rglob("*")
        if path.is_file() and "models" not in path.parts
    }


@pytest.fixture
def synced_folder(copied_folder: Path) -> Path:
    """A copy that was synchronised where it lies, so that nothing is to be done."""
    assert run(copied_folder, "sync").exit_code == 0
    return copied_folder


@pytest.mark.parametrize(
    "arguments",
    [["ask", QUESTION], ["search", "mandate"], ["sources"], ["doctor"]],
    ids=lambda arguments: arguments[0],
)
def test_reading_changes_no_file(synced_folder: Path, arguments: list[str]) -> None:
    before = contents(synced_folder / ".quoth")
    assert {"chroma/chroma.sqlite3", "catalog.sqlite"} <= before.keys()
    assert run(synced_folder, *arguments).exit_code == 0
    assert contents(synced_folder / ".quoth") == before


def test_a_home_that_can_only_be_read_answers_as_before(synced_folder: Path) -> None:
    usual = {name: run(synced_folder, *arguments).stdout for name, arguments in READS.items()}
    with read_only(synced_folder / ".quoth"):
        for name, arguments in READS.items():
            done = run(synced_folder, *arguments)
            assert (done.exit_code, done.stdout, done.stderr) == (0, usual[name], "")
        checks = {
            check["name"]: check
            for check in json.loads(run(synced_folder, "doctor", "--json").stdout)["checks"]
        }
        assert checks["vectors"]["state"] == "ok"
        assert "can only be read" in checks["vectors"]["detail"]


READS = {
    "ask": ["ask", QUESTION],
    "search": ["search", "mandate"],
    "sources": ["sources"],
    "show": ["show", "quoth-user-guide.md"],
}


def test_changes_wait_until_the_home_can_be_written(synced_folder: Path) -> None:
    (synced_folder / "documents" / "tides.md").write_text("# Tides\n\nThe moon pulls the sea.\n")
    with read_only(synced_folder / ".quoth"):
        asked = run(synced_folder, "ask", QUESTION)
        assert asked.exit_code == 0
        assert asked.stderr.count("\n") == 1
        assert "This answer comes from the index as it is now." in asked.stderr
        synced = run(synced_folder, "sync")
        assert (synced.exit_code, synced.stdout) == (2, "")
        assert "Check that the user who runs Quoth may write to it." in synced.stderr
    assert json.loads(run(synced_folder, "sync", "--json").stdout)["added"] == 1


def test_web_pages_that_are_due_are_not_asked_for(synced_folder: Path) -> None:
    note = synced_folder / "note.txt"
    note.write_text("Owls sleep by day.\n")
    assert run(synced_folder, "add", "note.txt").exit_code == 0
    (synced_folder / ".quoth" / "pages.due").write_text("0.0")
    with read_only(synced_folder / ".quoth"):
        synced = run(synced_folder, "sync")
    assert (synced.exit_code, synced.stdout) == (2, "")
    assert "cannot be changed (Read-only file system)" in synced.stderr
    assert "Check that the user who runs Quoth may write to it." in synced.stderr


def test_the_reading_page_answers_and_says_how_long_its_addresses_hold(
    synced_folder: Path,
) -> None:
    home = synced_folder / ".quoth"
    before = contents(home)
    with read_only(home), served(synced_folder) as url, httpx.Client(base_url=url) as browser:
        done = browser.post("/ask", data={"question": QUESTION}, timeout=60)
        shown = browser.get(done.headers["location"]).text
        assert "A ceasefire agreement" in shown
        assert "this address holds until Quoth is stopped" in shown
        assert browser.get(f"{done.headers['location']}?cite=2").text.count("<mark") == 1
        assert "kept until Quoth is stopped at its address" in browser.get("/about").text
    assert contents(home) == before


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Run `quoth web` while the block runs."""
    with subprocess.Popen(
        [*COMMAND, "web", "--port", "0"], cwd=folder, stderr=subprocess.PIPE, text=True,
        env=environ(QUOTH_QUALITY="fast", QUOTH_READER="off"),
    ) as process:  # fmt: skip
        assert process.stderr is not None
        said = (re.search(r"Open (http\S+)/ in a browser", line) for line in process.stderr)
        found = next(filter(None, said), None)
        assert found is not None, "it ended before it served"
        yield found[1]
        process.terminate()


def test_without_the_documents_folder_too(synced_folder: Path) -> None:
    (synced_folder / "documents").rename(synced_folder / "unmounted")
    with read_only(synced_folder / ".quoth"):
        asked = run(synced_folder, "ask", QUESTION)
        assert asked.exit_code == 0
        assert "is missing; answers come from the index as it is" in asked.stderr
        assert run(synced_folder, "sources").exit_code == 0
        assert run(synced_folder, "show", "quoth-user-guide.md").exit_code == 0
        assert run(synced_folder, "doctor").exit_code == 2  # the folder is a problem
    assert run(synced_folder, "ask", QUESTION).exit_code == 0


def test_what_a_killed_process_left_in_the_log_of_a_read_only_catalog_is_read(
    tmp_path: Path,
) -> None:
    catalog = Catalog(tmp_path / "live")
    home = tmp_path / "home"
    home.mkdir()
    name = catalog.home_id()
    for file in ("catalog.sqlite", "catalog.sqlite-wal"):
        shutil.copyfile(tmp_path / "live" / file, home / file)
    catalog.close()
    assert (home / "catalog.sqlite-wal").stat().st_size
    with read_only(home):
        reader = Catalog(home)
        assert reader.home_id() == name
        reader.close()


def test_graphs_of_models_are_made_elsewhere(synced_folder: Path) -> None:
    (synced_folder / ".quoth" / "models").unlink()
    with read_only(synced_folder / ".quoth"):
        assert run(synced_folder, "ask", QUESTION, QUOTH_MODELS="").exit_code == 0


def test_a_home_that_can_only_be_read_takes_its_models_from_the_folder_of_all(
    synced_folder: Path, tmp_path: Path
) -> None:
    (synced_folder / ".quoth" / "models").unlink()
    shared = tmp_path / "shared"
    with read_only(synced_folder / ".quoth"):
        for _ in range(2):
            assert run(synced_folder, "ask", QUESTION, QUOTH_MODELS=str(shared)).exit_code == 0
            built = {path.name: path.stat().st_ino for path in shared.iterdir()}
            assert len(built) == 6  # embedder, reader and selector; not written a second time
            assert built == {path.name: path.stat().st_ino for path in shared.iterdir()}


@pytest.mark.parametrize(
    "size",
    [
        pytest.param("300k", marks=pytest.mark.long),
        pytest.param("600k", marks=pytest.mark.long),
        "1200k",
    ],
)
def test_a_disk_that_fills_up_is_said_and_loses_nothing(own_folder: Path, size: str) -> None:
    models = (own_folder / ".quoth" / "models").resolve()
    for number in range(12):
        lines = [f"Tide {n} of month {number} rose by {n} feet at the pier.\n" for n in range(60)]
        text = "\n".join([f"# Month {number}\n", *lines])
        (own_folder / "documents" / f"month-{number:02}.md").write_text(text)
    with small_disk(own_folder / ".quoth", size):
        (own_folder / ".quoth" / "models").symlink_to(models)
        first = run(own_folder, "sync")
        assert (first.exit_code, first.stdout) == (2, "")
        assert "is full. Free some space and try again." in first.stderr
        held = listed(own_folder)
        asked = run(own_folder, "ask", "How far did tide 7 of month 0 rise?")
        assert asked.exit_code in (0, 1, 2)
        assert "unforeseen" not in asked.stderr
        assert listed(own_folder) >= held
        enlarge(own_folder / ".quoth", "100m")
        again = run(own_folder, "sync", "--json")
        assert again.exit_code == 0
        assert len(listed(own_folder)) == 12
        assert json.loads(again.stdout)["unchanged"] == len(held)
        checks = json.loads(run(own_folder, "doctor", "--json").stdout)["checks"]
        assert [c for c in checks if c["name"] == "vectors" and c["state"] != "ok"] == []


def listed(folder: Path) -> set[str]:
    """Return the names of what is indexed."""
    found: list[dict[str, Any]] = json.loads(run(folder, "sources", "--json").stdout)
    return {entry["source"] for entry in found if entry["state"] == "ready"}
