"""Finds the documents in a folder.

Symbolic links to something in the folder are followed, after everything that is really there, and
no folder is read twice; so a link to a folder that is read anyway adds nothing. One that leads back
to a folder it stands in, or out of the documents, is named: who may put a link there may not for
that read whatever Quoth may read. Hidden files and folders (".name") and lock files of office
programs ("~$name") are passed over; what `.quothignore` and `.gitignore` leave out is not looked
at.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from index.errors import LoadError
from index.load.formats import read_suffixes
from index.load.ignored_names import IGNORES_NOTHING, IgnoredNames
from index.load.read_file import kind_problem, reason_of
from index.load.unread_kinds import ending_of, unread_kind, unread_type
from index.schema import SyncFailure

LEADS_OUT = "It is a symbolic link out of the documents folder; put a copy there instead."
"""Why a link is not followed: what was read through it once is gone, not out of sight."""


class FoundFile(NamedTuple):
    """A file to load, as it was when it was found."""

    location: str
    """Path that opens the file."""
    uri: str
    """Path relative to the folder, with "/" on every system."""
    size: int
    """In bytes."""
    mtime_ns: int
    """Time of the last change."""
    member: int | None = None
    """Its place in the archive at `location`, where it is in one (`index.load.zip_archive`)."""
    checksum: int = 0
    """CRC-32 of its bytes, where it is in an archive."""

    @property
    def path(self) -> Path:
        """Path that opens the file; made on demand, because thousands of them cost time."""
        return Path(self.location)


class SkippedFile(NamedTuple):
    """A file that is clearly no document."""

    uri: str
    """Path relative to the folder."""
    kind: str
    """Its ending (`index.load.unread_kinds.ending_of`)."""


class IgnoredPath(NamedTuple):
    """A file or folder that an ignore file leaves out."""

    uri: str
    """Path relative to the folder."""


class FolderScan(NamedTuple):
    """Everything that a walk came across."""

    files: tuple[FoundFile, ...]
    """Documents to load."""
    failures: tuple[SyncFailure, ...]
    """What should have been read and cannot be. A folder named here may hold known documents:
    what lies under it is unknown, not gone."""
    skipped: tuple[SkippedFile, ...]
    """Images, archives, programs and the like."""
    ignored: tuple[IgnoredPath, ...] = ()
    """What is left out on purpose; of a folder, only itself."""


def scan(folder: Path, *, suffixes: Collection[str] | None = None) -> FolderScan:
    """Return the documents under `folder` (or the file it is), and what is not read, in order.

    Documents are told by `suffixes`, None being those of what is read here.
    The order is the same on every run. A folder that is missing or unreadable is a failure with
    its own relative path ("." for `folder` itself); its documents are unknown, not gone.
    """
    found = list(_Walk(folder, read_suffixes() if suffixes is None else frozenset(suffixes)).run())
    return FolderScan(
        files=tuple(each for each in found if isinstance(each, FoundFile)),
        failures=tuple(each for each in found if isinstance(each, SyncFailure)),
        skipped=tuple(each for each in found if isinstance(each, SkippedFile)),
        ignored=tuple(each for each in found if isinstance(each, IgnoredPath)),
    )


class _Folder(NamedTuple):
    """A folder still to be read."""

    location: str
    uri: str
    facts: os.stat_result
    above: IgnoredNames = IGNORES_NOTHING
    """What the ignore files of the folders above leave out."""


_Found = FoundFile | SyncFailure | SkippedFile | IgnoredPath


@dataclass
class _Walk:
    """One pass over a folder: the folders seen, and the links to look at last."""

    root: Path
    suffixes: frozenset[str]
    seen: set[tuple[int, int]] = field(default_factory=set)
    links: deque[tuple[str, str, IgnoredNames]] = field(default_factory=deque)
    home: str = ""
    """Where the folder really is."""

    def run(self) -> Iterator[_Found]:
        """Yield from the folder itself, then from folders that links lead to."""
        try:
            facts = self.root.stat()
        except (OSError, ValueError) as error:
            yield SyncFailure(source=".", reason=_missing(error))
            return
        if not stat.S_ISDIR(facts.st_mode):
            yield self._file(str(self.root), self.root.name, facts)
            return
        self.home = os.path.realpath(self.root)
        yield from self._tree(_Folder(str(self.root), "", facts))
        while self.links:
            yield from self._link(*self.links.popleft())

    def _tree(self, folder: _Folder) -> Iterator[_Found]:
        """Yield what a folder and those really in it hold, depth first and by name."""
        # A stack of our own: folders nest deeper than Python's calls may.
        open_folders = [self._entries(folder)]
        while open_folders:
            for found in open_folders[-1]:
                if isinstance(found, _Folder):
                    open_folders.append(self._entries(found))
                    break
                yield found
            else:
                open_folders.pop()

    def _entries(self, folder: _Folder) -> Iterator[_Found | _Folder]:
        """Yield the entries of one folder by name, unless it has been read."""
        key = (folder.facts.st_dev, folder.facts.st_ino)
        if key in self.seen:
            return
        self.seen.add(key)
        try:
            with os.scandir(folder.location) as entries:
                ordered = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield SyncFailure(source=printable(folder.uri) or ".", reason=_unread(error))
            return
        try:
            ignored = folder.above.below(folder.location, folder.uri, ordered)
        except LoadError as error:
            yield SyncFailure(source=printable(folder.uri) or ".", reason=error.reason)
            return
        prefix = folder.uri + "/" if folder.uri else ""
        for entry in ordered:
            if not entry.name.startswith((".", "~$")):
                found = self._entry(entry, prefix + entry.name, ignored)
                if found is not None:
                    yield found

    def _entry(
        self, entry: os.DirEntry[str], uri: str, ignored: IgnoredNames
    ) -> _Found | _Folder | None:
        """Say what an entry is; None for a link to a folder, which waits."""
        if ignored.levels and ignored.has(uri, is_folder=entry.is_dir()):
            return IgnoredPath(printable(uri))
        if entry.is_symlink() and not _is_inside(entry.path, self.home):
            return self._refused(entry, uri)
        try:
            facts = entry.stat()
        except (OSError, ValueError) as error:
            return SyncFailure(source=printable(uri), reason=_dangling(entry, error))
        if not stat.S_ISDIR(facts.st_mode):
            return self._file(entry.path, uri, facts)
        if not entry.is_symlink():
            return _Folder(entry.path, uri, facts, ignored)
        self.links.append((entry.path, uri, ignored))
        return None

    def _refused(self, entry: os.DirEntry[str], uri: str) -> _Found:
        """Name a link that leads out of the folder, unless a file there would be passed over."""
        found = (
            None
            if entry.is_dir()
            else self._file(entry.path, uri, entry.stat(follow_symlinks=False))
        )
        if isinstance(found, SkippedFile):
            return found
        return SyncFailure(source=printable(uri), reason=LEADS_OUT)

    def _link(self, location: str, uri: str, ignored: IgnoredNames) -> Iterator[_Found]:
        """Yield what the folder that a link leads to holds, unless it has been read."""
        try:
            target = Path(location).resolve(strict=True)
            inside = Path(location).parent.resolve().is_relative_to(target)
            if inside:
                reason = "It is a symbolic link to a folder that it stands in; remove the link."
                yield SyncFailure(source=printable(uri), reason=reason)
            else:
                yield from self._tree(_Folder(location, uri, target.stat(), ignored))
        except (OSError, RuntimeError) as error:
            yield SyncFailure(source=printable(uri), reason=_missing(error))

    def _file(self, location: str, uri: str, facts: os.stat_result) -> _Found:
        """Say what a file is: one to load, one to name, or one to pass over."""
        _, dot, ending = uri.rpartition(".")
        if dot + ending.lower() not in self.suffixes:
            return _no_document(uri)
        if problem := kind_problem(facts.st_mode):
            return SyncFailure(source=printable(uri), reason=problem)
        if printable(uri) != uri:
            return SyncFailure(
                source=printable(uri), reason="Its name is not valid UTF-8; rename it."
            )
        return FoundFile(location, uri, facts.st_size, facts.st_mtime_ns)


def _no_document(uri: str) -> SyncFailure | SkippedFile:
    """Name a document of a kind that is not read, and pass over other files."""
    kind = ending_of(uri.rpartition("/")[2])
    if unread_kind(kind):
        return SyncFailure(source=printable(uri), reason=unread_type(Path(uri)))
    return SkippedFile(printable(uri), kind)


def _is_inside(path: str, home: str) -> bool:
    """Say whether a path, links followed, is in the folder that is really at `home`."""
    target = os.path.realpath(path)
    return target == home or target.startswith(home.rstrip(os.sep) + os.sep)


def printable(uri: str) -> str:
    """Return a path that can be printed and stored, whatever bytes the file system holds."""
    if uri.isascii():
        return uri
    return uri.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _missing(error: Exception) -> str:
    """Say that a folder to read is not there."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "There is no such file or folder."
    if isinstance(error, OSError):
        return reason_of(error)
    return "It is a symbolic link that leads back to itself."


def _unread(error: OSError) -> str:
    """Say why a folder cannot be listed."""
    if isinstance(error, PermissionError):
        return "The folder may not be listed; give the user that runs Quoth permission to."
    return reason_of(error)


def _dangling(entry: os.DirEntry[str], error: OSError | ValueError) -> str:
    """Say why an entry cannot be examined: most often a link to nothing."""
    if isinstance(error, FileNotFoundError) and entry.is_symlink():
        return "It is a symbolic link to a file that does not exist."
    return reason_of(error)
