"""What every server has decided, held in memory so that rights are known before any waiting."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from bot.community.rights import Caller, CollectionRule, GuildRules, manages
from bot.community.store.memory import Memory
from index.errors import QuothError

ERASED = "Everything of this server has just been erased, and this with it."


class NotAvailableError(QuothError):
    """Something that this person may not have here, or that is gone; the two sound alike."""

    def __init__(self, sentence: str = "That is not available to you here.") -> None:
        super().__init__(sentence)


class ServerRules:
    """The rules of all servers, in memory.

    Where other bots share the records, `bot.community.changes_elsewhere` has them read anew.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._rules: dict[int, GuildRules] = {}
        self._changing: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._erased: dict[int, float] = {}
        self._stamps: Mapping[int, str] | None = None
        self.catch_up: Callable[[], Awaitable[None]] | None = None
        """Reads what other bots changed, where there are any."""

    async def load(self) -> None:
        """Read what is stored, and which servers were erased elsewhere."""
        stamps = await self._memory.erased()
        for guild, stamp in stamps.items():
            if self._stamps is not None and self._stamps.get(guild) != stamp:
                self._erased[guild] = time.time()
        self._stamps = stamps
        self._rules = {rules.guild: rules for rules in await self._memory.all_rules()}

    def of(self, guild: int | None) -> GuildRules | None:
        """Return the rules of a server; None outside servers."""
        return None if guild is None else self._rules.get(guild, GuildRules(guild=guild))

    def held_channels(self, guild: int) -> frozenset[int]:
        """Return the channels of a server whose messages are sources."""
        rules = self._rules.get(guild)
        return rules.held_channels if rules else frozenset()

    def here(self, caller: Caller) -> GuildRules:
        """Return the rules of the caller's server; raises NotAvailableError in a direct message."""
        rules = self.of(caller.guild)
        if rules is None:
            raise NotAvailableError("This works in a server only.")
        return rules

    def managed(self, caller: Caller) -> GuildRules:
        """Return the rules of a server that `caller` manages; raises NotAvailableError."""
        rules = self.here(caller)
        if not manages(caller, rules):
            raise NotAvailableError(
                "Only people with Manage Server, or with a role set by `/collection managers`, "
                "can do this."
            )
        return rules

    def collection(self, caller: Caller, name: str) -> CollectionRule:
        """Return one of the collections that `caller` manages; raises NotAvailableError."""
        rule = self.managed(caller).rule(name)
        if rule is None or rule.is_held_back(caller.sees_channels):
            raise NotAvailableError(
                f"There is no collection {name!r} in this server. `/collection list` shows them."
            )
        return rule

    async def change(self, guild: int, how: Callable[[GuildRules], GuildRules]) -> GuildRules:
        """Change the rules of a server, one change after another, and store them."""
        async with self._changing[guild]:
            rules = await self._memory.change_rules(guild, how)
            self._rules[guild] = rules
        return rules

    async def erase(self, guild: int) -> None:
        """Go back to the defaults; what of the server is under way is not kept from now on."""
        async with self._changing[guild]:
            self._erased[guild] = time.time()
            await self._memory.drop_rules(guild)
            self._rules.pop(guild, None)

    def check_kept(self, guild: int | None, began: float) -> None:
        """Raise NotAvailableError if the server was erased since `began`, in seconds since 1970."""
        if guild is not None and began <= self._erased.get(guild, 0.0):
            raise NotAvailableError(ERASED)

    async def are_gone(self, guild: int, collection: str, began: float) -> bool:
        """Say whether another bot has erased a collection, or its server, since `began`.

        It does not see what is written here meanwhile, so whoever wrote takes it out again. What
        this bot erases waits for what is being written.
        """
        if self.catch_up is None:
            return False
        await self.catch_up()
        rules = self._rules.get(guild, GuildRules(guild=guild))
        is_held = any(rule.name == collection for rule in rules.collections)
        return not is_held or began <= self._erased.get(guild, 0.0)

    async def limit(
        self, caller: Caller, name: str, how: Callable[[CollectionRule], CollectionRule]
    ) -> CollectionRule:
        """Change the limits of a collection that `caller` manages."""
        guild = self.managed(caller).guild
        rules = await self.change(guild, lambda held: _with_limits(held, name, how))
        return next(rule for rule in rules.collections if rule.name == name)

    async def switch_shared(self, caller: Caller, *, on: bool) -> None:
        """Use the shared library in a server, or not."""
        guild = self.managed(caller).guild
        await self.change(guild, lambda held: held.model_copy(update={"shared": on}))

    async def switch(
        self,
        caller: Caller,
        setting: Literal["managers", "threads", "listening"],
        id: int,
        *,
        on: bool,
    ) -> None:
        """Let a role manage, switch a setting of a channel, or take it back."""
        guild = self.managed(caller).guild

        def changed(held: GuildRules) -> GuildRules:
            ids: frozenset[int] = getattr(held, setting)
            return held.model_copy(update={setting: ids | {id} if on else ids - {id}})

        await self.change(guild, changed)


def _with_limits(
    rules: GuildRules, name: str, how: Callable[[CollectionRule], CollectionRule]
) -> GuildRules:
    """Change one rule; raises NotAvailableError when the collection was deleted meanwhile."""
    rule = next((held for held in rules.collections if held.name == name), None)
    if rule is None:
        raise NotAvailableError("The collection has just been deleted.")
    return rules.with_rule(how(rule))
