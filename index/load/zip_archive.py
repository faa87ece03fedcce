"""ZIP archives: each document in one is found and read as if it lay in a folder.

A member is called by the archive's path, a slash and its own: no file can have that path, since
what is a file is no folder. Nothing is unpacked to disk, so no name in an archive leads anywhere.
What an archive says of itself is not believed further than the limits here.
"""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import LoadError
from index.load.folder_walk import FolderScan, FoundFile, SkippedFile, scan
from index.load.formats import read_suffixes
from index.load.read_file import MAX_BYTES, size_problem
from index.load.unread_kinds import ending_of, unread_kind, unread_type
from index.schema import SyncFailure

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo
from index.load.archive_names import ENDING, is_archive
from index.load.checked_archive import DAMAGED, MOST_MEMBERS, archive_errors, open_archive

MOST_BYTES = 512 * 1024 * 1024
"""Of all documents in one archive, unpacked."""

MOST_RATIO = 200
"""Times that a large document may be larger than it is packed; text is packed to a tenth."""

_SMALL = 1024 * 1024
"""Bytes up to which no ratio is asked about."""

_UTF8 = 0x800

_ENCRYPTED = 0x1


def scan_with_archives(folder: Path) -> FolderScan:
    """Return what `scan` does, and in the place of each archive what can be read in it, or why not.

    A failure that names an archive stands for all that was known of it.
    """
    found = scan(folder, suffixes=read_suffixes() | {ENDING})
    if not any(is_archive(file.uri) for file in found.files):
        return found
    files: list[FoundFile] = []
    failures, skipped = list(found.failures), list(found.skipped)
    for file in found.files:
        if not is_archive(file.uri):
            files.append(file)
            continue
        try:
            inside = _members(file)
        except LoadError as error:
            failures.append(SyncFailure(source=file.uri, reason=error.reason))
            continue
        files += (each for each in inside if isinstance(each, FoundFile))
        failures += (each for each in inside if isinstance(each, SyncFailure))
        skipped += (each for each in inside if isinstance(each, SkippedFile))
    return FolderScan(tuple(files), tuple(failures), tuple(skipped), found.ignored)


@dataclass
class ArchiveReader:
    """Reads members, and keeps the archive of the last one open, as they come by archive."""

    _open: dict[str, ZipFile] = field(default_factory=dict)

    def read(self, file: FoundFile) -> bytes:
        """Return the bytes of a member; raises LoadError."""
        if file.location not in self._open:
            self.close()
            self._open[file.location] = open_archive(file.location, file.uri)
        return _content(self._open[file.location], file)

    def close(self) -> None:
        """Close the archive that is open."""
        while self._open:
            self._open.popitem()[1].close()


def read_member(path: Path, uri: str, archive: str) -> bytes:
    """Return the bytes of the document `uri` in the archive that is called `archive`.

    Raises LoadError, also where the archive holds no such document.
    """
    with given_archive(archive, path) as opened:
        for file in opened.members:
            if isinstance(file, FoundFile) and file.uri == uri:
                return opened.read(file)
    raise LoadError(uri, "The archive no longer holds it.")


@dataclass(frozen=True)
class GivenArchive:
    """An archive that was added by itself, open, with what it holds."""

    members: Sequence[FoundFile | SyncFailure | SkippedFile]
    _archive: ZipFile

    def read(self, file: FoundFile) -> bytes:
        """Return the bytes of a member; raises LoadError."""
        return _content(self._archive, file)


@contextmanager
def given_archive(uri: str, content: Path | bytes) -> Iterator[GivenArchive]:
    """Open an archive at a path, or one that was uploaded; raises LoadError."""
    changed = datetime.now(UTC).timestamp()
    if isinstance(content, Path):
        with archive_errors(uri):
            changed = content.stat().st_mtime
    file = FoundFile("", uri, 0, int(changed * 1_000_000_000))
    with open_archive(
        str(content) if isinstance(content, Path) else BytesIO(content), uri
    ) as archive:
        yield GivenArchive(_listed(archive, file), archive)


def _content(archive: ZipFile, file: FoundFile) -> bytes:
    """Return the bytes of a member; raises LoadError."""
    with archive_errors(file.uri):
        info = archive.infolist()[file.member or 0]
        if (info.file_size, info.CRC) != (file.size, file.checksum):
            raise LoadError(file.uri, DAMAGED)
        with archive.open(info) as member:
            data = member.read(MAX_BYTES + 1)
    if problem := size_problem(len(data)):
        raise LoadError(file.uri, problem)
    return data


def _members(file: FoundFile) -> list[FoundFile | SyncFailure | SkippedFile]:
    """Say of each member what it is; raises LoadError for an archive that is not to be read."""
    with open_archive(file.location, file.uri) as archive:
        return _listed(archive, file)


def _listed(archive: ZipFile, file: FoundFile) -> list[FoundFile | SyncFailure | SkippedFile]:
    infos = archive.infolist()
    if len(infos) > MOST_MEMBERS:
        raise LoadError(file.uri, f"It holds more than {MOST_MEMBERS} files; unpack it.")
    # Of two members of one name the later counts, as for every program that unpacks them.
    named = {name: at for at, info in enumerate(infos) if (name := _name(info)) is not None}
    ordered = sorted(named.items())
    suffixes = read_suffixes()
    found = [_member(file, f"{file.uri}/{name}", at, infos[at], suffixes) for name, at in ordered]
    if sum(each.size for each in found if isinstance(each, FoundFile)) > MOST_BYTES:
        limit = MOST_BYTES // (1024 * 1024)
        raise LoadError(
            file.uri, f"What it holds is larger than {limit} MiB when unpacked; split it."
        )
    return found


def _member(
    file: FoundFile, uri: str, at: int, info: ZipInfo, suffixes: Collection[str]
) -> FoundFile | SyncFailure | SkippedFile:
    suffix = ending_of(uri.rpartition("/")[2])
    if suffix == ENDING:
        reason = "It is an archive in an archive; unpack the outer one."
        return SyncFailure(source=uri, reason=reason)
    if suffix not in suffixes:
        if unread_kind(suffix):
            return SyncFailure(source=uri, reason=unread_type(Path(uri)))
        return SkippedFile(uri, suffix)
    if problem := _problem(info):
        return SyncFailure(source=uri, reason=problem)
    date = _date(info) or file.mtime_ns
    return FoundFile(file.location, uri, info.file_size, date, at, info.CRC)


def _date(info: ZipInfo) -> int | None:
    """Return when a member was last changed, in nanoseconds; None for a date that is none."""
    try:
        return int(datetime(*info.date_time, tzinfo=UTC).timestamp()) * 1_000_000_000
    except ValueError:
        return None


def _problem(info: ZipInfo) -> str | None:
    """Say why a document in an archive is not read, as far as its entry tells."""
    if info.flag_bits & _ENCRYPTED:
        return "It is encrypted; put it into the folder without a password."
    if stat.S_ISLNK(info.external_attr >> 16):
        return "It is a symbolic link in an archive; put the file itself in."
    if info.file_size > _SMALL and info.file_size > MOST_RATIO * max(info.compress_size, 1):
        return f"It is packed to less than a part in {MOST_RATIO}, as no document is."
    return size_problem(info.file_size)


def _name(info: ZipInfo) -> str | None:
    """Return the path of a member, without what leads out; None for folders and hidden files."""
    name = info.filename
    if not info.flag_bits & _UTF8:
        name = _decoded(name)
    if "/" not in name:
        name = name.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    if not parts or info.is_dir() or name.endswith("/"):
        return None
    if any(part.startswith((".", "~$")) or part == "__MACOSX" for part in parts):
        return None
    return "/".join(parts)


def _decoded(name: str) -> str:
    """Return a name that is not marked as UTF-8, and was read as code page 437, as it was meant."""
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name
