"""What a writer has to know of the catalog before it changes it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

from index.protocols import Vectors
from index.schema import Source, source_id
from index.store.catalog_rows import Build, FileState, LeftOut
from index.store.database import Connection
from index.store.vector_file import JOIN_VECTORS, sentences_of, vector_of


class Known(NamedTuple):
    """A passage whose input has been embedded before."""

    id: str
    sentences: Vectors | None


class FolderState(NamedTuple):
    """The documents folder that a collection was last brought in step with."""

    folder: str
    device: int
    """The volume it is on."""


_BUILD = (
    "b.build, b.collection, b.model, b.dimension, b.recipe, b.chroma, b.dirty, b.deleted, b.spare"
)


def owes_purge(connection: Connection) -> bool:
    """Say whether texts were deleted of which the files may still hold bytes."""
    owed = connection.execute("SELECT value FROM meta WHERE key = 'purge'").fetchone()[0]
    return bool(int(owed))


def keeps_texts(connection: Connection) -> bool:
    """Say whether Chroma was last made to hold texts, as older releases made it."""
    kept = connection.execute("SELECT value FROM meta WHERE key = 'chroma_texts'").fetchone()[0]
    return bool(int(kept))


def serving_builds(connection: Connection) -> list[Build]:
    """Return the builds that serve, by collection."""
    rows = connection.execute(
        f"SELECT {_BUILD} FROM builds b JOIN collections c ON c.build = b.build ORDER BY c.name"
    )
    return [Build(*row) for row in rows]


def stray_builds(connection: Connection) -> list[Build]:
    """Return the builds that serve nobody: those that were replaced, or never finished."""
    rows = connection.execute(
        f"SELECT {_BUILD} FROM builds b WHERE build NOT IN (SELECT build FROM collections)"
    )
    return [Build(*row) for row in rows]


def indexed_versions(connection: Connection, collection: str) -> dict[str, str]:
    """Return the SHA-256 of each indexed source by uri."""
    rows = connection.execute("SELECT uri, sha256 FROM sources WHERE collection = ?", (collection,))
    return dict(rows)


def indexed_ids(connection: Connection, collection: str) -> dict[str, str]:
    """Return the id of each indexed source by uri."""
    rows = connection.execute("SELECT uri, id FROM sources WHERE collection = ?", (collection,))
    return dict(rows)


def source_versions(connection: Connection) -> set[str]:
    """Return the SHA-256 of every source that is indexed."""
    return {row[0] for row in connection.execute("SELECT DISTINCT sha256 FROM sources")}


def id_at(connection: Connection, collection: str, uri: str) -> str:
    """Return the id of the source at `uri`, or else one that no other source has."""
    row = connection.execute(
        "SELECT id FROM sources WHERE collection = ? AND uri = ?", (collection, uri)
    ).fetchone()
    if row is not None:
        return str(row[0])
    ids = (source_id(collection, uri, attempt) for attempt in count())
    taken = "SELECT 1 FROM sources WHERE id = ?"
    return next(id for id in ids if connection.execute(taken, (id,)).fetchone() is None)


def added_versions(connection: Connection) -> dict[tuple[str, str], str]:
    """Return the SHA-256 of each source that lies in no folder, by collection and uri."""
    rows = connection.execute(
        "SELECT s.collection, s.uri, s.sha256 FROM "
        "(SELECT collection, uri FROM sources EXCEPT SELECT collection, uri FROM files) a "
        "JOIN sources s ON s.collection = a.collection AND s.uri = a.uri"
    )
    return {(collection, uri): sha256 for collection, uri, sha256 in rows}


def followed_collections(connection: Connection) -> set[str]:
    """Return the names of the collections that are kept in step with a folder."""
    rows = connection.execute("SELECT collection FROM folders UNION SELECT collection FROM files")
    return {row[0] for row in rows}


def source_ids(connection: Connection, collection: str) -> list[str]:
    """Return the ids of the sources of a collection, in the order of their uris."""
    rows = connection.execute(
        "SELECT id FROM sources WHERE collection = ? ORDER BY uri", (collection,)
    )
    return [row[0] for row in rows]


def is_stored(connection: Connection, source: Source) -> bool:
    """Say whether a source is still stored just so: the version, and what it is embedded under."""
    row = connection.execute(
        "SELECT 1 FROM sources WHERE id = ? AND sha256 = ? AND title = ?",
        (source.id, source.sha256, source.title),
    )
    return row.fetchone() is not None


def sources_without_passages(connection: Connection, build: Build) -> list[tuple[str, str]]:
    """Return id and SHA-256 of the sources of which a build has nothing, by uri."""
    rows = connection.execute(
        "SELECT id, sha256 FROM sources s WHERE collection = ? AND NOT EXISTS "
        "(SELECT 1 FROM passages WHERE source = s.id AND build = ?) ORDER BY uri",
        (build.collection, build.number),
    )
    return rows.fetchall()


def seen_files(connection: Connection, collection: str) -> dict[str, FileState]:
    """Return the files of the documents folder as they were last seen, by uri."""
    rows = connection.execute(
        "SELECT uri, size, mtime_ns, ctime_ns, failure FROM files WHERE collection = ?",
        (collection,),
    )
    return {uri: FileState(*state) for uri, *state in rows}


def missing_documents(connection: Connection, collection: str) -> set[str]:
    """Return the uris of the documents that are kept although their files are gone."""
    rows = connection.execute("SELECT uri FROM missing WHERE collection = ?", (collection,))
    return {row[0] for row in rows}


def left_out_files(connection: Connection, collection: str) -> dict[str, LeftOut]:
    """Return what the documents folder held besides sources at the last look, by uri."""
    rows = connection.execute(
        "SELECT uri, state, reason FROM left_out WHERE collection = ?", (collection,)
    )
    return {uri: LeftOut(*each) for uri, *each in rows}


def folder_state(connection: Connection, collection: str) -> FolderState | None:
    """Return the documents folder of the last synchronisation."""
    row = connection.execute(
        "SELECT folder, device FROM folders WHERE collection = ?", (collection,)
    ).fetchone()
    return None if row is None else FolderState(*row)


def passages_held(connection: Connection, build: Build, sources: Sequence[str]) -> set[str]:
    """Return the ids of the passages that sources have in a build."""
    found: set[str] = set()
    for source in sources:
        rows = connection.execute(
            "SELECT id FROM passages WHERE source = ? AND build = ?", (source, build.number)
        )
        found.update(row[0] for row in rows)
    return found


def known_inputs(
    connection: Connection, build: Build, inputs: Sequence[bytes]
) -> dict[bytes, Known]:
    """Return a passage of the build, with a vector, for each input that was embedded before."""
    found: dict[bytes, Known] = {}
    for first in range(0, len(inputs), 900):  # SQLite binds 999 values at a time
        some = inputs[first : first + 900]
        marks = ",".join("?" * len(some))
        rows = connection.execute(
            f"SELECT p.input, p.id, v.sentences FROM passages p {JOIN_VECTORS} "
            f"WHERE p.build = ? AND p.input IN ({marks}) AND length(v.vector) > 0",
            (build.number, *some),
        )
        for digest, id, blob in rows:
            found[digest] = Known(id, sentences_of(blob, build.dimension))
    return found


def passages_embedded_before(connection: Connection, build: Build) -> list[str]:
    """Return the ids of passages that were embedded, and whose own vectors Chroma alone keeps."""
    rows = connection.execute(
        f"SELECT p.id FROM passages p {JOIN_VECTORS} WHERE p.build = ? AND length(v.vector) = 0",
        (build.number,),
    )
    return [row[0] for row in rows]


def kept_vectors(connection: Connection, build: Build, ids: Sequence[str]) -> dict[str, Vectors]:
    """Return the vectors that are kept of passages of a build, by passage id."""
    found: dict[str, Vectors] = {}
    for first in range(0, len(ids), 900):  # SQLite binds 999 values at a time
        some = ids[first : first + 900]
        rows = connection.execute(
            f"SELECT p.id, v.vector FROM passages p {JOIN_VECTORS} WHERE p.build = ? "
            f"AND p.id IN ({','.join('?' * len(some))}) AND length(v.vector) > 0",
            (build.number, *some),
        )
        found.update((id, vector_of(blob)) for id, blob in rows)
    return found
