"""What a page of the web is read as: by the type that its server states, its name, and its bytes.

Servers that only hand out files often state no type, or one that says no more than that it is to be
downloaded. Then the ending of the address decides, and for what is no text the bytes themselves.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from index.load.checked_connection import RefusedError

_OPEN_XML = "application/vnd.openxmlformats-officedocument"
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument"
_DOCX = f"{_OPEN_XML}.wordprocessingml.document"
_PPTX = f"{_OPEN_XML}.presentationml.presentation"
_XLSX = f"{_OPEN_XML}.spreadsheetml.sheet"
_ODT = f"{_OPEN_DOCUMENT}.text"
_ODS = f"{_OPEN_DOCUMENT}.spreadsheet"
_ODP = f"{_OPEN_DOCUMENT}.presentation"
_EPUB = "application/epub+zip"
_RTF = "application/rtf"
_PDF = "application/pdf"
_DOCBOOK = "application/docbook+xml"
_DITA = "application/dita+xml"

# fmt: off
PAGE_TYPES = frozenset({
    "text/html", "application/xhtml+xml", "text/plain", "text/markdown", "text/x-markdown",
    _PDF, _DOCX, _PPTX, _XLSX, _ODT, _ODS, _ODP, _EPUB, _RTF, "text/rtf",
    _DOCBOOK, _DITA,
    "application/vnd.ms-word.document.macroenabled.12",
    "application/vnd.ms-excel.sheet.macroenabled.12",
    "application/vnd.ms-powerpoint.presentation.macroenabled.12",
    "text/csv", "text/tab-separated-values", "application/json",
})
XML_TYPES = frozenset({
    "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/xml",
    "text/xml",
})
# fmt: on
"""Types of pages that are read, and of feeds and maps of sites."""

_PACKED = {
    ".docx": _DOCX, ".pptx": _PPTX, ".xlsx": _XLSX, ".odt": _ODT, ".ods": _ODS, ".odp": _ODP,
    ".epub": _EPUB, ".rtf": _RTF, ".pdf": _PDF,
}  # fmt: skip
"""Formats whose bytes tell them, by the ending."""

_TEXTS = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".txt": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".json": "application/json",
    ".xml": "application/xml",
    **dict.fromkeys((".dbk", ".docbook"), _DOCBOOK),
    **dict.fromkeys((".dita", ".ditamap"), _DITA),
    ".rss": "application/rss+xml",
    ".atom": "application/atom+xml",
}
"""Formats told by the ending alone, for servers that state none or call everything plain text."""

_MORE_THAN_PLAIN = frozenset(
    {"text/markdown", "text/csv", "text/tab-separated-values", "application/json", _DOCBOOK, _DITA}
)
"""What is read as such by its ending where the server calls it plain text."""

_ANY_XML = frozenset({"application/xml", "text/xml"})
"""Types that servers give to feeds, to documents and to data alike."""

VAGUE = frozenset(
    {"", "application/octet-stream", "binary/octet-stream", "application/x-download"}
    | {"application/force-download", "application/zip", "application/x-zip-compressed"}
    | {"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"}
)
"""Types that say nothing, or that servers give to whatever is packed or made by an office."""

SIGN = 4
"""Bytes by which it is told whether something is packed, RTF or PDF."""

_ZIP, _RICH, _PORTABLE = b"PK\3\4", b"{\\rt", b"%PDF"
_PARTS = ((b"word/", _DOCX), (b"ppt/", _PPTX), (b"xl/", _XLSX))
_NAMED = (_ODT, _ODS, _ODP, _EPUB)
_NAME = slice(30, 200)
"""Where OpenDocument files and e-books have their type: in the first member, not compressed."""


def media_type(content_type: str, name: str, types: Collection[str], body: bytes) -> str:
    """Return what to read an answer as; raises RefusedError for what is not read.

    `name` is its address or file name; `body` is needed from SIGN bytes on, and all of it for what
    is packed and of a type that says nothing, or any XML: `is_told_by_bytes`.
    """
    mime = _plain(content_type)
    suffix = _suffix(name)
    told = _TEXTS.get(suffix)
    if mime in VAGUE:
        found = _type_of_bytes(body)
        if found is None and suffix not in _PACKED:
            found = told or mime
        elif found == "" and _PACKED.get(suffix) in _NAMED:
            found = _PACKED[suffix]  # not every program writes down what it makes
        if found is not None and found in types:
            return found
    elif mime == "text/plain" and told in _MORE_THAN_PLAIN and told in types:
        return told
    elif mime in _ANY_XML and (document := _marked_up_type(body)) in types:
        return document or mime
    elif mime in types:
        if mime in _PACKED.values() and _is_page(body):
            raise RefusedError(f"The server calls it a document, but {_SIGN_IN}.")
        return mime
    if suffix in _PACKED and mime in VAGUE:
        came = _SIGN_IN if _is_page(body) else "what came is nothing of the kind"
        raise RefusedError(f"Its address ends in {suffix}, but {came}.")
    kind = f"of type {mime!r}" if mime else "of no stated type"
    raise RefusedError(f"It is {kind}; only {_READ} are read.")


def is_told_by_bytes(content_type: str, begins: bytes) -> bool:
    """Say whether it takes the whole of an answer to tell what it is, by how it `begins`."""
    mime = _plain(content_type)
    return mime in _ANY_XML or (mime in VAGUE and begins.startswith(_ZIP))


_READ = "HTML, PDF, office documents, e-books, Markdown, DocBook, DITA, plain text, CSV and JSON"
_SIGN_IN = "what came is a web page, perhaps one to sign in at"


def _plain(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _suffix(name: str) -> str:
    path = urlsplit(name).path if "://" in name else name
    return PurePosixPath(path).suffix.lower()


def _is_page(body: bytes) -> bool:
    """Say whether what is no markup by its type begins like a page."""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _marked_up_type(body: bytes) -> str | None:
    from index.load.marked_up_document import marked_up_type

    return marked_up_type(body)


def _type_of_bytes(body: bytes) -> str | None:
    """Return what bytes are, if they are packed, RTF or PDF; empty for another archive."""
    if body.startswith(_RICH):
        return _RTF
    if body.startswith(_PORTABLE):
        return _PDF
    if not body.startswith(_ZIP):
        return None
    stated = body[_NAME]
    if stated.startswith(b"mimetype"):
        value = stated.removeprefix(b"mimetype")
        return next((mime for mime in _NAMED if value.startswith(mime.encode())), "")
    # The names of the parts stand at the end, where the list of them is; inner packages before.
    places = [(body.rfind(part), mime) for part, mime in _PARTS]
    at, mime = max(places)
    return mime if at >= 0 else ""
