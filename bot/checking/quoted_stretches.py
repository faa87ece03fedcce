"""What a text puts in quotation marks, or sets as a block quote, and where. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field

from bot.checking.compared_words import compared_words
from bot.checking.quote_differences import has_negation, is_number
from index.text.fences import MarkdownLine, markdown_lines

_TERM = 2
"""Up to so many words in quotation marks are a term, unless they count or deny."""
_SPEECH = 4
"""Single marks are apostrophes, or stand around a term, below so many words."""

_INSIDE = r"(?=\S)(?P<{}>{})(?<=\S)"


def _pair(name: str, opening: str, closing: str, inside: str) -> str:
    return opening + _INSIDE.format(name, inside) + closing


_BEFORE = r"(?<![\w\"'\u201d\u2019])"
_AFTER = r"(?![\w\"])"
_QUOTED = re.compile(
    "|".join(
        (
            rf"(?:{_BEFORE}\"(?=\S)(?P<straight>[^\"]+)(?<=\S)\"{_AFTER})",
            "(?:\u201c\\s?(?!\u201d)(?P<english>[^\u201c\u201d\u201e]{0,4000}+"
            "(?:\u201e[^\u201c\u201d\u201e]{0,400}+\u201c[^\u201c\u201d\u201e]{0,4000}+){0,20}+)\u201d)",
            "(?:\u201e\\s?(?P<german>[^\u201e\u201c\u201d]+)\\s?[\u201c\u201d])",
            f"(?:{_BEFORE}\u201d(?=\\S)(?P<swedish>[^\u201d\u201c]+)(?<=\\S)\u201d(?!\\w))",
            "(?:\u00ab\\s?(?P<french>[^\u00ab\u00bb]+)\\s?\u00bb)",
            "(?:\u00bb(?=\\S)(?P<guillemets>[^\u00ab\u00bb]+)(?<=\\S)\u00ab)",
            "(?:[\u300c\u300e](?P<corners>[^\u300c-\u300f]+)[\u300d\u300f])",
            "(?:``(?P<latex>(?:(?!``|'').)+)'')",
            "(?P<single>(?<!\\w)[\u2018\u201a](?=\\S)(?P<curly>[^\u2018\u201a]+?)"
            "(?<=\\S)[\u2019\u2018](?!\\w))",
            r"(?P<plain>(?<!\w)'(?=\S)(?P<typed>(?:[^'\n]|(?<=\w)'(?=\w))+?)(?<=\S)'(?!\w))",
        )
    )
)
_CODE = re.compile(r"(?<!`)(?P<ticks>`++)(?!')[^`].{0,1000}?(?<!`)(?P=ticks)(?!`)", re.DOTALL)
_TARGET = re.compile(r"(?<=\])\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)|<[a-z/!][^<>\n]*>|https?://\S+")
_BLOCK_MARK = re.compile(r"\A {0,3}>(?:[ \t]?>)*[ \t]?")
_IN_BLOCK = re.compile(r" {0,3}>")
_ADMONITION = re.compile(
    r"\s*(?:\[!\w+\]|\*\*(?:note|tip|warning|important|caution)\b)", re.IGNORECASE
)
_ATTRIBUTION = re.compile(r"\s*(?:[\u2014\u2013\u2015]|--+)\s*\S.{0,200}")
_HEADING = re.compile(r" {0,3}(?:#{1,6}(?:\s|$)|={3,}\s*$|-{3,}\s*$)")
_ITEM = re.compile(r"\A\s*+(?:[-*+\u2022]|(?P<number>\d{1,3})[.)])\s+")
_INDENT = 200
"""Characters of a line in which the mark of an item is looked for."""

_HIDE = 0x17000
"""The first of 6,000 letters of Tangut, which stand for quotations: letters, and in no sentence."""
_MOST_HIDDEN = 6_000
_LETTERS = re.compile("[\U00017000-\U000187f7]")


@dataclass(frozen=True)
class Quotation:
    """Words that a text says somebody else wrote."""

    text: str
    line: int
    """From 1."""
    is_block: bool = False


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, an item or a block quote of a text."""

    text: str
    """On one line, with one letter in the place of each quotation."""
    lines: tuple[tuple[int, int], ...]
    """Where each of its lines begins in `text`, and its number."""
    quotations: tuple[Quotation, ...] = field(default=())
    is_heading: bool = False
    is_row: bool = False

    def line_at(self, offset: int) -> int:
        """Return the number of the line that holds a character of `text`."""
        return _line_at(self.lines, offset)

    def numbers_in(self, text: str) -> list[int]:
        """Return which of its quotations a piece of it has."""
        return [ord(letter) - _HIDE for letter in _LETTERS.findall(text)]

    def restored(self, text: str) -> str:
        """Return a piece of it with its quotations in their places."""

        def quoted(letter: re.Match[str]) -> str:
            return f"\u201c{self.quotations[ord(letter[0]) - _HIDE].text}\u201d"

        return _LETTERS.sub(quoted, text)

    def unquoted(self, text: str) -> str:
        """Return a piece of it without its quotations."""
        return _LETTERS.sub("", text)


def paragraphs(text: str, apart: Set[int] = frozenset()) -> Iterator[Paragraph]:
    """Yield the paragraphs of a text with their quotations; code is left out.

    Each of the lines `apart`, by their numbers, is a paragraph of its own.
    """
    text = _LETTERS.sub("\ufffd", text)
    group: list[tuple[int, str]] = []
    for number, line in enumerate(markdown_lines(text), start=1):
        if group and (number in apart or group[-1][0] in apart or _begins(group, line)):
            yield _paragraph(group)
            group = []
        if line.kind in ("text", "row") and line.text.strip():
            group.append((number, line.text))
    if group:
        yield _paragraph(group)


def letter_of(number: int) -> str:
    """Return what stands in a paragraph for its quotation of this number."""
    return chr(_HIDE + number)


def is_term(quote: str) -> bool:
    """Say whether words in quotation marks are a name or a term, and not somebody's words."""
    words = compared_words(quote)
    weighty = has_negation(words) or any(map(is_number, words))
    return len(words) <= _TERM and not weighty


def _begins(group: list[tuple[int, str]], line: MarkdownLine) -> bool:
    """Say whether a line does not go on with the paragraph above it."""
    last = group[-1][1]
    if line.kind not in ("text", "row") or not line.text.strip():
        return True
    quoted = bool(_IN_BLOCK.match(last))
    if bool(_IN_BLOCK.match(line.text)) != quoted:
        return True
    if line.kind == "row" or last.lstrip().startswith("|"):
        return True
    alone = _HEADING.match(line.text) or _HEADING.match(last)
    return bool(alone or (_begins_item(line.text, group[0][1]) and not quoted))


def _begins_item(line: str, first: str) -> bool:
    """Say whether a line is an item; prose may be wrapped before a number and its full stop."""
    item = _ITEM.match(line)
    return bool(item and (item["number"] in (None, "1") or _ITEM.match(first[:_INDENT])))


def _paragraph(group: list[tuple[int, str]]) -> Paragraph:
    first = group[0][1]
    if _BLOCK_MARK.match(first):
        bare = [(number, _BLOCK_MARK.sub("", line, count=1)) for number, line in group]
        if not _ADMONITION.match(bare[0][1]):
            return _block_quote(bare)
        group = bare[1:] if bare[0][1].strip().startswith("[!") and len(bare) > 1 else bare
    pieces: list[str] = []
    lines: list[tuple[int, int]] = []
    at = 0
    for number, line in group:
        item = None if pieces else _ITEM.match(line)
        shown = line[item.end() :] if item else line
        lines.append((at, number))
        pieces.append(shown.strip())
        at += len(pieces[-1]) + 1
    return _marked(" ".join(pieces), lines, first)


def _block_quote(lines: list[tuple[int, str]]) -> Paragraph:
    """Return a block quote as one quotation, without the line that says whose it is."""
    kept = lines[:-1] if len(lines) > 1 and _ATTRIBUTION.fullmatch(lines[-1][1]) else lines
    text = "\n".join(line for _, line in kept).strip()
    whole = _QUOTED.fullmatch(text)
    if whole:
        text = _inside(whole)
    references = "".join(re.findall(r"\[\^?\d{1,4}\]", text[-24:]))
    quotation = Quotation(text, kept[0][0], is_block=True)
    return Paragraph(f"{letter_of(0)} {references}", ((0, kept[0][0]),), (quotation,))


def _marked(text: str, lines: list[tuple[int, int]], first: str) -> Paragraph:
    """Put a letter in the place of each quotation."""
    hidden = _blanked(text)
    found: list[Quotation] = []
    shown, at, shift = "", 0, 0
    moved: list[tuple[int, int]] = []
    for mark in _QUOTED.finditer(hidden):
        inside = text[slice(*_span(mark))]
        short = mark["single"] or mark["plain"]
        if short and len(compared_words(inside)) < _SPEECH:
            continue
        if not inside.strip() or len(found) >= _MOST_HIDDEN:
            continue
        number = _line_at(lines, mark.start())
        end = inside.rstrip()[-1:]
        put = letter_of(len(found)) + (end if end in ".!?" else "")
        found.append(Quotation(inside.strip(), number))
        shown += text[at : mark.start()] + put
        while len(moved) < len(lines) and lines[len(moved)][0] < mark.end():
            start, each = lines[len(moved)]
            moved.append((min(start + shift, len(shown)), each))
        shift += len(put) - (mark.end() - mark.start())
        at = mark.end()
    moved += [(start + shift, each) for start, each in lines[len(moved) :]]
    heading, row = bool(_HEADING.match(first)), first.lstrip().startswith("|")
    return Paragraph(shown + text[at:], tuple(moved), tuple(found), heading, row)


def _line_at(lines: Sequence[tuple[int, int]], offset: int) -> int:
    """Return the number of the last line that begins at or before an offset, 1 before all."""
    before = bisect_right(lines, offset, key=lambda line: line[0])
    return lines[before - 1][1] if before else 1


def _blanked(text: str) -> str:
    """Return a text of the same length without code, addresses and elements."""

    def blank(mark: re.Match[str]) -> str:
        return "\ufffc" * len(mark[0])

    return _TARGET.sub(blank, _CODE.sub(blank, text))


def _span(mark: re.Match[str]) -> tuple[int, int]:
    name = next(
        name
        for name in mark.re.groupindex
        if name not in ("single", "plain") and mark[name] is not None
    )
    return mark.span(name)


def _inside(mark: re.Match[str]) -> str:
    start, end = _span(mark)
    return mark.string[start:end]
