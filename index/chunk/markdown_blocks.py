"""Structure of Markdown, and of the Markdown-like text that web pages are turned into.

markdown-it finds the blocks by their lines. What it drops (link definitions, nesting beyond its
limit) is kept as prose, so that the blocks hold everything in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from index.chunk.blocks import Block, BlockKind, Group, Lines, list_groups
from index.chunk.headings import Heading, looks_like_heading, plain_title
from index.chunk.plain_text_blocks import PlainParser, Segment

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_BOLD_LINE = re.compile(r"(\*\*|__)(?=\S)(?P<title>[^*_]+)(?<=\S)\1:?")
_BOLD_LEVEL = 7
"""A line in bold used as a heading stands below every real heading."""
_MAX_BOLD = 100
_KINDS: dict[str, BlockKind] = {
    "hr": "ruler",
    "table_open": "table",
    "fence": "code",
    "code_block": "code",
}
_LISTS = frozenset({"bullet_list_open", "ordered_list_open"})
_LEAVES = frozenset(
    {"paragraph_open", "heading_open", "fence", "code_block", "html_block", "table_open"}
)


class MarkdownParser:
    """Finds the blocks of Markdown."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._plain = PlainParser(lines)

    def blocks(self) -> list[Block]:
        """Return the blocks of the whole text."""
        # Only "\n" ends a line here, while markdown-it would count a lone "\r" as well.
        tokens = _parser().parse(self._lines.text.replace("\r", " "))
        covered = bytearray(len(self._lines))
        blocks: list[Block] = []
        for tree in _trees(tokens):
            for first, stop, block in self._of(tree):
                covered[first:stop] = b"\1" * (stop - first)
                blocks.extend(block)
        blocks.extend(self._dropped(covered))
        blocks.sort(key=lambda block: block.start)
        return self._bold_headings(blocks)

    def _of(self, tree: Sequence[Token]) -> Iterator[tuple[int, int, list[Block]]]:
        """Yield the ranges of lines of one outermost token and their blocks."""
        token = tree[0]
        if token.map is None:
            return
        first, stop = self._lines.trimmed(*token.map)
        if first >= stop:
            return
        if token.type == "blockquote_open":
            for leaf in tree:
                if leaf.type in _LEAVES and leaf.map:
                    a, b = self._lines.trimmed(*leaf.map)
                    if a < b:
                        yield a, b, self._plain.prose(a, b)
        else:
            yield first, stop, self._leaf(tree, first, stop)

    def _leaf(self, tree: Sequence[Token], first: int, stop: int) -> list[Block]:
        token, lines = tree[0], self._lines
        if token.type in _LISTS:
            attached = first > 0 and bool(lines.stripped[first - 1])
            return [Block("list", self._items(tree, stop), attached=attached)]
        if token.type == "heading_open":
            title = plain_title(tree[1].content) or lines.text[slice(*lines.span(first, stop))]
            heading = Heading(int(token.tag[1]), title)
            return [self._plain.block(Segment("heading", first, stop, heading=heading))]
        if kind := _KINDS.get(token.type):
            return [self._plain.block(Segment(kind, first, stop))]
        return self._plain.prose(first, stop)

    def _items(self, tree: Sequence[Token], stop: int) -> tuple[Group, ...]:
        """Return a list by its outermost items, each cut where a nested block begins."""
        starts: dict[int, bool] = {}
        for token in tree:
            if token.map is None or (token.type not in _LEAVES and token.type != "list_item_open"):
                continue
            outer = token.type == "list_item_open" and token.level == 1
            line = token.map[0]
            if line < stop and self._lines.stripped[line]:
                starts[line] = starts.get(line, False) or outer
        return list_groups(self._lines, starts, stop)

    def _dropped(self, covered: bytearray) -> Iterator[Block]:
        """Yield what no token covers as prose."""
        first = 0
        while (first := covered.find(b"\0", first)) >= 0:
            stop = covered.find(b"\1", first)
            stop = len(covered) if stop < 0 else stop
            yield from self._plain.prose(first, stop)
            first = stop

    def _bold_headings(self, blocks: list[Block]) -> list[Block]:
        """Turn paragraphs that are one short line in bold, with text below, into headings."""
        found: list[Block] = []
        for number, block in enumerate(blocks):
            below = blocks[number + 1].kind if number + 1 < len(blocks) else "ruler"
            title = None if below in ("heading", "ruler") else self._bold_title(block)
            if title is None:
                found.append(block)
            else:
                piece = replace(block.groups[0][0], role="heading")
                found.append(Block("heading", ((piece,),), _BOLD_LEVEL, title))
        return found

    def _bold_title(self, block: Block) -> str | None:
        if block.kind != "paragraph" or len(block.groups[0]) != 1:
            return None
        piece = block.groups[0][0]
        if piece.end - piece.start > _MAX_BOLD:
            return None
        match = _BOLD_LINE.fullmatch(self._lines.text[piece.start : piece.end])
        if match is None:
            return None
        title = match["title"].rstrip(":").strip()
        return title if looks_like_heading(title) else None


def _trees(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Yield each outermost token with all that is nested in it."""
    tree: list[Token] = []
    for token in tokens:
        if token.level == 0 and token.nesting >= 0 and tree:
            yield tree
            tree = []
        tree.append(token)
    if tree:
        yield tree


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    """Return a parser that finds blocks and leaves the text inside them alone."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser
