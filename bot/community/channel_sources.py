"""Channels whose messages are sources: which there are, and what of them is written to the index.

Each channel has a collection of its own, which is opened for whoever may read the channel. What is
read of Discord comes from outside; here it becomes documents, one for each day or thread.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from pydantic import Field

from bot.community.channel_documents import (
    ChannelMessage,
    channel_document,
    is_unit,
    version_of,
)
from bot.community.collection_names import channel_collection
from bot.community.documents import Documents, SourceReader
from bot.community.rights import Caller, CollectionRule, GuildRules, manageable
from bot.community.server_rules import NotAvailableError, ServerRules
from bot.community.site_management import Write
from bot.community.store.channel_records import ChannelRecords, Unit
from index.errors import SourceNotFound
from index.schema import SourceEntry, SyncReport, Value, source_id

logger = logging.getLogger(__name__)

MAX_CHANNELS = 25
"""Channels of one server that are sources; each is a collection to search."""


class ReadUnit(Value):
    """A day or thread as Discord shows it."""

    title: str = Field(description="What its source is called.")
    address: str = Field(description="Address of the channel or thread.")
    messages: tuple[ChannelMessage, ...] = Field(description="What people said, in any order.")


class ChannelSources:
    """Makes channels sources, and keeps them true to what was read."""

    def __init__(
        self,
        *,
        rules: ServerRules,
        records: ChannelRecords,
        reader: SourceReader,
        documents: Documents,
        write: Write,
    ) -> None:
        self._rules = rules
        self._reader = reader
        self._documents = documents
        self._write = write
        self.records = records
        self.on_new: Callable[[], None] = lambda: None
        """Called when there is something to read."""

    def rule(self, guild: int, channel: int) -> CollectionRule | None:
        """Return the rule of a channel that is a source; known without any waiting."""
        rules = self._rules.of(guild)
        return rules.rule_of_channel(channel) if rules else None

    async def add(self, caller: Caller, channel: int, name: str) -> CollectionRule:
        """Make a channel that `caller` may read a source; it is read from now on."""
        rules = self._rules.managed(caller)
        if rules.rule_of_channel(channel) is not None:
            raise NotAvailableError(f"The messages of <#{channel}> are sources already.")
        if len(rules.held_channels) >= MAX_CHANNELS:
            raise NotAvailableError(f"A server has at most {MAX_CHANNELS} channels as sources.")
        collection = channel_collection(rules.guild, channel)
        rule = CollectionRule(name=collection, label=label_of(name), holds=channel)
        await self.records.want(rules.guild, [collection], time.time())
        await self._rules.change(rules.guild, lambda held: held.with_rule(rule))
        self.on_new()
        return rule

    async def rename(self, guild: int, channel: int, name: str) -> None:
        """Call a channel, and the days of it, as it is called now."""
        rule = self.rule(guild, channel)
        if rule is None or rule.label == label_of(name):
            return
        label = {"label": label_of(name)}
        await self.records.want(guild, [rule.name], time.time())
        await self._rules.change(
            guild,
            lambda held: (
                held.with_rule(now.model_copy(update=label))
                if (now := held.rule_of_channel(channel))
                else held
            ),
        )

    def managed(self, caller: Caller) -> list[CollectionRule]:
        """Return the channels that are sources, of those a manager may read."""
        known = manageable(caller, self._rules.managed(caller))
        return [rule for rule in known if rule.holds is not None]

    def called(self, caller: Caller, name: str) -> CollectionRule | None:
        """Return the channel that is called so, of those a manager may read."""
        wanted = name.strip().casefold()
        for rule in self.managed(caller):
            if wanted in (rule.name, rule.label.casefold(), f"<#{rule.holds}>"):
                return rule
        return None

    async def forget(self, person: int) -> None:
        """Leave out what a person wrote, now and from now on."""
        await self.records.leave_out(person, time.time())
        self.on_new()

    async def put(self, unit: Unit, read: ReadUnit | None, began: float) -> None:
        """Keep what a unit says, as read from `began` on; nothing is left of one that is gone."""
        said = [
            message
            for message in (read.messages if read else ())
            if not self.records.is_unquoted(message.author)
        ]
        document = channel_document(read.title, read.address, said) if read else None
        if document is None:
            await self._take_out(unit)
            await self.records.drop(unit, began)
            return
        if await self._rules.are_gone(unit.guild, unit.collection, began):
            return
        self._rules.check_kept(unit.guild, began)
        if self._is_held(unit):
            report: SyncReport = await self._write(
                str(unit.guild),
                self._documents.add_document,
                unit.collection,
                unit.unit,
                document,
                sha256=version_of(document),
            )
            for failed in report.failed:  # rather nothing than what nobody says any more
                logger.warning("%s of %s: %s", failed.source, unit.collection, failed.reason)
                await self._take_out(unit)
        if await self._rules.are_gone(unit.guild, unit.collection, began):
            await self._take_out(unit)
        elif self._is_held(unit):  # else it was erased meanwhile
            authors = {message.author for message in said}
            await self.records.saw(unit, began, authors)
            if any(map(self.records.is_unquoted, authors)):  # who has just asked for it
                now = time.time()
                await self.records.mark(unit.guild, unit.collection, [unit.unit], now, at=now)

    def _is_held(self, unit: Unit) -> bool:
        """Say whether the channel of a unit is still a source."""
        rules = self._rules.of(unit.guild)
        return rules is not None and any(rule.name == unit.collection for rule in rules.named)

    async def _take_out(self, unit: Unit) -> None:
        id = source_id(unit.collection, unit.unit)
        if await self._reader.source(id) is not None:
            with suppress(SourceNotFound):
                await self._write(str(unit.guild), self._documents.remove, id)


def with_channels(entries: Sequence[SourceEntry], rules: GuildRules | None) -> list[SourceEntry]:
    """Return entries with one for each channel in place of those of its days and threads."""
    held = {rule.name: rule for rule in (rules.named if rules else ()) if rule.holds is not None}
    units: dict[str, list[SourceEntry]] = {}
    others: list[SourceEntry] = []
    for entry in entries:
        of_channel = entry.collection in held and is_unit(entry.uri)
        (units.setdefault(entry.collection, []) if of_channel else others).append(entry)
    return [*others, *(_of_channel(held[name], found) for name, found in units.items())]


def _of_channel(rule: CollectionRule, units: Sequence[SourceEntry]) -> SourceEntry:
    return SourceEntry(
        id=rule.name,
        collection=rule.name,
        uri=rule.name,
        title=f"{rule.label} (days and threads: {len(units):,})",
        characters=sum(unit.characters for unit in units),
        passages=sum(unit.passages for unit in units),
        modified=max((unit.modified for unit in units if unit.modified), default=None),
        added_at=min((unit.added_at for unit in units if unit.added_at), default=None),
    )


def label_of(name: str) -> str:
    """Return what people call a channel."""
    return f"#{name}"
