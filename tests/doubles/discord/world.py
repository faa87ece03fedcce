"""The state of the local Discord: users, servers, roles, channels, messages, and who may what.

`World` is the truth that HTTP, gateway and people share. Values know their payloads; permissions
are computed as https://discord.com/developers/docs/topics/permissions describes.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from tests.doubles.discord.rules import EPHEMERAL, LOADING

Payload: TypeAlias = dict[str, Any]

EPOCH_MS = 1_420_070_400_000

ADMINISTRATOR, MANAGE_CHANNELS, MANAGE_GUILD, ADD_REACTIONS = 1 << 3, 1 << 4, 1 << 5, 1 << 6
VIEW_CHANNEL, SEND_MESSAGES, MANAGE_MESSAGES = 1 << 10, 1 << 11, 1 << 13
EMBED_LINKS, ATTACH_FILES, READ_HISTORY = 1 << 14, 1 << 15, 1 << 16
MENTION_EVERYONE, MANAGE_ROLES, USE_COMMANDS = 1 << 17, 1 << 28, 1 << 31
MANAGE_THREADS, CREATE_THREADS, SEND_IN_THREADS = 1 << 34, 1 << 35, 1 << 38
EVERYTHING = (1 << 50) - 1
ORDINARY = (
    ADD_REACTIONS | VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS | ATTACH_FILES | READ_HISTORY
    | USE_COMMANDS | CREATE_THREADS | SEND_IN_THREADS
)  # fmt: skip
"""What @everyone may do in a new server."""

TEXT, DM, NEWS, NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 0, 1, 5, 10, 11, 12, 15
THREADS = (NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD)


class Clock:
    """Real time, which a test can put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        return time.time() + self.ahead

    def stamp(self) -> str:
        return datetime.fromtimestamp(self.now(), UTC).isoformat()


class Snowflakes:
    """Ids that carry the time, as Discord's do."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._count = itertools.count(1)

    def next(self) -> str:
        milliseconds = int(self._clock.now() * 1000) - EPOCH_MS
        return str((milliseconds << 22) | (next(self._count) & 0x3FFFFF))


@dataclass(eq=False)
class User:
    id: str
    name: str
    bot: bool = False
    dms_closed: bool = False

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"

    def payload(self) -> Payload:
        return {
            "id": self.id, "username": self.name.lower(), "global_name": self.name,
            "discriminator": "0000" if self.bot else "0", "avatar": None, "bot": self.bot,
            "public_flags": 0,
        }  # fmt: skip


@dataclass(eq=False)
class Role:
    id: str
    name: str
    permissions: int
    position: int = 1
    managed: bool = False

    def payload(self) -> Payload:
        return {
            "id": self.id, "name": self.name, "permissions": str(self.permissions),
            "position": self.position, "color": 0, "colors": {"primary_color": 0},
            "hoist": False, "managed": self.managed, "mentionable": False, "flags": 0,
        }  # fmt: skip


@dataclass(eq=False)
class Channel:
    id: str
    type: int
    name: str = ""
    guild: Guild | None = None
    parent: Channel | None = None
    overwrites: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """By role or user id: kind (0 role, 1 member), allow, deny."""
    recipient: User | None = None
    owner: User | None = None
    archived: bool = False
    archived_at: str = "2024-01-01T00:00:00+00:00"
    locked: bool = False
    auto_archive: int = 1440
    members: list[User] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)

    @property
    def is_thread(self) -> bool:
        return self.type in THREADS

    def payload(self) -> Payload:
        if self.type == DM:
            assert self.recipient is not None
            recipients = [self.recipient.payload()]
            return {"id": self.id, "type": DM, "recipients": recipients, "flags": 0}
        assert self.guild is not None
        known: Payload = {
            "id": self.id, "type": self.type, "name": self.name, "guild_id": self.guild.id,
            "parent_id": self.parent.id if self.parent else None, "flags": 0,
            "last_message_id": next(reversed(self.messages), None), "rate_limit_per_user": 0,
        }  # fmt: skip
        return known | (self._thread_fields() if self.is_thread else self._channel_fields())

    def _channel_fields(self) -> Payload:
        overwrites = [
            {"id": id, "type": kind, "allow": str(allow), "deny": str(deny)}
            for id, (kind, allow, deny) in self.overwrites.items()
        ]
        extra: Payload = {"available_tags": []} if self.type == FORUM else {}
        return {
            "position": 0, "permission_overwrites": overwrites, "nsfw": False, "topic": None
        } | extra  # fmt: skip

    def _thread_fields(self) -> Payload:
        assert self.owner is not None
        return {
            "owner_id": self.owner.id,
            "message_count": len(self.messages), "total_message_sent": len(self.messages),
            "member_count": len(self.members),
            "thread_metadata": {
                "archived": self.archived, "locked": self.locked,
                "auto_archive_duration": self.auto_archive,
                "archive_timestamp": self.archived_at,
            },
        }  # fmt: skip


@dataclass(eq=False)
class Message:
    id: str
    channel: Channel
    author: User
    content: str
    timestamp: str
    type: int = 0
    embeds: list[Payload] = field(default_factory=list)
    attachments: list[Payload] = field(default_factory=list)
    components: list[Payload] = field(default_factory=list)
    flags: int = 0
    mentions: list[User] = field(default_factory=list)
    reply_to: Message | None = None
    nonce: str | None = None
    only_for: User | None = None
    """The person who alone sees an ephemeral message."""
    interaction: Payload | None = None
    """Metadata of the interaction it responds to."""
    edited: str | None = None
    thread: Channel | None = None
    version: int = 0
    """Counts what a person could see change, across all messages."""
    deleted: bool = False

    @property
    def loading(self) -> bool:
        return bool(self.flags & LOADING)

    @property
    def ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    def payload(self) -> Payload:
        known: Payload = {
            "id": self.id, "channel_id": self.channel.id, "author": self.author.payload(),
            "content": self.content, "timestamp": self.timestamp, "type": self.type,
            "edited_timestamp": self.edited, "tts": False, "mention_everyone": False,
            "mentions": [user.payload() for user in self.mentions], "mention_roles": [],
            "attachments": self.attachments, "embeds": self.embeds, "pinned": False,
            "components": self.components, "flags": self.flags,
        }  # fmt: skip
        if self.nonce is not None:
            known["nonce"] = self.nonce
        if self.interaction is not None:
            known |= {"interaction_metadata": self.interaction, "webhook_id": self.author.id,
                      "application_id": self.author.id}  # fmt: skip
        if self.reply_to is not None:
            known["message_reference"] = {
                "type": 0, "message_id": self.reply_to.id, "channel_id": self.channel.id
            }  # fmt: skip
            known["referenced_message"] = None if self.reply_to.deleted else self.reply_to.payload()
        if self.thread is not None:
            known["thread"] = self.thread.payload()
        return known


@dataclass(eq=False)
class Member:
    user: User
    roles: list[Role]

    def payload(self) -> Payload:
        return {
            "user": self.user.payload(), "roles": [role.id for role in self.roles], "nick": None,
            "avatar": None, "joined_at": "2024-01-01T00:00:00+00:00", "deaf": False,
            "mute": False, "flags": 0, "pending": False, "premium_since": None,
            "communication_disabled_until": None,
        }  # fmt: skip


@dataclass(eq=False)
class Guild:
    id: str
    name: str
    owner: User
    roles: dict[str, Role] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    threads: dict[str, Channel] = field(default_factory=dict)
    commands_for: set[str] = field(default_factory=set)
    """Roles and people to whom Server Settings, Integrations, offers every command."""

    @property
    def everyone(self) -> Role:
        return self.roles[self.id]

    def payload(self, bot: User) -> Payload:
        """Return what GUILD_CREATE carries without privileged intents: the bot's member only."""
        me = self.members.get(bot.id)
        return {
            "id": self.id, "name": self.name, "icon": None, "splash": None, "banner": None,
            "owner_id": self.owner.id, "afk_timeout": 300, "verification_level": 0,
            "default_message_notifications": 0, "explicit_content_filter": 0, "features": [],
            "mfa_level": 0, "system_channel_flags": 0, "premium_tier": 0, "nsfw_level": 0,
            "preferred_locale": "en-US", "large": False, "unavailable": False,
            "member_count": len(self.members), "emojis": [], "stickers": [], "presences": [],
            "voice_states": [], "stage_instances": [], "guild_scheduled_events": [],
            "soundboard_sounds": [], "roles": [role.payload() for role in self.roles.values()],
            "members": [me.payload()] if me else [],
            "channels": [channel.payload() for channel in self.channels.values()],
            "threads": [one.payload() for one in self.threads.values() if not one.archived],
        }  # fmt: skip


def permissions(user: User, channel: Channel) -> int:
    """Return the permission bits of a user in a channel, overwrites included."""
    guild = channel.guild
    if guild is None:
        return EVERYTHING if channel.type == DM else 0
    member = guild.members.get(user.id)
    if member is None:
        return 0
    base = guild_permissions(member, guild)
    if base & ADMINISTRATOR:
        return EVERYTHING
    source = channel.parent if channel.is_thread and channel.parent else channel
    base = _overwritten(base, member, guild, source)
    if channel.type == PRIVATE_THREAD and user not in channel.members:
        base &= ~VIEW_CHANNEL if not base & MANAGE_THREADS else base
    return base if base & VIEW_CHANNEL else 0


def guild_permissions(member: Member, guild: Guild) -> int:
    """Return what a member may do before overwrites."""
    if member.user is guild.owner:
        return EVERYTHING
    base = guild.everyone.permissions
    for role in member.roles:
        base |= role.permissions
    return EVERYTHING if base & ADMINISTRATOR else base


def _overwritten(base: int, member: Member, guild: Guild, channel: Channel) -> int:
    def apply(base: int, ids: list[str]) -> int:
        found = [channel.overwrites[id] for id in ids if id in channel.overwrites]
        allow = deny = 0
        for _, allowed, denied in found:
            allow, deny = allow | allowed, deny | denied
        return base & ~deny | allow

    base = apply(base, [guild.id])
    base = apply(base, [role.id for role in member.roles])
    return apply(base, [member.user.id])


@dataclass(eq=False)
class Attachment:
    """A file on the local content network."""

    payload: Payload
    content: bytes


class World:
    """Everything there is; people and the bot act on it through `discord_server.DiscordServer`."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.ids = Snowflakes(self.clock)
        self.bot = User(self.ids.next(), "Quoth", bot=True)
        self.users: dict[str, User] = {self.bot.id: self.bot}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, Attachment] = {}
        self._versions = itertools.count(1)

    def user(self, name: str) -> User:
        user = User(self.ids.next(), name)
        self.users[user.id] = user
        return user

    def dm(self, user: User) -> Channel:
        """Return the direct channel of the bot and a user."""
        for channel in self.channels.values():
            if channel.type == DM and channel.recipient is user:
                return channel
        channel = Channel(self.ids.next(), DM, recipient=user)
        self.channels[channel.id] = channel
        return channel

    def touch(self, message: Message) -> None:
        """Count a visible change of a message."""
        message.version = next(self._versions)

    def message(self, message_id: str) -> Message | None:
        for channel in self.channels.values():
            if message_id in channel.messages:
                return channel.messages[message_id]
        return None

    def may_see(self, user: User, message: Message) -> bool:
        """Say whether a message is on somebody's screen."""
        if message.deleted or message.only_for not in (None, user):
            return False
        channel = message.channel
        if channel.type == DM:
            return channel.recipient is user
        return bool(permissions(user, channel) & VIEW_CHANNEL)
