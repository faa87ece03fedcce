"""Frames on a pipe between two processes: a length, and plain values that name no class."""

from __future__ import annotations

import io
import pickle
import struct
from array import array
from datetime import datetime
from typing import Any, TypeAlias

from index.chunk.chunker import Cut
from index.schema import LoadedDocument, Place, Region, Span

Plain: TypeAlias = dict[str, Any]
"""Strings, bytes, numbers, None, and tuples and dictionaries of them."""

_LENGTH = struct.Struct("<Q")


class PlainUnpickler(pickle.Unpickler):
    """Reads plain values only: no pickle makes it import or call anything."""

    def find_class(self, module: str, name: str) -> Any:
        """Refuse."""
        raise pickle.UnpicklingError(f"{module}.{name} is no plain value")


def framed(value: Plain) -> bytes:
    """Return a frame that holds `value`."""
    body = packed(value)
    return _LENGTH.pack(len(body)) + body


def read_frame(stream: io.RawIOBase) -> Plain | None:
    """Read a frame and not a byte more; None where the other side ended first."""
    head = _exactly(stream, _LENGTH.size)
    body = _exactly(stream, _LENGTH.unpack(head)[0]) if head else None
    return None if body is None else unpacked(body)


def packed(value: Plain) -> bytes:
    """Return the bytes of `value`."""
    return pickle.dumps(value, protocol=5)


def unpacked(body: bytes | bytearray) -> Plain | None:
    """Return the value that bytes stand for; None where it is none of ours."""
    found = PlainUnpickler(io.BytesIO(body)).load()
    return found if isinstance(found, dict) else None


def _exactly(stream: io.RawIOBase, length: int) -> bytearray | None:
    """Read `length` bytes, in as many pieces as they come."""
    held = bytearray(length)
    view, at = memoryview(held), 0
    while at < length:
        got = stream.readinto(view[at:])
        if not got:
            return None
        at += got
    return held


def plain_cut(cut: Cut) -> tuple[Any, ...]:
    """Return a cut as a plain value, whose sentences are numbers in a row."""
    offsets = array("q", (offset for sentence in cut.sentences for offset in sentence))
    return (cut.start, cut.end, cut.page, cut.heading, cut.kind, offsets.tobytes())


def cut_of(value: tuple[Any, ...]) -> Cut:
    """Return the cut that a plain value stands for."""
    start, end, page, heading, kind, packed = value
    offsets = array("q")
    offsets.frombytes(packed)
    sentences = tuple(zip(offsets[::2], offsets[1::2], strict=True))
    return Cut(start, end, page, heading, kind, sentences)


def plain_document(document: LoadedDocument) -> Plain:
    """Return a document as a plain value."""
    return {
        **dict(document),
        "pages": tuple((page.start, page.end) for page in document.pages),
        "places": tuple(place.fields for place in document.places),
        "regions": tuple(map(tuple, document.regions)),
        "modified": document.modified and document.modified.isoformat(),
    }


def document_of(fields: Plain) -> LoadedDocument:
    """Return the document that a plain value stands for."""
    pages = tuple(Span(start=start, end=end) for start, end in fields["pages"])
    stated = fields["modified"]
    modified = datetime.fromisoformat(stated) if stated else None
    places = tuple(Place.of(*each) for each in fields["places"])
    regions = tuple(Region(*each) for each in fields["regions"])
    made = {"pages": pages, "places": places, "regions": regions, "modified": modified}
    return LoadedDocument(**(fields | made))
