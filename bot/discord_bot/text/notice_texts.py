"""What single persons are told later: that a question was answered, or a source removed. Pure."""

from __future__ import annotations

from bot.discord_bot.text.safe_markdown import literal, one_line

_LONGEST = 300


def answered_here(question: str) -> str:
    """Return what stands in the channel where a question was asked; it names nobody."""
    return (
        f"**Answered since:** {_quoted(question)}\n"
        "-# Somebody here has written an answer to this. Ask again to read it."
    )


def answered_directly(question: str, server: str) -> str:
    """Return what an asker is told alone."""
    return (
        f"In **{literal(one_line(server, 100))}** you asked me: {_quoted(question)}\n"
        "There is an answer now. Ask again there to read it. Nobody was told that you had asked."
    )


def unreadable(address: str, server: str) -> str:
    """Return what is told to who added a message that was edited where its text is hidden."""
    name = literal(one_line(server, 100))
    return (
        f"You added this message to the sources of **{name}**: {address}\n"
        "It was edited, and Discord does not show me its new text. So I took it out of the "
        "sources. Use **Add to sources** on it again to add it as it is now."
    )


def _quoted(question: str) -> str:
    return f"“{literal(one_line(question, _LONGEST))}”"
