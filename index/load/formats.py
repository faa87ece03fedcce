"""The formats that Quoth reads itself: how their files are told, and what reads them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from index.errors import LoadError
from index.schema import LoadedDocument
from index.text.code_endings import DATA_TYPE_OF, LANGUAGE_OF

if TYPE_CHECKING:
    from index.load.text_recognition import Recogniser


class Parser(Protocol):
    """Makes a document of the bytes of one format."""

    def __call__(self, data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
        """Parse `data`; raises LoadError that names `name`."""
        ...


class PictureParser(Protocol):
    """Makes a document of the bytes of a format that may be pictures of text."""

    def __call__(
        self,
        data: bytes,
        name: str,
        *,
        charset: str | None = None,
        recogniser: Recogniser | None = None,
    ) -> LoadedDocument:
        """Parse `data`, reading pictures with `recogniser`, None being what is installed."""
        ...


@dataclass(frozen=True)
class Format:
    """One format, and the function that reads it, which is imported when it is first needed."""

    kind: str
    """What a person calls such files, in the plural: "Word documents"."""
    parser: str
    """Where its Parser stands: "module:function"."""
    suffixes: frozenset[str]
    """Lower case, with the dot."""
    mimes: frozenset[str] = frozenset()
    """Media types that a server gives to it."""
    extra: str | None = None
    """The extra of this package that brings what it is read with; None where nothing is needed."""
    has_pictures: bool = False
    """Whether the parser is a PictureParser."""

    def parse(
        self,
        data: bytes,
        name: str,
        *,
        charset: str | None = None,
        recogniser: Recogniser | None = None,
    ) -> LoadedDocument:
        """Parse `data`; raises LoadError, also where the extra is not installed."""
        module, _, function = self.parser.partition(":")
        try:
            parser = getattr(import_module(module), function)
            if self.has_pictures:
                parse_pictures = cast(PictureParser, parser)
                return parse_pictures(data, name, charset=charset, recogniser=recogniser)
            return cast(Parser, parser)(data, name, charset=charset)
        except ModuleNotFoundError as error:
            if self.extra is None:
                raise
            raise LoadError(name, self.missing_extra) from error

    @property
    def missing_extra(self) -> str:
        """Say that what reads these files is not installed, and the command that brings it."""
        files = self.kind[0].upper() + self.kind[1:]
        return (
            f"{files} need an extra package. Run `pip install 'quoth[{self.extra}]'`, "
            "then sync again."
        )


FORMATS = (
    Format(
        "Markdown files",
        "index.load.text_formats:load_markdown",
        frozenset({".md", ".markdown"}),
        frozenset({"text/markdown", "text/x-markdown"}),
    ),
    Format(
        "web pages",
        "index.load.html:load_html",
        frozenset({".html", ".htm", ".xhtml"}),
        frozenset({"text/html", "application/xhtml+xml"}),
    ),
    Format(
        "PDF files",
        "index.load.pdf:load_pdf",
        frozenset({".pdf"}),
        frozenset({"application/pdf"}),
        has_pictures=True,
    ),
    Format(
        "pictures",
        "index.load.picture:load_picture",
        frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp"}),
        frozenset({"image/png", "image/jpeg", "image/tiff", "image/webp"}),
        extra="ocr",
        has_pictures=True,
    ),
    Format(
        "Word documents",
        "index.load.docx:load_docx",
        frozenset({".docx", ".docm"}),
        frozenset(
            {
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                "application/vnd.ms-word.document.macroenabled.12",
            }
        ),
    ),
    Format(
        "Excel files",
        "index.load.xlsx:load_xlsx",
        frozenset({".xlsx", ".xlsm"}),
        frozenset(
            {
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                "application/vnd.ms-excel.sheet.macroenabled.12",
            }
        ),
    ),
    Format(
        "PowerPoint files",
        "index.load.pptx:load_pptx",
        frozenset({".pptx", ".pptm"}),
        frozenset(
            {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation",
                "application/vnd.ms-powerpoint.presentation.macroenabled.12",
            }
        ),
    ),
    Format(
        "OpenDocument texts",
        "index.load.odt:load_odt",
        frozenset({".odt", ".ott"}),
        frozenset({"application/vnd.oasis.opendocument.text"}),
    ),
    Format(
        "OpenDocument spreadsheets",
        "index.load.ods:load_ods",
        frozenset({".ods", ".ots"}),
        frozenset({"application/vnd.oasis.opendocument.spreadsheet"}),
    ),
    Format(
        "OpenDocument presentations",
        "index.load.odp:load_odp",
        frozenset({".odp", ".otp"}),
        frozenset({"application/vnd.oasis.opendocument.presentation"}),
    ),
    Format(
        "RTF files",
        "index.load.rtf:load_rtf",
        frozenset({".rtf"}),
        frozenset({"application/rtf", "text/rtf"}),
    ),
    Format(
        "e-books",
        "index.load.epub:load_epub",
        frozenset({".epub"}),
        frozenset({"application/epub+zip"}),
    ),
    Format(
        "mails",
        "index.load.mail:load_eml",
        frozenset({".eml"}),
        frozenset({"message/rfc822"}),
    ),
    Format(
        "mailboxes",
        "index.load.mail:load_mbox",
        frozenset({".mbox"}),
        frozenset({"application/mbox"}),
    ),
    Format(
        "Outlook messages",
        "index.load.outlook:load_msg",
        frozenset({".msg"}),
        frozenset({"application/vnd.ms-outlook"}),
        extra="office",
    ),
    Format(
        "plain text files",
        "index.load.text_formats:load_text",
        frozenset({".txt", ".text", ".log", ".rst"}),
        frozenset({"text/plain", "text/x-rst"}),
    ),
    Format(
        "tables of values",
        "index.load.text_formats:load_table",
        frozenset({".csv", ".tsv"}),
        frozenset({"text/csv", "text/tab-separated-values"}),
    ),
    Format(
        "MDX files",
        "index.load.mdx:load_mdx",
        frozenset({".mdx"}),
        frozenset({"text/mdx"}),
    ),
    Format(
        "AsciiDoc files",
        "index.load.asciidoc:load_asciidoc",
        frozenset({".adoc", ".asciidoc"}),
        frozenset({"text/asciidoc"}),
    ),
    Format(
        "Org files",
        "index.load.org:load_org",
        frozenset({".org"}),
        frozenset({"text/org"}),
    ),
    Format(
        "wiki pages",
        "index.load.mediawiki:load_mediawiki",
        frozenset({".wiki", ".mediawiki"}),
        frozenset({"text/x-wiki"}),
    ),
    Format(
        "LaTeX files",
        "index.load.latex:load_latex",
        frozenset({".tex"}),
        frozenset({"application/x-tex", "text/x-tex"}),
    ),
    Format(
        "notebooks",
        "index.load.notebook:load_notebook",
        frozenset({".ipynb"}),
        frozenset({"application/x-ipynb+json"}),
    ),
    Format(
        "subtitles",
        "index.load.subtitles:load_subtitles",
        frozenset({".srt", ".vtt"}),
        frozenset({"text/vtt", "application/x-subrip"}),
    ),
    Format(
        "DocBook, DITA and other XML files",
        "index.load.marked_up_document:load_marked_up",
        frozenset({".xml", ".dbk", ".docbook", ".dita", ".ditamap"}),
        frozenset(
            {"application/docbook+xml", "application/dita+xml", "application/xml", "text/xml"}
        ),
    ),
    Format(
        "data files",
        "index.load.data_files:load_data",
        frozenset(DATA_TYPE_OF) - {".xml"},
        frozenset(DATA_TYPE_OF.values()) - {"application/xml"},
    ),
    Format(
        "files of source code",
        "index.load.source_code:load_source",
        frozenset(LANGUAGE_OF),
        extra="code",
    ),
)
"""Every format that Quoth reads itself."""

SUFFIXES: frozenset[str] = frozenset().union(*(each.suffixes for each in FORMATS))
"""Endings of the files that Quoth reads itself, lower case, with the dot."""


PICTURES: frozenset[str] = frozenset().union(
    *(each.suffixes for each in FORMATS if each.has_pictures and each.extra)
)
"""Endings of pictures, which most folders have for their looks: passed over without the extra."""


def read_suffixes() -> frozenset[str]:
    """Return the endings of the files that are read here, with the extras that are installed."""
    from index.load.text_recognition import can_recognise

    return SUFFIXES if can_recognise() else SUFFIXES - PICTURES


def unread_reason(name_suffix: str) -> str | None:
    """Say what files with this ending need to be read; None where nothing helps."""
    found = format_named(name_suffix)
    return None if found is None or found.extra is None else found.missing_extra


def format_named(name_suffix: str) -> Format | None:
    """Return the format of files with this ending, in lower case with the dot."""
    return next((each for each in FORMATS if name_suffix in each.suffixes), None)


def format_of_type(mime: str) -> Format | None:
    """Return the format that a server calls by this media type."""
    return next((each for each in FORMATS if mime in each.mimes), None)
