"""The items of earlier answers that "the second one" and "the last condition" mean."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.schema import Turn
from index.text.words import content_terms

_ORDINAL = re.compile(r"\bthe (first|second|third|fourth|fifth|last)\b(?: (\w+))?", re.IGNORECASE)
_ANY_ITEM = frozenset({"one", "ones", "item", "point", "condition", "option", "step", "and", "or"})
"""Words behind "the second" that may mean an item of any list."""
_ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1}


def _means_any(meant: re.Match[str]) -> bool:
    """Say whether "the second" is that of a list, not "the second quarter"."""
    return meant[2] is None or meant[2].lower() in _ANY_ITEM


def place_of(message: str) -> int | None:
    """Return the place in a list that "the second one" has; None for "the second quarter"."""
    meant = _ORDINAL.search(message)
    return _ORDINALS[meant[1].lower()] if meant and _means_any(meant) else None


def ordinal(question: str, history: Sequence[Turn]) -> list[str]:
    """Return the item meant by "the second one", or by "the second condition" of conditions."""
    meant = _ORDINAL.search(question)
    if meant is None:
        return []
    place = _ORDINALS[meant[1].lower()]
    noun = set() if _means_any(meant) else set(content_terms(meant[2]))
    for at in reversed(range(len(history))):
        items = _items(history[at])
        if len(items) < 2 or not noun <= _said_of(history, at):
            continue
        if not -len(items) <= place < len(items):
            return []
        return [" ".join(items[place].replace("|", " ").split()[:12])]
    return []


def _said_of(history: Sequence[Turn], at: int) -> set[str]:
    """Return the words that an answer was asked for with and that introduce its items."""
    turn = history[at]
    leads = [turn.printed(part) for part in turn.parts if part.role == "lead"]
    asked = history[at - 1].text if at else ""
    return set(content_terms(" ".join([asked, *leads])))


def _items(turn: Turn) -> list[str]:
    """Return the items that an answer names: no lead-in, and of a table no header."""
    rows = [part for part in turn.parts if part.role == "row"]
    items = rows[1:] if len(rows) > 2 else [p for p in turn.parts if p.role != "lead"]
    return [turn.printed(part) for part in items if part.markers]
