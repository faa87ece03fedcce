"""A writer killed at any instant: the next one finishes, and the index is like new.

The test changes a folder at random; a writer in a process of its own brings it in step, then adds
documents and removes some by hand. It is killed while it writes words or while it embeds: before,
within or after a random operation (thin wrappers in it count the calls into Chroma and the model,
and the transactions of SQLite), or at a random time.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index.errors import IndexLocked
from index.schema import Source, source_id
from index.store.chroma_state import is_settled
from tests.doubles.damage import overwritten
from tests.doubles.homes import Home, contents, open_home, put, total_changes
from tests.doubles.traces import marked_word, traces

ROOT = Path(__file__).parents[3]
WORDS = ("red", "fox", "river", "agreement", "mandate", "version", "7", "council", "late", "on")

# Imports once what every writer needs, and forks one for each line of what to do.
WRITERS = """
import json, os, random, signal, sys, threading
from contextlib import contextmanager, suppress
from pathlib import Path
import chromadb
from index.store import chroma_access
from index.store.catalog import Catalog
from index.store.chroma_check import DamagedVectors
from index.store.chroma_vectors import ChromaVectors
from index.store.sqlite_file import SqliteFile
from tests.doubles.fakes import HashingEmbedder
from tests.doubles.homes import open_home
from tests.index.sync.test_kill import change_additions

left = -1

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def step():
    global left
    left -= 1
    if left == 0:
        die()

def counted(owner, name):
    original = getattr(owner, name)
    def call(*given, **named):
        step()
        result = original(*given, **named)
        step()
        return result
    setattr(owner, name, call)

original = SqliteFile.transaction

@contextmanager
def transaction(self):
    step()
    with original(self) as connection:
        yield connection
        step()
    step()

SqliteFile.transaction = transaction
for name in ("upsert", "describe", "delete", "drop", "purge", "blank_room", "settle"):
    counted(ChromaVectors, name)
for name in ("rewrite_chroma_file", "save_graphs", "record_state"):
    counted(chroma_access, name)
counted(HashingEmbedder, "embed_passages")
counted(SqliteFile, "erase_traces")
counted(Catalog, "merge_words")
counted(Path, "replace")

def write(home, documents, seconds, seed):
    with open_home(Path(home), Path(documents)) as opened:
        with suppress(DamagedVectors):
            opened.vectors.count("documents")
        if seconds:
            threading.Timer(seconds, die).start()
        opened.sync()
        change_additions(opened, random.Random(seed))
        print("done", flush=True)
        die()

for line in sys.stdin:
    home, documents, countdown, seconds, seed = json.loads(line)
    if os.fork() == 0:
        left = countdown
        sys.exit(write(home, documents, seconds, seed))
    _, status = os.wait()
    print(os.waitstatus_to_exitcode(status), flush=True)
"""


class Writers:
    """Writers in processes of their own that are killed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run_and_kill(
        self, home: Path, documents: Path, *, countdown: int, seconds: float, seed: int = 0
    ) -> bool:
        """Write in a writer that is killed; says whether it was done before that."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(
            json.dumps([str(home), str(documents), countdown, seconds, str(seed)]),
            file=self._process.stdin,
            flush=True,
        )
        said = self._process.stdout.readline()
        done = said == "done\n"
        code = self._process.stdout.readline() if done else said
        assert code == f"{-signal.SIGKILL:d}\n", "the writer failed; its error is on stderr"
        return done


@pytest.fixture(scope="module")
def writers() -> Iterator[Writers]:
    command = [sys.executable, "-c", WRITERS]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Writers(process)
        process.communicate()


def change(folder: Path, rng: random.Random) -> None:
    """Change a folder as people do."""
    for _ in range(rng.randint(1, 6)):
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        act = rng.choice(["write", "write", "edit", "delete", "rename", "copy", "case", "move"])
        if act == "write" or not files:
            name = f"{rng.choice(['', 'a/', 'b/c/'])}{rng.choice('xyz')}{rng.randint(0, 9)}.txt"
            put(folder / name, text(rng))
            continue
        path = rng.choice(files)
        if act == "edit":
            put(path, path.read_text() + "\n\n" + text(rng))
        elif act == "delete":
            path.unlink()
        elif act == "rename":
            path.rename(path.with_name(f"renamed-{rng.randint(0, 99)}.txt"))
        elif act == "copy":
            copy = path.with_name(f"copy-{rng.randint(0, 99)}.txt")
            if copy != path:
                shutil.copy2(path, copy)
        elif act == "case":
            path.rename(path.with_name(path.name.swapcase().replace(".TXT", ".txt")))
        elif path.parent != folder and not path.parent.with_name("moved").exists():
            path.parent.rename(path.parent.with_name("moved"))


def change_additions(home: Home, rng: random.Random) -> None:
    """Add and remove documents by hand, sometimes a whole collection."""
    for _ in range(rng.randint(1, 3)):
        collection = rng.choice(["documents", "board"])
        known = {entry.uri for entry in home.catalog.sources(collection)}
        if rng.random() < 0.1:
            home.synchroniser.remove_collection("board")
        elif rng.random() < 0.7:
            uris = [f"/by/hand/{name}" for name in rng.sample("xyz", 2)]
            home.add(*uris, to=collection, of=text(rng))
        elif added := sorted(uri for uri in known if uri.startswith("/by/hand")):
            home.synchroniser.remove(collection, rng.choice(added))


def text(rng: random.Random) -> str:
    """Return some paragraphs of words that the comparison asks for, and one that leaves traces."""
    said = [
        " ".join(rng.choices(WORDS, k=rng.randint(4, 30))).capitalize() + "."
        for _ in range(rng.randint(1, 8))
    ]
    return "\n\n".join([*said, f"It is {marked_word(rng.randrange(10**12))}."])


def check_like_new(home: Path, documents: Path) -> None:
    """Compare what a reader finds with a fresh build, and check that a rerun writes nothing.

    No byte may be left of what neither the folder nor the additions say.

    The fresh one is built from the same folder and the same additions, which must be just what the
    survivor holds besides the folder.
    """
    with open_home(home, documents) as survivor:
        survivor.sync(forget="all")
        kept, indexed = additions(survivor)
        assert indexed == kept
        said = [path.read_text() for path in documents.rglob("*") if path.is_file()]
        assert traces(home, but=[*said, *(source.text for source in kept)]) == {}
        home.with_name("fresh").mkdir()
        shutil.copy2(home / "additions.sqlite", home.with_name("fresh"))
        with open_home(home.with_name("fresh"), documents) as fresh:
            fresh.sync()
            for collection in ("documents", "board"):
                assert contents(survivor, collection) == contents(fresh, collection)
            assert additions(fresh) == (kept, kept)
        shutil.rmtree(home.with_name("fresh"))
        before = total_changes(survivor.catalog), survivor.catalog.generation()
        assert survivor.sync().keys() <= {"unchanged", "passages"}
        after = total_changes(survivor.catalog), survivor.catalog.generation()
        assert after == before
        assert survivor.synchroniser.repair() == 0


def additions(home: Home) -> tuple[set[Source], set[Source]]:
    """Return what people added, as it is kept and as it is indexed."""
    indexed = {home.catalog.source(source_id(*key)) for key in home.added_versions()}
    with closing(home.catalog.open_added()) as added:
        return {added.source(key) for key in added.versions()}, indexed


def kill_again_and_again(writers: Writers, place: Path, seeds: range) -> int:
    """Kill a writer for each seed, comparing what is left; returns how many were done before."""
    home, documents = place / "home", place / "docs"
    finished = 0
    for seed in seeds:
        rng = random.Random(seed)
        change(documents, rng)
        by_count = rng.random() < 0.8
        countdown = rng.randint(1, 110) if by_count else -1
        seconds = 0 if by_count else rng.uniform(0.001, 0.4)
        finished += writers.run_and_kill(
            home, documents, countdown=countdown, seconds=seconds, seed=seed
        )
        if rng.random() < 0.7:  # otherwise the next victim inherits the wreck
            check_like_new(home, documents)
    check_like_new(home, documents)
    return finished


def test_a_killed_writer_is_repaired(writers: Writers, tmp_path: Path) -> None:
    change(tmp_path / "docs", random.Random(0))
    finished = kill_again_and_again(writers, tmp_path, range(1, 9))
    assert finished < 8, "nobody was killed in time"


@pytest.mark.long
@pytest.mark.limit(1800)  # a hundred writers, and as many indexes built anew to compare with
def test_a_hundred_killed_writers_are_repaired(writers: Writers, tmp_path: Path) -> None:
    change(tmp_path / "docs", random.Random(100))
    finished = kill_again_and_again(writers, tmp_path, range(101, 201))
    assert finished < 100, "nobody was killed in time"


@pytest.mark.parametrize(
    "countdowns", [range(4, 52, 13), pytest.param(range(1, 80), marks=pytest.mark.long)]
)
@pytest.mark.limit(1800)
def test_a_writer_killed_at_any_step_of_an_edit_leaves_no_trace(
    writers: Writers, tmp_path: Path, countdowns: range
) -> None:
    for countdown in countdowns:
        path, new = tmp_path / "docs" / "edited.txt", tmp_path / "docs" / "new.txt"
        put(path, f"The {marked_word(2 * countdown)} and the fox.")
        with open_home(tmp_path / "home", tmp_path / "docs") as home:
            home.sync()
        put(path, f"The owl and the {marked_word(2 * countdown + 1)} are late.")
        put(new, f"Nobody will have known of {marked_word(1000 + countdown)}.")
        writers.run_and_kill(tmp_path / "home", tmp_path / "docs", countdown=countdown, seconds=0)
        put(path, f"The fox, {countdown} times.")
        new.unlink()
        with open_home(tmp_path / "home", tmp_path / "docs") as home:
            home.sync()
            kept, _ = additions(home)
        assert traces(tmp_path / "home", but=[each.text for each in kept]) == {}, countdown


@pytest.mark.parametrize(
    "countdowns", [range(2, 50, 13), pytest.param(range(1, 110), marks=pytest.mark.long)]
)
@pytest.mark.limit(1800)
def test_a_writer_killed_while_it_makes_chroma_again_leaves_no_trace(
    writers: Writers, tmp_path: Path, countdowns: range
) -> None:
    home, path = tmp_path / "home", tmp_path / "docs" / "edited.txt"
    put(tmp_path / "docs" / "kept.txt", text(random.Random(1)))
    for countdown in countdowns:
        put(path, f"The {marked_word(2 * countdown)} and the fox.")
        with open_home(home, tmp_path / "docs") as opened:
            opened.sync()
        for graph in (home / "chroma").glob("*/data_level0.bin"):
            overwritten(graph)
        put(path, f"The owl and the {marked_word(2 * countdown + 1)} are late.")
        writers.run_and_kill(home, tmp_path / "docs", countdown=countdown, seconds=0)
        put(path, f"The fox, {countdown} times.")
        check_like_new(home, tmp_path / "docs")
        assert is_settled(str(home)), countdown


HOLDER = """
import sys, time
from pathlib import Path
from tests.doubles.homes import open_home
with open_home(Path(sys.argv[1]), Path(sys.argv[2])) as opened:
    def wait(done, total, name):
        print("holding", flush=True)
        sys.stdin.readline()
    opened.synchroniser.sync_folder("documents", opened.documents, wait)
"""


def test_a_second_writer_is_told_who_holds_the_index(tmp_path: Path) -> None:
    put(tmp_path / "docs" / "a.txt", "The red fox.")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "home"), str(tmp_path / "docs")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None and holder.stdout is not None
    assert holder.stdout.readline() == "holding\n"
    with open_home(tmp_path / "home", tmp_path / "docs", lock_seconds=0.05) as second:
        with pytest.raises(IndexLocked, match=rf"process {holder.pid} on "):
            second.sync()
        holder.communicate("go on\n" * 9)
        assert holder.returncode == 0
        assert second.sync() == {"unchanged": 1, "passages": 1}
    assert not (tmp_path / "home" / "write.holder").exists()


WRITER = """
import sys
from pathlib import Path
from tests.doubles.homes import open_home
with open_home(Path(sys.argv[1]), Path(sys.argv[2])) as opened:
    opened.sync()
"""


def test_two_writers_at_once_leave_one_index(tmp_path: Path) -> None:
    for number in range(30):
        put(tmp_path / "docs" / f"{number}.txt", text(random.Random(number)))
    command = [sys.executable, "-c", WRITER, str(tmp_path / "home"), str(tmp_path / "docs")]
    both = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    assert [each.wait() for each in both] == [0, 0]
    check_like_new(tmp_path / "home", tmp_path / "docs")


READER = """
import json, sys
from pathlib import Path
from tests.doubles.fakes import HashingEmbedder
from tests.doubles.homes import open_home
with open_home(Path(sys.argv[1]), Path(sys.argv[2])) as opened:
    question = HashingEmbedder().embed(["red fox"])[0]
    for line in sys.stdin:
        opened.vectors.follow(opened.catalog.generation())
        dense = opened.vectors.query("documents", question, 100)
        known = opened.catalog.passages([id for id, _ in dense])
        words = opened.catalog.match("documents", "fox", 100)
        versions = {passage.text for passage in known.values()}
        print(json.dumps([len(dense), len(known), len(words), sorted(versions)]), flush=True)
"""


def test_a_reader_sees_each_change_of_a_writer_at_once_and_whole(tmp_path: Path) -> None:
    put(tmp_path / "docs" / "0.txt", "The red fox, version 0.")
    with open_home(tmp_path / "home", tmp_path / "docs") as writer:
        writer.sync()
        reader = subprocess.Popen(
            [sys.executable, "-c", READER, str(tmp_path / "home"), str(tmp_path / "docs")],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

        def look() -> list[object]:
            assert reader.stdin is not None and reader.stdout is not None
            reader.stdin.write("\n")
            reader.stdin.flush()
            found: list[object] = json.loads(reader.stdout.readline())
            return found

        assert look() == [1, 1, 1, ["The red fox, version 0."]]
        put(tmp_path / "docs" / "0.txt", "The red fox, version 1.")
        writer.sync()
        assert look() == [1, 1, 1, ["The red fox, version 1."]]
        for number in range(1, 40):
            put(tmp_path / "docs" / f"{number}.txt", f"The red fox, version {number}0.")
        writer.sync()
        assert look()[:3] == [40, 40, 40]
        shutil.rmtree(tmp_path / "docs")
        (tmp_path / "docs").mkdir()
        writer.sync(forget="all")
        assert look() == [0, 0, 0, []]
        reader.communicate()


def test_a_reader_of_the_same_process_needs_no_following(tmp_path: Path) -> None:
    put(tmp_path / "docs" / "a.txt", "The red fox.")
    with open_home(tmp_path / "home", tmp_path / "docs") as home:
        home.sync()
        assert home.vectors.count("documents") == 1
        opened = home.vectors._opened
        put(tmp_path / "docs" / "b.txt", "The red fox again.")
        home.sync()
        home.vectors.follow(home.catalog.generation())
        assert home.vectors._opened is opened
        assert len(home.vectors.query("documents", home.embedder.embed(["fox"])[0], 9)) == 2


def test_the_lock_of_a_killed_writer_is_free(writers: Writers, tmp_path: Path) -> None:
    put(tmp_path / "docs" / "a.txt", "The red fox.")
    killed = tmp_path / "home"
    for countdown in range(4, 40, 4):  # the first steps make the files, before there is a lock
        assert not writers.run_and_kill(killed, tmp_path / "docs", countdown=countdown, seconds=0)
        if (killed / "write.holder").exists():
            break
    assert (killed / "write.holder").exists()
    began = time.monotonic()
    with open_home(killed, tmp_path / "docs", lock_seconds=5) as home:
        home.sync()
    assert time.monotonic() - began < 60
    assert os.listdir(tmp_path / "docs") == ["a.txt"]  # noqa: PTH208
