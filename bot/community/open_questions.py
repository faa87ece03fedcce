"""Questions of one server that found no good answer: who may see them, and what closes them."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from bot.bridge import Bridge
from bot.community.gap_groups import GapGroup, grouped, like, shown_gaps
from bot.community.rights import Caller, Places, readable
from bot.community.server_rules import NotAvailableError, ServerRules
from bot.community.store.feedback import Feedback
from bot.community.store.memory import Memory
from bot.community.store.notice_records import Notice, NoticeRecords
from bot.community.store.records import Gap, Kept
from bot.schema import Embed
from index.errors import QuothError
from index.protocols import Vectors

NO_LONGER_OPEN = "This question is no longer open."

MAX_DRAFTS = 2_000
"""Questions on screens whose form is known without any waiting; the oldest go first."""


@dataclass(frozen=True)
class Draft:
    """What stands in the form of a question before a manager edits it."""

    group: GapGroup
    guild: int
    answer: str = ""
    """What was answered and disliked, as far as the manager may read it."""


class OpenQuestions:
    """Shows gaps to the managers who may see them, and closes them."""

    def __init__(
        self,
        *,
        rules: ServerRules,
        feedback: Feedback,
        memory: Memory,
        notices: NoticeRecords,
        bridge: Bridge,
        embed: Embed | None,
    ) -> None:
        self._rules = rules
        self._feedback = feedback
        self._memory = memory
        self._notices = notices
        self._bridge = bridge
        self._embed = embed
        self._drafts: OrderedDict[int, Draft] = OrderedDict()

    async def groups(self, caller: Caller, places: Places) -> list[GapGroup]:
        """Return the questions that this manager may see, grouped."""
        guild = self._rules.managed(caller).guild
        gaps = shown_gaps(await self._feedback.gaps(guild), places)
        vectors = await self._vectors([gap.question for gap in gaps])
        groups = await self._bridge.run(grouped, gaps, vectors)
        for group in groups:
            self._put(group.gaps[0].id, Draft(group, guild, await self._disliked(caller, group)))
        return groups

    async def group(self, caller: Caller, gap: int, places: Places) -> GapGroup:
        """Return the group of a question; raises NotAvailableError once it is closed."""
        for group in await self.groups(caller, places):
            if gap in {one.id for one in group.gaps}:
                return group
        raise NotAvailableError(NO_LONGER_OPEN)

    def draft(self, caller: Caller, gap: int, places: Places) -> Draft | None:
        """Return what a form begins with; None where it is not known without waiting."""
        guild = self._rules.managed(caller).guild
        draft = self._drafts.get(gap)
        if draft is None or draft.guild != guild:
            return None
        today = shown_gaps(draft.group.gaps, places)
        return draft if tuple(today) == draft.group.gaps else None

    async def close(self, caller: Caller, gap: int, places: Places) -> None:
        """Close a question and those like it that this manager sees, without an answer."""
        guild = self._rules.managed(caller).guild
        group = await self.group(caller, gap, places)
        await self._feedback.close_gaps(guild, [one.id for one in group.gaps])

    async def answered(self, group: GapGroup, guild: int, *, source: str, collection: str) -> None:
        """Close a question that is answered now, and those like it whoever may see them.

        Whoever asked is told, if the question could be answered from the collection. Of others
        than the group, only those are closed whose asker can find the answer.
        """
        told: list[Notice] = []
        for gap in group.gaps:
            told += await self._notice(gap, guild, source, collection)
        closed = [gap.id for gap in group.gaps]
        for gap in await self._others(group, guild):
            if notice := await self._notice(gap, guild, source, collection):
                told += notice
                closed.append(gap.id)
        await self._notices.close_gaps(guild, closed, _each_once(told))
        self.announce()

    def announce(self) -> None:
        """Let be told now what waited for an answer to be used."""
        self._notices.on_new()

    async def _others(self, group: GapGroup, guild: int) -> list[Gap]:
        gaps = await self._feedback.gaps(guild)
        vectors = await self._vectors([group.wording, *(gap.question for gap in gaps)])
        return await self._bridge.run(like, group, gaps, vectors)

    async def _notice(self, gap: Gap, guild: int, source: str, collection: str) -> list[Notice]:
        """Return whom to tell of a gap, if that is known and they may read the answer."""
        kept = await self._memory.answer(gap.answer) if gap.own else None
        if kept is None or collection not in kept.collections:
            return []
        return [
            Notice(
                guild=guild,
                person=kept.asker,
                channel=None if kept.private else kept.channel,
                kind="answered",
                about=source,
                key=kept.key,
                text=gap.question,
                at=time.time(),
            )
        ]

    async def _disliked(self, caller: Caller, group: GapGroup) -> str:
        """Return the newest answer of a group that was disliked, if `caller` may read it."""
        open_to = readable(caller, self._rules.of(caller.home))
        for gap in group.gaps:
            kept = await self._memory.answer(gap.answer) if gap.kind == "disliked" else None
            if kept is not None and _is_readable(kept, open_to):
                return kept.answer.text
        return ""

    async def _vectors(self, questions: Sequence[str]) -> Vectors | None:
        if self._embed and questions:
            with suppress(QuothError):  # without a model, words alone tell what is alike
                return await self._embed(questions)
        return None

    def _put(self, gap: int, draft: Draft) -> None:
        self._drafts[gap] = draft
        self._drafts.move_to_end(gap)
        while len(self._drafts) > MAX_DRAFTS:
            self._drafts.popitem(last=False)

    def forget_drafts(self) -> None:
        """Drop what was prepared for forms: something of it was forgotten."""
        self._drafts.clear()


def _is_readable(kept: Kept, open_to: Sequence[str]) -> bool:
    return all(citation.collection in open_to for citation in kept.answer.shown_citations)


def _each_once(notices: Sequence[Notice]) -> list[Notice]:
    """Return one notice for each person and place, of the newest question."""
    found: dict[tuple[int, int | None], Notice] = {}
    for notice in notices:
        found.setdefault((notice.person, notice.channel), notice)
    return list(found.values())
