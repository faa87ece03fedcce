"""The service put together from its parts, without Discord."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.bridge import Bridge, WriteQueue, open_writers
from bot.community.changes_elsewhere import ChangesElsewhere, Read
from bot.community.cooldown import Cooldowns, OwnCount, QuestionCount
from bot.community.documents import Documents, SourceReader
from bot.community.fair_queue import FairQueue
from bot.community.followed_messages import FollowedMessages
from bot.community.given_answers import GivenAnswers
from bot.community.kept_folder import KeptFolder
from bot.community.open_questions import OpenQuestions
from bot.community.question_intake import Answering, QuestionIntake
from bot.community.quoted_pictures import QuotedPictures
from bot.community.server_erasure import ServerErasure
from bot.community.server_rules import ServerRules
from bot.community.service import Service
from bot.community.source_intake import SourceIntake
from bot.community.source_links import SourceLinks
from bot.community.source_management import SourceManagement
from bot.community.store.asked_records import AskedRecords
from bot.community.store.change_marks import ChangeMarks, Kind
from bot.community.store.channel_records import ChannelRecords
from bot.community.store.confirmations import Confirmations
from bot.community.store.erasure_records import ErasureRecords
from bot.community.store.feedback import Feedback
from bot.community.store.followed_records import FollowedRecords
from bot.community.store.live_processes import LiveProcesses
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
from index.schema import CatalogStats
from index.store.work_state import WorkState

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
    work: Callable[[], WorkState] | None = None
    """Looks at what is still to be done for it."""


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
    processes: LiveProcesses


async def build_service(parts: Parts, deadline: float | None) -> Service:
    """Put a service together from its parts, with what it remembers loaded."""
    processes = LiveProcesses(parts.records)
    await processes.beat()
    marks = ChangeMarks(parts.records)
    known = await marks.read() if parts.records.is_shared else {}  # before what they tell of
    common = await _common(parts, processes)
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
    elsewhere = _elsewhere(common, marks, known, sources, team_answers, open_questions, followed)
    return Service(
        settings=parts.settings,
        questions=_questions(common, elsewhere, deadline),
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
        processes=processes,
        elsewhere=elsewhere,
        rules=common.rules,
        memory=common.memory,
        feedback=common.feedback,
        confirmations=common.confirmations,
        open_answers=OpenAnswers(parts.records, processes.id),
        folder=KeptFolder(sources.shared, parts.writers, parts.documents.watch(), parts.observer),
        observer=parts.observer,
    )


def _elsewhere(
    common: _Common,
    marks: ChangeMarks,
    known: Mapping[Kind, str],
    sources: SourceManagement,
    team_answers: TeamAnswers,
    open_questions: OpenQuestions,
    followed: FollowedMessages,
) -> ChangesElsewhere:
    """Put together what is read again when another bot has changed it."""
    records = common.parts.records
    elsewhere = ChangesElsewhere(
        marks,
        {
            "rules": [common.rules.load],
            "team answers": [team_answers.load, _called(open_questions.announce)],
            "followed messages": [followed.read],
            "left out persons": [sources.channels.records.read_left_out],
            "channels": [_called(lambda: sources.channels.on_new())],
            "notices": [_called(lambda: common.notices.on_new())],
            "forms": [_called(open_questions.forget_drafts)],
        },
        known,
        is_shared=records.is_shared,
    )
    if records.is_shared:
        common.rules.catch_up = elsewhere.catch_up
    return elsewhere


def _called(call: Callable[[], None]) -> Read:
    """Return what calls something that does not wait, where something awaited is wanted."""

    async def read() -> None:
        call()

    return read


async def _common(parts: Parts, processes: LiveProcesses) -> _Common:
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
        processes=processes,
    )
    await common.rules.load()
    return common


def _questions(
    common: _Common, elsewhere: ChangesElsewhere, deadline: float | None
) -> QuestionIntake:
    settings = common.parts.settings
    return QuestionIntake(
        common.parts.answerer,
        memory=common.memory,
        feedback=common.feedback,
        confirmations=common.confirmations,
        count=_question_count(common.parts),
        queue=FairQueue(),
        history_days=settings.history_days,
        deadline=deadline or _deadline(settings),
        check_kept=common.rules.check_kept,
        catch_up=elsewhere.catch_up,
        observer=common.parts.observer,
    )


def _question_count(parts: Parts) -> QuestionCount:
    """Return what counts questions: for all who share the records, or in memory."""
    person, server = parts.settings.cooldown_seconds, parts.settings.server_per_minute
    if parts.records.is_shared:
        return AskedRecords(parts.records, person_seconds=person, server_per_minute=server)
    return OwnCount(Cooldowns(person_seconds=person, server_per_minute=server))


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
        is_first=lambda: common.processes.is_first,
    )


def _deadline(settings: Settings) -> float:
    """Return the seconds after which even the slowest model has written, or was cut off."""
    silence = settings.llm_timeout
    writing = max(LONGEST, silence) if settings.llm else 0.0
    return 2 * silence + writing + _MINUTE
