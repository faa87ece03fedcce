"""Which units share a passage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from index.chunk.blocks import Block
from index.chunk.units import Unit, balanced
from index.config import ChunkConfig

Units = list[Unit]


@dataclass(frozen=True, slots=True)
class Run:
    """Groups of units under one heading that are packed by size alone."""

    heading: tuple[str, ...]
    groups: list[Units]


class Packer:
    """Gathers the blocks of a source into runs, section by section."""

    def __init__(self, text: str, config: ChunkConfig) -> None:
        self._text = text
        self._config = config
        self._budget = config.max_tokens
        self._path: list[tuple[int, str]] = []
        self._heads: Units = []
        """Headings and rulers that wait for the text below them."""
        self._paragraphs: list[Units] = []
        """Paragraphs under the same heading that may share a passage."""

    def runs(self, blocks: Iterable[tuple[Block, list[Units]]]) -> Iterator[Run]:
        """Yield the runs of all blocks, in order."""
        for block, groups in blocks:
            if block.kind in ("heading", "ruler"):
                yield from self._flushed()
                self._enter(block)
                self._heads.extend(unit for group in groups for unit in group)
            elif block.kind == "paragraph":
                self._paragraphs.extend(groups)
            else:
                lead_in = self._lead_in(block, groups)
                yield from self._flushed()
                yield self._run(_glued(lead_in, groups, self._budget))
        yield from self._flushed()
        if self._heads:
            yield self._run([])

    def passages(self, run: Run) -> Iterator[Units]:
        """Yield the units of each passage of a run: within one page and the budget, about equal."""
        atoms = [atom for group in run.groups for atom in self._atoms(group)]
        for _, same_page in groupby(atoms, key=lambda atom: atom[0].page):
            page = list(same_page)
            for first, stop in balanced([_cost(atom) for atom in page], self._budget):
                yield [unit for atom in page[first:stop] for unit in atom]

    def _atoms(self, group: Units) -> Iterator[Units]:
        """Yield a group whole where it fits in a passage and on a page, else its units."""
        for _, same_page in groupby(group, key=lambda unit: unit.page):
            units = list(same_page)
            if _cost(units) <= self._budget:
                yield units
            else:
                yield from ([unit] for unit in units)

    def _enter(self, block: Block) -> None:
        """Make a heading the innermost one."""
        if block.kind == "heading":
            self._path = [(level, title) for level, title in self._path if level < block.level]
            if block.title:  # one without words only leaves those above
                self._path.append((block.level, block.title))

    def _flushed(self) -> Iterator[Run]:
        """Yield the paragraphs gathered so far: small ones together, large ones on their own."""
        paragraphs, self._paragraphs = self._paragraphs, []
        for share, groups in groupby(paragraphs, self._may_share):
            if share:
                yield self._run(list(groups))
            else:
                yield from (self._run([group]) for group in groups)

    def _may_share(self, paragraph: Units) -> bool:
        return self._config.pack and _cost(paragraph) <= self._budget

    def _run(self, groups: list[Units]) -> Run:
        """Return a run that begins with the headings that wait for it."""
        heads, self._heads = self._heads, []
        if groups:
            room = self._budget - _cost(groups[0][:1])
            while heads and heads[-1].cost <= room:
                room -= heads[-1].cost
                groups = _glued([heads.pop()], groups, self._budget)
        heading = tuple(title for _, title in self._path)
        return Run(heading, [*([unit] for unit in heads), *groups])

    def _lead_in(self, block: Block, groups: list[Units]) -> Units:
        """Take from the waiting paragraphs what leads into a list, a table or code.

        That is the paragraph above, or its last sentence where the whole leaves no room.
        """
        above = self._paragraphs[-1] if self._paragraphs else None
        if above is None or not self._leads(above, block):
            return []
        if _cost(above) + sum(map(_cost, groups)) <= self._budget:
            return self._paragraphs.pop()
        if above[-1].cost * 2 > self._budget:
            return []
        self._paragraphs[-1] = above[:-1]
        if len(above) == 1:
            self._paragraphs.pop()
        return above[-1:]

    def _leads(self, above: Units, block: Block) -> bool:
        """Say whether the paragraph above belongs to the block: code and tables always have one."""
        colon = self._text[above[-1].start : above[-1].end].endswith((":", "："))
        return colon or block.attached or block.kind in ("code", "table")


def _glued(lead: Units, groups: list[Units], budget: int) -> list[Units]:
    """Put `lead` before the first group so that no boundary parts them, if there is room."""
    if not lead:
        return groups
    first, others = groups[0], groups[1:]
    if _cost(lead) + _cost(first) <= budget:
        return [lead + first, *others]
    if _cost(lead) + first[0].cost <= budget:
        rest = [[unit] for unit in first[1:]]
        return [[*lead, first[0]], *rest, *others]
    return [lead, *groups]


def _cost(units: Units) -> int:
    """Return the word pieces of units."""
    return sum(unit.cost for unit in units)
