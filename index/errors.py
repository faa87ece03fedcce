"""Every error the index raises on purpose.

QuothError                      a sentence for a person: what happened, to which thing, what to do
+-- ConfigurationError          a setting that cannot work
|   +-- FilesOfAnother          the address for files is that of another index
+-- LoadError                   one document could not be read (goes into a sync report)
+-- EmbeddingError              vectors could not be computed
|   +-- EmbeddingUnavailable    the embedding provider did not answer this time
|   +-- WeightsUnavailable      the MiniLM weights are neither installed nor to be fetched
+-- StoreError                  catalog or vector store failed
|   +-- IndexLocked             another process is writing
|   +-- IndexUnwritable         the index can be read, but not changed: rights, or a read-only disk
|   |   +-- DiskFull            there is no room left for a change
|   +-- FilesAway               the address at which files are kept cannot be used now
|   +-- VectorsAway             the vectors are not to be opened here or now; nothing is wrong
|   +-- DatabaseAway            the database server does not answer now
|   +-- IndexMismatch           the index was built with another embedding model
+-- Cancelled                   the person who asked for the work has stopped it
+-- SourceNotFound              no such source in the collections that were opened
|   +-- AmbiguousSource         several sources answer to that name
+-- CollectionNotFound          no such collection
+-- PictureUnavailable          the picture that a quote was read from cannot be shown
+-- QuestionError               a question that cannot be searched for (empty, too long)

`retryable` is a fact of the class: whether the same call may work a moment later.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar


class QuothError(Exception):
    """A failure with a sentence for a person."""

    retryable: ClassVar[bool] = False


class ConfigurationError(QuothError):
    """A setting that cannot work."""


class LoadError(QuothError):
    """One document could not be read."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


class EmbeddingError(QuothError):
    """Vectors could not be computed."""


class EmbeddingUnavailable(EmbeddingError):
    """The provider did not answer this time: time-out, connection, rate limit, server error."""

    retryable = True


class WeightsUnavailable(EmbeddingError):
    """The weights of the built-in embedding model cannot be had."""


class StoreError(QuothError):
    """The catalog or the vector store failed."""


class IndexLocked(StoreError):
    """Another process is writing to the index."""

    retryable = True

    def __init__(self, place: Path | str, holder: str) -> None:
        """`place` is the home, or the address of its database."""
        self.holder = holder
        """Who is writing, as far as that is known."""
        super().__init__(
            f"The index in {str(place)!r} is being written by {holder}. "
            "Wait for it to finish, or stop it, and try again."
        )


class IndexUnwritable(StoreError):
    """The index cannot be changed, though what is in it can be read."""


class DiskFull(IndexUnwritable):
    """There is no room left; what was committed before is still there."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The disk that holds {str(path)!r} is full. Free some space and try again."
        )


class VectorsAway(StoreError):
    """The vector store is not to be opened: it can only be read, or another process writes."""


class FilesAway(StoreError):
    """The store at which files of documents are kept does not answer, refuses, or fails."""

    retryable = True

    def __init__(self, address: str, reason: str, *, is_news: bool = True) -> None:
        """`is_news` says whether the store was asked, rather than left alone after a failure."""
        super().__init__(
            f"The files of added documents at {address!r} cannot be used: {reason}. Check "
            "QUOTH_FILES, its keys and the network; `quoth doctor` tries it."
        )
        self.is_news = is_news


class FilesOfAnother(ConfigurationError):
    """The address at which files are to be kept is that of another index."""

    def __init__(self, address: str, marker: str) -> None:
        super().__init__(
            f"{address!r} holds the files of another index, so nothing is written or deleted "
            "there. Give QUOTH_FILES an address of its own. If that index is gone, delete "
            f"{marker!r} there."
        )


class DatabaseAway(StoreError):
    """The database server cannot be reached, or has just ended the connection."""

    retryable = True


class IndexMismatch(StoreError):
    """The index was built with another embedding model than the one configured."""

    def __init__(self, collection: str, built: str, configured: str) -> None:
        super().__init__(
            f"The collection {collection!r} was built with {built!r}, but QUOTH_EMBEDDINGS is "
            f"{configured!r}. Run `quoth sync` to rebuild it, or set QUOTH_EMBEDDINGS back."
        )


class IndexHeld(ConfigurationError):
    """The index may not be written, since the person has not allowed what it was built with."""

    def __init__(self) -> None:
        super().__init__(
            "This index was built with the embedding model or the vector store that the folder's "
            ".env names, which you have not allowed. Run `quoth trust` in the folder."
        )


class Cancelled(QuothError):
    """The work was stopped by the person who asked for it."""

    def __init__(self) -> None:
        super().__init__("It was cancelled.")


class SourceNotFound(QuothError):
    """No such source in the collections that were opened."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no source {name!r} here. `quoth sources` lists what there is.")


class InexactName(SourceNotFound):
    """A name that is good enough to look at a source, but not to remove it."""

    def __init__(self, name: str, near: str) -> None:
        QuothError.__init__(self, f"No source is called {name!r} exactly. Did you mean {near!r}?")


class AmbiguousSource(SourceNotFound):
    """Several sources answer to that name."""

    def __init__(self, name: str, uris: Sequence[str]) -> None:
        few = ", ".join(repr(uri) for uri in uris[:5]) + (", ..." if len(uris) > 5 else "")
        QuothError.__init__(self, f"{name!r} fits several sources: {few}. Give one of these.")


class CollectionNotFound(QuothError):
    """There is no such collection."""

    def __init__(self, name: str, others: Sequence[str]) -> None:
        few = ", ".join(repr(other) for other in others[:5]) + (", ..." if len(others) > 5 else "")
        super().__init__(
            f"There is no collection {name!r}. There {'is' if len(others) == 1 else 'are'} {few}; "
            "`quoth add PATH --collection NAME` makes another."
        )


class PictureUnavailable(QuothError):
    """The picture that a quote was read from cannot be shown, and why."""


class QuestionError(QuothError):
    """A question that cannot be searched for."""
