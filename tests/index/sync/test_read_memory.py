"""Reading any document takes at most 20 times its size and 200 MB, or is refused by name.

What is measured is the real process: the most that it ever had resident, over what it had when it
began. What would take more is ended, and told as too large.
"""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
import threading
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from pptx import Presentation

from index.config import ReadConfig
from index.embed.weights import ModelFiles
from index.errors import LoadError
from index.load.formats import PICTURES, SUFFIXES
from index.sync.process_memory import FOR_PICTURES
from index.sync.read_worker import ReadWorkers
from index.text.code_endings import LANGUAGE_OF
from tests.conftest import ROOT
from tests.doubles.drawn_pictures import as_file
from tests.doubles.loaded_sources import source_of
from tests.doubles.office_files import open_document, paragraph, word_document, workbook, zipped
from tests.index.chunk.test_growth import PAGES, STRUCTURED, UNITS, WHOLE_PAGES, over

MB = 1_000_000

Bytes = Callable[[int], bytes]
"""Makes a document of about so many bytes."""


def text(unit: str, *, first: str = "", last: str = "") -> Bytes:
    made = over(unit, first=first, last=last)
    return lambda size: made(size * len(unit) // len(unit.encode())).encode()


def pdf(pages: list[bytes], *, packed: bool = False) -> bytes:
    """Return a PDF whose pages have these content streams, the same ones as often as wished."""
    streams = list(dict.fromkeys(pages))
    objects: list[bytes] = [b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    for stream in streams:
        body = zlib.compress(stream, 9) if packed else stream
        kind = b"/Filter/FlateDecode" if packed else b""
        objects.append(b"<</Length %d%s>>stream\n%s\nendstream" % (len(body), kind, body))
    tree = len(objects) + 1
    objects += [
        b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F 1 0 R>>>>"
        b"/Contents %d 0 R>>" % (tree + len(pages), 2 + streams.index(page))
        for page in pages
    ]
    kids = b" ".join(b"%d 0 R" % (tree + n) for n in range(len(pages)))
    objects.append(b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(pages), kids))
    objects.append(b"<</Type/Catalog/Pages %d 0 R>>" % len(objects))
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, io.SEEK_END)
    places = []
    for number, each in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, each))
    table = out.tell()
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    out.write(b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, rows))
    out.write(
        b"trailer<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (len(objects) + 1, len(objects), table)
    )
    return out.getvalue()


def line(words: bytes) -> bytes:
    return b"BT /F 9 Tf 20 700 Td (" + words + b") Tj ET\n"


def many_pages(size: int) -> bytes:
    """A page takes about 130 bytes of the file: 50,000 of them six MB."""
    return pdf([line(b"A page of few words.")] * (size // 150))


def inflating_pdf(size: int) -> bytes:
    return pdf([b"BT /F 9 Tf 20 700 Td (a) Tj ET\n" * size], packed=True)


def long_page(size: int) -> bytes:
    return pdf([line(b"Words of a page. ") * (size // 40)])


def table_pages(size: int) -> bytes:
    """A page of cells takes about 2 kB."""
    rows = b"".join(
        b"BT /F 6 Tf %d %d Td (c%d) Tj ET\n" % (20 + 90 * (n % 5), 780 - 8 * (n // 5), n)
        for n in range(60)
    )
    return pdf([rows] * (size // 600))


def inflating_archive(size: int) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<w:p>" * (size * 40))
    return held.getvalue()


CELL = "<a:table-cell><t:p>x</t:p></a:table-cell>"
SLIDE = "<d:page xmlns:d='urn:oasis:names:tc:opendocument:xmlns:drawing:1.0'><t:p>x</t:p></d:page>"


def workbook_rows(size: int) -> bytes:
    cells = "<c><v>1</v></c><c t='str'><v>a</v></c>"
    rows = "".join(f'<row r="{2 * n + 1}">{cells}</row>' for n in range(size // 40))
    return workbook(f"<sheetData>{rows}</sheetData>")


def open_rows(size: int) -> bytes:
    row = f"<a:table-row>{CELL}{CELL}</a:table-row>"
    return open_document("spreadsheet", f"<a:table>{row * (size // 100)}</a:table>")


def slides(size: int) -> bytes:
    deck, written = Presentation(), io.BytesIO()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "a\n" * (size // 40)
    deck.save(written)
    return written.getvalue()


def book(size: int) -> bytes:
    about = '<p><manifest><item id="p" href="p" media-type="text/html"/></manifest><spine>'
    return zipped({
        "META-INF/container.xml": '<c><rootfile full-path="b"/></c>',
        "b": f'{about}<itemref idref="p"/></spine></p>',
        "p": "<h1>a</h1><p>b</p>" * (size // 18),
    })  # fmt: skip


def chapter(unit: str) -> Bytes:
    return text(unit, first="<chapter><para>a</para>", last="</chapter>")


def attributes(size: int) -> bytes:
    return f"<p {' '.join(f'a{n}=b' for n in range(size // 10))}>x".encode()


def noise(size: int) -> bytes:
    """Return a picture of about so many bytes, in which there is nothing to compress."""
    side = int((size / 3) ** 0.5)
    return as_file(Image.effect_noise((side, side), 200).convert("RGB"), "PNG")


NAMED: dict[str, tuple[str, Bytes]] = {
    "items.txt": ("a.txt", text("- x\n")),
    "items.md": ("a.md", text("- x\n")),
    "loose items.md": ("a.md", text("- x\n\n")),
    "numbers.md": ("a.md", text("1. x\n")),
    "nested items.md": ("a.md", text("  - x\n", first="- a\n")),
    "quoted items.md": ("a.md", text("> - x\n")),
    "headings.md": ("a.md", text("# a\n")),
    "table.md": ("a.md", text("|a|b\n", first="|a|b\n|-|-|\n")),
    "fences.md": ("a.md", text("```\n")),
    "definitions.md": ("a.md", text("[a]: b\n")),
    "words.txt": ("a.txt", text("a ")),
    "images.md": ("a.md", text("![")),
    "comments.md": ("a.md", text("<!--")),
    "ticks.md": ("a.md", text("`")),
    "stars.txt": ("a.txt", text("/*")),
    "Chinese.txt": ("a.txt", text("这是很长的一段话，没有尽头。")),
    "Chinese without an end.md": ("a.md", text("这是很长的一段话，")),
    "one of four bytes.txt": ("a.txt", text("Some words stand here. ", last="🔹")),
    "deep.md": ("a.md", text("> ")),
    "front matter.md": ("a.md", text("a: [", first="---\n", last="\n---\nx")),
    "log.log": ("a.log", text("2026-01-01 12:00:00 INFO all is well\n")),
    "titles.rst": ("a.rst", text("a\n=\n")),
    "directives.rst": ("a.rst", text(".. note:: a\n")),
    "simple tables.rst": ("a.rst", text("= =\na b\n\n")),
    "hidden.md": ("a.md", text("<p hidden>a</p>\n")),
    "yaml.txt": ("a.txt", text("- - ")),
    "json.txt": ("a.txt", text('[{"a":')),
    "xml.txt": ("a.txt", text("<a>")),
    "rows.csv": ("a.csv", text("a,b\n")),
    "columns.csv": ("a.csv", text("a,")),
    "rows below a wide one.csv": ("a.csv", text("b\n", first=",".join("a" * 60) + "\n")),
    "a long cell.csv": ("a.csv", text("x", first='a,b\n1,"', last='"\n')),
    "open quotes.csv": ("a.csv", text('"a\n', first="a,b\n")),
    "cells of two lines.csv": ("a.csv", text('"a\nb",c\n', first="a,b\n")),
    "tabs.tsv": ("a.tsv", text("a\tb\n")),
    "paragraphs.html": ("a.html", text("<p>a</p>")),
    "open paragraphs.html": ("a.html", text("<p>a")),
    "headings.html": ("a.html", text("<h1>a</h1>")),
    "metadata.html": ("a.html", text("<meta name=a content=b>")),
    "deep.html": ("a.html", text("<div>a")),
    "cells.html": ("a.html", text("<td>a", first="<table><tr><td>b<td>c<tr>")),
    "attributes.html": ("a.html", attributes),
    "style.html": ("a.html", text("a", first="<style>")),
    "comments of a style.html": ("a.html", text("/*", first="<style>")),
    "pages.pdf": ("a.pdf", many_pages),
    "a long page.pdf": ("a.pdf", long_page),
    "pages of cells.pdf": ("a.pdf", table_pages),
    "inflating.pdf": ("a.pdf", inflating_pdf),
    "archive.txt": ("a.txt", inflating_archive),
    "archive.docx": ("a.docx", inflating_archive),
    "paragraphs.docx": ("a.docx", lambda size: word_document(paragraph("a b") * (size // 40))),
    "paragraphs.odt": (
        "a.odt",
        lambda size: open_document("text", "<t:p>a b</t:p>" * (size // 14)),
    ),
    "paragraphs.rtf": ("a.rtf", text("a b\\par ", first="{\\rtf1 ", last="}")),
    "rows.xlsx": ("a.xlsx", workbook_rows),
    "rows.ods": ("a.ods", open_rows),
    "slides.pptx": ("a.pptx", slides),
    "slides.odp": ("a.odp", lambda size: open_document("presentation", SLIDE * (size // 100))),
    "a chapter.epub": ("a.epub", book),
    "quotes.eml": ("a.eml", text("> a b\n", first="Subject: a\n\n")),
    "messages.mbox": ("a.mbox", text("From a\nSubject: a\n\n> a\nb\n\n")),
    "no message.msg": ("a.msg", text("a", first="\xd0\xcf")),
    "paragraphs.dbk": ("a.dbk", chapter("<para>a</para>")),
    "items.dbk": ("a.dbk", chapter("<simplelist><member>a</member></simplelist>")),
    "rows.dbk": ("a.dbk", chapter("<informaltable><tr><td>a</td></tr></informaltable>")),
    "runs.dbk": ("a.dbk", chapter("<b/>")),
    "notes.dita": ("a.dita", text("<note/>a", first="<topic><body>", last="</body></topic>")),
    "topics.ditamap": ("a.ditamap", text("<topicref href='a'/>", first="<map>", last="</map>")),
    "archive.pdf": ("a.pdf", lambda size: b"%PDF-1.4\n" + inflating_archive(size)),
    "noise.png": ("a.png", noise),
    "blank.png": ("a.png", lambda size: as_file(Image.new("L", (8_000, 8_000), 255), "PNG")),
}
"""One of each kind."""

SHORT = ("items.md", "table.md", "words.txt", "rows.csv", "inflating.pdf")
"""Those that are always read: most of them took more before they were mended."""

REFUSED = frozenset({"inflating.pdf"})
"""Of those, what is refused: it takes more memory than it may."""

ALL: dict[str, tuple[str, Bytes]] = {
    **NAMED,
    **{f"{unit!a}{end}": (f"a{end}", text(unit)) for unit in UNITS for end in (".txt", ".md")},
    **{f"{unit!a}.html": ("a.html", text(unit)) for unit in PAGES},
    **{
        f"{unit!a} in {name}": (name, text(unit))
        for name in STRUCTURED
        for unit in STRUCTURED[name]
    },
    **{
        name: ("a.html", lambda size, page=page: page(size).encode())  # type: ignore[misc]
        for name, page in WHOLE_PAGES.items()
    },
}


SMALL = {
    "a.txt": b"Words.",
    "a.md": b"---\ntitle: a\n---\n# A\n\nWords.",
    "a.csv": b"a,b\nc,d\n",
    "a.html": b"<html><body><article><h1>A</h1><p>Words of it.</p></article></body></html>",
    "a.pdf": pdf([line(b"Words of it.")]),
}


def hostile(name: str, size: int) -> tuple[str, bytes]:
    """Return a document of the list, with the name that says how it is read."""
    uri, made = ALL[name]
    return uri, made(size)


def read_once(name: str, size: int, tokenizer: str) -> None:
    """Read one document in a process that is measured, and print what it took.

    Run in a process of its own, which has no other children.
    """
    workers = ReadWorkers(ReadConfig(seconds=600, megabytes=4096), tokenizer=Path(tokenizer))
    for small, data in SMALL.items():
        workers.cut(source_of(workers.load(data, name=small), small))
    begun = _of_child("VmRSS:")
    uri, data = hostile(name, size)
    reason = ""
    try:
        workers.cut(source_of(workers.load(data, name=uri), uri))
    except LoadError as error:
        reason = error.reason
    workers.close()
    took = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(json.dumps(((took - begun) / MB, len(data) / MB, reason)))


def _of_child(what: str) -> int:
    tasks = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    status = Path(f"/proc/{tasks.read_text().split()[0]}/status").read_text()
    (held,) = (line.split()[1] for line in status.splitlines() if line.startswith(what))
    return int(held) * 1024


@pytest.fixture(scope="module")
def tokenizer(indexed_folder: Path) -> str:
    return str(ModelFiles(indexed_folder / ".quoth" / "models").tokenizer())


def measured(name: str, size: int, tokenizer: str) -> tuple[float, float, str]:
    """Return the MB that reading took, the MB of the document, and why it was refused."""
    code = f"from {__name__} import read_once; read_once({name!r}, {size}, {tokenizer!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    took, held, reason = json.loads(done.stdout)
    return took, held, reason


def test_every_format_is_read() -> None:
    told = {
        ".htm": ".html", ".xhtml": ".html", ".markdown": ".md", ".text": ".txt", ".docm": ".docx",
        ".ott": ".odt", ".pptm": ".pptx", ".otp": ".odp", ".xlsm": ".xlsx", ".ots": ".ods",
        ".asciidoc": ".adoc", ".mediawiki": ".wiki", ".jsonc": ".json", ".ndjson": ".jsonl",
        ".yml": ".yaml", ".vtt": ".srt", ".docbook": ".dbk", **dict.fromkeys(LANGUAGE_OF, ".py"),
        **dict.fromkeys(PICTURES, ".png"),
    }  # fmt: skip
    assert {told.get(each, each) for each in SUFFIXES} <= {
        Path(uri).suffix for uri, _ in ALL.values()
    }


@pytest.mark.parametrize("name", SHORT)
def test_a_document_takes_little_more_memory_than_its_size(name: str, tokenizer: str) -> None:
    refused = _refused_within_bounds(name, MB // 2, tokenizer)
    assert bool(refused) == (name in REFUSED), refused


@pytest.mark.long
@pytest.mark.limit(900)
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("size", [MB, 2 * MB])
def test_a_large_document_takes_little_more_memory_than_its_size(
    name: str, size: int, tokenizer: str
) -> None:
    _refused_within_bounds(name, size, tokenizer)


def _refused_within_bounds(name: str, size: int, tokenizer: str) -> str:
    """Return why a document was refused, if it was; fails where that took more than it may."""
    took, held, refused = measured(name, size, tokenizer)
    assert took <= 200 + 20 * held + FOR_PICTURES * name.endswith(".png")
    assert "broke down" not in refused
    return refused
