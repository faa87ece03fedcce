"""Who may read which collection, decided from server, channel and roles. Pure.

A person reads a collection by its being opened for the question, never by a filter afterwards:
`readable` is the only source of the collections of a scope. Rules are allow lists that stay
closed once they were closed: taking the last role off a limited collection opens it to nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from pydantic import Field

from bot.community.collection_names import DEFAULT_LABEL, default_collection
from index.config import SHARED_COLLECTION
from index.schema import Value

MAX_COLLECTIONS = 25
"""Named collections of one server; as many as one autocomplete list shows."""


class Limit(Value):
    """An allow list over roles or channels, with exceptions."""

    limited: bool = Field(default=False, description="Whether only `allowed` may pass.")
    allowed: frozenset[int] = Field(default=frozenset(), description="Who passes when limited.")
    denied: frozenset[int] = Field(default=frozenset(), description="Who never passes.")

    def passes(self, ids: Iterable[int]) -> bool:
        """Say whether someone or something known by `ids` passes."""
        known = frozenset(ids)
        return not known & self.denied and (not self.limited or bool(known & self.allowed))

    def with_allowed(self, id: int) -> Limit:
        """Return the limit with `id` let in; the first one closes it to all others."""
        return Limit(limited=True, allowed=self.allowed | {id}, denied=self.denied - {id})

    def with_denied(self, id: int) -> Limit:
        """Return the limit with `id` shut out, limited as before."""
        return Limit(limited=self.limited, allowed=self.allowed - {id}, denied=self.denied | {id})

    def opened(self) -> Limit:
        """Return the limit without its allow list; exceptions stay."""
        return Limit(denied=self.denied)

    def closed(self) -> Limit:
        """Return the limit as an allow list, perhaps an empty one."""
        return self.model_copy(update={"limited": True})


class CollectionRule(Value):
    """A collection of one server and who may read it."""

    name: str = Field(description="Name in the index; it holds the server's id.")
    label: str = Field(description="What the server calls it.")
    roles: Limit = Field(default=Limit(), description="Which roles may read it.")
    channels: Limit = Field(default=Limit(), description="In which channels it may be read.")
    holds: int | None = Field(
        default=None,
        description="Id of the channel whose messages it holds: who reads that one reads this.",
    )

    @property
    def limited(self) -> bool:
        """Whether not everyone in the server may read it everywhere."""
        return self.roles != Limit() or self.channels != Limit() or self.holds is not None

    def is_held_back(self, read: Collection[int]) -> bool:
        """Say whether it holds messages of a channel that is not among those `read`."""
        return self.holds is not None and self.holds not in read


class GuildRules(Value):
    """Everything one server has decided."""

    guild: int = Field(description="Id of the server.")
    shared: bool = Field(default=True, description="Whether the shared library is read here.")
    managers: frozenset[int] = Field(
        default=frozenset(), description="Roles that manage sources besides Manage Server."
    )
    threads: frozenset[int] = Field(
        default=frozenset(), description="Channels where every question opens a thread."
    )
    listening: frozenset[int] = Field(
        default=frozenset(), description="Channels where messages without a mention are answered."
    )
    named: tuple[CollectionRule, ...] = Field(
        default=(), description="Collections with rules; the default one is always there."
    )

    @property
    def collections(self) -> tuple[CollectionRule, ...]:
        """The server's own collections, the default one first."""
        default = default_collection(self.guild)
        held = {rule.name: rule for rule in self.named}
        first = held.pop(default, CollectionRule(name=default, label=DEFAULT_LABEL))
        return (first, *held.values())

    def rule(self, name: str) -> CollectionRule | None:
        """Return the rule of one of the server's own collections, by name or label."""
        wanted = name.casefold().strip()
        return next(
            (rule for rule in self.collections if wanted in (rule.name, rule.label.casefold())),
            None,
        )

    @property
    def held_channels(self) -> frozenset[int]:
        """The channels whose messages are sources."""
        return frozenset(rule.holds for rule in self.named if rule.holds is not None)

    def rule_of_channel(self, channel: int) -> CollectionRule | None:
        """Return the rule of the collection that holds the messages of a channel."""
        return next((rule for rule in self.named if rule.holds == channel), None)

    def with_rule(self, rule: CollectionRule) -> GuildRules:
        """Return the rules with one collection's rule put in or replaced."""
        others = tuple(held for held in self.named if held.name != rule.name)
        return self.model_copy(update={"named": (*others, rule)})

    def without(self, name: str) -> GuildRules:
        """Return the rules without a collection."""
        kept = tuple(rule for rule in self.named if rule.name != name)
        return self.model_copy(update={"named": kept})


class Caller(Value):
    """Who asks, and where; read from one interaction and never kept."""

    user: int = Field(description="Id of the person.")
    guild: int | None = Field(description="Id of the server; None in a direct message.")
    channel: int = Field(description="Id of the channel, thread or direct message.")
    above: tuple[int, ...] = Field(
        default=(), description="Ids above the channel: a thread's parent, the category."
    )
    place: int | None = Field(
        default=None, description="Id of the channel that decides who sees what is said here."
    )
    open: bool = Field(default=False, description="Whether everyone in the server sees it.")
    roles: frozenset[int] = Field(
        default=frozenset(),
        description="Roles of the person, @everyone (the server's id) among them.",
    )
    manager: bool = Field(default=False, description="Whether the person has Manage Server.")
    sees_channels: frozenset[int] = Field(
        default=frozenset(),
        description="The channels that are sources and whose messages Discord shows the person.",
    )
    reads_channels: frozenset[int] = Field(
        default=frozenset(),
        description="Those of them that are opened: which the bot may read, too, and follows.",
    )
    reads: int | None = Field(
        default=None,
        description="In a direct message, the server that the person chose and `roles` are of.",
    )

    @property
    def home(self) -> int | None:
        """The server whose documents are read here, if any."""
        return self.guild if self.guild is not None else self.reads

    @property
    def places(self) -> tuple[int, ...]:
        """The channel and what it stands in."""
        return (self.channel, *self.above)


class Places(Protocol):
    """The channels of one server as one person sees them today."""

    def is_open(self, place: int) -> bool:
        """Say whether everyone in the server sees a channel; False where that cannot be told."""
        ...

    def is_readable(self, place: int) -> bool:
        """Say whether this person may read a channel; False where that cannot be told."""
        ...


def readable(caller: Caller, rules: GuildRules | None) -> tuple[str, ...]:
    """Return the collections that are opened for `caller`; `rules` are those of `caller.home`.

    In a direct message the shared library is always among them, and nothing that may be read in
    some channels only.
    """
    if caller.home is None:
        return (SHARED_COLLECTION,)
    if rules is None or rules.guild != caller.home:
        return ()
    own = [
        rule.name
        for rule in rules.collections
        if rule.roles.passes(caller.roles) and rule.channels.passes(caller.places)
        if not rule.is_held_back(caller.reads_channels)
    ]
    return (*own, SHARED_COLLECTION) if rules.shared or caller.guild is None else tuple(own)


def manageable(caller: Caller, rules: GuildRules) -> tuple[CollectionRule, ...]:
    """Return the collections of a server that one of its managers may know of.

    Of a channel that they may not read, they see neither titles nor its name.
    """
    return tuple(rule for rule in rules.collections if not rule.is_held_back(caller.sees_channels))


def manages(caller: Caller, rules: GuildRules) -> bool:
    """Say whether `caller` may change sources and collections of this server."""
    here = caller.guild == rules.guild
    return here and (caller.manager or bool(caller.roles & rules.managers))
