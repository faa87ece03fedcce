"""A document that was read and cut by another process, as it travels through the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from index.chunk.chunker import Cut
from index.schema import LoadedDocument, Passage
from index.sync.plain_frames import (
    cut_of,
    document_of,
    packed,
    plain_cut,
    plain_document,
    unpacked,
)


class FinishedDocument(NamedTuple):
    """What came of reading and cutting the bytes with a hash."""

    sha256: str
    document: LoadedDocument
    cuts: Sequence[Cut]


def pack_finished(document: LoadedDocument, passages: Sequence[Passage]) -> bytes:
    """Return the bytes that a document and its passages travel as: plain values, no classes."""
    cuts = tuple(plain_cut(_cut(each)) for each in passages)
    return packed({"document": plain_document(document), "passages": cuts})


def unpack_finished(result: bytes, sha256: str) -> FinishedDocument:
    """Return the document that was packed."""
    value = unpacked(result) or {}
    cuts = [cut_of(each) for each in value["passages"]]
    return FinishedDocument(sha256, document_of(value["document"]), cuts)


def _cut(passage: Passage) -> Cut:
    """Return where a passage stands."""
    sentences = tuple((each.start, each.end) for each in passage.sentences)
    place = (passage.start, passage.end, passage.page, passage.heading, passage.kind)
    return Cut(*place, sentences)
