"""Replies to a question back: which of the readings it named is meant."""

from __future__ import annotations

from collections.abc import Sequence

from bot.conversation.fragments import phrase
from bot.conversation.ordinals import place_of
from bot.schema import Turn
from index.text.words import content_terms

WHICH = "Which do you mean?"
"""How a question back begins; a reading follows on each line."""


def chosen(message: str, history: Sequence[Turn]) -> str | None:
    """Return the question that was asked back about, with the reading that `message` names.

    None when nothing was asked back, and when the message is a question of its own.
    """
    if len(history) < 2 or history[-1].kind != "question_back":
        return None
    items = [part.text or "" for part in history[-1].parts if part.role == "item"]
    names = [item.removesuffix("?") for item in items]
    meant = _reading(message, names)
    return f"{history[-2].text.rstrip(' ?.!')} ({meant})?" if meant else None


def _reading(message: str, names: Sequence[str]) -> str | None:
    """Return the name of the reading by its place or its words; else what the message says."""
    place = place_of(message)
    if place is not None:
        return names[place] if -len(names) <= place < len(names) else None
    said = phrase(message)
    words = set(content_terms(said or ""))
    fitting = [name for name in names if words and words <= set(content_terms(name))]
    return fitting[0] if len(fitting) == 1 else said
