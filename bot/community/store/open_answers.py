"""What somebody waits for: written down before the work on it begins, struck off when it is told.

A process that was killed leaves its rows behind; the next one finds by them whom to answer. The
token of an interaction, with which anybody could answer in its place, goes with its row.
"""

from __future__ import annotations

from collections.abc import Collection

from pydantic import Field

from bot.community.store.memory import note_first_time
from bot.community.store.records_file import Records, Store, on_records
from index.schema import Value
from index.store.sqlite_file import Row


class OpenAnswer(Value):
    """A question that is not answered yet, or a command that is not replied to yet."""

    id: int = Field(description="The interaction or message that asked.")
    at: float = Field(description="When it asked, in seconds since 1970.")
    person: int = Field(description="Who waits.")
    guild: int | None = Field(description="Server it was asked in; None in a direct message.")
    channel: int = Field(description="Channel it was asked in.")
    private: bool = Field(description="Whether only the asker sees the answer.")
    token: str | None = Field(
        default=None, description="Token that answers the interaction; None for a message."
    )
    text: str = Field(default="", description="The question; empty when it is none.")
    work: bool = Field(default=False, description="Whether documents are changed meanwhile.")
    collection: str | None = Field(default=None, description="Collection that it was limited to.")
    source: str | None = Field(default=None, description="Source that it was limited to.")
    conversation: str | None = Field(default=None, description="Conversation that it goes on with.")
    after: str | None = Field(default=None, description="Key of the answer that it follows up on.")
    repeat: bool = Field(default=False, description="Whether the question stands on top.")
    place: int | None = Field(default=None, description="Channel of the reply to a message.")
    shown: int | None = Field(default=None, description="The reply that stands there so far.")
    tried: bool = Field(default=False, description="Whether it was answered anew before.")
    holder: str = Field(default="", description="The process that works on it, where several do.")


class OpenAnswers(Store):
    """Reads and writes them, for the process that `holder` stands for."""

    def __init__(self, records: Records, holder: str = "") -> None:
        super().__init__(records)
        self._holder = holder

    @on_records
    def begin(self, answer: OpenAnswer) -> bool:
        """Write down what is begun; say whether it is new, and not told a second time."""
        return self._begin(answer)

    @on_records
    def is_ours(self, answer: OpenAnswer) -> bool:
        """Write down what is begun; say whether it is this process that works on it.

        What is told a second time is its own, unless another on the same records was told first.
        """
        if self._begin(answer) or not self._records.is_shared:
            return True
        query = "SELECT body FROM bot_open_answers WHERE id = ?"
        row = self._records.row(query, (answer.id,))
        return row is not None and _holder(row) == self._holder

    def _begin(self, answer: OpenAnswer) -> bool:
        held = answer.model_copy(update={"holder": self._holder})
        row = (held.id, held.guild, held.person, held.model_dump_json())
        with self._records.transaction() as write:
            new = note_first_time(write, answer.id, answer.at)
            if new:
                write.execute("INSERT INTO bot_open_answers VALUES (?, ?, ?, ?)", row)
        return new

    @on_records
    def detail(self, id: int, /, **known: object) -> None:
        """Add what is known by now, unless it was struck off or forgotten.

        Whoever knows more of it works on it.
        """
        with self._records.transaction() as write:
            row = write.execute("SELECT body FROM bot_open_answers WHERE id = ?", (id,)).fetchone()
            if row is None:
                return
            held = OpenAnswer.model_validate_json(row[0])
            answer = held.model_copy(update={**known, "holder": self._holder})
            write.execute(
                "UPDATE bot_open_answers SET body = ? WHERE id = ?", (answer.model_dump_json(), id)
            )

    @on_records
    def strike(self, id: int) -> None:
        """Delete what has been told, its token too."""
        with self._records.transaction() as write:
            write.execute("DELETE FROM bot_open_answers WHERE id = ?", (id,))
        if self._records.row("SELECT 1 FROM bot_open_answers LIMIT 1") is None:
            self._records.erase_empty("bot_open_answers")

    @on_records
    def all(self) -> tuple[OpenAnswer, ...]:
        """Return what is open, oldest first."""
        return self._all()

    def _all(self) -> tuple[OpenAnswer, ...]:
        rows = self._records.rows("SELECT body FROM bot_open_answers ORDER BY id")
        return tuple(OpenAnswer.model_validate_json(row[0]) for row in rows)

    @on_records
    def take_over(self, alive: Collection[str]) -> tuple[OpenAnswer, ...]:
        """Take and return what none of those works on who are alive, oldest first.

        Whoever is alone on its records finds all that an earlier process left.
        """
        if not self._records.is_shared:
            return self._all()
        taken = []
        with self._records.transaction() as write:
            query = "SELECT body FROM bot_open_answers ORDER BY id"
            for (body,) in write.execute(query).fetchall():
                answer = OpenAnswer.model_validate_json(body)
                if answer.holder not in alive:
                    held = answer.model_copy(update={"holder": self._holder})
                    write.execute(
                        "UPDATE bot_open_answers SET body = ? WHERE id = ?",
                        (held.model_dump_json(), held.id),
                    )
                    taken.append(held)
        return tuple(taken)

    @on_records
    def count(self) -> int:
        """Return how many are open."""
        row = self._records.row("SELECT count(*) FROM bot_open_answers")
        return int(row[0]) if row else 0

    @on_records
    def forget(self, person: int) -> None:
        """Delete what one person waits for."""
        with self._records.transaction() as write:
            write.execute("DELETE FROM bot_open_answers WHERE person = ?", (person,))


def _holder(row: Row) -> str:
    return OpenAnswer.model_validate_json(row[0]).holder
