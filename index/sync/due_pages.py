"""Says whether added pages are to be asked for anew, before anything heavy is imported.

A file in the home folder holds when the page was looked at that was not for longest. It is set back
to never before pages are written, so that a kill only makes the next synchronisation look.
"""

from __future__ import annotations

import errno
import os
import time

from index.store.catalog_format import ADDITIONS_FILE, PAGES_DUE_FILE

TYPE_CHECKING = False  # `typing` costs more than all of this
if TYPE_CHECKING:
    from index.store.catalog import Catalog

_NONE = "none"


def are_pages_due(home: str | os.PathLike[str], hours: float) -> bool:
    """Say whether a page, site or feed was looked at `hours` ago or longer; 0 hours is never."""
    place = os.fspath(home)
    if not hours:
        return False
    try:
        with open(f"{place}/{PAGES_DUE_FILE}", encoding="ascii") as file:  # noqa: PTH123 - slow
            noted = file.read().strip()
        return noted != _NONE and time.time() - float(noted) >= hours * 3600
    except (OSError, ValueError):
        return os.path.exists(f"{place}/{ADDITIONS_FILE}")  # noqa: PTH110 - slow


def are_looks_due(catalog: Catalog, hours: float) -> bool:
    """Say the same of what is in a catalog: what others share with it, its database knows."""
    if not catalog.is_shared or not hours:
        return are_pages_due(catalog.home, hours)
    from contextlib import closing

    from index.store.web_records import WebRecords

    with closing(catalog.open_added()) as added:
        oldest = WebRecords(added).oldest_look()
    return oldest is not None and time.time() - oldest >= hours * 3600


def note_oldest_look(home: str | os.PathLike[str], oldest: float | None) -> None:
    """Write when the page was looked at that was not for longest; None where there is none.

    Raises IndexUnwritable where the home cannot be written.
    """
    place = os.fspath(home)
    path = f"{place}/{PAGES_DUE_FILE}"
    try:
        with open(f"{path}.new", "w", encoding="ascii") as file:  # noqa: PTH123 - slow
            file.write(_NONE if oldest is None else repr(oldest))
        os.replace(f"{path}.new", path)  # noqa: PTH105 - slow
    except OSError as error:
        from pathlib import Path

        from index.errors import DiskFull, IndexUnwritable

        if error.errno == errno.ENOSPC:
            raise DiskFull(Path(place)) from error
        raise IndexUnwritable(
            f"The index in {place!r} cannot be changed ({error.strerror}). "
            "Check that the user who runs Quoth may write to it."
        ) from error
