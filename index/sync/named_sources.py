"""Which source a person means: by uri, title, path from here, or address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.errors import AmbiguousSource, InexactName, SourceNotFound
from index.schema import Source
from index.store.catalog import Catalog
from index.sync.additions import plain_path


@dataclass(frozen=True)
class NamedSources:
    """The sources of one home folder by what people call them."""

    catalog: Catalog
    documents: Path | None
    """The folder whose files are called by their path in there."""

    def find(self, name: str, collections: Sequence[str]) -> Source:
        """Return the source that a person means: by uri, title, path from here, or address.

        Raises SourceNotFound, or AmbiguousSource when several fit.
        """
        for known in (name, *self.uris(name)):
            try:
                return self.catalog.find_source(collections, known)
            except AmbiguousSource:
                raise
            except SourceNotFound:
                continue
        raise SourceNotFound(name)

    def is_called(self, uri: str, name: str) -> bool:
        """Say whether `name` is the uri of a document, or the path to its file from here."""
        return uri in (name, *self.uris(name))

    def find_exactly(self, name: str, collection: str) -> Source:
        """Return the source whose uri or path from here is `name`, for what cannot be undone."""
        found = self.find(name, [collection])
        if not self.is_called(found.uri, name):
            raise InexactName(name, found.uri)
        return found

    def uris(self, name: str) -> Iterator[str]:
        """Yield what a path may be called in the index."""
        path, folder = plain_path(name), self.documents
        if folder is not None and path.is_relative_to(folder := plain_path(folder)):
            yield path.relative_to(folder).as_posix()
        yield str(path)
        yield str(Path(name).absolute())  # as older releases called it
