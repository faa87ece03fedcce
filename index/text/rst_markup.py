"""What a line of reStructuredText begins: explicit markup, a section, and its words without roles.

What loads a file and what cuts its text go by the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from index.text.layout import display_width, folded

MarkupKind: TypeAlias = Literal["quiet", "code", "text", "signature", "list", "table", "note"]
"""What explicit markup holds: nothing to read, code, text, a line of code with text below it, a
list of rows, rows of values, or the text of a footnote."""

_EXPLICIT = re.compile(r"\.\.(?:[ \t]+|$)")
_DIRECTIVE = re.compile(r"\.\.[ \t]+(?P<name>[^\W_](?:[-_+:.]?[^\W_])*)[ \t]?::(?:[ \t]+|$)")
_FOOTNOTE = re.compile(r"\.\.[ \t]+\[[^\]\s]{1,80}\](?:[ \t]+|$)")
_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1*")
_ROLE = re.compile(r":[\w+.-]+(?::[\w+.-]+)*:(?=`)")
_REFERENCE = re.compile(r"`([^`<>]*?)\s*<[^<>`]*>`_{0,2}")
_INLINE = re.compile(r"(\*\*|``|[*`|])(?=\S)(.+?)(?<=\S)\1_{0,2}")
_MAX_TITLE = 250
_LEAST_SHORT = 4
"""Marks of an underline that may be shorter than its title."""

# fmt: off
_QUIET = frozenset({
    "toctree", "index", "contents", "include", "literalinclude", "highlight", "highlightlang",
    "currentmodule", "default-domain", "default-role", "role", "sectionauthor", "codeauthor",
    "moduleauthor", "meta", "tabularcolumns", "image", "sectnum", "target-notes", "title",
    "rst-class", "cssclass", "raw", "automodule", "autoclass", "autofunction", "automethod",
    "autosummary", "kernel-doc", "kernel-include", "kernel-figure", "kernel-abi", "kernel-feat",
    "header", "footer",
})
_CODE = frozenset({
    "code", "code-block", "sourcecode", "parsed-literal", "math", "doctest", "testcode",
    "testoutput", "testsetup", "productionlist", "prompt", "graphviz", "digraph", "kernel-render",
    "mermaid", "uml", "ipython", "console",
})
_TEXT = frozenset({
    "attention", "caution", "danger", "error", "hint", "important", "note", "tip", "warning",
    "admonition", "seealso", "todo", "versionadded", "versionchanged", "versionremoved",
    "deprecated", "deprecated-removed", "topic", "sidebar", "epigraph", "highlights", "pull-quote",
    "compound", "container", "rubric", "centered", "hlist", "glossary", "only", "ifconfig",
    "figure", "table", "tab", "tabs", "tab-set", "tab-item", "dropdown", "line-block",
    "impl-detail", "details", "availability", "audit-event",
})
# fmt: on
_LISTS = frozenset({"list-table", "flat-table"})
_TABLES = frozenset({"csv-table"})


class Markup(NamedTuple):
    """Explicit markup that begins in a line."""

    kind: MarkupKind
    name: str
    """Of a directive; empty for anything else."""
    length: int
    """Characters of the mark, up to what is written behind it in the same line."""


class Section(NamedTuple):
    """A heading with the lines that mark it."""

    style: str
    """The sign that it is marked with, twice where it also stands above."""
    title: str
    first: int
    """The line of its title."""
    stop: int
    """The line behind it."""


def explicit_markup(stripped: str) -> Markup | None:
    """Return the explicit markup that a line without its margins begins, if it does."""
    if stripped.startswith("__ ") or stripped == "__":
        return Markup("quiet", "", len(stripped))
    if not _EXPLICIT.match(stripped):
        return None
    if directive := _DIRECTIVE.match(stripped):
        return Markup(_kind(directive["name"]), directive["name"], directive.end())
    if footnote := _FOOTNOTE.match(stripped):
        return Markup("note", "", footnote.end())
    return Markup("quiet", "", len(stripped))


def _kind(name: str) -> MarkupKind:
    """Return what a directive holds; of one not known here, a line of code with text below it."""
    kinds: tuple[tuple[frozenset[str], MarkupKind], ...] = (
        (_QUIET, "quiet"), (_CODE, "code"), (_TEXT, "text"), (_LISTS, "list"), (_TABLES, "table"),
    )  # fmt: skip
    return next((kind for names, kind in kinds if name.lower() in names), "signature")


def is_adornment(line: str) -> bool:
    """Say whether a line is one punctuation mark, repeated."""
    return _ADORNMENT.fullmatch(line) is not None


def section_at(raw: Sequence[str], at: int) -> Section | None:
    """Return the section whose heading begins at the line `at`, which no paragraph holds."""
    line = raw[at].rstrip()
    below = raw[at + 1].rstrip() if at + 1 < len(raw) else ""
    if not line or not below.strip():
        return None
    if is_adornment(line):
        under = raw[at + 2].rstrip() if at + 2 < len(raw) else ""
        if under != line or is_adornment(below.strip()) or not _fits(below.strip(), line):
            return None
        return Section(line[0] * 2, plain_words(below), at + 1, at + 3)
    if line[0].isspace() or not is_adornment(below) or not _fits(line, below):
        return None
    return Section(below[0], plain_words(line), at, at + 2)


def _fits(title: str, adornment: str) -> bool:
    return len(title) <= _MAX_TITLE and (
        len(adornment) >= _LEAST_SHORT or display_width(title) <= len(adornment)
    )


def plain_words(text: str) -> str:
    """Return the words of a heading without roles, targets and inline marks."""
    text = _REFERENCE.sub(r"\1", _ROLE.sub("", folded(text[:_MAX_TITLE])))
    return _INLINE.sub(r"\2", text).strip()
