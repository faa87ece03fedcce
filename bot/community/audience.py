"""Who else sees an answer, and what may be opened where all of them see it. Pure.

An open answer draws only on what everyone who may see the channel may read there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from pydantic import Field

from bot.community.rights import Caller, GuildRules, Limit, readable
from index.config import SHARED_COLLECTION
from index.schema import Value


class RoleView(Value):
    """What one role means for seeing one channel."""

    id: int = Field(description="Id of the role; the server's id is @everyone.")
    name: str = Field(description="Name shown to people.")
    base: bool = Field(default=False, description="Whether it grants View Channel by itself.")
    overwrite: bool | None = Field(
        default=None, description="What the channel says of it: seen, not seen, or nothing."
    )
    administrator: bool = Field(default=False, description="Whether it sees everything anyway.")


class Audience(Value):
    """Everyone who may see a channel, as far as roles tell."""

    guild: int = Field(description="Id of the server.")
    places: tuple[int, ...] = Field(description="The channel and what it stands in.")
    roles: tuple[RoleView, ...] = Field(description="Every role, @everyone among them.")
    personal: bool = Field(
        default=False, description="Whether the channel lets in persons besides their roles."
    )
    reads_channels: frozenset[int] = Field(
        default=frozenset(),
        description="The channels that are sources and that everyone here may read now.",
    )

    def sees(self, held: Iterable[RoleView]) -> bool:
        """Say whether a person with just these roles and @everyone sees the channel."""
        everyone = [role for role in self.roles if role.id == self.guild]
        own = [role for role in held if role.id != self.guild]
        seen = any(role.base for role in chain(everyone, own))
        for group in (everyone, own):
            said = {role.overwrite for role in group} - {None}
            seen = True in said or (seen and False not in said)
        return seen


def readable_by_all(audience: Audience, rules: GuildRules) -> tuple[str, ...]:
    """Return the collections that everyone who sees the channel may read there."""
    names = [rule.name for rule in rules.collections]
    if rules.shared:
        names.append(SHARED_COLLECTION)
    return tuple(name for name in names if obstacle(audience, rules, name) is None)


class Opening(Value):
    """What is opened for one question, and who sees the answer."""

    private: bool = Field(description="Whether only the asker sees the answer.")
    collections: tuple[str, ...] = Field(description="What is opened.")
    withheld: bool = Field(
        default=False, description="Whether the asker may read more than everyone here."
    )


def opening(
    caller: Caller, audience: Audience | None, rules: GuildRules | None, *, private: bool | None
) -> Opening:
    """Decide what is opened; None as `private` answers openly where that withholds nothing.

    An open answer draws only on what everyone in the channel may read. A direct message is
    between two, and so neither private nor in need of it.
    """
    mine = readable(caller, rules)
    if rules is None or caller.guild is None:
        return Opening(private=False, collections=mine)
    public = readable_by_all(audience, rules) if audience else ()
    ours = tuple(name for name in mine if name in public)
    hidden = ours != mine if private is None else private
    return Opening(private=hidden, collections=mine if hidden else ours, withheld=ours != mine)


def obstacle(audience: Audience, rules: GuildRules, collection: str) -> str | None:
    """Return what keeps someone in the channel from reading a collection, or None."""
    if collection == SHARED_COLLECTION:
        return None if rules.shared else "the shared library is switched off in this server"
    rule = next((held for held in rules.collections if held.name == collection), None)
    if rule is None or audience.guild != rules.guild:
        return "one of its sources is not in this server"
    if not rule.channels.passes(audience.places):
        return f"{rule.label!r} may not be read in this channel"
    if rule.is_held_back(audience.reads_channels):
        return f"not everyone who sees this channel may read {rule.label!r}"
    if rule.roles == Limit():
        return None
    if audience.personal:
        return f"this channel lets in persons by name, and {rule.label!r} is limited to roles"
    left_out = next(_left_out(audience, rule.roles), None)
    return left_out and f"{left_out} may see this channel but not read {rule.label!r}"


def _left_out(audience: Audience, limit: Limit) -> Iterator[str]:
    """Yield who may see the channel without passing the limit.

    Administrators are left aside: they may give themselves any role. Sets of more than two roles
    need no look: with one role that is missing or denied, one more is enough to be let in.
    """
    roles = [role for role in audience.roles if not role.administrator]
    for role in roles:
        if not limit.passes({role.id, audience.guild}) and audience.sees([role]):
            yield "everyone" if role.id == audience.guild else role.name
    for denied in (role for role in roles if role.id in limit.denied):
        for other in roles:
            if audience.sees([denied, other]):
                yield denied.name
