"""Groups questions that mean the same, so that managers see each gap once. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from bot.community.store.records import Gap
from index.protocols import Vectors
from index.schema import Value
from index.text.words import content_terms, terms

SAME_WORDS = 0.6
"""Share of common words from which two questions count as one."""

SAME_SENSE = 0.78
"""Cosine of MiniLM from which two short questions are wordings of one another."""

MAX_GROUPED = 300
"""Newest questions that are looked at; grouping compares each with each group."""


class GapGroup(Value):
    """Questions that mean the same."""

    gaps: tuple[Gap, ...] = Field(description="Newest first; never empty.")

    @property
    def wording(self) -> str:
        """The newest wording."""
        return self.gaps[0].question

    @property
    def disliked(self) -> bool:
        """Whether one of them was answered, and rated 👎."""
        return any(gap.kind == "disliked" for gap in self.gaps)

    @property
    def last(self) -> float:
        """When it was last asked."""
        return max(gap.at for gap in self.gaps)

    @property
    def reasons(self) -> tuple[str, ...]:
        """What people said about bad answers."""
        return tuple(gap.reason for gap in self.gaps if gap.reason)

    @property
    def persons(self) -> tuple[int, ...]:
        """Who asked, each once; empty unless the operator wants names."""
        known = (gap.person for gap in self.gaps if gap.person is not None)
        return tuple(dict.fromkeys(known))


def grouped(gaps: Sequence[Gap], vectors: Vectors | None = None) -> list[GapGroup]:
    """Return the groups, most asked first; `vectors` are those of the questions, in order."""
    newest = gaps[:MAX_GROUPED]
    words = [_words(gap.question) for gap in newest]
    groups: list[list[int]] = []
    for at in range(len(newest)):
        home = next((group for group in groups if _alike(at, group[0], words, vectors)), None)
        if home is None:
            groups.append([at])
        else:
            home.append(at)
    found = [GapGroup(gaps=tuple(newest[at] for at in group)) for group in groups]
    return sorted(found, key=lambda group: (-len(group.gaps), -group.last))


def _words(question: str) -> frozenset[str]:
    return frozenset(content_terms(question) or terms(question))


def _alike(one: int, other: int, words: Sequence[frozenset[str]], vectors: Vectors | None) -> bool:
    together = words[one] | words[other]
    if together and len(words[one] & words[other]) / len(together) >= SAME_WORDS:
        return True
    return vectors is not None and float(vectors[one] @ vectors[other]) >= SAME_SENSE
