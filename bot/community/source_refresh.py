"""What `/source refresh` can do about a source, or what a person can do instead. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

from bot.schema import is_team_answer
from index.config import SHARED_COLLECTION
from index.schema import SourceEntry, SyncReport

MISSING = "Its file was not found at the last look at the documents folder."
FOLLOWED = "-# Files of the documents folder are kept in step by themselves."


@dataclass(frozen=True)
class Refreshed:
    """What refreshing a source did."""

    report: SyncReport
    followed: bool = False
    """Whether it is a file of the documents folder."""


def other_way(entry: SourceEntry) -> str | None:
    """Return what to do about a source that the bot cannot fetch again, or None."""
    title, is_page = repr(entry.title), entry.uri.startswith(("http://", "https://"))
    of_reader = not is_page and "://" in entry.uri
    of_operator = f"{title} was added by the operator, who can add it again."
    if entry.collection == SHARED_COLLECTION:
        if is_page or of_reader or PurePath(entry.uri).is_absolute():
            return of_operator
        return None  # it lies in the documents folder, which the index is kept in step with
    if is_page or of_reader:
        return of_operator if of_reader else None
    if re.fullmatch(r"message-\d+\.txt", entry.uri):
        return f"{title} was a message. Use 'Add to sources' on it again to take its new text."
    if is_team_answer(entry.uri):
        return f"{title} was written here. Remove it, and answer the question when it comes back."
    return uploaded(entry.title)


def uploaded(title: str) -> str:
    """Return what to do about a file that was uploaded."""
    return (
        f"{title!r} was uploaded, and I keep no copy of the file. Add the new one under the same "
        "name with `/source add`; it takes the place of the old one."
    )
