"""Whether everyone who sees one channel may read the messages of another. Pure.

Rights of Discord are known here by roles. Wherever that leaves a doubt, the answer is no.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

MAX_SHUT = 20
"""Roles that a channel shuts out one by one; where there are more, it is open to nobody else."""


class Grant(NamedTuple):
    """What one role means for one right in one channel."""

    base: bool
    """Whether it grants the right by itself."""
    overwrite: bool | None
    """What the channel says of it: granted, refused, or nothing."""
    administrator: bool = False
    """Whether it has every right anyway."""


@dataclass(frozen=True)
class Gate:
    """Who has one right in one channel, by roles."""

    everyone: int
    """Id of the role that everyone has."""
    grants: Mapping[int, Grant]
    """By role, that of everyone among them."""

    def passes(self, held: Iterable[int]) -> bool:
        """Say whether somebody with just these roles, and the one everyone has, has the right."""
        common = self.grants[self.everyone]
        own = [self.grants[id] for id in held if id != self.everyone]
        has = common.base or any(grant.base for grant in own)
        if common.overwrite is not None:
            has = common.overwrite
        said = {grant.overwrite for grant in own}
        return True in said or (has and False not in said)


def open_gate(gate: Gate) -> Gate:
    """Return a gate like `gate` that everyone passes."""
    return Gate(
        gate.everyone,
        {id: grant._replace(base=True, overwrite=None) for id, grant in gate.grants.items()},
    )


def leads_through(first: Gate, second: Gate) -> bool:
    """Say whether whoever passes the first gate passes the second.

    Administrators, who pass all, are left aside. Sets of more than two roles need no look: who
    passes the first and not the second still does so with one role that lets them through the
    first, and one that is shut out of the second.
    """
    held = [id for id, grant in first.grants.items() if not grant.administrator]
    shut = [id for id in held if second.grants[id].overwrite is False]
    if len(shut) > MAX_SHUT:
        return False
    pairs = ((one, other) for one in held for other in (one, *shut))
    return all(second.passes(pair) for pair in pairs if first.passes(pair))
