"""The seam to LlamaIndex: its readers as loaders, and Quoth's loaders as one of its readers."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import LoadError
from index.load.dates import in_utc
from index.load.decode import canonical
from index.load.frontmatter import web_address
from index.load.joined_pages import join_pages
from index.load.loaders import load_file
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
        texts = [canonical(document.get_content()) for document in documents]
        text, spans = join_pages(texts)
        if not text.strip():
            reader = type(self.reader).__name__
            raise LoadError(path.name, f"{reader} found no text in it.")
        about: dict[str, Any] = documents[0].metadata
        paged = all("page_label" in document.metadata for document in documents)
        return LoadedDocument(
            text=text,
            title=_title(about, text, path),
            mime=mimetypes.guess_type(path.name)[0] or "text/plain",
            pages=spans if paged else (),
            url=web_address(about.get("url")),
            modified=in_utc(about.get("last_modified_date")),
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


def _title(about: dict[str, Any], text: str, path: Path) -> str:
    """Return the title that a reader states, or that the text shows."""
    stated = about.get("title")
    if isinstance(stated, str) and (title := clean_title(stated)):
        return title
    return title_from_heading(text) or title_from_first_line(text) or title_from_name(path.name)
