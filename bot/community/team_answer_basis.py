"""What team answers rest on: found when they are written, compared with the sources later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.community.documents import SourceReader
from bot.community.gap_groups import GapGroup
from bot.community.rights import Caller, manageable, readable
from bot.community.server_rules import ServerRules
from bot.community.store.memory import Memory
from bot.community.store.records import Basis, TeamAnswer

MAX_BASES = 10
"""Quotes of disliked answers that a team answer expires by."""


class BasisLookup:
    """Looks up what team answers rest on."""

    def __init__(self, *, rules: ServerRules, memory: Memory, reader: SourceReader) -> None:
        self._rules = rules
        self._memory = memory
        self._reader = reader

    async def named(self, caller: Caller, name: str) -> tuple[tuple[Basis, ...], str | None]:
        """Return the source that a manager named, or why there is no such one."""
        wanted = name.casefold().strip()
        if not wanted:
            return (), None
        rules = self._rules.managed(caller)
        own = (rule.name for rule in manageable(caller, rules))
        collections = {*readable(caller, rules), *own}
        found = [
            entry for entry in await self._reader.sources(*sorted(collections)) if entry.sha256
        ]
        exact = [one for one in found if wanted in (one.title.casefold(), one.uri.casefold())]
        near = exact or [one for one in found if wanted in f"{one.title}\n{one.uri}".casefold()]
        if len(near) != 1:
            several = f"More than one source is called {name!r}."
            return (), several if near else f"There is no source {name!r} that you may open here."
        return (_basis(near[0].id, near[0].collection, near[0].title, near[0].sha256),), None

    async def quoted(self, group: GapGroup) -> tuple[Basis, ...]:
        """Return what the disliked answers of a group quoted: it is what a person corrects."""
        found: dict[tuple[str, str], Basis] = {}
        for key in {gap.answer for gap in group.gaps if gap.kind == "disliked"}:
            kept = await self._memory.answer(key)
            for one in kept.answer.citations if kept else ():
                source, version = one.evidence.source_id, one.evidence.sha256
                found[source, one.quote] = _basis(
                    source, one.collection, one.title, version, quote=one.quote
                )
        return tuple(found.values())[:MAX_BASES]

    async def as_now(self, held: TeamAnswer) -> tuple[Basis, ...]:
        """Return what a team answer rests on in today's versions, without what is gone."""
        versions = await self.versions([held])
        found = {
            basis.source: basis.model_copy(update={"sha256": version, "quote": None})
            for basis in held.rests_on
            if (version := versions.get(basis.source)) is not None
        }
        return tuple(found.values())

    async def versions(self, answers: Sequence[TeamAnswer]) -> dict[str, str]:
        """Return the version of every source in the collections that these answers touch."""
        touched = {one.collection for one in answers}
        touched |= {basis.collection for one in answers for basis in one.rests_on}
        return {
            entry.id: entry.sha256
            for entry in await self._reader.sources(*sorted(touched))
            if entry.sha256
        }

    async def reason(self, held: TeamAnswer, versions: Mapping[str, str]) -> str | None:
        """Return what has changed of what a team answer rests on, or None."""
        for basis in held.rests_on:
            version = versions.get(basis.source)
            if version is None:
                return f"{basis.title!r} was removed."
            if version != basis.sha256 and not await self._stands(basis):
                return f"{basis.title!r} has changed."
        return None

    async def _stands(self, basis: Basis) -> bool:
        if basis.quote is None:
            return False
        source = await self._reader.source(basis.source)
        return source is not None and basis.quote in source.text


def _basis(
    source: str, collection: str, title: str, sha256: str, *, quote: str | None = None
) -> Basis:
    return Basis(source=source, collection=collection, title=title, sha256=sha256, quote=quote)
