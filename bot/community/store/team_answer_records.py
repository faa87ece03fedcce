"""Answers that people gave where the sources had none, and what each rests on.

A team answer is a source like any other; here stands what it needs to expire: the versions and
quotes it rests on. Synchronous, as `bot.community.store.memory` is; what happens to them is in
`bot.community.team_answers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import Field

from bot.community.store.records import Tables, create_tables
from index.schema import Value


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
    question: str = Field(description="The question it answers.")
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

    @property
    def title(self) -> str:
        """Title of the source."""
        return f"Team answer: {self.question}"[:200]

    @property
    def document(self) -> str:
        """Text of the source: the answer, its author and its date."""
        day = f"{datetime.fromtimestamp(self.at, UTC):%d %B %Y}"
        by = (
            f"{self.author}, confirmed by {self.confirmed_by}" if self.confirmed_by else self.author
        )
        return f"{self.text}\n\nTeam answer by {by}, {day}.\n"


class TeamAnswerRecords:
    """Reads and writes team answers; safe to use from several threads."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        create_tables(tables)

    def put(self, answer: TeamAnswer) -> TeamAnswer:
        """Store a team answer, instead of what was stored for the same source; return it."""
        with self._tables.transaction() as write:
            write.execute(
                "INSERT INTO bot_team_answers (source, body) VALUES (?, ?) "
                "ON CONFLICT (source) DO UPDATE SET body = excluded.body",
                (answer.source, answer.model_dump_json()),
            )
            row = write.execute(
                "SELECT id FROM bot_team_answers WHERE source = ?", (answer.source,)
            ).fetchone()
        return answer.model_copy(update={"id": row[0]})

    def all(self) -> Sequence[TeamAnswer]:
        """Return every team answer, oldest first."""
        rows = self._tables.connection().execute(
            "SELECT id, body FROM bot_team_answers ORDER BY id"
        )
        return [
            TeamAnswer.model_validate_json(row[1]).model_copy(update={"id": row[0]}) for row in rows
        ]

    def drop(self, id: int) -> None:
        """Delete a team answer."""
        with self._tables.transaction() as write:
            write.execute("DELETE FROM bot_team_answers WHERE id = ?", (id,))
