"""AsciiDoc: its own text, without what only tells the program that sets it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from index.errors import LoadError
from index.load.decode import decode
from index.load.markup_lines import FENCE, Row, table_lines
from index.load.titles import clean_title, title_from_name
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings
from index.text.readable_markup import readable_words

_DELIMITER = re.compile(r"(?:/{4,}|-{4,}|\.{4,}|={4,}|\*{4,}|_{4,}|\+{4,}|--|```.*|[|,:!]={3,})$")
_UNDERLINE = re.compile(r"([=\-~^+])\1+$")
_ATTRIBUTE = re.compile(r":(!?[\w][\w-]*!?):(?:[ \t]+(.*))?$")
_ATTRIBUTES = re.compile(r"\[(?:[\w.#%,'\"*<^>|{\[][^\n]{0,300})?\]\]?$")
_DIRECTIVE = re.compile(r"(?:ifn?def|ifeval|endif|include|image|toc|video|audio)::[^\[\s]*\[.*\]$")
_INCLUDE = re.compile(r"include::")
_SOURCE = re.compile(r"\[(?:source|,)[,%\w]*?,?\s*([\w+#-]*)")
_REFERENCE = re.compile(r"(?<!\\)\{([\w][\w-]{0,60})\}")
_TITLE = re.compile(r"[=#][ \t]+(\S.*)")
_COLUMNS = re.compile(r"cols=\"?([^\"\]]*)")
_CELL = re.compile(r"(?:^|(?<=\s))(?:(?:\d+)?(?:\.\d+)?[+*])?[<^>.]{0,4}[aehlmdsv]?\|")
_INSERTED = 0.5
"""Share of a text that what its attributes stand for may add to it."""


def load_asciidoc(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read AsciiDoc; comments, attributes and directives become blank lines."""
    decoded = decode(data, name=name, declared=charset)
    reader = _Reader(decoded.text.split("\n"))
    text = reader.read()
    if not text.strip():
        raise LoadError(name, "The file holds nothing but comments and attributes.")
    title = clean_title(readable_words(reader.title, "asciidoc"))
    return LoadedDocument(
        text=text,
        title=title or title_from_name(name),
        mime="text/asciidoc",
        warnings=decoded.warnings + reader.warnings() + invisible_warnings(text),
    )


@dataclass
class _Reader:
    """One pass over the lines of a document."""

    lines: Sequence[str]
    found: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    """What attributes stand for."""
    title: str = ""
    included: int = 0
    room: int = 0
    at: int = 0
    language: str = ""
    headed: bool | None = None
    columns: int = 0
    unclosed: set[str] = field(default_factory=set)
    """Marks of blocks that nothing closes."""

    def read(self) -> str:
        """Return the text, with as many lines as there were."""
        self.room = int(sum(map(len, self.lines)) * _INSERTED)
        while self.at < len(self.lines):
            line = self.lines[self.at].rstrip()
            if _DELIMITER.match(line) and not self._is_underline(line):
                self._block(line)
            else:
                self._line(line)
        return "\n".join(self.found)

    def warnings(self) -> tuple[str, ...]:
        """Say that what other files hold is not in it."""
        if not self.included:
            return ()
        return (f"It includes other files ({self.included}), which are not part of it.",)

    def _line(self, line: str) -> None:
        self.at += 1
        attribute = _ATTRIBUTE.match(line)
        if attribute:
            if len(attribute[2] or "") <= 200:
                self.values[attribute[1].lower()] = attribute[2] or ""
            self.found.append("")
        elif line.startswith("//") and not line.startswith("///"):
            self.found.append("")
        elif _DIRECTIVE.match(line):
            self.included += bool(_INCLUDE.match(line))
            self.found.append("")
        elif _ATTRIBUTES.match(line):
            source = _SOURCE.match(line)
            self.language = source[1] if source else self.language
            self._table_attributes(line)
            self.found.append("")
        else:
            self._words(line)

    def _table_attributes(self, line: str) -> None:
        """Note what is said of the table that follows: how many columns, and whether a header."""
        if "header" in line:
            self.headed = "noheader" not in line
        if columns := _COLUMNS.search(line):
            many = re.match(r"(\d{1,2})\*", columns[1])
            self.columns = int(many[1]) if many else len(re.findall(r"[^,;]+", columns[1]))

    def _words(self, line: str) -> None:
        line = self._with_values(line)
        if not self.title and line.strip():
            following = self.lines[self.at].rstrip() if self.at < len(self.lines) else ""
            marked = _TITLE.match(line)
            underlined = _UNDERLINE.match(following) and _fits(line, following)
            self.title = marked[1] if marked else line if underlined else ""
        self.language = "" if line.strip() and not line.startswith(".") else self.language
        self.found.append(line)

    def _with_values(self, line: str) -> str:
        """Put what attributes stand for in their places."""
        if "{" not in line or not self.values:
            return line

        def value(found: re.Match[str]) -> str:
            known = self.values.get(found[1].lower())
            if known is None or len(known) > self.room:
                return found[0]
            self.room -= len(known)
            return known

        return _REFERENCE.sub(value, line)

    def _is_underline(self, line: str) -> bool:
        """Say whether a line of signs is drawn under the title above it."""
        above = self.lines[self.at - 1].rstrip() if self.at else ""
        drawn = _UNDERLINE.match(line) is not None
        return drawn and _fits(above, line) and self.found[-1].strip() != ""

    def _block(self, mark: str) -> None:
        """Read a delimited block: a comment, code, a table, or a frame around text."""
        first, kind = self.at, mark[0]
        if kind in "=*_" or mark == "--":
            self.at += 1
            self.found.append("")
            return
        stop = self._end(first, "```" if mark.startswith("```") else mark)
        if stop is None:
            self.at += 1
            self.found.append("")
            return
        inside = self.lines[first + 1 : stop]
        self.found += _BLOCKS.get(mark[1:2], _BLOCKS[""])(self, mark, inside)
        self.at = stop + 1
        self.language, self.headed, self.columns = "", None, 0

    def _end(self, first: int, mark: str) -> int | None:
        """Return the line that closes a block; what nothing closes is looked for once."""
        if mark in self.unclosed:
            return None
        for number in range(first + 1, len(self.lines)):
            if self.lines[number].rstrip() == mark:
                return number
        self.unclosed.add(mark)
        return None

    def comment(self, mark: str, inside: Sequence[str]) -> list[str]:
        """Return blank lines."""
        return [""] * (len(inside) + 2)

    def code(self, mark: str, inside: Sequence[str]) -> list[str]:
        """Return code between fences."""
        language = mark[3:].strip() if mark.startswith("```") else self.language
        fence = FENCE
        while any(line.lstrip().startswith(fence) for line in inside):
            fence += "`"
        return [fence + language, *inside, fence]

    def table(self, mark: str, inside: Sequence[str]) -> list[str]:
        """Return the rows of a table, each on the line that it begins on."""
        if mark[0] != "|":
            return ["", *inside, ""]
        width, lines = self.columns, ["", *map(self._with_values, inside), ""]
        headed = self.headed
        filled = [n for n, line in enumerate(lines) if line.strip()]
        if headed is None and filled:
            headed = filled[0] == 1 and len(lines) > 2 and not lines[2].strip()
        cells: list[tuple[int, str]] = []
        for number, line in enumerate(lines):
            parts = _CELL.split(line)
            if parts[0].strip() and cells:
                cells[-1] = (cells[-1][0], f"{cells[-1][1]} {parts[0].strip()}")
            cells += [(number, part.strip()) for part in parts[1:]]
            if not width and cells and (len(parts) > 2 or not line.strip()):
                width = len(cells)
        width = width or len(cells) or 1
        rows = [
            Row(cells[n][0], tuple(cell for _, cell in cells[n : n + width]))
            for n in range(0, len(cells), width)
        ]
        return table_lines(rows, len(lines), headed=bool(headed))


def _fits(title: str, underline: str) -> bool:
    return bool(title.strip()) and abs(len(title) - len(underline)) <= 2 and len(underline) > 1


_BLOCKS: dict[str, Callable[[_Reader, str, Sequence[str]], list[str]]] = {
    "/": _Reader.comment,
    "+": _Reader.comment,
    "=": _Reader.table,
    "": _Reader.code,
}
