"""reStructuredText as its reader sees it: comments, targets and lists of contents become blank."""

from __future__ import annotations

import io
import re
from collections import Counter

from index.load.titles import SEVERAL_TITLES, clean_title, title_from_first_line
from index.text.list_marks import list_mark
from index.text.rst_markup import explicit_markup, is_adornment, section_at

_LOOKED_AT = 100_000
"""Characters of a file in which its title is looked for."""

_METADATA = re.compile(
    r":(?:orphan|nosearch|nocomments|tocdepth|no-?index|allow-section-errors):.*"
)


def without_markup(text: str) -> str:
    """Return the text without what no reader is shown, line by line as in the file."""
    written, scan = io.StringIO(), _Scan()
    for line in io.StringIO(text):
        written.write(line if scan.shows(line) else "\n" * line.endswith("\n"))
    return written.getvalue()


class _Scan:
    """Says of each line in turn whether it is shown."""

    def __init__(self) -> None:
        self._hidden: int | None = None
        """Lines indented by more belong to what is hidden."""
        self._literal: int | None = None
        """Lines indented by more are code."""
        self._empty: int | None = None
        """The indent of a comment that ends if the next line is blank."""
        self._in_paragraph = False

    def shows(self, line: str) -> bool:
        """Say whether this line is shown, given those before it."""
        words = line.strip()
        if self._empty is not None:
            self._hidden, self._empty = (self._empty if words else None), None
        indent = len(line) - len(line.lstrip()) if words else -1
        if self._is_inside(self._hidden, words, indent):
            return False
        if self._is_inside(self._literal, words, indent):
            self._in_paragraph = False
            return True
        self._hidden = self._literal = None
        return self._begins(words, indent)

    def _is_inside(self, outer: int | None, words: str, indent: int) -> bool:
        return outer is not None and (not words or indent > outer)

    def _begins(self, words: str, indent: int) -> bool:
        """Take note of what a line begins; say whether it is shown."""
        markup = None if self._in_paragraph else explicit_markup(words)
        self._in_paragraph = bool(words) and markup is None and not is_adornment(words)
        if markup is None:
            if words.endswith("::"):
                mark = list_mark(words)
                self._literal = indent + (mark.length if mark else 0)
            return not (indent == 0 and _METADATA.fullmatch(words))
        if markup.kind == "code":
            self._literal = indent
        elif markup.kind == "quiet":
            self._hidden, self._empty = (None, indent) if words == ".." else (indent, None)
        return markup.kind != "quiet"


def title_of_sections(text: str) -> str | None:
    """Return the first heading, or the first line of a text without headings.

    None where so many headings are like the first that it names a section only.
    """
    raw = text[:_LOOKED_AT].split("\n")
    found, at = [], 0
    while at < len(raw):
        above = raw[at - 1].strip() if at else ""
        section = None if above else section_at(raw, at)
        if section:
            found.append(section)
        at = section.stop if section else at + 1
    if not found:
        return title_from_first_line(text)
    same = Counter(section.style for section in found)[found[0].style]
    return None if same >= SEVERAL_TITLES else clean_title(found[0].title) or None
