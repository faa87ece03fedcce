"""Which processes work on the same records, where several do: who is alive, and who is the first.

Each says so again every few seconds, by the clock of the one database. Who was killed, or hangs,
has said nothing for a while; what it had begun is taken up by others. The first, which is the one
that began before all others, does what is to be done by one alone.
"""

from __future__ import annotations

import secrets
import time

from bot.community.store.records_file import Records, Store, on_records

BEAT = 5.0
"""Seconds from one sign of life to the next."""

LEASE = 20.0
"""Seconds after which a process that gave no sign counts as ended."""


class LiveProcesses(Store):
    """This process among those that share its records; alone, it is the first and the only one."""

    def __init__(self, records: Records) -> None:
        super().__init__(records)
        self.is_shared = records.is_shared
        self.id = secrets.token_hex(8) if records.is_shared else ""
        """What stands for this process in what it has begun; nothing where it is alone."""
        self._first_until = 0.0

    @property
    def is_first(self) -> bool:
        """Whether this one does what is to be done once; known without any waiting."""
        return not self.is_shared or time.monotonic() < self._first_until

    async def beat(self) -> None:
        """Give a sign of life, and learn whether this process is the first."""
        if self.is_shared:
            said = time.monotonic()  # before it is written: the others count from then on
            self._first_until = said + LEASE if await self._beat() else 0.0

    @on_records
    def _beat(self) -> bool:
        now = self._records.now()
        with self._records.transaction() as write:
            write.execute("DELETE FROM bot_processes WHERE until < ?", (now,))
            write.execute(
                "INSERT INTO bot_processes (id, until) VALUES (?, ?) "
                "ON CONFLICT (id) DO UPDATE SET until = excluded.until",
                (self.id, now + LEASE),
            )
            row = write.execute("SELECT id FROM bot_processes ORDER BY number LIMIT 1").fetchone()
        return bool(row[0] == self.id)

    @on_records
    def alive(self) -> frozenset[str]:
        """Return the processes that gave a sign of life; none where this one is alone."""
        if not self.is_shared:
            return frozenset()
        query = "SELECT id FROM bot_processes WHERE until >= ?"
        return frozenset(row[0] for row in self._records.rows(query, (self._records.now(),)))

    @on_records
    def leave(self) -> None:
        """Say that this process ends, so that nobody waits for it."""
        self._first_until = 0.0
        if self.is_shared:
            with self._records.transaction() as write:
                write.execute("DELETE FROM bot_processes WHERE id = ?", (self.id,))
