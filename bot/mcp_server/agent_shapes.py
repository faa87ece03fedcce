"""What the tools for agents take and return, as their schemas tell it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.checking.check_shapes import PlaceShape, QuoteShape
from bot.checking.quote_verifier import LONGEST_QUOTE
from bot.json_shapes.answer_shapes import CoverageShape, HitShape
from bot.json_shapes.json_shape import JsonShape
from bot.json_shapes.source_shapes import EntryShape, ShownShape
from bot.mcp_server.agent_instructions import MOST_SHOWN, QUOTED
from bot.schema import Status
from index.search.checked_question import LONGEST_QUESTION

MOST_HITS = 20
"""Passages that are found at a time."""

MOST_LISTED = 100
"""Sources that are listed at a time."""

MOST_TURNS = 40
"""Messages of a conversation that a question may bring along."""

LONGEST_TURN = 20_000
"""Characters of one of them."""

_Collection = Annotated[
    str | None,
    Field(
        default=None,
        max_length=200,
        description="Name of a collection of documents; leave it out for the usual one.",
    ),
]
_Source = Annotated[str, Field(min_length=1, max_length=2000)]


class ToolInput(BaseModel):
    """The arguments of a tool."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Message(ToolInput):
    """One message of the conversation before a question."""

    role: Literal["user", "assistant"] = Field(description="Who said it.")
    text: str = Field(max_length=LONGEST_TURN, description="What was said.")


class AskInput(ToolInput):
    """The arguments of `ask`."""

    question: str = Field(
        min_length=1,
        max_length=LONGEST_QUESTION,
        description="The question, in plain words; a follow-up is resolved with `history`.",
    )
    collection: _Collection = None
    history: tuple[Message, ...] = Field(
        default=(), max_length=MOST_TURNS, description="What was said before, oldest first."
    )


class SearchInput(ToolInput):
    """The arguments of `search`."""

    query: str = Field(
        min_length=1, max_length=LONGEST_QUESTION, description="Words or a question to look for."
    )
    limit: int = Field(default=8, ge=1, le=MOST_HITS, description="How many passages at most.")
    collection: _Collection = None


class ShowInput(ToolInput):
    """The arguments of `show`."""

    source: _Source = Field(description="Name of a source, as results and `sources` give it.")
    start: int = Field(default=0, ge=0, description="Offset of the first character.")
    end: int | None = Field(
        default=None,
        ge=0,
        description=f"Offset behind the last one; at most {MOST_SHOWN:,} are shown at a time.",
    )
    collection: _Collection = None


class SourcesInput(ToolInput):
    """The arguments of `sources`."""

    collection: _Collection = None
    after: str | None = Field(
        default=None, max_length=2000, description="`next` of the list before, to go on."
    )


class VerifyInput(ToolInput):
    """The arguments of `verify_quote`."""

    quote: str = Field(
        min_length=1,
        max_length=LONGEST_QUOTE,
        description="The quotation, without what stands around it.",
    )
    source: _Source | None = Field(default=None, description="Look in this source only.")
    collection: _Collection = None


class ToolOutput(JsonShape):
    """What every tool returns besides its own."""

    about: str = Field(default=QUOTED, description="How what is quoted is to be read.")
    notice: str | None = Field(default=None, description="What is to be known of this result.")


class AnswerOutput(ToolOutput):
    """An answer and the quotes that it rests on."""

    status: Status = Field(
        description="`unsure` and `not_found` do not claim to answer: say so, and guess nothing."
    )
    answer: str = Field(description="The answer, with markers like [1].")
    citations: tuple[PlaceShape, ...] = Field(description="What the markers stand for.")
    nearest: tuple[PlaceShape, ...] = Field(
        description="The nearest passages where nothing answers."
    )
    confidence: float = Field(description="Calibrated probability of an answer, 0 to 1.")
    engine: str = Field(description="`extractive`, or the language model that wrote it.")
    standalone_question: str = Field(description="The question as it was searched for.")
    coverage: CoverageShape | None = Field(
        default=None, description="How far the documents were indexed; only if not to the end."
    )


class PassageShape(HitShape):
    """A passage that was found, with its collection."""

    collection: str = Field(description="The collection of the source.")
    link: str = Field(
        default="", description="Address at which the passage is shown, where one is served."
    )


class HitsOutput(ToolOutput):
    """The passages nearest to a query."""

    hits: tuple[PassageShape, ...] = Field(description="The nearest first.")
    coverage: CoverageShape | None = Field(
        default=None, description="How far the documents were indexed; only if not to the end."
    )


class ShownOutput(ToolOutput):
    """A part of a source."""

    shown: ShownShape = Field(description="The part.")
    collection: str = Field(description="The collection of the source.")
    version: str = Field(description="SHA-256 of the source as it was indexed.")
    characters: int = Field(description="Length of the whole source.")
    next: int | None = Field(description="The `start` that goes on from here; null at the end.")
    link: str = Field(
        default="", description="Address at which the part is shown, where one is served."
    )


class ListedShape(EntryShape):
    """A source in a list, with its version."""

    version: str = Field(description="SHA-256 of the source as it was indexed; empty if it failed.")
    resource: str = Field(description="Address of its text as a resource.")


class SourcesOutput(ToolOutput):
    """Sources of a collection, some at a time."""

    sources: tuple[ListedShape, ...] = Field(description="By their names.")
    total: int = Field(description="How many there are.")
    collections: tuple[str, ...] = Field(description="The collections that you may read.")
    next: str | None = Field(description="What goes on as `after`; null at the end.")


class QuoteOutput(ToolOutput):
    """Whether a quotation stands in the sources."""

    verdict: QuoteShape = Field(description="The verdict.")
