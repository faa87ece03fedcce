"""The list at the end of a text that says what its `[1]` refers to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.library import Library
from index.schema import SourceEntry

_ENTRY = re.compile(r"\s*+(?:[-*+]\s++)?(?:>\s*+)?\[\^?(\d{1,4})\](?!\()\s*+:?\s*+(?=\S)(.*)")
_NUMBERED = re.compile(r"\s*+(\d{1,4})[.)]\s++(\S.*)")
_LABEL = re.compile(
    r"\s*+#{0,6}+\s*+[*_]{0,2}(?:sources?|references?|citations?|footnotes?|notes|bibliography"
    r"|works cited|quellen|literatur|nachweise|références|fuentes|referencias)\b[*_:\s]*",
    re.IGNORECASE,
)
_SHORTEST_TITLE = 4


@dataclass(frozen=True)
class ReferenceList:
    """What the numbers of a text refer to."""

    entries: dict[int, str]
    """What is said of each number."""
    lines: frozenset[int]
    """The lines it takes up, from 1."""


def reference_list(text: str) -> ReferenceList:
    """Return the list of references of a text, empty where it has none."""
    entries: dict[int, list[str]] = {}
    lines: set[int] = set()
    labelled, last = False, 0
    for number, line in enumerate(text.split("\n"), start=1):
        if _LABEL.fullmatch(line):
            labelled, last = True, 0
            lines.add(number)
            continue
        entry = _ENTRY.fullmatch(line) or (_NUMBERED.fullmatch(line) if labelled else None)
        if entry is not None:
            last = int(entry[1])
            entries.setdefault(last, [entry[2].strip()])
            lines.add(number)
        elif last and line.strip() and line[:1] in " \t":
            entries[last].append(line.strip())
            lines.add(number)
        elif line.strip():
            last = 0
            labelled = labelled and not line.lstrip().startswith("#")
    said = {number: " ".join(pieces) for number, pieces in entries.items()}
    return ReferenceList(said, frozenset(lines))


def named_source(library: Library, entry: str, collections: Sequence[str]) -> SourceEntry | None:
    """Return the source that an entry of a list names: by address, path, file name or title."""
    said = entry.casefold()
    best: tuple[int, SourceEntry] | None = None
    for collection in collections:
        for source in library.sources(collection):
            size = max(
                (len(name) for name in _names(source) if _says(said, name.casefold())), default=0
            )
            if size and (best is None or size > best[0]):
                best = (size, source)
    return best[1] if best else None


def _names(source: SourceEntry) -> list[str]:
    names = [source.uri, source.uri.rsplit("/", 1)[-1], source.title, source.url or ""]
    return [name for name in names if len(name) >= _SHORTEST_TITLE]


def _says(entry: str, name: str) -> bool:
    at = entry.find(name)
    if at < 0:
        return False
    before, after = entry[at - 1 : at], entry[at + len(name) : at + len(name) + 1]
    return not (before.isalnum() or after.isalnum())
