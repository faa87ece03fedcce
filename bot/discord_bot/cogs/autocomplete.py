"""Autocompletion of sources and collections, within what the person may read or manage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from discord.app_commands import Choice

from bot.community.rights import manageable, manages, readable
from bot.community.server_rules import NotAvailableError
from bot.community.site_management import site_key
from bot.community.source_refresh import other_way
from bot.discord_bot.callers import caller_of
from bot.discord_bot.client import Click
from bot.discord_bot.direct_messages import caller_here
from bot.discord_bot.text.safe_markdown import one_line
from index.schema import SourceEntry

MAX_CHOICES = 25
_LONGEST = 100


async def source_choices(click: Click, current: str) -> list[Choice[str]]:
    """Return sources that the person may read here."""
    found = await click.client.service.sources.listed.readable_sources(await caller_here(click))
    return _choices(found, current)


async def managed_choices(click: Click, current: str) -> list[Choice[str]]:
    """Return sources of the server, for those who manage them."""
    with suppress(NotAvailableError):
        sources, caller = click.client.service.sources, caller_of(click)
        whole = [(site.label, site_key(site)) for site in await sources.sites.managed(caller)]
        whole += [(rule.label, rule.name) for rule in sources.channels.managed(caller)]
        return _choices(await sources.listed.managed_sources(caller), current, whole)
    return []


async def refreshable_choices(click: Click, current: str) -> list[Choice[str]]:
    """Return sources that a manager can have brought up to date."""
    with suppress(NotAvailableError):
        sources, caller = click.client.service.sources, caller_of(click)
        sites = [(site.label, site_key(site)) for site in await sources.sites.refreshable(caller)]
        found = await sources.listed.refreshable_sources(caller)
        return _choices([entry for entry in found if not other_way(entry)], current, sites)
    return []


async def collection_choices(click: Click, current: str) -> list[Choice[str]]:
    """Return collections that the person may read here."""
    service, caller = click.client.service, await caller_here(click)
    names = readable(caller, service.rules.of(caller.home))
    return _matching(
        [(service.sources.listed.label(caller, name), name) for name in names], current
    )


async def managed_collections(click: Click, current: str) -> list[Choice[str]]:
    """Return the server's own collections, for those who manage them."""
    caller = caller_of(click)
    rules = click.client.service.rules.of(caller.guild)
    if rules is None or not manages(caller, rules):
        return []
    known = [(rule.label, rule.name) for rule in manageable(caller, rules)]
    return _matching(known, current)


def _choices(
    entries: Sequence[SourceEntry], current: str, others: Sequence[tuple[str, str]] = ()
) -> list[Choice[str]]:
    return _matching([*others, *((entry.title, entry.id) for entry in entries)], current)


def _matching(pairs: Iterable[tuple[str, str]], current: str) -> list[Choice[str]]:
    """Return choices that hold what was typed, those that begin with it first."""
    typed = current.casefold().strip()
    named = [(one_line(label, _LONGEST) or "Untitled", value) for label, value in pairs]
    found = [pair for pair in named if typed in pair[0].casefold()]
    found.sort(key=lambda pair: (not pair[0].casefold().startswith(typed), pair[0].casefold()))
    return [Choice(name=label, value=value) for label, value in found[:MAX_CHOICES]]
