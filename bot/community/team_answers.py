"""Open questions of one server, and the team answers that managers give to them.

A team answer is used only while what it rests on stands unchanged; from then on it waits for a
manager to confirm, rewrite or drop it. Rows of the memory are written before the index, and taken
back after it, so that a crash at any moment leaves nothing in use that cannot expire.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from bot.bridge import Bridge, WriteQueue
from bot.community.documents import Documents, SourceReader
from bot.community.gap_groups import GapGroup, grouped
from bot.community.rights import DEFAULT_LABEL, Caller
from bot.community.server_rules import NotAvailableError, ServerRules
from bot.community.store.feedback import Feedback
from bot.community.store.records import TeamAnswer
from bot.community.store.team_answer_records import TeamAnswerRecords
from bot.community.team_answer_basis import BasisLookup
from bot.schema import Embed
from index.errors import QuothError
from index.schema import SyncReport, source_id
from index.text.invisible_characters import is_blank

TEAM_ANSWERS = "team answers"
"""Their share of what is written: they are short, and wait for no large document."""

NO_TEXT = "A team answer needs words. To take it back, choose Drop."
NO_LONGER_OPEN = "This question is no longer open."
NO_LONGER_WAITING = "This team answer is no longer waiting for a review."


@dataclass(frozen=True)
class Written:
    """What became of a team answer."""

    report: SyncReport
    doubt: str | None = None
    """Why it waits for a review instead of being used."""


class TeamAnswers:
    """What managers do about open questions."""

    def __init__(
        self,
        *,
        rules: ServerRules,
        feedback: Feedback,
        basis_lookup: BasisLookup,
        answers: TeamAnswerRecords,
        reader: SourceReader,
        documents: Documents,
        write_queue: WriteQueue,
        bridge: Bridge,
        embed: Embed | None,
    ) -> None:
        self._rules = rules
        self._feedback = feedback
        self._basis_lookup = basis_lookup
        self._answers = answers
        self._reader = reader
        self._documents = documents
        self._write_queue = write_queue
        self._bridge = bridge
        self._embed = embed
        self._changing = asyncio.Lock()
        self._waiting: dict[int, TeamAnswer] = {}

    async def load(self) -> None:
        """Read which team answers wait for a review."""
        for held in await self._answers.all():
            if held.review is not None:
                self._waiting[held.id] = held

    async def gaps(self, caller: Caller) -> list[GapGroup]:
        """Return the open questions of the server, grouped, for its managers."""
        gaps = await self._feedback.gaps(self._rules.managed(caller).guild)
        vectors = None
        if self._embed and gaps:
            with suppress(QuothError):  # without a model, words alone tell what is alike
                vectors = await self._embed([gap.question for gap in gaps])
        return await self._bridge.run(grouped, gaps, vectors)

    async def _group(self, caller: Caller, gap: int) -> GapGroup:
        for group in await self.gaps(caller):
            if gap in {one.id for one in group.gaps}:
                return group
        raise NotAvailableError(NO_LONGER_OPEN)

    async def close(self, caller: Caller, gap: int) -> None:
        """Close a question and those like it, answered or not."""
        guild = self._rules.managed(caller).guild
        await self._close(guild, await self._group(caller, gap))

    async def _close(self, guild: int, group: GapGroup) -> None:
        await self._feedback.close_gaps(guild, [gap.id for gap in group.gaps])

    async def answer(
        self, caller: Caller, gap: int, text: str, *, named: str, author: str
    ) -> Written:
        """Make a team answer of `text`, and close the questions it answers.

        It rests on the source that is `named`, or else on what the disliked answers quoted.
        """
        rules, group = self._rules.managed(caller), await self._group(caller, gap)
        rule = self._rules.collection(caller, DEFAULT_LABEL)
        name = f"team-answer-{hashlib.sha256(group.wording.encode()).hexdigest()[:12]}.txt"
        source = source_id(rule.name, name)
        rests_on, doubt = await self._basis_lookup.named(caller, named)
        if not named:
            rests_on = await self._basis_lookup.quoted(group, but=source)
        made = TeamAnswer(
            guild=rules.guild,
            collection=rule.name,
            name=name,
            source=source,
            question=group.wording,
            text=text,
            author=author,
            at=time.time(),
            rests_on=rests_on,
            review=doubt,
        )
        written = await self._publish(made)
        if not written.report.failed:
            await self._close(rules.guild, group)
        return written

    def reviews(self, caller: Caller) -> list[TeamAnswer]:
        """Return the team answers of the server that wait for a review, for its managers."""
        guild = self._rules.managed(caller).guild
        return [held for held in self._waiting.values() if held.guild == guild]

    def waiting(self, caller: Caller, id: int) -> TeamAnswer:
        """Return a team answer that waits for a review; known without any waiting."""
        rules = self._rules.managed(caller)
        held = self._waiting.get(id)
        if held is None or held.guild != rules.guild:
            raise NotAvailableError(NO_LONGER_WAITING)
        return held

    async def confirm(self, caller: Caller, id: int, *, by: str) -> Written:
        """Use a team answer again, as its sources are now."""
        held = self.waiting(caller, id)
        changes = {"rests_on": await self._basis_lookup.as_now(held), "confirmed_by": by}
        return await self._publish(_used(held, **changes))

    async def rewrite(
        self, caller: Caller, id: int, text: str, *, named: str, author: str
    ) -> Written:
        """Use a team answer again with another text, and with another source if one is `named`."""
        held = self.waiting(caller, id)
        if is_blank(text):
            raise NotAvailableError(NO_TEXT)
        rests_on, doubt = await self._basis_lookup.named(caller, named)
        if not named:
            rests_on = await self._basis_lookup.as_now(held)
        changes = {"rests_on": rests_on, "text": text, "author": author, "confirmed_by": None}
        return await self._publish(_used(held, **changes, review=doubt))

    async def drop(self, caller: Caller, id: int) -> None:
        """Delete a team answer that waits for a review."""
        held = self.waiting(caller, id)
        async with self._changing:
            if await self._reader.source(held.source) is not None:
                await self._write_queue.write(TEAM_ANSWERS, self._documents.remove, held.source)
            await self._forget(held)

    async def _publish(self, made: TeamAnswer) -> Written:
        """Keep a team answer, and index it unless it waits for a review."""
        async with self._changing:
            if made.review is not None:
                await self._keep(made)
                return Written(SyncReport(), made.review)
            if made.id == 0:
                made = await self._keep(made)
            report = await self._write_queue.write(
                TEAM_ANSWERS,
                self._documents.add_text,
                made.collection,
                made.name,
                made.document,
                title=made.title,
                added_by=made.signature,
            )
            if not report.failed:
                await self._keep(made)
        return Written(report)

    async def sign(self) -> None:
        """Take the signatures out of the texts of team answers, where an earlier release had them.

        There they could be found and quoted; now they stand beside a citation.
        """
        async with self._changing:
            for held in await self._answers.all():
                source = await self._reader.source(held.source) if held.review is None else None
                if source is not None and source.text.strip() != held.document.strip():
                    await self._write_queue.write(
                        TEAM_ANSWERS,
                        self._documents.add_text,
                        held.collection,
                        held.name,
                        held.document,
                        title=held.title,
                        added_by=held.signature,
                    )

    async def expire(self) -> None:
        """Take team answers out of the index whose sources have changed, or gone."""
        async with self._changing:
            every = await self._answers.all()
            versions = await self._basis_lookup.versions(every)
            for held in every:
                await self._look(held, versions)

    async def _look(self, held: TeamAnswer, versions: Mapping[str, str]) -> None:
        indexed = held.source in versions
        if held.review is None and not indexed:
            await self._forget(held)  # removed like any other source
            return
        reason = held.review or await self._basis_lookup.reason(held, versions)
        if reason is None:
            return
        await self._keep(held.model_copy(update={"review": reason}))
        if indexed:
            await self._write_queue.write(TEAM_ANSWERS, self._documents.remove, held.source)

    async def _keep(self, held: TeamAnswer) -> TeamAnswer:
        held = await self._answers.put(held)
        if held.review is None:
            self._waiting.pop(held.id, None)
        else:
            self._waiting[held.id] = held
        return held

    async def _forget(self, held: TeamAnswer) -> None:
        await self._answers.drop(held.id)
        self._waiting.pop(held.id, None)


def _used(held: TeamAnswer, **changes: object) -> TeamAnswer:
    return held.model_copy(update={"review": None, "at": time.time(), **changes})
