"""OpenDocument texts, as LibreOffice saves them.

Insertions that nobody has accepted yet are read, deletions are not. Headers, footers, comments and
tables of contents are left out.
"""

from __future__ import annotations

from index.errors import LoadError
from index.load.composed_text import ComposedText
from index.load.hidden_text import hidden_warning
from index.load.odf_blocks import OdfBlocks
from index.load.odf_styles import OpenDocument
from index.load.titles import title_from_heading, title_from_name
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings

MIME = "application/vnd.oasis.opendocument.text"


def load_odt(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read a text in order; `charset` has no meaning here."""
    document = OpenDocument(data, name, newer=".odt")
    blocks = OdfBlocks(document.styles, ComposedText())
    blocks.write(document.body)
    text = blocks.text.text
    if not text:
        raise LoadError(name, "It holds no text, only pictures if anything.")
    return LoadedDocument(
        text=text,
        title=document.title or blocks.title or title_from_heading(text) or title_from_name(name),
        mime=MIME,
        modified=document.modified,
        warnings=hidden_warning(blocks.hidden) + invisible_warnings(text),
    )
