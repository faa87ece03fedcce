"""Title and date that an Office Open XML document states of itself."""

from __future__ import annotations

import re
from datetime import datetime

from index.load.dates import in_utc
from index.load.office_package import OfficePackage
from index.load.titles import clean_title

_DC = "{http://purl.org/dc/elements/1.1/}"
_TERMS = "{http://purl.org/dc/terms/}"
_OF_PROGRAMS = re.compile(
    r"powerpoint[ -]|pr[äe]sentation\d*$|presentation\d*$|(?:microsoft )?word |word document$"
    r"|document\d*$|dokument\d*$|book\d*$|mappe\d*$|untitled|slide \d+$|no slide title|title$",
    re.IGNORECASE,
)
"""Titles that programs write by themselves."""


def stated_title(title: str) -> str | None:
    """Return a title, unless a program made it."""
    cleaned = clean_title(title)
    return None if not cleaned or _OF_PROGRAMS.match(cleaned) else cleaned


def core_properties(package: OfficePackage) -> tuple[str | None, datetime | None]:
    """Return the title and the time of the last change."""
    root = package.tree("docProps/core.xml")
    if root is None:
        return None, None
    title = root.findtext(f"{_DC}title") or ""
    changed = root.findtext(f"{_TERMS}modified") or root.findtext(f"{_TERMS}created") or ""
    return stated_title(title), in_utc(changed)
