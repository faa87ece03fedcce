"""ZIP archives: each document in one is found and read as if it lay in a folder.

A member is called by the archive's path, a slash and its own: no file can have that path, since
what is a file is no folder. Nothing is unpacked to disk, so no name in an archive leads anywhere.
What an archive says of itself is not believed further than the limits here.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from index.errors import LoadError
from index.load.folder_walk import FolderScan, FoundFile, SkippedFile, scan
from index.load.formats import read_suffixes
from index.load.packed_documents import named_as_archive
from index.load.read_file import MAX_BYTES, reason_of, size_problem
from index.load.unread_kinds import ending_of, unread_kind, unread_type
from index.schema import SyncFailure

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

ENDING = ".zip"

MOST_MEMBERS = 10_000
MOST_BYTES = 512 * 1024 * 1024
"""Of all documents in one archive, unpacked."""

MOST_RATIO = 200
"""Times that a large document may be larger than it is packed; text is packed to a tenth."""

_SMALL = 1024 * 1024
"""Bytes up to which no ratio is asked about."""

_DIRECTORY = 2 * 1024 * 1024
"""Bytes of the list of members, which is held in memory: room for twice as many long names."""

_END = struct.Struct("<4s4H2LH")
_MEMBER = b"PK\3\4"
_NOT_WHOLE = "It is no ZIP archive, or only the beginning of one."
_DAMAGED = "It is damaged, or was changed while it was read."
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


def archive_of(uri: str) -> str:
    """Return the path of the archive that a document is in; its own of one in none."""
    at = uri.lower().find(f"{ENDING}/")
    return uri if at < 0 else uri[: at + len(ENDING)]


def is_archive(uri: str) -> bool:
    """Say whether a file is named as an archive."""
    return uri.lower().endswith(ENDING)


@dataclass
class ArchiveReader:
    """Reads members, and keeps the archive of the last one open, as they come by archive."""

    _open: dict[str, ZipFile] = field(default_factory=dict)

    def read(self, file: FoundFile) -> bytes:
        """Return the bytes of a member; raises LoadError."""
        if file.location not in self._open:
            self.close()
            self._open[file.location] = _opened(file.location, file.uri)
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
        with _errors(uri):
            changed = content.stat().st_mtime
    file = FoundFile("", uri, 0, int(changed * 1_000_000_000))
    with _opened(str(content) if isinstance(content, Path) else BytesIO(content), uri) as archive:
        yield GivenArchive(_listed(archive, file), archive)


def _content(archive: ZipFile, file: FoundFile) -> bytes:
    """Return the bytes of a member; raises LoadError."""
    with _errors(file.uri):
        info = archive.infolist()[file.member or 0]
        if (info.file_size, info.CRC) != (file.size, file.checksum):
            raise LoadError(file.uri, _DAMAGED)
        with archive.open(info) as member:
            data = member.read(MAX_BYTES + 1)
    if problem := size_problem(len(data)):
        raise LoadError(file.uri, problem)
    return data


def _members(file: FoundFile) -> list[FoundFile | SyncFailure | SkippedFile]:
    """Say of each member what it is; raises LoadError for an archive that is not to be read."""
    with _opened(file.location, file.uri) as archive:
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


def _opened(place: str | BytesIO, uri: str) -> ZipFile:
    """Open an archive, at a path or in memory; raises LoadError."""
    from zipfile import ZipFile

    with _errors(uri):
        if isinstance(place, BytesIO):
            begins = _check_directory(place, uri)
        else:
            with open(place, "rb") as file:  # noqa: PTH123 - what is at hand is no Path
                begins = _check_directory(file, uri)
        archive = ZipFile(place)
        try:
            _check_beginning(archive, begins, uri)
            if named := named_as_archive(archive):
                kind, ending = named
                reason = f"It is {kind} under the name of an archive; let its name end in {ending}."
                raise LoadError(uri, reason)
        except BaseException:
            archive.close()
            raise
        return archive


def _check_beginning(archive: ZipFile, begins: bytes, uri: str) -> None:
    """Refuse the list of an archive that lies in this one, whose own is lost with its end."""
    starts = [info.header_offset for info in archive.infolist()]
    if begins == _MEMBER and min(starts, default=1) > 0:
        raise LoadError(uri, _NOT_WHOLE)


def _check_directory(file: IO[bytes], uri: str) -> bytes:
    """Refuse a list of members that takes much memory, before it is read; return how all begins."""
    size = file.seek(0, 2)
    start = max(0, size - 65_536 - _END.size)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or at + _END.size > len(tail):
        raise LoadError(uri, _NOT_WHOLE)
    directory = _END.unpack_from(tail, at)[5]
    if directory > _DIRECTORY:
        raise LoadError(uri, f"It may hold more than {MOST_MEMBERS} files; unpack it.")
    file.seek(0)
    return file.read(len(_MEMBER))


@contextmanager
def _errors(uri: str) -> Iterator[None]:
    """Turn whatever an archive makes the library raise into a LoadError."""
    import zlib
    from zipfile import BadZipFile

    try:
        yield
    except (NotImplementedError, RuntimeError) as error:
        reason = "It is packed in a way that is not read; pack it as an ordinary ZIP archive."
        raise LoadError(uri, reason) from error
    except (BadZipFile, zlib.error, EOFError, struct.error, IndexError) as error:
        raise LoadError(uri, _DAMAGED) from error
    except (OSError, ValueError) as error:
        raise LoadError(uri, reason_of(error)) from error
