"""What every test can rely on: a clean environment, no network, and an indexed sample folder."""

from __future__ import annotations

import faulthandler
import gc
import os
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from bot.settings import load_settings
from index.embed.multilingual import Multilingual, open_multilingual
from index.errors import WeightsUnavailable
from index.library import open_library
from index.opened_parts import OpenedParts
from index.sync.read_worker import ReadWorkers
from tests.doubles.postgres_server import PostgresServer, missing_server
from tests.doubles.record_place import RecordPlace, in_database
from tests.doubles.s3_server import BUCKET, S3Server, descriptions_read_once, s3_variables

ROOT = Path(__file__).parents[1]

SECONDS = 120
"""What a test may take with its fixtures: ten times the slowest on a busy machine."""

_MEMORY = "/dev/shm"
_MEMORY_BYTES = 4 << 30
"""Some ten times what a run of all tests holds at once, since others may have runs of their own."""

_TERMINAL_FD = pytest.StashKey[int]()

_OURS = ("QUOTH_", "DISCORD_", "OPENAI_", "ANTHROPIC_", "GOOGLE_", "GEMINI_", "OLLAMA_", "CHROMA_")
_TERMINAL = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the terminal at hand: while a test runs, its errors are captured."""
    config.stash[_TERMINAL_FD] = os.dup(sys.stderr.fileno())
    _keep_bytecode()
    _write_to_memory()
    _heed_interrupts()
    _compute_in_one_thread()


def _keep_bytecode() -> None:
    """Have each module compiled once, also where Python was told to write no bytecode.

    Else each worker, and each of the hundreds of processes that tests start, compiles all that it
    imports. Some write it anyway: those that Quoth starts with as few variables as they need.
    """
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def _write_to_memory() -> None:
    """Let tests' folders lie in memory, where there is room, and pytest was not told otherwise.

    Thousands of small writes wait for a disk else. What a killed process wrote is there all the
    same; what outlives a power cut no test can see on either.
    """
    with suppress(AttributeError, OSError):  # other systems have no such folder, nor statvfs
        memory = os.statvfs(_MEMORY)
        is_free = memory.f_bavail * memory.f_frsize >= _MEMORY_BYTES
        if is_free and not memory.f_flag & os.ST_NOEXEC and os.access(_MEMORY, os.W_OK):
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", _MEMORY)


def _heed_interrupts() -> None:
    """Let Ctrl-C end what tests start, also where a shell had all this ignore it (`pytest &`)."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _compute_in_one_thread() -> None:
    """Let NumPy's matrices take one thread in the processes of tests, which fill the processors."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect no garbage while tests are collected: a quarter of the time, and nothing is freed.

    Leave what is imported by then out of each collection that follows: a third of a second.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """End a test that waits for what never comes, with what every thread is doing.

    A signal would be simpler but wakes only the main thread, and only in Python. Ending the process
    wakes everybody; xdist reports the test as failed and goes on in a new one.
    """
    _limit(item)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


def pytest_exception_interact(node: pytest.Item | pytest.Collector) -> None:
    """Set the limit again, which pytest lifts when a test fails: its teardown may wait too."""
    if isinstance(node, pytest.Item) and not node.config.getoption("usepdb"):
        _limit(node)


def _limit(item: pytest.Item) -> None:
    marker = item.get_closest_marker("limit")
    seconds: float = marker.args[0] if marker else SECONDS
    terminal = item.config.stash[_TERMINAL_FD]
    faulthandler.dump_traceback_later(seconds, exit=True, file=terminal)


@pytest.fixture(autouse=True)
def clean_environ(monkeypatch: pytest.MonkeyPatch, models: Path) -> None:
    """Take every setting out of the environment but where the models of all tests are."""
    for name in list(os.environ):
        if name.startswith(_OURS) or name in _TERMINAL:
            monkeypatch.delenv(name)
    monkeypatch.setenv("QUOTH_MODELS", str(models))


@pytest.fixture(scope="session", autouse=True)
def warm_read_workers() -> Iterator[None]:
    """Let the libraries of this process share processes that read, which take long to start.

    Tests of the workers themselves, and every command that is run as a process, have their own.
    """
    made: dict[object, _SharedReadWorkers] = {}

    def shared(parts: OpenedParts) -> ReadWorkers:
        tokenizer = getattr(parts.models.embedder_if_any(), "tokenizer", None)
        key = (parts.config.read, parts.config.chunk, tokenizer)
        if key not in made:
            made[key] = _SharedReadWorkers(
                parts.config.read, chunk=parts.config.chunk, tokenizer=tokenizer
            )
        return made[key]

    with patch.object(OpenedParts, "_open_read_workers", shared):
        yield
    for workers in made.values():
        workers.end()


class _SharedReadWorkers(ReadWorkers):
    """Processes that outlive the library which asked for them."""

    def close(self) -> None:
        """Keep them for the next library."""

    def end(self) -> None:
        """End them."""
        super().close()


@pytest.fixture(scope="session", autouse=True)
def models_of_one_thread() -> Iterator[None]:
    """Let the models of this process compute in one thread: the other workers have the rest.

    Threads that share too few processors wait for each other. Every command that is run as a
    process has as many as there are processors.
    """
    with patch("index.embed.onnx_session.default_threads", lambda: 1):
        yield


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Let sockets of this process reach this machine only."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])
            if not (host.startswith("127.") or host in ("localhost", "::1", "0.0.0.0", "::")):
                raise OSError(f"a test may not reach {host!r}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", local_only)
        yield


@pytest.fixture(scope="session", autouse=True)
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The graphs of the models: made once for all processes of the run, and mapped by all.

    What is started in a test finds them there, and leaves the cache folder of the person alone.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "models"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUOTH_MODELS", str(folder))
        yield folder


@pytest.fixture(scope="session")
def indexed_folder(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Path:
    """A working folder with the sample documents, indexed; tests only look at it."""
    folder = tmp_path_factory.mktemp("indexed")
    shutil.copytree(ROOT / "documents", folder / "documents")
    (folder / ".quoth").mkdir()
    (folder / ".quoth" / "models").symlink_to(models)
    with open_library(load_settings({}, folder).index) as library:
        report = library.bring_in_step()
        assert report is not None
        assert not report.failed
    return folder


@pytest.fixture(scope="session")
def multilingual(tmp_path_factory: pytest.TempPathFactory) -> Multilingual:
    """multilingual-e5-small, where its package is installed."""
    try:
        return open_multilingual(tmp_path_factory.mktemp("multilingual"), threads=1)
    except WeightsUnavailable as error:
        pytest.skip(f"{error} In a clone: uv sync --group multilingual")


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """An S3 server that tests leave running; each has a prefix of its own in the bucket."""
    server = S3Server()
    try:
        server.start()
        with descriptions_read_once():
            yield server
    finally:
        server.kill()


@pytest.fixture
def s3(s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An address on that server, to which the environment has the keys."""
    for name, value in s3_variables(s3_server.url).items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{tmp_path.name}"


@pytest.fixture
def copied_folder(indexed_folder: Path, tmp_path: Path) -> Path:
    """A copy of the indexed folder that the test may change; only the models are shared."""
    folder = tmp_path / "copied"
    shutil.copytree(indexed_folder, folder, ignore=shutil.ignore_patterns("models"))
    (folder / ".quoth" / "models").symlink_to(indexed_folder / ".quoth" / "models")
    return folder


@pytest.fixture
def own_folder(indexed_folder: Path, tmp_path: Path) -> Path:
    """A working folder of the test's own; only the models are shared."""
    home = tmp_path / ".quoth"
    home.mkdir()
    (home / "models").symlink_to(indexed_folder / ".quoth" / "models")
    (tmp_path / "documents").mkdir()
    return tmp_path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this process's own; who stops it starts it again."""
    if why := missing_server():
        pytest.skip(why)
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.delete()


@pytest.fixture
def database_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a fresh database, with user and password."""
    url = postgres_server.make_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture(params=["files", "database"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> RecordPlace:
    """A home whose records are in files, and one whose records are in a database."""
    if request.param == "files":
        return RecordPlace(tmp_path, None, lambda: tmp_path)
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return in_database(tmp_path, server, request.getfixturevalue("database_url"))
