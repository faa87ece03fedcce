"""Answers "nothing changed" before anything heavy is imported, and imports next to nothing.

A synchronisation leaves a note in the home folder: what the documents folder looked like, and what
it would report if it were run again. Every writer deletes the note before it does anything else,
so while the note is there, nobody has begun to change the index since.
"""

from __future__ import annotations

import os

from index.store.catalog_format import (
    ADDITIONS_VERSION,
    CATALOG_FILE,
    NOTE_FILE,
    SCHEMA_VERSION,
    recipe,
)
from index.store.chroma_state import looks_settled
from index.sync.survey import survey

_END = "end"
"""Last line of a note that is whole: a failing disk may keep its beginning only."""


class UnchangedSummary:
    """What `Synchroniser.sync_folder` would report: only these, nothing added or removed."""

    __slots__ = ("failed", "has_vectors", "missing", "passages", "unchanged")

    def __init__(
        self,
        unchanged: int,
        passages: int,
        failed: tuple[tuple[str, str], ...],
        missing: int = 0,
        *,
        has_vectors: bool = True,
    ) -> None:
        self.unchanged = unchanged
        self.passages = passages
        self.failed = failed
        """(source, reason) of each file that cannot be indexed, as in the last report."""
        self.has_vectors = has_vectors and passages > 0
        self.missing = missing
        """Documents that are kept although their files are gone."""


def unchanged(
    home: str | os.PathLike[str],
    documents: str | os.PathLike[str],
    collection: str = "documents",
    *,
    model: str = "minilm",
    cut: str | None = None,
    embedded: bool = True,
    opened: bool = False,
) -> UnchangedSummary | None:
    """Return the report of a synchronisation that has nothing to do; None: do the real one.

    `model` is the embedding model configured, `cut` what `catalog_format.recipe` returns for the
    chunk configuration (default: for the default one); `embedded` is False with a Chroma server;
    `opened` says that this process has the catalog open, which then is no longer looked into.
    Never raises: whatever is wrong, the real synchronisation says it better.
    """
    try:
        place = os.fspath(home)
        with open(f"{place}/{NOTE_FILE}", encoding="ascii") as note:  # noqa: PTH123 - see survey
            lines = note.read().split("\n")
        if lines[-1] != _END or lines[0] != _stamp(place, collection, model, cut or recipe()):
            return None
        if not (opened or _is_database(f"{place}/{CATALOG_FILE}")):
            return None
        count, passages, has_vectors, missing = map(int, lines[2].split())
        if has_vectors and embedded and not looks_settled(place):
            return None
        if survey(os.fspath(documents)) != lines[1]:
            return None
        pairs = iter([_read(line) for line in lines[3:-1]])
        failed = tuple(zip(pairs, pairs, strict=True))
        return UnchangedSummary(count, passages, failed, missing, has_vectors=bool(has_vectors))
    except (OSError, ValueError, IndexError):
        return None


def note(
    home: str,
    summary: UnchangedSummary,
    collection: str,
    *,
    model: str,
    cut: str,
    digest: str,
) -> None:
    """Leave the note; `digest` is that of a survey made before the folder was walked."""
    lines = [
        _stamp(home, collection, model, cut),
        digest,
        f"{summary.unchanged} {summary.passages} {int(summary.has_vectors)} {summary.missing}",
        *(_written(part) for failure in summary.failed for part in failure),
        _END,
    ]
    path = f"{home}/{NOTE_FILE}"
    with open(f"{path}.new", "w", encoding="ascii") as file:  # noqa: PTH123 - see survey
        file.write("\n".join(lines))
    os.replace(f"{path}.new", path)  # noqa: PTH105 - see survey


def forget(home: str) -> None:
    """Delete the note for good, before the index changes."""
    try:
        os.unlink(f"{home}/{NOTE_FILE}")  # noqa: PTH108 - see survey
    except FileNotFoundError:
        return
    if hasattr(os, "O_DIRECTORY"):  # Windows cannot, and need not, flush a folder
        folder = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _stamp(home: str, collection: str, model: str, cut: str) -> str:
    """Return what must be the same for a note to hold; another catalog has another inode."""
    inode = os.stat(f"{home}/{CATALOG_FILE}").st_ino  # noqa: PTH116 - see survey
    known = (f"{SCHEMA_VERSION}.{ADDITIONS_VERSION}", str(inode), collection, model, cut)
    return _written("\t".join(known))


def _is_database(path: str) -> bool:
    """Say whether a file starts as one of SQLite does, which a failing disk may have changed.

    Not for a file that this process has open: on POSIX, closing any descriptor of it takes away
    the locks of all others (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks).
    """
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - see survey
        return file.read(16) == b"SQLite format 3\0"


def _written(text: str) -> str:
    """Return a text as one line of ASCII."""
    return text.encode("unicode_escape").decode("ascii")


def _read(line: str) -> str:
    return line.encode("ascii").decode("unicode_escape")
