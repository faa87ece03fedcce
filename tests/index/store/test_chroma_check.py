"""Files of Chroma that are not what a writer left: noticed, asked elsewhere, made again."""

import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from index.errors import StoreError, VectorsAway
from index.protocols import VectorRow
from index.store.catalog import Catalog
from index.store.chroma_check import DamagedVectors, check_chroma, probe_chroma
from index.store.chroma_state import broken_file, forget_state, is_settled, looks_settled
from index.store.chroma_vectors import ChromaVectors
from tests.conftest import ROOT
from tests.doubles.damage import Damage, cut_off, emptied, overwritten, zeroed
from tests.doubles.homes import Home, contents, open_home, write_documents
from tests.doubles.small_disks import read_only


def fill(home: Path, rows: int = 3) -> None:
    vectors = ChromaVectors(home)
    given = np.eye(8, dtype=np.float32)
    vectors.upsert(
        "documents", [VectorRow(f"p{n}", given[n], f"text {n}", {"n": n}) for n in range(rows)]
    )
    vectors.settle()
    vectors.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    fill(tmp_path)
    return tmp_path


def stamps(home: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes())
        for path in (home / "chroma").rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("rows", [1, 3], ids=["one row", "three rows"])
def test_reading_leaves_every_file_as_it_is(tmp_path: Path, rows: int) -> None:
    fill(tmp_path, rows)
    before = stamps(tmp_path)
    for _ in range(2):
        vectors = ChromaVectors(tmp_path)
        assert len(vectors.query("documents", np.eye(8, dtype=np.float32)[0], 5)) == rows
        assert vectors.count("documents") == rows
        assert len(vectors.ids("documents")) == rows
        vectors.close()
    assert stamps(tmp_path) == before
    assert is_settled(str(tmp_path))


def test_what_another_version_of_chroma_made_is_written_to_once(home: Path) -> None:
    with sqlite3.connect(home / "chroma" / "chroma.sqlite3") as connection:
        connection.execute("DROP TRIGGER quoth_leaves_no_trace")
    connection.close()
    for _ in range(2):
        vectors = ChromaVectors(home)
        vectors.count("documents")
        vectors.close()
        before = stamps(home)
    vectors = ChromaVectors(home)
    vectors.count("documents")
    vectors.close()
    assert stamps(home) == before


def test_a_writer_takes_the_note_away_and_leaves_it_when_it_is_done(home: Path) -> None:
    vectors = ChromaVectors(home)
    assert looks_settled(str(home))
    vectors.delete("documents", ["p0"])
    assert not looks_settled(str(home))
    vectors.settle()
    assert is_settled(str(home))
    vectors.close()


def test_damage_that_keeps_size_and_time_is_found(home: Path) -> None:
    (file,) = (home / "chroma").glob("*/data_level0.bin")
    times = file.stat()
    overwritten(file)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert looks_settled(str(home))
    assert str(broken_file(str(home))).endswith("/data_level0.bin")
    with pytest.raises(DamagedVectors, match=r"data_level0\.bin is not what it was"):
        check_chroma(home)


def test_a_copied_home_is_asked_and_trusted(home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for name in ("chroma", "chroma.state"):
        source = home / name
        copy.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy / name, copy_function=shutil.copyfile)
        else:
            shutil.copyfile(source, copy / name)
    assert not looks_settled(str(copy))
    check_chroma(copy)


@pytest.mark.parametrize(
    ("pattern", "damage"),
    [
        ("*/index_metadata.pickle", cut_off),
        ("*/data_level0.bin", emptied),
        ("*/header.bin", zeroed),
        ("chroma.sqlite3", overwritten),
        ("chroma.sqlite3", cut_off),
    ],
)
def test_damage_to_files_that_nobody_noted_is_found_by_asking(
    home: Path, pattern: str, damage: Damage
) -> None:
    forget_state(str(home))
    (file,) = (home / "chroma").glob(pattern)
    damage(file)
    with pytest.raises(DamagedVectors, match="is built again from the catalog"):
        check_chroma(home)


def test_a_chroma_that_cannot_be_loaded_is_no_damage(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "chromadb", None)
    vectors = ChromaVectors(home, current=lambda _: "c")
    with pytest.raises(StoreError, match="Install Quoth again") as failure:
        vectors.count("c")
    assert not isinstance(failure.value, DamagedVectors)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_probe_that_does_not_end_is_ended_without_its_parent(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "chroma.sqlite3")  # whoever opens it waits for a writer
    command = [sys.executable, "-P", "-m", "index.store.chroma_probe", str(tmp_path), "1"]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environ, timeout=60, check=False)
    assert done.returncode == -signal.SIGALRM


def test_a_whole_store_that_nobody_noted_is_trusted(home: Path) -> None:
    forget_state(str(home))
    check_chroma(home)
    probe_chroma(home / "chroma")


def test_files_that_can_only_be_read_are_not_opened(home: Path) -> None:
    with read_only(home), pytest.raises(VectorsAway, match="can only be read"):
        ChromaVectors(home).count("documents")


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Home]:
    write_documents(tmp_path / "docs", fox="The red fox runs.", river="The river is wide.")
    with open_home(tmp_path / "home", tmp_path / "docs") as home:
        home.sync()
        yield home


def test_chroma_is_made_again_without_embedding_anything(
    filled: Home, caplog: pytest.LogCaptureFixture
) -> None:
    before = contents(filled)
    filled.vectors.close()
    (file,) = (filled.path / "chroma").glob("*/data_level0.bin")
    overwritten(file)
    embedded = len(filled.embedder.passages)
    steps: list[tuple[int, int]] = []
    with caplog.at_level(logging.WARNING):
        missing = filled.synchroniser.repair(lambda done, total, _: steps.append((done, total)))
    assert missing == 2
    assert steps == [(0, 2)]
    assert "is damaged" in caplog.text
    assert len(filled.embedder.passages) == embedded
    assert contents(filled) == before
    assert is_settled(str(filled.path))


def test_without_chroma_the_catalog_finds_the_same(filled: Home) -> None:
    vector = filled.embedder.embed(["fox"])[0]
    near = filled.vectors.query("documents", vector, 5)
    kept = filled.catalog.nearest("documents", vector, 5)
    assert [id for id, _ in kept] == [id for id, _ in near]
    assert [cosine for _, cosine in kept] == pytest.approx([cosine for _, cosine in near], abs=1e-5)
    assert filled.catalog.nearest("documents", vector[:3], 5) == []
    assert filled.catalog.nearest("elsewhere", vector, 5) == []


def test_vectors_that_are_held_to_be_compared_follow_every_change(filled: Home) -> None:
    vector = filled.embedder.embed(["fox"])[0]
    with closing(Catalog(filled.path)) as reader:
        before = reader.nearest("documents", vector, 9)
        assert reader.nearest("documents", vector, 9) == before
        write_documents(filled.documents, owl="The owl sleeps by day.")
        filled.sync()
        added = reader.nearest("documents", vector, 9)
        assert len(added) == len(before) + 1
        assert {id for id, _ in before} < {id for id, _ in added}
        next(filled.documents.glob("owl*")).unlink()
        filled.sync()
        assert reader.nearest("documents", vector, 9) == before


def test_an_older_catalog_takes_over_the_vectors_that_chroma_has(filled: Home) -> None:
    before, embedded = contents(filled), len(filled.embedder.passages)
    with filled.catalog.transaction() as connection:
        connection.execute("UPDATE vector_file.vectors SET vector = x''")
        connection.execute("UPDATE builds SET dirty = 1")
    assert filled.catalog.nearest("documents", filled.embedder.embed(["fox"])[0], 5) == []
    filled.sync()
    assert len(filled.embedder.passages) == embedded
    assert len(filled.catalog.nearest("documents", filled.embedder.embed(["fox"])[0], 5)) == 2
    assert contents(filled) == before


def test_a_store_in_use_by_another_program_is_not_damage(home: Path) -> None:
    # A program of its own: an engine of this one that closes the file late takes its locks off.
    code = (
        "import sqlite3, sys; file = sqlite3.connect(sys.argv[1]); "
        "file.execute('BEGIN EXCLUSIVE'); print(flush=True); input()"
    )
    command = [sys.executable, "-c", code, str(home / "chroma" / "chroma.sqlite3")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        forget_state(str(home))
        with pytest.raises(StoreError, match="locked by another program") as failed:
            check_chroma(home)
        other.communicate(b"\n")
    assert not isinstance(failed.value, DamagedVectors)
