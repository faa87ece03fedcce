"""Org: its own text, without keywords, comments and drawers."""

from __future__ import annotations

import re

from index.errors import LoadError
from index.load.dates import in_utc
from index.load.decode import decode
from index.load.markup_lines import FENCE
from index.load.titles import clean_title, title_from_name
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings
from index.text.readable_markup import readable_words

_KEYWORD = re.compile(r"[ \t]*#\+(\w[\w-]*)(?:\[[^\]\n]*\])?:[ \t]*(.*)", re.IGNORECASE)
_BEGIN = re.compile(r"[ \t]*#\+begin_?(\w*):?(?:[ \t]+(\S*))?", re.IGNORECASE)
_END = re.compile(r"[ \t]*#\+end_?(\w*):?", re.IGNORECASE)
_COMMENT = re.compile(r"[ \t]*#(?:[ \t]|$)")
_DRAWER = re.compile(r"[ \t]*:([\w-]+):[ \t]*$")
_DRAWER_END = re.compile(r"[ \t]*:end:[ \t]*$", re.IGNORECASE)
_NOTE = re.compile(r"(?<=\S)\[fn:[\w-]{0,100}\]")
_CODE = frozenset({"src", "example"})
_UNREAD = frozenset({"comment", "export"})
_LONGEST_DRAWER = 400
"""Lines of a drawer; what is not closed within them is none."""


def load_org(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read an Org file; its keywords give title and date and become blank lines."""
    decoded = decode(data, name=name, declared=charset)
    lines, stated = _lines(decoded.text.split("\n"))
    text = "\n".join(lines)
    if not text.strip():
        raise LoadError(name, "The file holds nothing but keywords and comments.")
    return LoadedDocument(
        text=text,
        title=clean_title(readable_words(stated.get("title", ""), "org")) or title_from_name(name),
        mime="text/org",
        modified=in_utc(stated.get("date", "").strip("<>[]")[:10] or None),
        warnings=decoded.warnings + invisible_warnings(text),
    )


def _lines(lines: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return the lines as they are read, and what the keywords say."""
    found: list[str] = []
    stated: dict[str, str] = {}
    unclosed: set[str] = set()
    at = 0
    while at < len(lines):
        line = lines[at]
        stop = at + 1
        begin, keyword = _BEGIN.match(line), _KEYWORD.match(line)
        if begin and (stop := _block_end(lines, at, begin[1].lower(), unclosed)):
            found += _block(begin, lines[at + 1 : stop - 1])
        elif begin or _END.match(line) or _COMMENT.match(line):
            found.append("")
            stop = at + 1
        elif keyword:
            key = keyword[1].lower()
            stated[key] = f"{stated[key]} {keyword[2]}" if key in stated else keyword[2]
            found.append(keyword[2] if key == "caption" else "")
        elif _DRAWER.match(line) and (stop := _drawer_end(lines, at + 1)):
            found += [""] * (stop - at)
        else:
            found.append(_NOTE.sub("", line))
            stop = at + 1
        at = stop
    return found, stated


def _block_end(lines: list[str], first: int, kind: str, unclosed: set[str]) -> int:
    """Return the line behind a block whose words are no text, 0 for others."""
    if kind not in _CODE | _UNREAD or kind in unclosed:
        return 0
    for number in range(first + 1, len(lines)):
        end = _END.match(lines[number])
        if end and end[1].lower() == kind:
            return number + 1
    unclosed.add(kind)
    return 0


def _block(begin: re.Match[str], inside: list[str]) -> list[str]:
    """Return code between fences; nothing of comments and of what is for one way of printing."""
    kind = begin[1].lower()
    if kind in _UNREAD:
        return [""] * (len(inside) + 2)
    fence = FENCE
    while any(line.lstrip().startswith(fence) for line in inside):
        fence += "`"
    language = (begin[2] or "") if kind == "src" else ""
    # A comma protects what would end or begin something in Org.
    return [fence + language, *(re.sub(r"^(\s*),(?=[*#,])", r"\1", line) for line in inside), fence]


def _drawer_end(lines: list[str], at: int) -> int:
    """Return the line behind a drawer, 0 where it is not closed."""
    stop = min(len(lines), at + _LONGEST_DRAWER)
    closing = next((n for n in range(at, stop) if _DRAWER_END.match(lines[n])), None)
    headed = next((n for n in range(at, closing or at) if lines[n].startswith("*")), None)
    return 0 if closing is None or headed is not None else closing + 1
