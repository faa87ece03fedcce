"""`quoth sync --watch`: the index is kept in step with the folder until Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from bot.cli.environment import say
from bot.cli.progress import Bar
from index.errors import QuothError
from index.library import Library
from index.schema import SyncReport
from index.sync.folder_watch import FolderWatch

_AFTER_FAILURE = 10.0
"""Seconds before what failed as a whole is tried again."""


def follow_folder(
    library: Library,
    watch: FolderWatch,
    first: SyncReport,
    tell: Callable[[SyncReport], None],
    bar: Callable[[], AbstractContextManager[Bar]],
) -> None:
    """Bring the index in step after every change that has come to rest, until Ctrl-C.

    `first` is what was told before; `tell` is called with each report that says something else.
    What fails as a whole, such as an index that another process writes to, is said once and tried
    again.
    """
    before, trouble = _said(first), ""
    while True:
        try:
            time.sleep(_AFTER_FAILURE if trouble else watch.pause)
            if not watch.has_changed():
                continue
            with bar() as shown:
                report = library.bring_in_step(shown.progress, shown.steps, rest=watch.rest)
            watch.take(waiting=report is not None and report.waiting > 0)
            trouble = ""
        except QuothError as error:
            if str(error) != trouble:
                say(str(error))
            trouble = str(error)
            continue
        if report is None:
            continue
        if report.added or report.updated or report.removed or _said(report) != before:
            tell(report)
            before = _said(report)


def _said(report: SyncReport) -> tuple[object, ...]:
    """Return what a report says of the folder as it is, and not of what was done."""
    return (report.failed, report.not_read, report.ignored, report.missing)
