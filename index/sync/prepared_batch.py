"""Sources that are read and cut, and batches of them that are written together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.schema import LoadedDocument, Passage, Source
from index.store.catalog_rows import FileState

_BATCH_PASSAGES = 96
"""Passages written at a time: some seconds of embedding, so that a bar moves and a crash costs
little, yet enough to sort by length and to pay for the commits."""

_BATCH_CHARACTERS = 2_000_000
"""The same for documents that have few passages for their size."""

_BATCH_BYTES = 32_000_000
"""The same for files that are to be kept, which are held in memory until then."""


@dataclass(frozen=True)
class Prepared:
    """A source that is read and cut, ready to be embedded and written."""

    source: Source
    passages: Sequence[Passage]
    file: FileState | None = None
    """State of its file in the documents folder, if it comes from there."""
    moved_from: str | None = None
    """The uri under which it is kept so far, where that is another."""
    original: bytes | None = None
    """The bytes of its file, where they are to be kept."""


def has_pages_to_show(document: LoadedDocument) -> bool:
    """Say whether a document is a PDF or was read from pictures, which can be shown."""
    return document.mime == "application/pdf" or bool(document.regions)


class Batch:
    """Collects prepared sources and writes them together."""

    def __init__(self, write: Callable[[Sequence[Prepared]], None]) -> None:
        self._write = write
        self._waiting: list[Prepared] = []
        self._passages = 0
        self._characters = 0
        self._bytes = 0

    def add(self, prepared: Prepared) -> None:
        """Take one source, and write when that makes a batch."""
        self._waiting.append(prepared)
        self._passages += len(prepared.passages)
        self._characters += len(prepared.source.text)
        self._bytes += len(prepared.original or b"")
        if (
            self._passages >= _BATCH_PASSAGES
            or self._characters >= _BATCH_CHARACTERS
            or self._bytes >= _BATCH_BYTES
        ):
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        waiting, self._waiting = self._waiting, []
        self._passages = self._characters = self._bytes = 0
        if waiting:
            self._write(waiting)
