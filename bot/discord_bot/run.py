"""`quoth discord`: one process between Discord and the answers, from its parts to its end.

The bot is built and its commands are registered; it is connected until a signal stops it. What
concerns the process alone, its log and its last moment, is in `bot.discord_bot.process`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import discord
import yarl

from bot.app import App, open_app
from bot.community.built_service import Parts
from bot.community.running_service import open_service
from bot.community.service import Service
from bot.discord_bot.answer_buttons import HANDLERS
from bot.discord_bot.client import QuothBot, ShardedBot
from bot.discord_bot.cogs.about import About
from bot.discord_bot.cogs.ask import Ask, about_this
from bot.discord_bot.cogs.channel_changes import ChannelChanges
from bot.discord_bot.cogs.collections import Collections
from bot.discord_bot.cogs.gaps import Gaps
from bot.discord_bot.cogs.membership import Membership
from bot.discord_bot.cogs.message_changes import MessageChanges
from bot.discord_bot.cogs.messages import Talk
from bot.discord_bot.cogs.notices import Notices
from bot.discord_bot.cogs.server_settings import ServerSettings
from bot.discord_bot.cogs.sources import Sources, add_message, list_sources
from bot.discord_bot.gateway_address import (
    WRONG_TOKEN,
    Gateway,
    find_gateway,
    keep_to,
    pointed_at,
)
from bot.discord_bot.gateway_state import GatewayState
from bot.discord_bot.interrupted_answers import take_up_deserted, take_up_when_ready
from bot.discord_bot.invite import PERMISSIONS, invite_link
from bot.discord_bot.member_rights import MemberRights
from bot.discord_bot.process import LAST_MOMENT, leave_within, logged
from bot.discord_bot.stop_signals import cancelled_by_sigterm, stopped_by_signals
from bot.discord_bot.views import AnswerButton, AnswerSelect
from bot.observer import Observer
from bot.operation.monitor import Monitor, monitored, open_observer
from bot.operation.question_traces import open_traces
from bot.operation.service_notice import ServiceNotice
from bot.setting_sources import DISCORD_ADDRESSES
from bot.settings import Settings
from index.errors import ConfigurationError
from index.text.readable_markdown import markdown_parser

logger = logging.getLogger(__name__)

Page: TypeAlias = Callable[[App, MemberRights], AbstractAsyncContextManager[None]]
"""Serves the reading page beside the bot."""

SYNCED = "commands"
"""The fact under which the hash of the commands that Discord has is kept."""

ASK = "mention of /ask"
"""The fact under which Discord's mention of the command is kept."""

MAX_ANNOUNCED = 10
"""Servers that are named with what is missing there."""

NO_TOKEN = (
    "DISCORD_TOKEN is not set. Create a bot at https://discord.com/developers/applications and "
    "put its token into .env."
)
NO_TOKEN_THERE = (
    "The DISCORD_TOKEN of the environment is not sent to the address that {names} in .env gives. "
    "Put the token into that file too, or the address into the environment."
)
_NEEDS_INTENT = (
    "QUOTH_MESSAGE_CONTENT is on, but the bot lacks the Message Content intent. Switch it on at "
    "https://discord.com/developers/applications under Bot, or set QUOTH_MESSAGE_CONTENT=off."
)


async def build_bot(service: Service, *, shards: int = 1) -> QuothBot:
    """Return the bot with its commands and buttons, not yet connected."""
    bot = (ShardedBot if shards > 1 else QuothBot)(service, HANDLERS)
    for cog in (Ask(), Talk(bot), About(), Sources(), Collections(), ServerSettings(), Gaps()):
        await bot.add_cog(cog)
    for kept_in_step in (Membership(bot), MessageChanges(bot), Notices(bot)):
        await bot.add_cog(kept_in_step)
    if service.message_content:
        await bot.add_cog(ChannelChanges(bot))
    bot.tree.add_command(about_this)
    bot.tree.add_command(add_message)
    bot.tree.add_command(list_sources)
    bot.add_dynamic_items(AnswerButton, AnswerSelect)
    return bot


def commands_hash(bot: QuothBot) -> str:
    """Return what changes when a command does, or the library; commands have no translations."""
    commands = [command.to_dict(bot.tree) for command in bot.tree.get_commands()]
    said = json.dumps([discord.__version__, bot.application_id, commands], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


async def sync_commands(bot: QuothBot) -> bool:
    """Register the commands if Discord has others; say whether that was needed."""
    memory, digest = bot.service.memory, commands_hash(bot)
    if await memory.fact(SYNCED) == digest:
        bot.ask_mention = await memory.fact(ASK) or bot.ask_mention
        return False
    for command in await bot.tree.sync():
        if command.name == "ask":
            bot.ask_mention = command.mention

    async def note() -> None:
        await memory.set_fact(ASK, bot.ask_mention)
        await memory.set_fact(SYNCED, digest)

    await bot.service.owed.make(SYNCED, "Which commands Discord has was not noted", note)
    return True


async def serve(
    parts: Parts,
    *,
    ready: Callable[[QuothBot], None] | None = None,
    stopping: Callable[[], None] = lambda: None,
    deadline: float | None = None,
    notice: ServiceNotice | None = None,
    page: Callable[[MemberRights], AbstractAsyncContextManager[None]] | None = None,
) -> None:
    """Run the bot until it is stopped by SIGTERM, SIGINT or cancellation.

    `stopping` is called at the first signal; `notice` is told that the loop runs; `page` is served
    beside. Raises ConfigurationError when Discord does not take the token, or a port is taken.
    """
    token = _token(parts.settings)
    state = GatewayState(parts.observer)
    async with monitored(parts, state, notice or ServiceNotice()) as monitor:
        run = _Run(parts, state, monitor, ready or (lambda bot: None), stopping, page)
        gateway = await find_gateway(parts.settings, token)
        with pointed_at(parts.settings, gateway):
            async with open_service(parts, deadline=deadline) as service:
                await _serve(run, service, gateway, token)


@dataclass(frozen=True)
class _Run:
    """What one run of the bot is given."""

    parts: Parts
    state: GatewayState
    monitor: Monitor
    ready: Callable[[QuothBot], None]
    stopping: Callable[[], None]
    page: Callable[[MemberRights], AbstractAsyncContextManager[None]] | None


async def _serve(run: _Run, service: Service, gateway: Gateway, token: str) -> None:
    await asyncio.to_thread(markdown_parser)  # the first answer would keep all others from the loop
    bot = await build_bot(service, shards=gateway.shards)
    if run.parts.settings.discord_gateway_url:
        keep_to(bot, yarl.URL(gateway.url))
    run.monitor.watch(service)
    run.state.follow(bot, gateway.shards)
    take_up_when_ready(bot, await service.left_waiting())
    page = run.page(MemberRights(bot)) if run.page else nullcontext()
    async with bot, page, stopped_by_signals(partial(shut_down, bot), run.stopping):
        run.ready(bot)
        deserted = asyncio.create_task(take_up_deserted(bot))
        try:
            await _connected(bot, token)
        finally:
            deserted.cancel()
            await asyncio.gather(deserted, return_exceptions=True)


async def _connected(bot: QuothBot, token: str) -> None:
    try:
        await bot.login(token)
        await sync_commands(bot)
        await bot.connect()
    except discord.LoginFailure:
        raise ConfigurationError(WRONG_TOKEN) from None
    except discord.PrivilegedIntentsRequired:
        raise ConfigurationError(_NEEDS_INTENT) from None


def _token(settings: Settings) -> str:
    token = settings.discord_token.get_secret_value() if settings.discord_token else ""
    if not token:
        names = " and ".join(name for name in DISCORD_ADDRESSES if name in settings.from_file)
        raise ConfigurationError(NO_TOKEN_THERE.format(names=names) if names else NO_TOKEN)
    return token


async def shut_down(bot: QuothBot) -> None:
    """Take no more questions, finish or excuse those under way, and leave Discord."""
    await bot.service.stop()
    await bot.close()


def run(
    settings: Settings,
    *,
    announce: Callable[[str], None] = lambda line: None,
    notice: ServiceNotice | None = None,
    page: Page | None = None,
) -> int:
    """Run the bot until it is stopped; return the exit code.

    `announce` is told when it is connected, and what it lacks; `notice` the first of it, and when
    it stops; `page` is served beside. Raises ConfigurationError with one plain line when it cannot
    start.
    """
    _token(settings)
    with logged(settings), contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_run(settings, announce, notice or ServiceNotice(), page))
    return 0


async def _run(
    settings: Settings,
    announce: Callable[[str], None],
    notice: ServiceNotice,
    page: Page | None,
) -> None:
    def stopping() -> None:
        notice.stopping()
        leave_within(LAST_MOMENT)

    with cancelled_by_sigterm(stopping):
        observer = open_observer(settings)
        async with open_app(settings, observer=observer) as app:
            await serve(
                await parts_of(app, observer),
                ready=lambda bot: _announce(bot, announce, notice),
                stopping=stopping,
                notice=notice,
                page=partial(page, app) if page else None,
            )


def _announce(bot: QuothBot, announce: Callable[[str], None], notice: ServiceNotice) -> None:
    """Have the first connection, and what is missing in each server, announced."""

    async def on_ready() -> None:
        bot.remove_listener(on_ready)
        name = bot.user.display_name if bot.user else "nobody"
        count = len(bot.guilds)
        where = f"{count} server{'s' * (count != 1)}"
        notice.ready(f"Answering in {where}.")
        announce(f"Answering as {name} in {where}. Ctrl-C stops.")
        for line in lacking(bot)[:MAX_ANNOUNCED]:
            announce(line)

    bot.add_listener(on_ready)


def lacking(bot: QuothBot) -> list[str]:
    """Return one line for each server where the bot lacks permissions."""
    lines = []
    for guild in bot.guilds:
        has = guild.me.guild_permissions if guild.me else discord.Permissions.none()
        missing = [name for name in PERMISSIONS if not getattr(has, name)]
        if missing and not has.administrator:
            names = ", ".join(name.replace("_", " ") for name in missing)
            link = invite_link(bot.application_id or 0)
            lines.append(f"In {guild.name!r} I lack: {names}. Invite me again: {link}")
    return lines


@asynccontextmanager
async def open_parts(settings: Settings) -> AsyncIterator[Parts]:
    """Open Quoth for Discord; raises QuothError."""
    observer = open_observer(settings)
    with open_traces(os.environ) as traces:
        async with open_app(settings, observer=observer, traces=traces) as app:
            yield await parts_of(app, observer)


async def parts_of(app: App, observer: Observer) -> Parts:
    """Return what the service is made from, of an opened Quoth."""
    return Parts(
        settings=app.settings,
        answerer=app.answerer,
        bridge=app.bridge,
        writers=app.writers,
        records=await app.bridge.run(app.records),
        documents=app.library,
        embed=app.embed,
        observer=observer,
        stats=app.library.catalog.stats,
        work=app.library.work,
    )
