"""`/api/verify`: whether words that somebody quotes stand in the sources, word for word."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field

from bot.app import App
from bot.checking.quote_verifier import verify_quote
from bot.checking.schema import DifferenceSort, QuoteDifference, QuoteOutcome, QuoteVerdict
from bot.json_shapes.answer_shapes import CitationShape, Link, citation_shape
from bot.json_shapes.json_shape import JsonShape
from bot.web.api.operations import Call
from bot.web.api.question_calls import Collection, SourceName, scope_of
from bot.web.api.question_room import QuestionRoom
from bot.web.api.read_request import StrictRequest

LONGEST_QUOTE = 4000
"""Characters; less than a person at this machine may ask about, whom nobody waits for."""


class VerifyRequest(StrictRequest):
    """A quotation."""

    quote: str = Field(
        min_length=1, max_length=LONGEST_QUOTE, description="The words, without quotation marks."
    )
    source: SourceName = None
    collection: Collection = None


class DifferenceShape(JsonShape):
    """One place in which a quotation says something else than the source."""

    change: Literal["missing", "added", "changed"] = Field(
        description="Whether words of the source are missing, or words were added or changed."
    )
    sort: DifferenceSort = Field(description="What it is about.")
    quoted: str = Field(description="The words of the quotation; empty where some are missing.")
    sourced: str = Field(description="The words of the source; empty where some were added.")
    alters: bool = Field(description="Whether it may turn the sense.")

    @classmethod
    def of(cls, difference: QuoteDifference) -> Self:
        """Return the shape of a difference."""
        return cls(**difference.model_dump(), alters=difference.alters)


class VerdictShape(JsonShape):
    """Whether a quotation stands in the sources, and where."""

    quote: str = Field(description="The quotation as it was given.")
    outcome: QuoteOutcome = Field(description="`absent`: not in the sources that were searched.")
    summary: str = Field(description="The outcome in a sentence or two.")
    citation: CitationShape | None = Field(
        description="Where it stands, or what is nearest; null when absent."
    )
    differences: tuple[DifferenceShape, ...] = Field(
        description="What is not as in the source, the weightiest first."
    )
    elided: tuple[str, ...] = Field(
        description="What the source has where the quotation has dots or brackets."
    )
    caution: str | None = Field(description="What a reader should know of it, if anything.")

    @classmethod
    def of(cls, verdict: QuoteVerdict, link: Link) -> Self:
        """Return the shape of a verdict; `link` tells where its citation is shown."""
        cited = verdict.citation
        return cls(
            quote=verdict.quote,
            outcome=verdict.outcome,
            summary=verdict.summary,
            citation=None if cited is None else citation_shape(cited, link),
            differences=tuple(map(DifferenceShape.of, verdict.differences)),
            elided=verdict.elided,
            caution=verdict.caution,
        )


class QuoteCalls:
    """Holds quotations against the sources, within the room that there is."""

    def __init__(self, app: App, room: QuestionRoom, link: Link) -> None:
        self._app = app
        self._room = room
        self._link = link

    async def verify(self, call: Call) -> VerdictShape:
        """Return what became of a quotation; raises QuothError and Problem."""
        given: VerifyRequest = call.given
        opened = await scope_of(self._app, call, given.collection, given.source)
        async with self._room.place():
            verdict = await self._app.bridge.run(
                verify_quote, self._app.library, given.quote, opened
            )
        return VerdictShape.of(verdict, self._link)
