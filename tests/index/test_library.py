"""The index as commands and the bot hold it: two holders of one home, parts opened once."""

import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bot.settings import load_settings
from index.embed.lazy_models import Once
from index.errors import IndexHeld, IndexLocked, InexactName, QuothError
from index.library import Library, open_library
from index.protocols import EmbeddingInput, PassageVectors, Vectors
from index.store.chroma_state import forget_state
from index.store.write_lock import write_lock


def write(folder: Path, name: str, text: str) -> None:
    (folder / "documents" / name).write_text(text, encoding="utf-8")


def found(library: Library, words: str) -> list[str]:
    return [
        hit.source.uri
        for hit in library.searcher.find(words, collections=["documents"], limit=5).hits
    ]


def test_a_reader_sees_what_another_process_writes(own_folder: Path) -> None:
    settings = load_settings({}, own_folder)
    write(own_folder, "tides.md", "# Tides\n\nThe moon pulls the sea twice a day.\n")
    with open_library(settings.index) as reader, open_library(settings.index) as writer:
        writer.bring_in_step()
        assert found(reader, "What does the moon do?") == ["tides.md"]
        write(own_folder, "lions.md", "# Lions\n\nLions sleep for twenty hours a day.\n")
        writer.bring_in_step()
        (hit,) = (
            hit
            for hit in reader.searcher.find(
                "How long do lions sleep?", collections=["documents"], limit=5
            ).hits
            if hit.source.uri == "lions.md"
        )
        assert hit.dense_rank == 1
        (own_folder / "documents" / "lions.md").unlink()
        writer.bring_in_step()
        assert "lions.md" not in found(reader, "How long do lions sleep?")


def test_nothing_changed_opens_nothing(own_folder: Path) -> None:
    settings = load_settings({}, own_folder)
    write(own_folder, "tides.md", "# Tides\n\nThe moon pulls the sea.\n")
    with open_library(settings.index) as library:
        library.bring_in_step()
    with open_library(settings.index) as library:
        while library.bring_in_step() is not None:  # files younger than the clock is fine
            pass
    with open_library(settings.index) as library:
        assert library.bring_in_step() is None
        assert library.models._embedder.built is None
        assert library._parts.opened_vectors.built is None


def test_a_second_writer_is_told_who_writes(own_folder: Path) -> None:
    settings = load_settings({}, own_folder)
    write(own_folder, "tides.md", "# Tides\n\nThe moon pulls the sea.\n")
    with open_library(settings.index) as library:
        library.bring_in_step()
        write(own_folder, "lions.md", "# Lions\n\nLions sleep.\n")
        with write_lock(settings.home, seconds=1), pytest.raises(IndexLocked, match="process"):
            library.bring_in_step()
        report = library.bring_in_step()
        assert report is not None
        assert report.added == 1


def test_removal_wants_the_exact_name(own_folder: Path) -> None:
    write(own_folder, "tides.md", "# Tides\n\nThe moon pulls the sea.\n")
    with open_library(load_settings({}, own_folder).index) as library:
        library.bring_in_step()
        with pytest.raises(InexactName, match=r"Did you mean 'tides\.md'"):
            library.find_exactly("tid", "documents")
        assert library.find_exactly("tides.md", "documents").title == "Tides"


def test_a_part_is_built_once_however_many_threads_ask() -> None:
    built: list[int] = []
    gate = threading.Event()

    def build() -> int:
        gate.wait(10)
        built.append(1)
        return len(built)

    part = Once(build)
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(part())) for _ in range(5)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert (built, results) == ([1], [1] * 5)


def test_a_part_that_failed_is_tried_again() -> None:
    attempts: list[int] = []

    def build() -> str:
        attempts.append(1)
        if len(attempts) == 1:
            raise QuothError("not yet")
        return "built"

    part = Once(build)
    with pytest.raises(QuothError):
        part()
    assert part.built is None
    assert part() == "built"


class TinyEmbedder:
    """Another embedding model: three dimensions, by length."""

    model = "tiny/three"
    dimension = 3

    def embed(self, texts: Sequence[str]) -> Vectors:
        rows = np.array([[1.0, len(text) % 7, len(text) % 5] for text in texts], np.float32)
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def embed_passages(self, passages: Sequence[EmbeddingInput]) -> list[PassageVectors]:
        vectors = self.embed([passage.text for passage in passages])
        return [PassageVectors(vector, None) for vector in vectors]


def test_sync_builds_every_collection_anew_for_another_model(own_folder: Path) -> None:
    settings = load_settings({}, own_folder)
    write(own_folder, "tides.md", "# Tides\n\nThe moon pulls the sea.\n")
    (own_folder / "minutes.md").write_text("# Minutes\n\nThe board met.\n")
    with open_library(settings.index) as library:
        library.sync("documents")
        library.add([str(own_folder / "minutes.md")], "board")
    with open_library(settings.index) as library:
        library.models._embedder = Once(TinyEmbedder)
        assert library.synchroniser.mismatched() == ["board", "documents"]
        report = library.sync("board")
        assert (report.unchanged, report.failed) == (1, ())
        assert library.synchroniser.mismatched() == []
        models = {one.collection: one.model for one in library.catalog.builds()}
    assert models == {"board": "tiny/three", "documents": "tiny/three"}


def test_what_people_added_is_restored_without_a_documents_folder(own_folder: Path) -> None:
    settings = load_settings({}, own_folder)
    (own_folder / "documents").rmdir()
    with open_library(settings.index) as library:
        library.add_text("documents", "note.txt", "Lions sleep.", title="Lions", added_by="Ada")
    shutil.rmtree(settings.home / "chroma")
    for file in settings.home.glob("catalog.sqlite*"):
        file.unlink()
    with open_library(settings.index) as library:
        assert library.is_empty()
        assert library.bring_in_step() is None
        (entry,) = library.sources("documents")
        assert (entry.title, entry.added_by) == ("Lions", "Ada")
        assert found(library, "How do lions sleep?") == ["note.txt"]
    with open_library(settings.index) as library:
        assert library.bring_in_step() is None
        assert library.models._embedder.built is None


EXCLUSIVE = """
import sqlite3, sys
try:
    catalog = sqlite3.connect(sys.argv[1], timeout=0)
    (mode,) = catalog.execute("PRAGMA journal_mode = DELETE").fetchone()
except sqlite3.OperationalError as error:
    mode = str(error)
print(mode)
"""


@pytest.mark.parametrize("changed", [True, False], ids=["after a pass", "when nothing changed"])
def test_looking_for_changes_leaves_the_locks_of_the_catalog_alone(
    own_folder: Path, changed: bool
) -> None:
    """On POSIX, closing any descriptor of a file drops every lock that the process has on it."""
    settings = load_settings({}, own_folder)
    write(own_folder, "tides.md", "# Tides\n\nThe moon pulls the sea twice a day.\n")
    if not changed:
        with open_library(settings.index) as library:
            library.bring_in_step()
    with open_library(settings.index) as library:
        library.catalog.stats()
        assert (library.bring_in_step() is not None) is changed
        done = subprocess.run(
            [sys.executable, "-c", EXCLUSIVE, str(library.catalog.path)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == "database is locked\n"


def test_an_index_of_a_model_that_is_not_allowed_is_searched_by_words_and_left_as_it_is(
    own_folder: Path,
) -> None:
    write(own_folder, "tides.md", "The tide turns at noon.")
    config = load_settings({}, own_folder).index
    with open_library(config) as library:
        library.bring_in_step()
        with library.catalog.transaction() as connection:
            connection.execute("UPDATE builds SET model = 'openai/some-model'")
    write(own_folder, "moon.md", "The moon pulls the tide.")
    with open_library(config.model_copy(update={"withheld": True})) as library:
        assert library.bring_in_step() is None
        assert found(library, "tide") == ["tides.md"]
        with pytest.raises(IndexHeld, match="quoth trust"):
            library.sync("documents")
        with pytest.raises(IndexHeld):
            _ = library.vectors
        assert [build.model for build in library.catalog.builds()] == ["openai/some-model"]


def test_while_another_process_writes_vectors_come_from_the_catalog(own_folder: Path) -> None:
    settings = load_settings({}, own_folder)
    write(own_folder, "tides.md", "# Tides\n\nThe moon pulls the sea twice a day.\n")
    with open_library(settings.index) as library:
        library.bring_in_step()
        findings = library.searcher.find("What does the moon do?", collections=["documents"])
    with open_library(settings.index) as reader, write_lock(settings.home, seconds=1):
        forget_state(str(settings.home))  # as a writer does first
        meanwhile = reader.searcher.find("What does the moon do?", collections=["documents"])
        assert reader.vectors._opened is None
    (hit,), (usual,) = meanwhile.hits, findings.hits
    assert (hit.passage, hit.dense_rank) == (usual.passage, 1)
    assert hit.score == pytest.approx(usual.score, abs=1e-5)
    assert not meanwhile.words_only
