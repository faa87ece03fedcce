"""Values of the catalog and how they are written in its rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import numpy as np
from pydantic import Field

from index.protocols import Vectors
from index.schema import Passage, Source, SourceEntry, Span, Value, source_id
from index.store.sqlite_file import Row


class CollectionEntry(Value):
    """A collection and the build that serves it."""

    name: str = Field(description="Name of the collection.")
    build: int = Field(description="Number of the build that serves.")
    model: str = Field(description="Embedding model it was built with.")
    dimension: int = Field(description="Length of its vectors.")
    recipe: str = Field(description="How its documents were cut.")
    chroma: str = Field(description="Name of the Chroma collection that holds its vectors.")
    dirty: bool = Field(description="Whether a writer has not finished, or was killed.")


class FileState(Value):
    """A file of the documents folder as it was when it was last looked at."""

    size: int = Field(description="In bytes; -1 when it may have changed while it was read.")
    mtime_ns: int = Field(description="When the content was last changed, as programs say.")
    ctime_ns: int = Field(description="When anything was last changed, as the system says.")
    failure: str | None = Field(default=None, description="Why it could not be loaded.")


PASSAGE_COLUMNS = (
    'p.id, p.source, p.ordinal, p.start, p."end", p.page, p.heading, p.kind, p.sentences, p.text'
)
SOURCE_COLUMNS = (
    "s.id, s.collection, s.uri, s.title, s.mime, s.sha256, s.pages, s.url, s.modified, "
    "s.added_at, s.added_by, s.warnings, s.text, f.mtime_ns"
)
ENTRY_COLUMNS = (
    "s.id, s.collection, s.uri, s.title, s.mime, s.sha256, s.pages, s.url, s.modified, "
    "s.added_at, s.added_by, s.warnings, s.characters, f.mtime_ns, f.failure"
)


def passage_row(passage: Passage) -> Row:
    """Return the columns of a passage, as in `PASSAGE_COLUMNS`."""
    spans = [edge for each in passage.sentences for edge in (each.start, each.end)]
    return (
        passage.id,
        passage.source_id,
        passage.ordinal,
        passage.start,
        passage.end,
        passage.page,
        json.dumps(passage.heading, ensure_ascii=False),
        passage.kind,
        json.dumps(spans, separators=(",", ":")),
        passage.text,
    )


def passage_of(row: Row) -> Passage:
    """Return the passage of a row of `PASSAGE_COLUMNS`."""
    return Passage(
        id=row[0],
        source_id=row[1],
        ordinal=row[2],
        start=row[3],
        end=row[4],
        page=row[5],
        heading=tuple(json.loads(row[6])),
        kind=row[7],
        sentences=_spans(row[8]),
        text=row[9],
    )


def source_row(source: Source) -> Row:
    """Return the columns of the table `sources`, in order."""
    pages = [edge for page in source.pages for edge in (page.start, page.end)]
    return (
        source.id,
        source.collection,
        source.uri,
        source.title,
        source.mime,
        source.sha256,
        json.dumps(pages, separators=(",", ":")),
        source.url,
        source.modified and source.modified.isoformat(),
        source.added_at.isoformat(),
        source.added_by,
        json.dumps(source.warnings, ensure_ascii=False),
        len(source.text),
        source.text,
    )


def source_of(row: Row) -> Source:
    """Return the source of a row of `SOURCE_COLUMNS`."""
    return Source(
        id=row[0],
        collection=row[1],
        uri=row[2],
        title=row[3],
        mime=row[4],
        sha256=row[5],
        pages=_spans(row[6]),
        url=row[7],
        modified=_modified(row[8], row[13]),
        added_at=datetime.fromisoformat(row[9]),
        added_by=row[10],
        warnings=tuple(json.loads(row[11])),
        text=row[12],
    )


def entry_of(row: Row, passages: int) -> SourceEntry:
    """Return the listing of a row of `ENTRY_COLUMNS`."""
    return SourceEntry(
        id=row[0],
        collection=row[1],
        uri=row[2],
        title=row[3],
        mime=row[4],
        sha256=row[5],
        pages=len(_spans(row[6])),
        url=row[7],
        modified=_modified(row[8], row[13]),
        added_at=datetime.fromisoformat(row[9]),
        added_by=row[10],
        warnings=tuple(json.loads(row[11])),
        characters=row[12],
        passages=passages,
        failure=row[14],
    )


def failed_entry(collection: str, uri: str, failure: str) -> SourceEntry:
    """List a file of which nothing is indexed."""
    return SourceEntry(
        id=source_id(collection, uri),
        collection=collection,
        uri=uri,
        title=uri.rsplit("/", 1)[-1],
        state="failed",
        failure=failure,
    )


def vectors_blob(vectors: Vectors | None) -> bytes | None:
    """Pack sentence vectors as half floats: the error (1e-3) is below what ranking notices."""
    if vectors is None or not len(vectors):
        return None
    return vectors.astype("<f2").tobytes()


def vectors_of(blob: bytes, dimension: int) -> Vectors:
    """Unpack sentence vectors, shape (sentences, dimension)."""
    return np.frombuffer(blob, dtype="<f2").astype(np.float32).reshape(-1, dimension)


def _spans(packed: str) -> tuple[Span, ...]:
    edges: Sequence[int] = json.loads(packed)
    return tuple(
        Span(start=start, end=end) for start, end in zip(edges[::2], edges[1::2], strict=True)
    )


def _modified(said: str | None, mtime_ns: int | None) -> datetime | None:
    """Prefer what the document says to the file's own time."""
    if said is not None:
        return datetime.fromisoformat(said)
    if mtime_ns is None:
        return None
    return datetime.fromtimestamp(mtime_ns // 1_000_000_000, tz=UTC)


_WAYS_TO_NAME: tuple[Callable[[str, Row], bool], ...] = (
    lambda name, row: name in (row[1], row[0]),
    lambda name, row: name == row[2],
    lambda name, row: name.casefold() in (row[1].casefold(), row[2].casefold()),
    lambda name, row: row[1].casefold().endswith("/" + name.casefold()),
    lambda name, row: any(part.casefold().startswith(name.casefold()) for part in row[1:]),
)
"""How a person may name a source, the strictest first; a row is (id, uri, title)."""


def meant_by(name: str, known: Sequence[Row]) -> list[Row]:
    """Return the (id, uri, title) rows that `name` fits in the strictest way that any fits."""
    if not name:
        return []
    ways = ([row for row in known if fits(name, row)] for fits in _WAYS_TO_NAME)
    return next((found for found in ways if found), [])
