"""What stands above and below a quote, as Discord shows it. Pure.

Documents break their lines for their own width; a card has another. Paragraphs are whole lines
here, headings are bold, and what does not fit goes by whole lines before it goes by words.
"""

from __future__ import annotations

from bot.discord_bot.text.quotes import unwrapped
from bot.discord_bot.text.safe_markdown import literal, with_code
from index.text.fences import open_fence
from index.text.list_marks import list_mark
from index.text.markdown_headings import markdown_heading

CONTEXT_LINES = 8
"""Lines shown above and below a quote, a paragraph being one."""

_REACH = 4000
"""Characters looked at on either side; a document may have millions."""


def without_mark(before: str) -> tuple[str, str]:
    """Split off the sign or number of the list item that begins where `before` ends."""
    line = before[-100:].rpartition("\n")[2]
    mark = list_mark(f"{line}words")
    if mark is None or mark.length != len(line):
        return before, ""
    return before[: -len(line)], line.lstrip()


def above(text: str, room: int) -> str:
    """Return the end of the text before a quote, of at most `room` characters before escaping."""
    if not room:
        return ""
    reached = unwrapped(text[-_REACH:], open_fence(text[:-_REACH])).rstrip()
    kept = "\n".join(reached.split("\n")[-CONTEXT_LINES:])
    if len(kept) > room:
        line_cut, _, whole = kept[len(kept) - room :].partition("\n")
        kept = whole or _after_cut(line_cut)
    # What is kept ends where `text` does, but for white space, whatever was joined in it.
    opened = open_fence(text[: len(text.rstrip()) - len(kept.lstrip("…"))])
    return _shown(kept.strip("\n"), opened)


def below(text: str, room: int, opened: str = "") -> str:
    """Return the beginning of the text after a quote, which ends in no bare heading.

    `opened` is the fence that it begins inside, if it does.
    """
    reached = unwrapped(text[:_REACH], opened)
    reached = reached.strip("\n").rstrip() if opened else reached.strip()
    lines = reached.split("\n")[:CONTEXT_LINES]
    kept = "\n".join(lines)
    if len(kept) > room:
        whole, _, line_cut = kept[:room].rpartition("\n")
        kept = whole or _before_cut(line_cut)
    lines = kept.rstrip().split("\n")
    while lines and (_ends_badly(lines[-1]) and not open_fence("\n".join([opened, *lines]))):
        lines.pop()
    return _shown("\n".join(lines), opened) if room else ""


def _ends_badly(line: str) -> bool:
    """Say whether nothing would be missed if the text ended before this line."""
    return markdown_heading(line) is not None or not line.strip()


def _after_cut(text: str) -> str:
    """Begin with a whole word, if there is one."""
    _, space, words = text.partition(" ")
    return f"…{space}{words}" if words else f"…{text}"


def _before_cut(text: str) -> str:
    """End with a whole word, if there is one."""
    words, space, _ = text.rpartition(" ")
    return f"{words}{space}…" if words else f"{text}…"


def _shown(text: str, opened: str = "") -> str:
    """Return text as it is written, headings in bold and code as code."""
    return with_code(text, lambda piece: "\n".join(map(_line, piece.split("\n"))), opened)


def _line(line: str) -> str:
    heading = markdown_heading(line)
    return f"**{literal(heading.text)}**" if heading else literal(line)
