"""What a presentation holds that its text does not, as a person is told."""

from __future__ import annotations

from collections.abc import Sequence

_SHOWN = 10


def slide_warnings(hidden: Sequence[int], bare: Sequence[int]) -> tuple[str, ...]:
    """Say which slides were left out because nobody sees them, and which have no text."""
    found = []
    if hidden:
        found.append(f"Hidden, left out: {_numbered(hidden)}.")
    if bare:
        found.append(f"Without text, perhaps pictures: {_numbered(bare)}.")
    return tuple(found)


def _numbered(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:_SHOWN])) + (", …" if len(numbers) > _SHOWN else "")
    return f"{'slide' if len(numbers) == 1 else 'slides'} {shown}"
