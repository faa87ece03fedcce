"""How many headings of PDF files are told by their letters, against the outlines that they have.

    python -m benchmarks.fidelity headings FILE... [--most PAGES] [--wrong]

The outline is hidden, headings are looked for by their letters, and both are compared. A heading
below the levels of the outline, by its number, is counted apart. `--wrong` names what differs.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pypdfium2 import PdfDocument

from index.load.pdf_contents import contents_lines, plain_words
from index.load.pdf_font_headings import font_headings
from index.load.pdf_looks import Looks
from index.load.pdf_outline import OutlineEntry, headings_by_page, outline_of, printed_headings
from index.load.pdf_page import PrintedPage, read_page
from index.load.pdf_running_lines import running_lines

_NUMBER = re.compile(r"\s*((?:\d+|[A-Z])(?:\.\d+)*)\.?\s")
_FEWEST = 8
"""Entries of an outline that is worth comparing with."""


@dataclass
class Compared:
    """The headings of one file, or of several."""

    found: int = 0
    right: int = 0
    known: int = 0
    known_found: int = 0
    below: int = 0
    files: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Compared) -> None:
        """Count another file too."""
        for name in ("found", "right", "known", "known_found", "below", "files"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def row(self, name: str) -> str:
        precision = self.right / self.found if self.found else 1.0
        recall = self.known_found / self.known if self.known else 1.0
        return f"| {name} | {self.found} | {precision:.1%} | {self.known} | {recall:.1%} |"


def main(words: Sequence[str]) -> None:
    """Compare files that have an outline."""
    parser = argparse.ArgumentParser(prog="benchmarks.fidelity headings")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=40, help="pages of each file")
    parser.add_argument("--wrong", action="store_true")
    given = parser.parse_args(words)
    whole = Compared()
    print(
        "| File | Found | Of them right | In the outline | Of them found |\n|---|---|---|---|---|"
    )
    for file in given.files:
        each = compared(file, given.most)
        if each is None:
            continue
        whole.add(each)
        print(each.row(file.name))
        if given.wrong:
            print("".join(f"    {line}\n" for line in each.wrong), end="")
    print(whole.row(f"all {whole.files}"))
    print(f"\nFurther headings below the levels of the outlines, by their numbers: {whole.below}.")


def compared(file: Path, most: int) -> Compared | None:
    """Compare one file; None where its outline has few entries."""
    pages, outline = read(file, most)
    if len(outline) < _FEWEST:
        return None
    left_out: dict[int, set[int]] = defaultdict(set)
    for number, line in running_lines(pages) | contents_lines(pages):
        left_out[number].add(line)
    by_page = {page.number: page for page in pages}
    known = set(known_headings(pages, outline, left_out))
    titles = {plain_words(entry.title) for entry in outline}

    def text(heading: tuple[int, tuple[int, ...]]) -> str:
        page, lines = heading
        return " ".join(by_page[page].lines[line].text for line in lines)

    found = {
        (page, heading.lines)
        for page, headings in font_headings(pages, left_out).items()
        for heading in headings
    }
    known_lines = {(page, line) for page, lines in known for line in lines}
    deepest = max((depth(text(heading)) for heading in known), default=0)
    result = Compared(known=len(known), files=1)
    found_lines = {(page, line) for page, lines in found for line in lines}
    result.known_found = sum(
        any((page, line) in found_lines for line in lines) for page, lines in known
    )
    for heading in sorted(found):
        page, lines = heading
        is_known = any((page, line) in known_lines for line in lines)
        if not is_known and depth(text(heading)) > deepest > 0:
            result.below += 1
            continue
        result.found += 1
        # In a list of contents that was not left out, an entry is looked for at the wrong place.
        if is_known or is_titled(plain_words(text(heading)), titles):
            result.right += 1
        else:
            result.wrong.append(f"page {page}: {text(heading)}")
    return result


def read(file: Path, most: int) -> tuple[list[PrintedPage], list[OutlineEntry]]:
    """Return the first pages of a file, and what of its outline leads to them."""
    looks = Looks()
    with PdfDocument(file) as document:
        count = min(most, len(document))
        pages = [
            read_page(document[number], number + 1, lambda: False, looks=looks)
            for number in range(count)
        ]
        return pages, [entry for entry in outline_of(document) if entry.page <= count]


def known_headings(
    pages: Sequence[PrintedPage],
    outline: Sequence[OutlineEntry],
    left_out: dict[int, set[int]],
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield the page and the lines of each entry that is printed."""
    entries = headings_by_page(outline)
    for page in pages:
        if page.number in entries:
            in_tables = {line for table in page.tables for line in table.lines}
            gone = in_tables | left_out[page.number]
            for heading in printed_headings(page, entries[page.number], gone):
                yield page.number, heading.lines


def depth(text: str) -> int:
    """Return of how many parts the number of a heading is; 0 without one."""
    number = _NUMBER.match(f"{text} ")
    return number[1].count(".") + 1 if number else 0


def is_titled(words: str, titles: set[str]) -> bool:
    """Say whether a text is a title of the outline, perhaps with a number before it."""
    return any(
        words == title
        or (len(title) > 3 and words.endswith(title) and len(words) < len(title) + 14)
        for title in titles
    )
