"""Fonts and styles that an RTF file defines before its text."""

from __future__ import annotations

import re

_FONT = re.compile(rb"\\f(\d{1,6})(?=[\\ ;}])[^{}]{0,300}?\\fcharset(\d{1,3})")
_STYLE = re.compile(
    rb"\{(?:\\\*)?(?:\\s(\d{1,6}))?"
    rb"((?:\\[a-z]{1,32}-?\d{0,9} ?|\\\*|\{[^{}]{0,300}\}){0,80}+)([^{};\\]{0,200});\}"
)
_OUTLINE = re.compile(rb"\\outlinelevel(\d)(?!\d)")
_HEADING = re.compile(rb"heading ([1-9])", re.IGNORECASE)
_LONGEST = 1 << 20
"""Bytes of a file in which its tables are looked for."""

# fmt: off
_CODEPAGES = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 134: "gbk", 136: "big5",
    161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257",
    204: "cp1251", 222: "cp874", 238: "cp1250",
}
# fmt: on
"""Encodings by the character sets that fonts name."""


def font_encodings(data: bytes) -> dict[int, str]:
    """Return the encoding of each font that names one."""
    table = _table(data, rb"{\fonttbl")
    found = {int(number): _CODEPAGES.get(int(kind), "") for number, kind in _FONT.findall(table)}
    return {number: encoding for number, encoding in found.items() if encoding}


def heading_styles(data: bytes) -> dict[int, int]:
    """Return the level of each style of headings, from 1; 0 for the title."""
    found = {}
    for number, controls, name in _STYLE.findall(_table(data, rb"{\stylesheet")):
        style, named = int(number or 0), _HEADING.fullmatch(name.strip())
        outline = _OUTLINE.search(controls)
        if name.strip().lower() == b"title":
            found[style] = 0
        elif named:
            found[style] = int(named[1])
        elif outline and int(outline[1]) < 9:
            found[style] = int(outline[1]) + 1
    return found


def contents_styles(data: bytes) -> frozenset[int]:
    """Return the styles of tables of contents."""
    named = _STYLE.findall(_table(data, rb"{\stylesheet"))
    return frozenset(
        int(n or 0) for n, _, name in named if name.strip().lower().startswith(b"toc ")
    )


def encoding_of(codepage: int | None) -> str:
    """Return the encoding of a code page, where Python knows it."""
    import codecs

    try:
        return codecs.lookup(f"cp{codepage}").name
    except LookupError:
        return "cp1252"


def _table(data: bytes, begin: bytes) -> bytes:
    """Return the group that begins so, up to where it is closed."""
    start = data.find(begin, 0, _LONGEST)
    if start < 0:
        return b""
    depth = 0
    for brace in re.finditer(rb"[{}]", data[start : start + _LONGEST]):
        depth += 1 if brace[0] == b"{" else -1
        if depth == 0:
            return data[start : start + brace.end()]
    return b""
