"""A local Discord for the real client: HTTP API v10 and gateway v10 on loopback.

    async with DiscordServer() as discord:
        acme = discord.guild("Acme")                      # the bot is in it
        staff = acme.role("staff")
        general, secret = acme.text("general"), acme.text("secret", only=[staff])
        ann = acme.member("Ann", staff)                   # a Person; acme.join(ann) elsewhere
        ...start the bot with discord.settings() in its environment, or `with pointed_at(discord)`
        await discord.gateway.connected()
        asked = await ann.slash("ask", question="Who?", in_=general)
        answer = await ann.sees(to=asked)                 # the response, once it stops "thinking"
        card = await ann.sees(to=await ann.click(answer, "Show 1"))
        discord.assert_clean()

People (`discord_people.Person`): `slash`, `menu`, `autocomplete`, `click`, `choose`, `sees_modal`,
`submit`, `forge` return or take interactions; `say`, `mention`, `reply`, `dm`, `upload`, `thread`,
`forum_post` write; `sees(text_or_predicate, to=, in_=, within=)` waits for a message of the bot
that is new or changed for this person, ephemeral ones only for whom they are; `screen(channel)` is
everything on it. `sees` returns a `Shown` (`text`, `content`, `embeds`, `buttons`, `attachments`,
`ephemeral`, `message`); `Upload(name, bytes)` is a file for an option.

Trouble at will: `discord.gateway.drop(code=None, resumable=True)`, `.reconnect()` (op 7),
`.invalidate(resumable=False)` (op 9), `.refusing`, `.shards`, `.allowed` (privileged intents that
are on), `discord.throttle(...)` for 429s, `discord.fail(...)` for errors,
`discord.slow(...)`, `discord.advance(seconds)` for tokens that expire.

Judged: every payload against Discord's limits (`discord_rules`), `allowed_mentions` on everything
sent, one first response within `discord.deadline` seconds, no request while a 429 holds, no
unknown route. Such things are refused as Discord refuses them and also listed in
`discord.problems`; `assert_clean()` fails on any. `discord.log` has every request.

Not judged, because Discord does not say: edits of messages older than an hour (error 30046).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Self

import yarl
from aiohttp import web

from tests.doubles.discord.http import application
from tests.doubles.discord.hub import Failure, Hub, Interaction, Request, Throttle
from tests.doubles.discord.options import Upload
from tests.doubles.discord.people import Person, Shown, ShownModal
from tests.doubles.discord.world import (
    ADMINISTRATOR,
    ATTACH_FILES,
    CREATE_THREADS,
    EMBED_LINKS,
    FORUM,
    MANAGE_GUILD,
    ORDINARY,
    READ_HISTORY,
    SEND_IN_THREADS,
    SEND_MESSAGES,
    TEXT,
    VIEW_CHANNEL,
    Channel,
    Guild,
    Member,
    Message,
    Role,
    User,
)

__all__ = [
    "ADMINISTRATOR", "ATTACH_FILES", "CREATE_THREADS", "EMBED_LINKS", "MANAGE_GUILD", "ORDINARY",
    "READ_HISTORY", "SEND_IN_THREADS", "SEND_MESSAGES", "VIEW_CHANNEL", "Channel",
    "DiscordServer", "Interaction", "Message", "Person", "Request", "Role", "Shown",
    "ShownModal", "Upload", "pointed_at",
]  # fmt: skip

TOKEN = "MTIz.local.token"


class GuildHandle:
    """A server, as its owner sees it."""

    def __init__(self, hub: Hub, guild: Guild) -> None:
        self.hub = hub
        self.guild = guild

    @property
    def id(self) -> str:
        return self.guild.id

    def _tell(self, event: str, data: dict[str, Any]) -> None:
        """Tell a bot that is connected already."""
        if self.hub.gateway.sessions:
            self.hub.spawn(self.hub.gateway.dispatch(event, data, guild=self.guild))

    def role(self, name: str, permissions: int = 0) -> Role:
        """Create a role."""
        role = Role(self.hub.world.ids.next(), name, permissions, len(self.guild.roles))
        self.guild.roles[role.id] = role
        self._tell("GUILD_ROLE_CREATE", {"guild_id": self.id, "role": role.payload()})
        return role

    def text(self, name: str, *, only: Sequence[Role | Person] | None = None) -> Channel:
        """Create a text channel; with `only`, seen by these, the bot and the owner."""
        return self._channel(name, TEXT, only)

    def forum(self, name: str, *, only: Sequence[Role | Person] | None = None) -> Channel:
        """Create a forum."""
        return self._channel(name, FORUM, only)

    def _channel(self, name: str, type: int, only: Sequence[Role | Person] | None) -> Channel:
        channel = Channel(self.hub.world.ids.next(), type, name, guild=self.guild)
        if only is not None:
            channel.overwrites[self.id] = (0, 0, VIEW_CHANNEL)
            channel.overwrites[self.hub.world.bot.id] = (1, VIEW_CHANNEL, 0)
            for who in only:
                channel.overwrites[who.id] = (int(isinstance(who, Person)), VIEW_CHANNEL, 0)
        self.guild.channels[channel.id] = channel
        self.hub.world.channels[channel.id] = channel
        self._tell("CHANNEL_CREATE", channel.payload())
        return channel

    def overwrite(
        self, channel: Channel, who: Role | Person | User | None, *, allow: int = 0, deny: int = 0
    ) -> None:
        """Allow and deny rights in a channel to a role, a person, the bot's user or everyone."""
        id = self.id if who is None else who.id
        kind = int(isinstance(who, Person | User))
        channel.overwrites[id] = (kind, allow, deny)
        self._tell("CHANNEL_UPDATE", channel.payload())

    def member(self, name: str, *roles: Role) -> Person:
        """Create somebody who is in this server."""
        person = Person(self.hub, self.hub.world.user(name))
        self.join(person, *roles)
        return person

    def join(self, person: Person, *roles: Role) -> None:
        """Let somebody join."""
        self.guild.members[person.id] = Member(person.user, list(roles))

    def leave(self, person: Person) -> None:
        """Let somebody leave."""
        del self.guild.members[person.id]

    def grant(self, person: Person, role: Role) -> None:
        """Give a role. The bot is not told: that would need the members intent."""
        self.guild.members[person.id].roles.append(role)

    def revoke(self, person: Person, role: Role) -> None:
        """Take a role away. The bot is not told."""
        self.guild.members[person.id].roles.remove(role)

    def offer_commands(self, *who: Role | Person) -> None:
        """Offer every command to these, as Server Settings, Integrations, can."""
        self.guild.commands_for |= {one.id for one in who}

    def delete_role(self, role: Role) -> None:
        """Delete a role."""
        del self.guild.roles[role.id]
        for member in self.guild.members.values():
            member.roles = [held for held in member.roles if held is not role]
        self._tell("GUILD_ROLE_DELETE", {"guild_id": self.id, "role_id": role.id})

    def rename(self, channel: Channel, name: str) -> None:
        """Give a channel or thread another name."""
        channel.name = name
        self._tell("THREAD_UPDATE" if channel.is_thread else "CHANNEL_UPDATE", channel.payload())

    def archive(self, thread: Channel) -> None:
        """Archive a thread, now: it is listed apart."""
        thread.archived, thread.archived_at = True, self.hub.world.clock.stamp()
        self._tell("THREAD_UPDATE", thread.payload())

    def delete_channel(self, channel: Channel) -> None:
        """Delete a channel."""
        del self.guild.channels[channel.id]
        del self.hub.world.channels[channel.id]
        for thread in [one for one in self.guild.threads.values() if one.parent is channel]:
            del self.guild.threads[thread.id], self.hub.world.channels[thread.id]
        self._tell("CHANNEL_DELETE", channel.payload())

    def delete_thread(self, thread: Channel) -> None:
        """Delete a thread."""
        del self.guild.threads[thread.id], self.hub.world.channels[thread.id]
        known = ("id", "guild_id", "parent_id", "type")
        self._tell("THREAD_DELETE", {key: thread.payload()[key] for key in known})

    def remove_bot(self) -> None:
        """Put the bot out; Discord says so by leaving `unavailable` unset."""
        del self.guild.members[self.hub.world.bot.id]
        self._tell("GUILD_DELETE", {"id": self.id})

    def invite_bot(self, *, stated: bool = False) -> None:
        """Let the bot in again; Discord may state that the server is not unavailable."""
        mine = [role for role in self.guild.roles.values() if role.managed]
        self.guild.members[self.hub.world.bot.id] = Member(self.hub.world.bot, mine)
        payload = self.guild.payload(self.hub.world.bot)
        if not stated:
            del payload["unavailable"]
        self._tell("GUILD_CREATE", payload)

    def outage(self) -> None:
        """Let the server fall out, as in an outage of Discord's."""
        self._tell("GUILD_DELETE", {"id": self.id, "unavailable": True})


class DiscordServer:
    """The local Discord. An async context manager; see the module's text for its use."""

    def __init__(self, token: str = TOKEN) -> None:
        self.hub = Hub(token)
        self.world = self.hub.world
        self.gateway = self.hub.gateway
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        # discord.py parses the URLs, so the port must be known before it starts.
        self._runner = web.AppRunner(
            application(self.hub), access_log=None, shutdown_timeout=0.5, handle_signals=False
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.hub.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *raised: object) -> None:
        for task in list(self.hub.tasks):
            task.cancel()
        await asyncio.gather(*self.hub.tasks, return_exceptions=True)
        await self.gateway.drop()
        if self._runner is not None:
            await self._runner.cleanup()

    # --- building ----------------------------------------------------------------------------

    def guild(self, name: str, *, bot_permissions: int = ORDINARY) -> GuildHandle:
        """Create a server with an owner and the bot, whose own role has `bot_permissions`."""
        world = self.world
        guild = Guild(world.ids.next(), name, world.user(f"{name} owner"))
        guild.roles[guild.id] = Role(guild.id, "@everyone", ORDINARY, 0)
        mine = Role(world.ids.next(), world.bot.name, bot_permissions, 1, managed=True)
        guild.roles[mine.id] = mine
        guild.members[guild.owner.id] = Member(guild.owner, [])
        guild.members[world.bot.id] = Member(world.bot, [mine])
        world.guilds[guild.id] = guild
        handle = GuildHandle(self.hub, guild)
        handle._tell("GUILD_CREATE", guild.payload(world.bot))
        return handle

    def owner(self, guild: GuildHandle) -> Person:
        """Return the owner of a server, who may everything."""
        return Person(self.hub, guild.guild.owner)

    def stranger(self, name: str) -> Person:
        """Create somebody who is in no server, for direct messages."""
        return Person(self.hub, self.world.user(name))

    # --- trouble -----------------------------------------------------------------------------

    def throttle(
        self, method: str = "*", pattern: str = "*", *, times: int = 1, retry_after: float = 0.3
    ) -> Throttle:
        """Answer the next requests with 429; without a pattern the limit is global."""
        made = Throttle(method, pattern, times, retry_after, method == pattern == "*")
        self.hub.throttles.append(made)
        return made

    def fail(self, pattern: str, *, times: int = 1, status: int = 500, code: int = 0) -> None:
        """Answer the next requests like `PATCH /webhooks/*` with an error; status 0 cuts the line.

        discord.py tries again what fails with a status from 500, with pauses of seconds.
        """
        self.hub.failures.append(Failure(pattern, times, status, code))

    def slow(self, pattern: str, seconds: float) -> None:
        """Let requests like `POST /channels/*/messages` take their time."""
        self.hub.slowdown[pattern] = seconds

    def advance(self, seconds: float) -> None:
        """Put the server's clock forward."""
        self.world.clock.ahead += seconds

    # --- looking -----------------------------------------------------------------------------

    @property
    def log(self) -> list[Request]:
        """Every request of the bot."""
        return self.hub.log

    @property
    def commands(self) -> list[dict[str, Any]]:
        """Global application commands."""
        return self.hub.commands[None]

    @property
    def problems(self) -> list[str]:
        """Everything that Discord would not have, or that a person would suffer from."""
        return self.hub.problems + self.gateway.problems

    @property
    def deadline(self) -> float:
        """Seconds until an interaction must have its first response."""
        return self.hub.deadline

    @deadline.setter
    def deadline(self, seconds: float) -> None:
        self.hub.deadline = seconds

    def settings(self) -> dict[str, str]:
        """Return the environment that points Quoth here."""
        return {
            "DISCORD_TOKEN": self.hub.token,
            "QUOTH_DISCORD_API_URL": self.hub.api_url,
            "QUOTH_DISCORD_GATEWAY_URL": self.hub.gateway_url,
        }

    def assert_clean(self) -> None:
        """Fail when anything was wrong; forget it, so that a test can go on."""
        found = self.problems
        self.hub.problems.clear()
        self.gateway.problems.clear()
        assert not found, "\n".join(found)


@contextlib.contextmanager
def pointed_at(server: DiscordServer) -> Iterator[None]:
    """Point every discord.py client of this process at `server`."""
    from discord.gateway import DiscordWebSocket
    from discord.http import Route

    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE = server.hub.api_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(server.hub.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before
