"""What a synchronisation has to do: the folder as it is against the folder as it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from index.store.catalog_rows import FileState


class Plan(NamedTuple):
    """Which files to read, which to leave, which to remove; by uri, in order."""

    read: tuple[str, ...]
    """New, of another size or time, or failed before."""
    same: tuple[str, ...]
    """As they were."""
    gone: tuple[str, ...]
    """No longer in the folder."""
    unknown: tuple[str, ...]
    """Known, but out of sight: their folder, or they themselves, cannot be read."""


def plan(
    found: Mapping[str, FileState], unreadable: Iterable[str], snapshot: Mapping[str, FileState]
) -> Plan:
    """Compare the files found with those known, both by uri.

    A file that failed is read again: it may succeed today.

    `unreadable` are the paths of which the walk could not tell what is there: what is known at or
    under them is left alone, because it may well still exist.
    """
    missing = [uri for uri in snapshot if uri not in found]
    hidden = set(unreadable)
    unknown = {uri for uri in missing if hidden and is_under(uri, hidden)}
    return Plan(
        read=tuple(uri for uri, seen in found.items() if snapshot.get(uri) != seen),
        same=tuple(uri for uri, seen in found.items() if snapshot.get(uri) == seen),
        gone=tuple(uri for uri in missing if uri not in unknown),
        unknown=tuple(uri for uri in missing if uri in unknown),
    )


def is_under(uri: str, folders: set[str]) -> bool:
    """Say whether `uri` is one of `folders` or lies in one."""
    end = len(uri)
    while end > 0:
        if uri[:end] in folders:
            return True
        end = uri.rfind("/", 0, end)
    return "." in folders
