"""The inside of the process in which documents are read: one request after another, within limits.

It has what a document may do harm to and nothing else: no index, no model, no secret.
`index.sync.read_worker` starts it and ends it.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, TypeAlias

from index.chunk.chunker import TokenCounter, cuts, estimate_tokens
from index.config import ChunkConfig
from index.errors import LoadError
from index.load.loaders import load_bytes
from index.load.recognition_warnings import INSTALL
from index.load.text_recognition import Painting, ReadPicture, TextRecogniser, can_recognise
from index.schema import PictureBox, Source
from index.sync.plain_frames import Plain, framed, plain_cut, plain_document, read_frame
from index.sync.process_memory import MIB, allowance, give_back_freed

IDLE_SECONDS = 60.0
"""After this long without a request the process ends, and its memory is free for others."""

FULL = 160 * MIB
"""Bytes of memory in use beyond which the process ends after its reply, to give them back."""


def main() -> None:
    """Answer requests on standard input until it is closed."""
    requests, replies = _pipes()
    given = read_frame(requests)
    if given is None:
        return
    cut = _cutter(given)
    limits = _Limits(given["seconds"], given["megabytes"] if given["limited"] else None)
    pictures = _Pictures(limits, replies) if can_recognise() else None
    while _comes(requests) and (request := read_frame(requests)) is not None:
        with limits.held(request["size"], request.get("seconds")):
            reply = _reply(request, cut, pictures)
        replies.write(framed(reply))
        replies.flush()
        give_back_freed()
        if reply.get("failed") == "memory" or _used() > FULL:
            return


def _pipes() -> tuple[io.RawIOBase, IO[bytes]]:
    """Return the two pipes; what a library prints by itself goes nowhere."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: the parent says when to end
    replies = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return io.FileIO(0, closefd=False), replies


def _comes(requests: io.RawIOBase) -> bool:
    """Wait for a request; False when none comes for long."""
    if os.name != "posix":
        return True  # a pipe cannot be waited for there
    return bool(select.select([requests], [], [], IDLE_SECONDS)[0])


Cutter: TypeAlias = Callable[[Source], Plain]


def _cutter(given: Plain) -> Cutter:
    """Return what cuts a source, with the same passages as in the parent."""
    config = ChunkConfig(**given["chunk"])
    count = _counter(given["tokenizer"])

    def cut(source: Source) -> Plain:
        found = cuts(source, config, count_tokens=count)
        return {"passages": tuple(map(plain_cut, found))}

    return cut


def _counter(path: str | None) -> TokenCounter:
    """Return what counts word pieces; the file is opened by the first document."""
    if path is None:
        return estimate_tokens
    opened: list[TokenCounter] = []

    def count(texts: Sequence[str]) -> Sequence[int]:
        if not opened:
            from index.embed.piece_counter import PieceCounter

            opened.append(PieceCounter(Path(path)).count)
        return opened[0](texts)

    return count


def _reply(request: Plain, cut: Cutter, pictures: _Pictures | None) -> Plain:
    """Do what is asked; a failure is told by its kind."""
    try:
        if "cut" in request:
            return cut(Source(**request["cut"]))
        if "crop" in request:
            return _cropped(pictures, **request["crop"])
        if "page" in request:
            return _painted(**request["page"])
        return _loaded(pictures, **request["load"])
    except LoadError as error:
        return _failed(error.__cause__) or {"failed": "document", "reason": error.reason}
    except Exception as error:
        return _failed(error) or {
            "failed": "error",
            "kind": type(error).__name__,
            "traceback": traceback.format_exc(limit=20),
        }


def _loaded(
    pictures: _Pictures | None, data: bytes, name: str, mime: str | None, charset: str | None
) -> Plain:
    document = load_bytes(data, name=name, mime=mime, charset=charset, recogniser=pictures)
    return {"document": plain_document(document)}


def _cropped(
    pictures: _Pictures | None, data: bytes, name: str, page: int | None, edges: tuple[int, ...]
) -> Plain:
    from index.load.picture_crop import cropped_picture

    if pictures is None:
        raise LoadError(name, INSTALL)
    pictures.allow()
    left, top, right, bottom = edges
    box = PictureBox(page=page, edges=(left, top, right, bottom))
    return {"png": cropped_picture(data, name, box)}


def _painted(data: bytes, name: str, order: Plain) -> Plain:
    from index.load.pdf_page_picture import PageOrder, page_picture

    return asdict(page_picture(data, name, PageOrder(**order)))


def _failed(error: BaseException | None) -> Plain | None:
    return {"failed": "memory"} if isinstance(error, MemoryError) else None


class _Limits:
    """What one request may use; a request that uses more is ended by the system."""

    def __init__(self, seconds: float, megabytes: int | None) -> None:
        """None as `megabytes` leaves it to the parent, which watches."""
        self._seconds = seconds
        self._megabytes = megabytes
        self._size = self._before = 0
        self._allowed = seconds

    @contextlib.contextmanager
    def held(self, size: int, seconds: float | None) -> Iterator[None]:
        """Limit time and memory of what is done inside for so many bytes; end with the parent.

        `seconds` is the time where it is not that for a document.
        """
        self._size, self._before = size, _address_space()
        self._allowed = seconds or self._seconds
        self._set(pictures=False)
        with _bound_to_parent():
            yield

    def allow_picture(self) -> None:
        """Allow for another picture as much time as for a document, and memory to recognise it."""
        self._set(pictures=True)

    def _set(self, *, pictures: bool) -> None:
        _set_limit("RLIMIT_CPU", int(time.process_time() + self._allowed) + 1)
        if self._megabytes is not None and self._before:
            most = allowance(self._size, self._megabytes, pictures=pictures)
            _set_limit("RLIMIT_AS", self._before + most * MIB)


class _Pictures:
    """Recognises text in pictures, each within limits of its own, and tells the parent of each."""

    def __init__(self, limits: _Limits, replies: IO[bytes]) -> None:
        self._limits = limits
        self._replies = replies
        self._recogniser = TextRecogniser()

    def read(self, paint: Painting) -> ReadPicture:
        """Return the lines of a picture."""
        self.allow()
        return self._recogniser.read(paint)

    def allow(self) -> None:
        """Have time and memory for another picture."""
        self._limits.allow_picture()
        self._replies.write(framed({"picture": True}))
        self._replies.flush()


def _set_limit(name: str, value: int) -> None:
    """Set a soft limit of this process, where the system knows it and does not have a lower one."""
    try:
        import resource
    except ImportError:
        return  # Windows: there the parent ends what takes too long
    which = getattr(resource, name)
    _, most = resource.getrlimit(which)
    if most != resource.RLIM_INFINITY:
        value = min(value, most)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(which, (value, most))


@contextlib.contextmanager
def _bound_to_parent() -> Iterator[None]:
    """Have the system end this process when the parent's end of the pipe closes.

    A thread could not: one regular expression keeps all others of the process waiting.
    """
    if not hasattr(os, "O_ASYNC"):
        yield
        return
    import fcntl

    flags = fcntl.fcntl(0, fcntl.F_GETFL)
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(0, fcntl.F_SETFL, flags | os.O_ASYNC)
    try:
        if select.select([0], [], [], 0)[0]:  # it closed a moment ago
            os._exit(1)
        yield
    finally:
        fcntl.fcntl(0, fcntl.F_SETFL, flags)


def _address_space() -> int:
    """Return the bytes of address space in use; 0 where the system does not tell."""
    return _pages_of(0)


def _used() -> int:
    """Return the bytes of memory in use; 0 where the system does not tell."""
    return _pages_of(1)


def _pages_of(column: int) -> int:
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - once for each document
            return int(file.read().split()[column]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return 0


if __name__ == "__main__":
    main()
    sys.exit(0)
