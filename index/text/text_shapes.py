"""How the canonical text of each media type is built: as Markdown, as
reStructuredText, as a table, as code, or plain.

What loads a format and what cuts its text know nothing of each other; here they agree.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

TextShape: TypeAlias = Literal[
    "markdown",
    "rst",
    "table",
    "code",
    "plain",
    "asciidoc",
    "org",
    "mediawiki",
    "latex",
    "json",
    "jsonl",
    "yaml",
    "toml",
    "xml",
    "source",
    "spoken",
]
"""What the structure of a canonical text is written in."""

_MARKDOWN = frozenset({"text/markdown", "text/x-markdown", "text/mdx", "application/x-ipynb+json"})
_MADE_MARKDOWN = frozenset(
    {
        "text/html",
        "application/xhtml+xml",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.presentation",
        "application/rtf",
        "application/epub+zip",
        "application/docbook+xml",
        "application/dita+xml",
        "message/rfc822",
        "application/mbox",
        "application/vnd.ms-outlook",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    }
)
"""Media types of originals whose canonical text is Markdown, by themselves and by their loader."""

_TABLES = frozenset({"text/csv", "text/tab-separated-values"})
_OTHERS: dict[str, TextShape] = {
    "text/asciidoc": "asciidoc",
    "text/org": "org",
    "text/x-wiki": "mediawiki",
    "application/x-tex": "latex",
    "text/vtt": "spoken",
    "application/x-subrip": "spoken",
    "application/json": "json",
    "application/jsonl": "jsonl",
    "application/yaml": "yaml",
    "application/toml": "toml",
    "application/xml": "xml",
}
_SOURCE = "text/x-source-"
_CODE = re.compile(r"text/x-(?!rst\b|log\b)|application/(?:x-)")


def text_shape(mime: str) -> TextShape:
    """Return how the canonical text of a document of this media type is built."""
    if mime in _MARKDOWN or is_made_markdown(mime):
        return "markdown"
    if mime == "text/x-rst":
        return "rst"
    if mime in _TABLES:
        return "table"
    if mime in _OTHERS:
        return _OTHERS[mime]
    if mime.startswith(_SOURCE):
        return "source"
    return "code" if _CODE.match(mime) else "plain"


def is_made_markdown(mime: str) -> bool:
    """Say whether the Markdown of such a document was written by its loader."""
    return mime in _MADE_MARKDOWN


def source_type(language: str) -> str:
    """Return the media type of source code in a language, by the name of its grammar."""
    return _SOURCE + language


def language_of_type(mime: str) -> str:
    """Return the language of source code of this media type."""
    return mime.removeprefix(_SOURCE)
