"""Stored answers at a click: found again, checked against today's rights, shown or rated.

A rating is more than a count where Quoth was not sure: see `bot.community.confirmed_answers`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.community.audience import Audience, obstacle
from bot.community.confirmed_answers import confirmable
from bot.community.documents import SourceReader
from bot.community.rights import Caller, readable
from bot.community.server_rules import NotAvailableError, ServerRules
from bot.community.store.confirmations import Confirmations
from bot.community.store.feedback import Feedback
from bot.community.store.memory import Memory
from bot.community.store.records import Kept
from bot.schema import Answer, Changes, Citation
from index.schema import Source

GONE = (
    "I no longer keep this answer. It was given too long ago, or it was forgotten on request. "
    "Please ask again."
)


class SourceGoneError(NotAvailableError):
    """The source of a citation was removed; the answer can be given anew."""

    def __init__(self, kept: Kept) -> None:
        super().__init__("This source has been removed since.")
        self.kept = kept


@dataclass(frozen=True)
class ShownCitation:
    """One citation of an answer, with what is known of its source today."""

    kept: Kept
    citation: Citation
    text: str
    """The source's text that the citation counts in; empty when the source has changed."""
    number: int
    """Its place in the answer, from 1."""
    total: int
    stands: bool | None = None
    """Of a source that has changed, whether it still says this."""


@dataclass(frozen=True)
class Rated:
    """What became of a rating."""

    kept: Kept
    confirmed: bool = False
    """Whether what it quotes is given as the answer from now on."""


class GivenAnswers:
    """Opens stored answers for one person after another."""

    def __init__(
        self,
        *,
        rules: ServerRules,
        memory: Memory,
        feedback: Feedback,
        confirmations: Confirmations,
        reader: SourceReader,
    ) -> None:
        self._rules = rules
        self._memory = memory
        self._feedback = feedback
        self._confirmations = confirmations
        self._reader = reader

    async def open(self, key: str, caller: Caller) -> Kept:
        """Return an answer that was shown to `caller` here; raises NotAvailableError."""
        return self._checked(await self._memory.answer(key), caller)

    async def on_message(self, message: int, caller: Caller) -> Kept | None:
        """Return the answer that a message shows, if `caller` may have it."""
        kept = await self._memory.answer_on(message)
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
        return readable(caller, self._rules.of(caller.home))

    async def citation(self, key: str, number: int, caller: Caller) -> ShownCitation:
        """Return an answer's `number`th citation as it stands today; raises NotAvailableError."""
        kept = await self.open(key, caller)
        cited = kept.answer.shown_citations
        if not 1 <= number <= len(cited):
            raise NotAvailableError
        citation = cited[number - 1]
        if citation.collection not in self._readable(caller):
            raise NotAvailableError
        source = await self._source(citation)
        if source is None:
            raise SourceGoneError(kept)
        shown = ShownCitation(kept, citation, source.text, number, len(cited))
        if source.sha256 == citation.evidence.sha256:
            return shown
        return replace(shown, text="", stands=citation.quote in source.text)

    async def _source(self, citation: Citation) -> Source | None:
        source = await self._reader.source(citation.evidence.source_id)
        if source is not None and source.collection != citation.collection:
            raise NotAvailableError
        return source

    async def changed(self, kept: Kept, collections: Sequence[str] | Caller) -> Changes:
        """Return what became of the sources that no longer say what an answer quotes, by title.

        Only sources of these collections are named, or of those that a person may read.
        """
        open_to = self._readable(collections) if isinstance(collections, Caller) else collections
        found: Changes = {}
        for citation in kept.answer.citations:
            if citation.collection in open_to and citation.title not in found:
                source = await self._source(citation)
                if source is None:
                    found[citation.title] = "removed"
                elif citation.quote not in source.text:
                    found[citation.title] = "changed"
        return found

    def traced(self, kept: Kept, caller: Caller) -> Answer:
        """Return an answer with its trace, as far as `caller` may read what was found."""
        open_to = self._readable(caller)
        seen = tuple(hit for hit in kept.answer.trace if hit.collection in open_to)
        return kept.answer.model_copy(update={"trace": seen})

    async def rate(
        self, key: str, caller: Caller, *, liked: bool, reason: str | None = None
    ) -> Rated:
        """Store the rating of one person, and confirm by it what an answer quotes, or doubt it."""
        kept = await self.open(key, caller)
        await self._feedback.rate(kept, caller.user, liked=liked, reason=reason, at=time.time())
        if liked:
            return Rated(kept, confirmed=await self._confirm(kept, caller))
        await self._confirmations.withdraw(kept)
        return Rated(kept)

    async def _confirm(self, kept: Kept, caller: Caller) -> bool:
        """Keep what an unsure answer quotes as the answer in its server; say whether it may be."""
        if not confirmable(kept):
            return False
        open_to = self._readable(caller)
        cited = [
            citation
            for citation in kept.answer.citations
            if citation.collection in open_to and await self._is_current(citation)
        ]
        if not cited:
            return False
        await self._confirmations.add(kept, cited, person=caller.user)
        await self._feedback.close_unanswered(kept)
        return True

    async def _is_current(self, citation: Citation) -> bool:
        """Say whether the version that is quoted is the one there is."""
        source = await self._source(citation)
        return source is not None and source.sha256 == citation.evidence.sha256

    async def shareable(self, key: str, caller: Caller, audience: Audience | None) -> Kept:
        """Return an answer that everyone in the channel may read; raises NotAvailableError.

        The sentence names what prevents it.
        """
        kept = await self.open(key, caller)
        if kept.asker != caller.user:
            raise NotAvailableError
        cited = {citation.collection for citation in kept.answer.shown_citations}
        if not cited <= set(self._readable(caller)):
            raise NotAvailableError("You may no longer read everything that this answer quotes.")
        if blocked := self._obstacles(sorted(cited), caller, audience):
            raise NotAvailableError("I cannot share this here: " + "; ".join(blocked) + ".")
        return kept

    async def publish(self, kept: Kept, caller: Caller) -> Kept:
        """Store an open copy of a private answer, in a conversation of its own."""
        token = secrets.token_urlsafe(12)
        shown = {"channel": caller.channel, "place": caller.place, "open": caller.open}
        copied = {"private": False, "key": token, "conversation": f"q{token}", "at": time.time()}
        public = kept.model_copy(update={**copied, **shown})
        await self._memory.keep(public)
        await self._memory.add_turns(public)
        return public

    def _obstacles(
        self, collections: Sequence[str], caller: Caller, audience: Audience | None
    ) -> list[str]:
        rules = self._rules.of(caller.guild)
        if audience is None or rules is None:
            return ["I cannot tell who may see this channel"]
        found = (obstacle(audience, rules, name) for name in collections)
        return [sentence for sentence in found if sentence]
