"""When persons and servers asked last, where several bots count together."""

from __future__ import annotations

from bot.community.cooldown import Wait
from bot.community.store.records_file import Records, Store, on_records

_MINUTE = 60.0


class AskedRecords(Store):
    """Counts questions of persons and of servers, for all who share the records.

    The clock is that of the database, which all of them have.
    """

    def __init__(self, records: Records, *, person_seconds: float, server_per_minute: int) -> None:
        super().__init__(records)
        self._person_seconds = person_seconds
        self._server_per_minute = server_per_minute

    @on_records
    def take(self, person: int, server: int | None) -> Wait:
        """Count a question, or count nothing and return how long it has to wait."""
        with self._records.transaction() as write:
            now = self._records.now()
            write.execute(
                "DELETE FROM bot_asked WHERE at < ?", (now - max(_MINUTE, self._person_seconds),)
            )
            (last,) = write.execute(
                "SELECT max(at) FROM bot_asked WHERE person = ?", (person,)
            ).fetchone()
            own = 0.0 if last is None else last + self._person_seconds - now
            times, first = write.execute(
                "SELECT count(*), min(at) FROM bot_asked WHERE guild = ? AND at > ?",
                (server, now - _MINUTE),
            ).fetchone()
            common = first + _MINUTE - now if times >= self._server_per_minute else 0.0
            wait = Wait(max(own, common, 0.0), is_persons=own > 0)
            if wait.seconds == 0:
                write.execute(
                    "INSERT INTO bot_asked (person, guild, at) VALUES (?, ?, ?)",
                    (person, server, now),
                )
        return wait
