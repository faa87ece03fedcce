"""Values of the catalog and how they are written in its rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel
from pydantic_core import from_json

from index.schema import (
    Passage,
    Place,
    Region,
    Source,
    SourceEntry,
    SourceState,
    Span,
    source_id,
)
from index.store.sqlite_file import Row


class Build(NamedTuple):
    """A way of cutting and embedding a collection, and where its vectors are."""

    number: int
    collection: str
    model: str
    dimension: int
    """0 for a build that has words only."""
    recipe: str
    chroma: str
    """Name of the Chroma collection that holds its vectors."""
    dirty: bool
    """Whether a writer has not finished, or was killed."""
    deleted: int = 0
    """Vectors that were deleted since its Chroma collection was begun."""
    spare: str = ""
    """A Chroma collection that is not used, and to be deleted."""


class FileState(NamedTuple):
    """A file of the documents folder as it was when it was last looked at."""

    size: int
    """In bytes; -1 when it may have changed while it was read."""
    mtime_ns: int
    """When the content was last changed, as programs say."""
    ctime_ns: int
    """When anything was last changed, as the system says."""
    failure: str | None = None
    """Why it could not be loaded."""


class LeftOut(NamedTuple):
    """A file or folder of the documents folder that is no source, at least not yet."""

    state: Literal["indexing", "failed", "unread", "ignored"]
    reason: str = ""
    """Why it failed; of others, nothing."""


# fmt: off
_PASSAGE = (
    "id", "source_id", "ordinal", "start", "end", "page", "heading", "kind", "sentences",
)
_SOURCE = (
    "id", "collection", "uri", "title", "mime", "sha256", "pages", "url", "modified", "added_at",
    "added_by", "warnings",
)
# fmt: on
"""Fields in the order of their columns."""


_Kind = TypeVar("_Kind", Passage, Source, Span)
_FIELDS = {kind: tuple(kind.model_fields) for kind in (Passage, Source, Span)}
_FIELDS_SET = {kind: set(names) for kind, names in _FIELDS.items()}
_NEW = object.__new__
_SET_FIELDS, _SET_NAMES, _SET_EXTRA, _SET_PRIVATE = (
    BaseModel.__dict__[name].__set__
    for name in (
        "__dict__",
        "__pydantic_fields_set__",
        "__pydantic_extra__",
        "__pydantic_private__",
    )
)
"""Fill what a value of Pydantic consists of, in half the time of assigning it by its name."""

_NONE = "[]"

PASSAGE_COLUMNS = (
    'p.id, p.source, p.ordinal, p.start, p."end", p.page, p.heading, p.kind, p.sentences'
)
_SHARED_COLUMNS = ", ".join(f"s.{name}" for name in _SOURCE)
PASSAGE_WIDTH = len(_PASSAGE)
_START, _END = _PASSAGE.index("start"), _PASSAGE.index("end")
SOURCE_COLUMNS = f"{_SHARED_COLUMNS}, s.text, s.places, s.regions, f.mtime_ns, f.failure"
ENTRY_COLUMNS = f"{_SHARED_COLUMNS}, s.characters, f.mtime_ns, f.failure"

# fmt: off
_OF_VERSION = (
    "uri", "title", "mime", "sha256", "pages", "url", "modified", "warnings", "text", "places",
    "regions",
)
# fmt: on
REPLACE_VERSION = "DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in _OF_VERSION)
"""When and by whom a document was first added stays as it was."""


def passage_row(passage: Passage) -> Row:
    """Return the columns of a passage, as in `PASSAGE_COLUMNS`; its source has its text."""
    return passage_columns(passage, _PASSAGE)


def passage_columns(passage: Passage, names: Sequence[str]) -> Row:
    """Return these fields of a passage as their columns hold them."""
    return tuple(_packed(getattr(passage, name)) for name in names)


def passage_of(row: Row, text: str) -> Passage:
    """Return the passage of a row of `PASSAGE_COLUMNS`, cut from the text of its source."""
    return passage_saying(row, text[row[_START] : row[_END]])


def passage_saying(row: Row, said: str) -> Passage:
    """Return the passage of a row of `PASSAGE_COLUMNS`, which has this text."""
    id, source, ordinal, start, end, page, heading, kind, sentences = row
    known = {
        "id": id,
        "source_id": source,
        "ordinal": ordinal,
        "start": start,
        "end": end,
        "text": said,
        "page": page,
        "heading": heading_of(heading),
        "kind": kind,
        "sentences": _spans(sentences),
    }
    return _made(Passage, known)


@lru_cache(maxsize=4096)
def heading_of(packed: str) -> tuple[str, ...]:
    """Return the headings of a passage, outermost first, from their column."""
    return tuple(from_json(packed))


def source_row(source: Source) -> Row:
    """Return the columns of the table `sources`, in order."""
    shared = (_packed(getattr(source, name)) for name in _SOURCE)
    packed = _packed(source.places), _packed(source.regions)
    return (*shared, len(source.text), source.text, *packed)


def source_of(row: Row) -> Source:
    """Return the source of a row of `SOURCE_COLUMNS` and a mark, for one that is missing."""
    *shared, text, places, regions, mtime_ns, failure, missing = row
    known = _known(shared, mtime_ns, failure) | {"missing": bool(missing)}
    known |= {"places": _places(places), "regions": _regions(regions)}
    known |= {"text": text, "stale": failure is not None and not missing}
    return _made(Source, {name: known[name] for name in _FIELDS[Source]})


def entry_of(row: Row, passages: int, awaiting: int = 0) -> SourceEntry:
    """Return the listing of a row of `ENTRY_COLUMNS` and a mark, for one that is missing."""
    *shared, characters, mtime_ns, failure, missing = row
    known = _known(shared, mtime_ns, failure) | {"missing": bool(missing), "failure": failure}
    known["pages"] = len(known["pages"])
    known["state"] = "ready" if failure is None else "stale"
    if not characters and failure is None:
        known["state"] = "unread"
    return SourceEntry(**known, characters=characters, passages=passages, awaiting=awaiting)


def left_out_entry(
    collection: str, uri: str, state: SourceState, failure: str | None
) -> SourceEntry:
    """List a file of which nothing is indexed."""
    return SourceEntry(
        id=source_id(collection, uri),
        collection=collection,
        uri=uri,
        title=uri.rsplit("/", 1)[-1],
        state=state,
        failure=failure or None,
    )


def _known(columns: Sequence[Any], mtime_ns: int | None, failure: str | None) -> dict[str, Any]:
    """Return the fields that sources and their listings share, from the columns they share.

    The time of a file that could not be read is not that of the version that is indexed.
    """
    known = dict(zip(_SOURCE, columns, strict=True))
    mtime_ns = mtime_ns if failure is None else None
    known["pages"] = _spans(known["pages"])
    known["modified"] = _modified(known["modified"], mtime_ns)
    known["added_at"] = datetime.fromisoformat(known["added_at"])
    known["warnings"] = tuple(json.loads(known["warnings"])) if known["warnings"] != _NONE else ()
    return known


def _packed(value: Any) -> Any:
    """Return what a column holds for a field: times and lists as text, spans as a flat list."""
    if isinstance(value, datetime):
        return value.isoformat()
    if not isinstance(value, tuple):
        return value
    if value and isinstance(value[0], Span):
        value = [edge for span in value for edge in (span.start, span.end)]
    elif value and isinstance(value[0], Place):
        value = [place.fields for place in value]
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _made(kind: type[_Kind], known: dict[str, Any]) -> _Kind:
    """Return a value with all its fields, in order, which were checked when they were written.

    As `model_construct`, which takes longer than checking them again.
    """
    made = _NEW(kind)
    _SET_FIELDS(made, known)
    _SET_NAMES(made, _FIELDS_SET[kind])
    _SET_EXTRA(made, None)
    _SET_PRIVATE(made, None)
    return made


def _spans(packed: str) -> tuple[Span, ...]:
    if packed == _NONE:
        return ()
    edges = iter(from_json(packed))
    pairs = zip(edges, edges, strict=True)
    return tuple([_made(Span, {"start": start, "end": end}) for start, end in pairs])


def _places(packed: str) -> tuple[Place, ...]:
    return () if packed == _NONE else tuple(Place.of(*fields) for fields in json.loads(packed))


def _regions(packed: str) -> tuple[Region, ...]:
    return () if packed == _NONE else tuple(Region(*fields) for fields in json.loads(packed))


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
