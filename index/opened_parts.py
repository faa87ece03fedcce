"""The parts of one home folder, each opened when it is first used.

So `quoth sources` loads no model, and a run that finds nothing changed opens no vectors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.config import IndexConfig
from index.embed.lazy_models import Models, Once
from index.errors import IndexHeld
from index.store.catalog import Catalog
from index.store.catalog_format import recipe
from index.store.chroma_vectors import ChromaVectors
from index.store.files_address import FilesAddress
from index.store.fresh_vectors import FreshVectors, is_built_elsewhere
from index.store.write_lock import LONG_WAIT
from index.sync.pace import FairTurns
from index.sync.time_budget import TimeBudget

if TYPE_CHECKING:
    from index.search.searcher import Searcher
    from index.sync.read_worker import ReadWorkers
    from index.sync.reader_sources import ReaderSources
    from index.sync.synchroniser import Synchroniser
    from index.sync.web_sources import WebSources


class OpenedParts:
    """What a home folder is read, searched and written with."""

    def __init__(self, config: IndexConfig, catalog: Catalog, budget: TimeBudget) -> None:
        """`budget` is how long what is written waits until it is embedded, too."""
        self.config = config
        self._budget = budget
        self.catalog = catalog
        self.models = Models(config, words_only=self.is_held)
        self._turns = FairTurns()
        self.files = None if config.files is None else FilesAddress(config.files.get_secret_value())
        self.opened_vectors = Once(self._open_vectors)
        self.searcher = Once(self._build_searcher)
        self.synchroniser = Once(self.build_synchroniser)
        self.read_workers = Once(self._open_read_workers)
        self.web = Once(self._build_web)
        self.readers = Once(self._build_readers)

    @property
    def is_held(self) -> bool:
        """Whether the index is left as it is, built with what the person has not allowed.

        With another model it would be built anew, and once more when the folder is allowed.
        """
        return self.config.withheld and is_built_elsewhere(self.config, self.catalog)

    @property
    def vectors(self) -> ChromaVectors:
        """The vector store; raises IndexHeld."""
        if self.is_held:
            raise IndexHeld
        return self.opened_vectors()

    def build_synchroniser(self, lock_seconds: float = LONG_WAIT) -> Synchroniser:
        """Return a writer that waits so long for another; raises IndexHeld."""
        from index.sync.synchroniser import Synchroniser

        if self.is_held:
            raise IndexHeld
        workers = self.read_workers()
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
            files=self.files,
        )

    def close(self) -> None:
        """Close what was opened, and let go of the models."""
        if (workers := self.read_workers.built) is not None:
            workers.close()
        if (vectors := self.opened_vectors.built) is not None:
            vectors.close()
        if self.files is not None:
            self.files.close()
        self.catalog.close()
        self.searcher.let_go()
        self.synchroniser.let_go()
        self.models.close()

    def _open_vectors(self) -> ChromaVectors:
        config = self.config
        return FreshVectors(
            self.catalog,
            config.home,
            url=config.chroma_url,
            account=config.chroma_account,
            texts=config.chroma_texts,
        )

    def _build_searcher(self) -> Searcher:
        from index.embed.inputs import embedding_input
        from index.search.searcher import Searcher

        return Searcher(
            catalog=self.catalog,
            vectors=self.opened_vectors(),
            embedder=self.models.embedder_if_any(),
            word_pieces=lambda: self.models.matcher,
            passage_input=embedding_input,
        )

    def _build_web(self) -> WebSources:
        from index.sync.web_reader import HostPace, WebReader
        from index.sync.web_sources import WebSources

        config = self.config
        hosts = frozenset(host.lower() for host in config.allowed_hosts)
        reader = WebReader(self.read_workers().load, HostPace(config.web.pause), hosts)
        return WebSources(config.home, self.catalog, self.synchroniser, reader, config.web)

    def _build_readers(self) -> ReaderSources:
        from index.sync.reader_sources import ReaderSources

        config = self.config
        return ReaderSources(config.home, self.catalog, self.synchroniser, config.web)

    def _open_read_workers(self) -> ReadWorkers:
        from index.sync.read_worker import ReadWorkers

        return ReadWorkers(
            self.config.read,
            chunk=self.config.chunk,
            tokenizer=getattr(self.models.embedder_if_any(), "tokenizer", None),
        )
