"""The quick check for changes: as truthful as the synchronisation it spares."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from index.config import ChunkConfig
from index.errors import EmbeddingError
from index.load.folder_walk import scan
from index.protocols import EmbeddingInput, PassageVectors
from index.store.catalog_format import CHUNKING_VERSION, recipe
from index.sync.additions import Addition
from index.sync.survey import HIDDEN, survey, too_recent
from index.sync.unchanged import UnchangedSummary, unchanged
from tests.doubles.fakes import HashingEmbedder
from tests.doubles.homes import Home, age, open_home, put, synchroniser, write_documents


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An index in step, some of whose files cannot be read."""
    write_documents(tmp_path / "docs", a="The red fox.", sub__b="The mandate.")
    put(tmp_path / "docs" / "broken.pdf", b"%PDF-1.7 nonsense")
    put(tmp_path / "docs" / "slides.pptx", b"PK")
    put(tmp_path / "docs" / "photo.gif", b"\x89PNG")
    with open_home(tmp_path / "home", tmp_path / "docs") as opened:
        opened.sync()
        yield opened


class Broken(HashingEmbedder):
    """Never works."""

    def embed_passages(self, passages: Sequence[EmbeddingInput]) -> list[PassageVectors]:
        raise EmbeddingError("The model is out of order.")


def check(home: Home, *, model: str = "hashing", cut: str = "test/40") -> UnchangedSummary | None:
    """Ask whether anything changed, once the clock has moved past what was just written."""
    time.sleep(0.025)
    return check_now(home, model=model, cut=cut)


def check_now(
    home: Home, *, model: str = "hashing", cut: str = "test/40"
) -> UnchangedSummary | None:
    return unchanged(home.path, home.documents, "documents", model=model, cut=cut)


def test_it_reports_what_the_synchronisation_would(home: Home) -> None:
    found = check(home)
    report = home.synchroniser.sync_folder("documents", home.documents)
    assert found is not None
    assert (found.unchanged, found.passages) == (report.unchanged, report.passages) == (2, 2)
    assert found.failed == tuple((each.source, each.reason) for each in report.failed)
    assert [source for source, _ in found.failed] == ["broken.pdf", "slides.pptx"]


def touch(home: Home) -> None:
    age(home.documents / "a.txt", time.time_ns() - 9_000_000_007)


def rewrite_in_place(home: Home) -> None:
    before = (home.documents / "a.txt").stat()
    (home.documents / "a.txt").write_text("The shy fox.")
    age(home.documents / "a.txt", before.st_mtime_ns)


def add_in_subfolder(home: Home) -> None:
    put(home.documents / "sub" / "deep" / "c.md", "More.")


def delete(home: Home) -> None:
    (home.documents / "sub" / "b.txt").unlink()


def rename(home: Home) -> None:
    (home.documents / "a.txt").rename(home.documents / "A.txt")


def mend(home: Home) -> None:
    (home.documents / "broken.pdf").unlink()


def protect(home: Home) -> None:
    (home.documents / "a.txt").chmod(0)


def protect_folder(home: Home) -> None:
    (home.documents / "sub").chmod(0o500)


def link_a_folder(home: Home) -> None:
    (home.documents / "link").symlink_to(home.path)


def link_to_nothing(home: Home) -> None:
    (home.documents / "link.txt").symlink_to("nothing")


def replace_by_folder(home: Home) -> None:
    (home.documents / "a.txt").unlink()
    (home.documents / "a.txt").mkdir()


def lose_the_folder(home: Home) -> None:
    shutil.rmtree(home.documents)


def lose_chroma(home: Home) -> None:
    home.vectors.close()
    shutil.rmtree(home.path / "chroma")


def lose_the_catalog(home: Home) -> None:
    home.catalog.close()
    (home.path / "catalog.sqlite").unlink()


def damage_the_catalog(home: Home) -> None:
    home.catalog.close()
    (home.path / "catalog.sqlite").write_bytes(b"nonsense" * 999)


def fail_half_way(home: Home) -> None:
    path = home.documents / "a.txt"
    text, before = path.read_text(), path.stat()
    put(path, "The new fox.")
    broken = synchroniser(home.catalog, home.vectors, Broken())
    with pytest.raises(EmbeddingError):
        broken.sync_folder("documents", home.documents)
    path.write_text(text)
    age(path, before.st_mtime_ns)


def remove_by_hand(home: Home) -> None:
    home.synchroniser.remove("documents", "a.txt")


def add_by_hand(home: Home) -> None:
    addition = Addition(uri="a.txt", document=home.documents / "sub" / "b.txt")
    home.synchroniser.add("documents", [addition])


CHANGES = [
    touch, rewrite_in_place, add_in_subfolder, delete, rename, mend, protect, protect_folder,
    link_a_folder, link_to_nothing, replace_by_folder, lose_the_folder,
    lose_chroma, lose_the_catalog, damage_the_catalog, fail_half_way,
    remove_by_hand, add_by_hand,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_any_change_calls_for_the_real_synchronisation(
    home: Home, change: Callable[[Home], None]
) -> None:
    assert check(home) is not None
    change(home)
    assert check(home) is None


@pytest.mark.parametrize("changes", [{"model": "other"}, {"cut": "9/9"}])
def test_another_configuration_calls_for_the_real_one(home: Home, changes: dict[str, str]) -> None:
    assert check(home, **changes) is None


def test_another_folder_or_collection_calls_for_the_real_one(home: Home) -> None:
    shutil.copytree(home.documents, home.documents.with_name("copy"))
    asked = partial(unchanged, model="hashing", cut="test/40")
    assert asked(home.path, home.documents) is not None
    assert asked(home.path, home.documents.with_name("copy")) is None
    assert asked(home.path, home.documents, "other") is None
    assert asked(home.path.with_name("none"), home.documents) is None
    assert not home.path.with_name("none").exists()


def test_the_folder_may_be_named_in_any_way(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home.documents.parent)
    time.sleep(0.025)
    for name in ("docs", "docs/", "./docs", "docs/../docs", str(home.documents)):
        assert unchanged("home", name, model="hashing", cut="test/40") is not None


def test_hidden_files_do_not_matter(home: Home) -> None:
    put(home.documents / ".git" / "index", "changes all the time")
    put(home.documents / "~$a.txt", "a lock of an office program")
    assert check(home) is not None


def test_what_is_hidden_here_is_hidden_from_the_walk(tmp_path: Path) -> None:
    for beginning in HIDDEN:
        put(tmp_path / f"{beginning}a.txt", "text")
        put(tmp_path / f"{beginning}folder" / "a.txt", "text")
    assert scan(tmp_path).files == ()


def test_what_was_written_this_instant_is_not_trusted(tmp_path: Path) -> None:
    def survey_at_once() -> str | None:
        (tmp_path / "a.txt").write_text("The sly fox.")
        return survey(str(tmp_path))

    assert any(survey_at_once() is None for _ in range(100)), "a busy machine may be slow once"
    time.sleep(0.025)
    assert survey(str(tmp_path)) is not None


def test_a_time_in_the_future_does_not_matter(home: Home) -> None:
    age(home.documents / "a.txt", time.time_ns() + 10**15)
    home.sync()
    assert check(home) is not None


@pytest.mark.parametrize(
    ("changed", "now", "expected"),
    [
        pytest.param(5_000_000_001, 5_010_000_000, True, id="a tick ago"),
        pytest.param(5_000_000_001, 5_030_000_000, False, id="two ticks ago"),
        pytest.param(5_000_000_000, 6_500_000_000, True, id="whole seconds, a second ago"),
        pytest.param(5_000_000_000, 7_500_000_000, False, id="whole seconds, long ago"),
        pytest.param(9_000_000_001, 5_000_000_000, True, id="in the future"),
    ],
)
def test_how_recent_is_too_recent(changed: int, now: int, expected: bool) -> None:
    assert too_recent(changed, now) is expected


def test_links_that_lead_in_circles_end(tmp_path: Path) -> None:
    put(tmp_path / "a" / "b" / "c.txt", "text")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path / "a")
    (tmp_path / "self").symlink_to("self")
    time.sleep(0.025)
    assert survey(str(tmp_path)) == survey(str(tmp_path)) is not None


def test_names_that_are_not_utf8_are_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.txt")).write_bytes(b"text")
    time.sleep(0.025)
    assert survey(str(tmp_path)) is not None


def test_a_home_with_signs_in_its_name(tmp_path: Path) -> None:
    write_documents(tmp_path / "docs", a="The red fox.")
    with open_home(tmp_path / "100% #1?", tmp_path / "docs") as home:
        home.sync()
        assert check(home) is not None


def test_failures_with_strange_names_are_read_back(home: Home) -> None:
    put(home.documents / "two\nlines \\n Ünicode 東京.pdf", b"%PDF-1.7 nonsense")
    home.sync()
    found = check(home)
    assert found is not None
    report = home.synchroniser.sync_folder("documents", home.documents)
    assert found.failed == tuple((each.source, each.reason) for each in report.failed)


def test_a_note_that_was_cut_off_is_not_believed(home: Home) -> None:
    note = home.path / "unchanged"
    whole = note.read_text()
    for length in range(0, len(whole), 7):
        note.write_text(whole[:length])
        assert check_now(home) is None


def test_a_writer_does_not_keep_it_waiting(home: Home) -> None:
    other = sqlite3.connect(home.path / "catalog.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert check(home) is not None
    other.execute("ROLLBACK")
    other.close()


def test_the_default_recipe_is_that_of_the_default_configuration() -> None:
    assert recipe() == recipe(ChunkConfig().max_tokens) == f"{CHUNKING_VERSION}/220"


def test_it_imports_next_to_nothing() -> None:
    heavy = ["pydantic", "numpy", "json", "pathlib", "typing", "dataclasses", "re", "chromadb"]
    code = f"import sys, index.sync.unchanged; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
