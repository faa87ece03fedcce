"""Everything that a Discord handler calls, in one place, without Discord."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from bot.community.answers_under_way import AnswersUnderWay
from bot.community.changes_elsewhere import ChangesElsewhere
from bot.community.channel_sources import ChannelSources
from bot.community.followed_messages import FollowedMessages
from bot.community.given_answers import GivenAnswers
from bot.community.kept_folder import KeptFolder
from bot.community.open_questions import OpenQuestions
from bot.community.owed_writes import OwedWrites
from bot.community.question_intake import QuestionIntake
from bot.community.quoted_pictures import QuotedPictures
from bot.community.server_erasure import ServerErasure
from bot.community.server_rules import ServerRules
from bot.community.source_links import SourceLinks
from bot.community.source_management import SourceManagement
from bot.community.store.confirmations import Confirmations
from bot.community.store.feedback import Feedback
from bot.community.store.live_processes import LiveProcesses
from bot.community.store.memory import Memory
from bot.community.store.notice_records import NoticeRecords
from bot.community.store.open_answers import OpenAnswer, OpenAnswers
from bot.community.team_answers import TeamAnswers
from bot.observer import Observer
from bot.settings import Settings

GRACE = 7.0
"""Seconds for answers under way when the bot is stopped; systemd and Docker wait for ten."""

_MINUTE = 60.0


@dataclass(frozen=True)
class Service:
    """What handlers call."""

    settings: Settings
    questions: QuestionIntake
    answers: GivenAnswers
    pictures: QuotedPictures
    sources: SourceManagement
    team_answers: TeamAnswers
    open_questions: OpenQuestions
    notices: NoticeRecords
    erasure: ServerErasure
    followed: FollowedMessages
    rules: ServerRules
    memory: Memory
    feedback: Feedback
    confirmations: Confirmations
    open_answers: OpenAnswers
    folder: KeptFolder
    links: SourceLinks
    processes: LiveProcesses
    elsewhere: ChangesElsewhere
    under_way: AnswersUnderWay = field(default_factory=AnswersUnderWay)
    owed: OwedWrites = field(default_factory=OwedWrites)
    observer: Observer = field(default_factory=Observer)

    @property
    def channels(self) -> ChannelSources:
        """Channels whose messages are sources."""
        return self.sources.channels

    @property
    def message_content(self) -> bool:
        """Whether messages without a mention are read."""
        return self.settings.message_content == "on"

    async def forget(self, person: int) -> int:
        """Delete what is kept of one person; return how many questions that were."""
        await self.feedback.forget(person)
        await self.confirmations.forget(person)
        await self.open_answers.forget(person)
        await self.channels.forget(person)
        await self.links.forget(person)
        questions = await self.memory.questions(person)
        count = await self.memory.forget(person)
        self.open_questions.forget_drafts()
        await self.team_answers.forget(self.feedback.stands_for(person), questions)
        return count

    async def strike_off(self, id: int) -> None:
        """Note that who waited for `id` is told; what cannot be noted now is noted later."""
        self.observer.told(id)
        undone = f"{id} is told, but was not struck off"
        await self.owed.make(("told", id), undone, lambda: self.open_answers.strike(id))

    async def left_waiting(self) -> tuple[OpenAnswer, ...]:
        """Return who waits for a process that has ended; this one answers them from now on."""
        alive = await self.processes.alive()
        return await self.open_answers.take_over(alive | {self.processes.id})

    async def look_again(self) -> None:
        """Look once a minute at the team answers whose sources another process may change."""
        while True:
            await self.owed.make("team answers", "Team answers were not looked at", self._expired)
            await asyncio.sleep(_MINUTE)

    async def _expired(self) -> None:
        await self.team_answers.expire()

    async def stop(self) -> None:
        """Take no more questions, and finish or excuse those under way."""
        self.questions.stop()
        await self.under_way.finish(GRACE)
