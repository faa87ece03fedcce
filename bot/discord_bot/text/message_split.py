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

_QUOTE = "> "
"""Before every line of a quotation, code in it included."""

_FENCES = re.compile(
    rf"(?P<quote>(?:(?<=\n)|\A){_QUOTE})?{FENCE}(?P<language>[A-Za-z0-9_+.#-]{{0,20}}(?=\n))?"
)

# What a cut should not go through: an escape, a link, a citation marker, code, bold, a mention.
_ATOM = re.compile(
    r"\\.|\[[^\]\n]{1,300}\]\(<?[^)\s]*>?\)|\[\d{1,3}\]|(?P<ticks>`++)[^\n]*?[^`\n](?P=ticks)(?!`)"
    r"|\*\*[^*\n]{1,400}\*\*|<[^<>\s]{1,200}>"
)
_MARK_OF_LINE = re.compile(r"(?:>|#{1,3}|[-*+]) ")
_MODIFIERS = re.compile("[\u200d\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff]")


def units(text: str) -> int:
    """Count UTF-16 code units, as Discord does."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


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

    A code block that fits into one message is never cut; a longer one is closed and opened again
    with its language. No part is empty or longer than `limit` code units (at least 100), and
    nothing but white space is lost.
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
    if units(prefix) + units(rest) + (6 if still_open else 0) <= limit:
        return _closed(prefix + rest, still_open), "", ""
    window = fitting(rest, limit - units(prefix) - len(f"\n{_QUOTE}{FENCE}"))
    cut = _before_block(rest, window, opener, limit) or _best_cut(rest, window, bool(opener))
    head, tail = rest[:cut], rest[cut:]
    fence = _open_fence(head, opener)
    tail = _behind(head, tail, fence)
    if fence and (closed := re.match(rf"(?:{_QUOTE})?{FENCE}(?!`)", tail)):
        # Nothing is left in the block: its closing fence has just been written.
        return _closed(prefix + head, fence), tail[closed.end() :].lstrip("\n"), ""
    return _closed(prefix + head, fence), tail, fence


def _behind(head: str, tail: str, fence: str) -> str:
    """Return what the next message begins with: in code as it stands, else with a word."""
    if not fence:
        word = tail.lstrip()
        began_line = "\n" in head[-1:] + tail[: len(tail) - len(word)]
        # What was in a line must not begin a quotation, heading or list where it is cut.
        return word if began_line or not _MARK_OF_LINE.match(word) else f"\\{word}"
    if tail.startswith("\n"):
        return tail[1:]
    inside_line = fence.startswith(_QUOTE) and not head.endswith("\n")
    return _QUOTE + tail if inside_line else tail


def _closed(part: str, fence: str) -> str:
    quote = _QUOTE if fence.startswith(_QUOTE) else ""
    part = part.rstrip("\n") if fence else part.rstrip()
    return f"{part}\n{quote}{FENCE}" if fence else part


def _open_fence(text: str, opener: str) -> str:
    """Return the opening fence that is still open at the end of `text`, given the one before."""
    for match in _FENCES.finditer(text):
        opener = "" if opener else f"{match['quote'] or ''}{FENCE}{match['language'] or ''}"
    return opener


def _before_block(text: str, window: int, opener: str, limit: int) -> int:
    """Return where to cut so that a code block which fits into one message stays whole; else 0.

    What leads in to it stays above it, where there is room.
    """
    start: int | None = None
    is_open = bool(opener)
    for match in _FENCES.finditer(text):
        if is_open:
            if start is not None and match.end() > window:
                return _around_block(text, start, match.end(), limit)
            start = None
        elif match.start() > window:
            return 0
        else:
            start = match.start()
        is_open = not is_open
    return 0


def _around_block(text: str, start: int, end: int, limit: int) -> int:
    if units(text[start:end]) > limit:
        return 0
    if not text[:start].strip():
        return end
    lead = text.rfind("\n", 0, max(start - 1, 0)) + 1
    leads_in = text[lead:start].strip() and FENCE not in text[lead:start]
    fits = leads_in and units(text[lead:end]) <= limit
    return lead if fits and text[:lead].strip() else start


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
        if not line.removeprefix(_QUOTE).startswith(FENCE) or not _open_fence(
            text[:at], FENCE if inside else ""
        ):
            yield at
        at = text.rfind("\n", 0, at)


def _words(text: str, window: int, inside: bool) -> Iterator[int]:
    del inside
    for at in range(min(window, len(text) - 1), 0, -1):
        if text[at].isspace():
            yield at
