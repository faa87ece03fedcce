"""The tables of the catalog.

Everything derived from the documents hangs off a *build*: one way of cutting and embedding a
collection. A collection points at the build that serves; a rebuild fills a second one beside it
and moves the pointer.
"""

from __future__ import annotations

import sqlite3

from index.store.catalog_format import SCHEMA_VERSION
from index.store.sqlite_file import script

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
INSERT INTO meta VALUES ('generation', 0), ('home', lower(hex(randomblob(8))));
CREATE TABLE builds (
    build INTEGER PRIMARY KEY AUTOINCREMENT,
    collection TEXT NOT NULL,
    model TEXT NOT NULL,
    dimension INTEGER NOT NULL,
    recipe TEXT NOT NULL,
    chroma TEXT NOT NULL,
    dirty INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE collections (
    name TEXT PRIMARY KEY,
    build INTEGER NOT NULL REFERENCES builds (build)
) WITHOUT ROWID;
CREATE TABLE sources (
    id TEXT PRIMARY KEY,
    collection TEXT NOT NULL REFERENCES collections (name),
    uri TEXT NOT NULL,
    title TEXT NOT NULL,
    mime TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    pages TEXT NOT NULL,
    url TEXT,
    modified TEXT,
    added_at TEXT NOT NULL,
    added_by TEXT,
    warnings TEXT NOT NULL,
    characters INTEGER NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (collection, uri)
);
CREATE TABLE passages (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    build INTEGER NOT NULL REFERENCES builds (build) ON DELETE CASCADE,
    source TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    page INTEGER,
    heading TEXT NOT NULL,
    kind TEXT NOT NULL,
    sentences TEXT NOT NULL,
    text TEXT NOT NULL,
    input BLOB NOT NULL,
    vectors BLOB,
    UNIQUE (build, id)
);
CREATE INDEX passages_by_id ON passages (id);
CREATE INDEX passages_by_source ON passages (source, build, ordinal);
CREATE INDEX passages_by_build ON passages (build, source);
CREATE INDEX passages_by_input ON passages (build, input);
CREATE TABLE files (
    collection TEXT NOT NULL REFERENCES collections (name),
    uri TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL,
    failure TEXT,
    PRIMARY KEY (collection, uri)
) WITHOUT ROWID;
CREATE TABLE folders (
    collection TEXT PRIMARY KEY REFERENCES collections (name),
    folder TEXT NOT NULL,
    device INTEGER NOT NULL
) WITHOUT ROWID;
"""


def _move_out_what_people_made(connection: sqlite3.Connection) -> None:
    """Take out what release 0.1.0 kept in the catalog and exists nowhere else."""
    from index.store.old_catalog import move_out_what_people_made

    move_out_what_people_made(connection)


_PURGE = """
INSERT INTO meta SELECT 'purge', count(*) > 0 FROM builds;
ALTER TABLE builds ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE builds ADD COLUMN spare TEXT NOT NULL DEFAULT ''
"""
"""`purge` says that texts were deleted of which the files may still hold bytes, as those of older
releases do. `deleted` counts the vectors that a build's Chroma collection has lost, and `spare`
names one that it does not use (yet, or any more)."""

_MISSING = """
CREATE TABLE missing (
    collection TEXT NOT NULL REFERENCES collections (name),
    uri TEXT NOT NULL,
    PRIMARY KEY (collection, uri)
) WITHOUT ROWID;
"""
"""Documents whose files are gone but are not forgotten before a person confirms it."""

_VECTORS = """
CREATE TABLE passage_vectors (
    key INTEGER PRIMARY KEY REFERENCES passages (key) ON DELETE CASCADE,
    vector BLOB NOT NULL
);
UPDATE builds SET dirty = 1 WHERE dimension > 0
"""
"""The vectors of passages, from which Chroma is made again without embedding anything. Builds are
marked, so that the next writer fills the table from Chroma."""

_QUEUE = """
CREATE TABLE chroma_queue (
    build INTEGER NOT NULL REFERENCES builds (build) ON DELETE CASCADE,
    id TEXT NOT NULL,
    PRIMARY KEY (build, id)
) WITHOUT ROWID
"""
"""Passages, by their ids, of which Chroma has yet to be told: `index.store.chroma_queue`."""

_PLACES = "ALTER TABLE sources ADD COLUMN places TEXT NOT NULL DEFAULT '[]'"
"""Where in an original that has slides, rows or messages its text stands."""

_LEFT_OUT = """
CREATE TABLE left_out (
    collection TEXT NOT NULL REFERENCES collections (name),
    uri TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (collection, uri)
) WITHOUT ROWID
"""
"""What the folder held, at the last look, besides what `files` knows. `indexing` is still to be
read, `failed` cannot even be looked at, and `reason` says why; `unread` has an ending that is not
read, which is the `reason`; `ignored` is left out on purpose."""

_REGIONS = "ALTER TABLE sources ADD COLUMN regions TEXT NOT NULL DEFAULT '[]'"
"""Which lines of its text were read from pictures, and where in them."""

_AWAITED = """
CREATE TABLE awaited_vectors (
    key INTEGER PRIMARY KEY REFERENCES passages (key) ON DELETE CASCADE,
    build INTEGER NOT NULL
);
INSERT INTO awaited_vectors SELECT key, build FROM passages JOIN builds USING (build)
WHERE dimension > 0 AND key NOT IN (SELECT key FROM passage_vectors)
"""
"""Passages that are found by words, and by meaning once they have vectors:
`index.store.awaited_passages`."""

_SLOTS = """
ALTER TABLE passages ADD COLUMN slot INTEGER;
ALTER TABLE passages ADD COLUMN mark BLOB;
CREATE TABLE freed_slots (slot INTEGER PRIMARY KEY, blank INTEGER NOT NULL DEFAULT 0);
UPDATE passages AS p SET slot = key, mark = substr(input, 1, 8) WHERE EXISTS
(SELECT 1 FROM vector_file.vectors v WHERE v.slot = p.key AND v.mark = substr(p.input, 1, 8));
INSERT INTO meta SELECT 'slots', coalesce(max(slot), 0) FROM vector_file.vectors;
DROP TABLE passage_vectors;
UPDATE passages SET vectors = NULL WHERE vectors IS NOT NULL;
INSERT OR IGNORE INTO awaited_vectors SELECT key, build FROM passages JOIN builds USING (build)
WHERE dimension > 0 AND slot IS NULL;
UPDATE meta SET value = 1 WHERE key = 'purge' AND EXISTS (SELECT 1 FROM builds)
"""
"""Vectors stand in a file of their own, where `index.store.vector_move` has put them under the keys
of their passages. `freed_slots` are rows of it that no passage has any more, overwritten where
`blank`; `passages.vectors` is not used any more. What was held in its place is to be purged."""

_FREE_SLOT = """
CREATE TRIGGER passages_free_slot AFTER DELETE ON passages WHEN OLD.slot IS NOT NULL
BEGIN INSERT OR IGNORE INTO freed_slots (slot) VALUES (OLD.slot); END
"""


def _point_to_vector_file(connection: sqlite3.Connection) -> None:
    script(_SLOTS)(connection)
    connection.execute(_FREE_SLOT)


_EACH_TEXT_ONCE = """
INSERT INTO meta SELECT 'chroma_texts', count(*) > 0 FROM builds;
UPDATE meta SET value = 1 WHERE key = 'purge' AND EXISTS (SELECT 1 FROM builds);
ALTER TABLE passages DROP COLUMN text
"""
"""A passage is a span of the text of its source. `chroma_texts` says whether Chroma was made to
hold texts, as older releases made it."""


def _move_words(connection: sqlite3.Connection) -> None:
    """Put words into segments, which keep no copy of the texts."""
    from index.store.words_move import move_words

    move_words(connection)


def _measure_passages(connection: sqlite3.Connection) -> None:
    """Note where passages stand in bytes, so that they are read without their documents."""
    from index.store.passage_bytes import measure_passages

    measure_passages(connection)


BEFORE_VECTOR_FILE = 10
"""Format of a catalog that holds the vectors itself."""

CATALOG_MIGRATIONS = (
    script(_SCHEMA),
    _move_out_what_people_made,
    script(_PURGE),
    script(_MISSING),
    script(_VECTORS),
    script(_QUEUE),
    script(_PLACES),
    script(_LEFT_OUT),
    script(_REGIONS),
    script(_AWAITED),
    _point_to_vector_file,
    script(_EACH_TEXT_ONCE),
    _move_words,
    _measure_passages,
)
assert len(CATALOG_MIGRATIONS) == SCHEMA_VERSION
