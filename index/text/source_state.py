"""The words for the state of a document, which every edge lists alike."""

from __future__ import annotations

from index.schema import SourceEntry

MISSING = "not found at the last look at the folder"
"""What is said of a document that is kept although its file is gone."""

STALE = "an older version, as the newest could not be read"
"""What is said of a document whose file has a newer version that could not be read."""


def told_state(entry: SourceEntry, *, reasons: bool = True) -> str:
    """Return in which state a document is; why it failed is told with `reasons` only."""
    if entry.missing:
        return _listed(MISSING, *entry.warnings)
    failure = entry.failure if reasons else None
    if entry.state == "unread":
        return ": ".join(filter(None, ("not read", failure or _listed(*entry.warnings))))
    if failure:
        return f"{entry.state}: {failure}"
    said: str = entry.state
    if entry.awaiting:
        passages = "1 passage is" if entry.awaiting == 1 else f"{entry.awaiting:,} passages are"
        said += f"; {passages} found by words only so far"
    return _listed(said, *entry.warnings)


def _listed(*parts: str) -> str:
    """Return sentences in a row, of which only the last keeps its full stop."""
    before = [part.removesuffix(".") for part in parts[:-1]]
    return "; ".join((*before, *parts[-1:]))
