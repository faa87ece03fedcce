"""The frozen values of checking: what became of a quotation, a claim, a whole text."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from bot.schema import Citation
from index.schema import Value

QuoteOutcome: TypeAlias = Literal["verbatim", "nearly", "absent"]

DifferenceSort: TypeAlias = Literal[
    "negation",
    "number",
    "opposite",
    "obligation",
    "limit",
    "name",
    "word",
    "spelling",
    "capitals",
    "punctuation",
]
"""What a difference is about, the weightiest first."""

ALTERING: frozenset[DifferenceSort] = frozenset(
    ("negation", "number", "opposite", "obligation", "limit")
)
"""Differences that turn the sense of a sentence."""


class QuoteDifference(Value):
    """One place in which a quotation says something else than the source."""

    change: Literal["missing", "added", "changed"] = Field(
        description="Whether words of the source are missing, or words were added or changed."
    )
    sort: DifferenceSort = Field(description="What it is about.")
    quoted: str = Field(description="The words of the quotation; empty where some are missing.")
    sourced: str = Field(description="The words of the source; empty where some were added.")

    @property
    def alters(self) -> bool:
        """Whether it may turn the sense."""
        return self.sort in ALTERING


class QuoteVerdict(Value):
    """Whether a quotation stands in the sources, and where."""

    quote: str = Field(description="The quotation as it was given.")
    outcome: QuoteOutcome = Field(description="`absent`: not in the sources that were searched.")
    summary: str = Field(description="The outcome in one or two sentences.")
    citation: Citation | None = Field(
        default=None, description="Where it stands, or what is nearest; None when absent."
    )
    differences: tuple[QuoteDifference, ...] = Field(
        default=(), description="What is not as in the source, the weightiest first."
    )
    elided: tuple[str, ...] = Field(
        default=(), description="What the source has where the quotation has dots or brackets."
    )
    caution: str | None = Field(
        default=None, description="What a reader should know of a verbatim quotation, if anything."
    )

    @property
    def alters(self) -> bool:
        """Whether a difference may turn the sense."""
        return any(difference.alters for difference in self.differences)


class ClaimVerdict(Value):
    """Whether the sources back what a text says in its own words."""

    statement: str = Field(description="The sentence as it was compared.")
    supported: bool = Field(description="Whether the evidence says it.")
    probability: float = Field(ge=0, le=1, description="How likely that is.")
    summary: str = Field(description="The verdict in one or two sentences.")
    evidence: Citation | None = Field(
        default=None, description="What backs it, or what is nearest; None where nothing is."
    )


FindingKind: TypeAlias = Literal["quotation", "cited", "claim"]
"""Words in quotation marks; a sentence with `[1]`; any other sentence."""

Outcome: TypeAlias = Literal[
    "verbatim", "nearly", "absent", "elsewhere", "supported", "unsupported"
]
"""`elsewhere`: word for word in another source than the one that is named for it."""


class Finding(Value):
    """One quotation or sentence of a text, and what became of it."""

    line: int = Field(description="Line of the text on which it begins, from 1.")
    kind: FindingKind = Field(description="What it is.")
    text: str = Field(description="The quotation or the sentence.")
    references: tuple[int, ...] = Field(default=(), description="The numbers that stand with it.")
    outcome: Outcome = Field(description="What became of it.")
    summary: str = Field(description="The outcome in one or two sentences.")
    quote: QuoteVerdict | None = Field(default=None, description="Of a quotation, all of it.")
    claim: ClaimVerdict | None = Field(default=None, description="Of a sentence, all of it.")

    @property
    def holds(self) -> bool:
        """Whether it is as the text says."""
        return self.outcome in ("verbatim", "supported")


class CheckReport(Value):
    """What a whole text quotes and claims, held against the sources."""

    findings: tuple[Finding, ...] = Field(description="In the order of the text.")
    notes: tuple[str, ...] = Field(
        default=(), description="What of the text could not be followed, in sentences."
    )

    @property
    def holds(self) -> bool:
        """Whether all of it is as the text says."""
        return all(finding.holds for finding in self.findings)

    def counts(self) -> dict[str, int]:
        """Return how many findings had each outcome that occurs."""
        found: dict[str, int] = {}
        for finding in self.findings:
            found[finding.outcome] = found.get(finding.outcome, 0) + 1
        return found
