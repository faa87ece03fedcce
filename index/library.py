"""The synchronous half of Quoth: one home folder with its catalog, vectors, models and writer.

Parts that are slow to open are opened when they are first used, so that `quoth sources` loads no
model. `bot.app` adds the asynchronous half.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from index.config import SHARED_COLLECTION, IndexConfig
from index.embed.lazy_models import Models, Once
from index.errors import (
    AmbiguousSource,
    ConfigurationError,
    IndexHeld,
    InexactName,
    SourceNotFound,
)
from index.load.zip_archive import archive_of, is_archive
from index.schema import (
    Evidence,
    LoadedDocument,
    PagePicture,
    SiteEntry,
    Source,
    SourceEntry,
    Span,
    SyncFailure,
    SyncReport,
    merged_reports,
)
from index.store.catalog import Catalog
from index.store.catalog_format import recipe
from index.store.catalog_state import source_versions
from index.store.chroma_vectors import ChromaVectors
from index.store.fresh_vectors import FreshVectors, is_built_elsewhere
from index.sync.folder_watch import FolderWatch
from index.sync.pace import FairTurns
from index.sync.time_budget import UNLIMITED, TimeBudget
from index.sync.unchanged import unchanged

if TYPE_CHECKING:
    from index.search.searcher import Searcher
    from index.sync.added_archives import AddedArchives
    from index.sync.additions import Addition
    from index.sync.folder_pass import Forget, Progress
    from index.sync.read_worker import ReadWorkers
    from index.sync.reader_sources import ReaderSources
    from index.sync.source_lists import SourceLists
    from index.sync.synchroniser import Steps, Synchroniser
    from index.sync.web_sources import WebSources

LONG_WAIT = 30.0
"""Seconds to wait for another writer by those who came to write."""

SHORT_WAIT = 1.0
"""The same for those who came to ask, and can be answered from the index as it is."""


class Library:
    """The index of one home folder. Everything here blocks; asynchronous code uses the bridge."""

    def __init__(
        self, config: IndexConfig, catalog: Catalog, budget: TimeBudget = UNLIMITED
    ) -> None:
        """`budget` is how long what is written waits until it is embedded, too."""
        self.config = config
        self._budget = budget
        self.catalog = catalog
        self.models = Models(config, words_only=self.is_held)
        self._vectors = Once(self._open_vectors)
        self._searcher = Once(self._build_searcher)
        self._synchroniser = Once(self._build_synchroniser)
        self._turns = FairTurns()
        self._read_workers = Once(self._open_read_workers)
        self._web = Once(self._build_web)
        self._readers = Once(self._build_readers)

    @property
    def vectors(self) -> ChromaVectors:
        """The vector store; raises IndexHeld."""
        if self.is_held:
            raise IndexHeld
        return self._vectors()

    @property
    def is_held(self) -> bool:
        """Whether the index is left as it is, built with what the person has not allowed.

        With another model it would be built anew, and once more when the folder is allowed.
        """
        return self.config.withheld and is_built_elsewhere(self.config, self.catalog)

    @property
    def searcher(self) -> Searcher:
        """Search over the catalog and the vectors."""
        return self._searcher()

    @property
    def synchroniser(self) -> Synchroniser:
        """The one writer of the index."""
        return self._synchroniser()

    @property
    def web(self) -> WebSources:
        """Pages, sites and feeds of the web, to be added and refreshed."""
        return self._web()

    @property
    def readers(self) -> ReaderSources:
        """LlamaIndex readers as sources, which only a person at this machine may have run."""
        return self._readers()

    def collections(self) -> list[str]:
        """Return the names of all collections, of the index and of what people added."""
        from index.store.added_documents import AddedDocuments
        from index.store.catalog_format import ADDITIONS_FILE

        if not (self.config.home / ADDITIONS_FILE).exists():
            return sorted(self.catalog.collections())
        with closing(AddedDocuments(self.config.home, self.catalog.connection())) as added:
            return sorted(added.collections() | self.catalog.collections())

    def sources(self, collection: str) -> list[SourceEntry]:
        """Return what a collection holds, by uri."""
        return self._lists.sources(collection)

    def sites(self, collection: str) -> list[SiteEntry]:
        """Return the web sites, feeds, readers and archives of a collection, each as one."""
        return self._lists.sites(collection)

    def find_site(self, collection: str, name: str) -> SiteEntry | None:
        """Return the site, feed, reader or archive that is called `name`, or was added so."""
        return self._lists.find_site(collection, name, list(self._uris(name)))

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

    def picture(self, source: str, span: Span) -> bytes:
        """Return the picture that a span of the source with this id was read from, as a PNG.

        Raises SourceNotFound, and PictureUnavailable, which says why there is none.
        """
        from index.sync.original_picture import original_picture

        found = self.catalog.source(source)
        read = partial(self._original, found, "picture")
        return original_picture(found, span, read, self._read_workers().crop)

    def page_picture(
        self, evidence: Evidence, highlight: Evidence | None = None, *, whole: bool = False
    ) -> PagePicture | None:
        """Return the page that a quote begins on, the quote marked, the highlight in it stronger.

        It is cut to what lies around the quote, unless the `whole` page is asked for; a quote
        without a character is a place, of which nothing is marked. None for what is no PDF.
        Raises SourceNotFound, and PictureUnavailable, which says why there is none.
        """
        from index.store.page_cache import PageCache
        from index.sync.page_picture import PagePictures

        found = self.catalog.source(evidence.source_id)
        pictures = PagePictures(self._read_workers().paint, PageCache(self.config.home))
        return pictures.picture(
            found,
            evidence,
            highlight,
            whole=whole,
            read=partial(self._original, found, "page"),
            is_there=lambda: found.sha256 in source_versions(self.catalog.connection()),
        )

    def _original(self, source: Source, what: str) -> bytes:
        from index.store.kept_originals import KeptOriginals
        from index.sync.original_file import original_bytes

        shared = source.collection == SHARED_COLLECTION
        folder = self.config.documents if shared else None
        return original_bytes(source, folder, KeptOriginals(self.config.home), what)

    def find(self, name: str, collections: Sequence[str]) -> Source:
        """Return the source that a person means: by uri, title, path from here, or address.

        Raises SourceNotFound, or AmbiguousSource when several fit.
        """
        for known in (name, *self._uris(name)):
            try:
                return self.catalog.find_source(collections, known)
            except AmbiguousSource:
                raise
            except SourceNotFound:
                continue
        raise SourceNotFound(name)

    def is_called(self, uri: str, name: str) -> bool:
        """Say whether `name` is the uri of a document, or the path to its file from here."""
        return uri in (name, *self._uris(name))

    def find_exactly(self, name: str, collection: str) -> Source:
        """Return the source whose uri or path from here is `name`, for what cannot be undone."""
        found = self.find(name, [collection])
        if not self.is_called(found.uri, name):
            raise InexactName(name, found.uri)
        return found

    def is_empty(self) -> bool:
        """Say whether nothing is indexed."""
        return self.catalog.stats().sources == 0

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
        config = self.config
        if self.is_held:
            return None
        if config.documents is None or not self.has_folder():
            self._restore_additions(progress, budget)
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
        )
        if summary is not None:
            return None
        writer = self._build_synchroniser(LONG_WAIT if self.is_empty() else SHORT_WAIT)
        return writer.sync_folder(
            SHARED_COLLECTION, config.documents, progress, steps=steps, rest=rest, budget=budget
        )

    def embed_some(self, seconds: float) -> bool:
        """Embed what is found by words only so far, for about so long in each collection.

        Returns whether there is more to be done at once. Raises EmbeddingError, IndexLocked.
        """
        if self.is_held or not self.catalog.awaits_vectors():
            return False
        if self.models.embedder_if_any() is None:
            return False
        return not self.synchroniser.embed_some(seconds)

    def forget_missing(self, progress: Progress | None = None) -> SyncReport:
        """Bring the shared collection in step, and forget what was missing before.

        Raises as `sync` does.
        """
        return self.sync(SHARED_COLLECTION, progress, forget="marked")

    def _restore_additions(self, progress: Progress | None, budget: TimeBudget | None) -> None:
        from index.sync.additions_pass import is_behind

        if is_behind(self.catalog) or self.catalog.awaits_vectors():
            self.synchroniser.repair(progress, budget)

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
            self.collections() if shared else [collection], progress, steps, everything=refresh
        )
        if not shared:
            files = filter(is_read_from_file, self.sources(collection))
            uris = (entry.uri for entry in files)
            added = list(dict.fromkeys(map(archive_of, uris)))
            return merged_reports(pages, self.add(added, collection, progress, steps))
        if self.config.documents is None:
            raise ConfigurationError("No documents folder is configured. Set QUOTH_DOCUMENTS.")
        if not self.has_folder() and self._has_pages_only():
            return pages
        folder = self.config.documents
        report = self.synchroniser.sync_folder(
            collection, folder, progress, forget=forget, steps=steps
        )
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
        from index.sync.due_pages import are_pages_due

        report = SyncReport()
        if not everything and not are_pages_due(self.config.home, self.config.web.refresh_hours):
            return report
        for name in collections:
            watch = progress or _unwatched
            found = self.web.refresh(
                name, everything=everything, watch=watch, steps=steps, is_own=True
            )
            report = merged_reports(report, found)
        return report

    def _has_pages_only(self) -> bool:
        """Say whether the shared collection never had a folder, and has pages of the web."""
        from index.sync.source_lists import is_read_from_file

        entries = self.sources(SHARED_COLLECTION)
        followed = self.catalog.unmarked(SHARED_COLLECTION) | self.catalog.missing(
            SHARED_COLLECTION
        )
        return not followed and not all(map(is_read_from_file, entries))

    def _rebuild(self, progress: Progress | None, steps: Steps | None) -> None:
        if self.models.embedder_if_any() is not None:  # else it would lose its vectors
            for collection in self.synchroniser.mismatched():
                self.synchroniser.rebuild(collection, progress, steps)

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
        from index.sync.added_archives import without_archives
        from index.sync.additions import named_additions

        addresses = [name for name in names if _is_address(name)]
        paths = [name for name in names if name not in addresses]
        inside = self.config.documents if collection == SHARED_COLLECTION else None
        report = SyncReport()
        if paths:
            found = named_additions(paths, inside=inside)
            files, archives, not_read = without_archives(found)
            report = self._add(collection, files, progress, steps)
            report = report.model_copy(update={"not_read": (*report.not_read, *not_read)})
            added = self._archives.add_all(collection, archives, progress, steps)
            report = merged_reports(report, added)
        for done, url in enumerate(dict.fromkeys(addresses)):
            if progress is not None and not site:
                progress(done, len(addresses), url)
            watch = progress or _unwatched
            added = self.web.add(collection, url, site=site, watch=watch, steps=steps, is_own=True)
            report = merged_reports(report, added)
        return report

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
        from index.sync.additions import file_addition

        if is_archive(name):
            return self._archives.add(collection, name, content, added_by=added_by, steps=steps)
        step = partial(steps, 0, 1) if steps else None
        load = partial(self._read_workers().load, step=step)
        return self._add(
            collection, [file_addition(name, content, added_by=added_by, load=load)], steps=steps
        )

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
        from index.sync.additions import text_addition

        addition = text_addition(name, text, title=title, url=url, added_by=added_by)
        return self._add(collection, [addition])

    def add_document(
        self, collection: str, name: str, document: LoadedDocument, *, sha256: str
    ) -> SyncReport:
        """Index a finished text with its places; `sha256` names its version."""
        from index.sync.additions import Addition

        return self._add(collection, [Addition(name, document, sha256=sha256)])

    def remove(self, source: str) -> SyncReport:
        """Take the source with this id out of the index; raises SourceNotFound."""
        found = self.catalog.source(source)
        return self.synchroniser.remove(found.collection, found.uri)

    def remove_archive(self, collection: str, uri: str) -> SyncReport:
        """Take an archive that was added by itself out with all its documents; SourceNotFound."""
        return self._archives.remove(collection, uri)

    def remove_collection(self, collection: str) -> None:
        """Take a collection with all its sources out of the index."""
        self.synchroniser.remove_collection(collection)
        self.web.sweep()

    @property
    def _lists(self) -> SourceLists:
        from index.sync.source_lists import SourceLists

        return SourceLists(self.catalog, self.readers)

    @property
    def _archives(self) -> AddedArchives:
        from index.sync.added_archives import AddedArchives

        return AddedArchives(self.catalog, self._synchroniser, self._read_workers().load)

    def _add(
        self,
        collection: str,
        found: Sequence[Addition | SyncFailure],
        progress: Progress | None = None,
        steps: Steps | None = None,
    ) -> SyncReport:
        """Index what could be read; what could not is in the report."""
        failed = tuple(each for each in found if isinstance(each, SyncFailure))
        read = [each for each in found if not isinstance(each, SyncFailure)]
        if not read:
            return SyncReport(failed=failed)
        report = self.synchroniser.add(collection, read, progress, steps)
        return report.model_copy(update={"failed": (*failed, *report.failed)})

    def close(self) -> None:
        """Close what was opened, and let go of the models."""
        if (workers := self._read_workers.built) is not None:
            workers.close()
        if (vectors := self._vectors.built) is not None:
            vectors.close()
        self.catalog.close()
        self._searcher.let_go()
        self._synchroniser.let_go()
        self.models.close()

    def _uris(self, name: str) -> Iterator[str]:
        """Yield what a path may be called in the index."""
        from index.sync.additions import plain_path

        path, folder = plain_path(name), self.config.documents
        if folder is not None and path.is_relative_to(folder := plain_path(folder)):
            yield path.relative_to(folder).as_posix()
        yield str(path)
        yield str(Path(name).absolute())  # as older releases called it

    def _open_vectors(self) -> ChromaVectors:
        config = self.config
        return FreshVectors(
            self.catalog, config.home, url=config.chroma_url, account=config.chroma_account
        )

    def _build_searcher(self) -> Searcher:
        from index.embed.inputs import embedding_input
        from index.search.searcher import Searcher

        return Searcher(
            catalog=self.catalog,
            vectors=self._vectors(),
            embedder=self.models.embedder_if_any(),
            word_pieces=lambda: self.models.matcher,
            passage_input=embedding_input,
        )

    def _build_web(self) -> WebSources:
        from index.sync.web_reader import HostPace, WebReader
        from index.sync.web_sources import WebSources

        config = self.config
        hosts = frozenset(host.lower() for host in config.allowed_hosts)
        reader = WebReader(self._read_workers().load, HostPace(config.web.pause), hosts)
        return WebSources(config.home, self.catalog, self._synchroniser, reader, config.web)

    def _build_readers(self) -> ReaderSources:
        from index.sync.reader_sources import ReaderSources

        config = self.config
        return ReaderSources(config.home, self.catalog, self._synchroniser, config.web)

    def _build_synchroniser(self, lock_seconds: float = LONG_WAIT) -> Synchroniser:
        from index.sync.synchroniser import Synchroniser

        if self.is_held:
            raise IndexHeld
        workers = self._read_workers()
        return Synchroniser(
            self.catalog,
            self.vectors,
            self.models.embedder_if_any(),
            chunk=workers.cut,
            load=lambda data, name: workers.load(data, name=name),
            recipe=recipe(self.config.chunk.max_tokens),
            lock_seconds=lock_seconds,
            turns=self._turns,
            budget=self._budget,
            keep_originals=self.config.keep_originals,
        )

    def _open_read_workers(self) -> ReadWorkers:
        from index.sync.read_worker import ReadWorkers

        return ReadWorkers(
            self.config.read,
            chunk=self.config.chunk,
            tokenizer=getattr(self.models.embedder_if_any(), "tokenizer", None),
        )


def _is_address(name: str) -> bool:
    from index.load.git_address import git_address

    return name.startswith(("http://", "https://")) or git_address(name, is_own=True) is not None


def _unwatched(done: int, total: int, name: str) -> None:
    """Note nothing."""


@contextmanager
def open_library(config: IndexConfig, budget: TimeBudget = UNLIMITED) -> Iterator[Library]:
    """Open the index; raises StoreError when its catalog cannot be opened."""
    library = Library(config, Catalog(config.home), budget)
    try:
        yield library
    finally:
        library.close()
