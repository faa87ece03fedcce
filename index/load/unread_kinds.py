"""Kinds of documents that Quoth does not read, and what to save them as instead."""

from __future__ import annotations

from pathlib import PurePath
from typing import NamedTuple

from index.load.formats import SUFFIXES


class UnreadKind(NamedTuple):
    """Documents that a person would miss, so that each is named, and what can be done."""

    kind: str
    """What a person calls such files, in the plural, as in the middle of a sentence."""
    suffixes: frozenset[str]
    """Lower case, with the dot; one that has become a format (`index.load.formats`) is read."""
    better: tuple[str, ...] = ()
    """Endings that the program that wrote them can save them with, the most faithful first."""


UNREAD_KINDS = (
    UnreadKind("Word documents", frozenset({".doc", ".docm", ".docx"}), (".docx", ".pdf")),
    UnreadKind("word processor documents", frozenset({".odt", ".rtf", ".wpd"}), (".docx", ".pdf")),
    UnreadKind("Pages documents", frozenset({".pages"}), (".docx", ".pdf")),
    UnreadKind(
        "presentations",
        frozenset({".pps", ".ppt", ".pptx", ".odp", ".key"}),
        (".pptx", ".pdf"),
    ),
    UnreadKind(
        "spreadsheets",
        frozenset({".xls", ".xlsb", ".xlsx", ".xlsm", ".ods", ".numbers"}),
        (".xlsx", ".csv", ".pdf"),
    ),
    UnreadKind("electronic books", frozenset({".epub", ".mobi", ".azw3"}), (".epub", ".html")),
    UnreadKind("pages ready to print", frozenset({".djvu", ".ps", ".xps"}), (".pdf",)),
    UnreadKind(
        "texts in a markup language",
        frozenset({
            ".tex", ".adoc", ".asciidoc", ".org", ".wiki", ".mediawiki", ".textile",
        }),
        (".md", ".html"),
    ),
    UnreadKind("e-mail messages", frozenset({".eml", ".msg"}), (".eml", ".html")),
    UnreadKind("saved web pages", frozenset({".mht", ".mhtml"}), (".html",)),
    UnreadKind("notebooks", frozenset({".ipynb"}), (".html", ".md")),
    UnreadKind("OneNote sections", frozenset({".one"}), (".docx", ".pdf")),
)  # fmt: skip
"""Every kind that is named file by file; what has another ending is counted by it."""

_BY_SUFFIX = {suffix: each for each in UNREAD_KINDS for suffix in each.suffixes}
_LONGEST = 10
"""Characters of an ending; what is longer, or has blanks in it, is a part of the name."""


def unread_kind(suffix: str) -> UnreadKind | None:
    """Return the kind of documents with this ending that is not read, in lower case."""
    return None if suffix in SUFFIXES else _BY_SUFFIX.get(suffix)


def ending_of(name: str) -> str:
    """Return the ending of a file's name in lower case with the dot; empty without one."""
    start, dot, ending = name.rpartition(".")
    is_one = start and 0 < len(ending) <= _LONGEST and ending.isprintable() and " " not in ending
    return dot + ending.lower() if is_one else ""


def unread_type(path: PurePath) -> str:
    """Say that files named like `path` are not read, and what to do."""
    suffix = path.suffix.lower()
    if suffix == ".zip":
        return "An archive is no document by itself: add it as a file, or put it into the folder."
    files = f"Files ending in {suffix!r}" if suffix else "Files without an ending"
    known = unread_kind(suffix)
    kind = f" ({known.kind})" if known else ""
    better = [each for each in known.better if each in SUFFIXES and each != suffix] if known else []
    advice = f"as {' or '.join(better)}" if better else "as PDF, HTML, Markdown or plain text"
    return f"{files}{kind} are not read; save them {advice}."
