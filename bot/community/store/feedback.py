"""Ratings and open questions.

A rating knows a keyed hash of the person, so that everybody rates once; an open question knows
its server, its wording and where it was asked, and who asked only where the operator wants names.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.community.store.keyed_hashes import KeyedHashes
from bot.community.store.records import Gap, GapKind, Kept
from bot.community.store.records_file import Records, Store, on_records

MAX_GAPS = 1_000
"""Open questions of one server; the oldest go first."""


class Feedback(Store):
    """Reads and writes them; `names` says whether it is kept who asked. Opening it blocks."""

    def __init__(self, records: Records, *, names: bool = False) -> None:
        super().__init__(records)
        self._names = names
        self._hashes = KeyedHashes(records)
        if not names:
            with records.transaction() as write:
                write.execute("UPDATE bot_gaps SET person = NULL WHERE person IS NOT NULL")

    @on_records
    def rate(self, kept: Kept, person: int, *, liked: bool, reason: str | None, at: float) -> None:
        """Store one person's rating; a later one replaces it."""
        rater = self._hashes.of_person(person)
        row = (kept.key, rater, int(liked), reason, at)
        with self._records.transaction() as write:
            write.execute(
                "INSERT INTO bot_ratings (key, rater, liked, reason, at) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (key, rater) DO UPDATE SET liked = excluded.liked, "
                "reason = excluded.reason, at = excluded.at",
                row,
            )
            if liked:
                write.execute(
                    "DELETE FROM bot_gaps WHERE answer = ? AND kind = 'disliked' AND asker = ?",
                    (kept.key, rater),
                )
        if not liked:
            self._add_gap(kept, "disliked", person=person, reason=reason, at=at)

    @on_records
    def ratings(self, key: str) -> tuple[int, int]:
        """Return how many liked an answer and how many did not."""
        row = self._records.row(
            "SELECT coalesce(sum(liked), 0), coalesce(sum(1 - liked), 0) FROM bot_ratings "
            "WHERE key = ?",
            (key,),
        )
        return (int(row[0]), int(row[1])) if row else (0, 0)

    @on_records
    def add_unanswered(self, kept: Kept) -> None:
        """Keep the wording of a question that the sources did not answer."""
        self._add_gap(kept, "not_found", person=kept.asker, reason=None, at=kept.at)

    def _add_gap(
        self, kept: Kept, kind: GapKind, *, person: int, reason: str | None, at: float
    ) -> None:
        """Keep a question's wording for the server it was asked in; outside servers, nothing."""
        if kept.guild is None:
            return
        asker, private = self._hashes.of_person(person), int(kept.private)
        with self._records.transaction() as write:
            write.execute(  # what is said again is the newest
                "DELETE FROM bot_gaps WHERE answer = ? AND kind = ? AND asker = ?",
                (kept.key, kind, asker),
            )
            write.execute(
                "INSERT INTO bot_gaps "
                "(guild, question, kind, reason, asker, answer, at, person,"
                " questioner, private, open, place)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (kept.guild, kept.answer.standalone_question, kind, reason,
                 asker, kept.key, at,
                 person if self._names and not kept.private else None,
                 self._hashes.of_person(kept.asker), private,
                 int(kept.open and not kept.private), kept.place),
            )  # fmt: skip
            # Private ones are counted apart, lest their number shows in what is left of the others.
            here = (kept.guild, private)
            write.execute(
                "DELETE FROM bot_gaps WHERE guild = ? AND private = ? AND id NOT IN (SELECT id "
                "FROM bot_gaps WHERE guild = ? AND private = ? ORDER BY id DESC LIMIT ?)",
                (*here, *here, MAX_GAPS),
            )

    @on_records
    def gaps(self, guild: int) -> tuple[Gap, ...]:
        """Return the open questions of one server, newest first, private ones among them."""
        rows = self._records.rows(
            "SELECT id, question, kind, reason, answer, at, person, private, open, place, "
            "CASE WHEN asker = questioner THEN 1 ELSE 0 END, coalesce(questioner, '') "
            "FROM bot_gaps "
            "WHERE guild = ? ORDER BY id DESC",
            (guild,),
        )
        asked = ("id", "question", "kind", "reason", "answer", "at", "person")
        names = (*asked, "private", "open", "place", "own", "questioner")
        return tuple(Gap(**dict(zip(names, row, strict=True))) for row in rows)

    def stands_for(self, person: int) -> str:
        """Return what stands for a person in these records."""
        return self._hashes.of_person(person)

    @on_records
    def close_gaps(self, guild: int, ids: Iterable[int]) -> None:
        """Drop questions of one server that are answered now."""
        with self._records.transaction() as write:
            write.executemany(
                "DELETE FROM bot_gaps WHERE guild = ? AND id = ?", [(guild, id) for id in ids]
            )
        self._records.erase_traces()

    @on_records
    def close_unanswered(self, kept: Kept) -> None:
        """Drop the question that an answer left open; what was said against it stays."""
        with self._records.transaction() as write:
            write.execute(
                "DELETE FROM bot_gaps WHERE guild = ? AND answer = ? AND kind = 'not_found'",
                (kept.guild, kept.key),
            )
        self._records.erase_traces()

    @on_records
    def forget(self, person: int) -> None:
        """Delete what one person rated and asked, and what others said of the answers to it.

        It finds more of it while `bot.community.store.memory` still has the answers.
        """
        rater = self._hashes.of_person(person)
        mine = "IN (SELECT key FROM bot_answers WHERE asker = ?)"
        with self._records.transaction() as write:
            write.execute("DELETE FROM bot_ratings WHERE rater = ?", (rater,))
            write.execute(f"DELETE FROM bot_ratings WHERE key {mine}", (person,))
            write.execute("DELETE FROM bot_gaps WHERE ? IN (asker, questioner)", (rater,))
            write.execute(f"DELETE FROM bot_gaps WHERE answer {mine}", (person,))
            write.execute("DELETE FROM bot_notices WHERE person = ?", (person,))
