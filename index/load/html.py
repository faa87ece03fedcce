"""HTML pages: the main content as Markdown-like text, with what the page says of itself."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from index.errors import LoadError
from index.load.dates import in_utc
from index.load.decode import canonical, decode
from index.load.frontmatter import web_address
from index.load.hidden_html import remove_hidden
from index.load.html_to_markdown import SILENT, markdown, words_in
from index.load.main_content import content_of, remove_ways
from index.load.parsed_html import flatten, parsed_page
from index.load.removed_elements import remove_elements
from index.load.titles import (
    clean_title,
    title_from_heading,
    title_from_name,
)
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings

_DECLARED = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]+)", re.IGNORECASE
)

# fmt: off
_MODIFIED = (
    "article:modified_time", "og:updated_time", "last-modified", "dcterms.modified",
    "datemodified", "article:published_time", "dcterms.date", "dc.date", "date",
    "datepublished", "pubdate",
)
# fmt: on
"""Names of meta elements that hold a date, those of the last change first."""

_SILENT = tuple(SILENT - {"button", "head"})
"""What is taken out first; buttons of headings say what the heading says."""


def load_html(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read the main content of an HTML page; text that the page hides is left out and reported."""
    declared = _DECLARED.search(data[:4096])
    decoded = decode(
        data, name=name, declared=charset or (declared[1].decode("ascii") if declared else None)
    )
    page, warnings = _shown_page(decoded.text, name)
    url, modified = _address(page), _modified(page)
    _tidy(page)
    content = content_of(page)
    title = _title(page, content.element)
    remove_ways(content)
    text = canonical(markdown(content.element))
    if not text.strip():
        raise LoadError(name, " ".join(["The page holds no text.", *warnings]))
    return LoadedDocument(
        text=text,
        title=title or title_from_heading(text) or title_from_name(name),
        mime="text/html",
        url=url,
        modified=modified,
        warnings=decoded.warnings + warnings + invisible_warnings(text),
    )


def whole_page(text: str, name: str) -> tuple[str, tuple[str, ...]]:
    """Return all that an HTML page shows as Markdown, and warnings; raises LoadError without text.

    For mails and books, which have nothing around their content.
    """
    page, warnings = _shown_page(text, name)
    _tidy(page)
    return canonical(markdown(page)), warnings


def _shown_page(text: str, name: str) -> tuple[Any, tuple[str, ...]]:
    """Return a page without what it hides, and warnings of that and of what could not be read."""
    page, unread, deep = parsed_page(text, name)
    hidden = remove_hidden(page)
    if deep:
        flatten(page)
    return page, unread + hidden


def _tidy(page: Any) -> None:
    """Bring into one form what pages write in several, without changing what a reader sees."""
    from lxml import etree  # type: ignore[import-untyped]

    # With a comment goes the text behind it.
    etree.strip_tags(page, etree.Comment, etree.ProcessingInstruction)
    etree.strip_elements(page, *_SILENT, with_tail=False)
    captions = page.xpath("//caption[ancestor::table]")
    for caption in captions:
        paragraph = etree.Element("p")
        paragraph.text = caption.text_content()
        next(caption.iterancestors("table")).addprevious(paragraph)
    # A second form of the formula before it, for the eye.
    formulas = page.xpath("//*[@class='katex-mathml']/following-sibling::*[@class='katex-html']")
    remove_elements(page, [*captions, *formulas])
    _tidy_code(page)


def _tidy_code(page: Any) -> None:
    """End the lines of code with line ends, also where they are elements of their own."""
    for fragment in page.xpath("//div[@class='fragment'][div[contains(@class, 'line')]]"):
        fragment.tag, fragment.text = "pre", ""
        for line in fragment:
            line.tail = ""
    remove_elements(page, page.xpath("//pre//button | //pre//select"))
    for line in page.xpath("//pre//br | //pre//div | //pre//p | //pre//li | //pre//tr"):
        line.tail = "\n" + (line.tail or "")


def _title(page: Any, content: Any) -> str | None:
    """Return the title a page states: for sharing, its only main heading, or in its head."""
    headings = content.xpath(".//h1")
    candidates = [
        *page.xpath("//meta[@property='og:title']/@content"),
        *(words_in(heading).strip("§¶ ") for heading in headings if len(headings) == 1),
        *(title.text_content() for title in page.xpath("//head/title | //title[1]")),
    ]
    return next((title for each in candidates if (title := clean_title(each))), None)


def _address(page: Any) -> str | None:
    """Return the address a page states for itself."""
    stated = page.xpath("//link[@rel='canonical']/@href | //meta[@property='og:url']/@content")
    return next((address for each in stated if (address := web_address(each))), None)


def _modified(page: Any) -> datetime | None:
    """Return when a page says it was last changed, or else published."""
    stated: dict[str, str] = {}
    for meta in page.xpath("//meta[@content]"):
        key = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        stated.setdefault((key or meta.get("http-equiv") or "").lower(), meta.get("content"))
    dates = (in_utc(stated[key]) for key in _MODIFIED if key in stated)
    return next((date for date in dates if date), None)
