"""A model's reply as statements, each with the ids it names.

Ids are `[2.3]`, `[2.3-5]`, `[2.1, 3.4]`, `[2.1][3.4]`, and from weaker models `[2]`,
`[Passage 2.3]` or `【2.3】`. They stand behind a sentence, before or after its full stop; a line
that starts with ids and does not end with any has them in front. Whatever looks like an id is
taken out of the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.schema import Role
from index.text.english import SHORT_MONTHS, one_of
from index.text.layout import folded
from index.text.list_marks import list_mark

_FIRST_MARK = 0xE000
_MARKS = "\ue000-\uf8ff"
_MOST_MARKS = 0xF8FF - _FIRST_MARK
_MARK = re.compile(f"[{_MARKS}]")

_MARKER = re.compile(
    r"[\[\u3010][\[\s]*+"
    r"(?:(?:\^|(?:ids?|passages?|sentences?|sources?|refs?|s|p)\b\s*+[:#]?)?\s*+"
    r"(?P<ids>[.,;]{0,9}\d[^\[\]\u3010\u3011\n]{0,120}?)[\s\]]*[\]\u3011])?",
    re.IGNORECASE,
)
"""A marker, or brackets alone: a row of them is read once, and not from each of them."""
_CUT_MARKER = re.compile(
    r"[\[\u3010]\s*+(?:[a-z]{1,9}+\s*+)?[\d.,;\s\u2013\u2014-]*+$", re.IGNORECASE
)
_ID = re.compile(
    r"(?<![\d.])(\d{1,4})(?:[.:](\d{1,4})(?:\s*[-\u2013\u2014]\s*(?:(\d{1,4})[.:])?(\d{1,4}))?)?(?![\d.]*\d)"
)
_WIDEST_RANGE = 12

_QUOTED_LINE = re.compile(r"^(?:\s*>)+\s?")
_HEADING = re.compile(r"^\s*#{1,6}\s+")
_END = re.compile(
    rf"(?:(?<![.!?\u2026])[.!?\u2026]++[\"'\u201d\u2019\u00bb)*_]*+(?:\s*+[{_MARKS}])*+(?=\s)"
    rf"(?!\s*[{_MARKS}])|[\u3002\uff01\uff1f]+[\"'\u201d\u2019\u00bb\u300d\u300f)]*(?:\s*[{_MARKS}])*)"
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'\u201c\u2018])(?:mrs?|ms|dr|prof|st|no|nos|vs|etc|al|fig|eq|art|sec|vol|pp?|ed|eds|"
    r"inc|ltd|co|corp|gen|col|lt|sgt|capt|rev|hon|jr|sr|approx|ca|cf|dept|est|"
    rf"{one_of(SHORT_MONTHS)}|(?:\w\.)*\w)\.$",
    re.IGNORECASE,
)
_TWICE = re.compile(r"(?<!\.)\.\s*\.$")
_ATTACHED = re.compile(rf"(?<!\s)\s*+[{_MARKS}]")
_NOT_BLANK = re.compile(r"\S")
_GAP = re.compile(r"\s+(?=[.,;:!?\u2026)\u3002])")
_HOLLOW = re.compile(r"\(\s*(?:(?:see|cf\.?|and|[,;])\s*)*\)", re.IGNORECASE)


@dataclass(frozen=True)
class Id:
    """What a model points at: a sentence of a passage, or the whole passage."""

    passage: int
    """Number of the passage, from 1."""
    sentence: int | None
    """Number of its sentence, from 1; None for the whole passage."""


@dataclass(frozen=True)
class Statement:
    """One sentence of a reply."""

    text: str
    """Its words, without ids and list glyphs."""
    ids: tuple[Id, ...]
    """What it says it rests on, each once."""
    role: Role
    """How it is set."""
    line: int
    """The line it stands on: sentences of one list item belong together."""


def statements(reply: str) -> list[Statement]:
    """Split a reply, already plain, into its statements."""
    reply = _MARK.sub("\ufffd", reply)
    lines = [(number, line) for number, line in enumerate(reply.split("\n")) if line.strip()]
    found: list[Statement] = []
    for position, (number, line) in enumerate(lines):
        following = lines[position + 1][1] if position + 1 < len(lines) else ""
        found += _line(line, number, leads=list_mark(following) is not None)
    return found


def ids_in(interior: str) -> list[Id]:
    """Return the ids named between two brackets, ranges written out."""
    found: list[Id] = []
    for passage, first, last_passage, last in _ID.findall(interior):
        if not first:
            found.append(Id(int(passage), None))
        elif not last or (last_passage and last_passage != passage):
            found.append(Id(int(passage), int(first)))
            found += [Id(int(last_passage), int(last))] if last else []
        else:
            end = min(int(last), int(first) + _WIDEST_RANGE - 1)
            found += [Id(int(passage), at) for at in range(int(first), end + 1)]
    return found


def _line(line: str, number: int, *, leads: bool) -> Iterator[Statement]:
    line = _HEADING.sub("", _QUOTED_LINE.sub("", line))
    item = list_mark(line)
    marked, named = _mark(line[item.length :] if item else line)
    for piece in _pieces(marked):
        text = _words(piece)
        if not re.search(r"\w", text):
            continue
        ids = [id for mark in re.findall(f"[{_MARKS}]", piece) for id in named[mark]]
        role: Role = "item" if item else "lead" if leads and text.endswith(":") else "sentence"
        yield Statement(text, tuple(dict.fromkeys(ids)), role, number)


def _mark(line: str) -> tuple[str, dict[str, list[Id]]]:
    """Put one private character in the place of each marker, and say what it stands for."""
    named: dict[str, list[Id]] = {}

    def mark(marker: re.Match[str]) -> str:
        if marker["ids"] is None:
            return marker[0]
        if len(named) >= _MOST_MARKS:
            return ""
        character = chr(_FIRST_MARK + len(named))
        named[character] = ids_in(marker["ids"])
        return character

    return _CUT_MARKER.sub("", _MARKER.sub(mark, line)), named


def _pieces(line: str) -> Iterable[str]:
    """Cut a line into sentences, each with the marks that belong to it."""
    if re.match(rf"\s*[{_MARKS}]", line) and not re.search(rf"[{_MARKS}][^\w{_MARKS}]*+$", line):
        return [piece for piece in re.split(rf"(?<![{_MARKS}\s])\s*(?=[{_MARKS}])", line) if piece]
    return _sentences(line)


def _sentences(line: str) -> Iterator[str]:
    last_closing = max(line.rfind('"'), line.rfind("\u201d"))
    start = 0
    read = _Read()
    for end in _END.finditer(line):
        read = read.further(line, end.start(), end.end())
        if _ends(line, end.end(), read, quotes_later=last_closing >= end.end()):
            yield line[start : end.end()]
            start, read = end.end(), _Read(at=end.end(), tail=end.end())
    yield line[start:]


@dataclass(frozen=True)
class _Read:
    """What is known of a sentence as far as it is read: each character is looked at once."""

    at: int = 0
    tail: int = 0
    """Where its last words begin: at the end mark before them, or at its start."""
    next_tail: int | None = None
    straight: int = 0
    """How many straight quotation marks it has."""
    open: int = 0
    """How many more quotations it opens than it closes."""
    is_marked: bool = False

    def further(self, line: str, mark: int, end: int) -> _Read:
        """Read on to an end mark."""
        more = line[self.at : end]
        return _Read(
            at=end,
            tail=self.tail if self.next_tail is None else self.next_tail,
            next_tail=mark,
            straight=self.straight + more.count('"'),
            open=self.open + more.count("\u201c") - more.count("\u201d"),
            is_marked=self.is_marked or _ATTACHED.search(more) is not None,
        )


def _ends(line: str, end: int, read: _Read, *, quotes_later: bool) -> bool:
    """Say whether a full stop ends a sentence, and not an abbreviation or part of a quotation."""
    following = _NOT_BLANK.search(line, end)
    if following is None:
        return False
    if read.straight % 2 or read.open > 0:
        return not quotes_later
    if following[0].islower():
        return False
    return read.is_marked or not _ABBREVIATION.search(_ATTACHED.sub("", line[read.tail : end]))


def _words(piece: str) -> str:
    """Return the words of a sentence without its marks and what they leave behind."""
    text = _HOLLOW.sub("", re.sub(f"[{_MARKS}]", " ", piece))
    return _TWICE.sub(".", _GAP.sub("", folded(text)).lstrip(".,;:!?)").strip())
