"""A quote is marked on its page where it is printed, or nowhere."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image, ImageChops
from pypdfium2 import PdfDocument
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from index.load.page_marks import NOT_FOUND, TOO_MUCH, PageMarks, Unmarked, page_marks
from index.load.pdf import load_pdf
from index.load.pdf_boxes import Box
from index.load.pdf_characters import PageCharacters
from index.load.pdf_page_picture import MAX_BYTES, PageOrder, PaintedPage, page_picture
from index.load.printed_quote import QuoteSearch
from index.schema import LoadedDocument

TWICE = "Boats leave the harbour at noon."
LEFT = ("Ships longer than ninety metres", "need two tugs, whatever the wind.", TWICE)
RIGHT = ("Pilots come aboard outside of the", "harbour, but in a storm within it.", TWICE)


def made(draw: Callable[[Canvas], None], size: tuple[float, float] = (600, 800)) -> bytes:
    """Return a PDF of what is drawn."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=size)
    draw(canvas)
    canvas.save()
    return file.getvalue()


def columns(canvas: Canvas) -> None:
    """Draw two columns below a head, with one sentence that both have."""
    canvas.setFont("Helvetica", 12)
    canvas.drawString(60, 770, "Rules of the harbour")
    for left, lines in ((60, LEFT), (320, RIGHT)):
        for number, line in enumerate(lines):
            canvas.drawString(left, 700 - 15 * number, line)
    canvas.showPage()


def marks_of(data: bytes, quote: str, *, which: int = 0, page: int = 0) -> PageMarks:
    """Mark the `which`th time that a page's text says something."""
    loaded = load_pdf(data, "a.pdf")
    written = loaded.pages[page].of(loaded.text)
    start = -1
    for _ in range(which + 1):
        start = written.index(quote, start + 1)
    with PdfDocument(data) as document:
        paper = document[page]
        text = paper.get_textpage()
        try:
            return page_marks(PageCharacters(paper, text.raw), written, (start, start + len(quote)))
        finally:
            text.close()
            paper.close()


def refused(data: bytes, quote: str) -> str:
    with pytest.raises(Unmarked) as caught:
        marks_of(data, quote)
    return str(caught.value)


def near(box: Box, left: float, baseline: float) -> bool:
    """Say whether a mark begins at a place and stands on a line."""
    return abs(box.left - left) < 2 and box.bottom < baseline < box.top < baseline + 16


def test_a_sentence_is_marked_where_it_stands_in_its_column() -> None:
    data = made(columns)
    first = marks_of(data, " ".join(LEFT[:2])).quote
    assert [near(box, 60, y) for box, y in zip(first, (700, 685), strict=True)] == [True, True]
    assert max(box.right for box in first) < 300
    (left,), (right,) = (marks_of(data, TWICE, which=n).quote for n in (0, 1))
    assert near(left, 60, 670) and near(right, 320, 670)


def test_what_cannot_be_told_apart_is_not_marked() -> None:
    def same(canvas: Canvas) -> None:
        for y in (700, 600, 500):
            canvas.drawString(60, y, "The gate is open.")

    data = made(same)
    loaded = load_pdf(data, "a.pdf")
    assert loaded.text.count("The gate is open.") == 3
    assert near(marks_of(data, "The gate is open.", which=1).quote[0], 60, 600)

    def hidden(canvas: Canvas) -> None:
        canvas.drawString(60, 700, "The gate is shut.")
        canvas.setFillColorRGB(1, 1, 1)
        canvas.drawString(60, 500, "The gate is shut.")

    (seen,) = marks_of(made(hidden), "The gate is shut.").quote
    assert near(seen, 60, 700)


def test_words_that_the_loader_changed_are_known_again() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(60, 700, "The passen-")
        canvas.drawString(60, 685, "gers of a well-known ship pay 5 \u20ac.")
        canvas.drawString(60, 655, "Prices | of 2026")

    data = made(draw)
    boxes = marks_of(data, "passengers of a well-known ship").quote
    assert [near(box, left, y) for box, left, y in zip(boxes, (84, 60), (700, 685), strict=True)]
    assert near(marks_of(data, "Prices | of 2026").quote[0], 60, 655)
    assert not near(marks_of(data, "gers", which=0).quote[0], 84, 700)


def test_a_row_is_marked_cell_by_cell_and_nothing_beside_it() -> None:
    def table(canvas: Canvas) -> None:
        rows = (("Ship", "Berth", "Fee"), ("Anna", "seven", "40"), ("Berta", "nine", "55"))
        for number, row in enumerate(rows):
            for left, cell in zip((60, 200, 340), row, strict=True):
                canvas.drawString(left + 4, 700 - 20 * number, cell)
            canvas.line(60, 696 - 20 * number, 480, 696 - 20 * number)
        for x in (60, 200, 340, 480):
            canvas.line(x, 656, x, 716)
        canvas.line(60, 716, 480, 716)

    data = made(table)
    row = next(line for line in load_pdf(data, "a.pdf").text.split("\n") if "Berta" in line)
    boxes = marks_of(data, row).quote
    assert {round((box.bottom + box.top) / 2 / 10) for box in boxes} == {66}
    assert [near(box, left, 660) for box, left in zip(boxes, (64, 204, 344), strict=True)]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_page_is_upright_and_marked(turn: int) -> None:
    with PdfDocument(made(columns)) as document:
        paper = document[0]
        paper.set_cropbox(20, 30, 590, 790)
        paper.set_rotation(turn)
        turned = BytesIO()
        document.save(turned)
    shown = shown_as(turned.getvalue(), LEFT[0], whole=True)
    size = Image.open(BytesIO(shown.png)).size
    assert (size[0] < size[1]) == (turn % 180 == 0)
    picture = coloured(shown)
    left, top, right, bottom = picture.getbbox() or (0, 0, 0, 0)
    across, along = size if turn % 180 == 0 else size[::-1]
    # Where the words are of 570 by 760 points, whichever way the page is turned.
    edges = {
        0: (left, top, right, bottom),
        90: (top, size[0] - right, bottom, size[0] - left),
        180: (size[0] - right, size[1] - bottom, size[0] - left, size[1] - top),
        270: (size[1] - bottom, left, size[1] - top, right),
    }[turn]
    assert edges[0] / across == pytest.approx(40 / 570, abs=0.01)
    assert edges[1] / along == pytest.approx((790 - 711) / 760, abs=0.02)
    assert edges[2] / across < 0.48


def shown_as(
    data: bytes, quote: str, *, highlight: str | None = None, whole: bool = False
) -> PaintedPage:
    """Paint the first page with a quote of it."""
    loaded: LoadedDocument = load_pdf(data, "a.pdf")
    written = loaded.pages[0].of(loaded.text)
    start = written.index(quote)
    inside = None
    if highlight is not None:
        inner = written.index(highlight, start)
        inside = (inner, inner + len(highlight))
    order = PageOrder(0, written, (start, start + len(quote)), inside, whole=whole)
    return page_picture(data, "a.pdf", order)


def coloured(shown: PaintedPage) -> Image.Image:
    """Return which points of a picture have a colour."""
    _, saturation, value = Image.open(BytesIO(shown.png)).convert("HSV").split()
    strong = saturation.point(lambda level: 255 if level > 60 else 0)
    return ImageChops.multiply(strong, value.point(lambda level: 255 if level > 180 else 0))


def test_a_part_is_readable_and_its_highlight_stronger() -> None:
    data = made(columns)
    part = shown_as(data, " ".join(LEFT[:2]), highlight="two tugs")
    whole = shown_as(data, " ".join(LEFT[:2]), highlight="two tugs", whole=True)
    assert part.is_marked and whole.is_marked and not (part.reason or whole.reason)
    small, large = (Image.open(BytesIO(each.png)) for each in (part, whole))
    assert small.height < large.height / 2 and small.width > 900
    found = small.convert("RGB").getcolors(1_000_000) or []
    often = [colour for count, colour in found if count > 200]
    for wanted in ((255, 238, 140), (255, 182, 32)):
        assert any(
            all(abs(one - other) < 12 for one, other in zip(colour, wanted, strict=True))
            for colour in often
        ), often


def test_hostile_pages_are_shown_within_limits() -> None:
    def poster(canvas: Canvas) -> None:
        canvas.drawString(9000, 9000, "A word on a very large page.")

    huge = made(poster, (14_000, 14_000))
    shown = shown_as(huge, "A word on a very large page.")
    assert shown.is_marked and max(Image.open(BytesIO(shown.png)).size) <= 1801
    whole = shown_as(huge, "A word on a very large page.", whole=True)
    assert max(Image.open(BytesIO(whole.png)).size) <= 1801

    def noise(canvas: Canvas) -> None:
        grain = Image.effect_noise((500, 640), 200).convert("RGB")
        canvas.drawImage(ImageReader(grain), 0, 0, 600, 800)
        canvas.drawString(60, 700, "Words upon a noisy ground.")

    written = "Words upon a noisy ground."
    noisy = page_picture(made(noise), "a.pdf", PageOrder(0, written, (0, 26), whole=True))
    assert noisy.is_marked and len(noisy.png) <= MAX_BYTES

    def crowd(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 2)
        for number in range(390):
            canvas.drawString(5, 790 - 2 * number, "all these small words " * 8)

    crowded = made(crowd)
    assert refused(crowded, "these small words") == TOO_MUCH


def test_a_page_that_is_printed_otherwise_is_shown_unmarked() -> None:
    data = made(columns)
    written = "Ships of ninety metres need two tugs."
    shown = page_picture(data, "a.pdf", PageOrder(0, written, (0, len(written))))
    assert not shown.is_marked and shown.reason == NOT_FOUND
    assert coloured(shown).getbbox() is None


def said_at(written: str, printed: str, quote: str) -> str | None:
    """Return what is printed where a quote is found."""
    start = written.index(quote)
    found = QuoteSearch(written, printed).find(start, start + len(quote))
    return None if found is None else "".join(printed[place] for place in sorted(found.values()))


def test_words_are_found_around_what_the_loader_left_out_and_never_by_chance() -> None:
    lines = ("Ships longer than ninety", "17", "Rules of the harbour", "metres need two tugs.")
    sentence = "Ships longer than ninety metres need two tugs."
    assert said_at(sentence, "\r\n".join(lines), sentence) == "".join(sentence.split())
    row = "| seven berths | two tugs |"
    assert said_at(row, "Berths\r\nseven two\r\nberths tugs\r\nEnd", row) == "seventwoberthstugs"
    assert said_at(row, "seven two\r\nEnd\r\nberths tugs", row) is None
    barred = "| x \\| y | is true |"
    assert said_at(barred, "true\r\nis\r\nx | y\r\nfalse", barred) == "trueisx|y"
    twice = QuoteSearch("Noon.\nThe gate is open.\nNight.", "The gate is open.\r\n" * 2)
    assert twice.find(6, 23) is None and twice.is_repeated
    # The last sign may begin any line, a short word be part of another, a hyphen change the sense.
    assert said_at("It costs 5", "It costs\r\nmuch\r\n5 to 7", "It costs 5") is None
    assert said_at("No. It is not.", "Notice: it is not.", "No") is None
    assert said_at("They re-sign it.", "They resign it.", "They re-sign it.") is None
