"""What a heading, an item and a line of code look like in each markup other than Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from index.chunk.blocks import Lines
from index.chunk.headings import Heading, plain_title
from index.text.readable_markup import readable_words
from index.text.text_shapes import TextShape


class HeadingLines(NamedTuple):
    """A heading, and how many lines it takes: none where text goes on behind it."""

    heading: Heading
    taken: int


@dataclass(frozen=True)
class MarkupRules:
    """How one markup is written."""

    heading: Callable[[Lines, int], HeadingLines | None]
    item: re.Pattern[str]
    """What an item of a list begins with; a group `mark` tells one depth from another."""
    break_line: re.Pattern[str] | None = None
    """Lines that part paragraphs and belong to none."""
    tie: re.Pattern[str] | None = None
    """Those of them behind which a list goes on."""
    end: re.Pattern[str] | None = None
    """Those of them behind which no list goes on."""
    code: re.Pattern[str] | None = None
    """Lines that are code without a fence."""
    loose: bool = True
    """Whether indented text below an item, behind a blank line, belongs to it."""


_ASCIIDOC = re.compile(r"(={1,6}|#{1,6})[ \t]+(\S.*?)(?:[ \t]+\1)?[ \t]*$")
_ASCIIDOC_UNDERLINES = "=-~^+"
_ORG = re.compile(r"(\*{1,12})[ \t]+(\S.*)")
_ORG_TAGS = re.compile(r"[ \t]+:[\w@#%:]+:[ \t]*$|\[#\w\][ \t]*|\[\d*(?:%|/\d*)\]")
_WIKI = re.compile(r"(={1,6})[ \t]*(\S(?:.*\S)?)[ \t]*\1[ \t]*$")
_LATEX = re.compile(
    r"[ \t]*\\(part|chapter|section|subsection|subsubsection|paragraph|subparagraph)\*?"
    r"(?:\[[^\]\n]{0,300}\])?\{((?:[^{}\n]|\{(?:[^{}\n]|\{[^{}\n]*+\})*+\})*+)\}(.*)"
)
_LATEX_LEVELS = {
    name: level
    for level, name in enumerate(
        ("part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph"),
        start=1,
    )
}
_LATEX_REST = re.compile(r"(?:\s|\\label\{[^}\n]*\}|\\index\{[^}\n]*\})*$")


_LONGEST = 400
"""Characters of a line beyond which it is no heading."""


def _titled(level: int, words: str, shape: TextShape) -> Heading:
    title = plain_title(readable_words(words, shape)) or words.strip()
    return Heading(level, title)


def _asciidoc_heading(lines: Lines, line: int) -> HeadingLines | None:
    raw = lines.raw[line]
    if len(raw) > _LONGEST:
        return None
    if match := _ASCIIDOC.match(raw) if raw[:1] in ("=", "#") else None:
        return HeadingLines(_titled(len(match[1]), match[2], "asciidoc"), 1)
    below = lines.raw[line + 1].rstrip() if line + 1 < len(lines) else ""
    drawn = len(below) > 1 and below[0] in _ASCIIDOC_UNDERLINES and below == below[0] * len(below)
    words = raw.rstrip()
    if not drawn or not any(map(str.isalnum, words)) or abs(len(words) - len(below)) > 2:
        return None
    return HeadingLines(_titled(_ASCIIDOC_UNDERLINES.index(below[0]) + 1, words, "asciidoc"), 2)


def _org_heading(lines: Lines, line: int) -> HeadingLines | None:
    raw = lines.raw[line]
    match = _ORG.match(raw) if raw[:1] == "*" and len(raw) <= _LONGEST else None
    if match is None:
        return None
    words = _ORG_TAGS.sub("", match[2])
    return HeadingLines(_titled(len(match[1]), words or match[2], "org"), 1)


def _wiki_heading(lines: Lines, line: int) -> HeadingLines | None:
    raw = lines.raw[line]
    match = _WIKI.match(raw) if raw[:1] == "=" and len(raw) <= _LONGEST else None
    return HeadingLines(_titled(len(match[1]), match[2], "mediawiki"), 1) if match else None


def _latex_heading(lines: Lines, line: int) -> HeadingLines | None:
    raw = lines.raw[line]
    match = _LATEX.match(raw) if raw.lstrip()[:1] == "\\" else None
    if match is None:
        return None
    heading = _titled(_LATEX_LEVELS[match[1]], match[2], "latex")
    return HeadingLines(heading, 1 if _LATEX_REST.match(match[3]) else 0) if heading.title else None


_LATEX_BREAK = re.compile(
    r"[ \t]*(?:\\(?:begin|end)\{(?!equation|align|math|gather|multline|displaymath|eqnarray)"
    r"[^}\n]*\}"
    r"(?:\[[^\]\n]*\]|\{[^}\n]*\})*|\\(?:label|vspace|hspace|input|include|index|bibliography"
    r"|bibliographystyle|includegraphics|setlength|addcontentsline|pagestyle|thispagestyle|vskip"
    r"|setcounter|addtocounter)\b\*?(?:\[[^\]\n]*\])?(?:\{[^}\n]*\})*"
    r"|\\(?:centering|maketitle|tableofcontents|newpage|clearpage|cleardoublepage|noindent|appendix"
    r"|bigskip|medskip|smallskip|par|hfill|frontmatter|mainmatter|backmatter|printindex|small|large"
    r"|footnotesize|normalsize|raggedright|pagebreak|linebreak|protect|sloppy|item)\b)"
    r"(?:[ \t]*\\(?:centering|label\{[^}\n]*\}))*[ \t]*$"
)

RULES: dict[TextShape, MarkupRules] = {
    "asciidoc": MarkupRules(
        heading=_asciidoc_heading,
        item=re.compile(
            r"[ \t]*(?P<mark>\*{1,6}|-|\.{1,6}|\d{1,3}\.|[a-zA-Z]\.|<(?:\d{1,2}|\.)>)[ \t]+(?=\S)"
            r"|[ \t]*(?=\S)(?:[^:\n]|:(?!:))*+(?P<term>:{2,4})(?:\s|$)"
        ),
        break_line=re.compile(r"[ \t]*\+[ \t]*$|'''$|<<<$|---$|\*\*\*$"),
        tie=re.compile(r"[ \t]*\+[ \t]*$"),
    ),
    "org": MarkupRules(
        heading=_org_heading,
        item=re.compile(r"(?P<mark>[ \t]*(?:[-+]|\d{1,3}[.)]|(?<=[ \t])\*))[ \t]+(?=\S)"),
        break_line=re.compile(r"-{5,}[ \t]*$"),
        code=re.compile(r"[ \t]*:(?:[ \t]|$)"),
    ),
    "mediawiki": MarkupRules(
        heading=_wiki_heading,
        item=re.compile(r"(?P<mark>[*#;:]+)[ \t]*(?=\S)"),
        break_line=re.compile(r"-{4,}[ \t]*$"),
        code=re.compile(r" +\S"),
        loose=False,
    ),
    "latex": MarkupRules(
        heading=_latex_heading,
        item=re.compile(r"[ \t]*(?P<mark>\\item\b)"),
        break_line=_LATEX_BREAK,
        end=re.compile(r"[ \t]*\\end\{(?:itemize|enumerate|description|list|thebibliography)\}"),
    ),
    # What people say has paragraphs only, however short a line is.
    "spoken": MarkupRules(heading=lambda lines, line: None, item=re.compile(r"(?!)")),
}
"""The markups whose text is kept as it is in the file, and what people say."""
