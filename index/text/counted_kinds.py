"""One line that says how many files are not read, by their endings.

Imports nothing, so that the check for changes starts fast.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` and `collections` cost more than listing the files
if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMED = 5
"""Kinds that are named; the rest are counted together."""


def counted_kinds(kinds: Mapping[str, int]) -> str:
    """Return `12 not read: 9 .mp4, 3 .exe`, the most frequent first; empty for nothing."""
    if not kinds:
        return ""
    ordered = sorted(kinds.items(), key=lambda each: (-each[1], not each[0], each[0]))
    said = [f"{count:,} {kind or 'without an ending'}" for kind, count in ordered[:_NAMED]]
    if others := ordered[_NAMED:]:
        said.append(f"{sum(count for _, count in others):,} others")
    return f"{sum(kinds.values()):,} not read: {', '.join(said)}"
