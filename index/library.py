"""The synchronous half of Quoth: one home folder with its catalog, vectors, models and writer.

`Library` is the door: what is done behind it is in `index.opened_parts` and `index.sync`. `bot.app`
adds the asynchronous half.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from index.config import SHARED_COLLECTION, IndexConfig
from index.load.archive_names import archive_of
from index.opened_parts import OpenedParts
from index.schema import (
    CatalogStats,
    Evidence,
    LoadedDocument,
    PagePicture,
    SiteEntry,
    Source,
    SourceEntry,
    Span,
    SyncReport,
)
from index.store.catalog import Catalog
from index.store.chroma_vectors import ChromaVectors
from index.store.postgres_address import shared_address
from index.sync.folder_watch import FolderWatch
from index.sync.time_budget import UNLIMITED, TimeBudget

if TYPE_CHECKING:
    from index.search.searcher import Searcher
    from index.store.work_state import WorkState
    from index.sync.folder_pass import Forget, Progress
    from index.sync.home_pass import HomePass
    from index.sync.named_sources import NamedSources
    from index.sync.originals_transfer import FilesState
    from index.sync.reader_sources import ReaderSources
    from index.sync.source_additions import SourceAdditions
    from index.sync.source_lists import SourceLists
    from index.sync.source_pictures import SourcePictures
    from index.sync.synchroniser import Steps, Synchroniser
    from index.sync.web_sources import WebSources


class Library:
    """The index of one home folder. Everything here blocks; asynchronous code uses the bridge."""

    def __init__(
        self, config: IndexConfig, catalog: Catalog, budget: TimeBudget = UNLIMITED
    ) -> None:
        """`budget` is how long what is written waits until it is embedded, too."""
        self._parts = OpenedParts(config, catalog, budget)
        self.config = config
        self.catalog = catalog
        self.models = self._parts.models

    @property
    def vectors(self) -> ChromaVectors:
        """The vector store; raises IndexHeld."""
        return self._parts.vectors

    @property
    def is_held(self) -> bool:
        """Whether the index is left as it is, built with what the person has not allowed.

        With another model it would be built anew, and once more when the folder is allowed.
        """
        return self._parts.is_held

    @property
    def searcher(self) -> Searcher:
        """Search over the catalog and the vectors."""
        return self._parts.searcher()

    @property
    def synchroniser(self) -> Synchroniser:
        """The one writer of the index."""
        return self._parts.synchroniser()

    @property
    def web(self) -> WebSources:
        """Pages, sites and feeds of the web, to be added and refreshed."""
        return self._parts.web()

    @property
    def readers(self) -> ReaderSources:
        """LlamaIndex readers as sources, which only a person at this machine may have run."""
        return self._parts.readers()

    def close(self) -> None:
        """Close what was opened, and let go of the models."""
        self._parts.close()

    def collections(self) -> list[str]:
        """Return the names of all collections, of the index and of what people added."""
        return self._lists.collections()

    def sources(self, collection: str) -> list[SourceEntry]:
        """Return what a collection holds, by uri."""
        return self._lists.sources(collection)

    def sites(self, collection: str) -> list[SiteEntry]:
        """Return the web sites, feeds, readers and archives of a collection, each as one."""
        return self._lists.sites(collection)

    def find_site(self, collection: str, name: str) -> SiteEntry | None:
        """Return the site, feed, reader or archive that is called `name`, or was added so."""
        return self._lists.find_site(collection, name, list(self._names.uris(name)))

    def left_out(self, collection: str) -> list[SourceEntry]:
        """Return what the folder held at the last look that is not read, or ignored, by uri."""
        from index.sync.left_out_files import with_reasons

        return with_reasons(self.catalog.left_out(collection))

    def not_read(self, collection: str) -> dict[str, int]:
        """Return how many files of the folder are not read, by their ending."""
        return self.catalog.not_read(collection)

    def source(self, id: str) -> Source:
        """Return a source by its id; raises SourceNotFound."""
        return self.catalog.source(id)

    def is_empty(self) -> bool:
        """Say whether nothing is indexed."""
        return self.catalog.stats().sources == 0

    def find(self, name: str, collections: Sequence[str]) -> Source:
        """Return the source that a person means: by uri, title, path from here, or address.

        Raises SourceNotFound, or AmbiguousSource when several fit.
        """
        return self._names.find(name, collections)

    def is_called(self, uri: str, name: str) -> bool:
        """Say whether `name` is the uri of a document, or the path to its file from here."""
        return self._names.is_called(uri, name)

    def find_exactly(self, name: str, collection: str) -> Source:
        """Return the source whose uri or path from here is `name`, for what cannot be undone."""
        return self._names.find_exactly(name, collection)

    def picture(self, source: str, span: Span) -> bytes:
        """Return the picture that a span of the source with this id was read from, as a PNG.

        Raises SourceNotFound, and PictureUnavailable, which says why there is none.
        """
        return self._pictures.picture(source, span)

    def page_picture(
        self, evidence: Evidence, highlight: Evidence | None = None, *, whole: bool = False
    ) -> PagePicture | None:
        """Return the page that a quote begins on, the quote marked, the highlight in it stronger.

        It is cut to what lies around the quote, unless the `whole` page is asked for; a quote
        without a character is a place, of which nothing is marked. None for what is no PDF.
        Raises SourceNotFound, and PictureUnavailable, which says why there is none.
        """
        return self._pictures.page_picture(evidence, highlight, whole=whole)

    def is_kept_in_step(self, source: Source) -> bool:
        """Say whether a source lies in the documents folder, which brings it back."""
        folder = self.config.documents
        if folder is None or source.collection != SHARED_COLLECTION:
            return False
        path = Path(archive_of(source.uri))
        return not path.is_absolute() and (folder / path).exists()

    def has_folder(self) -> bool:
        """Say whether there is a documents folder to follow."""
        return self.config.documents is not None and self.config.documents.is_dir()

    def watch(self) -> FolderWatch | None:
        """Return what notices changes of the documents folder; None where none is configured."""
        return None if self.config.documents is None else FolderWatch(self.config.documents)

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
        A file that changed in the last `rest` seconds is left for the next call, as is what the
        `budget` has no time for. Raises as `sync` does.
        """
        if self.is_held:
            return None
        return self._passes.bring_in_step(progress, steps, rest=rest, budget=budget)

    def embed_some(self, seconds: float) -> bool:
        """Embed what is found by words only so far, for about so long in each collection.

        Returns whether there is more to be done at once. Raises EmbeddingError, IndexLocked.
        """
        return not self.is_held and self._passes.embed_some(seconds)

    def carry_originals(self) -> None:
        """Move the files of added documents to the address for them, where there is one."""
        if self._parts.files is not None and not self.is_held:
            self.synchroniser.carry_originals()

    def stats(self) -> CatalogStats:
        """Return how much the catalog holds, with the files that are kept at an address."""
        counted = self.catalog.stats()
        if self._parts.files is None:
            return counted
        stored = self.stored_originals().values()
        return counted.model_copy(
            update={
                "originals": counted.originals + len(stored),
                "original_bytes": counted.original_bytes + sum(stored),
            }
        )

    def work(self) -> WorkState:
        """Return what is still to be done for the index, and who is at it."""
        from index.store.work_state import work_state

        return work_state(self.catalog)

    def stored_originals(self) -> dict[str, int]:
        """Return the bytes of each file that was put at an address for files, by hash."""
        from index.store.stored_originals import StoredOriginals

        if self._parts.files is None and not self.catalog.has_added():
            return {}  # and none is made by looking
        with closing(self.catalog.open_added()) as added:
            return StoredOriginals(added).sizes()

    def files_state(self) -> FilesState | None:
        """Try the address for files; None where none is set. Raises FilesAway, FilesOfAnother."""
        from index.sync.originals_transfer import files_state

        if self._parts.files is None:
            return None
        with closing(self.catalog.open_added()) as added:
            return files_state(self.config.home, self._parts.files, added)

    def forget_missing(self, progress: Progress | None = None) -> SyncReport:
        """Bring the shared collection in step, and forget what was missing before.

        Raises as `sync` does.
        """
        return self.sync(SHARED_COLLECTION, progress, forget="marked")

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
        return self._passes.sync(collection, progress, forget=forget, steps=steps, refresh=refresh)

    def add(
        self,
        names: Sequence[str],
        collection: str,
        progress: Progress | None = None,
        steps: Steps | None = None,
        *,
        site: bool = False,
    ) -> SyncReport:
        """Add files, folders or web pages; what cannot be read is in the report.

        An address is a page, a feed or the map of a site by what it holds; with `site`, a page is
        where a whole site begins.
        """
        return self._additions.add(names, collection, progress, steps, site=site)

    def add_file(
        self,
        collection: str,
        name: str,
        content: bytes,
        *,
        added_by: str | None = None,
        steps: Steps | None = None,
    ) -> SyncReport:
        """Read and index an uploaded file; the same name replaces what it held.

        `steps` is told how far it is, and may raise Cancelled.
        """
        return self._additions.add_file(collection, name, content, added_by=added_by, steps=steps)

    def add_text(
        self,
        collection: str,
        name: str,
        text: str,
        *,
        title: str,
        url: str | None = None,
        added_by: str | None = None,
    ) -> SyncReport:
        """Index a text that people wrote, such as a message or a team answer."""
        return self._additions.add_text(
            collection, name, text, title=title, url=url, added_by=added_by
        )

    def add_document(
        self, collection: str, name: str, document: LoadedDocument, *, sha256: str
    ) -> SyncReport:
        """Index a finished text with its places; `sha256` names its version."""
        return self._additions.add_document(collection, name, document, sha256=sha256)

    def remove(self, source: str) -> SyncReport:
        """Take the source with this id out of the index; raises SourceNotFound."""
        return self._additions.remove(source)

    def remove_archive(self, collection: str, uri: str) -> SyncReport:
        """Take an archive that was added by itself out with all its documents; SourceNotFound."""
        return self._additions.remove_archive(collection, uri)

    def remove_collection(self, collection: str) -> None:
        """Take a collection with all its sources out of the index."""
        self._additions.remove_collection(collection)

    @property
    def _lists(self) -> SourceLists:
        from index.sync.source_lists import SourceLists

        return SourceLists(self.catalog, self.readers)

    @property
    def _names(self) -> NamedSources:
        from index.sync.named_sources import NamedSources

        return NamedSources(self.catalog, self.config.documents)

    @property
    def _pictures(self) -> SourcePictures:
        from index.sync.source_pictures import SourcePictures

        return SourcePictures(
            self.config.home,
            self.config.documents,
            self.catalog,
            self._parts.read_workers,
            self._parts.files,
        )

    @property
    def _additions(self) -> SourceAdditions:
        from index.sync.source_additions import SourceAdditions

        parts = self._parts
        return SourceAdditions(
            self.catalog,
            self.config.documents,
            writer=parts.synchroniser,
            read_workers=parts.read_workers,
            web=parts.web,
        )

    @property
    def _passes(self) -> HomePass:
        from index.sync.home_pass import HomePass

        parts = self._parts
        return HomePass(
            self.config,
            self.catalog,
            self.models,
            lists=lambda: self._lists,
            additions=lambda: self._additions,
            writer=parts.synchroniser,
            build_writer=parts.build_synchroniser,
            web=parts.web,
        )


@contextmanager
def open_library(config: IndexConfig, budget: TimeBudget = UNLIMITED) -> Iterator[Library]:
    """Open the index; raises StoreError when its catalog cannot be opened."""
    library = Library(config, Catalog(config.home, address=shared_address(config)), budget)
    try:
        yield library
    finally:
        library.close()
