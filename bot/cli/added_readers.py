"""LlamaIndex readers on the command line: run by the person who named them, and by nobody else.

A reader is a program. A home folder that came from elsewhere, cloned or restored, could name one
with arguments of its author's. So what a person added is noted outside of it, and only that is run
again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.environment import Environment, say
from bot.cli.progress import Bar
from bot.trusted_folders import TrustedFolders, config_folder
from index.config import SHARED_COLLECTION
from index.errors import ConfigurationError
from index.schema import SyncReport, merged_reports
from index.sync.reader_arguments import ReaderCall, reader_call

if TYPE_CHECKING:
    from index.library import Library


def add_reader(
    environment: Environment,
    library: Library,
    collection: str,
    reader: str,
    arguments: Sequence[str],
    bar: Bar,
) -> SyncReport:
    """Run a reader that a person names, index what it brings, and allow it to be run again."""
    call = reader_call(reader, arguments, str(environment.folder.resolve()))
    allowed = _AllowedReaders(environment, library)
    report = library.readers.add(
        collection,
        call,
        variables=environment.environ,
        watch=bar.progress or _unwatched,
        steps=bar.steps,
    )
    try:
        allowed.allow(call)
    except ConfigurationError as error:
        say(f"note: `quoth sync` will not run it again. {error}")
    return report


def refresh_readers(
    environment: Environment, library: Library, collection: str, bar: Bar, *, everything: bool
) -> SyncReport:
    """Run the readers of a collection again, with the shared one those of every other too."""
    allowed = _AllowedReaders(environment, library)
    report = SyncReport()
    is_shared = collection == SHARED_COLLECTION
    for name in library.collections() if is_shared else [collection]:
        found = library.readers.refresh(
            name,
            everything=everything,
            is_allowed=allowed.has,
            variables=environment.environ,
            watch=bar.progress or _unwatched,
            steps=bar.steps,
        )
        report = merged_reports(report, found)
    return report


class _AllowedReaders:
    """What one person has allowed to be run for one index."""

    def __init__(self, environment: Environment, library: Library) -> None:
        place = config_folder(environment.environ)
        self._kept = TrustedFolders(None if place is None else place / "readers")
        self._home = library.config.home

    def allow(self, call: ReaderCall) -> None:
        """Have a reader run again from now on; raises ConfigurationError."""
        self._kept.allow(self._path(call), call.fingerprint)

    def has(self, call: ReaderCall) -> bool:
        """Say whether exactly this reader may run."""
        return self._kept.allows(self._path(call), call.fingerprint)

    def _path(self, call: ReaderCall) -> Path:
        return self._home / "readers" / call.fingerprint


def _unwatched(done: int, total: int, name: str) -> None:
    """Note nothing."""
