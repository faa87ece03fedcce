"""What tells whether a file changed, and whether it is still being written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from index.load.folder_walk import FoundFile
from index.store.catalog_rows import FileState
from index.sync.plan import Plan
from index.sync.survey import changed_at, too_recent


class Look(NamedTuple):
    """What was seen of a file, or of a member of an archive."""

    state: FileState
    changed_ns: int
    """When it, or the archive, was changed, by the system's clock."""

    def certain(self, began_ns: int) -> FileState:
        """Mark a file that changed so lately that it may do so again unnoticed."""
        if too_recent(self.changed_ns, began_ns):
            return self.state._replace(size=-1)
        return self.state


def look_at(file: FoundFile) -> Look:
    """Return what tells whether a file changed; of a member of an archive, its checksum does."""
    try:
        facts = os.stat(file.location)  # noqa: PTH116 - a Path for each costs time
    except OSError:
        # It vanished, which reading it will say.
        return Look(FileState(size=file.size, mtime_ns=file.mtime_ns, ctime_ns=0), 0)
    if file.member is not None:
        changed = changed_at(facts.st_mtime_ns, facts.st_ctime_ns)
        return Look(FileState(file.size, file.mtime_ns, file.checksum), changed)
    changed = changed_at(file.mtime_ns, facts.st_ctime_ns)
    return Look(FileState(file.size, file.mtime_ns, facts.st_ctime_ns), changed)


def moving_files(
    todo: Plan, looks: Mapping[str, Look], known: Mapping[str, FileState], *, since_ns: int
) -> set[str]:
    """Return which of the files to read changed at `since_ns` or later, by the system's clock.

    Not one that was renamed, which is whole: it has the size and the time of one that is gone.
    """
    gone = {(known[uri].size, known[uri].mtime_ns) for uri in todo.gone}
    return {
        uri
        for uri in todo.read
        if looks[uri].changed_ns >= since_ns
        and (uri in known or (looks[uri].state.size, looks[uri].state.mtime_ns) not in gone)
    }
