"""How faithfully printed pages are recognised: known words, painted, spoilt as scanners spoil them.

    python -m benchmarks.fidelity ocr [--pages N] [--limits]

Prose of this project is set in one and two columns, in three typefaces, and painted by PDFium.
`--limits` says what each limit of confidence would keep.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
from PIL import Image, ImageFilter
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph

from index.load.paged_text import paged_text
from index.load.pdf_boxes import Box
from index.load.pdf_page import PrintedPage
from index.load.recognised_page import recognised_page
from index.load.text_recognition import MAX_SIDE, ReadLine, TextRecogniser

ROOT = Path(__file__).parents[1]
LIMITS = (0.0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)
_PAPER = (595.0, 842.0)
_MARGIN = 57.0


@dataclass
class Counts:
    """What became of the words of some pages."""

    pages: int = 0
    words: int = 0
    read: int = 0
    right: int = 0
    in_order: int = 0
    doubtful: int = 0
    seconds: float = 0.0
    lines: list[tuple[float, int, int]] = field(default_factory=list)
    """Of each line its confidence, its words, and how many of them are right."""

    def row(self, name: str) -> str:
        return (
            f"| {name} | {self.right / self.words:.1%} | {self.right / max(1, self.read):.1%} | "
            f"{self.in_order / self.words:.1%} | {self.doubtful} | "
            f"{self.seconds / self.pages:.1f} |"
        )


def main(words: Sequence[str]) -> None:
    """Print a table of spoilt pages."""
    parser = argparse.ArgumentParser(prog="benchmarks.fidelity ocr")
    parser.add_argument("--pages", type=int, default=6)
    parser.add_argument("--limits", action="store_true")
    given = parser.parse_args(words)
    recogniser = TextRecogniser()
    pages = list(made_pages(given.pages))
    counted: dict[str, Counts] = {}
    for truth, paper in pages:
        for name, picture in spoilt(paper):
            count(counted.setdefault(name, Counts()), truth, picture, recogniser)
    print("| Pages | Words read | Of what is read, right | In order | Lines left out | s a page |")
    print("|---|---|---|---|---|---|")
    for name, each in counted.items():
        print(each.row(name))
    if given.limits:
        print_limits([line for each in counted.values() for line in each.lines])


def print_limits(lines: Sequence[tuple[float, int, int]]) -> None:
    """Print what each limit of confidence keeps, over all pages together."""
    every = sum(right for _, _, right in lines)
    print("\n| Limit | Right words kept | Of what is kept, right | Of what is left out, right |")
    print("|---|---|---|---|")
    for limit in LIMITS:
        kept = [line for line in lines if line[0] >= limit]
        gone = [line for line in lines if line[0] < limit]
        read, right = sum(line[1] for line in kept), sum(line[2] for line in kept)
        lost, lost_right = sum(line[1] for line in gone), sum(line[2] for line in gone)
        print(
            f"| {limit} | {right / every:.2%} | {right / max(1, read):.2%} | "
            f"{lost_right / max(1, lost):.1%} of {lost} |"
        )


def made_pages(count: int) -> Iterator[tuple[str, Any]]:
    """Yield the words of pages and the PDFium pages that show them."""
    looks = [
        (font, columns) for columns in (1, 2) for font in ("Times-Roman", "Helvetica", "Courier")
    ]
    paragraphs = prose()
    for number in range(count):
        font, columns = looks[number % len(looks)]
        taken = paragraphs[number * 7 : number * 7 + 7]
        document = pypdfium2.PdfDocument(typeset(taken, font, columns))
        page = document[0]
        yield shown_words(page), page


def prose() -> list[str]:
    """Return paragraphs of the project's documents without marks."""
    texts = [path.read_text("utf-8") for path in sorted((ROOT / "docs").glob("*.md"))]
    blocks = "\n\n".join(texts).split("\n\n")
    plain = (re.sub(r"[`*_\[\]<>&]|\(\S+\)", "", " ".join(block.split())) for block in blocks)
    return [block for block in plain if len(block) > 250 and block[0].isalpha()]


def typeset(paragraphs: Sequence[str], font: str, columns: int) -> bytes:
    """Return a PDF with paragraphs in columns."""
    written = BytesIO()
    gap = 18.0
    width = (_PAPER[0] - 2 * _MARGIN - gap * (columns - 1)) / columns
    frames = [
        Frame(_MARGIN + number * (width + gap), _MARGIN, width, _PAPER[1] - 2 * _MARGIN)
        for number in range(columns)
    ]
    template = BaseDocTemplate(written, pagesize=_PAPER)
    template.addPageTemplates(PageTemplate(frames=frames))
    style = ParagraphStyle("prose", fontName=font, fontSize=10, leading=13, spaceAfter=8)
    template.build([Paragraph(each, style) for each in paragraphs])
    return written.getvalue()


def shown_words(page: Any) -> str:
    text = page.get_textpage()
    try:
        return str(text.get_text_range())
    finally:
        text.close()


def spoilt(page: Any) -> Iterator[tuple[str, Image.Image]]:
    """Yield a page as scanners give it, by what is wrong with it."""

    def painted(dots: int) -> Image.Image:
        picture: Image.Image = page.render(scale=dots / 72).to_pil().convert("RGB")
        return picture

    def saved(picture: Image.Image, quality: int) -> Image.Image:
        written = BytesIO()
        picture.save(written, "JPEG", quality=quality)
        return Image.open(written).convert("RGB")

    def noisy(picture: Image.Image, levels: float) -> Image.Image:
        pixels = np.asarray(picture, dtype=np.float32)
        noise = np.random.default_rng(7).normal(0, levels, pixels.shape)
        return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))

    def askew(picture: Image.Image, degrees: float) -> Image.Image:
        return picture.rotate(degrees, Image.Resampling.BICUBIC, fillcolor="white")

    makers: dict[str, Callable[[], Image.Image]] = {
        "300 dots an inch": lambda: painted(300),
        "200": lambda: painted(200),
        "150": lambda: painted(150),
        "100": lambda: painted(100),
        "70": lambda: painted(70),
        "200, 1 degree askew": lambda: askew(painted(200), 1),
        "200, 2 degrees askew": lambda: askew(painted(200), -2),
        "200, noise": lambda: noisy(painted(200), 60),
        "200, JPEG 40": lambda: saved(painted(200), 40),
        "100, JPEG 20": lambda: saved(painted(100), 20),
        "200, blurred": lambda: painted(200).filter(ImageFilter.GaussianBlur(2)),
        "200, much blurred": lambda: painted(200).filter(ImageFilter.GaussianBlur(3.2)),
    }
    for name, make in makers.items():
        yield name, make()


def count(counts: Counts, truth: str, picture: Image.Image, recogniser: TextRecogniser) -> None:
    """Read a picture and count its words."""
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    began = time.process_time()
    read = recogniser.read(lambda: np.asarray(picture))
    page = recognised_page(read, _PAPER)
    printed = PrintedPage(1, Box(0, 0, *_PAPER), page.lines, edges=page.edges)
    text = paged_text([printed]).text
    counts.seconds += time.process_time() - began
    known, found = words_of(truth.replace("\ufffe\r\n", "").replace("\ufffe", "")), words_of(text)
    counts.pages += 1
    counts.words += len(known)
    counts.read += len(found)
    counts.right += (Counter(known) & Counter(found)).total()
    matcher = SequenceMatcher(None, known, found, autojunk=False)
    counts.in_order += sum(block.size for block in matcher.get_matching_blocks())
    counts.doubtful += page.doubtful
    counts.lines += [line_count(line, known) for line in read.lines]


def line_count(line: ReadLine, known: Sequence[str]) -> tuple[float, int, int]:
    found = words_of(line.text)
    there = Counter(known)
    return line.confidence, len(found), (Counter(found) & there).total()


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text)
