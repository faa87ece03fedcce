"""What is said when indexing is stopped, with Ctrl-C or by SIGTERM."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING

from bot.cli.environment import say
from index.schema import Coverage
from index.store.write_lock import FOLDER_LOCK_FILE

if TYPE_CHECKING:
    from index.library import Library


TERMINATED = 143
"""Exit code after SIGTERM, as shells count it: 128 and the number of the signal."""


@contextlib.contextmanager
def ended_as_by_ctrl_c(code: int = TERMINATED) -> Iterator[None]:
    """Let SIGTERM stop this block as Ctrl-C does, and the program leave with `code` then.

    Only in the main thread, and where nothing else is to be done at SIGTERM.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    told: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        told.append(number)
        signal.raise_signal(signal.SIGINT)  # which waits where something is written

    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        if told:
            raise SystemExit(code) from None
        raise
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextlib.contextmanager
def told_when_stopped(
    library: Library, collection: str, *, rebuilds: bool = False
) -> Iterator[None]:
    """Say in one sentence what of the work in this block is kept, if it is stopped.

    `rebuilds` tells that it builds anew first what was built with another model.
    """
    before = _versions(library, collection)
    try:
        with ended_as_by_ctrl_c():
            yield
    except (KeyboardInterrupt, SystemExit) as stop:
        if isinstance(stop, SystemExit) and stop.code != TERMINATED:
            raise
        kept = len(_versions(library, collection) - before)
        is_rebuild = rebuilds and bool(library.synchroniser.mismatched())
        coverage = library.catalog.coverage([collection])
        leader = library.catalog.holder(FOLDER_LOCK_FILE) if library.catalog.is_shared else None
        say(stopped_text(kept, is_rebuild=is_rebuild, coverage=coverage, leader=leader))
        raise


_MANY = 200
"""Passages of which it is said that they are embedded after they can be found."""


def told_steps(
    library: Library, steps: Callable[[int, int], None] | None
) -> Callable[[int, int], None]:
    """Return `steps` that also say, once, when all is read and much has yet to be embedded."""
    said = False

    def step(done: int, total: int) -> None:
        nonlocal said
        if not (said or done) and total >= _MANY and not library.synchroniser.mismatched():
            said = True
            count = library.catalog.stats().sources
            documents = "1 document" if count == 1 else f"{count:,} documents"
            say(
                f"{documents} can be searched by words now. {total:,} passages are embedded next, "
                "to be searched by meaning too."
            )
        if steps is not None:
            steps(done, total)

    return step


def stopped_text(
    kept: int, *, is_rebuild: bool, coverage: Coverage | None = None, leader: str | None = None
) -> str:
    """Say how many documents are kept, and how the work is gone on with.

    `leader` is another process that follows the folder of an index that both share.
    """
    again = "the same command goes on from there."
    if is_rebuild:
        return (
            "Stopped while the index was being built anew: the old one serves until that is done, "
            f"and {again}"
        )
    if leader is not None:
        return (
            f"Stopped: what was read and embedded is kept, and {leader} goes on with the rest; the "
            "same command helps it again."
        )
    if coverage is not None and coverage.embedded < coverage.passages:
        return (
            "Stopped: what was read can be searched by its words, and "
            f"{coverage.embedded:,} of {coverage.passages:,} passages by meaning; {again}"
        )
    if not kept:
        return "Stopped: no document was written, and the index is as it was."
    written = "1 document was" if kept == 1 else f"{kept} documents were"
    return f"Stopped: {written} written and kept; {again}"


def _versions(library: Library, collection: str) -> set[tuple[str, str]]:
    """Return uri and SHA-256 of everything that is indexed."""
    return {(each.uri, each.sha256) for each in library.sources(collection) if each.sha256}
