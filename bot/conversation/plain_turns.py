"""Turns that come as plain text, from scripts and files that kept no more of an answer."""

from __future__ import annotations

from typing import Literal

from bot.conversation.chosen_reading import WHICH
from bot.conversation.follow_ups import GREETING, THANKS
from bot.schema import NOT_IN_SOURCES, NOT_SURE, AnswerPart, Turn


def turn_of_text(role: Literal["user", "assistant"], text: str) -> Turn:
    """Return a turn; an answer of Quoth's own is known again by how it begins."""
    if role == "user":
        return Turn(role=role, text=text)
    if text.startswith(WHICH):
        return Turn(role=role, text=text, kind="question_back", parts=tuple(_readings(text)))
    if text.startswith(NOT_IN_SOURCES):
        return Turn(role=role, text=text, status="not_found")
    if text.startswith(NOT_SURE):
        return Turn(role=role, text=text, status="unsure")
    if text.startswith(GREETING):
        return Turn(role=role, text=text, kind="greeting")
    return Turn(role=role, text=text, kind="thanks" if text.startswith(THANKS) else "answer")


def _readings(text: str) -> list[AnswerPart]:
    """Return the lines below a question back, each without its markers."""
    names = (line.removeprefix("- ").rpartition("?")[0] for line in text.split("\n")[1:])
    return [AnswerPart(text=f"{name}?", role="item") for name in names if name]
