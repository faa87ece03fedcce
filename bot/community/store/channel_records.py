"""How far the channels that are sources are read, and what of them is to be read next.

A channel is read in units: a day of it, or a thread. A row says when a unit was last compared with
what Discord shows, and from when it is to be compared again. A comparison of all of a channel goes
back day by day; where it is stands here, so that the next process goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pydantic import Field

from bot.community.store.change_marks import note_change
from bot.community.store.keyed_hashes import KeyedHashes
from bot.community.store.records_file import Records, Store, on_records
from index.schema import Value
from index.store.database import Connection

NEWEST = (1 << 63) - 1
"""Stands before all messages: a comparison that begins."""


class Comparison(Value):
    """How far the comparison of one channel is; moments are seconds since 1970."""

    collection: str = Field(description="The collection that holds its messages.")
    guild: int = Field(description="Id of the server.")
    wanted: float = Field(description="When something may have been missed that it would find.")
    begun: float = Field(description="When the last one began; 0 if none did.")
    before: int | None = Field(description="Id that it has come back to; None if it is done.")

    @property
    def is_running(self) -> bool:
        """Whether it is not done."""
        return self.before is not None

    @property
    def is_owed(self) -> bool:
        """Whether another one is to begin."""
        return not self.is_running and self.wanted > self.begun


class Unit(Value):
    """A day or thread that is to be read."""

    collection: str = Field(description="The collection that holds its messages.")
    guild: int = Field(description="Id of the server.")
    unit: str = Field(description="Name of its source.")


class ChannelRecords(Store):
    """Reads and writes them. Opening them blocks."""

    def __init__(self, records: Records) -> None:
        super().__init__(records)
        self._hashes = KeyedHashes(records)
        self._unquoted = self._left_out()

    # --- comparisons of a whole channel ------------------------------------------------------

    @on_records
    def want(self, guild: int, collections: Iterable[str], at: float) -> None:
        """Have channels compared as a whole, as something may have been missed until `at`."""
        with self._records.transaction() as write:
            write.executemany(
                "INSERT INTO bot_channels (collection, guild, wanted) VALUES (?, ?, ?) "
                "ON CONFLICT (collection) DO UPDATE SET wanted = excluded.wanted "
                "WHERE bot_channels.wanted < excluded.wanted",
                [(name, guild, at) for name in collections],
            )
            note_change(self._records, write, "channels")

    @on_records
    def comparisons(self) -> list[Comparison]:
        """Return every channel, those first that were not compared for longest."""
        names = tuple(Comparison.model_fields)
        rows = self._records.rows(f"SELECT {', '.join(names)} FROM bot_channels ORDER BY begun")
        return [Comparison(**dict(zip(names, row, strict=True))) for row in rows]

    @on_records
    def begin(self, collection: str, at: float) -> None:
        """Note that a comparison begins."""
        self._move(collection, "begun = ?, before = ?", (at, NEWEST))

    @on_records
    def go_on(self, collection: str, before: int | None) -> None:
        """Note how far back a comparison has come; None once it is done."""
        self._move(collection, "before = ?", (before,))

    def _move(self, collection: str, what: str, values: tuple[object, ...]) -> None:
        with self._records.transaction() as write:
            write.execute(
                f"UPDATE bot_channels SET {what} WHERE collection = ?", (*values, collection)
            )

    # --- units -------------------------------------------------------------------------------

    @on_records
    def mark(
        self, guild: int, collection: str, units: Iterable[str], due: float, *, at: float
    ) -> None:
        """Have units read from `due` on, or sooner where that was wanted before.

        `at` is when they changed: a reading that began before then does not count.
        """
        with self._records.transaction() as write:
            write.executemany(
                "INSERT INTO bot_channel_units (collection, unit, guild, due, marked) "
                "VALUES (?, ?, ?, ?, ?) ON CONFLICT (collection, unit) DO UPDATE SET "
                "due = CASE WHEN bot_channel_units.due < excluded.due THEN bot_channel_units.due "
                "ELSE excluded.due END, marked = excluded.marked",
                [(collection, unit, guild, due, at) for unit in units],
            )

    @on_records
    def postpone(self, unit: Unit, due: float) -> None:
        """Have a unit read from `due` on, not sooner."""
        with self._records.transaction() as write:
            write.execute(
                "UPDATE bot_channel_units SET due = ? WHERE collection = ? AND unit = ?",
                (due, unit.collection, unit.unit),
            )

    @on_records
    def due(self, until: float) -> list[Unit]:
        """Return the units to be read by then, what has waited longest first."""
        rows = self._records.rows(
            "SELECT collection, guild, unit FROM bot_channel_units WHERE due <= ? ORDER BY due",
            (until,),
        )
        return [Unit(collection=name, guild=guild, unit=unit) for name, guild, unit in rows]

    @on_records
    def next_due(self) -> float | None:
        """Return when the next unit is due; None where none is."""
        found = self._records.row("SELECT min(due) FROM bot_channel_units")
        return found[0] if found else None

    @on_records
    def saw(self, unit: Unit, at: float, authors: Collection[int]) -> None:
        """Note that a unit was read from `at` on, and who wrote in it; marks since then stay."""
        with self._records.transaction() as write:
            _drop_authors(write, unit)
            write.execute(
                "INSERT INTO bot_channel_units (collection, unit, guild, seen) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (collection, unit) DO UPDATE SET seen = excluded.seen, "
                "due = CASE WHEN bot_channel_units.marked >= excluded.seen "
                "THEN bot_channel_units.due END",
                (unit.collection, unit.unit, unit.guild, at),
            )
            write.executemany(
                "INSERT INTO bot_channel_authors VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [
                    (unit.collection, unit.unit, unit.guild, self._hashes.of_author(author))
                    for author in authors
                ],
            )

    @on_records
    def unseen(self, collection: str, since: float) -> list[Unit]:
        """Return the units of a channel that were not read since then, and are not to be."""
        rows = self._records.rows(
            "SELECT collection, guild, unit FROM bot_channel_units "
            "WHERE collection = ? AND seen < ? AND due IS NULL",
            (collection, since),
        )
        return [Unit(collection=name, guild=guild, unit=unit) for name, guild, unit in rows]

    @on_records
    def drop(self, unit: Unit, at: float) -> None:
        """Forget a unit that was gone at `at`, unless it was marked since."""
        with self._records.transaction() as write:
            _drop_authors(write, unit)
            write.execute(
                "DELETE FROM bot_channel_units WHERE collection = ? AND unit = ? AND marked < ?",
                (unit.collection, unit.unit, at),
            )

    @on_records
    def holders(self, unit: str) -> list[Unit]:
        """Return the units that are called so, in whichever channel."""
        rows = self._records.rows(
            "SELECT collection, guild, unit FROM bot_channel_units WHERE unit = ?", (unit,)
        )
        return [Unit(collection=name, guild=guild, unit=unit) for name, guild, unit in rows]

    # --- persons -----------------------------------------------------------------------------

    def is_unquoted(self, person: int) -> bool:
        """Say whether a person's messages are left out; known without any waiting."""
        return bool(self._unquoted) and self._hashes.of_author(person) in self._unquoted

    @on_records
    def read_left_out(self) -> None:
        """Learn whose messages others who share the records were told to leave out."""
        self._unquoted |= self._left_out()

    def _left_out(self) -> set[str]:
        return {row[0] for row in self._records.rows("SELECT person FROM bot_unquoted")}

    @on_records
    def leave_out(self, person: int, at: float) -> None:
        """Leave a person's messages out from now on, and have those units read that hold any.

        Where no channel is a source, nothing is noted.
        """
        known = self._hashes.of_author(person)
        if self._records.row("SELECT 1 FROM bot_channels LIMIT 1") is None:
            return  # nothing is quoted, and so nobody noted
        self._unquoted.add(known)
        with self._records.transaction() as write:
            note_change(self._records, write, "left out persons", "channels")
            write.execute("INSERT INTO bot_unquoted VALUES (?) ON CONFLICT DO NOTHING", (known,))
            write.execute(
                "UPDATE bot_channel_units SET due = ?, marked = ? WHERE (collection, unit) IN "
                "(SELECT collection, unit FROM bot_channel_authors WHERE person = ?)",
                (at, at, known),
            )


def _drop_authors(write: Connection, unit: Unit) -> None:
    write.execute(
        "DELETE FROM bot_channel_authors WHERE collection = ? AND unit = ?",
        (unit.collection, unit.unit),
    )
