"""One file that holds a home: what exists only there first, then the catalog with its vectors.

The files of documents that were added go with it.

Chroma is left out, for it is made again from the catalog without embedding anything. Nor are the
models in it, which are built again, nor settings and tokens, which are not kept in the home, nor
answers that have an address, which are kept for a while only.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from index.errors import ConfigurationError, DiskFull, StoreError
from index.store.catalog_format import (
    ADDITIONS_FILE,
    ANSWERS_FILE,
    CATALOG_FILE,
    CHROMA_FOLDER,
    CHROMA_STATE_FILE,
    COMMUNITY_FILE,
    NOTE_FILE,
    ORIGINALS_FOLDER,
    PAGE_PICTURES_FOLDER,
    PAGES_DUE_FILE,
    VECTORS_FILE,
)
from index.store.disk_room import is_disk_full
from index.store.kept_originals import KeptOriginals
from index.store.read_only_file import connect_to_read, is_read_only
from index.store.segment_words import SegmentWords
from index.store.write_lock import write_lock

BACKUP_FORMAT = 1
"""Raised when an older version of Quoth could not restore what is written."""

MANIFEST = "manifest.json"

_FILES = (ADDITIONS_FILE, COMMUNITY_FILE, CATALOG_FILE, VECTORS_FILE)
"""In the order in which they are copied: the catalog names the vectors."""

_SHA256 = re.compile(r"[0-9a-f]{64}")

_BUSY_SECONDS = 30.0
_CHUNK = 1 << 20


class BackedUp(NamedTuple):
    """What a backup holds."""

    created: str
    """When, in UTC."""
    files: dict[str, int]
    """Bytes of each file, before they are packed."""


class _Copy(NamedTuple):
    path: Path
    format: int


def write_backup(home: Path, target: Path, *, version: str) -> BackedUp:
    """Copy a home that may be in use into one file, for its owner alone; an older one is replaced.

    Every file is as it was at one moment, the same for all of them. Raises ConfigurationError
    where there is nothing to copy, StoreError when that fails.
    """
    present = [name for name in _FILES if (home / name).exists()]
    if not present:
        raise ConfigurationError(f"There is nothing to back up in {str(home)!r}.")
    partial = target.with_name(f"{target.name}.partial")
    with _failures(target), tempfile.TemporaryDirectory(dir=target.parent) as folder:
        try:
            copies = _copies(home, present, Path(folder))
            written = _pack(partial, copies, _originals(home, copies), version)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    return written


def _copies(home: Path, names: list[str], folder: Path) -> dict[str, _Copy]:
    """Copy databases as they are at one moment, whoever writes to them meanwhile."""
    copies: dict[str, _Copy] = {}
    with ExitStack() as stack:
        opened = {name: stack.enter_context(closing(_reader(home / name))) for name in names}
        for connection in opened.values():
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        for name, connection in opened.items():
            copy = folder / name
            with closing(sqlite3.connect(copy)) as to:
                connection.backup(to)
                _check(to, home / name)
                if name == CATALOG_FILE:
                    _take_out_traces(to)
                elif name == VECTORS_FILE and CATALOG_FILE in copies:
                    _take_out_vectors(to, copies[CATALOG_FILE].path)
                format = int(to.execute("PRAGMA user_version").fetchone()[0])
                to.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
            copies[name] = _Copy(copy, format)
    return copies


def _take_out_traces(copy: sqlite3.Connection) -> None:
    """Take out of a copy of the catalog what a purge that is still owed would take out of it.

    A catalog of an older format does not tell, and may hold what was ever removed.
    """
    row = copy.execute("SELECT value FROM meta WHERE key = 'purge'").fetchone()
    if row is not None and not row[0]:
        return
    copy.execute("PRAGMA secure_delete = ON")
    for (table,) in copy.execute(
        "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING fts5 %'"
    ).fetchall():
        copy.execute(f"DELETE FROM {table} WHERE rowid NOT IN (SELECT key FROM passages)")
        copy.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")
    for (build,) in copy.execute(
        "SELECT build FROM builds WHERE 'segments_' || build IN (SELECT name FROM sqlite_master)"
    ).fetchall():
        SegmentWords().merge(copy, build)
    copy.commit()
    copy.execute("VACUUM")


def _take_out_vectors(copy: sqlite3.Connection, catalog: Path) -> None:
    """Take out of a copy of the vectors what no passage of a copied catalog has."""
    copy.execute("ATTACH ? AS catalog", (str(catalog),))
    known = {row[1] for row in copy.execute("PRAGMA catalog.table_info(passages)")}
    if "mark" not in known:
        return
    gone = copy.execute("DELETE FROM vectors WHERE mark NOT IN (SELECT mark FROM passages)")
    copy.commit()
    copy.execute("DETACH catalog")
    if gone.rowcount:
        copy.execute("VACUUM")


def _reader(path: Path) -> sqlite3.Connection:
    if is_read_only(path):
        return connect_to_read(path, _BUSY_SECONDS)
    return sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)


def _originals(home: Path, copies: Mapping[str, _Copy]) -> list[Path]:
    """Return the kept files of the documents that a copy of the additions has."""
    if ADDITIONS_FILE not in copies:
        return []
    with closing(sqlite3.connect(copies[ADDITIONS_FILE].path)) as added:
        found = {row[0] for row in added.execute("SELECT sha256 FROM documents")}
    kept = KeptOriginals(home)
    return [path for sha256 in sorted(found) if (path := kept.path(sha256)).is_file()]


def _pack(
    partial: Path, copies: Mapping[str, _Copy], originals: Sequence[Path], version: str
) -> BackedUp:
    created = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = {
        "format": BACKUP_FORMAT,
        "quoth": version,
        "created": created,
        "files": {
            name: {
                "format": copy.format,
                "bytes": copy.path.stat().st_size,
                "sha256": _digest(copy.path),
            }
            for name, copy in copies.items()
        },
    }
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            packed.writestr(MANIFEST, json.dumps(manifest, indent=2))
            for name, copy in copies.items():
                packed.write(copy.path, name)
            for path in originals:
                with suppress(FileNotFoundError):  # its document was removed this moment
                    packed.write(path, f"{ORIGINALS_FOLDER}/{path.name}", zipfile.ZIP_STORED)
        file.flush()
        os.fsync(file.fileno())
    return BackedUp(created, {name: copy.path.stat().st_size for name, copy in copies.items()})


@contextmanager
def restored_backup(
    file: Path, home: Path, *, replace: bool, formats: Mapping[str, int]
) -> Iterator[BackedUp]:
    """Put the files of a backup into a home; what was there comes back if the block raises.

    `formats` are the newest formats that can be read, by file. Raises ConfigurationError for a file
    that is no backup, that is newer or damaged, and for a home that holds something unless it is to
    be replaced; StoreError when writing fails.
    """
    if not file.exists():
        raise ConfigurationError(f"There is no file {str(file)!r}.")
    if not replace and (held := _held(home)):
        raise ConfigurationError(
            f"{str(home)!r} already holds {held[0].name!r}. Give --yes to put the backup in its "
            "place, or set QUOTH_HOME to another folder."
        )
    with _failures(home):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(prefix="restore-", dir=home) as new,
            tempfile.TemporaryDirectory(prefix="replaced-", dir=home) as old,
        ):
            written = _unpack(file, Path(new), formats)
            try:
                with write_lock(home, seconds=_BUSY_SECONDS):
                    _move(_held(home), Path(old))
                    _move(sorted(Path(new).iterdir()), home)
                yield written
            except BaseException:
                with write_lock(home, seconds=_BUSY_SECONDS):
                    _move(_held(home), Path(new))
                    _move(sorted(Path(old).iterdir()), home)
                raise


def _held(home: Path) -> list[Path]:
    """Return what a backup takes the place of: its files, and all that hangs on them."""
    names = [
        f"{name}{suffix}" for name in (*_FILES, ANSWERS_FILE) for suffix in ("", "-wal", "-shm")
    ]
    names += [CHROMA_FOLDER, CHROMA_STATE_FILE, NOTE_FILE, PAGES_DUE_FILE]
    names += [ORIGINALS_FOLDER, PAGE_PICTURES_FOLDER]
    return [home / name for name in names if (home / name).exists()]


def _move(paths: list[Path], folder: Path) -> None:
    for path in paths:
        shutil.move(path, folder / path.name)


def _unpack(file: Path, folder: Path, formats: Mapping[str, int]) -> BackedUp:
    """Extract a backup, checked, and have its vectors put into a Chroma of its own."""
    try:
        with zipfile.ZipFile(file) as packed:
            manifest = json.loads(packed.read(MANIFEST))
            _check_manifest(file, manifest, formats)
            for name, known in manifest["files"].items():
                _extract(packed, name, folder / name)
                if _digest(folder / name) != known["sha256"]:
                    raise ConfigurationError(_damaged(file, f"{name} is not what was backed up"))
            _extract_originals(file, packed, folder)
    except FileNotFoundError:
        raise ConfigurationError(f"There is no file {str(file)!r}.") from None
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, EOFError) as error:
        raise ConfigurationError(_damaged(file, str(error))) from error
    if (catalog := folder / CATALOG_FILE).exists():
        with closing(sqlite3.connect(catalog)) as connection:
            connection.execute("UPDATE builds SET dirty = 1 WHERE dimension > 0")
            connection.commit()
    sizes = {name: int(known["bytes"]) for name, known in manifest["files"].items()}
    return BackedUp(str(manifest["created"]), sizes)


def _check_manifest(file: Path, manifest: dict[str, Any], formats: Mapping[str, int]) -> None:
    """Refuse what this version cannot read."""
    newer = int(manifest["format"]) > BACKUP_FORMAT or any(
        int(known["format"]) > formats[name]
        for name, known in manifest["files"].items()
        if name in formats
    )
    if newer or not manifest["files"].keys() <= set(_FILES):
        raise ConfigurationError(
            f"The backup {str(file)!r} was written by a newer Quoth ({manifest['quoth']}). "
            "Upgrade Quoth to restore it."
        )


def _extract_originals(file: Path, packed: zipfile.ZipFile, folder: Path) -> None:
    """Extract the files of added documents, each of which is named by its hash."""
    for name in packed.namelist():
        kind, _, sha256 = name.partition("/")
        if kind != ORIGINALS_FOLDER or not _SHA256.fullmatch(sha256):
            continue
        path = folder / ORIGINALS_FOLDER / sha256
        path.parent.mkdir(mode=0o700, exist_ok=True)
        _extract(packed, name, path)
        if _digest(path) != sha256:
            raise ConfigurationError(_damaged(file, f"{name} is not what was backed up"))


def _extract(packed: zipfile.ZipFile, name: str, path: Path) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with packed.open(name) as source, os.fdopen(handle, "wb") as file:
        shutil.copyfileobj(source, file, _CHUNK)
        file.flush()
        os.fsync(file.fileno())


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse to put damage into a backup, where it would take the place of what is whole."""
    ((said,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
    if said != "ok":
        raise StoreError(f"The file {str(path)!r} is damaged ({said}), so nothing is backed up.")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(file: Path, said: str) -> str:
    return f"The file {str(file)!r} is no whole backup ({said}). Take another one."


@contextmanager
def _failures(path: Path) -> Iterator[None]:
    """Turn failures of the disk and of SQLite into sentences."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        if is_disk_full(path.parent) or "disk is full" in str(error) or "No space" in str(error):
            raise DiskFull(path) from error
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise StoreError(
            f"{str(path)!r} cannot be written, or what is copied not read: {said}."
        ) from error
