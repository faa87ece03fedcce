"""From a file or a document to a source that is cut into passages."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from index.chunk.chunker import passages_of
from index.errors import LoadError, QuothError
from index.load.read_file import read_file
from index.schema import LoadedDocument, Passage, Source, source_id
from index.sync.finished_document import FinishedDocument
from index.sync.prepared_batch import Prepared, has_pages_to_show

Load: TypeAlias = Callable[[bytes, str], LoadedDocument]
"""Makes a document of the bytes of a file, whose name tells the format. Raises LoadError."""

Cut: TypeAlias = Callable[[Source], Sequence[Passage]]
"""Cuts a source into passages."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Preparer:
    """Loads, names and cuts documents."""

    load: Load
    cut: Cut

    def file(
        self,
        collection: str,
        path: Path,
        uri: str,
        *,
        indexed: str | None,
        id: str | None = None,
        added_by: str | None = None,
        read: Callable[[], bytes] | None = None,
        keep: bool = False,
    ) -> Prepared | None:
        """Prepare a file; None when its version is the one `indexed`. Raises LoadError.

        It is read once, by `read` where it is no plain file: what is stored is named by the hash of
        the very bytes it was made of. `keep` has these stay with what is prepared, for documents
        whose pages can be shown.
        """
        data = read_file(path, name=uri) if read is None else read()
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 == indexed:
            return None
        loaded = self.load(data, path.name)
        original = data if keep and has_pages_to_show(loaded) else None
        del data  # a large file and its passages are not held together, if that can be helped
        prepared = self.document(collection, loaded, uri, sha256=sha256, id=id, added_by=added_by)
        return replace(prepared, original=original)

    def document(
        self,
        collection: str,
        loaded: LoadedDocument,
        uri: str,
        *,
        sha256: str,
        id: str | None = None,
        added_by: str | None = None,
    ) -> Prepared:
        """Prepare a document that is loaded already; raises LoadError when it cannot be cut."""
        return self._cut(_source(collection, loaded, uri, sha256, id=id, added_by=added_by))

    def finished(
        self, collection: str, finished: FinishedDocument, uri: str, *, id: str | None = None
    ) -> Prepared:
        """Prepare a document that another process has loaded and cut."""
        source = _source(collection, finished.document, uri, finished.sha256, id=id)
        return Prepared(source, passages_of(source, finished.cuts))

    def stored(self, source: Source) -> Prepared:
        """Prepare a stored source; one that cannot be cut any more stays, without passages."""
        try:
            return self._cut(source)
        except LoadError as error:
            logger.warning("Nothing of it can be found any more: %s", error)
            return Prepared(source, ())

    def _cut(self, source: Source) -> Prepared:
        try:
            return Prepared(source, self.cut(source))
        except QuothError:
            raise
        except Exception as error:  # one strange document must not stop the others
            logger.exception("Cutting %r failed", source.uri)
            raise LoadError(
                source.uri, f"It could not be cut into passages ({type(error).__name__})."
            ) from error


def _source(
    collection: str,
    loaded: LoadedDocument,
    uri: str,
    sha256: str,
    *,
    id: str | None,
    added_by: str | None = None,
) -> Source:
    return Source(
        **dict(loaded),
        id=id or source_id(collection, uri),
        collection=collection,
        uri=uri,
        sha256=sha256,
        added_at=datetime.now(UTC),
        added_by=added_by,
    )


def version_of_text(loaded: LoadedDocument) -> str:
    """Return the SHA-256 that names a document of which there are no bytes."""
    return hashlib.sha256(
        f"{loaded.title}\0{loaded.text}".encode("utf-8", "surrogatepass")
    ).hexdigest()
