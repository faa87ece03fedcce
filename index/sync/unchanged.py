"""Answers "nothing changed" before anything heavy is imported, and imports next to nothing.

A synchronisation leaves a note in the home folder: what the documents folder looked like, and what
it would report if it were run again. Every writer deletes the note before it does anything else,
so while the note is there, nobody has begun to change the index since.
"""

from __future__ import annotations

import os
import sys

from index.store.catalog_format import (
    ADDITIONS_VERSION,
    CATALOG_FILE,
    NOTE_FILE,
    SCHEMA_VERSION,
    recipe,
)
from index.store.chroma_state import looks_settled
from index.sync.survey import survey

TYPE_CHECKING = False  # `typing` and `collections` cost more than listing the files
if TYPE_CHECKING:
    from collections.abc import Iterable

_READERS = ("oxmsg", "rapidocr", "tree_sitter")
"""What the extras `office`, `ocr` and `code` bring."""

_END = "end"
"""Last line of a note that is whole: a failing disk may keep its beginning only."""


class UnchangedSummary:
    """What `Synchroniser.sync_folder` would report: only these, nothing added or removed."""

    __slots__ = (
        "_not_read",
        "failed",
        "has_vectors",
        "ignored",
        "kinds",
        "missing",
        "passages",
        "unchanged",
    )

    def __init__(
        self,
        unchanged: int,
        passages: int,
        failed: tuple[tuple[str, str], ...],
        missing: int = 0,
        *,
        has_vectors: bool = True,
        ignored: int = 0,
        kinds: dict[str, int] | None = None,
        not_read: str = "",
    ) -> None:
        self.unchanged = unchanged
        self.passages = passages
        self.failed = failed
        """(source, reason) of each file that cannot be indexed, as in the last report."""
        self.has_vectors = has_vectors and passages > 0
        self.missing = missing
        """Documents that are kept although their files are gone."""
        self.ignored = ignored
        """Files and folders that are left out on purpose."""
        self.kinds = kinds or {}
        """How many files are not read, by their ending."""
        self._not_read = not_read

    @property
    def not_read(self) -> list[tuple[str, str]]:
        """(source, ending) of each file that is not read; made of its line when it is asked for."""
        parts = iter(_parts(self._not_read))
        return list(zip(parts, parts, strict=True))


def unchanged(
    home: str | os.PathLike[str],
    documents: str | os.PathLike[str],
    collection: str = "documents",
    *,
    model: str = "minilm",
    cut: str | None = None,
    embedded: bool = True,
    opened: bool = False,
    mark: str = "",
) -> UnchangedSummary | None:
    """Return the report of a synchronisation that has nothing to do; None: do the real one.

    `model` is the embedding model configured, `cut` what `catalog_format.recipe` returns for the
    chunk configuration (default: for the default one); `embedded` is False with a Chroma server;
    `opened` says that this process has the catalog open, which then is no longer looked into;
    `mark` is that of a catalog which others may change, too.
    Never raises: whatever is wrong, the real synchronisation says it better.
    """
    try:
        place = os.fspath(home)
        with open(f"{place}/{NOTE_FILE}", encoding="ascii") as note:  # noqa: PTH123 - see survey
            lines = note.read().split("\n")
        if lines[-1] != _END or lines[0] != _stamp(place, collection, model, cut or recipe(), mark):
            return None
        if not (opened or _is_database(f"{place}/{CATALOG_FILE}")):
            return None
        count, passages, has_vectors, missing, ignored = map(int, lines[2].split())
        if has_vectors and embedded and not looks_settled(place):
            return None
        if survey(os.fspath(documents)) != lines[1]:
            return None
        kinds = iter(_parts(lines[3]))
        pairs = iter([_read(line) for line in lines[5:-1]])
        return UnchangedSummary(
            count,
            passages,
            tuple(zip(pairs, pairs, strict=True)),
            missing,
            has_vectors=bool(has_vectors),
            ignored=ignored,
            kinds={kind: int(number) for kind, number in zip(kinds, kinds, strict=True)},
            not_read=lines[4],
        )
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
    not_read: list[tuple[str, str]],
    mark: str = "",
) -> None:
    """Leave the note; `digest` is that of a survey made before the folder was walked.

    `not_read` are (source, ending) of the files that are not read.
    """
    kinds: dict[str, int] = {}
    for _, kind in not_read:
        kinds[kind] = kinds.get(kind, 0) + 1
    lines = [
        _stamp(home, collection, model, cut, mark),
        digest,
        f"{summary.unchanged} {summary.passages} {int(summary.has_vectors)} {summary.missing} "
        f"{summary.ignored}",
        _joined(part for kind, number in kinds.items() for part in (kind, str(number))),
        _joined(part for file in not_read for part in file),
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


def _stamp(home: str, collection: str, model: str, cut: str, mark: str) -> str:
    """Return what must be the same for a note to hold; another catalog has another inode."""
    inode = mark or os.stat(f"{home}/{CATALOG_FILE}").st_ino  # noqa: PTH116 - see survey
    version = f"{SCHEMA_VERSION}.{ADDITIONS_VERSION}"
    known = (version, str(inode), collection, model, cut, *_installed_readers())
    return _written("\t".join(known))


def _installed_readers() -> list[str]:
    """Return which of the packages that extras bring are there: with another, more can be read."""
    return [
        name
        for name in _READERS
        if any(os.path.isdir(f"{folder}/{name}") for folder in sys.path)  # noqa: PTH112 - see survey
    ]


def _is_database(path: str) -> bool:
    """Say whether a file starts as one of SQLite does, which a failing disk may have changed.

    Not for a file that this process has open: on POSIX, closing any descriptor of it takes away
    the locks of all others (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks).
    """
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - see survey
        return file.read(16) == b"SQLite format 3\0"


def _joined(parts: Iterable[str]) -> str:
    """Return texts without NUL as one line of ASCII."""
    return _written("\0".join(parts))


def _parts(line: str) -> list[str]:
    """Return the texts that a line was joined from."""
    return _read(line).split("\0") if line else []


def _written(text: str) -> str:
    """Return a text as one line of ASCII."""
    return text.encode("unicode_escape").decode("ascii")


def _read(line: str) -> str:
    return line.encode("ascii").decode("unicode_escape")
