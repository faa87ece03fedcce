"""Stored answers at a click: found again, checked against today's rights, shown or rated."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.bridge import Bridge
from bot.feedback import Feedback
from bot.markdown import one_line
from bot.memory import Memory
from bot.pages import why
from bot.records import Kept
from bot.render import Card, show_card
from bot.rights import Audience, Caller, obstacle, readable
from bot.rulebook import NotAvailableError, Rulebook
from bot.schema import Answer, Citation
from bot.shelf import Shelf
from index.errors import SourceNotFound
from index.schema import Source

GONE = (
    "I no longer keep this answer. It was given too long ago, or it was forgotten on request. "
    "Please ask again."
)
CHANGED = "-# The source has changed since; this is what it said."
STANDS = "-# The source has changed since, but it still says this."


class SourceGoneError(NotAvailableError):
    """The source of a citation was removed; the answer can be given anew."""

    def __init__(self, kept: Kept) -> None:
        super().__init__("This source has been removed since.")
        self.kept = kept


@dataclass(frozen=True)
class Shown:
    """One citation's card, and its place among those of the answer."""

    card: Card
    number: int
    """From 1."""
    total: int
    again: Kept | None = None
    """The answer, if it should be given anew because its source has changed."""


def shown_citations(answer: Answer) -> tuple[Citation, ...]:
    """Return what an answer's buttons show: its citations, or the nearest passages."""
    return answer.nearest if answer.status == "not_found" else answer.citations


class Reopening:
    """Opens stored answers for one person after another."""

    def __init__(
        self,
        *,
        rulebook: Rulebook,
        memory: Memory,
        feedback: Feedback,
        records: Bridge,
        shelf: Shelf,
    ) -> None:
        self._rulebook = rulebook
        self._memory = memory
        self._feedback = feedback
        self._records = records
        self._shelf = shelf

    async def open(self, key: str, caller: Caller) -> Kept:
        """Return an answer that was shown to `caller` here; raises NotAvailableError."""
        return self._checked(await self._records.run(self._memory.answer, key), caller)

    async def on_message(self, message: int, caller: Caller) -> Kept | None:
        """Return the answer that a message shows, if `caller` may have it."""
        kept = await self._records.run(self._memory.answer_on, message)
        try:
            return self._checked(kept, caller)
        except NotAvailableError:
            return None

    def _checked(self, kept: Kept | None, caller: Caller) -> Kept:
        if kept is None:
            raise NotAvailableError(GONE)
        elsewhere = kept.guild != caller.guild
        if elsewhere or ((kept.private or kept.guild is None) and kept.asker != caller.user):
            raise NotAvailableError
        return kept

    def _readable(self, caller: Caller) -> tuple[str, ...]:
        return readable(caller, self._rulebook.of(caller.guild))

    async def card(self, key: str, number: int, caller: Caller) -> Shown:
        """Return the card of an answer's `number`th citation; raises NotAvailableError."""
        kept = await self.open(key, caller)
        cited = shown_citations(kept.answer)
        if not 1 <= number <= len(cited):
            raise NotAvailableError
        citation = cited[number - 1]
        if citation.collection not in self._readable(caller):
            raise NotAvailableError
        source = await self._source(citation)
        if source is None:
            raise SourceGoneError(kept)
        same = source.sha256 == citation.evidence.sha256
        card = show_card(
            citation,
            source.text if same else "",
            now=datetime.now(UTC),
            number=number,
            total=len(cited),
        )
        if same:
            return Shown(card, number, len(cited))
        stands = citation.quote in source.text
        note = STANDS if stands else CHANGED
        card = Card(card.title, f"{card.body}\n{note}"[:4096], card.footer, card.link)
        return Shown(card, number, len(cited), None if stands else kept)

    async def _source(self, citation: Citation) -> Source | None:
        try:
            source = await self._records.run(self._shelf.source, citation.evidence.source_id)
        except SourceNotFound:
            return None
        if source.collection != citation.collection:
            raise NotAvailableError
        return source

    async def changed(self, kept: Kept, collections: Sequence[str] | Caller) -> str:
        """Say which sources no longer say what an answer quotes; empty when all of them do.

        Only sources of these collections are named, or of those that a person may read.
        """
        open_to = self._readable(collections) if isinstance(collections, Caller) else collections
        found: dict[str, str] = {}
        for citation in kept.answer.citations:
            if citation.collection in open_to and citation.title not in found:
                source = await self._source(citation)
                if source is None:
                    found[citation.title] = "was removed"
                elif citation.quote not in source.text:
                    found[citation.title] = "has changed"
        return _since(found)

    async def why(self, key: str, caller: Caller) -> str:
        """Return how an answer was found, as far as `caller` may read what was found."""
        kept = await self.open(key, caller)
        open_to = self._readable(caller)
        seen = tuple(hit for hit in kept.answer.trace if hit.collection in open_to)
        return why(kept.answer.model_copy(update={"trace": seen}))

    async def rate(
        self, key: str, caller: Caller, *, liked: bool, reason: str | None = None
    ) -> None:
        """Store the rating of one person."""
        kept = await self.open(key, caller)
        await self._records.run(
            self._feedback.rate, kept, caller.user, liked=liked, reason=reason, at=time.time()
        )

    async def shareable(self, key: str, caller: Caller, audience: Audience | None) -> Kept:
        """Return an answer that everyone in the channel may read; raises NotAvailableError.

        The sentence names what prevents it.
        """
        kept = await self.open(key, caller)
        if kept.asker != caller.user:
            raise NotAvailableError
        cited = {citation.collection for citation in shown_citations(kept.answer)}
        if not cited <= set(self._readable(caller)):
            raise NotAvailableError("You may no longer read everything that this answer quotes.")
        if blocked := self._obstacles(sorted(cited), caller, audience):
            raise NotAvailableError("I cannot share this here: " + "; ".join(blocked) + ".")
        return kept

    async def publish(self, kept: Kept) -> Kept:
        """Store an open copy of a private answer, in a conversation of its own."""
        token = secrets.token_urlsafe(12)
        public = kept.model_copy(
            update={"private": False, "key": token, "conversation": f"q{token}", "at": time.time()}
        )
        await self._records.run(self._memory.keep, public)
        await self._records.run(self._memory.add_turns, public)
        return public

    async def opened_and_changed(self, key: str, caller: Caller) -> tuple[Kept, str]:
        """Return an answer, and which of its sources have changed since."""
        kept = await self.open(key, caller)
        return kept, await self.changed(kept, caller)

    def _obstacles(
        self, collections: Sequence[str], caller: Caller, audience: Audience | None
    ) -> list[str]:
        rules = self._rulebook.of(caller.guild)
        if audience is None or rules is None:
            return ["I cannot tell who may see this channel"]
        found = (obstacle(audience, rules, name) for name in collections)
        return [sentence for sentence in found if sentence]


def _since(found: Mapping[str, str]) -> str:
    """Return one sentence for all of them: what became of the first, and of how many more."""
    if not found:
        return ""
    title, what = next(iter(found.items()))
    first = f"{one_line(title, 60)!r} {what} since that answer"
    if len(found) == 1:
        return f"{first}."
    return f"{first}, and so did {len(found) - 1} more of its sources."
