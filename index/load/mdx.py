"""MDX: Markdown, without the components and statements of the program that shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.errors import LoadError
from index.load.decode import decode
from index.load.frontmatter import split_front_matter
from index.load.markup_lines import emptied
from index.load.titles import clean_title, title_from_heading, title_from_name
from index.schema import LoadedDocument
from index.text.fences import markdown_lines
from index.text.invisible_characters import invisible_warnings

_STATEMENT = re.compile(
    r"(?:import\s+(?:[\w{*'\"]|$)|export\s+(?:default|const|let|var|function|async|\{|\*))"
)
_CODE = re.compile(r"(`{1,20}+)(?!`)[^\n]{0,500}?[^`\n]\1(?!`)")
_SIGN = re.compile(r"\{/\*|<(/?)([A-Z][\w.]*|[a-z][\w-]*)(?=[\s/>])|</?>")
_LABEL = re.compile(
    r"""\s(?:title|label|header|summary|alt)=(?:"([^"\n]{1,200})"|'([^'\n]{1,200})'|\{["'`]([^"'`\n]{1,200})["'`]\})"""
)
_BRACES = r"\{(?:[^{}]|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*+\})*+\})*+\})*+\}"
_REST = re.compile(rf"""(?:[^<>{{}}"'`]|"[^"]*+"|'[^']*+'|`[^`]*+`|{_BRACES})*+>""")
_LONGEST = 2_000
"""Characters of a tag or a comment; what is longer is text."""


def load_mdx(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read MDX; imports, exports, comments and tags of components are taken out, line by line."""
    decoded = decode(data, name=name, declared=charset)
    matter, text = split_front_matter(decoded.text)
    text = "".join(_read(text))
    if not text.strip():
        raise LoadError(name, "The file holds nothing but components and statements.")
    return LoadedDocument(
        text=text,
        title=matter.title or clean_title(title_from_heading(text) or "") or title_from_name(name),
        mime="text/mdx",
        url=matter.url,
        modified=matter.modified,
        warnings=decoded.warnings + matter.warnings + invisible_warnings(text),
    )


def _read(text: str) -> Iterator[str]:
    """Yield the text with code as it is, and the rest without what is no Markdown."""
    prose: list[str] = []
    first = True
    for line in markdown_lines(text):
        written = line.text if first else "\n" + line.text
        first = False
        if line.kind in ("fence", "code"):
            yield _without_components(_without_statements("".join(prose)))
            prose = []
            yield written
        else:
            prose.append(written)
    yield _without_components(_without_statements("".join(prose)))


def _without_statements(text: str) -> str:
    """Take out imports and exports: from the line that begins one to the next blank line."""
    found: list[str] = []
    inside = False
    above = ""
    for line in text.split("\n"):
        begins = not above.strip() or inside
        inside = bool(line.strip()) and (inside or (begins and bool(_STATEMENT.match(line))))
        found.append("" if inside else line)
        above = line
    return "\n".join(found)


def _without_components(text: str) -> str:
    """Take out tags and comments, but for the words that a tag is labelled with."""
    code = iter(_CODE.finditer(text))
    inside = next(code, None)
    kept: list[str] = []
    at = 0
    sign = _SIGN.search(text)
    while sign:
        start = sign.start()
        while inside and inside.end() <= start:
            inside = next(code, None)
        if inside and inside.start() <= start:
            sign = _SIGN.search(text, inside.end())
            continue
        stop = _end(text, sign)
        if stop:
            goes_on = not text.startswith("\n", stop) and stop < len(text)
            kept += (text[at:start], _label(text[start:stop], goes_on=goes_on))
            at = stop
        sign = _SIGN.search(text, stop or sign.end())
    return "".join([*kept, text[at:]])


def _label(tag: str, *, goes_on: bool) -> str:
    """Return what stays of a tag: its label, apart from the words behind it, and its line ends."""
    label = _LABEL.search(tag)
    words = (label[1] or label[2] or label[3]) if label else ""
    return words + (": " if words and goes_on else "") + emptied(tag)


def _end(text: str, sign: re.Match[str]) -> int:
    """Return where a tag or comment ends, 0 where nothing ends it; its braces may hold tags."""
    limit = min(sign.start() + _LONGEST, len(text))
    if sign[0] == "{/*":
        stop = text.find("*/}", sign.end(), limit)
        return stop + 3 if stop >= 0 else 0
    if sign[0] in ("<>", "</>"):
        return sign.end()
    rest = _REST.match(text, sign.end(), limit)
    return rest.end() if rest else 0
