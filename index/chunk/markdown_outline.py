"""The outermost structures of a Markdown text, found a stretch at a time.

markdown-it makes tokens that take some hundred times the text which they stand for. Its blocks
depend on what comes before them only, so that all but the last of a stretch are those of the whole
text; the next stretch begins with that one. A list or quotation that fills a long stretch is cut
where something begins in it, and goes on in the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from index.chunk.blocks import Lines

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

STRETCH = 65_536
"""Characters that are parsed at a time."""

LONGEST = STRETCH
"""Characters of one list or quotation beyond which it is cut."""

LEAVES = frozenset(
    {"paragraph_open", "heading_open", "fence", "code_block", "html_block", "table_open"}
)
_CONTAINERS = frozenset(
    {"bullet_list_open", "ordered_list_open", "list_item_open", "blockquote_open"}
)
_KEPT = LEAVES | _CONTAINERS | {"hr"}


@dataclass(frozen=True)
class Structure:
    """An outermost token with all that is nested in it."""

    tokens: list[Token]
    offset: int
    """The line from which the tokens count."""
    goes_on: bool = False
    """Whether it is the rest of a structure that was cut."""

    def lines_of(self, token: Token) -> tuple[int, int] | None:
        """Return the lines of a token, the last of them exclusive."""
        return (
            None if token.map is None else (token.map[0] + self.offset, token.map[1] + self.offset)
        )


class _Kept(list["Token"]):
    """Takes up only tokens that say where something begins, and the words of headings."""

    def append(self, token: Token, /) -> None:
        words = token.type == "inline" and bool(self) and self[-1].type == "heading_open"
        if words or token.type in _KEPT:
            super().append(token)


def structures(lines: Lines) -> Iterator[Structure]:
    """Yield the outermost structures of a text, in order."""
    first, size, goes_on = 0, STRETCH, False
    while first < len(lines):
        stop = _stretch_end(lines, first, size)
        if not any(line.strip(" \t\r") for line in lines.raw[first:stop]):
            first, size = stop, STRETCH
            continue
        found = list(_trees(lines, first, stop))
        ended = stop == len(lines)
        for tree in found if ended else found[:-1]:
            yield Structure(tree, first, goes_on)
            goes_on = False
        if ended:
            return
        last = found[-1] if found else []
        begins = _begins(last)
        if len(found) > 1 and begins:
            first, size = first + begins, STRETCH
        elif size >= LONGEST and (cut := _cut(last)) is not None:
            yield Structure(_until(last, cut), first, goes_on)
            first, size, goes_on = first + cut, STRETCH, True
        else:
            size *= 4


def _stretch_end(lines: Lines, first: int, size: int) -> int:
    """Return the line behind so many characters from the line `first` on."""
    while first < len(lines) and size > 0:
        size -= len(lines.raw[first]) + 1
        first += 1
    return first


def _trees(lines: Lines, first: int, stop: int) -> Iterator[list[Token]]:
    """Yield each outermost token of some lines with all that is nested in it."""
    # Only "\n" ends a line here, while markdown-it would count a lone "\r" as well.
    text = "\n".join(lines.raw[first:stop]).replace("\r", " ")
    parser, tokens = _parser(), _Kept()
    parser.block.parse(text, parser, {}, tokens)
    tree: list[Token] = []
    for token in tokens:
        if token.level == 0 and tree:
            yield tree
            tree = []
        tree.append(token)
    if tree:
        yield tree


def _begins(tree: list[Token]) -> int:
    return tree[0].map[0] if tree and tree[0].map else 0


def _cut(tree: list[Token]) -> int | None:
    """Return the last line at which a list or quotation can be cut: at its items, else inside."""
    begun = _begins(tree)
    starts = [
        (token.type == "list_item_open" and token.level == 1, token.map[0])
        for token in tree[1:]
        if token.map and token.map[0] > begun and (token.type in _CONTAINERS | LEAVES)
    ]
    return max(starts)[1] if starts and tree[0].type in _CONTAINERS else None


def _until(tree: list[Token], cut: int) -> list[Token]:
    """Return what of a structure begins before a line, as if the structure ended there."""
    tree[0].map = [_begins(tree), cut]
    return [token for token in tree if token.map is None or token.map[0] < cut]


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    """Return a parser that finds blocks and leaves the text inside them alone."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")
