"""Passes over a whole home: its folder, pages of the web and additions brought in step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.config import SHARED_COLLECTION, IndexConfig
from index.embed.lazy_models import Models
from index.errors import ConfigurationError
from index.load.archive_names import archive_of
from index.schema import SyncReport, merged_reports
from index.store.catalog import Catalog
from index.store.catalog_format import recipe
from index.store.write_lock import LONG_WAIT, SHORT_WAIT
from index.sync.unchanged import unchanged

if TYPE_CHECKING:
    from index.sync.folder_pass import Forget, Progress
    from index.sync.pace import Steps
    from index.sync.source_additions import SourceAdditions
    from index.sync.source_lists import SourceLists
    from index.sync.synchroniser import Synchroniser
    from index.sync.time_budget import TimeBudget
    from index.sync.web_sources import WebSources


@dataclass(frozen=True)
class HomePass:
    """Brings the collections of one home folder in step with where their documents come from."""

    config: IndexConfig
    catalog: Catalog
    models: Models
    lists: Callable[[], SourceLists]
    additions: Callable[[], SourceAdditions]
    writer: Callable[[], Synchroniser]
    build_writer: Callable[[float], Synchroniser]
    """Builds one that waits so many seconds for another writer."""
    web: Callable[[], WebSources]

    def bring_in_step(
        self,
        progress: Progress | None = None,
        steps: Steps | None = None,
        *,
        rest: float = 0.0,
        budget: TimeBudget | None = None,
    ) -> SyncReport | None:
        """Bring the shared collection in step with the documents folder.

        Returns None, and opens nothing, when nothing has changed. Without a folder, it only indexes
        again what people added and the catalog lost, and marks what was in the folder as missing.
        Where homes share a catalog, that is left to who has the folder. A file that changed in the
        last `rest` seconds is left for the next call, as is what the `budget` has no time for.
        Raises as `sync` does.
        """
        config = self.config
        if config.documents is None or not config.documents.is_dir():
            self._restore_additions(progress, budget)
            if self.catalog.is_shared:
                return None
            if config.documents is None or not self.catalog.unmarked(SHARED_COLLECTION):
                return None
        summary = unchanged(
            config.home,
            config.documents,
            SHARED_COLLECTION,
            model=config.embeddings,
            cut=recipe(config.chunk.max_tokens),
            embedded=config.chroma_url is None,
            opened=True,
            mark=self.catalog.mark(),
        )
        if summary is not None:
            return None
        writer = self.build_writer(SHORT_WAIT if self.catalog.stats().sources else LONG_WAIT)
        return writer.sync_folder(
            SHARED_COLLECTION, config.documents, progress, steps=steps, rest=rest, budget=budget
        )

    def embed_some(self, seconds: float) -> bool:
        """Embed what is found by words only so far, for about so long in each collection.

        Returns whether there is more to be done at once. Raises EmbeddingError, IndexLocked.
        """
        if not self.catalog.awaits_vectors():
            return False
        if self.models.embedder_if_any() is None:
            return False
        return not self.writer().embed_some(seconds)

    def sync(
        self,
        collection: str,
        progress: Progress | None = None,
        *,
        forget: Forget | None = None,
        steps: Steps | None = None,
        refresh: bool = False,
    ) -> SyncReport:
        """Bring the shared collection in step with its folder, or read another one again.

        What was built with another embedding model is built anew, in every collection. Files that
        vanished together are forgotten only with `forget`. Web pages that were not looked at for
        long are asked for anew, with `refresh` all of them; with the shared collection, those of
        every other too. Raises ConfigurationError without a folder, IndexLocked while another
        process writes.
        """
        from index.sync.source_lists import is_read_from_file

        self._rebuild(progress, steps)
        shared = collection == SHARED_COLLECTION
        pages = self._refresh(
            self.lists().collections() if shared else [collection],
            progress,
            steps,
            everything=refresh,
        )
        if not shared:
            files = filter(is_read_from_file, self.lists().sources(collection))
            uris = (entry.uri for entry in files)
            added = list(dict.fromkeys(map(archive_of, uris)))
            return merged_reports(pages, self.additions().add(added, collection, progress, steps))
        if self.config.documents is None:
            raise ConfigurationError("No documents folder is configured. Set QUOTH_DOCUMENTS.")
        if not self.config.documents.is_dir() and self._has_pages_only():
            return pages
        folder = self.config.documents
        report = self.writer().sync_folder(collection, folder, progress, forget=forget, steps=steps)
        return merged_reports(pages, report)

    def _refresh(
        self,
        collections: Sequence[str],
        progress: Progress | None,
        steps: Steps | None,
        *,
        everything: bool,
    ) -> SyncReport:
        """Ask for what is new of the web pages in collections."""
        from index.sync.due_pages import are_looks_due

        report = SyncReport()
        if not everything and not are_looks_due(self.catalog, self.config.web.refresh_hours):
            return report
        for name in collections:
            watch = progress or _unwatched
            found = self.web().refresh(
                name, everything=everything, watch=watch, steps=steps, is_own=True
            )
            report = merged_reports(report, found)
        return report

    def _has_pages_only(self) -> bool:
        """Say whether the shared collection never had a folder, and has pages of the web."""
        from index.sync.source_lists import is_read_from_file

        entries = self.lists().sources(SHARED_COLLECTION)
        followed = self.catalog.unmarked(SHARED_COLLECTION) | self.catalog.missing(
            SHARED_COLLECTION
        )
        return not followed and not all(map(is_read_from_file, entries))

    def _rebuild(self, progress: Progress | None, steps: Steps | None) -> None:
        if self.models.embedder_if_any() is not None:  # else it would lose its vectors
            for collection in self.writer().mismatched():
                self.writer().rebuild(collection, progress, steps)

    def _restore_additions(self, progress: Progress | None, budget: TimeBudget | None) -> None:
        from index.sync.additions_pass import is_behind

        if is_behind(self.catalog) or self.catalog.awaits_vectors():
            self.writer().repair(progress, budget)


def _unwatched(done: int, total: int, name: str) -> None:
    """Note nothing."""
