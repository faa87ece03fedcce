"""Which format a file or bytes are in, and the one way to load each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Protocol

from index.errors import LoadError
from index.load.html import load_html
from index.load.pdf import load_pdf
from index.load.read_file import read_file, reason_of
from index.load.text_formats import load_markdown, load_table, load_text
from index.schema import LoadedDocument
from index.text.layout import folded

if TYPE_CHECKING:
    # It imports numpy, which a walk over unchanged files has no use for.
    from index.protocols import Loader


class Parser(Protocol):
    """Makes a document of the bytes of one format."""

    def __call__(self, data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
        """Parse `data`; raises LoadError that names `name`."""
        ...


class LoadBytes(Protocol):
    """Loads bytes as `load_bytes` does, here or in another process."""

    def __call__(
        self, data: bytes, *, name: str, mime: str | None = None, charset: str | None = None
    ) -> LoadedDocument:
        """Load `data`; raises LoadError."""
        ...


@dataclass(frozen=True)
class Format:
    """One format that Quoth reads itself."""

    parse: Parser
    suffixes: frozenset[str]
    """Lower case, with the dot."""
    mimes: frozenset[str]
    """Media types that a server gives to it."""


_HTML = Format(
    load_html,
    frozenset({".html", ".htm", ".xhtml"}),
    frozenset({"text/html", "application/xhtml+xml"}),
)
_MARKDOWN = Format(
    load_markdown, frozenset({".md", ".markdown"}), frozenset({"text/markdown", "text/x-markdown"})
)
_PDF = Format(load_pdf, frozenset({".pdf"}), frozenset({"application/pdf"}))
_TABLE = Format(
    load_table, frozenset({".csv", ".tsv"}), frozenset({"text/csv", "text/tab-separated-values"})
)
_TEXT = Format(
    load_text, frozenset({".txt", ".text", ".log", ".rst"}), frozenset({"text/plain", "text/x-rst"})
)

FORMATS = (_MARKDOWN, _HTML, _PDF, _TEXT, _TABLE)
"""The formats that Quoth reads itself."""

SUFFIXES: frozenset[str] = frozenset().union(*(each.suffixes for each in FORMATS))
"""Endings of the files that Quoth reads itself, lower case, with the dot."""


def load_file(
    path: Path, *, name: str | None = None, loaders: Sequence[Loader] = ()
) -> LoadedDocument:
    """Load a file by the first of `loaders` that accepts it, else by its format.

    `name` is what errors call it. Raises LoadError, whatever goes wrong inside a loader.
    """
    name = name or path.name
    loader = next((each for each in loaders if each.accepts(path)), None)
    try:
        if loader is None:
            return load_bytes(read_file(path, name=name), name=path.name)
        return loader.load(path)
    except LoadError as error:
        raise LoadError(name, error.reason) from error.__cause__
    except OSError as error:
        raise LoadError(name, reason_of(error)) from error
    except Exception as error:  # one document, in whatever reader, never ends a whole sync
        raise LoadError(name, _unexpected(error)) from error


def load_bytes(
    data: bytes, *, name: str, mime: str | None = None, charset: str | None = None
) -> LoadedDocument:
    """Load bytes already read; the format is told by `mime`, else by the ending of `name`.

    Raises LoadError, whatever goes wrong inside a loader.
    """
    suffix = PurePath(name).suffix.lower()
    for each in FORMATS:
        if mime in each.mimes if mime else suffix in each.suffixes:
            try:
                return each.parse(data, name, charset=charset)
            except LoadError:
                raise
            except Exception as error:  # as in load_file
                raise LoadError(name, _unexpected(error)) from error
    unread = f"It is of type {mime}, which Quoth does not read."
    raise LoadError(name, unread if mime else unread_type(PurePath(name)))


def unread_type(path: PurePath) -> str:
    """Say that files named like `path` are not read, and what to do."""
    kind = f"Files ending in {path.suffix.lower()!r}" if path.suffix else "Files without an ending"
    return f"{kind} are not read; save them as PDF, HTML, Markdown or plain text."


def _unexpected(error: Exception) -> str:
    """Describe a failure that no loader foresaw."""
    return f"It could not be read ({type(error).__name__}: {folded(str(error))[:200]})."
