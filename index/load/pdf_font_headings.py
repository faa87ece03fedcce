"""Headings of a PDF without an outline: short lines in larger or bolder letters than its text.

Only a look that the document keeps for headings makes some: most of its lines stand alone, are
short, end in no punctuation and have text of the usual look below them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from index.load.pdf_lines import Look
from index.load.pdf_outline import PrintedHeading
from index.load.pdf_page import PrintedPage

_LARGER = 1.15
"""Times the size of the text from which letters are clearly larger."""

_LARGER_BOLD = 1.05
"""The same for bold letters."""

_MAX_LINES = 3
_LONGEST = 120
"""Lines, and letters, that a heading has at most."""

_LOOKS = 4
"""Looks that are headings, the largest first; smaller ones are mostly names and labels."""

_LEVELS = 3
"""Levels of the headings."""

_PURE = 0.6
"""Share of the lines of a look that pass for headings, for any of them to be one."""

_RARE = 0.15
"""Share of a document's letters that its headings make up, at most."""

_NUMBERED = re.compile(r"(?:\d{1,3}|[A-Z])(?:\.\d{1,3})+\.?\s+\S")
"""A heading with a number of several parts, as no other line in bold letters has."""

_LABEL = re.compile(r"(?:[^\W\d_]+\s)?(?:\d{1,3}|[IVXLC]{1,6}|[A-Z])\.?")
"""A line that only counts: "Chapter 3". It belongs to the title below it."""

_PAGE_NUMBER = re.compile(r"\s\d{1,4}$")
_LEADERS = re.compile(r"(?:[.…·]\s?){4}")
_REPEATED = 3
"""Times that a text is printed from which it is a label: "Note", "Example"."""

_NUMBER = re.compile(r"^[\d.\s]+")
_UNLIKE = re.compile(r"[,;:]$|^[^\w“\"'(¿¡«„]|^[a-z]")
"""How no heading ends or begins."""


@dataclass(frozen=True)
class _Run:
    """Lines below one another that look alike."""

    page: int
    lines: tuple[int, ...]
    look: Look | None
    text: str


def font_headings(
    pages: Sequence[PrintedPage], left_out: Mapping[int, Collection[int]]
) -> dict[int, list[PrintedHeading]]:
    """Return the headings of each page by its number; `left_out` are lines that can be none."""
    runs = [run for page in pages for run in _titled(_runs(page, left_out.get(page.number, ())))]
    body = _body(runs)
    if body is None:
        return {}
    passed: dict[Look, list[_Run]] = defaultdict(list)
    seen: Counter[Look] = Counter()
    printed = Counter(run.text.casefold() for run in runs)
    for number, run in enumerate(runs):
        if run.look is None or not _stands_out(run, body) or _LEADERS.search(run.text):
            continue
        if printed[run.text.casefold()] >= _REPEATED or _is_at_the_edge(runs, number):
            continue
        seen[run.look] += 1
        if _is_like_a_heading(run) and _leads(runs, number, body):
            passed[run.look].append(run)
    headings = _headings(passed, seen, sum(len(run.text) for run in runs))
    found: dict[int, list[PrintedHeading]] = defaultdict(list)
    level = 1
    for alike in headings.values():
        for run in alike:
            found[run.page].append(PrintedHeading(run.lines, min(level, _LEVELS)))
        level += len(alike) > 1  # what stands once, as a title does, is above nothing
    return found


def _runs(page: PrintedPage, left_out: Collection[int]) -> Iterator[_Run]:
    """Yield the lines of a page, those that look alike together."""
    in_tables = {number for table in page.tables for number in table.lines}
    kept = [
        (number, line)
        for number, line in enumerate(page.lines)
        if number not in left_out and number not in in_tables
    ]
    for look, group in groupby(kept, key=lambda each: each[1].look):
        lines = list(group)
        text = " ".join(line.text for _, line in lines)
        yield _Run(page.number, tuple(number for number, _ in lines), look, text)


def _titled(runs: Iterable[_Run]) -> Iterator[_Run]:
    """Yield runs, a line that only counts as one with the larger title below it."""
    label: _Run | None = None
    for run in runs:
        if label is not None and label.look and run.look and run.look.size > label.look.size:
            yield replace(run, lines=(*label.lines, *run.lines), text=f"{label.text} {run.text}")
            label = None
            continue
        if label is not None:
            yield label
        label = run if _LABEL.fullmatch(run.text) else None
        if label is None:
            yield run
    if label is not None:
        yield label


def _body(runs: Sequence[_Run]) -> Look | None:
    """Return the look of most letters."""
    letters: Counter[Look] = Counter()
    for run in runs:
        if run.look is not None:
            letters[run.look] += len(run.text)
    return letters.most_common(1)[0][0] if letters else None


def _stands_out(run: _Run, body: Look) -> bool:
    look = run.look
    if look is None:
        return False
    bolder = look.bold and not body.bold
    if bolder and look.size >= body.size and _NUMBERED.match(run.text):
        return True
    return look.size >= (_LARGER_BOLD if bolder else _LARGER) * body.size


def _is_like_a_heading(run: _Run) -> bool:
    text = run.text.strip()
    words = _NUMBER.sub("", text)
    letters = sum(map(str.isalpha, words))
    return (
        len(run.lines) <= _MAX_LINES
        and len(text) <= _LONGEST
        and letters >= max(2, len(words) / 2)
        and _UNLIKE.search(text) is None
        and (text[-1] != "." or _NUMBERED.match(text) is not None)
    )


def _is_at_the_edge(runs: Sequence[_Run], number: int) -> bool:
    """Say whether a line with the number of its page is the first or the last of it."""
    if not _PAGE_NUMBER.search(runs[number].text):
        return False
    beside = runs[max(0, number - 1) : number + 2]
    return len(beside) < 3 or len({run.page for run in beside}) > 1


def _leads(runs: Sequence[_Run], number: int, body: Look) -> bool:
    """Say whether text follows, perhaps below further headings."""
    return any(not _stands_out(run, body) for run in runs[number + 1 : number + 4])


def _headings(
    passed: Mapping[Look, Sequence[_Run]], seen: Mapping[Look, int], letters: int
) -> dict[Look, Sequence[_Run]]:
    """Return the looks that a document keeps for headings, the largest first, and these headings.

    Of a look that serves for other things too, only what is numbered is a heading.
    """
    found: dict[Look, Sequence[_Run]] = {}
    used = 0
    for look in sorted(passed, key=lambda each: (-each.size, not each.bold)):
        runs = passed[look]
        if len(runs) < _PURE * seen[look]:
            runs = [run for run in runs if _NUMBERED.match(run.text)]
        if all(run.page == 1 for run in runs):
            continue
        used += sum(len(run.text) for run in runs)
        if used > _RARE * letters or len(found) == _LOOKS:
            break
        found[look] = runs
    return found
