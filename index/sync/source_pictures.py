"""Pictures of what was quoted: of the place it was recognised in, and of the page it stands on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from index.config import SHARED_COLLECTION
from index.schema import Evidence, PagePicture, Source, Span
from index.store.catalog import Catalog
from index.store.catalog_state import source_versions
from index.store.files_address import FilesAddress
from index.store.kept_originals import KeptOriginals
from index.store.page_cache import PageCache
from index.sync.original_file import original_bytes
from index.sync.original_picture import original_picture
from index.sync.page_picture import PagePictures

if TYPE_CHECKING:
    from index.sync.read_worker import ReadWorkers


@dataclass(frozen=True)
class SourcePictures:
    """The pictures of the sources of one home folder, painted from their originals."""

    home: Path
    documents: Path | None
    """The folder in which the originals of the shared collection lie."""
    catalog: Catalog
    read_workers: Callable[[], ReadWorkers]
    files: FilesAddress | None = None
    """Where the files of added documents are kept; None is the home."""

    def picture(self, source: str, span: Span) -> bytes:
        """Return the picture that a span of the source with this id was read from, as a PNG.

        Raises SourceNotFound, and PictureUnavailable, which says why there is none.
        """
        found = self.catalog.source(source)
        read = partial(self._original, found, "picture")
        return original_picture(found, span, read, self.read_workers().crop)

    def page_picture(
        self, evidence: Evidence, highlight: Evidence | None = None, *, whole: bool = False
    ) -> PagePicture | None:
        """Return the page that a quote begins on, the quote marked, the highlight in it stronger.

        It is cut to what lies around the quote, unless the `whole` page is asked for; a quote
        without a character is a place, of which nothing is marked. None for what is no PDF.
        Raises SourceNotFound, and PictureUnavailable, which says why there is none.
        """
        found = self.catalog.source(evidence.source_id)
        pictures = PagePictures(self.read_workers().paint, PageCache(self.home))
        return pictures.picture(
            found,
            evidence,
            highlight,
            whole=whole,
            read=partial(self._original, found, "page"),
            is_there=lambda: found.sha256 in source_versions(self.catalog.connection()),
        )

    def _original(self, source: Source, what: str) -> bytes:
        shared = source.collection == SHARED_COLLECTION
        folder = self.documents if shared else None
        return original_bytes(source, folder, KeptOriginals(self.home, self.files), what)
