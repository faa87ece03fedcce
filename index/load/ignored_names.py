"""What the ignore files of a folder, and of those above it, leave out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from index.errors import LoadError
from index.load.ignore_files import GITIGNORE, IGNORE_FILES, in_work_tree
from index.load.ignore_patterns import IgnoreRules
from index.load.read_file import read_file

_LARGEST = 1024 * 1024
"""Bytes of an ignore file; the longest we know has a hundredth of it."""


class _Level(NamedTuple):
    """One ignore file, of the folder at `uri`."""

    name: str
    uri: str
    rules: IgnoreRules


@dataclass(frozen=True)
class IgnoredNames:
    """What is left out below a folder.

    The last pattern that fits decides, and of several files the deepest; but what Quoth's own say
    comes before what Git's say, so that they can take in again what is not kept in Git.
    """

    levels: tuple[_Level, ...] = ()
    """The one that decides first."""

    def below(self, location: str, uri: str, entries: Iterable[os.DirEntry[str]]) -> IgnoredNames:
        """Return what is left out in a folder with these entries.

        Raises LoadError where an ignore file cannot be read: what it hides is not to be shown.
        """
        names = set(IGNORE_FILES).intersection([entry.name for entry in entries])
        if GITIGNORE in names and not in_work_tree(location):
            names.remove(GITIGNORE)
        if not names:
            return self
        own = tuple(_Level(name, uri, _rules(location, uri, name)) for name in sorted(names))
        return IgnoredNames(
            tuple(sorted((*own, *self.levels), key=lambda level: IGNORE_FILES.index(level.name)))
        )

    def has(self, uri: str, *, is_folder: bool) -> bool:
        """Say whether a path is left out, the folders above it not being."""
        for level in self.levels:
            path = uri[len(level.uri) + 1 :] if level.uri else uri
            said = level.rules.decide(path, is_folder=is_folder)
            if said is not None:
                return said
        return False


IGNORES_NOTHING = IgnoredNames()


def _rules(location: str, uri: str, name: str) -> IgnoreRules:
    path = f"{uri}/{name}" if uri else name
    try:
        data = read_file(Path(location) / name, name=path, limit=_LARGEST)
    except LoadError as error:
        raise LoadError(
            path, f"{error.reason} So what {path!r} leaves out is not known."
        ) from error
    return IgnoreRules(data.decode("utf-8", "surrogateescape"))  # as names of files are
