"""Zipped documents made of parts, for what no library writes."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
IDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
CELLS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ODF = "urn:oasis:names:tc:opendocument:xmlns:"


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """Return a ZIP file of these parts."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return written.getvalue()


def relations(*entries: tuple[str, str, str]) -> str:
    """Return a part that says what another refers to: (id, kind, target)."""
    inside = "".join(
        f'<Relationship Id="{id}" Type="{IDS}/{kind}" Target="{target}"/>'
        for id, kind, target in entries
    )
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f"{inside}</Relationships>"
    )


def package(main: str, parts: Mapping[str, str | bytes]) -> bytes:
    """Return an Office Open XML file that begins with the part `main`."""
    about = {"[Content_Types].xml": _TYPES, "_rels/.rels": relations(("a", "officeDocument", main))}
    return zipped({**about, **parts})


def saved(document: Any) -> bytes:
    """Return what a library's document is as a file."""
    written = BytesIO()
    document.save(written)
    return written.getvalue()


def with_parts(data: bytes, changes: Mapping[str, tuple[str, str]]) -> bytes:
    """Return a file in whose parts a text is replaced by another: {part: (old, new)}."""
    with zipfile.ZipFile(BytesIO(data)) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    for name, (old, new) in changes.items():
        assert old.encode() in parts[name], f"{old!r} is not in {name}"
        parts[name] = parts[name].replace(old.encode(), new.encode())
    return zipped(parts)


def word_document(content: str, declared: str = "") -> bytes:
    """Return a Word document with this content."""
    root = f'<w:document xmlns:w="{WORDS}"><w:body>{content}</w:body></w:document>'
    return package("word/document.xml", {"word/document.xml": declared + root})


def workbook(content: str, declared: str = "") -> bytes:
    """Return a workbook of one sheet with this content."""
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{CELLS}" xmlns:r="{IDS}"><sheets>'
        '<sheet name="A" sheetId="1" r:id="s"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(("s", "worksheet", "worksheets/a.xml")),
        "xl/worksheets/a.xml": f'{declared}<worksheet xmlns="{CELLS}">{content}</worksheet>',
    }
    return package("xl/workbook.xml", parts)


def open_document(kind: str, content: str, declared: str = "") -> bytes:
    """Return a text, a spreadsheet or a presentation with this content."""
    spaces = f'xmlns:o="{ODF}office:1.0" xmlns:t="{ODF}text:1.0" xmlns:a="{ODF}table:1.0"'
    root = f"<o:document-content {spaces}><o:body><o:{kind}>{content}</o:{kind}></o:body>"
    return zipped({"content.xml": f"{declared}{root}</o:document-content>"})


def paragraph(words: str) -> str:
    """Return a paragraph of a Word document."""
    return f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>"
