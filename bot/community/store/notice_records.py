"""What is still to be told to single persons: that a question was answered, or a source removed.

A row is written before anything is sent and deleted after it, so that a notice that could not be
delivered is tried again; `/forget` deletes those of the person.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Literal

from pydantic import Field

from bot.community.store.change_marks import note_change
from bot.community.store.records_file import Records, Store, on_records
from index.schema import Value

NoticeKind = Literal["answered", "unreadable"]

MAX_TRIES = 40
"""Tries to deliver a notice, which the one who delivers spreads over days."""


class Notice(Value):
    """Something to tell one person."""

    id: int = Field(default=0, description="Row it is kept in; 0 before it is.")
    guild: int = Field(description="Server it is about.")
    person: int = Field(description="Whom to tell.")
    channel: int | None = Field(
        default=None, description="Where the question was asked in the open; None tells directly."
    )
    kind: NoticeKind = Field(description="What has happened.")
    about: str = Field(description="Id of the source, or address of the message, it is about.")
    key: str = Field(default="", description="Key of the answer that the person got at first.")
    text: str = Field(default="", description="The question in this person's own words.")
    at: float = Field(description="When it happened, in seconds since 1970.")
    tries: int = Field(default=0, description="How often it could not be delivered.")


_COLUMNS = "id, guild, person, channel, kind, about, key, text, at, tries"


class NoticeRecords(Store):
    """Reads and writes notices."""

    def __init__(self, records: Records) -> None:
        super().__init__(records)
        self.on_new: Callable[[], None] = lambda: None
        """Called by whoever has added something to tell."""

    @on_records
    def add(self, notice: Notice) -> None:
        """Keep a notice."""
        self._add([notice], [])

    @on_records
    def close_gaps(self, guild: int, gaps: Collection[int], notices: Iterable[Notice]) -> None:
        """Drop questions of one server that are answered now, and keep whom to tell, in one."""
        self._add(notices, [(guild, gap) for gap in gaps])

    def _add(self, notices: Iterable[Notice], gaps: Iterable[tuple[int, int]]) -> None:
        rows = [
            (one.guild, one.person, one.channel, one.kind, one.about, one.key, one.text, one.at)
            for one in notices
        ]
        with self._records.transaction() as write:
            write.executemany("DELETE FROM bot_gaps WHERE guild = ? AND id = ?", gaps)
            write.executemany(
                "INSERT INTO bot_notices (guild, person, channel, kind, about, key, text, at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            note_change(self._records, write, "notices")

    @on_records
    def pending(self) -> list[Notice]:
        """Return what is still to be told, oldest first."""
        names = _COLUMNS.split(", ")
        rows = self._records.rows(f"SELECT {_COLUMNS} FROM bot_notices ORDER BY id")
        return [Notice(**dict(zip(names, row, strict=True))) for row in rows]

    @on_records
    def done(self, ids: Iterable[int]) -> None:
        """Drop notices that were delivered, or never can be."""
        with self._records.transaction() as write:
            write.executemany("DELETE FROM bot_notices WHERE id = ?", [(id,) for id in ids])

    @on_records
    def failed(self, ids: Iterable[int]) -> None:
        """Count a try; after the last one a notice is dropped."""
        with self._records.transaction() as write:
            write.executemany(
                "UPDATE bot_notices SET tries = tries + 1 WHERE id = ?", [(id,) for id in ids]
            )
            write.execute("DELETE FROM bot_notices WHERE tries >= ?", (MAX_TRIES,))
