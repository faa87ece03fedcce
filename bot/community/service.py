"""Everything a Discord handler needs, put together without Discord."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.bridge import Bridge, WriteQueue, open_writers
from bot.community.channel_sources import ChannelSources
from bot.community.cooldown import Cooldowns
from bot.community.documents import Documents, SourceReader
from bot.community.fair_queue import FairQueue
from bot.community.followed_messages import FollowedMessages
from bot.community.given_answers import GivenAnswers
from bot.community.kept_folder import KeptFolder
from bot.community.open_questions import OpenQuestions
from bot.community.owed_writes import OwedWrites, Write
from bot.community.question_intake import Answering, QuestionIntake
from bot.community.quoted_pictures import QuotedPictures
from bot.community.server_erasure import ServerErasure
from bot.community.server_rules import ServerRules
from bot.community.source_intake import SourceIntake
from bot.community.source_links import SourceLinks
from bot.community.source_management import SourceManagement
from bot.community.store.channel_records import ChannelRecords
from bot.community.store.confirmations import Confirmations
from bot.community.store.erasure_records import ErasureRecords
from bot.community.store.feedback import Feedback
from bot.community.store.followed_records import FollowedRecords
from bot.community.store.memory import Memory
from bot.community.store.notice_records import NoticeRecords
from bot.community.store.open_answers import OpenAnswers
from bot.community.store.records_file import Records
from bot.community.store.team_answer_records import TeamAnswerRecords
from bot.community.team_answer_basis import BasisLookup
from bot.community.team_answers import TeamAnswers
from bot.language_models.guarded_model import LONGEST
from bot.observer import Observer
from bot.schema import Embed
from bot.settings import Settings
from index.errors import QuothError
from index.schema import CatalogStats

logger = logging.getLogger(__name__)

GRACE = 7.0
"""Seconds for answers under way when the bot is stopped; systemd and Docker wait for ten."""

_HOUR = 3600.0
_MINUTE = 60.0


@dataclass(frozen=True)
class Parts:
    """What the service is made from."""

    settings: Settings
    answerer: Answering
    bridge: Bridge
    records: Records
    documents: Documents
    writers: Bridge = field(default_factory=open_writers)
    """The threads that write to the index; who opened them waits for them."""
    embed: Embed | None = None
    """Embeds questions, where that can be done."""
    observer: Observer = field(default_factory=Observer)
    """Is told of what is done."""
    stats: Callable[[], CatalogStats] | None = None
    """Counts what is in the index, where that can be done."""


@dataclass
class AnswersUnderWay:
    """Answers under way, so that stopping can wait for them."""

    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def start(self, work: Awaitable[None]) -> asyncio.Task[None]:
        """Run `work`, and know of it until it is done."""
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def join(self) -> None:
        """Have a stop wait for the task that calls this, too."""
        if task := asyncio.current_task():
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def finish(self, grace: float) -> None:
        """Wait for what is under way, and for what begins meanwhile.

        What takes longer is cancelled, and left time to say so.
        """
        end = time.monotonic() + grace
        while self.tasks and (left := end - time.monotonic()) > 0:
            await asyncio.wait(self.tasks, timeout=left)
        late = set(self.tasks)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=2.0)


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


@asynccontextmanager
async def open_service(parts: Parts, *, deadline: float | None = None) -> AsyncIterator[Service]:
    """Open everything that works on the bot's records, and its chores; stop them at the end."""
    service = await _built(parts, deadline)
    await _erase(service)
    await service.team_answers.sign()
    if await service.sources.shared.is_empty():
        # Nobody is told "not found" only because nothing has been read yet.
        await service.folder.step(at_once=True)
    follow = service.folder.run() if parts.settings.watch == "on" else service.look_again()
    works = (
        *(_expire(service), follow, service.folder.embed()),
        *(_follow_pages(service), service.owed.run()),
    )
    chores = [asyncio.create_task(work) for work in works]
    try:
        yield service
    finally:
        for chore in chores:
            chore.cancel()
        await asyncio.gather(*chores, return_exceptions=True)
        await service.owed.settle()
        service.sources.under_way.stop()


@dataclass(frozen=True)
class _Common:
    """What several parts of a service share."""

    parts: Parts
    memory: Memory
    feedback: Feedback
    confirmations: Confirmations
    rules: ServerRules
    reader: SourceReader
    notices: NoticeRecords
    write_queue: WriteQueue


async def _built(parts: Parts, deadline: float | None) -> Service:
    common = await _common(parts)
    open_questions = _open_questions(common)
    team_answers = _team_answers(common, open_questions)
    await team_answers.load()
    sources = SourceManagement(
        rules=common.rules,
        team_answers=team_answers,
        reader=common.reader,
        documents=parts.documents,
        write_queue=common.write_queue,
        channel_records=await parts.records.run(ChannelRecords, parts.records),
        site_seconds=parts.settings.site_seconds,
    )
    followed = _followed(common, sources.intake)
    await followed.load()
    links = SourceLinks(parts.settings, common.reader, parts.bridge)
    return Service(
        settings=parts.settings,
        questions=_questions(common, deadline),
        answers=GivenAnswers(
            rules=common.rules,
            memory=common.memory,
            feedback=common.feedback,
            confirmations=common.confirmations,
            reader=common.reader,
        ),
        pictures=QuotedPictures(parts.documents, parts.writers),
        sources=sources,
        team_answers=team_answers,
        open_questions=open_questions,
        notices=common.notices,
        followed=followed,
        erasure=_erasure(common, open_questions, team_answers, links),
        links=links,
        rules=common.rules,
        memory=common.memory,
        feedback=common.feedback,
        confirmations=common.confirmations,
        open_answers=OpenAnswers(parts.records),
        folder=KeptFolder(sources.shared, parts.writers, parts.documents.watch(), parts.observer),
        observer=parts.observer,
    )


async def _common(parts: Parts) -> _Common:
    settings, records = parts.settings, parts.records
    memory = Memory(records)
    common = _Common(
        parts=parts,
        memory=memory,
        feedback=await records.run(Feedback, records, names=settings.gap_names == "on"),
        confirmations=await records.run(Confirmations, records),
        rules=ServerRules(memory),
        reader=SourceReader(parts.documents, records),
        notices=NoticeRecords(records),
        write_queue=WriteQueue(parts.writers),
    )
    await common.rules.load()
    return common


def _questions(common: _Common, deadline: float | None) -> QuestionIntake:
    settings = common.parts.settings
    return QuestionIntake(
        common.parts.answerer,
        memory=common.memory,
        feedback=common.feedback,
        confirmations=common.confirmations,
        cooldowns=Cooldowns(
            person_seconds=settings.cooldown_seconds, server_per_minute=settings.server_per_minute
        ),
        queue=FairQueue(),
        history_days=settings.history_days,
        deadline=deadline or _deadline(settings),
        check_kept=common.rules.check_kept,
        observer=common.parts.observer,
    )


def _open_questions(common: _Common) -> OpenQuestions:
    return OpenQuestions(
        rules=common.rules,
        feedback=common.feedback,
        memory=common.memory,
        notices=common.notices,
        bridge=common.parts.bridge,
        embed=common.parts.embed,
    )


def _team_answers(common: _Common, open_questions: OpenQuestions) -> TeamAnswers:
    return TeamAnswers(
        rules=common.rules,
        open_questions=open_questions,
        memory=common.memory,
        basis_lookup=BasisLookup(rules=common.rules, memory=common.memory, reader=common.reader),
        answers=TeamAnswerRecords(common.parts.records),
        reader=common.reader,
        documents=common.parts.documents,
        write_queue=common.write_queue,
    )


def _followed(common: _Common, sources: SourceIntake) -> FollowedMessages:
    return FollowedMessages(
        sources=sources,
        reader=common.reader,
        records=FollowedRecords(common.parts.records),
        notices=common.notices,
        documents=common.parts.documents,
        bridge=common.parts.bridge,
    )


def _erasure(
    common: _Common,
    open_questions: OpenQuestions,
    team_answers: TeamAnswers,
    links: SourceLinks,
) -> ServerErasure:
    return ServerErasure(
        rules=common.rules,
        team_answers=team_answers,
        open_questions=open_questions,
        records=ErasureRecords(common.parts.records),
        links=links,
        documents=common.parts.documents,
        bridge=common.parts.bridge,
        write_queue=common.write_queue,
        keep_days=common.parts.settings.keep_days_after_leaving,
    )


def _deadline(settings: Settings) -> float:
    """Return the seconds after which even the slowest model has written, or was cut off."""
    silence = settings.llm_timeout
    writing = max(LONGEST, silence) if settings.llm else 0.0
    return 2 * silence + writing + _MINUTE


async def _expire(service: Service) -> None:
    while True:
        await service.owed.make("expire", "What is over its time was not deleted", _over(service))
        await _erase(service)
        await asyncio.sleep(_HOUR)


def _over(service: Service) -> Write:
    """Return what deletes from memory what is over its time."""
    days = service.settings.history_days
    return lambda: service.memory.expire(time.time(), history_days=days)


async def _erase(service: Service) -> None:
    """Erase what is due of servers that were left."""
    undone = "What is due of servers that were left was not erased"
    await service.owed.make("erase", undone, service.erasure.finish)


async def _follow_pages(service: Service) -> None:
    """Ask for what is new of web pages; what fails now may work the next time."""
    while True:
        try:
            await service.sources.sites.refresh_due()
        except QuothError as error:
            logger.warning("the web pages were not refreshed: %s", error)
            service.observer.not_synced("web")
        except Exception:
            logger.exception("the web pages were not refreshed")
            service.observer.not_synced("web")
        else:
            service.observer.synced("web")
        await asyncio.sleep(_MINUTE)
