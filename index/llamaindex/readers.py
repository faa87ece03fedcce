"""The seam to LlamaIndex: its readers as loaders, and Quoth's loaders as one of its readers."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import LoadError
from index.llamaindex.document_groups import PAGE, address_of, path_of
from index.load.dates import in_utc
from index.load.decode import canonical, refuse_binary_text
from index.load.joined_pages import join_pages
from index.load.loaders import load_bytes, load_file
from index.load.read_file import check_file
from index.load.titles import (
    clean_title,
    title_from_first_line,
    title_from_heading,
    title_from_name,
)
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings

if TYPE_CHECKING:
    from llama_index.core.readers.base import BaseReader
    from llama_index.core.schema import Document

_TITLES = ("title", "page_title", "subject", "name", "note_name")
_DATES = (
    "last_modified_date",
    "modified",
    "updated_at",
    "last_modified",
    "last_edited_time",
    "modified at",
    "modified_at",
    "updated",
    "date",
    "published",
    "created_at",
)
"""Names under which readers state what a document is called and when it was last changed."""

_HTML = re.compile(r"\s*(?:<!doctype html|<html\b)", re.IGNORECASE)


@dataclass(frozen=True)
class ReaderLoader:
    """Reads files through a LlamaIndex reader; a `Loader`.

    The texts of its documents are joined by blank lines. Where each states a `page_label`, as
    readers of paged media do, they are the pages.
    """

    reader: BaseReader
    suffixes: frozenset[str]
    """Endings of the files it reads, lower case, with the dot."""

    def accepts(self, path: Path) -> bool:
        """Say whether `path` is named like a file this reader takes."""
        return path.suffix.lower() in self.suffixes

    def load(self, path: Path) -> LoadedDocument:
        """Read the file; raises LoadError with a plain reason."""
        check_file(path)
        documents = self.reader.load_data(path)
        loaded = joined_document(documents, path.name, fallback=path.name)
        if loaded is None:
            reader = type(self.reader).__name__
            raise LoadError(path.name, f"{reader} found no text in it.")
        mime = mimetypes.guess_type(path.name)[0] or "text/plain"
        return loaded.model_copy(update={"mime": mime})


def joined_document(
    documents: Sequence[Document], name: str, *, fallback: str
) -> LoadedDocument | None:
    """Return documents of one original as one, by what their metadata say; None without any text.

    `name` is what it is called; it is titled as it states or shows, else after `fallback`. Raises
    LoadError for what is no text.
    """
    refuse_binary_text("".join(document.get_content() or "" for document in documents), name)
    texts = [canonical(document.get_content() or "") for document in documents]
    text, spans = join_pages(texts)
    if not text.strip():
        return None
    about: dict[str, Any] = documents[0].metadata
    url, modified = address_of(about), _modified(about)
    if len(documents) == 1 and _HTML.match(text):
        page = load_bytes(text.encode(errors="replace"), name=name, mime="text/html")
        title = _stated_title(about) or page.title
        stated = {"title": title, "url": url or page.url, "modified": modified or page.modified}
        return page.model_copy(update=stated)
    paged = all(PAGE in document.metadata for document in documents)
    return LoadedDocument(
        text=text,
        title=_title(about, text, path_of(about) or fallback),
        mime=_mime(about, paged=paged),
        pages=spans if paged else (),
        url=url,
        modified=modified,
        warnings=invisible_warnings(text),
    )


def as_reader() -> BaseReader:
    """Return Quoth's loaders as a LlamaIndex reader of single files.

    It suits `SimpleDirectoryReader(file_extractor={".pdf": as_reader()})`. A paged file becomes
    one document a page, with its number as `page_label`; raises LoadError.
    """
    from llama_index.core.readers.base import BaseReader
    from llama_index.core.schema import Document

    class QuothReader(BaseReader):  # type: ignore[misc]  # LlamaIndex is not checked
        """Reads one file by Quoth's loaders."""

        def load_data(
            self, file: Path, extra_info: dict[str, Any] | None = None, **_: object
        ) -> list[Document]:
            """Read `file`; `extra_info` is added to the metadata of each document."""
            loaded = load_file(Path(file))
            return [
                Document(text=text, metadata={**metadata, **(extra_info or {})})
                for text, metadata in _parts(loaded)
            ]

    return QuothReader()


def _parts(loaded: LoadedDocument) -> list[tuple[str, dict[str, str]]]:
    """Return the texts of a document, by page where it has pages, with their metadata."""
    about = {"title": loaded.title, "mime": loaded.mime}
    if loaded.url:
        about["url"] = loaded.url
    if loaded.modified:
        about["last_modified_date"] = loaded.modified.isoformat()
    if not loaded.pages:
        return [(loaded.text, about)]
    return [
        (page.of(loaded.text), {**about, "page_label": str(number)})
        for number, page in enumerate(loaded.pages, start=1)
    ]


def _title(about: dict[str, Any], text: str, name: str) -> str:
    """Return the title that a reader states, or that the text shows."""
    shown = title_from_heading(text) or title_from_first_line(text)
    return _stated_title(about) or shown or title_from_name(name)


def _stated_title(about: dict[str, Any]) -> str | None:
    stated = (about.get(name) for name in _TITLES)
    titles = (clean_title(unescape(each)) for each in stated if isinstance(each, str))
    return next((title for title in titles if title), None)


def _modified(about: dict[str, Any]) -> datetime | None:
    stated = (in_utc(about.get(name)) for name in _DATES)
    return next((moment for moment in stated if moment), None)


def _mime(about: dict[str, Any], *, paged: bool) -> str:
    """Return the media type of what a reader made of an original: most make plain text of it."""
    name = path_of(about) or ""
    stated = about.get("file_type") or mimetypes.guess_type(name)[0]
    if stated == "text/markdown" or name.lower().endswith((".md", ".markdown")):
        return "text/markdown"
    return "application/pdf" if paged and stated == "application/pdf" else "text/plain"
