"""Cuts Markdown into Discord messages: never too long, no code block left open. Pure.

Discord counts UTF-16 code units, so an emoji outside the basic plane counts twice.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

MESSAGE_LIMIT = 2000
"""Length of a message's content: https://discord.com/developers/docs/resources/message."""

FENCE = "```"

# What a cut should not go through: an escape, a link, a citation marker, code, bold, a mention.
_ATOM = re.compile(
    r"\\.|\[[^\]\n]{1,300}\]\(<?[^)\s]*>?\)|\[\d{1,3}\]|(?P<ticks>`++)[^\n]*?[^`\n](?P=ticks)(?!`)"
    r"|\*\*[^*\n]{1,400}\*\*|<[^<>\s]{1,200}>"
)
_MODIFIERS = re.compile("[\u200d\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff]")


def units(text: str) -> int:
    """Count UTF-16 code units, as Discord does."""
    return len(text) + sum(character > "\uffff" for character in text)


def fitting(text: str, limit: int) -> int:
    """Return how many characters of `text` fit into `limit` code units, whole graphemes only."""
    if limit <= 0:
        return 0
    stop = min(len(text), limit)
    while stop and units(text[:stop]) > limit:
        stop -= max(1, (units(text[:stop]) - limit) // 2)
    return _grapheme_start(text, stop)


def _grapheme_start(text: str, stop: int) -> int:
    """Step back from inside a grapheme; a pile of marks longer than that is cut."""
    for earlier in range(stop, max(0, stop - 40), -1):
        if earlier >= len(text) or not _joined(text, earlier):
            return earlier
    return stop


def _joined(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if unicodedata.combining(after) or _MODIFIERS.match(after) or before == "\u200d":
        return True
    if not all("\U0001f1e6" <= character <= "\U0001f1ff" for character in (before, after)):
        return False
    run = re.search("[\U0001f1e6-\U0001f1ff]+$", text[:at])
    return run is not None and len(run[0]) % 2 == 1


def split(text: str, limit: int = MESSAGE_LIMIT) -> list[str]:
    """Cut Markdown into messages: at paragraphs, lines, words, and only then inside a word.

    A code block that is cut is closed and opened again with its language. No part is empty or
    longer than `limit` code units (at least 100), and nothing but white space is lost.
    """
    parts: list[str] = []
    opener = ""
    rest = text.strip("\n") if not text.isspace() else ""
    while rest:
        part, rest, opener = _next_part(rest, opener, limit)
        if part.strip():
            parts.append(part)
    return parts


def _next_part(rest: str, opener: str, limit: int) -> tuple[str, str, str]:
    """Return one message, what remains, and the fence to open again (or an empty string)."""
    prefix = f"{opener}\n" if opener else ""
    still_open = _open_fence(rest, opener)
    if units(prefix) + units(rest) + (4 if still_open else 0) <= limit:
        return _closed(prefix + rest, still_open), "", ""
    window = fitting(rest, limit - units(prefix) - len("\n" + FENCE))
    cut = _best_cut(rest, window, bool(opener))
    head, tail = rest[:cut], rest[cut:]
    fence = _open_fence(head, opener)
    tail = tail.removeprefix("\n") if fence else tail.lstrip()
    if fence and re.match(rf"{FENCE}(?!`)", tail):
        # Nothing is left in the block: its closing fence has just been written.
        return _closed(prefix + head, fence), tail[3:].lstrip("\n"), ""
    return _closed(prefix + head, fence), tail, fence


def _closed(part: str, fence: str) -> str:
    part = part.rstrip("\n") if fence else part.rstrip()
    return f"{part}\n{FENCE}" if fence else part


def _open_fence(text: str, opener: str) -> str:
    """Return the opening fence that is still open at the end of `text`, given the one before."""
    for match in re.finditer(r"```([A-Za-z0-9_+.#-]{0,20}(?=\n))?", text):
        opener = "" if opener else FENCE + (match[1] or "")
    return opener


def _best_cut(text: str, window: int, inside: bool) -> int:
    """Return the last good place to cut at or before `window`, never 0."""
    atoms = [match.span() for match in _ATOM.finditer(text[: window + 600])]

    def free(at: int) -> bool:
        return not any(start < at < stop for start, stop in atoms) and text[at - 1 : at + 1] != "``"

    for finder in (_paragraphs, _lines, _words):
        for at in finder(text, window, inside):
            if at >= window // 3 and free(at):
                return at
    return _forced_cut(text, window, free)


def _forced_cut(text: str, window: int, free: Callable[[int], bool]) -> int:
    for at in range(window, max(window // 2, 1), -1):
        if free(at) and not _joined(text, at) and "`" not in text[at - 1 : at + 1]:
            return at
    return max(window, 1)


def _paragraphs(text: str, window: int, inside: bool) -> Iterator[int]:
    at = text.rfind("\n\n", 0, window)
    while at > 0:
        if not _open_fence(text[:at], FENCE if inside else ""):
            yield at
        at = text.rfind("\n\n", 0, at)


def _lines(text: str, window: int, inside: bool) -> Iterator[int]:
    at = text.rfind("\n", 0, window + 1)
    while at > 0:
        # A block's opening line stays with the line after it.
        line = text[text.rfind("\n", 0, at) + 1 : at]
        if not line.startswith(FENCE) or not _open_fence(text[:at], FENCE if inside else ""):
            yield at
        at = text.rfind("\n", 0, at)


def _words(text: str, window: int, inside: bool) -> Iterator[int]:
    del inside
    for at in range(min(window, len(text) - 1), 0, -1):
        if text[at].isspace():
            yield at
