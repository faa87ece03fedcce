"""Rewrites the files of an embedded Chroma, so that nothing is left of what was taken out of it.

Chroma deletes rows but not their bytes: they stay in free pages, in the segments of its full-text
table, and in the queue of changes, which is emptied only after a thousand more
(https://github.com/chroma-core/chroma/issues/7659). A copy holds what is there and nothing else.
Besides, it saves the room for vectors to come as it finds it in memory, where texts were before.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

CHROMA_FILE = "chroma.sqlite3"
"""Name of the file that holds everything but the graph of vectors."""

_GRAPH_FOLDER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Name of the folder of a graph of vectors: the id of its segment."""

_GRAPH_HEADER = struct.Struct("<i4Q")
"""Start of `header.bin` of hnswlib: version, offset, room for vectors, vectors, bytes of each."""

_BYTES_OF_LENGTH = 4

_NO_TEXTS_IN_QUEUE = """
UPDATE embeddings_queue SET metadata = NULL WHERE metadata IS NOT NULL AND seq_id <= (
    SELECT min(done.seq_id) FROM segments JOIN max_seq_id done ON done.segment_id = segments.id
    WHERE segments.scope = 'METADATA'
    AND substr(embeddings_queue.topic, -length(segments.collection)) = segments.collection
)
"""
"""What waits in the queue waits for the graph, which reads vectors alone: texts and metadata of it
have been taken over, unless a writer was killed."""


_NO_TEXTS = (
    "DELETE FROM embedding_metadata",
    "UPDATE embeddings_queue SET metadata = NULL WHERE metadata IS NOT NULL",
)
"""Rows of other applications, of which this file is not, lose theirs as well."""


def rewrite_chroma_file(file: Path, *, texts: bool) -> Path:
    """Return a new file beside `file` with what it holds now; the caller puts it in its place.

    Without `texts`, it holds none of them, nor metadata: those of older releases are left out.
    Nobody may write to it meanwhile. Raises sqlite3.Error and OSError. The file is only read, since
    SQLite exists twice in this process, and each takes away the other's locks.
    """
    copy = file.with_name(f"{file.name}.new")
    copy.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(file, isolation_level=None)) as chroma:
            chroma.execute("VACUUM INTO ?", (str(copy),))
        _take_out_traces(copy, texts=texts)
    except BaseException:
        copy.unlink(missing_ok=True)  # it may be what has filled the disk
        raise
    _flush(copy)
    return copy


def _take_out_traces(copy: Path, *, texts: bool) -> None:
    """Take texts out of the queue of a copy, and deleted ones out of its full-text table."""
    with closing(sqlite3.connect(copy, isolation_level=None)) as made:
        for setting in ("journal_mode = OFF", "synchronous = OFF", "secure_delete = ON"):
            made.execute(f"PRAGMA {setting}")  # of no use to anybody before it is finished
        made.execute(_NO_TEXTS_IN_QUEUE)
        for (table,) in made.execute(
            "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%'"
        ).fetchall():
            made.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")
        if not texts:
            taken = [made.execute(statement).rowcount for statement in _NO_TEXTS]
            if any(taken):
                made.execute("VACUUM")


def replace_chroma_file(file: Path, copy: Path) -> None:
    """Put a copy in the place of a file for good, whatever happens to the machine."""
    copy.replace(file)
    if hasattr(os, "O_DIRECTORY"):  # Windows cannot, and need not, flush a folder
        _flush(file.parent)


def delete_stray_graphs(file: Path) -> None:
    """Delete the graphs beside `file` of collections that are not in it any more."""
    with closing(sqlite3.connect(file, isolation_level=None)) as chroma:
        known = {row[0] for row in chroma.execute("SELECT id FROM segments")}
    for folder in _graph_folders(file.parent):
        if folder.name not in known:
            shutil.rmtree(folder, ignore_errors=True)


def is_empty_graph(header: Path) -> bool:
    """Say whether the graph of this `header.bin` was saved without any vector, or not whole."""
    try:
        _version, _offset, _room, vectors, _size = _GRAPH_HEADER.unpack_from(header.read_bytes())
    except (OSError, struct.error):
        return True
    return not vectors


def blank_room_in_graphs(chroma: Path) -> None:
    """Overwrite what the graphs in Chroma's folder hold beyond their vectors, where it is not 0."""
    for folder in _graph_folders(chroma):
        try:
            header = (folder / "header.bin").read_bytes()
            _version, _offset, _room, vectors, size = _GRAPH_HEADER.unpack_from(header)
        except (OSError, struct.error):
            continue  # not yet, or no longer, a graph
        _blank(folder / "data_level0.bin", vectors * size)
        _blank(folder / "length.bin", vectors * _BYTES_OF_LENGTH)


def _graph_folders(chroma: Path) -> list[Path]:
    return [path for path in chroma.iterdir() if _GRAPH_FOLDER.fullmatch(path.name)]


def _blank(file: Path, start: int) -> None:
    """Overwrite a file from an offset to its end."""
    if not file.exists() or file.stat().st_size <= start:
        return
    with file.open("r+b") as content:
        content.seek(start)
        rest = content.read()
        if rest.strip(b"\0"):
            content.seek(start)
            content.write(bytes(len(rest)))


def _flush(path: Path) -> None:
    """Have a file, or the names in a folder, on disk before anything else is done."""
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
