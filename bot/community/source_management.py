"""Sources and collections of one server, for those who may manage them."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from pathlib import PurePath
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from bot.bridge import WriteQueue
from bot.community.channel_documents import is_unit
from bot.community.channel_sources import ChannelSources
from bot.community.documents import Documents, SourceReader
from bot.community.rights import (
    DEFAULT_LABEL,
    MAX_COLLECTIONS,
    SHARED_LABEL,
    Caller,
    CollectionRule,
    Limit,
    collection_name,
    manageable,
    readable,
    server_of,
)
from bot.community.server_rules import NotAvailableError, ServerRules
from bot.community.site_management import SLICE, SiteManagement
from bot.community.source_refresh import MISSING, Refreshed, other_way, uploaded
from bot.community.store.channel_records import ChannelRecords
from bot.community.suggested_question import suggested_question
from bot.community.team_answers import TeamAnswers
from bot.community.work_under_way import Work, WorkUnderWay
from index.config import SHARED_COLLECTION
from index.errors import Cancelled, SourceNotFound
from index.load.formats import SUFFIXES
from index.load.unread_kinds import unread_type
from index.load.zip_archive import is_archive
from index.schema import (
    SiteEntry,
    Source,
    SourceEntry,
    SyncFailure,
    SyncReport,
    merged_reports,
    source_id,
)
from index.text.invisible_characters import is_blank, without_unseen

if TYPE_CHECKING:
    from index.sync.folder_watch import FolderWatch
    from index.sync.time_budget import TimeBudget

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

MAX_FILE_BYTES = 25 * 1024 * 1024
"""Discord's own limit for one request; a book of text is a tenth of it."""

MAX_LABEL = 40

FOLDER = "folder"
"""The share of work that following the documents folder is."""

VECTORS = "vectors"
"""The share of work that embedding in the background is."""

CANCELLED = "It was cancelled; what I had of it before stays."


@dataclass(frozen=True)
class Upload:
    """A file that somebody attached; it is fetched when its turn comes."""

    name: str
    size: int
    fetch: Callable[[], Awaitable[bytes]]


class SourceManagement:
    """What managers do."""

    def __init__(
        self,
        *,
        rules: ServerRules,
        team_answers: TeamAnswers,
        reader: SourceReader,
        documents: Documents,
        write_queue: WriteQueue,
        channel_records: ChannelRecords,
        site_seconds: float,
    ) -> None:
        self._rules = rules
        self._team_answers = team_answers
        self._reader = reader
        self._documents = documents
        self._write_queue = write_queue
        self._logged: frozenset[SyncFailure] = frozenset()
        self.under_way = WorkUnderWay(rules)
        self.sites = SiteManagement(
            rules=rules,
            reader=reader,
            documents=documents,
            write=self._write,
            seconds=site_seconds,
            shared=FOLDER,
        )
        self.channels = ChannelSources(
            rules=rules,
            records=channel_records,
            reader=reader,
            documents=documents,
            write=self._write,
        )

    async def readable_sources(self, caller: Caller) -> list[SourceEntry]:
        """Return the sources that `caller` may read here."""
        return await self._reader.sources(*readable(caller, self._rules.of(caller.home)))

    async def readable_sites(self, caller: Caller) -> list[SiteEntry]:
        """Return the web sites and feeds that `caller` may read here."""
        return await self._reader.sites(*readable(caller, self._rules.of(caller.home)))

    async def not_read(self, caller: Caller) -> Mapping[str, int]:
        """Return how many files of the documents folder are not read, by their ending.

        None are told where `caller` may not read the shared library.
        """
        if SHARED_COLLECTION not in readable(caller, self._rules.of(caller.home)):
            return {}
        return await self._reader.not_read(SHARED_COLLECTION)

    async def are_in(self, guild: int) -> bool:
        """Say whether a server has documents of its own."""
        rules = self._rules.of(guild)
        return rules is not None and bool(
            await self._reader.sources(*(rule.name for rule in rules.collections))
        )

    async def managed_sources(
        self, caller: Caller, *, with_units: bool = False
    ) -> list[SourceEntry]:
        """Return the sources of the server itself, for those who manage them.

        The days and threads of a channel are among them only `with_units`: a channel is a source
        as a whole.
        """
        rules = manageable(caller, self._rules.managed(caller))
        held = {rule.name for rule in rules if rule.holds is not None}
        found = await self._reader.sources(*(rule.name for rule in rules))
        if with_units:
            return found
        return [one for one in found if one.collection not in held or not is_unit(one.uri)]

    def label(self, caller: Caller, collection: str) -> str:
        """Return what people call a collection."""
        rules = self._rules.of(caller.home)
        rule = rules.rule(collection) if rules else None
        return rule.label if rule else SHARED_LABEL

    def named(self, caller: Caller, wanted: str) -> str:
        """Return the collection that a person means, by name or label, of those they may read here.

        Raises NotAvailableError, which says which there are.
        """
        labels = {
            name: self.label(caller, name) for name in readable(caller, self._rules.of(caller.home))
        }
        known = wanted.casefold().strip()
        for name, label in labels.items():
            if known in (name, label.casefold()):
                return name
        there_are = ", ".join(map(repr, labels.values())) or "none"
        raise NotAvailableError(
            f"There is no collection {wanted!r} that you may read here. There are: {there_are}."
        )

    async def add_files(
        self,
        caller: Caller,
        collection: str | None,
        uploads: Sequence[Upload],
        *,
        added_by: str,
        progress: Callable[[int, int, str], Awaitable[None]],
        work: Work,
    ) -> SyncReport:
        """Index files one by one; each failure is in the report."""
        began, rule = time.time(), self._shelf(caller, collection)
        reports = []
        for done, upload in enumerate(uploads):
            if refusal := _refused(upload, work):
                reports.append(refusal)
                continue
            await progress(done, len(uploads), upload.name)
            reports.append(await self._add_file(began, rule, upload, added_by, work))
        return reduce(merged_reports, reports, SyncReport())

    def _shelf(self, caller: Caller, collection: str | None) -> CollectionRule:
        """Return the collection that something is to go into; raises NotAvailableError."""
        rule = self._rules.collection(caller, collection or DEFAULT_LABEL)
        if rule.holds is not None:
            raise NotAvailableError(
                f"{rule.label!r} holds what is said in <#{rule.holds}>, and nothing else. Name "
                "another collection."
            )
        return rule

    async def _add_file(
        self, began: float, rule: CollectionRule, upload: Upload, added_by: str, work: Work
    ) -> SyncReport:
        try:
            content = await upload.fetch()
        except Exception:  # a network failure concerns this file only
            logger.warning("%s could not be fetched", upload.name, exc_info=True)
            return failed_report(upload.name, "Discord did not hand it over. Please try again.")
        self._rules.check_kept(work.caller.guild, began)
        self._rules.collection(work.caller, rule.name)  # which may have been deleted meanwhile
        try:
            return await self._write(
                _share(work.caller),
                self._documents.add_file,
                rule.name,
                upload.name,
                content,
                added_by=added_by,
                steps=work.step,
            )
        except Cancelled:
            return failed_report(upload.name, CANCELLED)

    async def add_page(
        self,
        caller: Caller,
        collection: str | None,
        url: str,
        *,
        added_by: str,
        work: Work,
        progress: Callable[[int, int, str], Awaitable[None]],
        site: bool = False,
    ) -> SyncReport:
        """Fetch a web page and index it, or a feed, or with `site` the whole site below it."""
        rule, url = self._shelf(caller, collection), url.strip()
        if work.cancelled:
            return failed_report(url, CANCELLED)
        try:
            return await self.sites.add(
                caller, rule, url, added_by=added_by, whole=site, work=work, progress=progress
            )
        except Cancelled:
            return failed_report(url, CANCELLED)

    async def add_text(
        self, caller: Caller, name: str, text: str, *, title: str, url: str | None, added_by: str
    ) -> SyncReport:
        """Index a text in the server's default collection."""
        rule = self._rules.collection(caller, DEFAULT_LABEL)
        return await self._write(
            _share(caller),
            self._documents.add_text,
            rule.name,
            name,
            text,
            title=title,
            url=url,
            added_by=added_by,
        )

    async def suggestion(
        self, caller: Caller, collection: str | None, uris: Sequence[str]
    ) -> tuple[str, str | None]:
        """Return what a collection is called, and a question about one of its sources, if any."""
        rule = self._rules.collection(caller, collection or DEFAULT_LABEL)
        for uri in uris:
            source = await self._reader.source(source_id(rule.name, uri))
            question = suggested_question(source) if source else None
            if question:
                return rule.label, question
        return rule.label, None

    def default(self, caller: Caller) -> str:
        """Return the name of the collection that messages go to, for those who manage it."""
        return self._rules.collection(caller, DEFAULT_LABEL).name

    async def put_text(self, source: Source, text: str, *, title: str) -> None:
        """Give a text that people wrote its new wording."""
        await self._write(
            str(server_of(source.collection)),
            self._documents.add_text,
            source.collection,
            source.uri,
            text,
            title=title,
            url=source.url,
            added_by=source.added_by,
        )

    async def take_out(self, guild: int, source: str) -> None:
        """Take a source of a server out of the index, by its id; one that is gone is fine."""
        with suppress(SourceNotFound):
            await self._write(str(guild), self._documents.remove, source)

    async def remove(self, caller: Caller, name: str) -> str:
        """Take a source of the server out of the index, or a whole site; return its title."""
        if (site := await self.sites.remove(caller, name)) is not None:
            return site.label
        entry = _called(await self.managed_sources(caller), name)
        await self._write(_share(caller), self._documents.remove, entry.id)
        return entry.title

    async def refreshable_sources(self, caller: Caller) -> list[SourceEntry]:
        """Return the sources of the server, and those of the shared library if it is read here."""
        found = await self.managed_sources(caller)
        shared = SHARED_COLLECTION in readable(caller, self._rules.of(caller.guild))
        return [*found, *await self._reader.sources(SHARED_COLLECTION)] if shared else found

    async def refresh(self, caller: Caller, name: str) -> Refreshed:
        """Fetch a web page again, or bring a file of the documents folder in step.

        Raises NotAvailableError with what to do instead for what cannot be fetched.
        """
        if (site := await self.sites.called(caller, name)) is not None:
            if site.kind == "zip":
                raise NotAvailableError(uploaded(site.title))
            return Refreshed(await self.sites.refresh(caller, site))
        entry = _called(await self.refreshable_sources(caller), name)
        if sentence := other_way(entry):
            raise NotAvailableError(sentence)
        if entry.collection == SHARED_COLLECTION:
            return Refreshed(await self._follow(entry), followed=True)
        report = await self._write(
            _share(caller),
            self._documents.web.add_page,
            entry.collection,
            entry.uri,
            added_by=entry.added_by,
        )
        return Refreshed(report or failed_report(entry.uri, "It is a feed now. Add it anew."))

    async def _follow(self, entry: SourceEntry) -> SyncReport:
        """Bring the documents folder in step, and say what that meant for one file of it."""
        await self._write(FOLDER, self._documents.bring_in_step)
        after = {one.uri: one for one in await self._reader.sources(SHARED_COLLECTION)}
        now = after.get(entry.uri)
        if now is None:
            return SyncReport(removed=1)
        if now.missing:
            return failed_report(now.uri, MISSING)
        if now.failure:
            return failed_report(now.uri, now.failure)
        same = now.sha256 == entry.sha256
        return SyncReport(updated=int(not same), unchanged=int(same))

    async def create(self, caller: Caller, label: str, roles: Limit) -> CollectionRule:
        """Create a collection, limited to some roles or open to the server."""
        rules = self._rules.managed(caller)
        label = " ".join(without_unseen(label).split())
        if is_blank(label) or len(label) > MAX_LABEL:
            raise NotAvailableError(f"A collection's name has 1 to {MAX_LABEL} characters.")
        if rules.rule(label) or label.casefold() in (SHARED_LABEL, SHARED_COLLECTION):
            raise NotAvailableError(f"There is a collection {label!r} already.")
        if len(rules.collections) - len(rules.held_channels) > MAX_COLLECTIONS:
            raise NotAvailableError(f"A server has at most {MAX_COLLECTIONS} collections.")
        rule = CollectionRule(name=collection_name(rules.guild, label), label=label, roles=roles)
        await self._rules.change(rules.guild, lambda held: held.with_rule(rule))
        return rule

    async def forgettable(self, caller: Caller) -> int:
        """Return how many shared documents are missing that `caller` may have forgotten."""
        try:
            found = await self.refreshable_sources(caller)
        except NotAvailableError:
            return 0
        return sum(entry.missing for entry in found)

    async def forget_missing(self, caller: Caller) -> SyncReport:
        """Forget the shared documents whose files are gone, for those who manage a server.

        Raises NotAvailableError where the shared library is not read.
        """
        if SHARED_COLLECTION not in readable(caller, self._rules.managed(caller)):
            raise NotAvailableError
        return await self._write(SHARED_COLLECTION, self._documents.forget_missing)

    async def is_empty(self) -> bool:
        """Say whether nothing of the documents folder is indexed yet."""
        found = await self._reader.sources(SHARED_COLLECTION)
        return all(entry.state == "indexing" for entry in found)

    async def embed_some(self) -> bool:
        """Embed for some seconds what is found by words only; says whether there is more."""
        return await self._write(VECTORS, self._documents.embed_some, SLICE)

    async def bring_in_step(
        self, watch: FolderWatch | None = None, budget: TimeBudget | None = None
    ) -> None:
        """Index what changed in the documents folder and rests; what newly failed is logged."""
        rest = 0.0 if watch is None else watch.rest
        report = await self._write(FOLDER, self._documents.bring_in_step, rest=rest, budget=budget)
        if watch is not None:
            watch.take(waiting=report is not None and report.waiting > 0)
        if report is None:
            return
        for failed in report.failed:
            if failed not in self._logged:
                logger.warning("%s was not indexed: %s", failed.source, failed.reason)
        self._logged = frozenset(report.failed)

    async def _write(
        self, share: str, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Write, and have the team answers looked at that may rest on what was written."""
        try:
            return await self._write_queue.write(share, call, *args, **kwargs)
        finally:
            try:
                await self._team_answers.expire()
            except Exception:  # what was written stays written, and the next minute looks again
                logger.exception("the team answers were not looked at")


def _share(caller: Caller) -> str:
    """Return whose share of the work it is: a server's."""
    return str(caller.guild)


def _refused(upload: Upload, work: Work) -> SyncReport | None:
    """Say what keeps a file from being added, as far as that is known before it is fetched."""
    path = PurePath(upload.name)
    if work.cancelled:
        return failed_report(upload.name, CANCELLED)
    if upload.size > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 1024 // 1024
        return failed_report(upload.name, f"It is larger than {limit} MiB.")
    if path.suffix.lower() not in SUFFIXES and not is_archive(path.name):
        return failed_report(upload.name, unread_type(path))
    return None


def _called(entries: Sequence[SourceEntry], name: str) -> SourceEntry:
    for entry in entries:
        if name in (entry.id, entry.uri, entry.title):
            return entry
    raise NotAvailableError(f"There is no source {name!r} that you manage. `/sources` lists them.")


def failed_report(source: str, reason: str) -> SyncReport:
    """Return a report of one document that could not be indexed."""
    return SyncReport(failed=(SyncFailure(source=source, reason=reason),))
