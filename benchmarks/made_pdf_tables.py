"""Reports in PDF whose tables are known cell by cell, in the styles in which people set them."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    PageTemplate,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)

Row: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class MadeReport:
    """A PDF and the table in it."""

    style: str
    data: bytes
    header: Row
    rows: tuple[Row, ...]


TALE = """\
the council adopted a plan for water and roads in the valley after long talks with farmers who had
asked for lower fees while engineers measured flow at nine stations every morning"""

PLACES = ("Aarau", "Bern", "Chur", "Davos", "Evian", "Geneva", "Horgen", "Ilanz", "Jona")


def prose(chance: random.Random, count: int) -> str:
    """Return a paragraph of so many words."""
    words = [chance.choice(TALE.split()) for _ in range(count)]
    return " ".join(words).capitalize() + "."


def stations(chance: random.Random, count: int) -> tuple[Row, ...]:
    """Return rows of short cells: names, codes, figures."""
    return (
        ("Station", "Code", "Flow (l/s)", "Depth (m)", "Checked"),
        *(
            (
                f"{chance.choice(PLACES)} {number}",
                f"S{chance.randrange(100, 999)}",
                f"{chance.randrange(1, 90_000):,}",
                f"{chance.uniform(0.1, 40):.2f}",
                f"{chance.randrange(1, 29)} May",
            )
            for number in range(1, count + 1)
        ),
    )


def duties(chance: random.Random, count: int) -> tuple[Row, ...]:
    """Return rows with long cells, which take several lines."""
    return (
        ("Office", "What it has to do", "Note"),
        *(
            (
                f"{chance.choice(PLACES)} {number}",
                prose(chance, chance.randrange(9, 26)),
                prose(chance, chance.randrange(3, 9)),
            )
            for number in range(1, count + 1)
        ),
    )


def sparse(chance: random.Random, count: int) -> tuple[Row, ...]:
    """Return rows of which some cells are empty."""
    header, *rows = stations(chance, count)
    kept = [
        (row[0], *(cell if chance.random() < 0.75 else "" for cell in row[1:-1]), row[-1])
        for row in rows
    ]
    return (header, *kept)


GRID = [("GRID", (0, 0), (-1, -1), 0.5, colors.black), ("VALIGN", (0, 0), (-1, -1), "TOP")]
ROW_LINES = [
    ("LINEBELOW", (0, 0), (-1, -1), 0.5, colors.grey),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
]
BOOK = [
    ("LINEABOVE", (0, 0), (-1, 0), 1, colors.black),
    ("LINEBELOW", (0, 0), (-1, 0), 0.5, colors.black),
    ("LINEBELOW", (0, -1), (-1, -1), 1, colors.black),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
]
ZEBRA = [
    ("BACKGROUND", (0, 0), (-1, 0), colors.navy),
    ("TEXTCOLOR", (0, 0), (-1, 0), colors.white),
    ("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.white, colors.lightgrey]),
]
PLAIN = [("VALIGN", (0, 0), (-1, -1), "TOP")]
FIGURES = [("ALIGN", (2, 0), (3, -1), "RIGHT"), *BOOK]
TIGHT = [("TOPPADDING", (0, 0), (-1, -1), 0), ("BOTTOMPADDING", (0, 0), (-1, -1), 0), *PLAIN]
CENTRED = [("ALIGN", (0, 0), (-1, -1), "CENTER"), *GRID]
BOXED = [
    ("BOX", (0, 0), (-1, -1), 1, colors.black),
    ("LINEBELOW", (0, 0), (-1, 0), 1, colors.black),
    *PLAIN,
]
COLUMNS_ONLY = [("INNERGRID", (0, 0), (-1, 0), 0.5, colors.black), *BOXED]


def _flowables(
    rows: Sequence[Row], style: list[Any], chance: random.Random, *, wrapped: bool, repeat: int = 1
) -> list[Any]:
    sheet = getSampleStyleSheet()
    small = ParagraphStyle("small", parent=sheet["Normal"], fontSize=9, leading=11)
    cells = [[Paragraph(cell, small) for cell in row] for row in rows] if wrapped else list(rows)
    widths = [70, 230, 130] if wrapped else None
    table = Table(cells, colWidths=widths, repeatRows=repeat)
    table.setStyle(style)
    words = [Paragraph(prose(chance, 90), sheet["Normal"]) for _ in range(2)]
    return [
        Paragraph("Report of the year", sheet["Heading1"]),
        words[0],
        Spacer(1, 12),
        table,
        Spacer(1, 12),
        words[1],
    ]


def document(flowables: list[Any], size: tuple[float, float] = A4) -> bytes:
    held = io.BytesIO()
    SimpleDocTemplate(held, pagesize=size, invariant=1).build(flowables)
    return held.getvalue()


def _footed(flowables: list[Any]) -> bytes:
    """Return a document whose pages have a head and a page number."""
    held = io.BytesIO()

    def furnish(canvas: Any, document: Any) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(72, 810, "Office of Water, yearly report")
        canvas.drawString(290, 30, f"Page {document.page}")

    SimpleDocTemplate(held, pagesize=A4, invariant=1).build(
        flowables, onFirstPage=furnish, onLaterPages=furnish
    )
    return held.getvalue()


def _two_columns(flowables: list[Any]) -> bytes:
    held = io.BytesIO()
    frames = [Frame(x, 60, 240, 720, id=str(x)) for x in (50, 305)]
    document = BaseDocTemplate(held, pagesize=A4, invariant=1)
    document.addPageTemplates(PageTemplate(frames=frames))
    document.build(flowables)
    return held.getvalue()


def made_reports(seed: int = 1) -> list[MadeReport]:
    """Return one report of each style, the same on every run."""
    chance = random.Random(seed)
    made: list[MadeReport] = []

    def add(
        name: str,
        rows: tuple[Row, ...],
        style: list[Any],
        *,
        build: Callable[[list[Any]], bytes] = document,
        wrapped: bool = False,
        repeat: int = 1,
    ) -> None:
        flowables = _flowables(rows, style, chance, wrapped=wrapped, repeat=repeat)
        made.append(MadeReport(name, build(flowables), rows[0], rows[1:]))

    add("ruled", stations(chance, 20), GRID)
    add("ruled, centred", stations(chance, 20), CENTRED)
    add("three rules", stations(chance, 20), BOOK)
    add("three rules, figures to the right", stations(chance, 20), FIGURES)
    add("no rules", stations(chance, 20), PLAIN)
    add("no rules, tight", stations(chance, 20), TIGHT)
    add("shaded rows", stations(chance, 20), ZEBRA)
    add("boxed", stations(chance, 20), BOXED)
    add("empty cells, ruled", sparse(chance, 20), GRID)
    add("empty cells, three rules", sparse(chance, 20), BOOK)
    add("long cells, ruled", duties(chance, 10), GRID, wrapped=True)
    add("long cells, lines between rows", duties(chance, 10), ROW_LINES, wrapped=True)
    add("long cells, three rules", duties(chance, 10), BOOK, wrapped=True)
    add("long cells, no rules", duties(chance, 10), PLAIN, wrapped=True)
    add("three pages, header repeated", stations(chance, 90), GRID, build=_footed)
    add("three pages, header once", stations(chance, 90), GRID, build=_footed, repeat=0)
    add("three pages, no rules, header once", stations(chance, 90), PLAIN, build=_footed, repeat=0)
    add("three pages, long cells", duties(chance, 40), GRID, build=_footed, wrapped=True)
    narrow = tuple((row[0], row[1], row[2]) for row in stations(chance, 15))
    add("in one of two columns", narrow, BOOK, build=_two_columns)
    add("in one of two columns, ruled", narrow, GRID, build=_two_columns)
    add("broad page", stations(chance, 12), BOOK, build=lambda f: document(f, landscape(A4)))
    return made
