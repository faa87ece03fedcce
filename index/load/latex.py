"""LaTeX: the text between the beginning and the end of a document, without its comments."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.errors import LoadError
from index.load.decode import decode
from index.load.markup_lines import FENCE, Row, table_lines
from index.load.titles import clean_title, title_from_name
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings
from index.text.readable_markup import readable_words

_BEGIN = re.compile(r"\s*\\begin\{(verbatim\*?|lstlisting|minted|Verbatim|alltt|comment)\}(.*)")
_TABULAR = re.compile(r"\s*\\begin\{(tabular\*?|tabularx|longtable|array|tabulary)\}")
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%.*")
_DOCUMENT = re.compile(r"^[^%\n]*?\\begin\{document\}", re.MULTILINE)
_END = re.compile(r"^[ \t]*\\end\{document\}", re.MULTILINE)
_TITLE = re.compile(r"\\title(?:\[[^\]\n]{0,200}\])?\{((?:[^{}]|\{[^{}]*+\}){0,300}+)\}")
_ROW_END = re.compile(r"\\\\(?:\[[^\]\n]{0,30}\])?|\\tabularnewline\b")
_RULE = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot|endlastfoot|noalign\{[^}]*\}"
    r"|c(?:mid)?rule(?:\([lr]*\))?\{[^}\n]{0,20}\}|cline\{[^}\n]{0,20}\})"
)
_CELL = re.compile(r"(?<!\\)&")
_SPANNED = re.compile(r"\\multi(?:column|row)\{[^{}\n]{0,40}\}\{[^{}\n]{0,40}\}")


def load_latex(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read a LaTeX file; preamble and comments become blank lines."""
    decoded = decode(data, name=name, declared=charset)
    begin = _DOCUMENT.search(decoded.text)
    end = _END.search(decoded.text, begin.end() if begin else 0)
    lines = decoded.text.split("\n")
    first = decoded.text.count("\n", 0, begin.end()) + 1 if begin else 0
    stop = decoded.text.count("\n", 0, end.start()) if end else len(lines)
    text = "\n".join([""] * first + _lines(lines[first:stop]) + [""] * (len(lines) - stop))
    if not text.strip():
        raise LoadError(name, "The file holds nothing but commands and comments.")
    title = _TITLE.search(decoded.text)
    words = readable_words(title[1], "latex") if title else ""
    return LoadedDocument(
        text=text,
        title=clean_title(words) or title_from_name(name),
        mime="application/x-tex",
        warnings=decoded.warnings + invisible_warnings(text),
    )


def _lines(lines: Sequence[str]) -> list[str]:
    """Return the lines of a document: code between fences, tables as rows, no comments."""
    found: list[str] = []
    unclosed: set[str] = set()
    at = 0
    while at < len(lines):
        begin = _BEGIN.match(lines[at]) or _TABULAR.match(lines[at])
        stop = _end(lines, at, begin[1], unclosed) if begin else None
        if begin is None or stop is None:
            found.append(_without_comment(lines[at]))
            at += 1
            continue
        inside = lines[at + 1 : stop]
        if begin[1] == "comment":
            found += [""] * (len(inside) + 2)
        elif begin.re is _BEGIN:
            found += [FENCE, *inside, FENCE]
        else:
            found += ["", *_rows([_without_comment(line) for line in inside]), ""]
        at = stop + 1
    return found


def _end(lines: Sequence[str], first: int, name: str, unclosed: set[str]) -> int | None:
    """Return the line that ends an environment; what nothing ends is looked for once."""
    if name in unclosed:
        return None
    mark = f"\\end{{{name}}}"
    stop = next((n for n in range(first + 1, len(lines)) if mark in lines[n]), None)
    if stop is None:
        unclosed.add(name)
    return stop


def _without_comment(line: str) -> str:
    return _COMMENT.sub(r"\1", line) if "%" in line else line


def _rows(lines: Sequence[str]) -> list[str]:
    """Return the rows of a table, each on the line that it begins on."""
    rows: list[Row] = []
    words: list[str] = []
    first = 0
    for number, line in enumerate([*lines, "\\\\"]):
        *ended, rest = _ROW_END.split(_RULE.sub("", _SPANNED.sub("", line)))
        for part in ended:
            cells = tuple(cell.strip(" {}") for cell in _CELL.split(" ".join([*words, part])))
            if any(cells):
                rows.append(Row(first if words else number, cells))
            words = []
        if rest.strip():
            first = first if words else number
            words.append(rest)
    ruled = sum("rule" in line or "hline" in line for line in lines)
    rows = [row for row in rows if row.line < len(lines)]
    return table_lines(rows, len(lines), headed=ruled > 1)
