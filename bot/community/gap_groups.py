"""Which questions a manager may see, and which of them mean the same. Pure.

What was asked where not everyone reads is told to those who read there, and never counted with what
was asked in the open: neither a number nor a wording tells of it. What was asked in private is told
to nobody.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from bot.community.rights import Places
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
    def open(self) -> bool:
        """Whether everyone in the server sees where it was asked."""
        return self.gaps[0].open

    @property
    def place(self) -> int | None:
        """The channel it was asked in, where that is not open to everyone."""
        return None if self.open else self.gaps[0].place

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


def shown_gaps(gaps: Sequence[Gap], places: Places) -> list[Gap]:
    """Return the questions that a person may see, each open only if it was, and is today."""
    found = []
    for gap in gaps:
        if gap.private or gap.place is None:
            continue
        is_open = gap.open and places.is_open(gap.place)
        if is_open or places.is_readable(gap.place):
            found.append(gap.model_copy(update={"open": is_open}))
    return found


def grouped(gaps: Sequence[Gap], vectors: Vectors | None = None) -> list[GapGroup]:
    """Return the groups, most asked first; `vectors` are those of the questions, in order.

    What was asked in the open makes groups of its own, and so does each other channel.
    """
    newest = gaps[:MAX_GROUPED]
    words = [_words(gap.question) for gap in newest]
    groups: list[list[int]] = []

    def is_home(group: list[int], at: int) -> bool:
        return _where(newest[group[0]]) == _where(newest[at]) and _alike(
            words[at], words[group[0]], _cosine(vectors, at, group[0])
        )

    for at in range(len(newest)):
        home = next((group for group in groups if is_home(group, at)), None)
        if home is None:
            groups.append([at])
        else:
            home.append(at)
    found = [GapGroup(gaps=tuple(newest[at] for at in group)) for group in groups]
    return sorted(found, key=lambda group: (-len(group.gaps), -group.last))


def like(group: GapGroup, gaps: Sequence[Gap], vectors: Vectors | None = None) -> list[Gap]:
    """Return the questions outside a group that mean what it asks, whoever may see them.

    `vectors` are those of the wording of the group and of the questions, in order.
    """
    words, inside = _words(group.wording), {gap.id for gap in group.gaps}
    return [
        gap
        for at, gap in enumerate(gaps, start=1)
        if gap.id not in inside and _alike(words, _words(gap.question), _cosine(vectors, 0, at))
    ]


def _where(gap: Gap) -> int | None:
    return None if gap.open else gap.place


def _words(question: str) -> frozenset[str]:
    return frozenset(content_terms(question) or terms(question))


def _cosine(vectors: Vectors | None, one: int, other: int) -> float:
    return 0.0 if vectors is None else float(vectors[one] @ vectors[other])


def _alike(one: frozenset[str], other: frozenset[str], cosine: float) -> bool:
    together = one | other
    same_words = bool(together) and len(one & other) / len(together) >= SAME_WORDS
    return same_words or cosine >= SAME_SENSE
