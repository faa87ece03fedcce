"""Lists as Discord shows them: the text of a page and its buttons."""

from __future__ import annotations

import functools
from datetime import UTC, datetime

import discord

from bot.community.channel_sources import with_channels
from bot.community.rights import Caller, CollectionRule, GuildRules, Limit, manageable, manages
from bot.discord_bot.callers import SeenPlaces, caller_of
from bot.discord_bot.client import Click
from bot.discord_bot.direct_messages import caller_here
from bot.discord_bot.text.message_split import MESSAGE_LIMIT, fitting
from bot.discord_bot.text.pages import gaps_page, sources_page
from bot.discord_bot.text.safe_markdown import literal
from bot.discord_bot.views import EVERY, forget_button, gaps_view, page_view
from index.config import SHARED_COLLECTION
from index.sync.web_lists import with_sites


async def sources_text(click: Click, collection: str, number: int) -> tuple[str, discord.ui.View]:
    """Return one page of the sources that the person may read here."""
    sources, caller = click.client.service.sources, await caller_here(click)
    entries = await sources.listed.readable_sources(caller)
    home = click.client.service.rules.of(caller.home)
    found = with_channels(with_sites(entries, await sources.listed.readable_sites(caller)), home)
    key = EVERY
    if collection != EVERY:
        key = sources.listed.named(caller, collection)
        found = [entry for entry in found if entry.collection == key]
    label = functools.partial(sources.listed.label, caller)
    rules = click.client.service.rules.of(caller.guild)
    keeps = rules is not None and manages(caller, rules)
    page = sources_page(
        found,
        number,
        label=label,
        now=datetime.now(UTC),
        keeps=keeps,
        not_read=await sources.listed.not_read(caller) if key in (EVERY, SHARED_COLLECTION) else {},
    )
    view = page_view("sources", key, page)
    if missing := await sources.forgettable(caller):
        view.add_item(forget_button(missing))
    return page.text, view


async def gaps_text(click: Click, number: int) -> tuple[str, discord.ui.View]:
    """Return one page of the server's open questions, for those who manage it."""
    caller, service = caller_of(click), click.client.service
    groups = await service.open_questions.groups(caller, SeenPlaces(click))
    waiting = service.team_answers.reviews(caller)
    page = gaps_page(groups, waiting, number, now=datetime.now(UTC))
    return page.text, gaps_view(groups, waiting, page)


def described(rule: CollectionRule) -> str:
    """Return a collection with its limits in one line."""
    if rule.holds is not None:
        said = [f"who may read <#{rule.holds}>"]
        said += [*_limits("@&", "", rule.roles), *_limits("#", "in ", rule.channels)]
        return f"**{literal(rule.label)}**: {', '.join(said)}"
    said = [*_limits("@&", "", rule.roles), *_limits("#", "in ", rule.channels)]
    return f"**{literal(rule.label)}**: {', '.join(said) or 'everyone in this server'}"


def rules_text(rules: GuildRules, caller: Caller) -> str:
    """Return what a server has decided: collections, limits, managers, and its settings."""
    lines = [described(rule) for rule in manageable(caller, rules)]
    lines.append(f"**shared library**: {'switched on' if rules.shared else 'switched off'}")
    if rules.managers:
        lines.append(f"Managed by {_named('@&', rules.managers)} and Manage Server.")
    if rules.threads:
        lines.append(f"A thread for every question in {_named('#', rules.threads)}.")
    if rules.listening:
        lines.append(f"Answering without a mention in {_named('#', rules.listening)}.")
    text = "\n".join(lines)
    return text[: fitting(text, MESSAGE_LIMIT)]


def _limits(sigil: str, before: str, limit: Limit) -> list[str]:
    said = [f"{before}{_named(sigil, limit.allowed) or 'nobody'}"] if limit.limited else []
    return [*said, f"not {before}{_named(sigil, limit.denied)}"] if limit.denied else said


def _named(sigil: str, ids: frozenset[int]) -> str:
    return ", ".join(f"<{sigil}{id}>" for id in sorted(ids))
