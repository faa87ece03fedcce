"""Answers that people gave where the sources had none, and what each rests on.

A team answer is a source like any other; here stands what it needs to expire: the versions and
quotes it rests on. What happens to them is in `bot.community.team_answers`.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.community.store.change_marks import note_change
from bot.community.store.records import TeamAnswer
from bot.community.store.records_file import Store, on_records


class TeamAnswerRecords(Store):
    """Reads and writes team answers."""

    @on_records
    def put(self, answer: TeamAnswer) -> TeamAnswer:
        """Store a team answer, instead of what was stored for the same source; return it."""
        body = answer.model_dump_json()
        with self._records.transaction() as write:
            note_change(self._records, write, "team answers")
            if answer.id:
                write.execute(
                    "DELETE FROM bot_team_answers WHERE source = ? AND id <> ?",
                    (answer.source, answer.id),
                )
                write.execute(
                    "INSERT INTO bot_team_answers (id, source, body) VALUES (?, ?, ?) "
                    "ON CONFLICT (id) DO UPDATE SET source = excluded.source, body = excluded.body",
                    (answer.id, answer.source, body),
                )
                return answer
            ((id,),) = write.execute(
                "INSERT INTO bot_team_answers (source, body) VALUES (?, ?) "
                "ON CONFLICT (source) DO UPDATE SET body = excluded.body RETURNING id",
                (answer.source, body),
            ).fetchall()
        self._records.erase_traces()  # of the one before
        return answer.model_copy(update={"id": id})

    @on_records
    def all(self) -> Sequence[TeamAnswer]:
        """Return every team answer, oldest first."""
        rows = self._records.rows("SELECT id, body FROM bot_team_answers ORDER BY id")
        return [
            TeamAnswer.model_validate_json(row[1]).model_copy(update={"id": row[0]}) for row in rows
        ]

    @on_records
    def drop(self, id: int) -> None:
        """Delete a team answer."""
        with self._records.transaction() as write:
            write.execute("DELETE FROM bot_team_answers WHERE id = ?", (id,))
            note_change(self._records, write, "team answers")
        self._records.erase_traces()
