"""Reads the files of a folder together with others: queues some for them, takes what they read.

As long as nobody helps, nothing is queued. No more is queued than helpers need to go on, so that
what they have finished does not pile up while a long document is read here.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from index.errors import LoadError
from index.load.folder_walk import FoundFile
from index.load.read_file import read_file
from index.store.catalog_rows import FileState
from index.store.document_queue import LedQueue, QueuedDocument
from index.sync.finished_document import FinishedDocument, unpack_finished

_AHEAD = 8
"""Documents in the queue for each that helps."""

_AHEAD_BYTES = 64_000_000
"""Bytes of files after which none is added to the queue."""

_LOOK = 1.0
"""Seconds between two looks at whether anybody helps."""

_PAUSE = 0.05
"""Seconds between two looks at what others have yet to finish."""


class ToRead(NamedTuple):
    """A file of the folder that is to be indexed."""

    file: FoundFile
    seen: FileState
    finished: FinishedDocument | None = None
    """What another process made of it; None where it has yet to be read."""


@dataclass
class SharedFiles:
    """Shares the files of one run; `indexed` are the versions that the index has, by uri."""

    queue: LedQueue
    indexed: Mapping[str, str]
    now: Callable[[], float] = time.monotonic
    _ahead: deque[tuple[int, ToRead]] = field(default_factory=deque)
    _queued: dict[int, tuple[str, ToRead]] = field(default_factory=dict)
    """By number, with the hash of its bytes."""
    _helpers: int = 0
    _looked: float = float("-inf")

    def order(self, files: Sequence[ToRead]) -> Generator[ToRead, None, None]:
        """Yield each file once, those that others have read with what they made of it."""
        self._ahead.extend(enumerate(files))
        try:
            while self._ahead or self._queued:
                yield from self._fill()
                yield from self._finished()
                if (own := self._own()) is not None:
                    yield own
        finally:
            self.queue.clear()

    def _fill(self) -> Iterator[ToRead]:
        """Queue what helpers need; yields what turns out to be none of theirs."""
        if self.now() - self._looked >= _LOOK:
            self._helpers, self._looked = self.queue.helpers(), self.now()
        queued, own = list[QueuedDocument](), list[ToRead]()
        size = sum(each.file.size for _, each in self._queued.values())
        while self._ahead and len(self._queued) < _AHEAD * self._helpers and size < _AHEAD_BYTES:
            number, each = self._ahead.popleft()
            if (sha256 := self._to_share(each)) is None:
                own.append(each)
                if len(own) == _AHEAD:
                    break
                continue
            queued.append(QueuedDocument(number, each.file.uri, sha256))
            self._queued[number] = sha256, each
            size += each.file.size
        self.queue.put(queued)
        yield from own

    def _to_share(self, each: ToRead) -> str | None:
        """Return the hash of a file that others may read; None of one that is better read here."""
        if each.file.member is not None:
            return None  # an archive is unpacked once, from its beginning
        try:
            sha256 = hashlib.sha256(read_file(each.file.path, name=each.file.uri)).hexdigest()
        except LoadError:
            return None
        return None if sha256 == self.indexed.get(each.file.uri) else sha256

    def _finished(self) -> Iterator[ToRead]:
        for number, result in self.queue.take_finished() if self._queued else ():
            if number in self._queued:
                sha256, each = self._queued.pop(number)
                yield each._replace(finished=unpack_finished(result, sha256))

    def _own(self) -> ToRead | None:
        """Return one that is read here: from the queue where nobody reads it, or not yet queued.

        None where others read all that is left.
        """
        number = self.queue.take_back() if self._queued else None
        if number in self._queued:
            return self._queued.pop(number)[1]
        if self._ahead and (not self._queued or not self._helpers):
            return self._ahead.popleft()[1]
        if self._queued:
            left = self.queue.left()
            lost = next((number for number in self._queued if number not in left), None)
            if lost is not None:  # the server broke down, or another took the folder over
                return self._queued.pop(lost)[1]
            time.sleep(_PAUSE)
        return None
