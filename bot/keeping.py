"""Sources, collections and open questions of one server, for those who may manage them.

Documents are written one after another: the index has one writer, and a second worker of the
bridge stays free for questions.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from typing import ParamSpec, TypeVar

from bot.bridge import Bridge
from bot.feedback import Feedback
from bot.gaps import GapGroup, grouped
from bot.pages import SourceRow
from bot.protocols import Embed
from bot.records import Gap
from bot.rights import (
    DEFAULT_LABEL,
    MAX_COLLECTIONS,
    SHARED_LABEL,
    Caller,
    CollectionRule,
    Limit,
    collection_name,
    default_collection,
    readable,
)
from bot.rulebook import NotAvailableError, Rulebook
from bot.shelf import Shelf
from index.catalog_rows import SourceEntry
from index.config import SHARED_COLLECTION
from index.errors import QuothError
from index.schema import SyncFailure, SyncReport

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

MAX_FILE_BYTES = 25 * 1024 * 1024
"""Discord's own limit for one request; a book of text is a tenth of it."""

MAX_LABEL = 40


@dataclass(frozen=True)
class Upload:
    """A file that somebody attached; it is fetched when its turn comes."""

    name: str
    size: int
    fetch: Callable[[], Awaitable[bytes]]


class Keeping:
    """What managers do."""

    def __init__(
        self,
        *,
        rulebook: Rulebook,
        feedback: Feedback,
        records: Bridge,
        shelf: Shelf,
        bridge: Bridge,
        embed: Embed | None,
    ) -> None:
        self._rulebook = rulebook
        self._feedback = feedback
        self._records = records
        self._shelf = shelf
        self._bridge = bridge
        self._embed = embed
        self._writing = asyncio.Lock()

    async def readable_sources(self, caller: Caller) -> list[SourceEntry]:
        """Return the sources that `caller` may read here."""
        return await self._sources(readable(caller, self._rulebook.of(caller.guild)))

    async def managed_sources(self, caller: Caller) -> list[SourceEntry]:
        """Return the sources of the server itself, for those who manage them."""
        rules = self._rulebook.managed(caller)
        return await self._sources([rule.name for rule in rules.collections])

    async def _sources(self, collections: Sequence[str]) -> list[SourceEntry]:
        # Looking does not wait behind searching and indexing.
        found = [await self._records.run(self._shelf.sources, name) for name in collections]
        return [entry for entries in found for entry in entries]

    def row(self, caller: Caller, entry: SourceEntry) -> SourceRow:
        """Return a source as `/sources` lists it."""
        return SourceRow(
            title=entry.title,
            collection=self.label(caller, entry.collection),
            state=entry.state,
            size=entry.characters,
            changed=entry.modified or entry.added_at,
            added_by=entry.added_by,
            reason=entry.failure,
        )

    def label(self, caller: Caller, collection: str) -> str:
        """Return what people call a collection."""
        rules = self._rulebook.of(caller.guild)
        rule = rules.rule(collection) if rules else None
        return rule.label if rule else SHARED_LABEL

    def is_called(self, caller: Caller, collection: str, wanted: str) -> bool:
        """Say whether a person means this collection, by name or label."""
        return wanted.casefold().strip() in (collection, self.label(caller, collection).casefold())

    async def add_files(
        self,
        caller: Caller,
        collection: str | None,
        uploads: Sequence[Upload],
        *,
        added_by: str,
        progress: Callable[[int, int, str], Awaitable[None]],
    ) -> SyncReport:
        """Index files one by one; each failure is in the report."""
        rule = self._rulebook.collection(caller, collection or DEFAULT_LABEL)
        reports = []
        for done, upload in enumerate(uploads):
            await progress(done, len(uploads), upload.name)
            reports.append(await self._add_file(rule, upload, added_by))
        return reduce(together, reports, SyncReport())

    async def _add_file(self, rule: CollectionRule, upload: Upload, added_by: str) -> SyncReport:
        if upload.size > MAX_FILE_BYTES:
            limit = MAX_FILE_BYTES // 1024 // 1024
            return failure(upload.name, f"It is larger than {limit} MiB.")
        try:
            content = await upload.fetch()
        except Exception as error:  # a network failure concerns this file only
            return failure(upload.name, f"It could not be fetched ({type(error).__name__}).")
        return await self._write(
            self._shelf.add_file, rule.name, upload.name, content, added_by=added_by
        )

    async def add_page(
        self, caller: Caller, collection: str | None, url: str, *, added_by: str
    ) -> SyncReport:
        """Fetch a web page and index it."""
        rule = self._rulebook.collection(caller, collection or DEFAULT_LABEL)
        return await self._write(self._shelf.add_page, rule.name, url.strip(), added_by=added_by)

    async def add_text(
        self, caller: Caller, name: str, text: str, *, title: str, url: str | None, added_by: str
    ) -> SyncReport:
        """Index a text in the server's default collection."""
        rule = self._rulebook.collection(caller, DEFAULT_LABEL)
        return await self._write(
            self._shelf.add_text, rule.name, name, text, title=title, url=url, added_by=added_by
        )

    async def remove(self, caller: Caller, name: str) -> str:
        """Take a source of the server out of the index; return its title."""
        entry = await self._managed(caller, name)
        await self._write(self._shelf.remove, entry.id)
        return entry.title

    async def refresh(self, caller: Caller, name: str) -> SyncReport:
        """Fetch a web page again."""
        entry = await self._managed(caller, name)
        if not entry.uri.startswith(("http://", "https://")):
            raise NotAvailableError(
                f"{entry.title!r} was uploaded; add the new file under the same name instead."
            )
        return await self._write(
            self._shelf.add_page, entry.collection, entry.uri, added_by=entry.added_by
        )

    async def _managed(self, caller: Caller, name: str) -> SourceEntry:
        for entry in await self.managed_sources(caller):
            if name in (entry.id, entry.uri, entry.title):
                return entry
        raise NotAvailableError(
            f"There is no source {name!r} that you manage. `/sources` lists them."
        )

    async def create(self, caller: Caller, label: str, roles: Limit) -> CollectionRule:
        """Create a collection, limited to some roles or open to the server."""
        rules = self._rulebook.managed(caller)
        label = " ".join(label.split())
        if not 1 <= len(label) <= MAX_LABEL:
            raise NotAvailableError(f"A collection's name has 1 to {MAX_LABEL} characters.")
        if rules.rule(label) or label.casefold() in (SHARED_LABEL, SHARED_COLLECTION):
            raise NotAvailableError(f"There is a collection {label!r} already.")
        if len(rules.collections) > MAX_COLLECTIONS:
            raise NotAvailableError(f"A server has at most {MAX_COLLECTIONS} collections.")
        rule = CollectionRule(name=collection_name(rules.guild, label), label=label, roles=roles)
        await self._rulebook.change(rules.guild, lambda held: held.with_rule(rule))
        return rule

    async def delete(self, caller: Caller, label: str) -> CollectionRule:
        """Delete a collection and its sources; the default one cannot go.

        The rule goes last: a collection that still holds sources keeps its limits.
        """
        rules = self._rulebook.managed(caller)
        rule = self._rulebook.collection(caller, label)
        if rule.name == default_collection(rules.guild):
            raise NotAvailableError(
                "The server's own collection stays; remove its sources instead."
            )
        await self._write(self._shelf.remove_collection, rule.name)
        await self._rulebook.change(rules.guild, lambda held: held.without(rule.name))
        return rule

    async def gaps(self, caller: Caller) -> list[GapGroup]:
        """Return the open questions of the server, grouped, for its managers."""
        rules = self._rulebook.managed(caller)
        found = await self._records.run(self._feedback.gaps, rules.guild)
        return await self._grouped(found)

    async def _grouped(self, gaps: Sequence[Gap]) -> list[GapGroup]:
        try:
            vectors = (
                await self._embed([g.question for g in gaps]) if self._embed and gaps else None
            )
        except QuothError:
            vectors = None  # without a model, words alone tell what is alike
        return await self._bridge.run(grouped, gaps, vectors)

    async def answer_gap(self, caller: Caller, gap: int, text: str, *, author: str) -> SyncReport:
        """Make a team answer of `text`, and close the questions it answers."""
        rules = self._rulebook.managed(caller)
        found = next(
            (group for group in await self.gaps(caller) if gap in {one.id for one in group.gaps}),
            None,
        )
        if found is None:
            raise NotAvailableError("This question is no longer open.")
        digest = hashlib.sha256(found.wording.encode()).hexdigest()[:12]
        report = await self.add_text(
            caller,
            f"team-answer-{digest}.txt",
            f"{text.strip()}\n\nTeam answer by {author}, {datetime.now(UTC):%d %B %Y}.\n",
            title=f"Team answer: {found.wording}"[:200],
            url=None,
            added_by=author,
        )
        if not report.failed:
            ids = [one.id for one in found.gaps]
            await self._records.run(self._feedback.close_gaps, rules.guild, ids)
        return report

    async def is_empty(self) -> bool:
        """Say whether nothing of the documents folder is indexed yet."""
        return not await self._bridge.run(self._shelf.sources, SHARED_COLLECTION)

    async def bring_in_step(self) -> None:
        """Index what changed in the documents folder; what failed is logged."""
        report = await self._write(self._shelf.bring_in_step)
        for failed in report.failed if report else ():
            logger.warning("%s was not indexed: %s", failed.source, failed.reason)

    async def _write(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        async with self._writing:
            return await self._bridge.run(call, *args, **kwargs)


def failure(source: str, reason: str) -> SyncReport:
    """Return a report of one document that could not be indexed."""
    return SyncReport(failed=(SyncFailure(source=source, reason=reason),))


def together(one: SyncReport, other: SyncReport) -> SyncReport:
    """Return two reports as one; passages are those of the later."""
    return SyncReport(
        added=one.added + other.added,
        updated=one.updated + other.updated,
        unchanged=one.unchanged + other.unchanged,
        removed=one.removed + other.removed,
        failed=(*one.failed, *other.failed),
        passages=other.passages or one.passages,
        seconds=one.seconds + other.seconds,
        warnings=(*one.warnings, *other.warnings),
    )
