"""MediaWiki text: the text of a page, without templates, references and categories."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from index.errors import LoadError
from index.load.decode import decode
from index.load.markup_lines import FENCE, Row, emptied, nothing, replaced, table_lines
from index.load.titles import title_from_name
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings

_COMMENT = re.compile(r"<!--")
_CODE = re.compile(
    r"<(?P<tag>pre|syntaxhighlight|source)\b(?P<about>[^<>\n]{0,300}?)>", re.IGNORECASE
)
_LANGUAGE = re.compile(r"""lang\s*=\s*["']?([\w+#-]+)""")
_UNREAD = re.compile(
    r"<(?P<tag>ref|gallery|imagemap|timeline|score)\b[^<>]{0,500}?(?P<alone>/)?>", re.IGNORECASE
)
_TAGS = re.compile(
    r"</?(?:references|nowiki|noinclude|includeonly|onlyinclude)\b[^<>\n]{0,100}>"
    r"|\b__[A-Z]{3,20}__\b"
)
_BRACES = re.compile(r"\{\{|\}\}|\[\[|\]\]")
_PICTURE = re.compile(r"\[\[\s*:?(?:category|file|image|media)\s*:", re.IGNORECASE)
_LANGUAGE_LINK = re.compile(r"\[\[\s*[a-z]{2,3}(?:-[a-z]+)?\s*:", re.IGNORECASE)
_NOTE = re.compile(
    r"\{\{\s*(?:cite|citation|ref|refn|efn|sfn\w*|harv\w*|rp|cn|fact|clarify|when|by whom|who"
    r"|which|according to whom|dubious|dead link|better source|verify|anchor|clear|reflist"
    r"|notelist|short description|use \w+ dates|see also|main|about|further|defaultsort)\b",
    re.IGNORECASE,
)
_NEAR = 50
"""Characters beside a template that are looked at to tell whether it fills its lines."""

_CELLS = re.compile(r"\|\||!!")
_CELL_ABOUT = re.compile(r"[^|\[{\n=]{0,200}=[^|\[{\n]{0,200}\|(?!\|)")
_DEEPEST = 40
"""How deep templates nest; what is deeper stays as it is."""


def load_mediawiki(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read the text of a wiki page; what its readers do not see is taken out, line by line."""
    decoded = decode(data, name=name, declared=charset)
    text = replaced(decoded.text, _COMMENT, "-->", nothing)
    text = replaced(text, _CODE, "</{tag}>", _code)
    text = replaced(_without_templates(text), _UNREAD, "</{tag}>", nothing)
    text = "\n".join(_with_tables(_TAGS.sub("", text).split("\n")))
    if not text.strip():
        raise LoadError(name, "The file holds nothing but templates and comments.")
    return LoadedDocument(
        text=text,
        title=title_from_name(name),
        mime="text/x-wiki",
        warnings=decoded.warnings + invisible_warnings(text),
    )


def _code(found: re.Match[str], body: str) -> str:
    """Put fences in the place of tags that stand on lines of their own.

    Other code begins its lines with a blank, which says the same on a wiki.
    """
    if "\n" not in body:
        return f"`{body.strip()}`" if body.strip() else ""
    lines = body.split("\n")
    if lines[0].strip() or lines[-1].strip():
        return "\n".join(" " + line for line in lines)
    language = _LANGUAGE.search(found["about"])
    return "\n".join([FENCE + (language[1] if language else ""), *lines[1:-1], FENCE])


def _without_templates(text: str) -> str:
    """Take out templates that fill lines of their own or note a source, and links to no text."""
    cuts: list[tuple[int, int]] = []
    opened: list[tuple[str, int]] = []
    for mark in _BRACES.finditer(text):
        if mark[0] in ("{{", "[["):
            opened.append((mark[0], mark.start()))
            del opened[:-_DEEPEST]
        elif opened and opened[-1][0] == ("{{" if mark[0] == "}}" else "[["):
            _, start = opened.pop()
            if _is_unread(text, start, mark.end()):
                while cuts and cuts[-1][0] >= start:
                    cuts.pop()
                cuts.append((start, mark.end()))
    kept: list[str] = []
    at = 0
    for start, end in cuts:
        kept += (text[at:start], emptied(text[start:end]))
        at = end
    return "".join([*kept, text[at:]])


def _is_unread(text: str, start: int, end: int) -> bool:
    """Say whether readers see no words of a template or link."""
    before = text[max(0, start - _NEAR) : start]
    begins = ("\n" in before or start <= _NEAR) and not before.rpartition("\n")[2].strip()
    alone = begins and not text[end : end + _NEAR].partition("\n")[0].strip()
    if text[start] == "[":
        return bool(_PICTURE.match(text, start) or (alone and _LANGUAGE_LINK.match(text, start)))
    long = begins and text.find("\n", start, end) >= 0
    return alone or long or _NOTE.match(text, start) is not None


def _with_tables(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines with the rows of tables as rows of Markdown."""
    at, closed = 0, True
    while at < len(lines):
        stop = _table_end(lines, at) if closed and _margin(lines[at]).startswith("{|") else at
        closed = closed and stop is not None
        if stop is None or stop == at:
            yield lines[at]
            at += 1
        else:
            yield from _table(lines[at:stop])
            at = stop


def _margin(line: str) -> str:
    return line.lstrip(" \t:")


def _table_end(lines: Sequence[str], first: int) -> int | None:
    """Return the line behind a table and what is nested in it; None where nothing closes it."""
    depth = 0
    for number in range(first, len(lines)):
        line = _margin(lines[number])
        depth += line.startswith("{|") - line.startswith("|}")
        if depth == 0:
            return number + 1
    return None


def _table(lines: Sequence[str]) -> list[str]:
    """Return a table, each row on the line that it begins on, its caption in its first line."""
    rows: list[tuple[int, list[list[str]]]] = []
    caption, headed, fresh = "", False, True
    for number, raw in enumerate(lines):
        line = raw.strip()
        if line.startswith(("{|", "|}", "|-")):
            fresh = True
        elif line.startswith("|+"):
            caption = _words(line[2:])
        elif line.startswith(("|", "!")):
            if fresh:
                rows.append((number, []))
            headed = headed or (fresh and len(rows) == 1 and line[0] == "!")
            fresh = False
            rows[-1][1].extend([_words(cell)] for cell in _CELLS.split(line[1:]))
        elif line and rows:
            rows[-1][1][-1].append(line)
    made = [Row(at, tuple(" ".join(cell) for cell in cells)) for at, cells in rows]
    shown = table_lines(made, len(lines), headed=headed)
    if caption and not shown[0]:
        shown[0] = caption
    return shown


def _words(cell: str) -> str:
    """Return what a cell says, without what is said of it."""
    return _CELL_ABOUT.sub("", cell, count=1).strip()
