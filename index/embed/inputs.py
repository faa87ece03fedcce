"""What is embedded of a passage, and what is stored beside its vector."""

from __future__ import annotations

import hashlib

from index.protocols import EmbeddingInput
from index.schema import Passage, Source, Span


def embedding_input(source: Source, passage: Passage) -> EmbeddingInput:
    """Return what is embedded for a passage: its text under title and headings."""
    return EmbeddingInput(
        context=context_of(source, passage),
        text=passage.text,
        sentences=tuple(
            Span(start=each.start - passage.start, end=each.end - passage.start)
            for each in passage.sentences
        ),
    )


def context_of(source: Source, passage: Passage) -> str:
    """Return title and headings above a passage, each once."""
    above = dict.fromkeys(part.strip() for part in (source.title, *passage.heading))
    return " > ".join(part for part in above if part)


def digest_of(given: EmbeddingInput) -> bytes:
    """Name an input: equal inputs have equal vectors."""
    spans = ",".join(f"{each.start}-{each.end}" for each in given.sentences)
    text = "\0".join((given.context, given.text, spans))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def metadata(source: Source, passage: Passage) -> dict[str, str | int]:
    """Return what other applications may want to know of a passage."""
    return {name: fact for name, fact in facts(source, passage).items() if fact is not None}


def facts(source: Source, passage: Passage) -> dict[str, str | int | None]:
    """Return the same under every name, with None for what is not known."""
    return {
        "document_id": source.id,
        "uri": source.uri,
        "title": source.title,
        "sha256": source.sha256,
        "ordinal": passage.ordinal,
        "start": passage.start,
        "end": passage.end,
        "heading": " > ".join(passage.heading),
        "page": passage.page,
        "url": source.url,
    }
