"""What a person reads of AsciiDoc, Org, wiki text and LaTeX, without the marks of its writer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

GONE = "\ufdd3"
"""Stands where marks were; no text may hold it."""

_DEEPEST = 5
"""How deep marks nest; what is deeper is read as it stands."""

# Of each alternative the last group stays; without one, what `_SIGNS` says, or nothing.
_ASCIIDOC = r"""
    ^={1,6}[ \t]+ | ^\.(?=\w) | ^[ \t]*\+[ \t]*$
  | \[\[[^\[\]\n]{1,200}\]\] | \(\(\((?:[^()\n]{1,200})\)\)\)
  | <<[^<>,\n]{1,200},\s*([^<>]{1,200})>> | <<\#?([^<>,\n]{1,200})>>
  | \blinkgit:([\w-]{1,100})\[\d?\]
  | \b(?:xref|link|mailto|image|icon):[^\s\[\]]{0,300}
        \[\^?"?([^\[\]\n"]{1,300}?)\^?"?(?:,[^\]\n]{0,100})?\]
  | \b(?:xref|link|mailto):([^\s\[\]]{1,300})\[\]
  | \bhttps?://[^\s\[\]]{1,300}\[([^\[\]\n]{1,300}?)\^?\] | \b(https?://[^\s\[\]]{1,300})\[\]
  | \b(?:kbd|btn|pass|footnote|indexterm2?|stem|latexmath):[a-z,]{0,20}\[([^\[\]\n]{1,300})\]
  | \[[.\#\w%-]{0,60}\]\#{1,2}(?=\S)([^\#\n]{1,300})\#{1,2}
  | `\+([^`\n]{1,300})\+` | ``([^`\n]{1,300})`` | `(?=\S)([^`\n]{1,300})`(?!\w)
  | (?<![\w+])\+(?=\S)([^+\n]{1,300})(?<=\S)\+(?![\w+])
  | \*\*(?=\S)([^*\n]{1,300})(?<=\S)\*\* | (?<![\w*])\*(?=[^\s*])([^*\n]{1,300})(?<=\S)\*(?![\w*])
  | __(?=\S)([^_\n]{1,300})(?<=\S)__ | (?<![\w_])_(?=[^\s_])([^_\n]{1,300})(?<=\S)_(?![\w_])
  | \{(?:nbsp|empty|zwsp|plus|asterisk|backtick|lt|gt|amp|startsb|endsb|litdd)\}
  | &\#?\w{1,32}; | \\(?=[*_`\#{<\[+'-])
"""
_ORG = r"""
    ^\*{1,12}[ \t]+ | (?<![ \t])[ \t]++:[\w@\#%:]{1,200}:[ \t]*$ | ^[ \t]*:(?:[ \t]|$)
  | \[\[[^\[\]\n]{1,400}\]\[([^\[\]]{1,300})\]\] | \[\[(?:file:|\#|\*)?([^\[\]\n]{1,400})\]\]
  | \[fn:[^\[\]\n]{0,200}\] | <<<?[^<>\n]{1,200}>>>? | @@\w{1,20}:[^@\n]{0,200}@@
  | (?<![\w=~])(?P<org_mark>[=~])(?=\S)(?P<org_code>[^\n]{1,300}?)(?<=\S)(?P=org_mark)(?![\w=~])
  | \{\{\{\w{1,30}\(([^()\n]{0,200})\)\}\}\}
  | (?<![\w*])\*(?=[^\s*])([^*\n]{1,300})(?<=\S)\*(?![\w*])
  | (?<![\w/:.~-])/(?=[^\s/])([^/\n]{1,300})(?<=[^\s/])/(?![\w/])
  | (?<!\w)_(?=[^\s_])([^_\n]{1,300})(?<=\S)_(?!\w)
  | (?<![\w+])\+(?=[^\s+])([^+\n]{1,300})(?<=\S)\+(?![\w+]) | \\\\$
"""
_MEDIAWIKI = r"""
    ^={1,6}[ \t]* | (?<![ \t])[ \t]*+={1,6}[ \t]*$ | '{2,5} | ^[*\#:;]+[ \t]*
  | \[\[[^\[\]|\n]{1,300}\|([^\[\]|]{1,300})\]\] | \[\[:?([^\[\]|\n]{1,300})\]\]
  | \[(?:https?:)?//[^\s\[\]]{1,400}[ \t]+([^\[\]\n]{1,300})\] | \[https?://[^\s\[\]]{1,400}\]
  | (?P<template>\{\{[^{}\n]{1,400}\}\})
  | </?[a-zA-Z][a-zA-Z0-9]{0,15}(?:\s[^<>\n]{0,200})?/?> | &\#?\w{1,32}; | `([^`\n]{1,300})`
"""
_LATEX = r"""
    (?P<math>\$\$?[^$\n]{1,300}\$\$? | \\\([^\n]{1,300}?\\\))
  | [ \t~]{0,3}\\(?:cite\w*|label|ref|eqref|pageref|autoref|cref|Cref|index|footnote|footnotemark
        |vspace|hspace|todo|nocite|input|include|includegraphics|bibliography)\*?
        (?:\[[^\[\]\n]{0,200}\]){0,2}\{(?:[^{}]|\{[^{}]{0,300}\}){0,500}\}
  | \\(?:href|textcolor|colorbox|raisebox|resizebox|scalebox|parbox|hyperref)(?:\[[^\]\n]{0,100}\])?
        (?:\{[^{}\n]{0,300}\})?\{((?:[^{}]|\{[^{}]{0,300}\}){0,500})\}
  | \\texorpdfstring(?:\{(?:[^{}]|\{[^{}]{0,200}\}){0,300}\})\{((?:[^{}]|\{[^{}]{0,200}\}){0,300})\}
  | \\(?:begin|end)\{[^{}\n]{0,60}\}(?:\[[^\]\n]{0,100}\])?
  | \\verb\*?(?P<verb_mark>[|!+/"@])(?P<verb>[^\n]{1,200}?)(?P=verb_mark)
  | \\item\b[ \t]*(?:\[((?:[^\[\]{}]|\{[^{}]{0,200}\}){1,300})\])?
  | \\(?:LaTeXe?|TeX|BibTeX|ldots|dots|textbackslash|textasciitilde|textasciicircum|S|P|copyright
        |ss|ae|AE|oe|OE|aa|AA|o|O|l|L|quad|qquad|slash|and)(?![a-zA-Z])(?:\{\}|[ ])?
  | \\[a-zA-Z]{1,40}\*?(?:\[[^\[\]\n]{0,200}\])?
        \{((?:[^{}]|\{(?:[^{}]|\{[^{}]{0,200}\}){0,300}\}){0,500})\}
  | \\[`'^"~=.]\{?([a-zA-Z])\}? | \\c\{([a-zA-Z])\}
  | \\[a-zA-Z]{1,40}\*?[ ]? | \\[\\%&\#$_{},;:!@/ -] | [{}~] | `` | '' | ---?
"""
_PATTERNS = {
    "asciidoc": re.compile(_ASCIIDOC, re.VERBOSE | re.MULTILINE),
    "org": re.compile(_ORG, re.VERBOSE | re.MULTILINE),
    "mediawiki": re.compile(_MEDIAWIKI, re.VERBOSE | re.MULTILINE),
    "latex": re.compile(_LATEX, re.VERBOSE | re.MULTILINE),
}
_VERBATIM = frozenset({"org_code", "math", "verb"})
"""Groups whose words have no marks in them."""

_SIGNS = {
    "{nbsp}": " ", "{plus}": "+", "{asterisk}": "*", "{backtick}": "`", "{lt}": "<", "{gt}": ">",
    "{amp}": "&", "{startsb}": "[", "{endsb}": "]", "{litdd}": "--",
    "\\LaTeX": "LaTeX", "\\LaTeXe": "LaTeX2e", "\\TeX": "TeX", "\\BibTeX": "BibTeX",
    "\\ldots": "…", "\\dots": "…", "\\textbackslash": "\\", "\\textasciitilde": "~",
    "\\textasciicircum": "^", "\\S": "§", "\\P": "¶", "\\copyright": "©", "\\ss": "ß",
    "\\ae": "æ", "\\AE": "Æ", "\\oe": "œ", "\\OE": "Œ", "\\aa": "å", "\\AA": "Å", "\\o": "ø",
    "\\O": "Ø", "\\l": "ł", "\\L": "Ł", "\\quad": " ", "\\qquad": " ", "\\slash": "/",
    "\\and": ", ", "\\\\": " ", "\\%": "%", "\\&": "&", "\\#": "#", "\\$": "$", "\\_": "_",
    "\\{": "{", "\\}": "}", "\\,": " ", "\\;": " ", "\\:": " ", "\\ ": " ", "\\/": "", "\\-": "",
    "~": " ", "``": "“", "''": "”", "--": "–", "---": "—", "\\item": "- ",
}  # fmt: skip
_ACCENTS = dict(zip("`'^\"~=.", "\u0300\u0301\u0302\u0308\u0303\u0304\u0307", strict=True))
_WIKI_ITEM = re.compile(r"[*#:;]+[ \t]*")


def is_other_markup(markup: str) -> bool:
    """Say whether this is a markup that is read here."""
    return markup in _PATTERNS


def readable_words(text: str, markup: str) -> str:
    """Return some words of a markup as a person reads them."""
    return " ".join("".join(c for c, _ in readable_pieces(text, markup)).replace(GONE, "").split())


def readable_pieces(text: str, markup: str) -> Iterator[tuple[str, int]]:
    """Yield what is read, sign by sign, with its place in the text; code in fences as it is."""
    start, prose, inside = 0, 0, False
    for line in text.split("\n"):
        end = start + len(line) + 1
        if line.lstrip().startswith("```"):
            yield from _read(text[prose : start if not inside else prose], prose, markup, _DEEPEST)
            if inside:
                yield from zip(text[prose:end], range(prose, end), strict=False)
            else:
                yield from zip(text[start:end], range(start, end), strict=False)
            inside, prose = not inside, end
        start = end
    rest = text[prose:]
    if inside:
        yield from zip(rest, range(prose, prose + len(rest)), strict=True)
    else:
        yield from _read(rest, prose, markup, _DEEPEST)


def _read(text: str, at: int, markup: str, depth: int) -> Iterator[tuple[str, int]]:
    place = 0
    for mark in _PATTERNS[markup].finditer(text):
        yield from _plain(text[place : mark.start()], at + place)
        place = mark.end()
        yield from _kept(mark, at, markup, depth)
    yield from _plain(text[place:], at + place)


def _kept(mark: re.Match[str], at: int, markup: str, depth: int) -> Iterator[tuple[str, int]]:
    """Yield what is read in the place of a mark."""
    start = at + mark.start()
    verbatim = next((name for name in _VERBATIM if mark.groupdict().get(name) is not None), None)
    if verbatim:
        yield from _plain(mark[verbatim], at + mark.start(verbatim))
    elif mark.groupdict().get("template") is not None:
        yield from ((sign, start) for sign in _template(mark[0]))
    elif mark.lastindex and depth:
        group = mark.lastindex
        accent = _ACCENTS.get(mark[0][1:2]) if markup == "latex" and len(mark[group]) == 1 else None
        if mark[0].startswith("\\item"):
            yield from (("-", start), (" ", start))
        yield GONE, start
        yield from _read(mark[group], at + mark.start(group), markup, depth - 1)
        if accent:
            yield accent, start
        yield GONE, start
    else:
        yield from ((sign, start) for sign in _sign(mark[0], markup) or GONE)


def _sign(mark: str, markup: str) -> str:
    """Return what stands for a mark without words of its own; nothing for most."""
    if mark.startswith("&"):
        shown = unescape(mark)
        return " " if shown.isspace() else shown
    if markup == "mediawiki":
        if mark[:3].lower() == "<br":
            return " "
        item = _WIKI_ITEM.fullmatch(mark)
        return "- " if item and mark[0] in "*#" else ""
    bare = mark.rstrip().removesuffix("{}") if mark.startswith("\\") and len(mark) > 2 else mark
    return _SIGNS.get(bare, "")


def _template(mark: str) -> str:
    """Return the words of a template: its values that have no name, with blanks between.

    Of words in another language, the language is not told.
    """
    name, *held = (part.strip() for part in mark[2:-2].replace("''", "").split("|"))
    values = [part for part in held if part and "=" not in part]
    return " ".join(values[1:] if name.lower() == "lang" else values) or GONE


def _plain(text: str, at: int) -> Iterator[tuple[str, int]]:
    return zip(text, range(at, at + len(text)), strict=True)
