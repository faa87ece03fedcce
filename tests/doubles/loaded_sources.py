"""A document that was loaded, as the source that is cut."""

from __future__ import annotations

from datetime import UTC, datetime

from index.schema import LoadedDocument, Source


def source_of(loaded: LoadedDocument, uri: str) -> Source:
    """Return a loaded document as a source of the usual collection."""
    return Source(
        **dict(loaded),
        id="0" * 16,
        collection="documents",
        uri=uri,
        sha256="1" * 64,
        added_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
