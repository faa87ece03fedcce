"""The sources of one search: of the versions that its passages were found in, read when needed.

Ranking needs no more of a document than its passages. Where one is replaced between finding and
reading, what was found is behind, and the search is to be made anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from index.protocols import FoundPassage, SourceVersion
from index.schema import Passage, Source
from index.search.merged_hits import stands_in


class SourceTexts(Protocol):
    """Where sources are read."""

    def sources_of(self, versions: Iterable[SourceVersion]) -> dict[str, Source]:
        """Return the sources that are still of these versions, with their texts, by id."""
        ...


class FoundSources:
    """Lends the sources of passages that were found; for one search and thread."""

    def __init__(self, texts: SourceTexts) -> None:
        self._texts = texts
        self._versions: dict[str, SourceVersion] = {}
        self._read: dict[str, Source] = {}
        self.are_behind = False
        """Whether any source was replaced or removed since its passages were found."""

    def note(self, found: Iterable[FoundPassage]) -> None:
        """Remember which versions passages were found in."""
        for version in dict.fromkeys(each.version for each in found):
            if self._versions.setdefault(version.id, version).sha256 != version.sha256:
                self.are_behind = True

    def version_of(self, passage: Passage) -> SourceVersion:
        """Return the version of the source of a passage that was noted."""
        return self._versions[passage.source_id]

    def read(self, passages: Iterable[Passage]) -> None:
        """Read the sources of passages, all at once."""
        ids = dict.fromkeys(each.source_id for each in passages)
        lacking = [self._versions[id] for id in ids if id not in self._read]
        if lacking:
            self._read |= self._texts.sources_of(lacking)

    def of(self, passage: Passage) -> Source | None:
        """Return the version that a passage was cut from; None where there is another now."""
        if passage.source_id not in self._read:
            self.read([passage])
        source = self._read.get(passage.source_id)
        if source is None or not stands_in(passage, source):
            self.are_behind = True
            return None
        return source
