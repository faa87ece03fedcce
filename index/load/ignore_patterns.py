"""The patterns of `.gitignore` files, understood as Git does.

Written here because no library agreed with Git on the cases that a test compares with it, and none
bounds the time that a hostile pattern takes: here a star takes the first place that fits what
follows it and never another, which is right for these patterns and leaves nothing to try again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_MOST = 1000
"""Characters of a pattern; a longer one is passed over, since no name is that long."""

_STAR = "*"
_SLASH = "/"
# fmt: off
_CLASSES = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": " \\t", "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~",
    "punct": "!-/:-@\\[-`{-~", "space": "\\s", "upper": "A-Z", "xdigit": "0-9A-Fa-f",
}
# fmt: on


class IgnorePattern(NamedTuple):
    """One line of an ignore file."""

    ignores: bool
    """Whether it leaves out what it fits; else it takes that in again."""
    folders_only: bool
    by_name: bool
    """Whether it is compared with the name alone, in every folder below."""
    fits: re.Pattern[str]


class IgnoreRules:
    """The patterns of one ignore file."""

    def __init__(self, text: str) -> None:
        lines = text.removeprefix("\ufeff").split("\n")
        found = (ignore_pattern(line.removesuffix("\r")) for line in lines)
        self._last_first = [each for each in found if each is not None][::-1]

    def decide(self, path: str, *, is_folder: bool) -> bool | None:
        """Say whether a path, relative to the folder of the file, is ignored; None: says nothing.

        That a folder above it is ignored is for the caller to know.
        """
        name = path.rpartition("/")[2]
        for pattern in self._last_first:
            if pattern.folders_only and not is_folder:
                continue
            if pattern.fits.fullmatch(name if pattern.by_name else path):
                return pattern.ignores
        return None


def ignore_pattern(line: str) -> IgnorePattern | None:
    """Return the pattern of a line; None for a comment, an empty or an impossible one."""
    line = _without_blanks_at_end(line)
    if not line or line.startswith("#") or len(line) > _MOST:
        return None
    ignores = not line.startswith("!")
    line = line if ignores else line[1:]
    folders_only = line.endswith("/")
    line = line.removesuffix("/")
    by_name = "/" not in line
    tokens = _tokens(line.removeprefix("/"))
    if not line or tokens is None:
        return None
    return IgnorePattern(ignores, folders_only, by_name, re.compile(_path(tokens), re.DOTALL))


def _without_blanks_at_end(line: str) -> str:
    """Take blanks off the end, but for one behind a backslash."""
    bare = line.rstrip(" ")
    escaped = (len(bare) - len(bare.rstrip("\\"))) % 2 == 1
    return f"{bare} " if escaped and len(bare) < len(line) else bare


def _tokens(line: str) -> list[str] | None:
    """Cut a pattern into stars, slashes and expressions that fit one character each."""
    tokens: list[str] = []
    at = 0
    while at < len(line):
        character = line[at]
        if character in (_STAR, _SLASH):
            tokens.append(character)
            at += 1
        elif character == "[":
            found = _bracket(line, at + 1)
            if found is None:
                return None
            tokens.append(found[0])
            at = found[1]
        elif character == "?":
            tokens.append("[^/]")
            at += 1
        else:
            at += character == "\\"
            if at == len(line):
                return None
            tokens.append(re.escape(line[at]) if line[at] != _SLASH else "\\/")
            at += 1
    return tokens


def _bracket(line: str, at: int) -> tuple[str, int] | None:
    """Return the expression of a set whose content begins at `at`, and the place behind it."""
    negated = line[at : at + 1] in ("!", "^")
    first = at = at + negated
    items: list[str] = []
    while at < len(line) and (line[at] != "]" or at == first):
        named = re.compile(r"\[:(.*?):\]").match(line, at)
        if named:
            if named[1] not in _CLASSES:
                return None
            items.append(_CLASSES[named[1]])
            at = named.end()
            continue
        low, at = _character(line, at)
        high = low
        if line[at : at + 1] == "-" and line[at + 1 : at + 2] not in ("", "]"):
            high, at = _character(line, at + 1)
        if low <= high:
            items.append(f"{re.escape(low)}-{re.escape(high)}")
    if at >= len(line):
        return None
    if not items:
        return ("[^/]" if negated else "(?!)"), at + 1
    return f"(?!/)[{'^' if negated else ''}{''.join(items)}]", at + 1


def _character(line: str, at: int) -> tuple[str, int]:
    """Return the character of a set at `at`, perhaps behind a backslash, and the next place."""
    at += line[at] == "\\" and at + 1 < len(line)
    return line[at], at + 1


def _path(tokens: Sequence[str]) -> str:
    """Return the expression of a whole path."""
    groups: list[list[str]] = [[]]
    segments = list(_segments(tokens))
    for segment in segments:
        if _is_any_depth(segment):
            if groups[-1] or len(groups) == 1:
                groups.append([])
        else:
            groups[-1].append(_segment(segment))
    if len(groups) == 1:
        return "/".join(groups[0])
    first, *middle, last = groups
    said = "".join(f"{segment}/" for segment in first)
    for group in middle:
        said += f"(?>(?:[^/]+/)*?{'/'.join(group)}/)"
    return said + (f"(?:[^/]+/)*{'/'.join(last)}" if last else ".+")


def _segments(tokens: Sequence[str]) -> Iterator[list[str]]:
    """Yield what stands between the slashes."""
    segment: list[str] = []
    for token in tokens:
        if token == _SLASH:
            yield segment
            segment = []
        else:
            segment.append(token)
    yield segment


def _is_any_depth(segment: Sequence[str]) -> bool:
    return len(segment) > 1 and set(segment) == {_STAR}


def _segment(tokens: Sequence[str]) -> str:
    """Return the expression of one name of a path."""
    chunks: list[str] = [""]
    previous = ""
    for token in tokens:
        if token != _STAR:
            chunks[-1] += token
        elif previous != _STAR:
            chunks.append("")
        previous = token
    if len(chunks) == 1:
        return chunks[0]
    first, *middle, last = chunks
    return first + "".join(f"(?>[^/]*?{chunk})" for chunk in middle) + f"[^/]*{last}"
