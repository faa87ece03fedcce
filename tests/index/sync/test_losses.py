"""What vanishes together stays in the index, marked, until it is confirmed or comes back."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.errors import ConfigurationError
from index.store.catalog import Catalog
from index.sync.folder_pass import Forget
from index.sync.losses import gone_folders, held_back
from tests.conftest import ROOT
from tests.doubles.homes import Home, contents, open_home, put

DOCUMENTS = {
    "board/2024/minutes.txt": "The board met in May.",
    "board/2025/agenda.txt": "The board meets in June.",
    "board/rules.txt": "The board has five members.",
    "notes/birds.txt": "Owls sleep by day.",
    "notes/fish.txt": "Eels swim at night.",
    "notes/trees.txt": "Oaks grow slowly.",
    "notes/moss.txt": "Moss grows on stones.",
    "welcome.txt": "Welcome to the river club.",
}


def write_all(folder: Path) -> None:
    for uri, text in DOCUMENTS.items():
        put(folder / uri, text)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An index of eight files in two folders that is in step."""
    write_all(tmp_path / "docs")
    with open_home(tmp_path / "home", tmp_path / "docs") as opened:
        assert opened.sync()["added"] == 8
        opened.embedder.passages.clear()
        yield opened


def lose_folder(home: Home) -> None:
    shutil.rmtree(home.documents / "board")


def empty_mount_point(home: Home) -> None:
    lose_folder(home)
    (home.documents / "board").mkdir()


def lose_most(home: Home) -> None:
    for name in ("birds", "fish", "trees"):
        (home.documents / "notes" / f"{name}.txt").unlink()
    (home.documents / "board" / "rules.txt").unlink()
    (home.documents / "welcome.txt").unlink()


def lose_all(home: Home) -> None:
    shutil.rmtree(home.documents)
    home.documents.mkdir()


def lose_the_folder_itself(home: Home) -> None:
    shutil.rmtree(home.documents)


LOSSES = [
    (lose_folder, 3, {"board": 3}),
    (empty_mount_point, 3, {"board": 3}),
    (lose_most, 5, {}),
    (lose_all, 8, {".": 8}),
    (lose_the_folder_itself, 8, {".": 8}),
]


@pytest.mark.parametrize(("lose", "missing", "folders"), LOSSES)
def test_a_loss_is_told_marked_and_not_believed(
    home: Home, lose: Callable[[Home], None], missing: int, folders: dict[str, int]
) -> None:
    before = contents(home)
    lose(home)
    for _ in range(2):
        report = home.sync()
        assert (report["missing"], report.get("missing_folders", {})) == (missing, folders)
        assert contents(home) == before
    marked = [entry for entry in home.catalog.sources("documents") if entry.missing]
    assert len(marked) == missing
    assert all(home.catalog.source(entry.id).missing for entry in marked)
    assert not any((home.documents / entry.uri).exists() for entry in marked)


@pytest.mark.parametrize(("lose", "missing", "folders"), LOSSES)
def test_what_comes_back_is_not_read_again(
    home: Home, lose: Callable[[Home], None], missing: int, folders: dict[str, int]
) -> None:
    lose(home)
    home.sync()
    write_all(home.documents)  # as a copy would: other times, other inodes
    assert home.sync() == {"unchanged": 8, "passages": 8}
    assert home.embedder.passages == []
    assert home.catalog.missing("documents") == set()


@pytest.mark.parametrize(("lose", "missing", "folders"), LOSSES)
@pytest.mark.parametrize("which", ["all", "marked"])
def test_a_confirmed_loss_leaves_an_index_like_new(
    home: Home, lose: Callable[[Home], None], missing: int, folders: dict[str, int], which: Forget
) -> None:
    lose(home)
    home.sync()
    assert home.sync(forget=which)["removed"] == missing
    assert home.catalog.missing("documents") == set()
    home.documents.mkdir(exist_ok=True)
    with open_home(home.path.parent / "fresh", home.documents) as fresh:
        fresh.sync()
        assert contents(home) == contents(fresh)
        assert contents(home)["in chroma"] == contents(home)["not in chroma"] == set()


def test_what_was_confirmed_is_forgotten_and_no_more(home: Home) -> None:
    lose_folder(home)
    home.sync()
    lose_all(home)  # after the person has seen that three are missing
    report = home.sync(forget="marked")
    assert (report["removed"], report["missing"]) == (3, 5)


def test_what_is_new_or_edited_is_taken_in_all_the_same(home: Home) -> None:
    lose_folder(home)
    put(home.documents / "notes" / "new.txt", "Herons stand still.")
    put(home.documents / "welcome.txt", "Welcome to the lake club.")
    report = home.sync()
    assert (report["added"], report["updated"], report["missing"]) == (1, 1, 3)
    assert "removed" not in report


def test_one_file_that_is_deleted_beside_a_lost_folder_is_forgotten(home: Home) -> None:
    lose_folder(home)
    (home.documents / "welcome.txt").unlink()
    report = home.sync()
    assert (report["removed"], report["missing"]) == (1, 3)


def test_a_loss_is_not_outgrown(home: Home) -> None:
    lose_most(home)
    home.sync()
    for number in range(20):
        put(home.documents / f"{number}.txt", f"Number {number} of many.")
    assert home.sync()["missing"] == 5
    for number in range(20):
        (home.documents / f"{number}.txt").unlink()
    assert home.sync()["missing"] >= 5


def test_a_loss_is_not_outgrown_by_what_comes_at_the_same_time(home: Home) -> None:
    lose_most(home)
    for number in range(20):
        put(home.documents / f"{number}.txt", f"Number {number} of many.")
    assert home.sync()["missing"] == 5


@pytest.mark.parametrize("to", ["archive", "deep/er/archive"])
def test_a_folder_that_moved_is_no_loss(home: Home, to: str) -> None:
    (home.documents / to).parent.mkdir(parents=True, exist_ok=True)
    (home.documents / "board").rename(home.documents / to)
    report = home.sync()
    assert report["updated"] == 3
    assert report.keys().isdisjoint({"added", "removed", "missing"})
    assert home.catalog.missing("documents") == set()


def test_another_folder_is_no_loss(home: Home, tmp_path: Path) -> None:
    put(tmp_path / "other" / "one.txt", "Another club.")
    home.documents = tmp_path / "other"
    assert home.sync() == {"added": 1, "removed": 8, "passages": 1}


def test_a_folder_at_another_path_that_lost_most_is_held(home: Home, tmp_path: Path) -> None:
    lose_most(home)
    home.documents = home.documents.rename(tmp_path / "elsewhere")
    assert home.sync()["missing"] == 5


def test_a_mistyped_folder_is_a_loss(home: Home, tmp_path: Path) -> None:
    home.documents = tmp_path / "nowhere"
    assert home.sync()["missing"] == 8


def test_files_that_vanish_while_they_are_read_are_held_too(home: Home) -> None:
    write = {uri: f"{text} And more." for uri, text in DOCUMENTS.items()}
    for uri, text in write.items():
        put(home.documents / uri, text)

    def unmount(done: int, total: int, name: str) -> None:
        shutil.rmtree(home.documents, ignore_errors=True)

    report = home.synchroniser.sync_folder("documents", home.documents, unmount)
    assert (report.missing, report.removed) == (8, 0)
    assert home.catalog.stats().sources == 8


def test_a_folder_of_which_nothing_is_known_is_an_error(tmp_path: Path) -> None:
    with (
        open_home(tmp_path / "home", tmp_path / "nowhere") as home,
        pytest.raises(ConfigurationError, match="QUOTH_DOCUMENTS"),
    ):
        home.sync()


def test_a_marked_document_that_is_removed_by_hand_is_gone(home: Home) -> None:
    lose_folder(home)
    home.sync()
    home.synchroniser.remove("documents", "board/rules.txt")
    assert home.catalog.missing("documents") == {
        "board/2024/minutes.txt", "board/2025/agenda.txt",
    }  # fmt: skip
    assert home.sync()["missing"] == 2  # still held: they were lost with the folder


KILLED = """
import os, sys
from pathlib import Path
from index.sync import folder_pass
from tests.doubles.homes import open_home
home, docs, last = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
step = getattr(folder_pass.FolderPass, last)
def killed(*args, **more):
    if last == "_remove" or args[1:] and args[1]:
        os._exit(9)
    return step(*args, **more)
setattr(folder_pass.FolderPass, last, killed)
with open_home(home, docs) as opened:
    opened.sync()
"""


@pytest.mark.parametrize("last", ["_read", "_remove", "_note"])
def test_a_killed_writer_has_marked_before_it_wrote(home: Home, last: str) -> None:
    lose_most(home)
    for number in range(20):
        put(home.documents / f"{number}.txt", f"Number {number} of many.")
    home.vectors.close()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(home.path), str(home.documents), last],
        cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 9
    catalog = Catalog(home.path)
    assert len(catalog.missing("documents")) == 5
    catalog.close()
    assert home.sync()["missing"] == 5


URIS = sorted(DOCUMENTS)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("lose"), st.sets(st.sampled_from(URIS), min_size=3)),
            st.tuples(st.just("back"), st.sets(st.sampled_from(URIS))),
            st.tuples(st.just("unmount"), st.just(frozenset[str]())),
        ),
        max_size=6,
    )
)
def test_whatever_was_held_is_never_embedded_again(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, set[str]]]
) -> None:
    base = tmp_path_factory.mktemp("held")
    write_all(base / "docs")
    with open_home(base / "home", base / "docs") as home:
        home.sync()
        home.embedder.passages.clear()
        for step, uris in steps:
            there = {uri for uri in URIS if (home.documents / uri).exists()}
            before = set(home.catalog.missing("documents"))
            if step == "unmount":
                shutil.rmtree(home.documents, ignore_errors=True)
            for uri in uris:
                if step == "lose":
                    (home.documents / uri).unlink(missing_ok=True)
                else:
                    put(home.documents / uri, DOCUMENTS[uri])
            report = home.sync()
            indexed = {entry.uri for entry in home.catalog.sources("documents")}
            now = {uri for uri in URIS if (home.documents / uri).exists()}
            # What was held stays held until its file is back.
            assert before - now <= home.catalog.missing("documents") <= indexed
            assert len(there | before) - len(indexed & (there | before)) == report.get("removed", 0)
            held_before = before | (there & indexed)
            assert not [p for p in home.embedder.passages if _uri_of(p.text) in held_before]
            home.embedder.passages.clear()


def _uri_of(text: str) -> str:
    return next(uri for uri, content in DOCUMENTS.items() if content == text.strip())


@pytest.mark.parametrize(
    ("gone", "there", "held"),
    [
        ({"a"}, {"b"}, set()),
        ({"a", "b"}, {"c"}, set()),
        ({"a", "b", "c"}, {"d"}, {"a", "b", "c"}),
        ({"a", "b", "c"}, {"d", "e", "f"}, set()),
        ({"a"}, set(), {"a"}),
        ({"x/a", "x/b"}, {"c", "d", "e"}, set()),
        ({"x/a", "x/y/b", "x/z/c"}, {"d", "e", "f", "g"}, {"x/a", "x/y/b", "x/z/c"}),
        ({"x/a", "x/b", "x/c"}, {"x/d", "e", "f", "g"}, set()),
        ({"x/a", "x/b", "x/c", "d"}, {"e", "f", "g", "h", "i"}, {"x/a", "x/b", "x/c"}),
    ],
)
def test_what_is_held_back(gone: set[str], there: set[str], held: set[str]) -> None:
    known = len(gone) + len(there)
    assert held_back(gone, known=known, there=there, marked=set()) == held
    assert held_back(gone, known=known, there=there, marked=gone) == gone


def test_the_topmost_folder_that_is_gone_is_named() -> None:
    gone = ("a/b/1", "a/c/2", "d/e/3", "4")
    assert gone_folders(gone, {"d/5"}) == {"a": 2, "d/e": 1}
