"""Web pages, sites and feeds of one server: added in slices, refreshed in the background, removed.

A site may take an hour. It is read for some seconds at a time, so that what others of the server
add comes in between, and so that a restart goes on where it was.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from bot.community.collection_names import server_of
from bot.community.documents import Documents, SourceReader
from bot.community.rights import Caller, CollectionRule, manageable
from bot.community.server_rules import ServerRules
from bot.community.work_under_way import Work
from index.errors import Cancelled, QuothError, SourceNotFound
from index.schema import SiteEntry, SyncFailure, SyncReport, merged_reports, source_id
from index.sync.crawl_step import site_report

logger = logging.getLogger(__name__)

SLICE = 8.0
"""Seconds for which a site is read until others have their turn."""

LONGEST_WAIT = 60.0

STOPPED = "It was cancelled; what I had read of it stays. Add it again to go on."


class Write(Protocol):
    """Writes to the index as the work of a share."""

    async def __call__(
        self, share: str, call: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Any:
        """Await `call(*args, **kwargs)` when it is the turn of `share`."""
        ...


class SiteManagement:
    """What managers do with pages of the web, and what is done by itself."""

    def __init__(
        self,
        *,
        rules: ServerRules,
        reader: SourceReader,
        documents: Documents,
        write: Write,
        seconds: float,
        shared: str,
    ) -> None:
        self._rules = rules
        self._reader = reader
        self._documents = documents
        self._write = write
        self._seconds = seconds
        """For which a site is read at most until it is left to the background."""
        self._shared = shared
        """The share of work that following the shared documents is."""
        self._read_now: Counter[str] = Counter()
        """Collections that somebody adds a site to."""

    async def add(
        self,
        caller: Caller,
        rule: CollectionRule,
        url: str,
        *,
        added_by: str,
        whole: bool,
        work: Work,
        progress: Callable[[int, int, str], Awaitable[None]],
    ) -> SyncReport:
        """Add a page or, with `whole`, the site below it; a feed is known by what it holds."""
        web, share = self._documents.web, str(caller.guild)
        if not whole:
            report: SyncReport | None = await self._write(
                share, web.add_page, rule.name, url, added_by=added_by, steps=work.step
            )
            if report is not None:
                return report
        begun = await self._write(share, web.begin, rule.name, url, added_by=added_by)
        if isinstance(begun, SyncReport):
            return begun
        return await self._read(rule, begun.url, work, progress)

    async def managed(self, caller: Caller) -> list[SiteEntry]:
        """Return the sites and archives of the server itself, for those who manage them."""
        rules = manageable(caller, self._rules.managed(caller))
        names = (rule.name for rule in rules if rule.holds is None)
        sites = await self._reader.sites(*names)
        return [site for site in sites if site.kind != "reader"]  # which is the owner's to run

    async def refreshable(self, caller: Caller) -> list[SiteEntry]:
        """Return those of them that can be asked for what is new."""
        return [site for site in await self.managed(caller) if site.kind != "zip"]

    async def remove(self, caller: Caller, name: str) -> SiteEntry | None:
        """Take a site or archive out with all that it has; None where none is called so."""
        found = await self.called(caller, name)
        if found is not None:
            is_zip = found.kind == "zip"
            remove = self._documents.remove_archive if is_zip else self._documents.web.remove_site
            await self._write(str(caller.guild), remove, found.collection, found.url)
        return found

    async def refresh(self, caller: Caller, site: SiteEntry) -> SyncReport:
        """Ask for what is new of a site of the server, for as long as others would wait for it."""
        rule = self._rules.collection(caller, site.collection)
        work = Work(caller)
        return await self._read(rule, site.url, work, _unseen)

    async def called(self, caller: Caller, name: str) -> SiteEntry | None:
        """Return the site of the server that is called so, if there is one."""
        wanted = name.strip().removesuffix("/")
        for site in await self.managed(caller):
            if name == site_key(site) or wanted == site.url.removesuffix("/"):
                return site
        return None

    async def refresh_due(self) -> None:
        """Ask for some of what is new of pages that nobody looked at for long; failures are logged.

        Each server's pages are its own share of work.
        """
        if not await self._reader.pages_are_due():
            return
        for name in await self._reader.collections():
            if self._read_now[name]:
                continue
            server = server_of(name)
            share = self._shared if server is None else str(server)
            try:
                report: SyncReport = await self._write(
                    share, self._documents.web.refresh, name, seconds=SLICE, watch=_unwatched
                )
            except QuothError as error:
                logger.warning("the web pages of %s were not refreshed: %s", name, error)
                continue
            for failed in report.failed:
                logger.warning("%s was not refreshed: %s", failed.source, failed.reason)

    async def _read(
        self,
        rule: CollectionRule,
        url: str,
        work: Work,
        progress: Callable[[int, int, str], Awaitable[None]],
    ) -> SyncReport:
        """Read a site slice by slice, to its end or until it is cancelled."""
        self._read_now[rule.name] += 1
        try:
            return await self._slices(rule, url, work, progress)
        finally:
            self._read_now[rule.name] -= 1

    async def _slices(
        self,
        rule: CollectionRule,
        url: str,
        work: Work,
        progress: Callable[[int, int, str], Awaitable[None]],
    ) -> SyncReport:
        ends = time.monotonic() + self._seconds
        report, left_out = SyncReport(), Counter[str]()

        def watch(done: int, total: int, name: str) -> None:
            if work.cancelled:
                raise Cancelled

        while True:
            self._rules.collection(work.caller, rule.name)  # which may have been deleted meanwhile
            try:
                step = await self._write(
                    str(work.caller.guild),
                    self._documents.web.read_on,
                    rule.name,
                    url,
                    seconds=SLICE,
                    watch=watch,
                    steps=work.step,
                )
            except SourceNotFound:
                return report  # somebody removed it
            except Cancelled:
                await self._write(str(work.caller.guild), self._documents.web.stop, rule.name, url)
                return merged_reports(report, _noted(url, STOPPED))
            report = merged_reports(report, step.report)
            left_out.update(step.left_out)
            if step.finished or time.monotonic() > ends:
                return site_report(url, report, left_out, unfinished=not step.finished)
            await progress(step.done, max(step.total, 1), url)
            await asyncio.sleep(min(step.wait, LONGEST_WAIT))


def site_key(site: SiteEntry) -> str:
    """Return what a site is told by where there is little room."""
    return f"site-{source_id(site.collection, site.url)}"


def _noted(url: str, reason: str) -> SyncReport:
    return SyncReport(failed=(SyncFailure(source=url, reason=reason),))


async def _unseen(done: int, total: int, name: str) -> None:
    """Show nothing."""


def _unwatched(done: int, total: int, name: str) -> None:
    """Note nothing."""
