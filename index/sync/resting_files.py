"""Which files are still being written, so that none is read half while a folder is watched."""

from __future__ import annotations

from collections.abc import Mapping

from index.store.catalog_rows import FileState
from index.sync.plan import Plan
from index.sync.survey import changed_at


def moving_files(
    todo: Plan, seen: Mapping[str, FileState], known: Mapping[str, FileState], *, since_ns: int
) -> set[str]:
    """Return which of the files to read changed at `since_ns` or later, by the system's clock.

    Not one that was renamed, which is whole: it has the size and the time of one that is gone.
    """
    gone = {(known[uri].size, known[uri].mtime_ns) for uri in todo.gone}
    return {
        uri
        for uri in todo.read
        if changed_at(seen[uri].mtime_ns, seen[uri].ctime_ns) >= since_ns
        and (uri in known or (seen[uri].size, seen[uri].mtime_ns) not in gone)
    }
