"""Quotes of Markdown and of web pages as a person reads them, without the marks of their writer.

The quote itself stays what the document says: this is for screens only. What a web page or a PDF
said is text already when it is stored, so that `<br>`, `&lt;` or `**/*.md` in it are its own words;
of such pages only the marks of headings, which the loader wrote, are taken away.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from html import unescape
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from index.text.code_endings import DATA_TYPE_OF, LANGUAGE_OF
from index.text.fences import MarkdownLine, markdown_lines
from index.text.list_marks import list_mark
from index.text.readable_code import in_fence
from index.text.readable_markup import is_other_markup, readable_pieces, readable_words
from index.text.text_shapes import is_made_markdown

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Markup: TypeAlias = Literal[
    "markdown", "page", "asciidoc", "org", "mediawiki", "latex", "code", "none"
]
# fmt: off
_PAGES = (
    ".html", ".htm", ".xhtml", ".pdf", ".docx", ".docm", ".odt", ".ott", ".rtf", ".pptx", ".pptm",
    ".odp", ".otp", ".xlsx", ".xlsm", ".ods", ".ots", ".epub", ".eml", ".mbox", ".msg", ".dbk",
    ".docbook", ".dita", ".ditamap", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp",
)
# fmt: on
"""Endings of what is Markdown only in the headings, lists and tables that its loader wrote."""

Piece: TypeAlias = tuple[str, Sequence[int]]
"""What is read, and where in the original each of its characters stands."""

# To the parser these are letters. No text may hold them, so that they can stand for signs.
_STAR, _LOW_LINE, _BULLET, _GONE, _APART, _BREAK = "\ufdd0\ufdd1\ufdd2\ufdd3\ufdd4\ufdd5"
_FOREIGN = dict.fromkeys(range(0xFDD0, 0xFDD6), 0xFFFD)
_HIDDEN = str.maketrans("*_", _STAR + _LOW_LINE)
_SIGNS = {_STAR: "*", _LOW_LINE: "_", _BULLET: "*"}
_ROW_SIGNS = _SIGNS | {_BREAK: _APART}
_STYLED_SIGNS = _SIGNS | {_STAR: r"\*", "*": r"\*", "\\": r"\\"}
_EMPHASISED_SIGNS = _STYLED_SIGNS | {_BREAK: " ", "\n": " "}
_SIGN = re.compile(f"[{re.escape(''.join(_EMPHASISED_SIGNS))}]")
"""What any of these replaces."""

_HEADING = re.compile(r"^ {0,3}#{1,6}(?=[ \t]|$)")
_BARE = re.compile(r"[\s*_|:=+-]*$")
"""A ruler, or nothing."""
_ESCAPE = re.compile(r"(?m)^\\(?=#{1,6}(?:[ \t]|$)|>|`{3}|~{3}|\|)")
"""What a loader puts before words of a document that would else be a heading, a quotation, code."""
_MARK = re.compile(rf"[\\`*_\[<&{{{_STAR}]")
_NO_MARKS = re.compile(
    r"(?<=[0-9A-Za-z])\*(?=[0-9A-Za-z])|(?<=\d)\*\*(?=\d)|(?<=\()\*(?=\))"
    r"|(?<![\w*])\*+(?=/)|(?<=/)\*+(?![\w*])|(?<=\w)__(?=\(|\.\w)|(?<=\.)__(?=\w)"
)
"""Signs that the parser would take for emphasis: in `2*3`, `**/*.md`, `(*)`, `__init__.py`."""
_ATTRIBUTES = (
    r"""(?:(?<!\{)\{:?[ ]?[#.][A-Za-z][^{}\n]*\}|(?<![\w{])\{:?[ ]?[\w-]+=["'][^{}\n]*\})"""
)
_NO_WORDS = re.compile(rf"(?<![*\s])\*{{2,3}}(?!\*)|(?<!\*)\*{{2,3}}(?![*\s])|{_ATTRIBUTES}")
"""Attributes, and stars whose partner was cut off."""
_REFERENCE = re.compile(r"(?<![\w\]])\[(?!\d*\]|\w\])([^\[\]]+)\]\[([^\[\]]*)\]")
_TARGET = re.compile(r"\](?:\((?:[^()]|\([^()]*\))*\)|\[[^\[\]]*\])?")
# `<title>` and `<source>` are elements too, but people put them where a title or a source goes.
_TAG = re.compile(
    r"(?i)</?(?:(?P<block>article|aside|blockquote|br|caption|center|d[dlt]|details|div|figcaption"
    r"|figure|h[1-6r]|li|nav|[ou]l|p|pre|section|summary|t[dhr]|table|tbody|tfoot|thead)"
    r"|[abiqsu]|abbr|big|cite|code|del|em|font|iframe|img|input|ins|kbd|mark|nobr|picture|samp"
    r"|script|small|span|strike|strong|style|su[bp]|svg|tt|var|video|wbr"
    r"|(?P<other>[a-z][\w.:-]*))(?=[\s/>])"
)
_CLOSING = re.compile(r"</([A-Za-z][\w.:-]*)>")
_ALTERNATIVE = re.compile(r"""(?is)<im(?:g|age)\s.*?\balt\s*=\s*(?:"([^"]+)"|'([^']+)')""")
_LEFT = f"{_GONE}{_APART}{_BREAK}"
_GAP = re.compile(
    rf"(?<!\s)\s*+[{_LEFT}][\s{_LEFT}]*+\Z|^[ \t{_LEFT}]*[{_LEFT}][ \t]*\n"
    rf"|(?<![ \t])[ \t]*+[{_LEFT}][ \t{_LEFT}]*+",
    re.MULTILINE,
)
"""Where marks were, with the white space that is needless without them."""
_TITLE_MARKS = re.compile(
    rf"<a\s[^<>]*>([^<>]*)</a>|\[([^\[\]]*)\]\([^()\s]*\)|\*\*([^*]+)\*\*|(){_ATTRIBUTES}"
)
"""What is left in headings of links, bold and anchors; a group is what stays."""


class Readable(NamedTuple):
    """A text as it is read."""

    text: str
    span: tuple[int, int] | None
    """Where the words of a span of the original stand in it; None where none of them is left."""


_OTHERS: dict[str, Markup] = {
    "adoc": "asciidoc",
    "asciidoc": "asciidoc",
    "org": "org",
    "wiki": "mediawiki",
    "mediawiki": "mediawiki",
    "tex": "latex",
    **dict.fromkeys((each[1:] for each in (*LANGUAGE_OF, *DATA_TYPE_OF)), "code"),
}
"""Markups other than Markdown, by the endings of files."""


def markup_of(uri: str, mime: str = "") -> Markup:
    """Return how a source is written, by its media type, or else its path or web address."""
    if is_made_markdown(mime):  # of files that end in .xml, some are data and some are documents
        return "page"
    is_address = uri.lower().startswith(("http://", "https://"))
    path = (re.split("[?#]", uri)[0] if is_address else uri).lower()
    _, dot, ending = path.rpartition("/")[2].rpartition(".")
    if dot and ending in _OTHERS and not is_address:
        return _OTHERS[ending]
    if path.endswith((".md", ".markdown", ".mdx", ".ipynb")):
        return "markdown"
    return "page" if is_address or path.endswith(_PAGES) else "none"


def readable_title(text: str, markup: Markup = "markdown") -> str:
    """Return a heading as a person reads it: without anchors, and entities as what they mean.

    The marks of code are gone from a stored heading, so that `__init__` and `<br>` in it are words.
    """
    if is_other_markup(markup):
        return readable_words(text, markup) or text
    if markup != "markdown":
        return text
    shown = _TITLE_MARKS.sub(lambda mark: mark[mark.lastindex or 0], text)
    return re.sub(r"&#?\w{1,32};", lambda entity: _decoded(entity[0]), shown).strip() or text


def readable_span(
    text: str,
    span: tuple[int, int] | None,
    markup: Markup = "markdown",
    *,
    styled: bool = False,
) -> Readable:
    """Return a text as a person reads it, and where the words of `span` stand in it.

    Code, the signs of lists and the borders of tables stay as they are. `styled` is for a reader
    that shows Markdown itself: emphasis stays, on one line, and stars that are words are escaped.
    Where nothing would be left to read, it is the text as it was.
    """
    if markup == "none":
        return Readable(text, span)
    if markup == "code":
        shown, inside = in_fence(text, span)
        return Readable(shown, inside)
    shown, places = _read(text, markup, styled)
    if not shown.strip():
        return Readable(text, span)
    start, end = (bisect_left(places, offset) for offset in span or (0, 0))
    return Readable(shown, (start, end) if start < end else None)


def read_characters(text: str, markup: Markup = "markdown") -> tuple[str, Sequence[int]]:
    """Return a text as a person reads it, and the place of each of its characters in `text`."""
    if markup in ("none", "code"):
        return text, range(len(text))
    shown, places = _read(text, markup, styled=False)
    return (shown, places) if shown.strip() else (text, range(len(text)))


def _read(text: str, markup: Markup, styled: bool) -> tuple[str, list[int]]:
    text = text.translate(_FOREIGN)
    if is_other_markup(markup):
        return _without_gaps(_said_at(*piece) for piece in readable_pieces(text, markup))
    return _without_gaps(_pieces(text, markup, styled))


def _said_at(words: str, place: int) -> Piece:
    """Return what is read in the place of one sign, or of a mark."""
    return words, (place,) * len(words)


def has_own_lines(markup: Markup) -> bool:
    """Say whether every line end of a text is meant: of code, and not of a wrapped paragraph."""
    return markup == "code"


def _without_gaps(pieces: Iterable[Piece]) -> tuple[str, list[int]]:
    """Return pieces as one text, and the place of each of its characters in the original."""
    read: list[str] = []
    places: list[int] = []
    for words, where in pieces:
        read.append(words)
        places += where
    text = "".join(read)
    shown: list[str] = []
    kept: list[int] = []
    at = 0
    for gap in _GAP.finditer(text):
        start, end = gap.span()
        put = _in_place_of(gap[0], text[start - 1 : start], text[end : end + 1])
        shown += (text[at:start], put)
        kept += places[at : start + len(put)]
        at = end
    return "".join([*shown, text[at:]]), kept + places[at:]


def _in_place_of(gap: str, before: str, after: str) -> str:
    if before in ("", "\n") or after in ("", "\n"):
        return ""
    return "\n" if _BREAK in gap else " " if gap.strip(_GONE) else ""


def _pieces(text: str, markup: Markup, styled: bool) -> Iterator[Piece]:
    for block in _blocks(markdown_lines(text)):
        start, source = block[0].start, "\n".join(map(_prepared, block))
        signs = _ROW_SIGNS if block[0].kind == "row" else _STYLED_SIGNS if styled else _SIGNS
        if start:
            yield _said_at("\n", start - 1)
        if markup == "page" and not _is_kept(block[0]):
            source = _ESCAPE.sub(_GONE, source)
        if markup == "page" or _is_kept(block[0]) or not _MARK.search(source):
            yield from _as_it_stands(source, start, _SIGNS)
        else:
            yield from _Words(source, start, signs).of(_tokens(source))


def _blocks(lines: Iterable[MarkdownLine]) -> Iterator[list[MarkdownLine]]:
    """Yield the lines whose marks belong together: a paragraph, or a single line."""
    block: list[MarkdownLine] = []
    for line in lines:
        if block and (list_mark(line.text) or not (_is_prose(block[-1]) and _is_prose(line))):
            yield block
            block = []
        block.append(line)
    yield block


def _is_prose(line: MarkdownLine) -> bool:
    return line.kind == "text" and not _is_kept(line) and not _HEADING.match(line.text)


def _is_kept(line: MarkdownLine) -> bool:
    return line.kind in ("fence", "code") or _BARE.match(line.text) is not None


def _prepared(line: MarkdownLine) -> str:
    """Return a line, as long as it was, without the signs that are no inline marks."""
    if _is_kept(line):
        return line.text
    text = _HEADING.sub(lambda mark: _GONE * len(mark[0]), line.text)
    text = re.sub(r"^(\s*)\*(?=\s)", rf"\1{_BULLET}", text)
    return _NO_MARKS.sub(lambda signs: signs[0].translate(_HIDDEN), text)


def _tokens(source: str) -> list[Token]:
    from markdown_it.common.utils import normalizeReference

    # What a link by reference leads to stands elsewhere in the document.
    labels = (label or words for words, label in _REFERENCE.findall(source))
    targets = {normalizeReference(label): {"href": "", "title": ""} for label in labels}
    return markdown_parser().inline.parse(source, markdown_parser(), {"references": targets}, [])


@lru_cache(maxsize=1)
def markdown_parser() -> MarkdownIt:
    """Return the parser of emphasis, links and the like, which takes 50 ms to load."""
    from markdown_it import MarkdownIt

    # Line ends, and the blanks around them, are text here.
    parser = MarkdownIt("commonmark").disable("newline")
    # Nobody sees the targets of links, and encoding some of them fails.
    vars(parser).update(normalizeLink=str, normalizeLinkText=str)
    return parser


def _decoded(text: str) -> str:
    """Return what a reader sees of characters that were written as entities."""
    seen = unescape(text)
    return "".join(" " if c.isspace() else c if c.isprintable() else "\ufffd" for c in seen)


def _as_it_stands(words: str, start: int, signs: Mapping[str, str]) -> Iterator[Piece]:
    """Yield words that are read as they stand in the text from `start` on, but for signs."""
    at = 0
    for sign in _SIGN.finditer(words):
        if at < sign.start():
            yield words[at : sign.start()], range(start + at, start + sign.start())
        yield _said_at(signs.get(sign[0], sign[0]), start + sign.start())
        at = sign.end()
    if at < len(words):
        yield words[at:], range(start + at, start + len(words))


@dataclass
class _Words:
    """Says what is read of a block's tokens, each found in its source behind the one before."""

    source: str
    start: int
    signs: Mapping[str, str]
    at: int = 0
    depth: int = 0

    @cached_property
    def _closed(self) -> set[str]:
        """The names of elements that end in the source."""
        return set(_CLOSING.findall(self.source))

    def of(self, tokens: Iterable[Token]) -> Iterator[Piece]:
        """Yield what is read of tokens."""
        for token in tokens:
            match token.type:
                case "text":
                    yield from self._text(token.content)
                case "text_special":
                    shown = _decoded(token.markup) if token.info == "entity" else token.content
                    # A border without its escape would end a cell.
                    shown = r"\|" if shown == "|" else self._shown(shown)
                    yield _said_at(shown, self._found(token.markup))
                case "code_inline":
                    yield from self._code(token.markup)
                case "html_inline":
                    yield from self._tag(token.content)
                case "hardbreak":
                    yield _said_at(self._shown(_BREAK), self._found("\\\n"))
                case "image":
                    yield _said_at(_GONE, self.start + self.at)
                    yield from self.of(token.children or ())
                    self._leave_link()
                case "link_close" if not token.markup:
                    self._leave_link()
                case "em_open" | "em_close" | "strong_open" | "strong_close":
                    self.depth += token.nesting
                    stars = "*" * len(token.markup) if self.signs is _STYLED_SIGNS else ""
                    yield _said_at(stars, self._found(token.markup))

    def whole(self, words: str, start: int) -> Iterator[Piece]:
        """Yield words that are read as they stand in the text."""
        return _as_it_stands(words, start, self._signs)

    def _text(self, words: str) -> Iterator[Piece]:
        start, at = self._found(words), 0
        for mark in _NO_WORDS.finditer(words):
            yield from self.whole(words[at : mark.start()], start + at)
            yield _said_at(_GONE, start + mark.start())
            at = mark.end()
        yield from self.whole(words[at:], start + at)

    def _code(self, ticks: str) -> Iterator[Piece]:
        start = self._found(ticks)
        code = re.compile(f".*?(?<!`){ticks}(?!`)", re.DOTALL).match(self.source, self.at)
        self.at = code.end() if code else self.at
        yield from _as_it_stands(self.source[start - self.start : self.at], start, _SIGNS)

    def _tag(self, tag: str) -> Iterator[Piece]:
        start, element, stated = self._found(tag), _TAG.match(tag), _ALTERNATIVE.match(tag)
        other = element["other"] if element else None
        if other and tag[1] != "/" and "=" not in tag and other not in self._closed:
            yield from self.whole(tag, start)
        elif stated:
            yield _said_at(self._shown(_decoded(stated[1] or stated[2])), start)
        elif tag[:3].lower() == "<br":
            yield _said_at(self._shown(_BREAK), start)
        else:
            yield _said_at(_APART if element and element["block"] else _GONE, start)

    def _shown(self, words: str) -> str:
        return "".join(shown for shown, _ in self.whole(words, 0))

    @property
    def _signs(self) -> Mapping[str, str]:
        emphasised = self.depth > 0 and self.signs is _STYLED_SIGNS
        return _EMPHASISED_SIGNS if emphasised else self.signs

    def _found(self, words: str) -> int:
        """Return where words stand in the original, or where the last ones ended."""
        at = self.source.find(words, self.at)
        start = self.at if at < 0 else at
        self.at = start if at < 0 else at + len(words)
        return self.start + start

    def _leave_link(self) -> None:
        target = _TARGET.search(self.source, self.at)
        self.at = target.end() if target else self.at
