"""Documents read in processes of their own, so that none can take more time or memory than it may.

A process is started for the first document, and serves the next ones too: starting one takes a
quarter of a second, a request next to nothing. One that takes too long or too much, or breaks down,
is ended, the document is reported, and the next document gets a new process.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from index.chunk.chunker import passages_of
from index.config import ChunkConfig, ReadConfig
from index.errors import Cancelled, LoadError
from index.load.pdf_page_picture import PageOrder, PaintedPage
from index.schema import LoadedDocument, Passage, PictureBox, Source
from index.sync.plain_frames import Plain, cut_of, document_of, framed, read_frame
from index.sync.process_memory import allowance, is_limited_by_system
from index.sync.process_watch import TOO_LONG, TOO_MUCH, ProcessWatch, module_paths
from index.text.text_shapes import text_shape

PAINTING_SECONDS = 10.0
"""Of processor time that a page may take to paint: somebody waits for it."""

_AT_ONCE = 3
"""Processes at the same time: a document that takes long keeps those of others waiting only when
there are several such."""

_PATIENCE = 4
"""Seconds of the clock for each second of the processor's: others may use the machine too."""

_START = "import sys; sys.path[:] = {paths!r}; from index.sync.worker_process import main; main()"

_KEPT = ("SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "HOME", "USERPROFILE", "LD_LIBRARY_PATH", "LANG")
"""Variables that a process needs to start and to read; keys and tokens are none of them."""

_FRUGAL = {
    "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "MALLOC_ARENA_MAX": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
"""More threads would each set address space aside, which the limit counts."""

logger = logging.getLogger(__name__)


class _Ended(Exception):
    """A process that ended instead of answering."""

    def __init__(self, code: int, *, pictures: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.pictures = pictures
        """Whether it was given the memory that recognising a picture takes."""


class ReadWorkers:
    """Loads and cuts documents as `load_bytes` and `chunk` do; for any thread.

    `tokenizer` is the file by which word pieces are counted; None estimates them.
    """

    def __init__(
        self,
        limits: ReadConfig | None = None,
        *,
        chunk: ChunkConfig | None = None,
        tokenizer: Path | None = None,
    ) -> None:
        self._limits = limits or ReadConfig()
        self._given: Plain = {
            "chunk": (chunk or ChunkConfig()).model_dump(),
            "tokenizer": str(tokenizer) if tokenizer else None,
            "seconds": self._limits.seconds,
            "megabytes": self._limits.megabytes,
            "limited": is_limited_by_system(),
        }
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._closed = False

    def load(
        self,
        data: bytes,
        *,
        name: str,
        mime: str | None = None,
        charset: str | None = None,
        step: Callable[[], None] | None = None,
    ) -> LoadedDocument:
        """Make a document of bytes; raises LoadError.

        `step` is called before each picture that is read, and may raise Cancelled.
        """
        asked = {"data": data, "name": name, "mime": mime, "charset": charset}
        reply = self._answer({"load": asked, "size": len(data)}, name, step)
        return document_of(reply["document"])

    def crop(self, data: bytes, name: str, box: PictureBox) -> bytes:
        """Return what stands at a place of a picture or page as a PNG; raises LoadError."""
        asked = {"data": data, "name": name, "page": box.page, "edges": box.edges}
        png: bytes = self._answer({"crop": asked, "size": len(data)}, name)["png"]
        return png

    def paint(self, data: bytes, name: str, order: PageOrder) -> PaintedPage:
        """Paint a page of a PDF, marked as it is asked for; raises LoadError."""
        asked = {"data": data, "name": name, "order": asdict(order)}
        seconds = min(PAINTING_SECONDS, self._limits.seconds)
        request = {"page": asked, "size": len(data), "seconds": seconds}
        reply = self._answer(request, name)
        return PaintedPage(reply["png"], reply["is_marked"], reply["reason"])

    def cut(self, source: Source) -> Sequence[Passage]:
        """Cut a source into passages; raises LoadError."""
        fields = dict(source)
        fields["pages"] = tuple({"start": page.start, "end": page.end} for page in source.pages)
        fields |= {"modified": None, "added_at": 0, "warnings": (), "places": (), "regions": ()}
        reply = self._answer({"cut": fields, "size": _size_of(source)}, source.uri)
        return passages_of(source, map(cut_of, reply["passages"]))

    def close(self) -> None:
        """End the processes; one that reads ends when it is done, or before its next picture."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()

    def _answer(self, request: Plain, name: str, step: Callable[[], None] | None = None) -> Plain:
        """Return the reply to a request; raises LoadError that says what went wrong."""
        frame, size = framed(request), request["size"]
        limits, goal = self._limits, "show" if "page" in request else "read; split it up"
        if "seconds" in request:
            limits = limits.model_copy(update={"seconds": request["seconds"]})
        with self._places:
            try:
                reply = self._asked(frame, size, step, limits)
            except _Ended as ended:
                most = allowance(size, limits.megabytes, pictures=ended.pictures)
                raise LoadError(name, _reason(ended.code, limits.seconds, most, goal)) from None
        failed = reply.get("failed")
        if failed == "document":
            raise LoadError(name, reply["reason"])
        if failed == "memory":
            most = allowance(size, self._limits.megabytes, pictures=reply["pictures"])
            raise LoadError(name, _too_large(most, goal))
        if failed:
            logger.error("Reading %r failed\n%s", name, reply.get("traceback"))
            what = {"cut": "cut into passages", "page": "painted"}.get(next(iter(request)), "read")
            raise LoadError(name, f"It could not be {what} ({reply.get('kind')}).")
        return reply

    def _asked(
        self, frame: bytes, size: int, step: Callable[[], None] | None, limits: ReadConfig
    ) -> Plain:
        """Have the first process answer that does not end before it reads the request."""

        def go_on() -> None:
            if self._closed:
                raise Cancelled
            if step is not None:
                step()

        while True:
            with self._worker() as worker:
                try:
                    return worker.ask(frame, size, limits, go_on)
                except _Ended as ended:
                    if ended.code != 0:
                        raise
            # It had just ended itself, for want of work; the next one is new or answers.

    @contextmanager
    def _worker(self) -> Iterator[_Worker]:
        """Take a process for one request, and keep it for the next one if it still lives."""
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        if worker is not None and not worker.lives():
            worker.end()
            worker = None
        worker = worker or _Worker(framed(self._given))
        try:
            yield worker
        except BaseException:
            worker.end()
            raise
        with self._lock:
            kept = worker.lives() and not self._closed
            if kept:
                self._idle.append(worker)
        if not kept:
            worker.end()


def _reason(code: int, seconds: float, megabytes: int, goal: str) -> str:
    """Say why there is no answer, by how the process ended."""
    if code in (TOO_LONG, -getattr(signal, "SIGXCPU", 0)):
        return f"It takes more than {seconds:g} s to {goal}."
    if code in (TOO_MUCH, -signal.SIGABRT, -getattr(signal, "SIGKILL", 0)):
        return _too_large(megabytes, goal)
    return "The program that reads it broke down: it is damaged, or made to do harm."


def _size_of(source: Source) -> int:
    """Return about how many bytes the file of a text has: rows have less around their cells."""
    size = len(source.text.encode("utf-8", "surrogatepass"))
    return size - 3 * source.text.count("|") if text_shape(source.mime) == "table" else size


def _watched_megabytes(size: int, limits: ReadConfig, *, pictures: bool = False) -> int | None:
    """Return the memory that reading may take; None where the system sees to it."""
    if is_limited_by_system():
        return None
    return allowance(size, limits.megabytes, pictures=pictures)


def _too_large(megabytes: int, goal: str) -> str:
    return f"It takes more than {megabytes} MiB of memory to {goal}."


class _Worker:
    """One process; for one thread at a time."""

    def __init__(self, first: bytes) -> None:
        variables = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self._process: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, "-I", "-c", _START.format(paths=module_paths())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            stderr=subprocess.DEVNULL,
            env=variables | _FRUGAL,
            start_new_session=True,  # Ctrl-C is for the parent, which then ends it
        )
        self._first = first

    def lives(self) -> bool:
        """Say whether the process has not ended."""
        return self._process.poll() is None

    def ask(self, frame: bytes, size: int, limits: ReadConfig, go_on: Callable[[], None]) -> Plain:
        """Return the answer to a request; raises _Ended when the process ends first.

        It is ended where it takes longer or, unless the system sees to it, more memory. What takes
        several pictures has as long for each as another document for all.
        """
        seconds, pictures = limits.seconds * _PATIENCE, False
        watch = ProcessWatch(self._process, seconds, _watched_megabytes(size, limits))
        watch.start()
        try:
            reply = self._exchanged(frame)
            while reply is not None and "picture" in reply:
                go_on()
                pictures = True
                watch.allow(seconds, _watched_megabytes(size, limits, pictures=True))
                reply = read_frame(self._pipes()[1])
        finally:
            watch.done.set()
        if reply is not None:
            return reply | {"pictures": pictures}
        code = self._process.wait()
        raise _Ended(watch.why or code, pictures=pictures)

    def _exchanged(self, frame: bytes) -> Plain | None:
        stdin, stdout = self._pipes()
        try:
            _write(stdin, self._first + frame)
        except OSError:  # it ended; how, its code tells
            return None
        self._first = b""
        return read_frame(stdout)

    def _pipes(self) -> tuple[Any, Any]:
        return self._process.stdin, self._process.stdout

    def end(self) -> None:
        """End the process and let go of all it holds."""
        self._process.kill()
        self._process.wait()
        for pipe in self._pipes():
            try:
                pipe.close()
            except OSError:  # what was to be written goes nowhere
                continue


def _write(pipe: Any, frame: bytes) -> None:
    """Write all of a frame, however little of it the pipe takes at a time."""
    left = memoryview(frame)
    while left:
        left = left[pipe.write(left) :]
