"""PDF files: the text of each page, with its printed lines joined into paragraphs.

PDFium gives the lines as they are printed. Where they stand on the page says which of them belong
together; a word divided at the end of a line is put together again. Canonical text is the result,
pages parted by a blank line.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from datetime import datetime
from typing import Any

from index.errors import LoadError
from index.load.dates import in_utc
from index.load.decode import canonical
from index.load.joined_pages import join_pages
from index.load.pdf_lines import Line, paragraphs
from index.load.titles import (
    clean_title,
    title_from_first_line,
    title_from_name,
)
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings

_PDFIUM = threading.Lock()
"""PDFium may be used by one thread at a time, whatever the document."""

_DATE = re.compile(r"D:(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?")

_WORD_BREAK = "\ufffe"
"""What PDFium writes where a word is divided at the end of a line."""

_DIVIDED = re.compile(rf"([^\W\d_]+){_WORD_BREAK}([^\W\d_]+)")

# fmt: off
_COMPOUNDS = frozenset({
    "all", "anti", "co", "cross", "ex", "five", "four", "full", "half", "high", "ill", "long",
    "low", "mid", "multi", "non", "over", "part", "post", "pre", "pro", "quasi", "re", "self",
    "semi", "short", "so", "sub", "third", "three", "two", "well",
})
# fmt: on
"""First parts that keep their hyphen when nothing in the document says otherwise."""

_PASSWORD = 4
"""PDFium's FPDF_ERR_PASSWORD."""


def load_pdf(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read the text of a PDF with the span of each page; `charset` has no meaning here."""
    if not data:
        raise LoadError(name, "The file is empty.")
    if b"%PDF-" not in data[:1024]:
        raise LoadError(name, "It is not a PDF, in spite of its name.")
    with _PDFIUM:
        pages, about = _read(data, name)
    texts = _joined(pages)
    blank = [number for number, text in enumerate(texts, start=1) if not text]
    if len(blank) == len(texts):
        raise LoadError(name, _scanned(len(texts)))
    text, spans = join_pages(texts)
    return LoadedDocument(
        text=text,
        title=_title(about, text, name),
        mime="application/pdf",
        pages=spans,
        modified=_date(about.get("ModDate") or about.get("CreationDate") or ""),
        warnings=_blank_pages(blank) + invisible_warnings(text),
    )


def _read(data: bytes, name: str) -> tuple[list[str], dict[str, str]]:
    """Return the text of each page and the metadata; raises LoadError."""
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        with PdfDocument(data) as document:
            pages = [_page_text(document[number]) for number in range(len(document))]
            return pages, document.get_metadata_dict(skip_empty=True)
    except PdfiumError as error:
        if error.err_code == _PASSWORD:
            reason = "It is protected by a password; save a copy without one."
        else:
            reason = "It is a damaged PDF that cannot be opened; save or download it again."
        raise LoadError(name, reason) from error


def _page_text(page: Any) -> str:
    """Return the paragraphs of a page, parted by blank lines."""
    text_page = page.get_textpage()
    try:
        text = text_page.get_text_range().replace("\r\n", "\n").replace("\r", "\n")
        return canonical(paragraphs(_lines(text_page, text))).strip()
    finally:
        text_page.close()
        page.close()


def _lines(text_page: Any, text: str) -> list[Line]:
    """Return the printed lines of a page with their places."""
    found, offset = [], 0
    for line in text.split("\n"):
        units = len(line.encode("utf-16-le", "surrogatepass")) // 2
        if line.strip():
            found.append(_line(text_page, line, offset, offset + units - 1))
        # PDFium counts UTF-16 units, and two for a line end.
        offset += units + 2
    return found


def _line(text_page: Any, text: str, first: int, last: int) -> Line:
    """Return one line; without a place where PDFium knows none."""
    from pypdfium2 import PdfiumError, raw

    start, end = (
        raw.FPDFText_GetCharIndexFromTextIndex(text_page.raw, index) for index in (first, last)
    )
    try:
        left, bottom, _, _ = text_page.get_charbox(start, loose=True)
        _, last_bottom, right, _ = text_page.get_charbox(end, loose=True)
    except PdfiumError:
        return Line(text.strip())
    size = raw.FPDFText_GetFontSize(text_page.raw, start)
    return Line(text.strip(), left, right, bottom, last_bottom, size)


def _joined(pages: list[str]) -> list[str]:
    """Return the pages with divided words put together."""
    words = Counter(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", "\n".join(pages)))

    def whole(match: re.Match[str]) -> str:
        head, tail = match[1], match[2]
        if words[f"{head}-{tail}"] > words[head + tail]:
            return f"{head}-{tail}"
        compound = head.lower() in _COMPOUNDS and not words[head + tail]
        return f"{head}-{tail}" if compound or tail[0].isupper() else head + tail

    return [_DIVIDED.sub(whole, page).replace(_WORD_BREAK, "-") for page in pages]


def _title(about: dict[str, str], text: str, name: str) -> str:
    """Return the stated title, unless it is what a program made of a file name."""
    stated = clean_title(about.get("Title", ""))
    if stated and not re.search(r"\.\w{2,4}$|^untitled|^microsoft word", stated, re.IGNORECASE):
        return stated
    return title_from_first_line(text) or title_from_name(name)


def _date(stated: str) -> datetime | None:
    """Parse a PDF date; its zone is left out, as many programs write a wrong one."""
    match = _DATE.match(stated)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(group or 0) for group in match.groups())
    try:
        return in_utc(datetime(year, month, day, hour, minute, second))
    except ValueError:
        return None


def _scanned(pages: int) -> str:
    """Say that a PDF holds pictures of text only."""
    if pages == 0:
        return "It has no pages."
    count = "Its only page holds" if pages == 1 else f"Its {pages} pages hold"
    return f"{count} no text, only pictures of it; run text recognition (OCR) on it first."


def _blank_pages(numbers: list[int]) -> tuple[str, ...]:
    """Warn of pages without text."""
    if not numbers:
        return ()
    shown = ", ".join(map(str, numbers[:10])) + (", …" if len(numbers) > 10 else "")
    pages = "page" if len(numbers) == 1 else "pages"
    return (f"Without text, perhaps scanned: {pages} {shown}.",)
