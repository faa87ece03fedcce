"""E-books: chapters in the order of reading, under their titles."""

from __future__ import annotations

import pytest

from index.errors import LoadError
from index.load.loaders import load_bytes
from index.schema import LoadedDocument, Span
from index.text.place_names import told_place
from tests.doubles.loaded_sources import source_of
from tests.doubles.office_files import zipped

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OPS/book.opf"/></rootfiles></container>'
)
PAGE = '<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head>{}'


def page(body: str, head: str = "<title/><script src='a'/>") -> str:
    return f"{PAGE.format(head)}</head><body>{body}</body></html>"


def book(*pages: str, contents: str = "", locked: str = "") -> LoadedDocument:
    """Load a book whose pages are read in this order, `contents` being its nav or its NCX."""
    files = {f"OPS/text/p {n}.xhtml": text for n, text in enumerate(pages)}
    items = "".join(
        f'<item id="p{n}" href="text/p%20{n}.xhtml" media-type="application/xhtml+xml"/>'
        for n in range(len(pages))
    )
    is_nav = "<nav" in contents
    about = 'media-type="application/xhtml+xml" properties="nav"' if is_nav else 'media-type="x"'
    spine = "".join(f'<itemref idref="p{n}"/>' for n in range(len(pages)))
    files["OPS/book.opf"] = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The  Pool</dc:title>'
        '<meta property="dcterms:modified">2026-05-01T10:00:00Z</meta></metadata><manifest>'
        f'{items}<item id="toc" href="toc.xml" {about}/></manifest>'
        f'<spine toc="toc"><itemref idref="toc"/>{spine}</spine></package>'
    )
    files["OPS/toc.xml"] = contents or "<ncx/>"
    files["META-INF/container.xml"] = CONTAINER
    if locked:
        files["META-INF/encryption.xml"] = (
            f'<encryption><a><CipherReference URI="{locked}"/></a></encryption>'
        )
    return load_bytes(zipped(files), name="the_pool.epub")


NAV = (
    '<html xmlns="http://www.w3.org/1999/xhtml"><body><nav><ol><li><a href="text/p%200.xhtml">'
    'Fees</a><ol><li><a href="text/p%201.xhtml#x">Dogs</a></li></ol></li></ol></nav></body></html>'
)
NCX = (
    '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel><text>Fees'
    '</text></navLabel><content src="text/p%200.xhtml"/><navPoint><navLabel><text>Dogs</text>'
    '</navLabel><content src="text/p%201.xhtml"/></navPoint></navPoint></navMap></ncx>'
)


@pytest.mark.parametrize("contents", [NAV, NCX], ids=["nav", "ncx"])
def test_chapters_stand_in_order_under_the_titles_of_the_contents(contents: str) -> None:
    document = book(
        page("<p>A ticket costs <b>4</b> euros.<a id='x'/> So.</p>"),
        page("<p>Free&nbsp;dogs</p>"),
        page("<img src='a.png'/>"),
        page("<h2>Hours</h2><p>Nine</p>"),
        contents=contents,
    )
    assert document.title == "The Pool"
    assert document.modified is not None and document.modified.year == 2026
    assert document.text == (
        "# Fees\n\nA ticket costs 4 euros. So.\n\n## Dogs\n\nFree\xa0dogs\n\n## Hours\n\nNine"
    )
    source = source_of(document, "the_pool.epub")
    at = source.text.index("dogs")
    assert told_place(source, Span(start=at, end=at + 4)) == "chapter Dogs"


def test_a_file_of_several_chapters_has_the_headings_that_it_has() -> None:
    points = NCX.replace("p%201.xhtml", "p%200.xhtml#b").replace('p%200.xhtml"', 'p%200.xhtml#a"')
    document = book(page("<h1>Chapter 1</h1><p>One</p><h1>Two</h1><p>2</p>"), contents=points)
    assert document.text == "# Chapter 1\n\nOne\n\n# Two\n\n2"
    assert document.places[0].label == "Chapter 1"


def test_what_a_book_hides_is_told_and_a_locked_one_is_refused() -> None:
    hidden = page("<p>Seen</p><p hidden='hidden'>Unseen</p>")
    assert "Unseen" in book(hidden).warnings[0]
    with pytest.raises(LoadError, match="locked against copying"):
        book(page("<p>x</p>"), locked="OPS/text/p%200.xhtml")
    assert book(page("<p>x</p>"), locked="OPS/fonts/a.otf").text == "x"


def test_what_is_no_book_is_refused() -> None:
    for parts, reason in (({}, "no e-book"), ({"META-INF/container.xml": CONTAINER}, "no e-book")):
        with pytest.raises(LoadError, match=reason):
            load_bytes(zipped(parts), name="a.epub")
    with pytest.raises(LoadError, match="holds no text"):
        book(page("<img src='a.png'/>"))
