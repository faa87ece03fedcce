"""What a folder holds besides sources, so that every file in it has a state that people see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from index.load.folder_walk import FolderScan
from index.load.formats import unread_reason
from index.schema import SourceEntry, SyncFailure
from index.store.catalog import Catalog
from index.store.catalog_rows import FileState, LeftOut
from index.store.catalog_state import left_out_files
from index.store.catalog_writes import put_left_out
from index.sync.pace import Pace


@dataclass(frozen=True)
class LeftOutFiles:
    """Keeps a collection's record of what a folder holds and the index does not."""

    catalog: Catalog
    collection: str
    pace: Pace

    def put(self, found: FolderScan, waiting: Iterable[str]) -> None:
        """Record what a walk found, and the documents that wait to be read, if that is new."""
        now = {uri: LeftOut("indexing") for uri in waiting} | _besides_documents(found)
        if now != left_out_files(self.catalog.connection(), self.collection):
            with self.pace.hold(), self.catalog.transaction() as connection:
                put_left_out(connection, self.collection, now)


def changed_files(
    read: Iterable[str], seen: Mapping[str, FileState], known: Mapping[str, FileState]
) -> list[str]:
    """Return which of the files to read are new or changed, and not only tried again."""
    times = {uri: (known[uri].mtime_ns, known[uri].ctime_ns) for uri in read if uri in known}
    return [uri for uri in read if times.get(uri) != (seen[uri].mtime_ns, seen[uri].ctime_ns)]


def _besides_documents(found: FolderScan) -> dict[str, LeftOut]:
    return {
        **{each.source: LeftOut("failed", each.reason) for each in found.failures},
        **{each.uri: LeftOut("unread", each.kind) for each in found.skipped},
        **{each.uri: LeftOut("ignored") for each in found.ignored},
    }


def stale_states(
    unknown: Iterable[str], failures: Iterable[SyncFailure], known: Mapping[str, FileState]
) -> dict[str, FileState]:
    """Mark documents that are out of sight, because they or a folder above cannot be read.

    What is known of them stays, with the reason; once they are in sight, they are read again.
    """
    reasons = {each.source: each.reason for each in failures}
    return {uri: known[uri]._replace(size=-1, failure=_reason(uri, reasons)) for uri in unknown}


def _reason(uri: str, reasons: Mapping[str, str]) -> str:
    """Return the reason that is given for a path, or else for the nearest folder above it."""
    path = uri
    while path not in reasons and "/" in path:
        path = path.rpartition("/")[0]
    return reasons.get(path, reasons.get(".", ""))


def with_reasons(entries: Iterable[SourceEntry]) -> list[SourceEntry]:
    """Say of files that are not read by their kind what they need to be read, where that helps."""
    return [
        entry
        if entry.state != "unread"
        else entry.model_copy(update={"failure": unread_reason(PurePath(entry.uri).suffix.lower())})
        for entry in entries
    ]
