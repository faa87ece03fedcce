"""What is to be erased of servers, and when; and the rows that erasing takes.

An erasure is written down before it begins and taken out with the last rows it erases, so that a
crash leaves it to be finished.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterable

from pydantic import Field

from bot.community.store.change_marks import Kind, note_change
from bot.community.store.memory import PACKED, choose_none
from bot.community.store.records_file import Store, on_records
from index.schema import Value
from index.store.database import Connection
from index.store.sqlite_file import Row

WHOLE = ""
"""Stands for every collection of a server, and everything else that is kept of it."""

_OF_SERVERS = (
    "bot_answers",
    "bot_turns",
    "bot_gaps",
    "bot_confirmations",
    "bot_notices",
    "bot_followed",
    "bot_guilds",
    "bot_open_answers",
    "bot_asked",
    "bot_channels",
    "bot_channel_units",
    "bot_channel_authors",
)
"""Tables whose rows name their server."""

_OF_COLLECTIONS = (
    "bot_confirmations",
    "bot_followed",
    "bot_erasures",
    "bot_channels",
    "bot_channel_units",
    "bot_channel_authors",
)
"""Tables whose rows name their server and their collection."""


_HELD: tuple[Kind, ...] = ("team answers", "followed messages", "forms")
"""Of what is erased, what others hold in memory."""

_TEAM_ANSWERS = "SELECT id, body FROM bot_team_answers"


class Erasure(Value):
    """What is to be erased."""

    guild: int = Field(description="Id of the server.")
    collection: str = Field(description="One collection of it; empty for everything.")
    due: float = Field(description="When, in seconds since 1970.")
    begun: bool = Field(description="Whether it goes on whatever happens.")


class ErasureRecords(Store):
    """Reads and writes them."""

    @on_records
    def schedule(self, guild: int, collection: str, due: float, *, begun: bool) -> bool:
        """Write an erasure down; an earlier one of the same stays. Say whether it is new."""
        with self._records.transaction() as write:
            new = write.execute(
                "INSERT INTO bot_erasures VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING",
                (guild, collection, due),
            ).rowcount
            if begun:
                write.execute(
                    "UPDATE bot_erasures SET begun = 1 WHERE guild = ? AND collection = ?",
                    (guild, collection),
                )
        return bool(new)

    @on_records
    def cancel(self, guild: int) -> None:
        """Keep a server that has come back, unless erasing it has begun."""
        with self._records.transaction() as write:
            write.execute(
                "DELETE FROM bot_erasures WHERE guild = ? AND collection = ? AND begun = 0",
                (guild, WHOLE),
            )

    @on_records
    def due(self, now: float) -> list[Erasure]:
        """Return what has begun, or should by now."""
        rows = self._records.rows(
            "SELECT guild, collection, due, begun FROM bot_erasures WHERE begun = 1 OR due <= ? "
            "ORDER BY guild, collection",
            (now,),
        )
        names = ("guild", "collection", "due", "begun")
        return [Erasure(**dict(zip(names, row, strict=True))) for row in rows]

    @on_records
    def guilds(self) -> set[int]:
        """Return every server of which something is kept, or written down."""
        tables = (*_OF_SERVERS, "bot_erasures")
        union = " UNION ".join(f"SELECT guild FROM {table}" for table in tables)
        found = {row[0] for row in self._records.rows(union)}
        rows = self._records.rows(_TEAM_ANSWERS)
        found |= {held["guild"] for _, held in _unpacked(rows)}
        return found - {None}

    @on_records
    def erase_server(self, guild: int) -> None:
        """Delete every row of a server, and what was written down of its erasures."""
        with self._records.transaction() as write:
            for table in _OF_SERVERS:
                write.execute(f"DELETE FROM {table} WHERE guild = ?", (guild,))
            _drop_team_answers(write, [id for id, held in _team_answers(write) if _of(held, guild)])
            write.execute("DELETE FROM bot_erasures WHERE guild = ?", (guild,))
            choose_none(write, guild)
            _drop_orphans(write)
            note_change(self._records, write, *_HELD)
        self._records.erase_traces()

    @on_records
    def erase_collection(self, guild: int, collection: str) -> None:
        """Delete what quotes or rests in one collection, and that it was to be erased."""
        with self._records.transaction() as write:
            for table, row, column in PACKED:
                query = f"SELECT {row}, {column} FROM {table} WHERE guild = ?"
                for id, body in write.execute(query, (guild,)).fetchall():
                    left = _without(body, collection)
                    if left is None:
                        write.execute(f"DELETE FROM {table} WHERE {row} = ?", (id,))
                    elif left != body:
                        write.execute(
                            f"UPDATE {table} SET {column} = ? WHERE {row} = ?", (left, id)
                        )
            for table in _OF_COLLECTIONS:
                write.execute(
                    f"DELETE FROM {table} WHERE guild = ? AND collection = ?", (guild, collection)
                )
            held = _team_answers(write)
            _drop_team_answers(write, [id for id, one in held if one["collection"] == collection])
            _drop_orphans(write)
            note_change(self._records, write, *_HELD)
        self._records.erase_traces()


def _team_answers(write: Connection) -> list[tuple[int, dict[str, object]]]:
    return _unpacked(write.execute(_TEAM_ANSWERS).fetchall())


def _unpacked(rows: Iterable[Row]) -> list[tuple[int, dict[str, object]]]:
    return [(id, json.loads(body)) for id, body in rows]


def _of(held: dict[str, object], guild: int) -> bool:
    return held["guild"] == guild


def _drop_team_answers(write: Connection, ids: Collection[int]) -> None:
    write.executemany("DELETE FROM bot_team_answers WHERE id = ?", [(id,) for id in ids])


def _drop_orphans(write: Connection) -> None:
    """Delete what was said of answers that are gone."""
    for table in ("bot_messages", "bot_ratings"):
        write.execute(f"DELETE FROM {table} WHERE key NOT IN (SELECT key FROM bot_answers)")


def _without(body: bytes, collection: str) -> bytes | None:
    """Return an answer or turn without what was found in a collection; None if it quotes it."""
    text = zlib.decompress(body)
    if json.dumps(collection).encode() not in text:
        return body
    kept = json.loads(text)
    answer = kept.get("answer", kept)
    quoted = [*answer.get("citations", ()), *answer.get("nearest", ())]
    if any(one["collection"] == collection for one in quoted):
        return None
    if "trace" in answer:
        answer["trace"] = [hit for hit in answer["trace"] if hit["collection"] != collection]
    if "collections" in kept:
        kept["collections"] = [name for name in kept["collections"] if name != collection]
    return zlib.compress(json.dumps(kept, ensure_ascii=False).encode())
