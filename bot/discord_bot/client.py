"""The Discord client: what it is given, and which events it asks for."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import discord
from discord import app_commands
from discord.ext import commands

from bot.community.service import Service
from bot.discord_bot.edit_pace import ChannelPaces
from bot.discord_bot.error_replies import tell_error
from bot.discord_bot.replies import SILENT
from index.text.invisible_characters import is_blank

CUSTOM_ID = re.compile(
    r"q1:(?P<action>[a-z]{2,10}):(?P<key>[A-Za-z0-9_-]{1,48})(?::(?P<number>\d{1,9}))?"
)
"""What a button says of itself; nothing else has to be remembered for it to work."""


@dataclass(frozen=True)
class Target:
    """What a click is about."""

    action: str
    key: str
    """Key of an answer, or name of a collection."""
    number: int = 0

    @property
    def custom_id(self) -> str:
        """The id that comes back with a click."""
        return f"q1:{self.action}:{self.key}:{self.number}"

    @staticmethod
    def matched(match: re.Match[str]) -> Target:
        """Return what a custom_id of ours says."""
        return Target(match["action"], match["key"], int(match["number"] or 0))


@dataclass(frozen=True)
class Filled:
    """What was typed into a form."""

    text: str
    source: str = ""
    """A source by name, where the form asks for one."""
    question: str = ""
    """A question as it will be read, where the form asks for one."""
    collection: str = ""
    """The name of a collection that was chosen."""


@dataclass(frozen=True)
class Handlers:
    """What to do at a click, and with a form that was filled in."""

    clicks: Mapping[str, Callable[[Any, Target], Awaitable[None]]]
    forms: Mapping[str, Callable[[Any, Target, Filled], Awaitable[None]]]


class QuothTree(app_commands.CommandTree[Any]):
    """The commands; a failure of any of them ends here."""

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Let a stop of the bot wait for the command; everybody may use it."""
        interaction.client.service.under_way.join()
        await interaction.client.service.elsewhere.catch_up_soon()
        return True

    async def on_error(
        self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /
    ) -> None:
        """Answer with one sentence."""
        await tell_error(interaction, error)


class QuothBot(commands.Bot):
    """One bot over one service."""

    def __init__(self, service: Service, handlers: Handlers, **options: Any) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=intents(message_content=service.message_content),
            allowed_mentions=SILENT,
            tree_cls=QuothTree,
            # Nothing of the bot reads members or old messages from memory.
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            **options,
        )
        self.service = service
        self.handlers = handlers
        self.paces = ChannelPaces()
        self.ask_mention = "`/ask`"
        """How the command is named in messages; a mention once Discord has told its id."""
        self.heard: Callable[..., None] = lambda event, *about: None
        """Is told of every event at once, before those that listen; must not block."""

    def dispatch(self, event_name: str, /, *args: Any, **kwargs: Any) -> None:
        """Tell of an event; listeners come to it a moment later, or not at all at the end."""
        self.heard(event_name, *args)
        super().dispatch(event_name, *args, **kwargs)

    async def on_message(self, message: discord.Message, /) -> None:
        """Leave messages to the cog that talks; there are no commands with a prefix."""

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Take a form that was filled in; like buttons, forms outlive the process."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        data: dict[str, Any] = dict(interaction.data or {})
        match = CUSTOM_ID.fullmatch(str(data.get("custom_id", "")))
        if match is None:
            return
        typed = dict(_typed(data.get("components", [])))
        fields = ("text", "source", "question", "collection")
        filled = Filled(*(_words(typed.get(name, "")) for name in fields))
        await act(interaction, self.handlers.forms, Target.matched(match), filled)


class ShardedBot(QuothBot, commands.AutoShardedBot):
    """The same bot over as many connections as Discord recommends."""


Click: TypeAlias = discord.Interaction[QuothBot]


async def act(
    interaction: discord.Interaction[Any],
    handlers: Mapping[str, Callable[..., Awaitable[None]]],
    target: Target,
    *filled: Filled,
) -> None:
    """Do what a button or a form says; a failure becomes a sentence."""
    interaction.client.service.under_way.join()
    try:
        await interaction.client.service.elsewhere.catch_up_soon()
        await handlers[target.action](interaction, target, *filled)
    except Exception as error:
        await tell_error(interaction, error)


def intents(*, message_content: bool) -> discord.Intents:
    """Return the events that are asked for; none is privileged unless the operator wants one."""
    wanted = discord.Intents.none()
    wanted.guilds = wanted.guild_messages = wanted.dm_messages = True
    wanted.message_content = message_content
    return wanted


def _words(typed: str) -> str:
    """Return what was typed, without what stands around it; nothing where nothing is seen."""
    return "" if is_blank(typed) else typed.strip()


def _typed(components: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield the fields of a form by custom_id, however Discord wraps them."""
    for component in components:
        if "value" in component:
            yield str(component.get("custom_id", "")), str(component["value"] or "")
        for chosen in component.get("values") or []:
            yield str(component.get("custom_id", "")), str(chosen)
        inner = [component["component"]] if "component" in component else []
        yield from _typed([*inner, *component.get("components", [])])
