"""ZIP archives opened within bounds: what one says of itself is checked before it is believed."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import IO, TYPE_CHECKING

from index.errors import LoadError
from index.load.packed_documents import named_as_archive
from index.load.read_file import reason_of

if TYPE_CHECKING:
    from zipfile import ZipFile


MOST_MEMBERS = 10_000

_DIRECTORY = 2 * 1024 * 1024
"""Bytes of the list of members, which is held in memory: room for twice as many long names."""

_END = struct.Struct("<4s4H2LH")

_MEMBER = b"PK\3\4"

_NOT_WHOLE = "It is no ZIP archive, or only the beginning of one."

DAMAGED = "It is damaged, or was changed while it was read."


def open_archive(place: str | BytesIO, uri: str) -> ZipFile:
    """Open an archive, at a path or in memory; raises LoadError."""
    from zipfile import ZipFile

    with archive_errors(uri):
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
def archive_errors(uri: str) -> Iterator[None]:
    """Turn whatever an archive makes the library raise into a LoadError."""
    import zlib
    from zipfile import BadZipFile

    try:
        yield
    except (NotImplementedError, RuntimeError) as error:
        reason = "It is packed in a way that is not read; pack it as an ordinary ZIP archive."
        raise LoadError(uri, reason) from error
    except (BadZipFile, zlib.error, EOFError, struct.error, IndexError) as error:
        raise LoadError(uri, DAMAGED) from error
    except (OSError, ValueError) as error:
        raise LoadError(uri, reason_of(error)) from error
