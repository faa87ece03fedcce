"""Reads the channels that are sources, in the background: what is marked, and all of it once a day.

One step reads one day or thread and writes it, so that others have their turn in between, and a
kill loses one step. Where a comparison is stands on disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

import discord

from bot.community.rights import CollectionRule
from bot.community.server_rules import NotAvailableError
from bot.community.store.channel_records import Comparison, Unit
from bot.discord_bot.channel_history import (
    ClosedChannelError,
    day_unit,
    open_channel,
    public_threads,
    read_day_before,
    read_unit,
    thread_unit,
)
from bot.discord_bot.client import QuothBot
from bot.discord_bot.delivery import NOT_SENT
from index.errors import QuothError

logger = logging.getLogger(__name__)

PACE = 0.2
"""Seconds between two steps; discord.py waits longer where Discord says so."""

LONGEST_WAIT = 60.0
"""Seconds until the marks are looked at again, and until what failed is tried again."""

QUICK = 1.0
"""Seconds in which a unit is read that may be read at every message."""

REST = 20.0
"""Times as long as it took to read a longer one, until it is read for a new message: what is edited
or deleted does not wait for it."""

AGAIN = 86_400.0
"""Seconds until all of a channel is compared again."""


class ChannelReader:
    """Keeps sources true to channels, one step after another."""

    def __init__(self, bot: QuothBot) -> None:
        self._bot = bot
        self._woken = asyncio.Event()
        self._resting: dict[Unit, float] = {}
        self._failed: dict[str, float] = {}
        """When the comparison of a channel is tried again."""

    def wake(self) -> None:
        """Look whether there is something to read."""
        self._woken.set()

    def rests_until(self, unit: Unit) -> float:
        """Return when a unit may be read again, in seconds since 1970; 0 for at any time."""
        return self._resting.get(unit, 0.0)

    async def run(self) -> None:
        """Read what is to be read, until cancelled."""
        while True:
            self._woken.clear()
            try:
                worked = await self._step()
                wait = PACE if worked else await self._until_due()
            except Exception as error:
                worked, wait = False, LONGEST_WAIT
                unforeseen = None if isinstance(error, QuothError) else error
                logger.warning("the channels were not read: %s", error, exc_info=unforeseen)
            if worked:
                await asyncio.sleep(wait)
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), wait)

    async def _until_due(self) -> float:
        due = await self._bot.service.channels.records.next_due()
        if not self._bot.service.processes.is_first:
            return LONGEST_WAIT
        left = LONGEST_WAIT if due is None else due - time.time()
        return min(max(left, PACE), LONGEST_WAIT)

    async def _step(self) -> bool:
        """Do the next step, if there is one: what is marked comes first.

        Where several bots share the channels, the first one reads them.
        """
        if not self._bot.service.processes.is_first:
            return False
        records = self._bot.service.channels.records
        for unit in await records.due(time.time()):
            rule = self._rule_of(unit.guild, unit.collection)
            if rule is not None:
                await self._read(rule, unit)
                return True
        for one in await records.comparisons():
            rule = self._rule_of(one.guild, one.collection)
            if rule is not None and await self._compare(rule, one):
                return True
        return False

    def _rule_of(self, guild: int, collection: str) -> CollectionRule | None:
        """Return the rule of a channel that is a source in a server that is there now."""
        server, rules = self._bot.get_guild(guild), self._bot.service.rules.of(guild)
        held = rules.named if rules and server and not server.unavailable else ()
        return next((rule for rule in held if rule.name == collection), None)

    async def _read(self, rule: CollectionRule, unit: Unit) -> None:
        """Read one unit anew; where that fails, later."""
        channels, began = self._bot.service.channels, time.time()
        try:
            read = await read_unit(self._bot, rule, unit.guild, unit.unit)
            await channels.put(unit, read, began)
        except NotAvailableError:
            return  # everything of the server has just been erased
        except (ClosedChannelError, QuothError, *NOT_SENT) as error:
            logger.info("%s of %s was not read: %r", unit.unit, unit.collection, error)
            await channels.records.postpone(unit, time.time() + LONGEST_WAIT)
        self._rest(unit, time.time() - began)

    def _rest(self, unit: Unit, took: float) -> None:
        now = time.time()
        self._resting = {each: until for each, until in self._resting.items() if until > now}
        if took > QUICK:
            self._resting[unit] = now + REST * took

    async def _compare(self, rule: CollectionRule, one: Comparison) -> bool:
        """Take the next step of a comparison; say whether there was one."""
        due = one.is_running or one.is_owed or time.time() - one.begun > AGAIN
        if not due or self._failed.get(one.collection, 0.0) > time.time():
            return False
        try:
            if one.is_running:
                await self._go_back(rule, one)
            else:
                await self._begin(rule, one)
        except (ClosedChannelError, QuothError, *NOT_SENT) as error:
            logger.info("%s was not compared: %r", one.collection, error)
            self._failed[one.collection] = time.time() + LONGEST_WAIT
            return False
        return True

    async def _begin(self, rule: CollectionRule, one: Comparison) -> None:
        """Begin with the threads there are: each is read as what is marked is."""
        records, began = self._bot.service.channels.records, time.time()
        channel = open_channel(self._bot, rule, one.guild)
        threads = [thread_unit(id) for id in await public_threads(channel)]
        await records.mark(one.guild, one.collection, threads, began, at=began)
        await records.begin(one.collection, began)

    async def _go_back(self, rule: CollectionRule, one: Comparison) -> None:
        """Read the next day; behind the last one, take out what was not found any more."""
        channels, began = self._bot.service.channels, time.time()
        channel = open_channel(self._bot, rule, one.guild)
        assert one.before is not None, "only a running comparison goes on"
        found = None
        if isinstance(channel, discord.TextChannel):
            found = await read_day_before(channel, one.before)
        if found is not None:
            first, read = found
            unit = Unit(collection=one.collection, guild=one.guild, unit=day_unit(first))
            await channels.put(unit, read, began)
            await channels.records.go_on(one.collection, first)
            return
        for gone in await channels.records.unseen(one.collection, one.begun):
            await channels.put(gone, None, began)
        await channels.records.go_on(one.collection, None)
