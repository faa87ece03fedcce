"""What managers do with the sources and collections of their server."""

from __future__ import annotations

from collections.abc import Sequence

from bot.bridge import WriteQueue
from bot.community.channel_sources import ChannelSources
from bot.community.collection_names import SHARED_LABEL, collection_name
from bot.community.documents import Documents, SourceReader
from bot.community.index_writes import FOLDER, IndexWrites, share_of
from bot.community.listed_sources import ListedSources
from bot.community.rights import MAX_COLLECTIONS, Caller, CollectionRule, Limit, readable
from bot.community.server_rules import NotAvailableError, ServerRules
from bot.community.shared_documents import SharedDocuments
from bot.community.site_management import SiteManagement
from bot.community.source_intake import SourceIntake, failed_report
from bot.community.source_refresh import MISSING, Refreshed, other_way, uploaded
from bot.community.store.channel_records import ChannelRecords
from bot.community.team_answers import TeamAnswers
from bot.community.work_under_way import WorkUnderWay
from index.config import SHARED_COLLECTION
from index.schema import SourceEntry, SyncReport
from index.text.invisible_characters import is_blank, without_unseen

MAX_LABEL = 40


class SourceManagement:
    """Removes, refreshes, and makes collections; each other thing to do has a room of its own."""

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
        self._reader = reader
        self._documents = documents
        writes = IndexWrites(write_queue, team_answers)
        self._write = writes.write
        self.under_way = WorkUnderWay(rules)
        self.listed = ListedSources(rules, reader)
        self.shared = SharedDocuments(reader, documents, writes)
        self.sites = SiteManagement(
            rules=rules,
            reader=reader,
            documents=documents,
            write=self._write,
            seconds=site_seconds,
            shared=FOLDER,
        )
        self.intake = SourceIntake(
            rules=rules,
            reader=reader,
            documents=documents,
            sites=self.sites,
            writes=writes,
        )
        self.channels = ChannelSources(
            rules=rules,
            records=channel_records,
            reader=reader,
            documents=documents,
            write=self._write,
        )

    async def remove(self, caller: Caller, name: str) -> str:
        """Take a source of the server out of the index, or a whole site; return its title."""
        if (site := await self.sites.remove(caller, name)) is not None:
            return site.label
        entry = _called(await self.listed.managed_sources(caller), name)
        await self._write(share_of(caller), self._documents.remove, entry.id)
        return entry.title

    async def refresh(self, caller: Caller, name: str) -> Refreshed:
        """Fetch a web page again, or bring a file of the documents folder in step.

        Raises NotAvailableError with what to do instead for what cannot be fetched.
        """
        if (site := await self.sites.called(caller, name)) is not None:
            if site.kind == "zip":
                raise NotAvailableError(uploaded(site.title))
            return Refreshed(await self.sites.refresh(caller, site))
        entry = _called(await self.listed.refreshable_sources(caller), name)
        if sentence := other_way(entry):
            raise NotAvailableError(sentence)
        if entry.collection == SHARED_COLLECTION:
            return Refreshed(await self._follow(entry), followed=True)
        report = await self._write(
            share_of(caller),
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
            found = await self.listed.refreshable_sources(caller)
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


def _called(entries: Sequence[SourceEntry], name: str) -> SourceEntry:
    for entry in entries:
        if name in (entry.id, entry.uri, entry.title):
            return entry
    raise NotAvailableError(f"There is no source {name!r} that you manage. `/sources` lists them.")
