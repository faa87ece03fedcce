"""HTML pages: the main content as Markdown-like text, with what the page says of itself.

A page that marks its content (one `main` or `article` element) is believed: on 29 such pages of
manuals the extractor left out up to three quarters of the words that the element holds. Other
pages go through the extractor, which tells content from what stands around it.
"""

from __future__ import annotations

import re
from collections.abc import Sized
from datetime import datetime
from typing import Any

from index.errors import LoadError
from index.load.dates import in_utc
from index.load.decode import canonical, decode
from index.load.frontmatter import web_address
from index.load.hidden_html import remove_hidden
from index.load.html_to_markdown import markdown, words_in
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
_XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")

# fmt: off
_MODIFIED = (
    "article:modified_time", "og:updated_time", "last-modified", "dcterms.modified",
    "datemodified", "article:published_time", "dcterms.date", "dc.date", "date",
    "datepublished", "pubdate",
)
# fmt: on
"""Names of meta elements that hold a date, those of the last change first."""

_BOILERPLATE = ("head", "nav", "header", "footer", "aside", "form")
_EXTRACTED = 1_000_000
"""Characters of HTML above which the extractor, at seconds a megabyte, is left out; such pages are
generated references and books, and hardly have anything around their content."""

_ROOM_FOR_ATTRIBUTES, _MOST_ATTRIBUTES = 50_000, 1_000
"""Characters from which a page can hold so many attributes that they take long, and what an element
may have: those of real pages have some dozens."""


def load_html(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read the main content of an HTML page; text that the page hides is left out and reported."""
    declared = _DECLARED.search(data[:4096])
    decoded = decode(
        data, name=name, declared=charset or (declared[1].decode("ascii") if declared else None)
    )
    page = _parse(decoded.text, name)
    hidden = remove_hidden(page)
    _tidy(page)
    text = canonical(_main_text(page, long=len(decoded.text) > _EXTRACTED))
    if not text.strip():
        raise LoadError(name, "The page holds no text.")
    return LoadedDocument(
        text=text,
        title=_title(page) or title_from_heading(text) or title_from_name(name),
        mime="text/html",
        url=_address(page),
        modified=_modified(page),
        warnings=decoded.warnings + hidden + invisible_warnings(text),
    )


def whole_page(text: str, name: str) -> tuple[str, tuple[str, ...]]:
    """Return all that an HTML page shows as Markdown, and warnings; raises LoadError without text.

    For mails and books, which have nothing around their content.
    """
    page = _parse(text, name)
    hidden = remove_hidden(page)
    _tidy(page)
    remove_elements(page, page.xpath("//head"))
    return canonical(markdown(page)), hidden


class _MostAttributes:
    """Counts the attributes of the element that has most, as a target of lxml's parser."""

    def __init__(self) -> None:
        self.count = 0

    def start(self, _: str, attributes: Sized) -> None:
        self.count = max(self.count, len(attributes))

    def close(self) -> int:
        return self.count


def _check_attributes(text: str, name: str) -> None:
    """Refuse a page that nobody wrote: a tree takes time by the square of one element's attributes.

    10,000 take .1 s, 40,000 take 1.9. Reading along without a tree takes a hundredth of that.
    """
    from lxml import etree  # type: ignore[import-untyped]

    if len(text) < _ROOM_FOR_ATTRIBUTES:
        return
    count = etree.fromstring(text, etree.HTMLParser(target=_MostAttributes(), huge_tree=True))
    if count > _MOST_ATTRIBUTES:
        raise LoadError(name, f"An element of the page has {count:,} attributes. It is too slow.")


def _parse(text: str, name: str) -> Any:
    """Return the root element of a page."""
    from lxml import etree, html

    bare = _XML_DECLARATION.sub("", text)
    try:
        _check_attributes(bare, name)
        return html.document_fromstring(bare)
    except (etree.ParserError, ValueError) as error:
        raise LoadError(name, "The page holds no text.") from error


def _tidy(page: Any) -> None:
    """Change what trafilatura would lose or mistake, without changing what a reader sees."""
    from lxml import etree

    # With a comment goes the text behind it; a caption is taken for a table's first row.
    etree.strip_tags(page, etree.Comment, etree.ProcessingInstruction)
    captions = page.xpath("//caption[ancestor::table]")
    for caption in captions:
        paragraph = etree.Element("p")
        paragraph.text = caption.text_content()
        next(caption.iterancestors("table")).addprevious(paragraph)
    remove_elements(page, captions)


def _main_text(page: Any, *, long: bool) -> str:
    """Return what the page marks as its content, or what trafilatura takes for it, or all."""
    content = _content(page)
    if content is not page:
        return markdown(_without_boilerplate(content))
    return ("" if long else _extracted(page)) or markdown(_without_boilerplate(page))


def _content(page: Any) -> Any:
    """Return the element that a page marks as its main content, or the page."""
    marked = page.xpath("//main") or page.xpath("//article")
    # Empty until a script has run: then the content may stand elsewhere for readers without one.
    return marked[0] if len(marked) == 1 and markdown(marked[0]) else page


def _extracted(page: Any) -> str:
    """Return what trafilatura takes for the main content; "" when it finds none."""
    from copy import deepcopy

    from trafilatura import bare_extraction

    document = bare_extraction(
        deepcopy(page),
        include_comments=False,
        include_formatting=True,
        favor_recall=True,
        with_metadata=False,
    )
    return "" if document is None or document.body is None else markdown(document.body)


def _without_boilerplate(element: Any) -> Any:
    """Return a copy of an element without navigation, headers, footers and forms."""
    from copy import deepcopy

    copy = deepcopy(element)
    for tag in _BOILERPLATE:
        remove_elements(copy, copy.xpath(f".//{tag}[not(.//h1)]"))
    return copy


def _title(page: Any) -> str | None:
    """Return the title a page states: for sharing, its only main heading, or in its head."""
    headings = _content(page).xpath(".//h1")
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
