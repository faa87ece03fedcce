"""Text of a Markdown file that its reader is not shown: comments, and elements that hide theirs.

Code is shown as it is written. A line counts as indented code below a blank line where no list is
open: inside a list it may be a paragraph of an item.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator

from index.load.hidden_html import hides_by_style
from index.load.hidden_text import hidden_warning
from index.text.layout import folded

_FENCE = re.compile(
    r"(?P<quote>[ \t]*>)?[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?P<fence>`{3,}|~{3,})(?P<info>.*)"
)
_CLOSING = re.compile(r"^[ \t>]*(?P<fence>`{3,}|~{3,})[ \t]*$", re.MULTILINE)
_ITEM = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_INDENTED = re.compile(r"(?: {4}| {0,3}\t)")
_DEFINITION = re.compile(r" {0,3}\[(?://|comment|_|#)\]:[ \t]*(?:<>|#)[ \t]+[(\"'].*")
"""A link that leads nowhere, used as a comment: `[//]: # (words)`."""

_MARK = re.compile(
    r"\\[`<\\]|(?P<ticks>`+)|(?P<comment><!--)"
    r"|<(?P<tag>[A-Za-z][\w-]{0,30})(?P<attributes>(?:\s[^<>]{0,1000})?)>"
)
_STYLE = re.compile(r"""\sstyle\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_VALUE = re.compile(r"""=\s*(?:"[^"]*"|'[^']*')""")
_HIDDEN = re.compile(r"\shidden(?:[\s=/]|$)", re.IGNORECASE)
_FOUND = re.compile(r"until-found", re.IGNORECASE)
_EMPTY = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"})
_NEVER_SHOWN = frozenset({"script", "style", "template"})
_TAG = re.compile(r"<[^<>]{0,1000}>")
_BLANK_LINE = re.compile(r"\n[ \t]*(?=\n)")


def without_hidden(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a Markdown text without what is not shown, and a warning that names it.

    Lines stay those of the file: what is taken out leaves its line ends.
    """
    if "<" not in text and "]:" not in text:
        return text, ()
    kept: list[str] = []
    found: list[str] = []
    at = 0
    for start, end in _Scan(text).hidden():
        part = text[start:end]
        if words := _words(part):
            found.append(words)
        kept += [text[at:start], "\n" * part.count("\n")]
        at = end
    return "".join([*kept, text[at:]]), hidden_warning(found)


def _words(hidden: str) -> str:
    """Return what a hidden part says, on one line; empty where it says nothing."""
    if definition := _DEFINITION.fullmatch(hidden):
        hidden = definition[0].split("]:", 1)[1].lstrip(" \t<>#")
    bare = hidden.removeprefix("<!--").removesuffix("-->").strip("-")
    if re.match(r"<(?:style|script)\b", bare, re.IGNORECASE):
        return ""
    words = folded(_TAG.sub(" ", bare)).strip("()\"'")
    return words if any(map(str.isalnum, words)) else ""


class _Scan:
    """Goes through a text once, from mark to mark."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._mark: re.Match[str] | None = None
        self._in_list = False
        self._line_stop = -1
        self._blank_lines = array("q", (match.start() for match in _BLANK_LINE.finditer(text)))
        self._runs: dict[int, array[int]] = {}
        """Where backticks stand, by how many stand together."""
        for run in re.finditer("`+", text):
            self._runs.setdefault(len(run[0]), array("q")).append(run.start())
        self._last_end = text.rfind("-->")

    def hidden(self) -> Iterator[tuple[int, int]]:
        """Yield what is not shown, in order."""
        at, text = 0, self._text
        while at < len(text):
            end = self._line_end(at)
            if at == 0 or text[at - 1] == "\n":
                line = text[at:end]
                if (code := self._code_end(at, line)) is not None:
                    at = code
                    continue
                if _DEFINITION.fullmatch(line):
                    yield at, end
                    at = end + 1
                    continue
            mark = self._next_mark(at)
            if mark is None:
                return
            if mark.start() >= end:
                at = end + 1
                continue
            behind = self._hidden_end(mark)
            if behind is not None:
                yield mark.start(), behind
            at = self._tick_end(mark) if behind is None else behind

    def _line_end(self, at: int) -> int:
        """Return where the line that holds `at` ends, looked for once."""
        if self._line_stop < at:
            end = self._text.find("\n", at)
            self._line_stop = len(self._text) if end < 0 else end
        return self._line_stop

    def _next_mark(self, at: int) -> re.Match[str] | None:
        """Return the first mark from `at` on, looked for once."""
        if self._mark is None or self._mark.start() < at:
            self._mark = _MARK.search(self._text, at)
        return self._mark

    def _code_end(self, at: int, line: str) -> int | None:
        """Return where the code that begins with this line ends; None where it is no code."""
        fence = _FENCE.match(line)
        if fence and not (fence["fence"][0] == "`" and "`" in fence["info"]):
            return self._fence_end(at + len(line) + 1, fence)
        below_blank = at == 0 or self._is_blank_above(at)
        if _ITEM.match(line):
            self._in_list = True
        elif below_blank and line.strip() and not line[0].isspace():
            self._in_list = False
        if not self._in_list and below_blank and line.strip() and _INDENTED.match(line):
            return self._indented_end(at)
        return None

    def _is_blank_above(self, at: int) -> bool:
        above = self._text.rfind("\n", 0, at - 1) + 1
        return not self._text[above:at].strip()

    def _indented_end(self, at: int) -> int:
        while at < len(self._text):
            end = self._line_end(at)
            if not _INDENTED.match(self._text, at, end):
                break
            at = end + 1
        return at

    def _fence_end(self, at: int, fence: re.Match[str]) -> int:
        """Return where the line behind a fenced block begins."""
        while at < len(self._text):
            end = self._line_end(at)
            line = self._text[at:end]
            if fence["quote"] and not line.lstrip().startswith(">"):
                return at
            if (found := _CLOSING.match(line)) and found["fence"].startswith(fence["fence"]):
                return end + 1
            at = end + 1
        return at

    def _tick_end(self, mark: re.Match[str]) -> int:
        """Return where a span of code ends, or a mark that begins nothing."""
        if not mark["ticks"]:
            return mark.end()
        runs = self._runs.get(len(mark["ticks"]), array("q"))  # none of a run cut short
        number = bisect_right(runs, mark.start())
        if number < len(runs) and runs[number] < self._paragraph_end(mark.start()):
            return runs[number] + len(mark["ticks"])
        return mark.end()

    def _paragraph_end(self, at: int) -> int:
        number = bisect_right(self._blank_lines, at)
        return self._blank_lines[number] if number < len(self._blank_lines) else len(self._text)

    def _hidden_end(self, mark: re.Match[str]) -> int | None:
        """Return where what a mark hides ends; None where it hides nothing."""
        if mark["comment"]:
            return self._comment_end(mark.start())
        tag = (mark["tag"] or "").lower()
        if tag in _NEVER_SHOWN or (tag and tag not in _EMPTY and _hides(mark["attributes"])):
            return self._element_end(tag, mark.end())
        return None

    def _comment_end(self, start: int) -> int | None:
        """Return where a comment ends; one inside a line ends with its paragraph or is none."""
        above = self._text[max(start - 4, 0) : start].rpartition("\n")
        is_block = (bool(above[1]) or start <= 3) and not above[2].strip(" >")
        if is_block and self._last_end < start + 2:
            return len(self._text)
        stop = len(self._text) if is_block else self._paragraph_end(start)
        end = self._text.find("-->", start + 2, stop)
        return None if end < 0 else end + 3

    def _element_end(self, tag: str, at: int) -> int:
        """Return where an element ends that begins before `at`; the end of the text if nowhere."""
        depth = 1
        same = re.compile(rf"<(/?){re.escape(tag)}\b[^<>]{{0,1000}}>", re.IGNORECASE)
        for found in same.finditer(self._text, at):
            depth += -1 if found[1] else 1
            if depth == 0:
                return found.end()
        return len(self._text)


def _hides(attributes: str) -> bool:
    """Say whether the attributes of an element keep a browser from showing it."""
    style = _STYLE.search(attributes)
    if style and hides_by_style(style[1] or style[2] or ""):
        return True
    names = _VALUE.sub(" ", attributes)
    return bool(_HIDDEN.search(names)) and not _FOUND.search(attributes)
