"""Removed means gone: what was removed or replaced leaves no byte in the files of a home folder."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from index.store.added_documents import AddedDocuments
from index.store.catalog import Catalog
from index.store.catalog_state import owes_purge, source_versions
from index.store.catalog_writes import move_generation, owe_purge
from index.store.chroma_queue import has_queue
from index.store.chroma_vectors import ChromaVectors
from index.store.kept_originals import KeptOriginals
from index.store.page_cache import PageCache


@dataclass(frozen=True)
class Purge:
    """Rewrites what still holds bytes of removed texts; the caller holds the write lock.

    That it is owed is noted in the very transaction that removes a text, so that whoever writes
    next finishes what a killed writer, or one that a reader kept from it, has left.
    """

    catalog: Catalog
    vectors: ChromaVectors

    def run(self, added: AddedDocuments) -> bool:
        """Purge if that is owed; False where a reader kept a file as it was, or Chroma is behind.

        Whoever brings Chroma in step purges then what Chroma is told to delete.
        """
        self.vectors.blank_room()
        if has_queue(self.catalog.connection()):
            return False
        if not owes_purge(self.catalog.connection()):
            return True
        self.catalog.merge_words()
        done = [
            self.vectors.purge(),
            self.catalog.erase_traces(),
            added.erase_traces(),
            self._purge_answers(),
        ]
        if not all(done):
            return False
        with self.catalog.transaction() as connection:
            owe_purge(connection, owed=False)
            generation = move_generation(connection)  # readers let go of the files that were
        self.vectors.wrote(generation)
        return True

    def _purge_answers(self) -> bool:
        """Forget the answers that quote what is gone, with the versions kept for them."""
        if not self.catalog.has_answers():
            return True
        known = {row[0] for row in self.catalog.rows("SELECT id FROM sources")}
        with closing(self.catalog.open_answers()) as answers:
            return answers.forget_others(known)


def sweep_kept_files(catalog: Catalog, added: AddedDocuments, *, keep_originals: bool) -> None:
    """Delete the originals and the pictures of pages whose documents are not there any more."""
    home = catalog.home
    KeptOriginals(home).sweep(lambda: set(added.versions().values()) if keep_originals else ())
    PageCache(home).sweep(lambda: source_versions(catalog.connection()))
