"""Lists of sources, and of what was added as one: sites, feeds, repositories, readers, archives."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from index.load.archive_names import archive_of
from index.schema import SiteEntry, SourceEntry
from index.store.catalog import Catalog
from index.sync.added_archives import archive_entries, marked
from index.sync.reader_sources import ReaderSources
from index.sync.web_lists import WebLists


@dataclass(frozen=True)
class SourceLists:
    """What a home folder holds, by collection."""

    catalog: Catalog
    readers: ReaderSources

    def collections(self) -> list[str]:
        """Return the names of all collections, of the index and of what people added."""
        if not self.catalog.has_added():
            return sorted(self.catalog.collections())
        with closing(self.catalog.open_added()) as added:
            return sorted(added.collections() | self.catalog.collections())

    def sources(self, collection: str) -> list[SourceEntry]:
        """Return what a collection holds, by uri, with what brought each."""
        of_web = WebLists(self.catalog).marked(collection, self.catalog.sources(collection))
        return marked(self.readers.marked(collection, of_web))

    def sites(self, collection: str) -> list[SiteEntry]:
        """Return what was added to a collection as one."""
        return [
            *WebLists(self.catalog).sites(collection),
            *self.readers.entries(collection),
            *archive_entries(self.sources(collection)),
        ]

    def find_site(self, collection: str, name: str, paths: Sequence[str]) -> SiteEntry | None:
        """Return what was added as one and is called `name`; an archive by its paths, too."""
        if found := WebLists(self.catalog).find_site(collection, name):
            return found
        names = {"reader": (name, f"{name}://"), "zip": (name, *paths)}
        sites = self.sites(collection)
        return next((one for one in sites if one.url in names.get(one.kind, ())), None)


def is_read_from_file(entry: SourceEntry) -> bool:
    """Say whether a source came from a file or an archive of files, rather than from elsewhere."""
    brought = entry.site is not None and entry.site != archive_of(entry.uri)
    return not brought and not entry.uri.startswith(("http://", "https://"))
