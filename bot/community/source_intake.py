"""Files, pages and texts that people hand over to become sources of their server."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from pathlib import PurePath

from bot.community.collection_names import DEFAULT_LABEL, server_of
from bot.community.documents import Documents, SourceReader
from bot.community.index_writes import IndexWrites, share_of
from bot.community.rights import Caller, CollectionRule
from bot.community.server_rules import ERASED, NotAvailableError, ServerRules
from bot.community.site_management import SiteManagement
from bot.community.suggested_question import suggested_question
from bot.community.work_under_way import Work
from index.errors import Cancelled, SourceNotFound
from index.load.archive_names import is_archive
from index.load.formats import SUFFIXES
from index.load.unread_kinds import unread_type
from index.schema import Source, SyncFailure, SyncReport, merged_reports, source_id

logger = logging.getLogger(__name__)

MAX_FILE_BYTES = 25 * 1024 * 1024
"""Discord's own limit for one request; a book of text is a tenth of it."""

CANCELLED = "It was cancelled; what I had of it before stays."


@dataclass(frozen=True)
class Upload:
    """A file that somebody attached; it is fetched when its turn comes."""

    name: str
    size: int
    fetch: Callable[[], Awaitable[bytes]]


class SourceIntake:
    """Adds to the collections of a server what its managers hand over."""

    def __init__(
        self,
        *,
        rules: ServerRules,
        reader: SourceReader,
        documents: Documents,
        sites: SiteManagement,
        writes: IndexWrites,
    ) -> None:
        self._rules = rules
        self._reader = reader
        self._documents = documents
        self._sites = sites
        self._write = writes.write

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
            report = await self._write(
                share_of(work.caller),
                self._documents.add_file,
                rule.name,
                upload.name,
                content,
                added_by=added_by,
                steps=work.step,
            )
        except Cancelled:
            return failed_report(upload.name, CANCELLED)
        if await self._rules.are_gone(self._rules.here(work.caller).guild, rule.name, began):
            await self._write(share_of(work.caller), self._documents.remove_collection, rule.name)
            raise NotAvailableError(ERASED)
        return report

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
            return await self._sites.add(
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
            share_of(caller),
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


def failed_report(source: str, reason: str) -> SyncReport:
    """Return a report of one document that could not be indexed."""
    return SyncReport(failed=(SyncFailure(source=source, reason=reason),))
