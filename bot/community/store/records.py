"""What the bot keeps of people: values as they stand in `bot.community.store.records_file`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from pydantic import Field

from bot.schema import Answer
from index.schema import Value

GapKind = Literal["not_found", "disliked"]


class Kept(Value):
    """An answer as the buttons below it find it again."""

    key: str = Field(description="Stands in every button's custom_id.")
    at: float = Field(description="When it was given, in seconds since 1970.")
    guild: int | None = Field(description="Server it was given in; None in a direct message.")
    channel: int = Field(description="Channel it was given in.")
    place: int | None = Field(
        default=None, description="Channel that decides who sees it: a thread's parent, or itself."
    )
    open: bool = Field(
        default=False, description="Whether everyone in the server could see where it was asked."
    )
    asker: int = Field(description="Who asked.")
    private: bool = Field(description="Whether only the asker saw it.")
    conversation: str = Field(description="The conversation it belongs to.")
    collections: tuple[str, ...] = Field(description="What was opened for the question.")
    answer: Answer = Field(description="The answer itself.")


class Gap(Value):
    """One question that the sources did not answer well."""

    id: int = Field(description="Row of the question.")
    question: str = Field(description="Its wording.")
    kind: GapKind = Field(description="Unanswered, or answered and rated 👎.")
    reason: str | None = Field(default=None, description="Why it was rated 👎, if that was said.")
    answer: str = Field(default="", description="Key of the answer it got.")
    at: float = Field(description="When it was asked, in seconds since 1970.")
    person: int | None = Field(
        default=None, description="Who asked; None unless the operator wants names."
    )
    private: bool = Field(default=True, description="Whether only the asker saw the answer.")
    open: bool = Field(
        default=False, description="Whether everyone in the server could see where it was asked."
    )
    place: int | None = Field(default=None, description="Channel that decides who sees it.")
    own: bool = Field(default=True, description="Whether it is of who asked the question.")
    questioner: str = Field(default="", description="What stands for who asked the question.")


class Basis(Value):
    """What a team answer rests on: a version of a source, or one quote from it."""

    source: str = Field(description="Id of the source.")
    collection: str = Field(description="Collection of the source.")
    title: str = Field(description="Its title, as managers saw it.")
    sha256: str = Field(description="The version it rests on.")
    quote: str | None = Field(
        default=None, description="The words it rests on; None when it is the whole source."
    )


class TeamAnswer(Value):
    """An answer by a person, with what makes it expire."""

    id: int = Field(default=0, description="Row it is kept in; 0 before it is.")
    guild: int = Field(description="Server it belongs to.")
    collection: str = Field(description="Collection it is indexed in.")
    name: str = Field(description="Uri it is indexed under.")
    source: str = Field(description="Id of the source that it is in the index.")
    question: str = Field(description="The question it answers; empty once it is forgotten.")
    text: str = Field(description="What the person wrote.")
    author: str = Field(description="Display name of who wrote it.")
    at: float = Field(description="When it was written or confirmed, in seconds since 1970.")
    confirmed_by: str | None = Field(default=None, description="Display name of who confirmed it.")
    rests_on: tuple[Basis, ...] = Field(
        default=(), description="What it expires by; nothing, and it stays."
    )
    review: str | None = Field(
        default=None, description="Why it is not used until somebody has looked at it."
    )
    asked_by: tuple[str, ...] | None = Field(
        default=None,
        description="What stands for those in whose own words the question is; None of old ones.",
    )

    @property
    def title(self) -> str:
        """Title of the source."""
        return f"Team answer: {self.question}"[:200] if self.question else "Team answer"

    @property
    def forgotten_name(self) -> str:
        """Uri of the source once its question is forgotten: nothing of the question is in it."""
        return f"team-answer-without-question-{self.id}.txt"

    @property
    def document(self) -> str:
        """Text of the source: what the person wrote, and nothing that could be quoted besides."""
        return f"{self.text}\n"

    @property
    def signature(self) -> str:
        """Who answered, who confirmed it, and when."""
        confirmed = f", confirmed by {self.confirmed_by}" if self.confirmed_by else ""
        day = datetime.fromtimestamp(self.at, UTC)
        return f"{self.author}{confirmed}, {day.day} {day:%B %Y}"
