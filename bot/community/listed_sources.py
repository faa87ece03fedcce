"""Sources and sites of a server by what a person may read there, or manage."""

from __future__ import annotations

from collections.abc import Mapping

from bot.community.channel_documents import is_unit
from bot.community.collection_names import SHARED_LABEL
from bot.community.documents import SourceReader
from bot.community.rights import Caller, manageable, readable
from bot.community.server_rules import NotAvailableError, ServerRules
from index.config import SHARED_COLLECTION
from index.schema import SiteEntry, SourceEntry


class ListedSources:
    """What there is, for whoever asks."""

    def __init__(self, rules: ServerRules, reader: SourceReader) -> None:
        self._rules = rules
        self._reader = reader

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

    async def refreshable_sources(self, caller: Caller) -> list[SourceEntry]:
        """Return the sources of the server, and those of the shared library if it is read here."""
        found = await self.managed_sources(caller)
        shared = SHARED_COLLECTION in readable(caller, self._rules.of(caller.guild))
        return [*found, *await self._reader.sources(SHARED_COLLECTION)] if shared else found

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
