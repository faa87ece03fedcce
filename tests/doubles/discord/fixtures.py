"""What tests of the Discord edge are made of: values, a recording answerer, a running bot."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import re
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from blockbuster import blockbuster_ctx

from bot.bridge import Bridge
from bot.community.built_service import Parts
from bot.community.documents import Steps
from bot.community.service import Service
from bot.community.store.records import Kept
from bot.community.store.records_file import open_records
from bot.discord_bot.client import QuothBot
from bot.discord_bot.run import open_parts, serve, shut_down
from bot.operation.monitor import open_observer
from bot.schema import (
    NOT_IN_SOURCES,
    NOT_SURE,
    Answer,
    AnswerPart,
    Citation,
    HitTrace,
    Scope,
    Status,
    Turn,
    is_team_answer,
)
from bot.settings import Settings, load_settings
from index.config import SHARED_COLLECTION
from index.errors import PictureUnavailable, SourceNotFound
from index.schema import (
    Evidence,
    LoadedDocument,
    PagePicture,
    SiteEntry,
    Source,
    SourceEntry,
    Span,
    SyncFailure,
    SyncReport,
    source_id,
)
from index.sync.crawl_step import CrawlStep
from index.sync.page_batch import Watch
from index.sync.time_budget import TimeBudget
from index.text.place_names import place_fragment, told_place
from tests.doubles.discord.server import DiscordServer, GuildHandle, Person
from tests.doubles.discord.world import MANAGE_GUILD, Channel

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

SERVERS_COME_WITHIN = 0.5
"""Seconds after one server within which the next has come, even on a busy machine."""


def source(
    collection: str, uri: str, text: str, *, title: str | None = None, url: str | None = None
) -> Source:
    """A source as the index would keep it."""
    return Source(
        id=source_id(collection, uri),
        collection=collection,
        uri=uri,
        title=title or uri,
        mime="text/plain",
        sha256=f"{abs(hash(text)):064x}"[-64:],
        text=text,
        url=url,
        modified=NOW,
        added_at=NOW,
    )


def citation(of: Source, quote: str, *, marker: int | None = 1) -> Citation:
    """A quote from a source."""
    start = of.text.index(quote)
    return Citation(
        marker=marker,
        evidence=Evidence(source_id=of.id, sha256=of.sha256, start=start, end=start + len(quote)),
        collection=of.collection,
        source=of.uri,
        title=of.title,
        mime=of.mime,
        quote=quote,
        url=of.url,
        place=told_place(of, Span(start=start, end=start + len(quote))),
        fragment=place_fragment(of, Span(start=start, end=start + len(quote))),
        page=of.page_at(start),
        picture=of.picture_of(Span(start=start, end=start + len(quote))),
        lines=of.lines_of(Span(start=start, end=start + len(quote))),
        modified=of.modified,
        author=of.added_by if is_team_answer(of.uri) else None,
        missing=of.missing,
        stale=of.stale,
    )


def answer(
    question: str,
    *citations: Citation,
    status: Status = "answered",
    nearest: tuple[Citation, ...] = (),
    text: str | None = None,
) -> Answer:
    """An answer that quotes its citations, below a lead where it is not sure of them."""
    lead = (AnswerPart(text=NOT_SURE, role="lead"),) if status == "unsure" else ()
    quoted = (*lead, *(AnswerPart(markers=(one.marker or 0,)) for one in citations))
    said = () if citations and text is None else (AnswerPart(text=text or NOT_IN_SOURCES),)
    return Answer(
        id="a1b2",
        status=status,
        parts=said or quoted,
        citations=citations,
        nearest=nearest,
        confidence=0.8,
        question=question,
        standalone_question=question,
    )


def wordy(words: int) -> tuple[AnswerPart, ...]:
    """The one statement of a long answer that a model wrote."""
    return (AnswerPart(text="ceasefire " * words),)


def kept(
    key: str = "key",
    *,
    question: str = "What is it?",
    guild: int | None = 100,
    asker: int = 7,
    private: bool = False,
    conversation: str = "c1",
    at: float = 1000.0,
    citations: tuple[Citation, ...] = (),
    status: Status = "answered",
) -> Kept:
    """A stored answer."""
    return Kept(
        key=key,
        at=at,
        guild=guild,
        channel=10,
        asker=asker,
        private=private,
        conversation=conversation,
        collections=(SHARED_COLLECTION,),
        answer=answer(question, *citations, status=status),
    )


class PaperDocuments:
    """Documents in memory: what each collection holds, and what was done to it."""

    def __init__(self) -> None:
        self.papers: dict[str, Source] = {}
        self.calls: list[tuple[str, ...]] = []
        self.broken: dict[str, str] = {}
        """Reasons by name of a file or address that cannot be read."""
        self.held: threading.Event | None = None
        """If set, additions wait for it."""
        self.web = PaperWeb(self)
        self.pictures: dict[str, bytes] = {}
        """Of sources whose original is there, what their quotes were read from."""
        self.unread: dict[str, int] = {}
        """Files of the documents folder that are not read, by ending."""

    def put(self, paper: Source) -> Source:
        self.papers[paper.id] = paper
        return paper

    def sites(self, collection: str) -> Sequence[SiteEntry]:
        _off_the_loop()
        return []

    def collections(self) -> Sequence[str]:
        return sorted({paper.collection for paper in self.papers.values()})

    def sources(self, collection: str) -> Sequence[SourceEntry]:
        _off_the_loop()
        found = [paper for paper in self.papers.values() if paper.collection == collection]
        return [
            SourceEntry(
                id=paper.id,
                collection=collection,
                uri=paper.uri,
                title=paper.title,
                sha256=paper.sha256,
                characters=len(paper.text),
                url=paper.url,
                modified=paper.modified,
                added_at=paper.added_at,
                added_by=paper.added_by,
                missing=paper.missing,
                state="stale" if paper.stale else "ready",
                failure="It is not text." if paper.stale else None,
            )
            for paper in sorted(found, key=lambda paper: paper.uri)
        ]

    def not_read(self, collection: str) -> Mapping[str, int]:
        _off_the_loop()
        return self.unread if collection == "documents" else {}

    def sources_of(self, collection: str) -> list[str]:
        """Ids of what a collection holds."""
        return [paper.id for paper in self.papers.values() if paper.collection == collection]

    def source(self, id: str) -> Source:
        _off_the_loop()
        if id not in self.papers:
            raise SourceNotFound(id)
        return self.papers[id]

    def picture(self, source: str, span: Span) -> bytes:
        _off_the_loop()
        self.calls.append(("picture", source))
        if source not in self.pictures:
            raise PictureUnavailable("The file was not kept. Run `pip install 'x'` first.")
        return self.pictures[source]

    def page_picture(
        self, evidence: Evidence, highlight: Evidence | None = None, *, whole: bool = False
    ) -> PagePicture | None:
        _off_the_loop()
        self.calls.append(("page", str(evidence.start), str(highlight and highlight.start)))
        page = self.papers[evidence.source_id].page_at(evidence.start)
        if page is None:
            return None
        if evidence.source_id not in self.pictures:
            raise PictureUnavailable("The file was not kept.")
        shown = f"page {page}{' whole' * whole}".encode()
        return PagePicture(png=shown, page=page, is_marked=True, note="It goes on.")

    def add_file(
        self,
        collection: str,
        name: str,
        content: bytes,
        *,
        added_by: str | None,
        steps: Steps | None = None,
    ) -> SyncReport:
        report = self._add(collection, name, content.decode("utf-8", "replace"), added_by)
        held = self.papers.get(source_id(collection, name))
        if held is not None and not report.failed:
            self.put(held.model_copy(update={"sha256": hashlib.sha256(content).hexdigest()}))
        return report

    def add_text(
        self,
        collection: str,
        name: str,
        text: str,
        *,
        title: str,
        url: str | None = None,
        added_by: str | None,
    ) -> SyncReport:
        return self._add(collection, name, text, added_by, title=title, url=url)

    def add_document(
        self, collection: str, name: str, document: LoadedDocument, *, sha256: str
    ) -> SyncReport:
        _off_the_loop()
        known = self.papers.get(source_id(collection, name))
        if known is not None and known.sha256 == sha256:
            return SyncReport(unchanged=1)
        self.calls.append(("add", collection, name))
        paper = source(collection, name, document.text)
        self.put(paper.model_copy(update={**dict(document), "sha256": sha256}))
        return SyncReport(added=int(known is None), updated=int(known is not None))

    def remove(self, source: str) -> SyncReport:
        _off_the_loop()
        self.calls.append(("remove", source))
        if self.papers.pop(source, None) is None:
            raise SourceNotFound(source)
        return SyncReport(removed=1)

    def remove_archive(self, collection: str, uri: str) -> SyncReport:
        raise SourceNotFound(uri)

    def remove_collection(self, collection: str) -> None:
        _off_the_loop()
        self.calls.append(("remove collection", collection))
        self.papers = {
            id: paper for id, paper in self.papers.items() if paper.collection != collection
        }

    def watch(self) -> None:
        return None

    def embed_some(self, seconds: float) -> bool:
        return False

    def bring_in_step(
        self, *, rest: float = 0.0, budget: TimeBudget | None = None
    ) -> SyncReport | None:
        _off_the_loop()
        return None

    def carry_originals(self) -> None:
        _off_the_loop()

    def forget_missing(self) -> SyncReport:
        _off_the_loop()
        self.calls.append(("forget missing",))
        kept = {id: paper for id, paper in self.papers.items() if not paper.missing}
        report = SyncReport(removed=len(self.papers) - len(kept))
        self.papers = kept
        return report

    def add_text_of(self, collection: str, url: str, text: str, by: str | None) -> SyncReport:
        """Add the text of a page."""
        return self._add(collection, url, text, by)

    def _add(
        self,
        collection: str,
        name: str,
        text: str,
        by: str | None,
        *,
        title: str | None = None,
        url: str | None = None,
    ) -> SyncReport:
        _off_the_loop()
        self.calls.append(("add", collection, name))
        if self.held is not None:
            self.held.wait(60)
        if name in self.broken:
            return SyncReport(failed=(SyncFailure(source=name, reason=self.broken[name]),))
        paper = source(collection, name, text, title=title, url=url)
        known = self.papers.get(paper.id)
        if known is not None and known.text == text:
            return SyncReport(unchanged=1, passages=len(self.papers))
        self.put(paper.model_copy(update={"added_by": by}))
        return SyncReport(
            added=int(known is None), updated=int(known is not None), passages=len(self.papers)
        )


class PaperWeb:
    """Pages of a web without sites: what there is to read is said by their addresses."""

    def __init__(self, documents: PaperDocuments) -> None:
        self._documents = documents

    def add_page(
        self, collection: str, url: str, *, added_by: str | None, steps: Steps | None = None
    ) -> SyncReport:
        fetched = self._documents.calls.count(("add", collection, url))
        text = f"The page at {url}, version {fetched}."
        return self._documents.add_text_of(collection, url, text, added_by)

    def begin(self, collection: str, url: str, *, added_by: str | None) -> SyncReport:
        return SyncReport(failed=(SyncFailure(source=url, reason="There are no sites here."),))

    def read_on(
        self,
        collection: str,
        url: str,
        *,
        seconds: float,
        watch: Watch,
        steps: Steps | None = None,
    ) -> CrawlStep:
        raise SourceNotFound(url)

    def stop(self, collection: str, url: str) -> None:
        """There is nothing to stop."""

    def refresh(self, collection: str, *, seconds: float | None = None, watch: Watch) -> SyncReport:
        return SyncReport()

    def is_due(self) -> bool:
        return False

    def remove_site(self, collection: str, url: str) -> SyncReport:
        raise SourceNotFound(url)


@dataclass(frozen=True)
class AskedOnce:
    """One question that reached the answerer."""

    question: str
    scope: Scope
    history: tuple[Turn, ...]
    asker: str | None


class PaperAnswerer:
    """Quotes every sentence of the opened papers that shares a long word with the question."""

    def __init__(self, documents: PaperDocuments) -> None:
        self.documents = documents
        self.asked: list[AskedOnce] = []
        self.drafts: tuple[str, ...] = ()
        """Ever longer texts that a model has written before the answer is there."""
        self.pause = 0.0
        """Seconds before each draft, and before the answer."""
        self.held: asyncio.Event | None = None
        """If set, answers wait for it."""
        self.error: Exception | None = None
        self.sure = True
        """Whether what it quotes is claimed to answer."""
        self.changes: dict[str, object] = {}
        """Fields that every answer gets."""

    async def answer(
        self,
        question: str,
        *,
        scope: Scope,
        history: Sequence[Turn] = (),
        asker: str | None = None,
        show: Callable[[str], None] | None = None,
    ) -> Answer:
        self.asked.append(AskedOnce(question, scope, tuple(history), asker))
        if show is not None:
            for draft in self.drafts:
                await asyncio.sleep(self.pause)
                show(draft)
        await asyncio.sleep(self.pause)
        if self.held is not None:
            await self.held.wait()
        if self.error is not None:
            raise self.error
        return self._answer(question, scope)

    def _answer(self, question: str, scope: Scope) -> Answer:
        words = {word.strip("?.,!").casefold() for word in question.split() if len(word) > 4}
        opened = [
            paper
            for paper in self.documents.papers.values()
            if paper.collection in scope.collections and scope.source in (None, paper.id)
        ]
        sentences = [
            (paper, sentence)
            for paper in opened
            for sentence in re.findall(r"[^.\n]+\.", paper.text)
        ]
        hits = [
            (paper, sentence.strip())
            for paper, sentence in sentences
            if words & {word.strip(".,").casefold() for word in sentence.split()}
        ]
        cited = [citation(paper, said, marker=n) for n, (paper, said) in enumerate(hits, start=1)]
        near = tuple(citation(paper, said.strip(), marker=None) for paper, said in sentences[:3])
        found = (
            answer(question, *cited, status="answered" if self.sure else "unsure")
            if cited
            else answer(question, status="not_found", nearest=near)
        )
        trace = tuple(
            HitTrace(
                collection=paper.collection,
                source=paper.uri,
                title=paper.title,
                start=0,
                end=len(paper.text),
                score=0.5,
                dense_rank=rank,
                lexical_rank=rank,
                used=any(one.evidence.source_id == paper.id for one in cited),
            )
            for rank, paper in enumerate(opened, start=1)
        )
        return found.model_copy(update={"trace": trace, **self.changes})


@dataclass
class Stage:
    """A local Discord with a bot on it, for one test."""

    discord: DiscordServer
    parts: Parts
    documents: PaperDocuments = field(default_factory=PaperDocuments)
    answerer: PaperAnswerer = field(default_factory=lambda: PaperAnswerer(PaperDocuments()))
    deadline: float | None = None
    bot: QuothBot | None = None
    _task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the bot and wait until it listens."""
        self._task = self.run()
        connected = asyncio.create_task(self.discord.gateway.connected())
        await asyncio.wait({connected, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if not connected.done():
            connected.cancel()
            failed, self.bot, self._task = self._task, None, None
            await failed
        await connected
        bot = self.bot
        assert bot is not None
        # `wait_until_ready` waits two seconds for servers that might still come.
        world = self.discord.world
        known = [int(id) for id, guild in world.guilds.items() if world.bot.id in guild.members]
        await eventually(lambda: all(bot.get_guild(id) is not None for id in known))

    def run(self) -> asyncio.Task[None]:
        """Start the bot; where it is not the only one, nobody can wait for its connection."""
        self._task = asyncio.create_task(
            serve(self.parts, ready=self._take, deadline=self.deadline)
        )
        return self._task

    def _take(self, bot: QuothBot) -> None:
        self.bot = bot
        # It waits two seconds for servers that might still come; here all come at once.
        bot._connection.guild_ready_timeout = SERVERS_COME_WITHIN
        bot.before_identify_hook = _without_a_wait  # type: ignore[method-assign]

    async def stop(self) -> None:
        """Stop the bot as SIGTERM does."""
        if self.bot is not None and self._task is not None:
            await shut_down(self.bot)
            await self._task
        self.bot = self._task = None

    async def restart(self) -> None:
        """Stop the bot and start another on the same home."""
        await self.stop()
        await self.start()

    @property
    def service(self) -> Service:
        assert self.bot is not None
        return self.bot.service


def settings_for(home: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings without any cooldown."""
    given = {"QUOTH_HOME": str(home), "QUOTH_COOLDOWN_SECONDS": "0", **(environ or {})}
    given.setdefault("QUOTH_SERVER_PER_MINUTE", "6000")
    return load_settings(given, home.parent)


@asynccontextmanager
async def staged(home: Path, **environ: str) -> AsyncIterator[Stage]:
    """A local Discord and a bot over papers, started by `stage.start()`; judged at the end."""
    async with DiscordServer() as discord:
        documents = PaperDocuments()
        answerer = PaperAnswerer(documents)
        records, bridge = open_records(home), Bridge()
        settings = settings_for(home, discord.settings() | environ)
        parts = Parts(
            settings=settings,
            answerer=answerer,
            bridge=bridge,
            records=records,
            documents=documents,
            observer=open_observer(settings),
        )
        stage = Stage(discord, parts, documents, answerer)
        try:
            # Native code and our own index work are seen by `_off_the_loop`.
            with blockbuster_ctx(scanned_modules=["bot", "index"]):
                yield stage
                await stage.stop()
            discord.assert_clean()
        finally:
            await stage.stop()
            await asyncio.to_thread(bridge.close)
            await asyncio.to_thread(records.close)


async def _without_a_wait(shard_id: int | None, *, initial: bool = False) -> None:
    """Begin a new session at once: discord.py lets five seconds pass, as Discord asks for."""


async def eventually(
    true: Callable[[], object], *, within: float = 10.0, every: float = 0.01
) -> None:
    """Wait until something holds that nobody announces."""
    async with asyncio.timeout(within):
        while not await _value(true()):  # noqa: ASYNC110
            await asyncio.sleep(every)


async def settled(stage: Stage) -> None:
    """Wait until nobody has to be told anything any more."""

    async def nothing_left() -> bool:
        return not await stage.service.notices.pending()

    await eventually(nothing_left)


async def _value(said: object) -> object:
    return await said if isinstance(said, Awaitable) else said


@asynccontextmanager
async def staged_for_real(folder: Path, **environ: str) -> AsyncIterator[Stage]:
    """As `staged`, over the real index, models and answers of the home in `folder`."""
    gc.collect()  # a client refers to itself, and so the one before to 150 MiB of models
    gc.freeze()  # what is left stays to the end: the next collection looks at what is new alone
    async with DiscordServer() as discord:
        settings = settings_for(folder / ".quoth", discord.settings() | environ)
        async with open_parts(settings) as parts:
            stage = Stage(discord, parts)
            try:
                with blockbuster_ctx(scanned_modules=["bot"]):
                    yield stage
                    await stage.stop()
                discord.assert_clean()
            finally:
                await stage.stop()


def _off_the_loop() -> None:
    """Fail when index work runs on the loop's own thread, where it would block everybody."""
    assert threading.current_thread() is not threading.main_thread(), "index work on the loop"


def a_server(stage: Stage) -> tuple[GuildHandle, Channel, Person, Person]:
    """Return a server with a channel, one who manages it, and a member."""
    acme = stage.discord.guild("Acme")
    keepers = acme.role("keepers", MANAGE_GUILD)
    return acme, acme.text("general"), acme.member("Kim", keepers), acme.member("Ann")
