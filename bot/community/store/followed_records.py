"""Which sources were messages of people, or files of them: what becomes of those is followed.

A row knows the message and the source, not the author; who added it is kept to be told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pydantic import Field

from bot.community.store.change_marks import note_change
from bot.community.store.records_file import Store, on_records
from index.schema import Value


class Followed(Value):
    """A source that was a message, or a file of one."""

    message: int = Field(description="Id of the message.")
    source: str = Field(description="Id of the source.")
    guild: int = Field(description="Id of the server.")
    channel: int = Field(description="Id of the channel or thread that it stands in.")
    parent: int | None = Field(default=None, description="Id of the channel a thread belongs to.")
    collection: str = Field(description="Collection of the source.")
    sha256: str = Field(
        default="", description="Version of a file that came from the message; empty for its text."
    )
    attachment: int | None = Field(default=None, description="Id of the file; None for the text.")
    edited: float | None = Field(
        default=None, description="When the message was last edited, as far as it is followed."
    )
    person: int | None = Field(default=None, description="Who added it, if that is known.")


_NAMES = tuple(Followed.model_fields)
_KEY = ("message", "source")


class FollowedRecords(Store):
    """Reads and writes them."""

    @on_records
    def put(self, rows: Iterable[Followed]) -> None:
        """Follow sources, each in place of what was known of it."""
        marks = ", ".join("?" * len(_NAMES))
        changes = ", ".join(f"{name} = excluded.{name}" for name in _NAMES if name not in _KEY)
        with self._records.transaction() as write:
            write.executemany(
                f"INSERT INTO bot_followed ({', '.join(_NAMES)}) VALUES ({marks}) "
                f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET {changes}",
                [tuple(row.model_dump().values()) for row in rows],
            )
            note_change(self._records, write, "followed messages")

    @on_records
    def drop(self, rows: Iterable[Followed]) -> None:
        """Follow sources no longer."""
        with self._records.transaction() as write:
            write.executemany(
                "DELETE FROM bot_followed WHERE message = ? AND source = ?",
                [(row.message, row.source) for row in rows],
            )

    @on_records
    def all(self) -> list[Followed]:
        """Return everything that is followed, by message."""
        return self._read("", ())

    @on_records
    def of_messages(self, messages: Collection[int]) -> list[Followed]:
        """Return what came from messages."""
        found = (self._read("WHERE message = ?", (message,)) for message in messages)
        return [row for rows in found for row in rows]

    @on_records
    def of_channel(self, channel: int) -> list[Followed]:
        """Return what came from a channel or its threads."""
        return self._read("WHERE ? IN (channel, parent)", (channel,))

    @on_records
    def others(self, row: Followed) -> int:
        """Return how many other messages hold the same file."""
        found = self._records.row(
            "SELECT count(*) FROM bot_followed WHERE source = ? AND sha256 = ? AND message <> ?",
            (row.source, row.sha256, row.message),
        )
        return int(found[0]) if found else 0

    def _read(self, where: str, parameters: tuple[object, ...]) -> list[Followed]:
        rows = self._records.rows(
            f"SELECT {', '.join(_NAMES)} FROM bot_followed {where} ORDER BY message, source",
            parameters,
        )
        return [Followed(**dict(zip(_NAMES, row, strict=True))) for row in rows]
