"""Every kind of damage to a home against every command that reads one: an answer or a sentence.

The home has more than 1,000 passages: from there on Chroma reads its graph from files.
"""

from __future__ import annotations

import itertools
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

from bot.answering.answerer import WORDS_ONLY
from index.store.catalog_format import CHROMA_STATE_FILE
from index.store.chroma_state import record_state
from index.store.write_lock import write_lock
from tests.doubles import cli_fakes
from tests.doubles.chroma_damage import HARMS, Harm, links_lost, rows_lost, vectors_of_others
from tests.doubles.damage import (
    DAMAGES,
    Damage,
    cut_off,
    emptied,
    gone,
    of_another_program,
    overwritten,
    zeroed,
)

QUESTION = "Who is the warden of the reserve?"
ANIMALS = ("heron", "otter", "badger", "lynx", "raven", "adder", "marten", "osprey", "weasel")

GRAPH = ("data_level0.bin", "header.bin", "length.bin", "link_lists.bin", "index_metadata.pickle")
"""What Chroma keeps of one collection."""

DERIVED = [
    *((f"chroma/*/{name}", damage) for name in GRAPH for damage in DAMAGES),
    ("chroma/*/", gone),
    ("chroma", gone),
    *(
        (name, damage)
        for name in ("chroma/chroma.sqlite3", "catalog.sqlite")
        for damage in (*DAMAGES, of_another_program)
    ),
]
"""What is made again: which file, and what happens to it."""

ONE_OF_EACH = [
    ("chroma/*/data_level0.bin", overwritten),
    ("chroma/*/index_metadata.pickle", cut_off),
    ("chroma/*/", gone),
    ("chroma/chroma.sqlite3", zeroed),
    ("catalog.sqlite", emptied),
]
"""Those that are always tried: a crash, an error, a loss, a panic, and an empty file."""

COMMANDS: dict[str, list[str]] = {
    "ask": ["ask", QUESTION],
    "search": ["search", QUESTION],
    "sync": ["sync"],
    "doctor": ["doctor"],
    "sources": ["sources"],
}


def run(folder: Path, *arguments: str) -> Result:
    """Run a command with the models that only find: others open nothing of a home."""
    return cli_fakes.run(folder, *arguments, QUOTH_QUALITY="fast", QUOTH_READER="off")


def named(case: tuple[str, Damage]) -> str:
    pattern, damage = case
    return f"{damage.__name__}-{pattern.replace('*/', '')}"


@pytest.fixture(scope="session")
def register(indexed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with more than 1,000 passages, indexed; tests copy it."""
    folder = tmp_path_factory.mktemp("register")
    (folder / ".quoth").mkdir()
    (folder / ".quoth" / "models").symlink_to(indexed_folder / ".quoth" / "models")
    (folder / "documents").mkdir()
    for volume in range(11):
        entries = [
            f"## {n}\n\n{ANIMALS[n % 9].capitalize()} at mile {n * 7 % 997}.\n"
            for n in range(volume * 100, volume * 100 + 100)
        ]
        text = "\n".join(["# Register\n", *entries])
        (folder / "documents" / f"register-{volume}.md").write_text(text)
    (folder / "documents" / "warden.md").write_text(
        "# The warden\n\nThe warden of the reserve is Ada Penrose.\n"
    )
    assert run(folder, "sync").exit_code == 0
    assert sorted(path.name for path in (folder / ".quoth" / "chroma").glob("*/*")) == sorted(GRAPH)
    return folder


@pytest.fixture
def folder(register: Path, tmp_path: Path) -> Path:
    copied = tmp_path / "copied"
    shutil.copytree(register, copied, symlinks=True)
    assert run(copied, "sync").exit_code == 0  # it is where it is now
    return copied


def do_damage(folder: Path, pattern: str, damage: Damage) -> None:
    (file,) = (folder / ".quoth").glob(pattern)
    damage(file)


@pytest.fixture(autouse=True)
def nothing_panics(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Fail where something wrote a trace past the streams of Python, as Rust does."""
    yield
    said = "".join(capfd.readouterr())
    assert "panicked" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("damage", [cut_off, zeroed], ids=lambda each: each.__name__)
def test_what_people_added_is_never_thrown_away(folder: Path, damage: Damage) -> None:
    file = folder / ".quoth" / "additions.sqlite"
    damage(file)
    content = file.read_bytes()
    for name in ("ask", "search", "sources"):
        assert run(folder, *COMMANDS[name]).exit_code == 0
    (folder / "documents" / "later.md").write_text("# Later\n\nA later page.\n")
    asked = run(folder, *COMMANDS["ask"])
    assert (asked.exit_code, "is Ada Penrose" in asked.stdout) == (0, True)
    assert "restore a backup with `quoth restore FILE --yes`" in asked.stderr
    synced = run(folder, "sync")
    assert (synced.exit_code, synced.stdout) == (2, "")
    assert "restore a backup with `quoth restore FILE --yes`" in synced.stderr
    checked = run(folder, "doctor")
    assert checked.exit_code == 2
    assert "damaged: " in checked.stdout
    assert run(folder, "backup", "home.zip").exit_code == 2
    assert file.read_bytes() == content


@pytest.mark.limit(400)
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=named(case), marks=[] if case in ONE_OF_EACH else pytest.mark.long)
        for case in DERIVED
    ],
)
def test_what_is_derived_is_made_again(
    folder: Path, case: tuple[str, Damage], command: str, caplog: pytest.LogCaptureFixture
) -> None:
    do_damage(folder, *case)
    done = run(folder, *COMMANDS[command])
    if case == ("catalog.sqlite", overwritten) and done.exit_code == 2 and command != "doctor":
        # It opens, and the damage is met later: a sentence now, and the next opening mends it.
        assert "is damaged" in done.stderr
        done = run(folder, *COMMANDS[command])
    said = done.stdout + done.stderr + caplog.text
    assert "Traceback" not in said
    assert "unforeseen" not in said
    if command == "ask":
        assert (done.exit_code, "is Ada Penrose" in done.stdout) == (0, True), said
    elif command == "search":
        assert (done.exit_code, "warden.md" in done.stdout) == (0, True), said
    elif command == "sync":
        assert done.exit_code == 0, said
        assert "1,101 passages" in done.stdout
        assert (
            "ok       vectors         embedded Chroma, 1,101 vectors"
            in run(folder, "doctor").stdout
        )
    elif command == "doctor":
        assert "damaged" in said or "not in step" in said or "nothing is indexed" in said, said
        assert done.exit_code in (0, 2)
    elif command == "sources":
        assert done.exit_code == 0
        assert "warden.md" in done.stdout or "Nothing is indexed" in done.stderr


ALWAYS_HARMED = [
    (vectors_of_others, False),
    (links_lost, False),
    (rows_lost, False),
    (vectors_of_others, True),
]
"""Those that are always tried: other vectors, no neighbours, no rows, and one that was noted."""


def is_whole(folder: Path) -> bool:
    return "ok       vectors         embedded Chroma, 1,101 vectors" in run(folder, "doctor").stdout


@pytest.mark.limit(400)
@pytest.mark.parametrize(
    ("harm", "noted"),
    [
        pytest.param(
            *case,
            id=f"{case[0].__name__}-{'noted' if case[1] else 'unnoted'}",
            marks=[] if case in ALWAYS_HARMED else pytest.mark.long,
        )
        for case in itertools.product(HARMS, (False, True))
    ],
)
def test_vectors_that_chroma_reads_and_the_catalog_does_not_know_are_made_again(
    folder: Path, harm: Harm, noted: bool
) -> None:
    """With a note, a writer of an earlier release took what it found for what should be there."""
    home = folder / ".quoth"
    harm(home / "chroma")
    if noted:
        record_state(str(home))
    else:
        (home / CHROMA_STATE_FILE).unlink()
    checked = run(folder, "doctor")
    assert checked.exit_code == 2
    assert "problem  vectors         The vector store" in checked.stdout
    assert "is damaged" in checked.stdout
    asked = run(folder, *COMMANDS["ask"])
    assert (asked.exit_code, "is Ada Penrose" in asked.stdout) == (0, True)
    synced = run(folder, "sync", "--json")
    assert (synced.exit_code, json.loads(synced.stdout)["embedded"]) == (0, 0)
    assert is_whole(folder)


@pytest.mark.long
@pytest.mark.limit(400)
def test_vectors_of_another_day_are_made_again(folder: Path, tmp_path: Path) -> None:
    """As in a copy of a home in use, whose files are from before and after a synchronisation."""
    home, before = folder / ".quoth", tmp_path / "before"
    shutil.copytree(home / "chroma", before)
    (folder / "documents" / "warden.md").write_text("# The warden\n\nIt is Ada Penrose now.\n")
    assert run(folder, "sync").exit_code == 0
    gone(home / "chroma")
    before.rename(home / "chroma")
    (home / CHROMA_STATE_FILE).unlink()
    assert "has 1 too many" in run(folder, "doctor").stdout
    synced = run(folder, "sync", "--json")
    assert (synced.exit_code, json.loads(synced.stdout)["embedded"]) == (0, 0)
    assert is_whole(folder)


def test_a_home_of_a_killed_writer_that_is_whole_is_left_as_it_is(folder: Path) -> None:
    home = folder / ".quoth"
    (graph,) = (home / "chroma").glob("*/data_level0.bin")
    before = graph.stat().st_ino
    (home / CHROMA_STATE_FILE).unlink()
    assert run(folder, "sync").exit_code == 0
    assert graph.stat().st_ino == before
    assert is_whole(folder)


def test_where_no_vectors_can_be_had_words_are_searched_and_one_sentence_says_so(
    copied_folder: Path,
) -> None:
    home = copied_folder / ".quoth"
    assert run(copied_folder, "sync").exit_code == 0
    with closing(sqlite3.connect(home / "vectors.sqlite")) as connection:
        connection.execute("UPDATE vectors SET vector = x''")  # as in a home of an older release
        connection.commit()
    gone(home / "chroma")
    with write_lock(home, seconds=1):  # somebody is about to make it again
        done = run(copied_folder, "ask", "what are the UN prerequisites?")
    assert done.exit_code in (0, 1)
    assert WORDS_ONLY in done.stdout
    done = run(copied_folder, "ask", "what are the UN prerequisites?")
    assert (done.exit_code, WORDS_ONLY in done.stdout) == (0, False)
