"""Documents that are added by hand: prepared one by one, kept, and written with what is kept."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from index.errors import LoadError, SourceNotFound
from index.schema import Source
from index.store.added_documents import AddedDocuments
from index.store.catalog import Catalog
from index.store.catalog_rows import Build, FileState
from index.store.catalog_state import (
    id_at,
)
from index.store.kept_originals import KeptOriginals
from index.sync.additions import Addition, state_of_followed
from index.sync.indexer import Indexer
from index.sync.pace import Pace
from index.sync.prepared_batch import Batch, Prepared
from index.sync.preparer import Preparer, version_of_text
from index.sync.tally import Tally
from index.sync.write_access import WriteAccess

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AdditionWriter:
    """Prepares additions and writes them; what no folder brings back is kept in the same lock."""

    catalog: Catalog
    indexer: Indexer
    preparer: Preparer
    access: WriteAccess
    originals: KeptOriginals | None
    """Keeps the files whose pages can be shown; None where they are not kept."""

    def take(
        self,
        build: Build,
        addition: Addition,
        versions: dict[str, str],
        files: dict[str, FileState],
        tally: Tally,
        batch: Batch,
    ) -> None:
        """Prepare one addition and hand it on; a failure goes into the tally."""
        uri = addition.uri
        try:
            prepared = self._prepared(build, addition, versions.get(uri))
        except LoadError as error:
            tally.fail(uri, error.reason)
            return
        if prepared is None:
            tally.unchanged += 1
            self._keep_unchanged(build, addition)
            return
        moved = addition.moved_from
        file = state_of_followed(addition, files.get(uri))
        original = prepared.original or addition.original
        batch.add(replace(prepared, file=file, moved_from=moved, original=original))
        tally.take(prepared.source, is_new=uri not in versions and moved is None)

    def _prepared(self, build: Build, addition: Addition, indexed: str | None) -> Prepared | None:
        """Prepare one addition; None when it is the version that is indexed."""
        uri, document, added_by = addition.uri, addition.document, addition.added_by
        id = id_at(self.catalog.connection(), build.collection, addition.moved_from or uri)
        if isinstance(document, Path):
            return self.preparer.file(
                build.collection,
                document,
                uri,
                indexed=indexed,
                id=id,
                added_by=added_by,
                keep=self.originals is not None and not addition.followed,
            )
        sha256 = addition.sha256 or version_of_text(document)
        if sha256 == indexed:
            return None
        return self.preparer.document(
            build.collection, document, uri, sha256=sha256, id=id, added_by=added_by
        )

    def write(self, build: Build, pace: Pace, prepared: Sequence[Prepared]) -> None:
        """Keep what no folder brings back, then index all; what fails and is told is not kept."""
        hold = partial(self._kept, build, [each for each in prepared if each.file is None])
        self.indexer.write(build, prepared, replace(pace, hold=hold))

    @contextmanager
    def _kept(self, build: Build, prepared: Sequence[Prepared]) -> Iterator[None]:
        """Hold the lock, with sources kept that are to be indexed in it."""
        sources = [each.source for each in prepared]
        with self.access.held(build) as added:
            for each in prepared:
                if each.moved_from is not None:
                    added.rename(build.collection, each.moved_from, each.source.uri)
            for each in prepared:
                self._keep_original(each.source.sha256, each.original)
            added.put(sources)
            try:
                yield
            except Exception:
                self._take_back(added, sources)
                raise

    def _keep_original(self, sha256: str, original: bytes | None) -> None:
        """Keep the file of a document; without room for it, its pages cannot be shown, no more."""
        if self.originals is None or original is None:
            return
        try:
            self.originals.put(sha256, original)
        except OSError as error:
            logger.warning("The file of an added document is not kept: %s", error.strerror)

    def _keep_unchanged(self, build: Build, addition: Addition) -> None:
        """Keep the file of a document that was added when files were not kept."""
        if addition.original is None or addition.sha256 is None or self.originals is None:
            return
        if not self.originals.has(addition.sha256):
            with self.access.held(build):
                self._keep_original(addition.sha256, addition.original)

    def _take_back(self, added: AddedDocuments, sources: Sequence[Source]) -> None:
        """Keep of these sources what is indexed."""
        for source in sources:
            try:
                indexed = self.catalog.source(source.id)
                if indexed.uri != source.uri:
                    added.rename(source.collection, source.uri, indexed.uri)
                added.put([indexed])
            except SourceNotFound:
                added.remove((source.collection, source.uri))
