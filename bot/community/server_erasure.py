"""Erasing what is kept of a server: at once by its managers, or some time after the bot has left.

Everything is written down first. Collections leave the index before the rows go that tell of them,
so that what a crash interrupts is finished at the next start, and nothing is erased by halves.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime

from bot.bridge import Bridge, WriteQueue
from bot.community.collection_names import default_collection, server_of
from bot.community.documents import Documents
from bot.community.open_questions import OpenQuestions
from bot.community.rights import Caller, CollectionRule
from bot.community.server_rules import NotAvailableError, ServerRules
from bot.community.source_links import SourceLinks
from bot.community.store.erasure_records import WHOLE, Erasure, ErasureRecords
from bot.community.team_answers import TEAM_ANSWERS, TeamAnswers

logger = logging.getLogger(__name__)

_DAY = 86_400.0

STAYS = "The server's own collection stays; remove its sources instead."
MANAGE_SERVER = "Only people with Manage Server can erase everything."


class ServerErasure:
    """Schedules erasures, calls them off, and carries them out."""

    def __init__(
        self,
        *,
        rules: ServerRules,
        team_answers: TeamAnswers,
        open_questions: OpenQuestions,
        records: ErasureRecords,
        links: SourceLinks,
        documents: Documents,
        bridge: Bridge,
        write_queue: WriteQueue,
        keep_days: float,
        is_first: Callable[[], bool] = lambda: True,
    ) -> None:
        self._rules = rules
        self._team_answers = team_answers
        self._open_questions = open_questions
        self._records = records
        self._links = links
        self._documents = documents
        self._bridge = bridge
        self._write_queue = write_queue
        self._keep_days = keep_days
        self._is_first = is_first
        self._present: set[int] | None = None
        """Servers that the bot is in; None until Discord has said so."""
        self._erasing = asyncio.Lock()

    # --- by managers -------------------------------------------------------------------------

    def erasable(self, caller: Caller) -> int:
        """Return the server whose manager this is; raises NotAvailableError."""
        guild = self._rules.managed(caller).guild
        if not caller.manager:
            raise NotAvailableError(MANAGE_SERVER)
        return guild

    def deletable(self, caller: Caller, name: str) -> CollectionRule:
        """Return a collection that may be deleted; raises NotAvailableError."""
        rule = self._rules.collection(caller, name)
        if caller.guild is None or rule.name == default_collection(caller.guild):
            raise NotAvailableError(STAYS)
        return rule

    async def erase_server(self, caller: Caller) -> None:
        """Erase everything of a server now."""
        guild = self.erasable(caller)
        await self._at_once(guild, WHOLE)

    async def delete_collection(self, caller: Caller, name: str) -> CollectionRule:
        """Delete a collection with all its sources, and what was answered from it."""
        rule = self.deletable(caller, name)
        assert caller.guild is not None
        await self._at_once(caller.guild, rule.name)
        return rule

    async def drop_collection(self, guild: int, collection: str) -> None:
        """Delete a collection of a server, as what it was made of is gone."""
        await self._at_once(guild, collection)

    # --- by leaving --------------------------------------------------------------------------

    def meet(self, present: Collection[int]) -> None:
        """Take note of the servers the bot is in."""
        self._present = set(present)

    def returned(self, guild: int) -> bool:
        """Take note that the bot is in a server; say whether it was thought not to be."""
        if self._present is None or guild in self._present:
            return False
        self._present.add(guild)
        return True

    def left(self, guild: int) -> None:
        """Take note that the bot was put out of a server."""
        if self._present is not None:
            self._present.discard(guild)

    async def heed_servers(self) -> None:
        """Let the time run for what is kept of servers left, call it off for others; then erase.

        What is written down follows from the servers alone, so that it can be done at any time.
        """
        if self._present is None:
            return
        waiting = {one.guild for one in await self._records.due(math.inf) if not one.begun}
        for guild in sorted(waiting & self._present):
            await self._records.cancel(guild)
        for guild in sorted(await self._kept() - self._present):
            await self._begin_time(guild)
        await self.finish()

    async def finish(self) -> None:
        """Erase what is due; of servers left, only once it is known that the bot is not in them.

        Where several bots share the records, the first one does it.
        """
        if not self._is_first():
            return
        async with self._erasing:
            while (one := await self._next()) is not None:
                await self._records.schedule(one.guild, one.collection, one.due, begun=True)
                await self._erase(one.guild, one.collection)

    async def _next(self) -> Erasure | None:
        due = await self._records.due(time.time())
        return next((one for one in due if one.begun or self._is_away(one)), None)

    async def _at_once(self, guild: int, collection: str) -> None:
        await self._records.schedule(guild, collection, time.time(), begun=True)
        async with self._erasing:
            await self._erase(guild, collection)

    def _is_away(self, one: Erasure) -> bool:
        return self._present is not None and one.guild not in self._present

    async def _begin_time(self, guild: int) -> None:
        due = time.time() + self._keep_days * _DAY
        if await self._records.schedule(guild, WHOLE, due, begun=False):
            day = datetime.fromtimestamp(due, UTC)
            logger.warning(
                "not in server %s any more: its data goes on %s", guild, f"{day:%d %b %Y}"
            )

    async def _kept(self) -> set[int]:
        """Return the servers of which something is kept, in the records or in the index."""
        names = await self._bridge.run(self._documents.collections)
        return await self._records.guilds() | {*filter(None, map(server_of, names))}

    # --- erasing -----------------------------------------------------------------------------

    async def _erase(self, guild: int, collection: str) -> None:
        """Close first, so that nothing is added meanwhile; then the index, and the rows last."""
        if collection == WHOLE:
            await self._rules.erase(guild)
            for name in await self._bridge.run(self._documents.collections):
                if server_of(name) == guild:
                    await self._take_out(guild, name)
            await self._links.erase_server(guild)
            await self._records.erase_server(guild)
        else:
            await self._rules.change(guild, lambda held: held.without(collection))
            await self._take_out(guild, collection)
            await self._records.erase_collection(guild, collection)
        self._open_questions.forget_drafts()
        await self._team_answers.load()
        await self._team_answers.expire()

    async def _take_out(self, guild: int, collection: str) -> None:
        """Delete a collection of the index, behind whatever is being written to it."""
        for share in (str(guild), TEAM_ANSWERS):
            await self._write_queue.write(share, self._documents.remove_collection, collection)
