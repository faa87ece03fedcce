"""PDF files: the text of each page, with its printed lines joined into paragraphs.

PDFium gives the lines as they are printed; pages that are pictures of text are recognised. Where
lines stand on the page says which of them belong together. Canonical text is the result, pages
parted by a blank line.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from index.errors import LoadError
from index.load.dates import in_utc
from index.load.paged_text import paged_text
from index.load.pdf_looks import Looks
from index.load.pdf_outline import OutlineEntry, outline_of
from index.load.pdf_page import PrintedPage, read_page
from index.load.pdf_pictures import is_picture, with_edges, with_recognised
from index.load.recognition_warnings import (
    INSTALL,
    MAX_PICTURES,
    doubtful_lines,
    named_pages,
    without_text,
)
from index.load.text_recognition import Recogniser, TextRecogniser, can_recognise
from index.load.titles import (
    clean_title,
    title_from_first_line,
    title_from_name,
)
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings

PDFIUM = threading.Lock()
"""PDFium may be used by one thread at a time, whatever the document."""

_DATE = re.compile(r"D:(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?")

_MAX_PAINTED = 200
"""Pages of a document that are painted to see what is hidden: it takes as long as reading ten."""

_PASSWORD = 4
"""PDFium's FPDF_ERR_PASSWORD."""


def load_pdf(
    data: bytes, name: str, *, charset: str | None = None, recogniser: Recogniser | None = None
) -> LoadedDocument:
    """Read the text of a PDF with the span of each page; `charset` has no meaning here.

    Pages that are pictures of text are read by `recogniser`, None being what is installed.
    """
    if not data:
        raise LoadError(name, "The file is empty.")
    if b"%PDF-" not in data[:1024]:
        raise LoadError(name, "It is not a PDF, in spite of its name.")
    if recogniser is None and can_recognise():
        recogniser = TextRecogniser()
    with PDFIUM:
        read = _read(data, name, recogniser)
    if not read.pages:
        raise LoadError(name, "It has no pages.")
    blank = [page.number for page in read.pages if not (page.lines or page.inserted)]
    if len(blank) == len(read.pages):
        if not any(page.is_drawn for page in read.pages):
            raise LoadError(name, "Its pages are empty.")
        if recogniser is None:
            raise LoadError(name, _scanned(len(read.pages)))
    found, about = paged_text(read.pages, read.outline), read.about
    return LoadedDocument(
        text=found.text,
        title=_title(about, found.text, name),
        mime="application/pdf",
        pages=found.pages,
        regions=found.regions,
        modified=_date(about.get("ModDate") or about.get("CreationDate") or ""),
        warnings=(
            *_warnings(read, blank, can_read=recogniser is not None),
            *invisible_warnings(found.text),
        ),
    )


@dataclass(frozen=True)
class _Read:
    """What PDFium says of a document."""

    pages: list[PrintedPage]
    outline: list[OutlineEntry]
    about: dict[str, str]
    unread: list[int]
    """Pages that are pictures and were not read, by their numbers."""


def _read(data: bytes, name: str, recogniser: Recogniser | None) -> _Read:
    """Read a document; raises LoadError."""
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        with PdfDocument(data) as document:
            document.init_forms()
            about = document.get_metadata_dict(skip_empty=True)
            unread: list[int] = []
            outline = outline_of(document)
            looks = None if outline else Looks()
            pages = list(_printed(document, looks, recogniser, unread))
            return _Read(pages, outline, about, unread)
    except PdfiumError as error:
        if error.err_code == _PASSWORD:
            reason = "It is protected by a password; save a copy without one."
        else:
            reason = "It is a damaged PDF that cannot be opened; save or download it again."
        raise LoadError(name, reason) from error


def _printed(
    document: Any, looks: Looks | None, recogniser: Recogniser | None, unread: list[int]
) -> Iterator[PrintedPage]:
    """Yield the pages of a document; pictures that are not read are noted in `unread`."""
    paintings = iter(range(_MAX_PAINTED))
    pictures = iter(range(MAX_PICTURES))
    for number in range(len(document)):
        paper = document[number]
        try:
            page = read_page(
                paper, number + 1, lambda: next(paintings, None) is not None, looks=looks
            )
            page = with_edges(page)
            if is_picture(page):
                if recogniser is not None and next(pictures, None) is not None:
                    page = with_recognised(page, paper, recogniser)
                else:
                    unread.append(page.number)
            yield page
        finally:
            paper.close()


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
    """Say that a PDF holds pictures of text only, which cannot be read here."""
    count = "Its only page holds" if pages == 1 else f"Its {pages} pages hold"
    return f"{count} no text, only pictures of it. {INSTALL}"


def _warnings(read: _Read, blank: Sequence[int], *, can_read: bool) -> Iterator[str]:
    """Yield what a person should know of the pages."""
    yield from without_text(blank, read.unread, len(read.pages), can_read=can_read)
    yield from doubtful_lines({page.number: page.doubtful for page in read.pages if page.doubtful})
    yield from _hidden(read.pages)


def _hidden(pages: Sequence[PrintedPage]) -> Iterator[str]:
    """Warn of text that was left out because nobody sees it."""
    numbers = [page.number for page in pages if page.hidden]
    if numbers:
        reasons = ", ".join(sorted(frozenset().union(*(page.hidden for page in pages))))
        yield f"Text that is not seen ({reasons}) is left out: {named_pages(numbers)}."
