"""Helps the process that follows the folder, while this one waits for its turn to do so."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from index.errors import LoadError
from index.load.read_file import read_file
from index.schema import SyncReport
from index.store.document_queue import ClaimedDocument, HelpedQueue
from index.store.shared_work import SharedWork
from index.sync.finished_document import pack_finished
from index.sync.preparer import Preparer

_MOST_LACKING = 100
"""Documents that this machine may lack before it has another folder, and only embeds."""


@dataclass
class FolderHelper:
    """Reads documents that another process has queued, and embeds passages meanwhile."""

    work: SharedWork
    preparer: Preparer
    folder: Path
    collection: str
    stamp: str
    """What documents are read with here."""
    embed: Callable[[], int]
    """Embeds for some seconds; returns how many passages."""
    documents: int = 0
    """How many were read for the other."""
    passages: int = 0
    """How many were embedded meanwhile."""
    _queue: HelpedQueue | None = None
    _lacking: set[str] = field(default_factory=set)
    """Hashes of documents that this machine does not have."""

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let the other know that there is help."""
        with self.work.worker(self.stamp) as worker:
            self._queue = HelpedQueue(self.work, worker, self.stamp)
            yield

    def do_some(self) -> bool:
        """Do one piece of work; False where there is none."""
        if self._read_one():
            return True
        embedded = self.embed()
        self.passages += embedded
        return embedded > 0

    def told_in(self, report: SyncReport) -> SyncReport:
        """Return a report that tells of the help."""
        embedded = report.embedded + self.passages
        kept = max(0, report.kept - self.passages)
        update = {"helped": self.documents, "embedded": embedded, "kept": kept}
        return report.model_copy(update=update)

    def _read_one(self) -> bool:
        """Read one document for the other; False where there is none that this machine has."""
        if self._queue is None or len(self._lacking) >= _MOST_LACKING:
            return False
        claimed = self._queue.claim(but=self._lacking)
        if claimed is None:
            return False
        try:
            result = self._read(claimed)
        except LoadError:
            self._queue.refuse(claimed)
        except BaseException:
            self._queue.give_back(claimed)
            raise
        else:
            if result is None:
                self._lacking.add(claimed.sha256)
                self._queue.give_back(claimed)
            elif self._queue.hand_in(claimed, result):
                self.documents += 1
        return True

    def _read(self, claimed: ClaimedDocument) -> bytes | None:
        """Return what is to be handed in; None without the very bytes. Raises LoadError."""
        path = self._path(claimed.uri)
        try:
            data = read_file(path, name=claimed.uri) if path else None
        except LoadError:
            return None
        if data is None or hashlib.sha256(data).hexdigest() != claimed.sha256:
            return None
        loaded = self.preparer.load(data, Path(claimed.uri).name)
        prepared = self.preparer.document(
            self.collection, loaded, claimed.uri, sha256=claimed.sha256
        )
        return pack_finished(loaded, prepared.passages)

    def _path(self, uri: str) -> Path | None:
        """Return the path of a file in the folder; None where it would lead out of it."""
        named = PurePosixPath(uri)
        if named.is_absolute() or ".." in named.parts:
            return None
        return self.folder.joinpath(*named.parts)
