"""The team answers that managers of a server give to its open questions.

A team answer is used only while what it rests on stands unchanged; from then on it waits for a
manager to confirm, rewrite or drop it. Rows of the memory are written before the index, and taken
back after it, so that a crash at any moment leaves nothing in use that cannot expire.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass

from bot.bridge import WriteQueue
from bot.community.documents import Documents, SourceReader
from bot.community.open_questions import OpenQuestions
from bot.community.published_question import (
    askers_in_words,
    home_of,
    is_in_words_of,
    published_question,
)
from bot.community.rights import Caller, Places
from bot.community.server_rules import NotAvailableError, ServerRules
from bot.community.store.memory import Memory
from bot.community.store.records import Basis, TeamAnswer
from bot.community.store.team_answer_records import TeamAnswerRecords
from bot.community.team_answer_basis import BasisLookup
from index.errors import SourceNotFound
from index.schema import Source, SyncReport, source_id
from index.text.invisible_characters import is_blank

logger = logging.getLogger(__name__)
TEAM_ANSWERS = "team answers"
"""Their share of what is written: they are short, and wait for no large document."""

NO_TEXT = "A team answer needs words. To take it back, choose Drop."
NO_LONGER_WAITING = "This team answer is no longer waiting for a review."


@dataclass(frozen=True)
class WrittenAnswer:
    """What a manager typed into the form of a question."""

    question: str
    """The question as people will read it; empty leaves it as it was asked."""
    text: str
    source: str = ""
    """Name of the source it rests on."""
    collection: str = ""
    """Where it goes; empty is where that source is."""


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
        open_questions: OpenQuestions,
        memory: Memory,
        basis_lookup: BasisLookup,
        answers: TeamAnswerRecords,
        reader: SourceReader,
        documents: Documents,
        write_queue: WriteQueue,
    ) -> None:
        self._rules = rules
        self._open_questions = open_questions
        self._memory = memory
        self._basis_lookup = basis_lookup
        self._answers = answers
        self._reader = reader
        self._documents = documents
        self._write_queue = write_queue
        self._changing = asyncio.Lock()
        self._waiting: dict[int, TeamAnswer] = {}

    async def load(self) -> None:
        """Read which team answers wait for a review."""
        every = await self._answers.all()
        self._waiting = {held.id: held for held in every if held.review is not None}

    async def answer(
        self, caller: Caller, gap: int, given: WrittenAnswer, places: Places, *, author: str
    ) -> Written:
        """Make a team answer of what was written, and close the questions it answers.

        It rests on the source that is named, or else on what the disliked answers quoted, and goes
        into the collection that is named, or else into the one it rests on.
        """
        rules = self._rules.managed(caller)
        group = await self._open_questions.group(caller, gap, places)
        rests_on, doubt = await self._basis_lookup.named(caller, given.source)
        if not given.source:
            rests_on = await self._basis_lookup.quoted(group)
        if given.collection:
            rule = self._rules.collection(caller, given.collection)
        else:
            rule = home_of(rules, rests_on)
        question = published_question(given.question, group)
        name = f"team-answer-{hashlib.sha256(question.encode()).hexdigest()[:12]}.txt"
        source = source_id(rule.name, name)
        made = TeamAnswer(
            guild=rules.guild,
            collection=rule.name,
            name=name,
            source=source,
            question=question,
            text=given.text,
            author=author,
            at=time.time(),
            rests_on=tuple(basis for basis in rests_on if basis.source != source),
            review=doubt,
            asked_by=askers_in_words(group, question),
        )
        written = await self._publish(made)
        if not written.report.failed:
            await self._open_questions.answered(
                group, rules.guild, source=source, collection=rule.name
            )
        return written

    async def used_in(self, source: str) -> str | None:
        """Return the collection of a team answer; empty while it waits, None once it is gone."""
        if any(held.source == source for held in self._waiting.values()):
            return ""
        found = await self._reader.source(source)
        return found.collection if found else None

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
                await self._remove(held.source)
            await self._forget(held)

    async def _publish(self, made: TeamAnswer) -> Written:
        """Keep a team answer, and index it unless it waits for a review."""
        async with self._changing:
            self._rules.check_kept(made.guild, made.at)
            if made.review is not None:
                await self._keep(made)
                return Written(SyncReport(), made.review)
            if made.id == 0:
                made = await self._keep(made)
            report = await self._index(made)
            if not report.failed:
                await self._keep(made)
        if not report.failed:
            self._open_questions.announce()
        return Written(report)

    async def sign(self) -> None:
        """Take the signatures out of the texts of team answers, where an earlier release had them.

        There they could be found and quoted; now they stand beside a citation.
        """
        async with self._changing:
            for held in await self._answers.all():
                source = await self._reader.source(held.source) if held.review is None else None
                if source is not None and source.text.strip() != held.document.strip():
                    await self._index(held)

    async def _index(self, made: TeamAnswer) -> SyncReport:
        return await self._write_queue.write(
            TEAM_ANSWERS,
            self._documents.add_text,
            made.collection,
            made.name,
            made.document,
            title=made.title,
            added_by=made.signature,
        )

    async def forget(self, asker: str, questions: Collection[str]) -> None:
        """Take the question off every team answer that is called by the words of this asker alone.

        Of old ones it is not kept whose words they are; they are compared with the asker's own.
        The index follows at the next look at the team answers, if it is busy or this is cut off.
        """
        async with self._changing:
            every = await self._answers.all()
            mine = [held for held in every if is_in_words_of(held, asker, questions)]
            for held in mine:
                left = tuple(one for one in held.asked_by or () if one != asker)
                changes = {"asked_by": left, "question": held.question if left else ""}
                nameless = await self._keep(held.model_copy(update=changes))
                if nameless.title != held.title:
                    await self._memory.replace_title(held.guild, held.title, nameless.title)
        if mine:
            await self.load()
            try:
                await self.expire()
            except Exception:
                logger.exception("titles of team answers are forgotten in the index later")

    async def _rename(self, held: TeamAnswer, *, indexed: bool) -> TeamAnswer:
        """Keep and index a team answer without its question, which its old name is made from."""
        name = held.forgotten_name
        source = source_id(held.collection, name)
        renamed = held.model_copy(update={"name": name, "source": source})
        if indexed:
            await self._index(renamed)
        if (new := await self._reader.source(source)) is not None:
            for other in await self._answers.all():
                bases = (_moved(basis, held.source, new) for basis in other.rests_on)
                await self._keep(other.model_copy(update={"rests_on": tuple(bases)}))
        if indexed:
            await self._remove(held.source)
        return await self._keep(renamed)

    async def expire(self) -> None:
        """Take team answers out of the index whose sources have changed, or gone."""
        async with self._changing:
            every = await self._answers.all()
            versions = await self._basis_lookup.versions(every)
            for held in every:
                if not held.question and held.name != held.forgotten_name:
                    await self._rename(held, indexed=held.source in versions)
                else:
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
            await self._remove(held.source)

    async def _remove(self, source: str) -> None:
        with suppress(SourceNotFound):  # another bot on the same records was first
            await self._write_queue.write(TEAM_ANSWERS, self._documents.remove, source)

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


def _moved(basis: Basis, source: str, now: Source) -> Basis:
    """Return what an answer rests on, by its new name where it was called `source`."""
    if basis.source != source:
        return basis
    return basis.model_copy(update={"source": now.id, "title": now.title, "sha256": now.sha256})
