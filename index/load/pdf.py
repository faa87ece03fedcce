"""PDF files: the text of each page, with its printed lines joined into paragraphs.

PDFium gives the lines as they are printed. Where they stand on the page says which of them belong
together; a word divided at the end of a line is put together again. Canonical text is the result,
pages parted by a blank line.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from index.errors import LoadError
from index.load.dates import in_utc
from index.load.joined_pages import join_pages
from index.load.pdf_assembly import assembled_pages
from index.load.pdf_lines import WORD_BREAK
from index.load.pdf_outline import OutlineEntry, outline_of
from index.load.pdf_page import PrintedPage, read_page
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

_MAX_PAINTED = 200
"""Pages of a document that are painted to see what is hidden: it takes as long as reading ten."""

_DIVIDED = re.compile(rf"([^\W\d_]+){WORD_BREAK}([^\W\d_]+)")

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
        read = _read(data, name)
    blank = [page.number for page in read.pages if not (page.lines or page.inserted)]
    if len(blank) == len(read.pages):
        raise LoadError(name, _scanned(len(read.pages)))
    hidden = _hidden(read.pages)
    pages = list(assembled_pages(read.pages, read.outline))
    goes_on, about = [page.goes_on for page in pages], read.about
    text, spans = join_pages(_joined([page.text for page in pages]), goes_on)
    return LoadedDocument(
        text=text,
        title=_title(about, text, name),
        mime="application/pdf",
        pages=spans,
        modified=_date(about.get("ModDate") or about.get("CreationDate") or ""),
        warnings=_blank_pages(blank) + hidden + invisible_warnings(text),
    )


@dataclass(frozen=True)
class _Read:
    """What PDFium says of a document."""

    pages: list[PrintedPage]
    outline: list[OutlineEntry]
    about: dict[str, str]


def _read(data: bytes, name: str) -> _Read:
    """Read a document; raises LoadError."""
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        with PdfDocument(data) as document:
            document.init_forms()
            about = document.get_metadata_dict(skip_empty=True)
            return _Read(list(_printed(document)), outline_of(document), about)
    except PdfiumError as error:
        if error.err_code == _PASSWORD:
            reason = "It is protected by a password; save a copy without one."
        else:
            reason = "It is a damaged PDF that cannot be opened; save or download it again."
        raise LoadError(name, reason) from error


def _printed(document: Any) -> Iterator[PrintedPage]:
    """Yield the pages of a document."""
    paintings = iter(range(_MAX_PAINTED))
    for number in range(len(document)):
        page = document[number]
        try:
            yield read_page(page, number + 1, lambda: next(paintings, None) is not None)
        finally:
            page.close()


def _joined(pages: list[str]) -> list[str]:
    """Return the pages with divided words put together."""
    words = Counter(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", "\n".join(pages)))

    def whole(match: re.Match[str]) -> str:
        head, tail = match[1], match[2]
        if words[f"{head}-{tail}"] > words[head + tail]:
            return f"{head}-{tail}"
        compound = head.lower() in _COMPOUNDS and not words[head + tail]
        return f"{head}-{tail}" if compound or tail[0].isupper() else head + tail

    return [_DIVIDED.sub(whole, page).replace(WORD_BREAK, "-") for page in pages]


def _title(about: dict[str, str], text: str, name: str) -> str:
    """Return the stated title, unless it is what a program made of a file name."""
    stated = clean_title(about.get("Title", ""))
    if stated and not re.search(r"\.\w{2,4}$|^untitled|^microsoft word", stated, re.IGNORECASE):
        return stated
    first = None if text.startswith("|") else title_from_first_line(text.lstrip("# "))
    return first or title_from_name(name)


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
    return (f"Without text, perhaps scanned: {_named(numbers)}.",) if numbers else ()


def _hidden(pages: Sequence[PrintedPage]) -> tuple[str, ...]:
    """Warn of text that was left out because nobody sees it."""
    numbers = [page.number for page in pages if page.hidden]
    if not numbers:
        return ()
    reasons = ", ".join(sorted(frozenset().union(*(page.hidden for page in pages))))
    return (f"Text that is not seen ({reasons}) is left out: {_named(numbers)}.",)


def _named(numbers: Sequence[int]) -> str:
    """Name pages, the first ten of them."""
    shown = ", ".join(map(str, numbers[:10])) + (", …" if len(numbers) > 10 else "")
    return f"page {shown}" if len(numbers) == 1 else f"pages {shown}"
