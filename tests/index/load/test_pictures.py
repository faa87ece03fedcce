"""Words that stand in pictures: scans, photographs, screenshots, and pages of PDF files."""

from __future__ import annotations

import subprocess
import sys
import zlib
from io import BytesIO

import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from index.errors import LoadError
from index.load.loaders import load_bytes
from index.load.picture_crop import cropped_picture
from index.load.recognised_page import recognised_page
from index.load.text_recognition import Painting, ReadLine, ReadPicture, TextRecogniser
from index.schema import LoadedDocument, PictureBox, Span
from tests.conftest import ROOT
from tests.doubles.drawn_pictures import as_file, drawn_picture, scanned_pdf
from tests.doubles.growth import grows_in_step
from tests.doubles.loaded_sources import source_of
from tests.doubles.made_pdfs import page as pdf_page
from tests.index.load.test_pdf import lines, pdf

NOTICE = drawn_picture(
    (40, 30, "Opening hours of the pool"),
    (40, 110, "Monday to Friday from 7 to 21"),
    (40, 150, "The sauna opens at noon."),
)
TURNED = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06" + bytes(6)
"""What a camera writes that is held upright."""
NOTICE_TEXT = "Opening hours of the pool\n\nMonday to Friday from 7 to 21\nThe sauna opens at noon."


@pytest.fixture(scope="module")
def recogniser() -> TextRecogniser:
    """The models, opened once."""
    return TextRecogniser()


def quoted(document: LoadedDocument, words: str) -> PictureBox | None:
    start = document.text.index(words)
    return source_of(document, "a.pdf").picture_of(Span(start=start, end=start + len(words)))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.png", as_file(NOTICE, "PNG")),
        ("a.jpg", as_file(NOTICE.rotate(1.5, fillcolor="white"), "JPEG", quality=40)),
        ("a.webp", as_file(NOTICE, "WEBP")),
        ("deep.png", as_file(NOTICE.convert("I;16"), "PNG")),
        ("turned.jpg", as_file(NOTICE.rotate(90, expand=True), "JPEG", exif=TURNED)),
    ],
)  # fmt: skip
def test_the_words_of_a_picture_are_read(
    name: str, data: bytes, recogniser: TextRecogniser
) -> None:
    document = load_bytes(data, name=name, recogniser=recogniser)
    assert document.text == NOTICE_TEXT
    assert document.title == "Opening hours of the pool"
    assert document.warnings == ()
    assert document.pages == ()
    assert [document.text[r.start : r.end] for r in document.regions] == [
        line for line in NOTICE_TEXT.split("\n") if line
    ]
    box = quoted(document, "sauna")
    assert box is not None and box.page is None
    left, top, right, bottom = box.edges
    assert 300 < left < 700 and 4_300 < top < 5_300 and 4_500 < right < 6_500 and bottom < 6_900
    shown = Image.open(BytesIO(cropped_picture(data, name, box)))
    assert shown.format == "PNG" and 300 < shown.width < 520 and 30 < shown.height < 80


def test_the_pages_of_a_tiff_are_read_one_by_one(recogniser: TextRecogniser) -> None:
    empty = Image.new("1", (400, 200), 1)
    plain = drawn_picture((20, 20, "Plain words"), size=(400, 200))
    data = as_file(plain, "TIFF", save_all=True, append_images=[empty, NOTICE.copy()])
    document = load_bytes(data, name="fax.tif", recogniser=recogniser)
    texts = [page.of(document.text) for page in document.pages]
    assert texts == ["Plain words", "", NOTICE_TEXT]
    box = quoted(document, "The sauna")
    assert box is not None and box.page == 3
    assert Image.open(BytesIO(cropped_picture(data, "fax.tif", box))).height < 80


def test_a_picture_without_words_is_empty_and_says_so(recogniser: TextRecogniser) -> None:
    picture = Image.effect_noise((300, 200), 90).convert("RGB")
    document = load_bytes(as_file(picture, "PNG"), name="sky.png", recogniser=recogniser)
    assert (document.text, document.title) == ("", "sky")
    assert document.warnings[0] == "picture without text"


class Nobody:
    """Reads nothing: what is refused must not be read."""

    def read(self, paint: Painting) -> ReadPicture:
        raise AssertionError("it was read")


def test_what_is_too_large_is_refused_by_its_header() -> None:
    for side, said in ((9_000, "9,000 by 9,000 pixels"), (200_000, "too many pixels")):
        start = as_file(NOTICE, "PNG")
        header = b"IHDR" + side.to_bytes(4, "big") * 2 + start[24:29]
        data = start[:12] + header + zlib.crc32(header).to_bytes(4, "big") + start[33:]
        with pytest.raises(LoadError, match=rf"{said}; save it with no more than 64 million"):
            load_bytes(data, name="bomb.png", recogniser=Nobody())
    several = as_file(
        Image.new("1", (20, 20)), "TIFF", save_all=True,
        append_images=[Image.new("1", (9_000, 9_000))], compression="group4",
    )  # fmt: skip
    with pytest.raises(LoadError, match="9,000 by 9,000"):
        load_bytes(several, name="bomb.tif", recogniser=Painter())


class Painter:
    """Decodes pictures and finds nothing in them."""

    def read(self, paint: Painting) -> ReadPicture:
        pixels = paint()
        return ReadPicture([], pixels.shape[1], pixels.shape[0])


@pytest.mark.parametrize(
    "data", [b"", b"words", b"\x89PNG\r\n\x1a\n\0\0", as_file(NOTICE, "PNG")[:900]]
)
def test_a_damaged_picture_has_a_reason(data: bytes) -> None:
    with pytest.raises(LoadError, match=r"empty|damaged"):
        load_bytes(data, name="a.png", recogniser=Painter())


SCAN = drawn_picture((50, 160, "The ferry leaves at nine."), size=(800, 600), letters=32)
PROSE = "The committee met on Monday and agreed that the harbour stays open in winter. " * 3


def mixed_pdf() -> bytes:
    """Return a page of text, a scan, a scan with a stamp, a scan with recognised words, a blank."""
    written = BytesIO()
    canvas = Canvas(written, pagesize=(200, 150))
    canvas.drawString(20, 120, "These words were typed.")
    canvas.showPage()
    picture = ImageReader(SCAN)
    for stamped in (False, True):
        canvas.drawImage(picture, 0, 0, 200, 150)
        if stamped:
            canvas.drawString(100, 10, "Received 4711")
        canvas.showPage()
    hidden = canvas.beginText(10, 100)
    hidden.setTextRenderMode(3)
    hidden.setFont("Helvetica", 6)
    hidden.textLines([PROSE[:40], PROSE[40:90], PROSE[90:140], PROSE[140:200]])
    canvas.drawText(hidden)
    canvas.drawImage(picture, 0, 0, 200, 150)
    canvas.showPage()
    canvas.showPage()
    canvas.save()
    return written.getvalue()


def test_a_pdf_is_read_page_by_page(recogniser: TextRecogniser) -> None:
    data = mixed_pdf()
    document = load_bytes(data, name="mixed.pdf", recogniser=recogniser)
    typed, scan, stamped, recognised, blank = (page.of(document.text) for page in document.pages)
    assert typed == "These words were typed."
    assert scan == "The ferry leaves at nine."
    assert stamped == "The ferry leaves at nine.\n\nReceived 4711"
    assert recognised.startswith("The committee met on Monday") and "ferry" not in recognised
    assert blank == ""
    assert document.warnings == ("Without text: page 5.",)
    source = source_of(document, "a.pdf")
    assert quoted(document, "typed") is None and quoted(document, "4711") is None
    first = quoted(document, "ferry")
    assert first is not None and first.page == 2
    whole = source.picture_of(document.pages[3])
    assert whole is not None and whole.page == 4
    shown = Image.open(BytesIO(cropped_picture(data, "mixed.pdf", first)))
    assert shown.width > 4 * shown.height
    again = load_bytes(as_file(shown, "PNG"), name="a.png", recogniser=recogniser)
    assert again.text == scan


def test_text_whose_font_names_no_letters_is_recognised(recogniser: TextRecogniser) -> None:
    cmap = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap "
        b"1 begincodespacerange <00> <ff> endcodespacerange "
        b"1 beginbfrange <21> <7e> <e021> endbfrange endcmap end end"
    )
    drawn = lines("Bread and water", size=24)
    document = load_bytes(
        pdf(drawn, cmap, font=b"/ToUnicode 8 0 R"), name="a.pdf", recogniser=recogniser
    )
    assert document.pages[0].of(document.text) == "Bread and water"
    assert quoted(document, "water") is not None


def test_without_the_extra_a_scan_is_named_with_its_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scan = scanned_pdf([NOTICE])
    monkeypatch.setattr("index.load.pdf.can_recognise", lambda: False)
    with pytest.raises(LoadError, match=r"only pictures of it\. Run `pip install 'quoth\[ocr\]'`"):
        load_bytes(scan, name="scan.pdf")
    mixed = load_bytes(mixed_pdf(), name="mixed.pdf")
    assert mixed.warnings[0].startswith("Pictures of text, which are not read: pages 2, 3. Run")
    assert mixed.pages[0].of(mixed.text) == "These words were typed."


def read_line(words: str, left: float, top: float, width: float, **given: float) -> ReadLine:
    """Return a line that stands straight, 20 pixels high."""
    slope = given.get("slope", 0.0)
    corners = (
        (left, top), (left + width, top + width * slope),
        (left + width, top + width * slope + 20), (left, top + 20),
    )  # fmt: skip
    return ReadLine(words, corners, given.get("confidence", 0.99))


def page_of(*lines: ReadLine) -> list[str]:
    return [
        line.text for line in recognised_page(ReadPicture([*lines], 1000, 1400), (595, 833)).lines
    ]


def test_columns_are_read_one_after_the_other_and_tables_by_rows() -> None:
    left = [read_line(f"left column line {n} of prose", 60, 200 + 30 * n, 400) for n in range(8)]
    right = [read_line(f"right column line {n} of prose", 540, 209 + 30 * n, 400) for n in range(8)]
    title = read_line("A title across both of the columns", 60, 100, 880)
    both = [line for pair in zip(right, left, strict=True) for line in pair]
    words = page_of(*both, title)
    assert words[0].startswith("A title") and words[1:9] == [line.text for line in left]
    assert words[9:] == [line.text for line in right]
    cells = [
        read_line(text, 60 + 400 * column, 200 + 30 * row, 120)
        for row in range(6)
        for column, text in enumerate((f"item {row}", f"{row}.50"))
    ]
    assert page_of(*cells)[2] == "item 2 2.50"


def test_a_page_askew_keeps_its_lines_apart() -> None:
    def row(number: int, left: int, words: str) -> ReadLine:
        slope = 0.035
        return read_line(words, left, 200 + 30 * number + left * slope, 150, slope=slope)

    cells = [row(n, left, f"{n} at {left}") for left in (60, 700) for n in range(5)]
    assert page_of(*cells) == [f"{n} at 60 {n} at 700" for n in range(5)]


def test_doubtful_lines_are_left_out_and_counted() -> None:
    found = ReadPicture(
        [
            read_line("Quite sure", 60, 100, 200),
            read_line("Qulte untsure", 60, 140, 200, confidence=0.7),
            read_line("....", 60, 180, 200, confidence=0.2),
        ],
        1000,
        1400,
    )
    page = recognised_page(found, (595, 833))
    assert [line.text for line in page.lines] == ["Quite sure"] and page.doubtful == 1

    class Doubtful:
        def read(self, paint: Painting) -> ReadPicture:
            return found

    document = load_bytes(as_file(NOTICE, "PNG"), name="a.png", recogniser=Doubtful())
    assert document.warnings == ("1 line could not be read with confidence.",)
    scan = load_bytes(scanned_pdf([NOTICE]), name="a.pdf", recogniser=Doubtful())
    assert scan.warnings == ("1 line of page 1 could not be read with confidence.",)


def test_words_divided_at_the_end_of_a_line_are_put_together() -> None:
    class Divided:
        def read(self, paint: Painting) -> ReadPicture:
            lines = [
                read_line("The documen-", 60, 100, 300),
                read_line("tation of the harbour is kept in the tower hall", 60, 130, 800),
            ]
            return ReadPicture(lines, 1000, 1400)

    document = load_bytes(as_file(NOTICE, "PNG"), name="a.png", recogniser=Divided())
    assert document.text == "The documentation of the harbour is kept in the tower hall"
    assert [r.end - r.start for r in document.regions] == [11, 47]


def test_nothing_is_fetched_when_a_picture_is_read(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The models come in the wheel: no name is looked up, nothing is connected to or written."""
    path = tmp_path_factory.mktemp("offline") / "a.png"
    path.write_bytes(as_file(NOTICE, "PNG"))
    program = f"""
import sys
def refuse(event, values):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        raise SystemExit(f"{{event}} {{values}}")
    if event == "open" and isinstance(values[1], str) and set("wax+") & set(values[1]):
        raise SystemExit(f"{{event}} {{values}}")
sys.addaudithook(refuse)
from pathlib import Path
from index.load.loaders import load_bytes
print(load_bytes(Path({str(path)!r}).read_bytes(), name="a.png").title)
"""
    done = subprocess.run(
        [sys.executable, "-B", "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=100
    )
    assert (done.stdout.strip(), done.returncode) == ("Opening hours of the pool", 0), done.stderr


def test_a_page_that_is_gone_is_named() -> None:
    with pytest.raises(LoadError, match="page 9 cannot be painted"):
        cropped_picture(scanned_pdf([NOTICE]), "a.pdf", PictureBox(page=9, edges=(0, 0, 9, 9)))


class Blind:
    """Sees nothing, and does not look."""

    def read(self, paint: Painting) -> ReadPicture:
        return ReadPicture([], 1, 1)


def test_what_would_take_hours_is_cut_off_and_named() -> None:
    pages = pdf_page(*[b"0 0 10 10 re f"] * 502)
    document = load_bytes(pages, name="long.pdf", recogniser=Blind())
    assert document.warnings[0] == (
        "More than 500 pages are pictures; not read are pages 501, 502."
    )


def test_reading_order_grows_with_the_lines() -> None:
    def columns(count: int) -> ReadPicture:
        lines = [
            read_line("words of a line in a column", 10 + 900 * (n % 2), 20 + 7 * n, 800)
            for n in range(count)
        ]
        return ReadPicture(lines, 2_000, 7 * count + 100)

    def stairs(count: int) -> ReadPicture:
        lines = [read_line("words of a line on stairs", 3 * n, 3 * n, 300) for n in range(count)]
        return ReadPicture(lines, 3 * count + 400, 3 * count + 400)

    for made in (columns, stairs):
        grows_in_step(lambda given: recognised_page(given, (595, 842)), made, 1_500)
