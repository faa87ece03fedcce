"""PDFs become paragraphs with pages; those that cannot be read say why."""

import hashlib
import threading
from datetime import UTC, datetime

import pytest

from index.errors import LoadError
from index.load.loaders import load_bytes
from index.load.pdf_lines import Line, paragraphs
from scripts.make_sample_pdf import assembled, document

PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
FILE_ID = b"0123456789abcdef"


def pdf(*streams: bytes, info: str = "", font: bytes = b"", trailer: bytes = b"") -> bytes:
    """Make a PDF with one page for each content stream."""
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(streams)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(streams)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding "
        + font
        + b" >>",
        f"<< {info} >>".encode(),
    ]
    for number, stream in enumerate(streams):
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            b"/Resources << /Font << /F1 3 0 R >> >> "
            + f"/Contents {6 + 2 * number} 0 R >>".encode(),
            f"<< /Length {len(stream)} >>\nstream\n".encode() + stream + b"\nendstream",
        ]
    return assembled(objects).replace(b"/Info 4 0 R", b"/Info 4 0 R " + trailer)


def lines(*texts: str, top: int = 770, distance: int = 15, size: int = 11) -> bytes:
    """Draw lines below each other."""
    drawn = [
        f"/F1 {size} Tf 1 0 0 1 72 {top - number * distance} Tm ({text}) Tj"
        for number, text in enumerate(texts)
    ]
    return "\n".join(["BT", *drawn, "ET"]).encode("cp1252")


def rc4(key: bytes, data: bytes) -> bytes:
    """Encrypt as PDF 1.4 does."""
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def encrypted(password: bytes) -> bytes:
    """Make a PDF that opens with `password` (standard handler, revision 2)."""
    padded = (password + PADDING)[:32]
    owner = rc4(hashlib.md5(padded).digest()[:5], padded)
    permissions = (-44).to_bytes(4, "little", signed=True)
    key = hashlib.md5(padded + owner + permissions + FILE_ID).digest()[:5]
    user = rc4(key, PADDING)
    lock = (
        f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -44 /O <{owner.hex()}> /U <{user.hex()}> >> "
        f"/ID [<{FILE_ID.hex()}> <{FILE_ID.hex()}>] "
    )
    stream = lines("A secret line.")
    page_key = hashlib.md5(key + (6).to_bytes(3, "little") + b"\0\0").digest()[:10]
    return pdf(rc4(page_key, stream), trailer=lock.encode())


def reason(data: bytes) -> str:
    with pytest.raises(LoadError) as caught:
        load_bytes(data, name="report.pdf")
    return caught.value.reason


def test_pages_are_spans_of_the_text() -> None:
    loaded = load_bytes(document(), name="sample.pdf")
    first, second = (page.of(loaded.text) for page in loaded.pages)
    assert first.startswith("Obstacles to UN involvement in Ukraine\n\nThis note looks at")
    assert second.startswith("# Operational risks\n\nPeacekeepers who are sent")
    assert loaded.text == f"{first}\n\n{second}"
    assert loaded.title == "Obstacles to UN involvement in Ukraine"
    assert loaded.modified == datetime(2025, 3, 26, 9, tzinfo=UTC)


def test_printed_lines_are_joined_and_divided_words_put_together() -> None:
    loaded = load_bytes(
        pdf(
            lines(
                "This line is as long as a line gets and ends in infor-",
                "mation that goes on in the second line, which is well-",
                "known, with numbers from 1990-",
                "2000 and with information.",
                "• a first item",
                "• a second item",
            )
        ),
        name="a.pdf",
    )
    assert loaded.text == (
        "This line is as long as a line gets and ends in information that goes on in the second "
        "line, which is well-known, with numbers from 1990-2000 and with information.\n"
        "• a first item\n• a second item"
    )


def test_a_divided_compound_keeps_its_hyphen_where_the_document_shows_it() -> None:
    loaded = load_bytes(
        pdf(lines("The cease-fire began; then came another cease-", "fire.")), name="a.pdf"
    )
    assert loaded.text == "The cease-fire began; then came another cease-fire."


def test_a_heading_stands_by_itself() -> None:
    text = load_bytes(
        pdf(lines("A heading", size=16) + lines("Words below the heading.", top=750)),
        name="a.pdf",
    ).text
    assert text == "A heading\n\nWords below the heading."


def test_columns_are_read_one_after_the_other() -> None:
    left = [Line("A sentence that", 72, 150, 700, 700, 11), Line("goes on", 72, 150, 685, 685, 11)]
    right = [Line("in the next column.", 300, 400, 700, 700, 11)]
    assert paragraphs([*left, *right]) == "A sentence that goes on in the next column."


def test_lines_without_a_place_stay_lines() -> None:
    assert paragraphs([Line("one"), Line("two")]) == "one\ntwo"
    assert paragraphs([]) == ""


@pytest.mark.parametrize(
    ("info", "title"),
    [
        pytest.param("/Title (Annual report)", "Annual report", id="stated"),
        pytest.param("/Title (Microsoft Word - draft7.doc)", "Short title", id="a program's"),
        pytest.param("/Title ()", "Short title", id="empty"),
    ],
)
def test_the_title_of_a_pdf(info: str, title: str) -> None:
    assert load_bytes(pdf(lines("Short title"), info=info), name="a.pdf").title == title


def test_an_impossible_date_is_left_out() -> None:
    info = "/ModDate (D:20251399000000)"
    assert load_bytes(pdf(lines("Words"), info=info), name="a.pdf").modified is None


def test_the_encrypted_sample_is_a_real_one() -> None:
    import pypdfium2

    with pypdfium2.PdfDocument(encrypted(b"sesame"), password="sesame") as opened:
        page = opened[0]
        text = page.get_textpage()
        assert text.get_text_range() == "A secret line."
        text.close()
        page.close()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"", "The file is empty.", id="empty"),
        pytest.param(b"plain words", "It is not a PDF, in spite of its name.", id="no PDF"),
        pytest.param(
            b"%PDF-1.4\n" + b"garbage " * 100,
            "It is a damaged PDF that cannot be opened; save or download it again.",
            id="corrupt",
        ),
        pytest.param(
            document()[:700],
            "It is a damaged PDF that cannot be opened; save or download it again.",
            id="cut off",
        ),
        pytest.param(
            encrypted(b"sesame"),
            "It is protected by a password; save a copy without one.",
            id="encrypted",
        ),
        pytest.param(pdf(b"", b""), "Its pages are empty.", id="empty pages"),
    ],
)
def test_a_pdf_that_cannot_be_read_has_a_reason(data: bytes, expected: str) -> None:
    assert reason(data) == expected


def test_a_pdf_that_opens_without_a_password_is_read() -> None:
    assert load_bytes(encrypted(b""), name="a.pdf").text == "A secret line."


def test_pages_without_text_are_reported() -> None:
    loaded = load_bytes(pdf(lines("Words"), b"", lines("More"), b""), name="a.pdf")
    assert loaded.warnings == ("Without text: pages 2, 4.",)
    assert [page.of(loaded.text) for page in loaded.pages] == ["Words", "", "More", ""]


def test_characters_outside_the_basic_plane_do_not_shift_lines() -> None:
    # PDFium counts UTF-16 units; a map to an emoji makes one glyph two units long.
    cmap = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap "
        b"1 begincodespacerange <00> <ff> endcodespacerange "
        b"1 beginbfchar <58> <D83DDE00> endbfchar endcmap end end"
    )
    drawn = lines("X X X", "X and more") + lines("Words", "of a heading", top=600, size=16)
    loaded = load_bytes(pdf(drawn, cmap, font=b"/ToUnicode 8 0 R"), name="a.pdf")
    assert loaded.pages[0].of(loaded.text) == "😀 😀 😀\n😀 and more\n\nWords of a heading"


def test_several_threads_may_read_pdfs() -> None:
    texts: list[str] = []
    data = document()
    threads = [
        threading.Thread(target=lambda: texts.append(load_bytes(data, name="a.pdf").text))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(texts) == 4
    assert len(set(texts)) == 1
