"""What is said when a person stops indexing with Ctrl-C."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.cli.environment import say

if TYPE_CHECKING:
    from index.library import Library


@contextlib.contextmanager
def told_when_stopped(
    library: Library, collection: str, *, rebuilds: bool = False
) -> Iterator[None]:
    """Say in one sentence what of the work in this block is kept, if it is stopped.

    `rebuilds` tells that it builds anew first what was built with another model.
    """
    before = _versions(library, collection)
    try:
        yield
    except KeyboardInterrupt:
        kept = len(_versions(library, collection) - before)
        is_rebuild = rebuilds and bool(library.synchroniser.mismatched())
        say(stopped_text(kept, is_rebuild=is_rebuild))
        raise


def stopped_text(kept: int, *, is_rebuild: bool) -> str:
    """Say how many documents are kept, and how the work is gone on with."""
    again = "the same command goes on from there."
    if is_rebuild:
        return (
            "Stopped while the index was being built anew: the old one serves until that is done, "
            f"and {again}"
        )
    if not kept:
        return "Stopped: no document was written, and the index is as it was."
    written = "1 document was" if kept == 1 else f"{kept} documents were"
    return f"Stopped: {written} written and kept; {again}"


def _versions(library: Library, collection: str) -> set[tuple[str, str]]:
    """Return uri and SHA-256 of everything that is indexed."""
    return {(each.uri, each.sha256) for each in library.sources(collection) if each.sha256}
