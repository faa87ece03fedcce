"""What `quoth check --json` prints, and what programs are told of a quotation."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from bot.checking.schema import (
    CheckReport,
    ClaimVerdict,
    DifferenceSort,
    Finding,
    FindingKind,
    Outcome,
    QuoteOutcome,
    QuoteVerdict,
)
from bot.json_shapes.answer_shapes import CitationShape, Link, citation_shape
from bot.json_shapes.json_shape import JsonShape, Payload
from bot.schema import Citation


def no_link(citation: Citation) -> str | None:
    """Return no address: nothing is served at which a quote could be shown."""
    return None


class PlaceShape(CitationShape):
    """A verbatim, located quote with its collection."""

    collection: str = Field(description="The collection of the source.")

    @classmethod
    def of(cls, citation: Citation, link: Link = no_link) -> Self:
        """Return the shape of a citation; `link` tells where it is shown."""
        shape = citation_shape(citation, link)
        return cls(
            collection=citation.collection,
            **shape.model_dump(exclude_unset=True),
        )


class DifferenceShape(JsonShape):
    """One place in which a quotation is not as the source."""

    change: str = Field(description="`missing`, `added` or `changed` words.")
    sort: DifferenceSort = Field(description="What it is about, such as `negation` or `number`.")
    quoted: str = Field(description="The words of the quotation.")
    sourced: str = Field(description="The words of the source.")


class QuoteShape(JsonShape):
    """Whether a quotation stands in the sources."""

    quote: str = Field(description="The quotation as it was given.")
    outcome: QuoteOutcome = Field(
        description="`verbatim`, `nearly` (the differences say how), or `absent`."
    )
    alters: bool = Field(description="Whether a difference may turn the sense.")
    summary: str = Field(description="The outcome in one or two sentences.")
    place: PlaceShape | None = Field(description="Where it stands, or what is nearest.")
    differences: tuple[DifferenceShape, ...] = Field(description="The weightiest first.")
    elided: tuple[str, ...] = Field(
        description="What the source has where the quotation has dots or brackets."
    )

    @classmethod
    def of(cls, verdict: QuoteVerdict, link: Link = no_link) -> Self:
        """Return the shape of a verdict."""
        return cls(
            quote=verdict.quote,
            outcome=verdict.outcome,
            alters=verdict.alters,
            summary=verdict.summary,
            place=PlaceShape.of(verdict.citation, link) if verdict.citation else None,
            differences=tuple(
                DifferenceShape(**difference.model_dump()) for difference in verdict.differences
            ),
            elided=verdict.elided,
        )


class ClaimShape(JsonShape):
    """Whether the sources back a sentence."""

    statement: str = Field(description="The sentence as it was compared.")
    supported: bool = Field(description="Whether the evidence says it.")
    probability: float = Field(description="How likely that is, 0 to 1.")
    summary: str = Field(description="The verdict in one or two sentences.")
    evidence: PlaceShape | None = Field(description="What backs it, or what is nearest.")

    @classmethod
    def of(cls, verdict: ClaimVerdict, link: Link = no_link) -> Self:
        """Return the shape of a verdict."""
        fields = verdict.model_dump(exclude={"evidence"})
        evidence = PlaceShape.of(verdict.evidence, link) if verdict.evidence else None
        return cls(**fields, evidence=evidence)


class FindingShape(JsonShape):
    """One quotation or sentence of a text."""

    line: int = Field(description="Line of the text on which it begins, from 1.")
    kind: FindingKind = Field(description="`quotation`, `cited` sentence, or other `claim`.")
    text: str = Field(description="The quotation or the sentence.")
    references: tuple[int, ...] = Field(description="The numbers that stand with it.")
    outcome: Outcome = Field(description="What became of it.")
    holds: bool = Field(description="Whether it is as the text says.")
    summary: str = Field(description="The outcome in one or two sentences.")
    quote: QuoteShape | None = Field(default=None, description="Of a quotation, all of it.")
    claim: ClaimShape | None = Field(default=None, description="Of a sentence, all of it.")

    @classmethod
    def of(cls, finding: Finding, link: Link = no_link) -> Self:
        """Return the shape of a finding."""
        whole: Payload = {}
        if finding.quote is not None:
            whole["quote"] = QuoteShape.of(finding.quote, link)
        if finding.claim is not None:
            whole["claim"] = ClaimShape.of(finding.claim, link)
        return cls(
            line=finding.line,
            kind=finding.kind,
            text=finding.text,
            references=finding.references,
            outcome=finding.outcome,
            holds=finding.holds,
            summary=finding.summary,
            **whole,
        )


class CheckShape(JsonShape):
    """A whole text held against the sources."""

    holds: bool = Field(description="Whether all of it is as the text says.")
    counts: dict[str, int] = Field(description="How many findings had each outcome.")
    findings: tuple[FindingShape, ...] = Field(description="In the order of the text.")
    notes: tuple[str, ...] = Field(description="What of the text could not be followed.")

    @classmethod
    def of(cls, report: CheckReport, link: Link = no_link) -> Self:
        """Return the shape of a report."""
        return cls(
            holds=report.holds,
            counts=report.counts(),
            findings=tuple(FindingShape.of(finding, link) for finding in report.findings),
            notes=report.notes,
        )
