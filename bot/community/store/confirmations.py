"""Which quotes members of a server confirmed as the answer to which question.

A row holds no words and no name: keyed hashes of the question and of the person, and the span of
one version of one source. A version that is gone is never quoted again, and its rows with it mean
nothing; so neither a changed nor a removed document has to be looked for here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bot.community.confirmed_answers import wording
from bot.community.store.keyed_hashes import KeyedHashes
from bot.community.store.records import Kept
from bot.community.store.records_file import Records, Store, on_records
from bot.schema import Citation
from index.schema import Evidence

MAX_CONFIRMATIONS = 1_000
"""Confirmed quotes of one server; the oldest go first."""


class Confirmations(Store):
    """Reads and writes them; questions count as the same by their wording. Opening it blocks."""

    def __init__(self, records: Records) -> None:
        super().__init__(records)
        self._hashes = KeyedHashes(records)

    @on_records
    def add(self, kept: Kept, citations: Iterable[Citation], *, person: int) -> None:
        """Keep that one person confirmed quotes of an answer; outside servers, nothing."""
        if kept.guild is None:
            return
        asked, by = self._question_of(kept), self._hashes.of_person(person)
        quoted = list(citations)
        with self._records.transaction() as write:
            write.executemany(  # who confirms a quote again makes it the newest
                "DELETE FROM bot_confirmations WHERE guild = ? AND question = ? AND source = ? "
                "AND sha256 = ? AND starts = ? AND ends = ? AND person = ?",
                [(kept.guild, asked, *_span(one), by) for one in quoted],
            )
            write.executemany(
                "INSERT INTO bot_confirmations "
                "(guild, question, person, collection, source, sha256, starts, ends)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [(kept.guild, asked, by, one.collection, *_span(one)) for one in quoted],
            )
            write.execute(
                "DELETE FROM bot_confirmations WHERE guild = ? AND id NOT IN "
                "(SELECT id FROM bot_confirmations WHERE guild = ? ORDER BY id DESC LIMIT ?)",
                (kept.guild, kept.guild, MAX_CONFIRMATIONS),
            )

    @on_records
    def of(self, guild: int, question: str, collections: Collection[str]) -> frozenset[Evidence]:
        """Return what was confirmed for a question in one server, from these collections alone."""
        rows = self._records.rows(
            "SELECT collection, source, sha256, starts, ends FROM bot_confirmations "
            "WHERE guild = ? AND question = ?",
            (guild, self._hashed(question)),
        )
        return frozenset(
            Evidence(source_id=source, sha256=sha256, start=start, end=end)
            for collection, source, sha256, start, end in rows
            if collection in collections
        )

    @on_records
    def withdraw(self, kept: Kept) -> None:
        """Drop what an answer quotes as the answer to its question, whoever confirmed it."""
        asked = self._question_of(kept)
        with self._records.transaction() as write:
            write.executemany(
                "DELETE FROM bot_confirmations WHERE guild = ? AND question = ? "
                "AND source = ? AND sha256 = ? AND starts = ? AND ends = ?",
                [(kept.guild, asked, *_span(one)) for one in kept.answer.citations],
            )

    @on_records
    def forget(self, person: int) -> None:
        """Delete what one person confirmed."""
        with self._records.transaction() as write:
            write.execute(
                "DELETE FROM bot_confirmations WHERE person = ?", (self._hashes.of_person(person),)
            )

    def _question_of(self, kept: Kept) -> str:
        return self._hashed(kept.answer.standalone_question)

    def _hashed(self, question: str) -> str:
        return self._hashes.of_wording(wording(question))


def _span(citation: Citation) -> tuple[str, str, int, int]:
    quoted = citation.evidence
    return quoted.source_id, quoted.sha256, quoted.start, quoted.end
