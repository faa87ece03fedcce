"""Answers and turns of a conversation as tests write them."""

from __future__ import annotations

from bot.schema import AnswerPart, Citation, Role, Turn


def answered(*citations: Citation) -> Turn:
    """Return an answer made of quotes, each set as its text looks."""
    parts = tuple(
        AnswerPart(markers=(one.marker or 0,), role=_role(one.quote)) for one in citations
    )
    return Turn(role="assistant", text="...", citations=citations, parts=parts, status="answered")


def _role(quote: str) -> Role:
    if quote.endswith(":"):
        return "lead"
    return "row" if quote.startswith("|") else "item"


def stated(text: str, *citations: Citation) -> tuple[AnswerPart, ...]:
    """Return the statements of an answer: its quotes, where the text is made of them."""
    quotes = "\n\n".join(f"{one.quote} [{one.marker}]" for one in citations)
    if citations and text == quotes:
        return tuple(AnswerPart(markers=(one.marker or 0,)) for one in citations)
    return (AnswerPart(text=text),)
