"""The title of a document that does not state one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from index.text.invisible_characters import without_unseen
from index.text.layout import folded

MAX_TITLE = 200
"""Characters of a title; a longer one is cut at a word."""

SEVERAL_TITLES = 3
"""First-level headings from which none of them is the title of the whole."""

_LOOKED_AT = 1000
"""Characters of a heading from which its title is made; marks are among them."""

_LINE = 100
"""A first line longer than this is a paragraph, not a title."""

_HEADING = re.compile(r"^ {0,3}(?P<marks>#{1,6})[ \t]++(?P<text>.+)$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_NO_HEADING = re.compile(r"(?: {4}|\t| {0,3}(?:[-*+>#|]|\d{1,9}[.)])(?:\s|$))")
"""What a line begins with that no underline makes a heading of: code, items, quotations."""
_UNDERLINE = re.compile(r"^ {0,3}(=+|-+)[ \t]*$")
_RST_UNDERLINE = re.compile(r"""^([=\-`:'"~^_*+#<>.])\1{2,}[ \t]*$""")
_MARKUP = re.compile(r"[*_`]+|!?\[([^\]]*)\]\([^)]*\)")


_FILE_NAME = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel)|libreoffice) - .*"
    r"|\S+\.(?:docx?|pptx?|xlsx?|odt|odp|ods|rtf|wpd|indd|qxd|pmd|pub|tex|dvi|e?ps|pdf|html?)",
    re.IGNORECASE,
)
"""What programs make of the name of the file that a document was made from."""
_NO_TITLE = re.compile(
    r"\W*(?:untitled|anonymous|unnamed|unspecified|unknown|no ?title|title|none|null|nil|n/?a"
    r"|(?:untitled|new|word|text|unnamed|microsoft word) ?document|(?:powerpoint )?presentation"
    r"|document|dokument|pr[aä]sentation|book|workbook|sheet|slide|page|layout)[\W\d]*",
    re.IGNORECASE,
)
"""What programs write where nobody gave a title."""


def clean_title(title: str) -> str:
    """Return a title on one line, without what cannot be seen, of bearable length.

    Empty where it says nothing: a number, "untitled", "(anonymous)", "Microsoft Word - plan.doc".
    """
    title = folded(without_unseen(title))
    short = title[: MAX_TITLE + 1]
    if (
        not any(map(str.isalpha, short))
        or _NO_TITLE.fullmatch(short)
        or _FILE_NAME.fullmatch(short)
    ):
        return ""
    return title if len(title) <= MAX_TITLE else title[: MAX_TITLE - 1].rsplit(" ", 1)[0] + "…"


def title_from_name(name: str) -> str:
    """Make a file's name or an address readable: `un-charter_2.md` is "un charter 2".

    A name that says nothing stays whole: `1.md` is "1.md".
    """
    parts = urlsplit(name) if "://" in name else None
    path = PurePosixPath(unquote(parts.path) if parts else name)
    host = parts.netloc if parts else ""
    if title := clean_title(re.sub(r"[-_]+", " ", path.stem or host)):
        return title
    whole = folded(without_unseen(f"{host}/{path.name}" if host else path.name or name))
    return (whole if any(map(str.isalpha, whole)) else f"document {whole}".strip())[:MAX_TITLE]


def title_from_heading(markdown: str) -> str | None:
    """Return the first heading of a Markdown text, written with # or underlined.

    None where so many are of the first level that the first one names a section, not the document.
    """
    found = list(_headings(markdown))
    if sum(level == 1 for level, _ in found) >= SEVERAL_TITLES:
        return None
    return _plain(found[0][1]) if found else None


def _headings(markdown: str) -> Iterator[tuple[int, str]]:
    """Yield level and text of each heading, marks left in."""
    previous, fenced = "", ""
    for line in markdown.split("\n"):
        if fence := _FENCE.match(line):
            if not fenced:
                fenced = fence[1]
            elif fence[1].startswith(fenced) and not line.strip(" `~"):
                fenced = ""
        elif not fenced:
            underline = _UNDERLINE.match(line)
            if match := _HEADING.match(line):
                text = match["text"].rstrip(" \t")
                yield len(match["marks"]), text.rstrip("#").rstrip(" \t") or text[:1]
            elif underline and previous.strip() and not _NO_HEADING.match(previous):
                yield 1 if underline[1].startswith("=") else 2, previous
        previous = "" if fenced else line


def title_from_first_line(text: str) -> str | None:
    """Return the first line if it stands like a title: short, and no whole sentence."""
    lines = [line.strip() for line in text.split("\n", 200)[:200] if line.strip()]
    while lines and _RST_UNDERLINE.match(lines[0]):
        lines.pop(0)
    if not lines or len(lines[0]) > _LINE or lines[0].endswith((".", ",", ";", ":")):
        return None
    return clean_title(lines[0]) or None


def _plain(heading: str) -> str | None:
    """Return a heading without Markdown marks."""
    return clean_title(_MARKUP.sub(lambda match: match[1] or "", heading[:_LOOKED_AT])) or None
