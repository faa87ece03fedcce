"""Documents are read in processes that a hostile one cannot use to stop or fill everything else."""

from __future__ import annotations

import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pptx import Presentation

from index.chunk.chunker import chunk
from index.config import ChunkConfig, IndexConfig, ReadConfig
from index.errors import LoadError
from index.library import open_library
from index.load.loaders import load_bytes
from index.load.pdf_page_picture import PageOrder
from index.schema import LoadedDocument, Source
from index.sync.additions import file_addition
from index.sync.plain_frames import PlainUnpickler, framed, read_frame
from index.sync.process_memory import MIB, allowance, resident_bytes
from index.sync.read_worker import ReadWorkers
from tests.conftest import ROOT
from tests.doubles.loaded_sources import source_of
from tests.doubles.made_pdfs import drawn, page

SLOW = b"One, two; three (four). Five?\n\n" * 500_000
"""Takes seconds to cut, and next to nothing to load."""
WIDE = b"ab," * 8_000_000 + b"\nx,y\n"
"""Takes a gigabyte to load, for its cells."""


@pytest.fixture
def workers() -> Iterator[ReadWorkers]:
    """Processes with room for ordinary documents."""
    opened = ReadWorkers(ReadConfig(seconds=1, megabytes=256))
    yield opened
    opened.close()


@pytest.fixture
def patient() -> Iterator[ReadWorkers]:
    """Processes with time for anything, but not memory."""
    opened = ReadWorkers(ReadConfig(seconds=600, megabytes=256))
    yield opened
    opened.close()


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReadWorkers]:
    """Processes on a system that sets no limit of memory, so that they are watched."""
    monkeypatch.setattr("index.sync.read_worker.is_limited_by_system", lambda: False)
    opened = ReadWorkers(ReadConfig(seconds=30, megabytes=256))
    yield opened
    opened.close()


def slow_source() -> Source:
    """Return what takes seconds to cut."""
    return source_of(LoadedDocument(text=SLOW.decode(), title="S", mime="text/plain"), "slow.txt")


def children() -> set[int]:
    """Return the processes that this one has started and not yet waited for."""
    listed = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text()
    return set(map(int, listed.split()))


def descriptors() -> int:
    """Return how many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


SAMPLES = sorted(path for path in (ROOT / "documents").iterdir() if path.is_file())


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_worker_reads_and_cuts_what_would_be_read_and_cut_here(
    workers: ReadWorkers, path: Path
) -> None:
    here = load_bytes(path.read_bytes(), name=path.name)
    assert workers.load(path.read_bytes(), name=path.name) == here
    source = source_of(here, path.name)
    assert workers.cut(source) == chunk(source, ChunkConfig())


def test_places_come_back_from_a_worker(workers: ReadWorkers) -> None:
    deck, written = Presentation(), BytesIO()
    for title in ("One", "Two"):
        deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = title
    deck.save(written)
    document = workers.load(written.getvalue(), name="a.pptx")
    assert document == load_bytes(written.getvalue(), name="a.pptx")
    assert [place.number for place in document.places] == [1, 2]
    source = source_of(document, "a.pptx")
    assert workers.cut(source) == chunk(source, ChunkConfig())


def test_one_process_serves_one_document_after_the_other(workers: ReadWorkers) -> None:
    before = children()
    for number in range(5):
        workers.load(b"Words.", name=f"{number}.txt")
    assert len(children() - before) == 1


def test_what_takes_too_long_is_told_and_the_next_document_is_read(workers: ReadWorkers) -> None:
    source = slow_source()
    workers.load(b"Words.", name="a.txt")
    before, opened = children(), descriptors()
    for _ in range(2):
        with pytest.raises(LoadError, match=r"^slow.txt: It takes more than 1 s to read"):
            workers.cut(source)
        assert workers.load(b"Words.", name="a.txt").text == "Words."
    assert len(children()) == len(before)
    assert descriptors() == opened


def test_what_takes_too_much_memory_is_told_and_the_next_document_is_read(
    patient: ReadWorkers,
) -> None:
    with pytest.raises(LoadError, match=r"^wide.csv: It takes more than 256 MiB of memory"):
        patient.load(WIDE, name="wide.csv")
    assert patient.load(b"Words.", name="a.txt").text == "Words."


def test_where_the_system_sets_no_limit_what_takes_too_much_is_ended(watched: ReadWorkers) -> None:
    watched.load(b"Words.", name="a.txt")
    before, opened = children(), descriptors()
    with pytest.raises(LoadError, match=r"^wide.csv: It takes more than 256 MiB of memory"):
        watched.load(WIDE, name="wide.csv")
    assert watched.load(b"Words.", name="a.txt").text == "Words."
    assert (len(children()), descriptors()) == (len(before), opened)


def test_where_the_system_sets_no_limit_time_is_one_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("index.sync.read_worker.is_limited_by_system", lambda: False)
    monkeypatch.setattr("index.sync.read_worker._PATIENCE", 0.25)  # before the system's own limit
    workers = ReadWorkers(ReadConfig(seconds=1, megabytes=4096))
    with pytest.raises(LoadError, match=r"^slow.txt: It takes more than 1 s to read"):
        workers.cut(slow_source())
    workers.close()


def test_what_a_process_takes_is_known() -> None:
    taken = b"x" * (200 * MIB)
    assert resident_bytes(os.getpid()) > len(taken)
    assert resident_bytes(2**22 + 1) == 0


def test_what_is_small_may_not_take_what_is_allowed_for_large_ones() -> None:
    assert allowance(1000, 1024) == 170
    assert allowance(10 * MIB, 1024) == 370
    assert allowance(60 * MIB, 1024) == 1024
    assert allowance(10 * MIB, 256) == 256


def test_a_process_that_is_killed_between_documents_is_replaced(workers: ReadWorkers) -> None:
    before = children()
    workers.load(b"Words.", name="a.txt")
    (child,) = children() - before
    ended = os.pidfd_open(child)
    os.kill(child, signal.SIGKILL)
    assert select.select([ended], [], [], 20)[0]
    os.close(ended)
    assert workers.load(b"More.", name="b.txt").text == "More."
    assert child not in children()


def test_a_process_that_breaks_down_is_told(workers: ReadWorkers) -> None:
    before = children()
    source = slow_source()
    workers.load(b"Words.", name="a.txt")
    (child,) = children() - before
    timer = threading.Timer(0.3, os.kill, [child, signal.SIGSEGV])
    timer.start()
    with pytest.raises(LoadError, match=r"^slow.txt: The program that reads it broke down"):
        workers.cut(source)
    timer.join()


def test_nothing_is_left_behind() -> None:
    before, opened = children(), descriptors()
    workers = ReadWorkers()
    threads = [
        threading.Thread(target=workers.load, args=(b"Words.",), kwargs={"name": "a.txt"})
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    workers.close()
    assert children() == before
    assert descriptors() == opened


def test_what_is_secret_here_is_not_known_there(
    workers: ReadWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "a secret of ours")
    before = children()
    workers.load(b"Words.", name="a.txt")
    (child,) = children() - before
    assert b"secret" not in Path(f"/proc/{child}/environ").read_bytes()


PARENT = """
import sys, threading
from index.config import ReadConfig
from index.sync.read_worker import ReadWorkers
from tests.index.sync.test_read_worker import children, slow_source

workers = ReadWorkers(ReadConfig(seconds=600, megabytes=4096))
workers.load(b"Words.", name="a.txt")
source = slow_source()
print(*children(), flush=True)
if sys.argv[1] == "busy":
    workers.cut(source)
sys.stdin.read()
"""


@pytest.mark.parametrize("state", ["busy", "idle"])
def test_the_process_ends_when_its_parent_is_killed(state: str) -> None:
    command = [sys.executable, "-c", PARENT, state]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        time.sleep(0.5)  # it is cutting by now, or would have said that it is done
        parent.kill()
    try:
        assert select.select([child], [], [], 20)[0], "it outlives its parent"
    finally:
        os.close(child)


def test_a_frame_names_no_class() -> None:
    read, write = os.pipe()
    with os.fdopen(read, "rb", buffering=0) as pipe:
        os.write(write, framed({"a": (1, "b", None)}))
        assert read_frame(pipe) == {"a": (1, "b", None)}
        os.close(write)
        assert read_frame(pipe) is None
    hostile = pickle.dumps(os.system)
    with pytest.raises(pickle.UnpicklingError, match="no plain value"):
        PlainUnpickler(__import__("io").BytesIO(hostile)).load()


def test_the_rest_of_a_folder_is_indexed(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.txt").write_text("An owl.")
    (folder / "slow.txt").write_bytes(SLOW)
    (folder / "z.txt").write_text("A fox.")
    config = IndexConfig(
        home=tmp_path / "home",
        documents=folder,
        read=ReadConfig(seconds=1, megabytes=256),
    )
    with open_library(config) as library:
        report = library.sync("documents")
        assert report.added == 2
        (failed,) = report.failed
        assert failed.source == "slow.txt"
        assert failed.reason.startswith("It takes more than 1 s to read")
        uploaded = library.add_file("other", "slow.txt", SLOW)
        assert [each.source for each in uploaded.failed] == ["slow.txt"]


def test_an_uploaded_file_is_read_by_a_worker(patient: ReadWorkers) -> None:
    failure = file_addition("wide.csv", WIDE, load=patient.load)
    assert "memory" in getattr(failure, "reason", "")


def test_a_page_that_cannot_be_painted_is_a_sentence_and_the_next_is_shown(
    workers: ReadWorkers,
) -> None:
    said = "Ships need two tugs."
    words = drawn((72, 700, said))
    curves = b"0 0 m 900 100 50 800 600 800 c 0 900 900 0 300 300 c f*\n" * 100_000
    order = PageOrder(0, said, (0, len(said)))
    for data, asked, reason in (
        (page(words + curves), order, "It takes more than 1 s to show."),
        (page(words), PageOrder(6, said, (0, 5)), "Its page 7 cannot be painted."),
        (b"%PDF-1.4 torn", order, "Its page 1 cannot be painted."),
    ):
        with pytest.raises(LoadError) as caught:
            workers.paint(data, "a.pdf", asked)
        assert caught.value.reason == reason
    assert workers.paint(page(words), "a.pdf", order).is_marked
