"""Cut a source into passages: by structure first, then by size.

A passage holds what a reader would quote together: paragraphs under one heading, a list or a table
or code with the sentence that leads into it. Heading lines stand at the start of the passage below
them, so that they can be quoted, but are not among its sentences unless nothing else is there.

The header of a table is repeated in no passage, because passages are verbatim;
`index.text.table_rows` finds it in the source for any row.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from index.chunk.blocks import Block, BlockKind, Lines, Piece, code_groups
from index.chunk.code_blocks import SourceParser
from index.chunk.headings import atx_heading
from index.chunk.json_members import json_members, line_members
from index.chunk.key_members import MembersOf
from index.chunk.keyed_blocks import KeyedParser
from index.chunk.markdown_blocks import MarkdownParser
from index.chunk.markup_blocks import MarkupParser
from index.chunk.markup_rules import RULES
from index.chunk.packed_blocks import Packer
from index.chunk.plain_text_blocks import PlainParser
from index.chunk.restructured_text_blocks import RestructuredTextParser
from index.chunk.toml_members import toml_members
from index.chunk.units import Measurer, Unit
from index.chunk.value_table_blocks import value_table_blocks
from index.chunk.xml_members import xml_members
from index.chunk.yaml_members import yaml_members
from index.config import ChunkConfig
from index.schema import Passage, PassageKind, Source, Span, passage_id
from index.text.text_shapes import TextShape, language_of_type, text_shape
from index.text.token_estimate import TokenCounter, estimate_tokens

__all__ = ["TokenCounter", "chunk", "estimate_tokens"]

_KEYED: dict[TextShape, MembersOf] = {
    "json": json_members,
    "jsonl": line_members,
    "yaml": yaml_members,
    "toml": toml_members,
    "xml": xml_members,
}


@dataclass(frozen=True, slots=True)
class Cut:
    """A passage as places in the text: some hundred bytes, whatever it says."""

    start: int
    end: int
    page: int | None
    heading: tuple[str, ...]
    kind: PassageKind
    sentences: tuple[tuple[int, int], ...]


def chunk(
    source: Source, config: ChunkConfig, *, count_tokens: TokenCounter = estimate_tokens
) -> list[Passage]:
    """Cut `source` into passages of at most `config.max_tokens` word pieces each.

    Passages are in order, do not overlap, and hold everything in the text that is not white space;
    of data, source code and markups other than Markdown, what is not for programs alone.
    """
    return passages_of(source, cuts(source, config, count_tokens=count_tokens))


def cuts(
    source: Source, config: ChunkConfig, *, count_tokens: TokenCounter = estimate_tokens
) -> Iterator[Cut]:
    """Yield where the passages of `chunk` are, in order."""
    measurer = Measurer(source, config.max_tokens, count_tokens)
    packer = Packer(source.text, config)
    for run in packer.runs(measurer.measured(_blocks(source))):
        for units in packer.passages(run):
            yield _cut(source, run.heading, units)


def passages_of(source: Source, found: Iterable[Cut]) -> list[Passage]:
    """Return the passages at these places, in order, each with the id its content gives it."""
    return _with_ids(source, (_passage(source, *each) for each in enumerate(found)))


def _with_ids(source: Source, passages: Iterable[Passage]) -> list[Passage]:
    found: list[Passage] = []
    seen: Counter[str] = Counter()
    for passage in passages:
        content = _content(source, passage)
        id = passage_id(source.id, content, seen[content])
        seen[content] += 1
        found.append(passage.model_copy(update={"id": id}))
    return found


def _content(source: Source, passage: Passage) -> str:
    """Return what a passage is, wherever it stands: all that is embedded and found of it."""
    inside = [(each.start - passage.start, each.end - passage.start) for each in passage.sentences]
    return json.dumps([source.title, passage.heading, passage.kind, inside, passage.text])


def _blocks(source: Source) -> list[Block]:
    """Return the blocks of a source by the rules of its media type."""
    lines, shape = Lines(source.text), text_shape(source.mime)
    if shape == "markdown":
        return MarkdownParser(lines).blocks()
    if not source.text.strip():
        return []
    if shape == "rst":
        return RestructuredTextParser(lines).blocks()
    if shape in RULES:
        return MarkupParser(lines, RULES[shape]).blocks()
    if shape == "source":
        return SourceParser(lines, language_of_type(source.mime)).blocks()
    if shape == "table":
        return value_table_blocks(lines)
    if shape in _KEYED and (found := KeyedParser(source.text, _KEYED[shape]).blocks()):
        return found
    if shape == "code" or shape in _KEYED:
        return [Block("code", code_groups(lines, 0, len(lines)))]
    # Of what is paged, the loader marks the headings if the document says which they are.
    marked = bool(source.pages) and any(map(atx_heading, lines.stripped))
    return _across_pages(source, PlainParser(lines, marked=marked).blocks(source.title))


def _across_pages(source: Source, blocks: Iterable[Block]) -> list[Block]:
    """Join a paragraph that a page ends in the middle of a sentence with its rest."""
    joined: list[Block] = []
    pieces: list[Piece] = []
    for block in blocks:
        first, *others = block.groups[0]
        if joined and _goes_on(source, joined[-1].kind, pieces[-1].end, block):
            pieces[-1] = replace(pieces[-1], end=first.end)
            pieces += others
            continue
        if joined:
            joined[-1] = _with_pieces(joined[-1], pieces)
        joined.append(block)
        pieces = [first, *others]
    if joined:
        joined[-1] = _with_pieces(joined[-1], pieces)
    return joined


def _with_pieces(block: Block, pieces: Sequence[Piece]) -> Block:
    """Return a block whose first group is `pieces`."""
    return replace(block, groups=(tuple(pieces), *block.groups[1:]))


def _goes_on(source: Source, above: BlockKind, end: int, below: Block) -> bool:
    """Say whether `below` is the rest of the paragraph above, which ends at `end`, one page on."""
    if not source.pages or above != "paragraph" or below.kind != "paragraph":
        return False
    broken_off = source.text[end - 1].isalnum() or source.text[end - 1] in ",-–—("
    small = source.text[below.start].islower()
    return small and broken_off and source.page_at(end - 1) != source.page_at(below.start)


def _cut(source: Source, heading: tuple[str, ...], units: Sequence[Unit]) -> Cut:
    """Return where the passage is that `units` make up."""
    kinds: list[PassageKind] = [unit.kind for unit in units if unit.kind != "paragraph"]
    start, end = units[0].start, units[-1].end
    if units[0].kind != "paragraph":
        start = _line_start(source.text, start)
    quoted = [unit for unit in units if unit.role == "unit"] or units
    kind = kinds[0] if kinds else "paragraph"
    sentences = tuple((unit.start, unit.end) for unit in quoted)
    return Cut(start, end, units[0].page, heading, kind, sentences)


def _passage(source: Source, ordinal: int, found: Cut) -> Passage:
    return Passage(
        id="",
        source_id=source.id,
        ordinal=ordinal,
        start=found.start,
        end=found.end,
        text=source.text[found.start : found.end],
        page=found.page,
        heading=found.heading,
        kind=found.kind,
        sentences=tuple(Span(start=start, end=end) for start, end in found.sentences),
    )


def _line_start(text: str, offset: int) -> int:
    """Return the start of the line if only spaces stand before `offset`, for indented code."""
    start = text.rfind("\n", 0, offset) + 1
    return offset if text[start:offset].strip(" \t") else start
