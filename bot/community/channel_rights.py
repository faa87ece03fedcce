"""Whether everyone who sees one channel may read the messages of another. Pure.

Rights of Discord are known here by roles. Wherever that leaves a doubt, the answer is no.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.community.rights import RoleView

MAX_SHUT = 20
"""Roles that a channel shuts out one by one; where there are more, it is open to nobody else."""


@dataclass(frozen=True)
class Gate:
    """Who has one right in one channel, by roles."""

    everyone: int
    """Id of the role that everyone has."""
    roles: Mapping[int, RoleView]

    def passes(self, held: Iterable[int]) -> bool:
        """Say whether somebody with just these roles, and the one everyone has, has the right."""
        common, own = self.roles[self.everyone], [self.roles[id] for id in held]
        has = common.base or any(role.base for role in own)
        if common.overwrite is not None:
            has = common.overwrite
        said = {role.overwrite for role in own if role.id != self.everyone} - {None}
        return True in said or (has and False not in said)

    @property
    def shut(self) -> list[int]:
        """The roles that are refused the right."""
        return [id for id, role in self.roles.items() if role.overwrite is False]


def open_gate(gate: Gate) -> Gate:
    """Return a gate like `gate` that everyone passes."""
    opened = {"base": True, "overwrite": None}
    return Gate(
        gate.everyone, {id: role.model_copy(update=opened) for id, role in gate.roles.items()}
    )


def leads_through(first: Gate, second: Gate) -> bool:
    """Say whether whoever passes the first gate passes the second.

    Administrators, who pass all, are left aside. Sets of more than two roles need no look: who
    passes the first and not the second still does so with one role that lets them through the
    first, and one that is shut out of the second.
    """
    held = [id for id, role in first.roles.items() if not role.administrator]
    shut = [id for id in held if id in set(second.shut)]
    if len(shut) > MAX_SHUT:
        return False
    pairs = ({one, other} for one in held for other in (one, *shut))
    return all(second.passes(pair) for pair in pairs if first.passes(pair))
