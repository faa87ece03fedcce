"""Twice as much of anything in a PDF takes at most about twice as long to read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from index.load.loaders import load_bytes
from tests.doubles.growth import grows_in_step
from tests.doubles.made_pdfs import drawn, page

Made = Callable[[int], bytes]
"""Makes a PDF of so many things."""


def cells(count: int) -> bytes:
    places = ((60 + 100 * (n % 4), 800 - n // 4 % 90 * 8, f"c{n}") for n in range(count))
    return page(drawn(*places, size=6))


def rules(count: int) -> bytes:
    lines = (f"{n % 500} {n // 7 % 800} m {n % 500 + 60} {n // 7 % 800} l S" for n in range(count))
    down = (f"{n % 500} {n % 700} m {n % 500} {n % 700 + 90} l S" for n in range(count))
    return page("\n".join([*lines, *down]).encode() + drawn((60, 700, "Words of a page")))


def grid(count: int) -> bytes:
    side = int(count**0.5)
    lines = [f"0 {n * 5} m 590 {n * 5} l S {n * 5} 0 m {n * 5} 840 l S" for n in range(side)]
    return page("\n".join(lines).encode() + drawn((60, 700, "Words of a page")))


def one_path(count: int) -> bytes:
    lines = (f"{n % 500} {n % 800} m {n % 500 + 60} {n % 800} l" for n in range(count))
    return page("\n".join([*lines, "S"]).encode() + drawn((60, 700, "Words of a page")))


def covered(count: int) -> bytes:
    boxes = "\n".join(f"{n % 300} 0 250 840 re f" for n in range(count // 2))
    words = drawn(*((60, 800 - n % 790, f"w{n}") for n in range(count // 2)))
    return page(words + b"\n" + boxes.encode())


def white(count: int) -> bytes:
    return page(b"1 g\n" + drawn(*((60, 800 - n % 790, f"w{n}") for n in range(count))))


def many_notes(count: int) -> bytes:
    names = " ".join(f"{7 + n} 0 R" for n in range(count))
    note = b"<< /Type /Annot /Subtype /FreeText /Rect [60 %d 90 %d] /Contents (Note) >>"
    more = tuple(note % (n % 700, n % 700 + 9) for n in range(count))
    return page(drawn((60, 700, "Words")), extra=f"/Annots [{names}]", more=more)


def same_lines(count: int) -> bytes:
    lines = (
        drawn((60, 800, f"Head {n}"), (60, 700, "Words"), (60, 30, f"{n}")) for n in range(count)
    )
    return page(*lines)


def dots(count: int) -> bytes:
    entry = "Title " + ". " * 100
    return page(drawn(*((60, 800 - n % 790, f"{entry} {n}") for n in range(count)), size=3))


def outline(count: int) -> bytes:
    """Return a page with so many bookmarks, of which the last one leads to the first again."""
    first = 8
    more = [b"<< /Type /Outlines /First %d 0 R /Last %d 0 R >>" % (first, first + count - 1)]
    for n in range(count):
        following = first + (n + 1) % count
        more.append(
            b"<< /Title (Words) /Parent 7 0 R /Next %d 0 R /First %d 0 R /Dest [5 0 R /Fit] >>"
            % (following, following)
        )
    made = page(drawn((60, 700, "Words")), more=tuple(more))
    return made.replace(b"/Type /Catalog", b"/Type /Catalog /Outlines 7 0 R", 1)


PATTERNS: dict[str, tuple[Made, int]] = {
    "cells": (cells, 1500),
    "rules": (rules, 3000),
    "grid": (grid, 3000),
    "one path": (one_path, 3000),
    "covered": (covered, 2000),
    "white": (white, 2000),
    "annotations": (many_notes, 1000),
    "same lines": (same_lines, 150),
    "dots": (dots, 500),
    "outline": (outline, 800),
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pdf_takes_as_long_as_it_is(pattern: str) -> None:
    made, count = PATTERNS[pattern]
    grows_in_step(
        lambda text: load_bytes(text.encode("latin-1"), name="a.pdf"),
        lambda size: made(size).decode("latin-1"),
        count,
    )
