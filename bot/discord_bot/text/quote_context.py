"""What stands above and below a quote, as Discord shows it. Pure.

Documents break their lines for their own width; a card has another. Paragraphs are whole lines
here, headings are bold, and what does not fit goes by whole lines before it goes by words.
"""

from __future__ import annotations

import re

from bot.discord_bot.text.quotes import unwrapped
from bot.discord_bot.text.safe_markdown import literal
from index.text.list_marks import list_mark

CONTEXT_LINES = 8
"""Lines shown above and below a quote, a paragraph being one."""

_REACH = 4000
"""Characters looked at on either side; a document may have millions."""

_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(\S.*?)[ \t#]*$")


def without_mark(before: str) -> tuple[str, str]:
    """Split off the sign or number of the list item that begins where `before` ends."""
    line = before[-100:].rpartition("\n")[2]
    mark = list_mark(f"{line}words")
    if mark is None or mark.length != len(line):
        return before, ""
    return before[: -len(line)], line.lstrip()


def above(text: str, room: int) -> str:
    """Return the end of the text before a quote, of at most `room` characters before escaping."""
    kept = "\n".join(unwrapped(text[-_REACH:]).rstrip().split("\n")[-CONTEXT_LINES:])
    if len(kept) > room:
        line_cut, _, whole = kept[len(kept) - room :].partition("\n")
        kept = whole or _after_cut(line_cut)
    return _shown(kept.strip("\n")) if room else ""


def below(text: str, room: int) -> str:
    """Return the beginning of the text after a quote, which ends in no bare heading."""
    lines = unwrapped(text[:_REACH]).strip().split("\n")[:CONTEXT_LINES]
    kept = "\n".join(lines)
    if len(kept) > room:
        whole, _, line_cut = kept[:room].rpartition("\n")
        kept = whole or _before_cut(line_cut)
    lines = kept.rstrip().split("\n")
    while lines and (_HEADING.match(lines[-1]) or not lines[-1].strip()):
        lines.pop()
    return _shown("\n".join(lines)) if room else ""


def _after_cut(text: str) -> str:
    """Begin with a whole word, if there is one."""
    _, space, words = text.partition(" ")
    return f"…{space}{words}" if words else f"…{text}"


def _before_cut(text: str) -> str:
    """End with a whole word, if there is one."""
    words, space, _ = text.rpartition(" ")
    return f"{words}{space}…" if words else f"{text}…"


def _shown(text: str) -> str:
    if "```" in text or "~~~" in text:
        return literal(text)
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    heading = _HEADING.match(line)
    return f"**{literal(heading[1])}**" if heading else literal(line)
