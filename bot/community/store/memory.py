"""What the bot remembers: answers, conversations, server rules.

Everything is bounded, and holds ids only where they are needed: an answer knows its asker so that
private ones stay private and `/forget` finds them. Ratings and open questions are in
`bot.community.store.feedback`.
"""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from bot.community.rights import GuildRules
from bot.community.store.change_marks import note_change, note_fact
from bot.community.store.records import Kept
from bot.community.store.records_file import Store, drop_oldest, on_records
from bot.schema import Turn
from index.store.database import Connection
from index.store.sqlite_file import Row

MAX_ANSWERS = 200_000
"""About 400 MB; the oldest go first."""

MAX_TURNS = 12
"""Turns of a conversation that are kept: six questions with their answers."""

MAX_CONVERSATIONS = 20_000
MAX_SEEN = 20_000
SEEN_SECONDS = 86_400.0
"""A day: Discord's nonces last minutes, a resume reaches back less than that."""

_DAY = 86_400.0

_ERASED = "erased: server "

PACKED = (("bot_answers", "place", "body"), ("bot_turns", "id", "answer"))
"""Tables that hold answers packed: the column of their number, and that of the answer."""


class Memory(Store):
    """Reads and writes them."""

    @on_records
    def keep(self, kept: Kept) -> None:
        """Store an answer for its buttons."""
        body = zlib.compress(kept.model_dump_json().encode())
        row = (kept.key, kept.at, kept.asker, body, kept.guild)
        with self._records.transaction() as write:
            write.execute(
                "INSERT INTO bot_answers (key, at, asker, body, guild) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (key) DO UPDATE SET at = excluded.at, asker = excluded.asker, "
                "body = excluded.body, guild = excluded.guild",
                row,
            )
            drop_oldest(write, "bot_answers", "place", MAX_ANSWERS)

    @on_records
    def answer(self, key: str) -> Kept | None:
        """Return a stored answer."""
        row = self._records.row("SELECT body FROM bot_answers WHERE key = ?", (key,))
        return _kept(row) if row else None

    @on_records
    def put_on(self, message: int, key: str) -> None:
        """Remember which message shows an answer."""
        with self._records.transaction() as write:
            write.execute(
                "INSERT INTO bot_messages (message, key) VALUES (?, ?) "
                "ON CONFLICT (message) DO UPDATE SET key = excluded.key",
                (message, key),
            )
            drop_oldest(write, "bot_messages", "place", 2 * MAX_ANSWERS)

    @on_records
    def answer_on(self, message: int) -> Kept | None:
        """Return the answer that a message shows."""
        row = self._records.row(
            "SELECT a.body FROM bot_answers a JOIN bot_messages m USING (key) WHERE m.message = ?",
            (message,),
        )
        return _kept(row) if row else None

    @on_records
    def forget_messages(self, messages: Iterable[int]) -> None:
        """Drop the answers whose messages were deleted; most messages show none."""
        query = (
            "SELECT m.key, a.body FROM bot_messages m LEFT JOIN bot_answers a USING (key) "
            "WHERE m.message = ?"
        )
        found = [(each, row) for each in messages if (row := self._records.row(query, (each,)))]
        if not found:
            return
        with self._records.transaction() as write:
            for message, (key, body) in found:
                write.execute("DELETE FROM bot_messages WHERE message = ?", (message,))
                write.execute("DELETE FROM bot_answers WHERE key = ?", (key,))
                write.execute("DELETE FROM bot_ratings WHERE key = ?", (key,))
                if body is not None:
                    _drop_turn(write, _kept((body,)))
        self._records.erase_traces()

    @on_records
    def add_turns(self, kept: Kept) -> None:
        """Add a question and its answer to their conversation."""
        turn = zlib.compress(kept.answer.turn.model_dump_json().encode())
        asked = (kept.asker, kept.answer.standalone_question)
        with self._records.transaction() as write:
            write.execute(
                "INSERT INTO bot_turns (conversation, at, person, question, answer, guild) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (kept.conversation, kept.at, *asked, turn, kept.guild),
            )
            write.execute(
                "DELETE FROM bot_turns WHERE conversation = ? AND id NOT IN (SELECT id FROM "
                "bot_turns WHERE conversation = ? ORDER BY id DESC LIMIT ?)",
                (kept.conversation, kept.conversation, MAX_TURNS // 2),
            )
            drop_oldest(write, "bot_turns", "id", MAX_CONVERSATIONS * MAX_TURNS // 2)

    @on_records
    def turns(
        self, conversation: str, *, since: float, collections: Sequence[str]
    ) -> tuple[Turn, ...]:
        """Return what was said, without answers that rest on other than these collections."""
        rows = self._records.rows(
            "SELECT question, answer FROM bot_turns WHERE conversation = ? AND at >= ? ORDER BY id",
            (conversation, since),
        )
        found: list[Turn] = []
        for question, packed in rows:
            answer = Turn.model_validate_json(zlib.decompress(packed))
            if all(citation.collection in collections for citation in answer.citations):
                found += [Turn(role="user", text=question), answer]
        return tuple(found)

    @on_records
    def expire(self, now: float, *, history_days: int) -> None:
        """Drop conversations that are over their time, and ids that cannot come again."""
        with self._records.transaction() as write:
            over = write.execute("DELETE FROM bot_turns WHERE at < ?", (now - history_days * _DAY,))
            write.execute("DELETE FROM bot_seen WHERE at < ?", (now - SEEN_SECONDS,))
            # Budgets are of a day; who used what before it concerns nobody.
            write.execute("DELETE FROM model_tokens WHERE day < ?", (_day(now),))
            for name, at in write.execute(
                "SELECT name, value FROM bot_facts WHERE name LIKE ?", (f"{_ERASED}%",)
            ).fetchall():
                if float(at) < now - _DAY:
                    write.execute("DELETE FROM bot_facts WHERE name = ?", (name,))
        if over.rowcount:
            self._records.erase_traces()

    @on_records
    def forget(self, person: int) -> int:
        """Delete everything of one person; return how many questions that were.

        Left are today's tokens, which a budget is measured by until midnight UTC, and ids of
        interactions, which name nobody and go after a day.
        """
        with self._records.transaction() as write:
            count = write.execute("DELETE FROM bot_answers WHERE asker = ?", (person,)).rowcount
            write.execute("DELETE FROM bot_ratings WHERE key NOT IN (SELECT key FROM bot_answers)")
            write.execute("UPDATE bot_followed SET person = NULL WHERE person = ?", (person,))
            write.execute(
                "DELETE FROM model_tokens WHERE person = ? AND day < ?",
                (str(person), _day(time.time())),
            )
            write.execute("DELETE FROM bot_turns WHERE person = ?", (person,))
            write.execute("DELETE FROM bot_asked WHERE person = ?", (person,))
            write.execute("DELETE FROM bot_facts WHERE name = ?", (_chosen(person),))
            write.execute("DELETE FROM bot_messages WHERE key NOT IN (SELECT key FROM bot_answers)")
            note_change(self._records, write, "forms")
        self._records.erase_traces()
        return count

    @on_records
    def chosen_server(self, person: int) -> int | None:
        """Return the server whose documents a person looks in by direct messages, if any."""
        row = self._records.row("SELECT value FROM bot_facts WHERE name = ?", (_chosen(person),))
        return int(row[0]) if row else None

    @on_records
    def choose_server(self, person: int, guild: int | None) -> None:
        """Remember that server, or forget it."""
        with self._records.transaction() as write:
            if guild is None:
                write.execute("DELETE FROM bot_facts WHERE name = ?", (_chosen(person),))
            else:
                note_fact(write, _chosen(person), str(guild))

    @on_records
    def questions(self, person: int) -> set[str]:
        """Return what one person asked, as far as it is kept, made to stand alone."""
        rows = self._records.rows("SELECT body FROM bot_answers WHERE asker = ?", (person,))
        return {_kept(row).answer.standalone_question for row in rows}

    @on_records
    def replace_title(self, guild: int, old: str, new: str) -> None:
        """Call a source otherwise in every answer that names it, of one server or a team's."""
        written, instead = (as_written(title) for title in (old, new))
        with self._records.transaction() as write:
            for table, row, column in PACKED:
                rows = write.execute(
                    f"SELECT {row}, {column} FROM {table} WHERE guild = ?", (guild,)
                ).fetchall()
                for id, packed in rows:
                    body = zlib.decompress(packed)
                    if written.encode() in body:
                        write.execute(
                            f"UPDATE {table} SET {column} = ? WHERE {row} = ?",
                            (zlib.compress(body.replace(written.encode(), instead.encode())), id),
                        )
            write.execute(
                "UPDATE bot_team_answers SET body = replace(body, ?, ?)", (written, instead)
            )
        self._records.erase_traces()

    @on_records
    def first_time(self, id: int, at: float) -> bool:
        """Remember an interaction or message; say whether it is new."""
        with self._records.transaction() as write:
            return note_first_time(write, id, at)

    @on_records
    def all_rules(self) -> tuple[GuildRules, ...]:
        """Return what every server has decided."""
        rows = self._records.rows("SELECT rules FROM bot_guilds")
        return tuple(GuildRules.model_validate_json(row[0]) for row in rows)

    @on_records
    def change_rules(self, guild: int, how: Callable[[GuildRules], GuildRules]) -> GuildRules:
        """Store and return what `how` makes of what one server has decided.

        It is called in the transaction; what it raises leaves everything as it was.
        """
        with self._records.transaction() as write:
            query = "SELECT rules FROM bot_guilds WHERE guild = ?"
            row = write.execute(query, (guild,)).fetchone()
            held = GuildRules.model_validate_json(row[0]) if row else GuildRules(guild=guild)
            rules = how(held)
            write.execute(
                "INSERT INTO bot_guilds (guild, rules) VALUES (?, ?) "
                "ON CONFLICT (guild) DO UPDATE SET rules = excluded.rules",
                (rules.guild, rules.model_dump_json()),
            )
            note_change(self._records, write, "rules")
        return rules

    @on_records
    def drop_rules(self, guild: int) -> None:
        """Forget what one server has decided, as everything of it is being erased.

        Those who share the records learn it by a note, which stays for a day.
        """
        with self._records.transaction() as write:
            write.execute("DELETE FROM bot_guilds WHERE guild = ?", (guild,))
            if self._records.is_shared:
                note_fact(write, f"{_ERASED}{guild}", repr(time.time()))
            note_change(self._records, write, "rules")

    @on_records
    def erased(self) -> Mapping[int, str]:
        """Return the servers that were erased within a day, with what tells one time from another.

        Where the records are shared; else nobody but the one that erases has to know.
        """
        query = "SELECT name, value FROM bot_facts WHERE name LIKE ?"
        rows = self._records.rows(query, (f"{_ERASED}%",))
        return {int(name.removeprefix(_ERASED)): value for name, value in rows}

    @on_records
    def take_back(self, kept: Kept) -> None:
        """Delete an answer that was kept while its server was being erased."""
        with self._records.transaction() as write:
            for table in ("bot_answers", "bot_messages", "bot_ratings"):
                write.execute(f"DELETE FROM {table} WHERE key = ?", (kept.key,))
            write.execute("DELETE FROM bot_gaps WHERE answer = ?", (kept.key,))
            _drop_turn(write, kept)
        self._records.erase_traces()

    @on_records
    def fact(self, name: str) -> str | None:
        """Return a remembered fact, such as the hash of the commands that Discord has."""
        row = self._records.row("SELECT value FROM bot_facts WHERE name = ?", (name,))
        return str(row[0]) if row else None

    @on_records
    def set_fact(self, name: str, value: str) -> None:
        """Remember a fact."""
        with self._records.transaction() as write:
            note_fact(write, name, value)


def note_first_time(write: Connection, id: int, at: float) -> bool:
    """Remember an interaction or message; say whether it is new."""
    # Asked first: an insert that does nothing would use up a number all the same.
    if write.execute("SELECT 1 FROM bot_seen WHERE id = ?", (id,)).fetchone() is not None:
        return False
    write.execute("INSERT INTO bot_seen (id, at) VALUES (?, ?)", (id, at))
    drop_oldest(write, "bot_seen", "place", MAX_SEEN)
    return True


def _drop_turn(write: Connection, kept: Kept) -> None:
    write.execute(
        "DELETE FROM bot_turns WHERE conversation = ? AND at = ? AND person = ?",
        (kept.conversation, kept.at, kept.asker),
    )


def choose_none(write: Connection, guild: int) -> None:
    """Forget who looks in a server's documents by direct messages."""
    write.execute(
        "DELETE FROM bot_facts WHERE name LIKE ? AND value = ?", (_chosen("%"), str(guild))
    )


def _chosen(person: int | str) -> str:
    return f"server chosen by {person}"


def _day(at: float) -> str:
    """Return the day of a moment, as token budgets name it."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def _kept(row: Row) -> Kept:
    return Kept.model_validate_json(zlib.decompress(row[0]))


def as_written(text: str) -> str:
    """Return a text as it stands between the quotation marks of the JSON that is kept."""
    return json.dumps(text, ensure_ascii=False)[1:-1]
