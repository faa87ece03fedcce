"""A tree of HTML elements as Markdown-like text.

Headings, lists, tables, quotes and code keep their structure; bold, italics and links become the
plain words, so that a quote reads as the page does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

from index.load.formulas import formula, is_formula
from index.load.html_tables import CELLS, ROWS, table_parts
from index.load.text_formats import table_text
from index.text.layout import folded

HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_LISTS = frozenset({"ul", "ol", "dl", "menu", "dir"})
_ITEMS = frozenset({"li", "dt", "dd"})
# fmt: off
SILENT = frozenset({
    "script", "style", "template", "noscript", "svg", "iframe", "object", "select", "option",
    "button", "input", "textarea", "audio", "video", "canvas", "dialog", "head",
})
"""Elements that hold no text of the page."""
# fmt: on
_SAYING = frozenset({*HEADINGS, "summary"})
"""Elements in which a button is no control beside the text: what it says is the text."""

_LINK_SIGNS = "§¶# \N{LINK SYMBOL}\uf0c1"
"""What generators of documentation put behind a heading or term as a link to it."""

_TICKS = re.compile("`{3,}")
_SOFT_BREAK = "\v"
_BREAK = re.compile(r" ?\v ?")
_BLANK_LINES = re.compile(r"\n{3,}")
_SPACE = re.compile(r"[ \t\n\r\f]+")


class _Block(NamedTuple):
    """One paragraph, list, table and so on, as text."""

    text: str
    kind: Literal["paragraph", "heading", "list", "table", "quote", "code"]


def markdown(element: Any) -> str:
    """Return the text of an lxml element and all it holds."""
    return "\n\n".join(block.text for block in _blocks(element))


def _blocks(element: Any) -> Iterator[_Block]:
    """Yield the paragraphs, lists, tables and so on of an element, in order."""
    run = [element.text or ""]
    for child in element:
        if not isinstance(child.tag, str) or child.tag in SILENT:
            run.append(child.tail or "")
        elif _is_block(child):
            yield from _paragraph(run)
            yield from _RENDER.get(child.tag, _blocks)(child)
            run = [child.tail or ""]
        else:
            run += [_inline(child), child.tail or ""]
    yield from _paragraph(run)


def _is_block(element: Any) -> bool:
    """Say whether an element stands by itself or holds one that does."""
    return element.tag in _BLOCK_TAGS or next(element.iter(*_BLOCK_TAGS), None) is not None


def _paragraph(run: list[str]) -> Iterator[_Block]:
    """Yield gathered words as a paragraph, if there are any."""
    if text := _collapse("".join(run)):
        yield _Block(text, "paragraph")


def _collapse(text: str) -> str:
    """Collapse white space as a browser does; line breaks stay."""
    broken = _BREAK.sub("\n", _SPACE.sub(" ", text)).strip()
    return _BLANK_LINES.sub("\n\n", broken)


def _inline(element: Any, *, buttons: bool = False) -> str:
    """Return the words inside an element, without marks."""
    if element.tag == "br":
        return _SOFT_BREAK
    if is_formula(element):
        return formula(element)
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and (
            child.tag not in SILENT or (buttons and child.tag == "button")
        ):
            words = _inline(child, buttons=buttons)
            # Paragraphs inside a cell or a heading are set apart by a space at least.
            parts += [" ", words, " "] if _is_block(child) else [words]
        parts.append(child.tail or "")
    return "".join(parts)


def words_in(element: Any) -> str:
    """Return the words inside an element on one line."""
    return folded(_collapse(_inline(element, buttons=element.tag in _SAYING)))


def _heading(element: Any) -> Iterator[_Block]:
    """Yield a heading with as many # as its level."""
    if text := words_in(element).strip(_LINK_SIGNS):
        yield _Block("#" * HEADINGS[element.tag] + " " + text, "heading")


def _holds_heading(element: Any) -> bool:
    return next(element.iter(*HEADINGS), None) is not None


def _list(element: Any) -> Iterator[_Block]:
    """Yield a list, one item a line, with nested lists indented.

    An item that holds headings is no item of a list to its readers, but a part of the page.
    """
    lines: list[str] = []
    terms: list[str] = []
    number = 0
    for item in _items(element):
        if _holds_heading(item):
            yield from _joined_items([*lines, *_indented_all(terms)])
            yield from _blocks(item)
            lines, terms = [], []
            continue
        if item.tag == "dt":
            terms += filter(None, [words_in(item).strip(_LINK_SIGNS)])
            continue
        number += 1
        blocks = list(_blocks(item))
        if text := _item_text(terms, blocks):
            lines.append(_indented(f"{number}. " if element.tag == "ol" else "- ", text))
            terms = []
    yield from _joined_items([*lines, *_indented_all(terms)])


def _items(element: Any) -> Iterator[Any]:
    """Yield the items of a list, and whatever else stands between them, in order."""
    from lxml import etree  # type: ignore[import-untyped]

    if (element.text or "").strip():
        yield _text_item(etree, element.text)
    for item in element:
        if isinstance(item.tag, str) and item.tag not in SILENT:
            if element.tag == "dl" and item.tag == "div":
                yield from _items(item)
            else:
                yield item
        if (item.tail or "").strip():
            yield _text_item(etree, item.tail)


def _text_item(etree: Any, text: str) -> Any:
    """Return an item made of text that stands in none."""
    item = etree.Element("li")
    item.text = text
    return item


def _joined_items(lines: list[str]) -> Iterator[_Block]:
    if lines:
        yield _Block("\n".join(lines), "list")


def _indented_all(texts: list[str]) -> list[str]:
    return [_indented("- ", text) for text in texts]


def _item_text(terms: list[str], blocks: list[_Block]) -> str:
    """Return an item: its terms and its blocks, where one sentence explains a term in one line."""
    parts: list[str] = []
    previous = ""
    for block in blocks:
        tight = block.kind == "list" and previous == "paragraph" and len(blocks) == 2
        parts += ["\n" if tight else "\n\n"] * bool(parts) + [block.text]
        previous = block.kind
    text, term = "".join(parts), "\n".join(terms)
    if not term or not text:
        return text or term
    if blocks[0].kind == "paragraph":
        return f"{term}{'' if term.endswith(':') else ':'} {text}"
    return f"{term}\n{text}" if blocks[0].kind == "list" else f"{term}\n\n{text}"


def _indented(mark: str, text: str) -> str:
    """Put a mark before the first line and indent the others below it."""
    first, *others = text.split("\n")
    return "\n".join([mark + first, *(" " * len(mark) + line if line else "" for line in others)])


def _table(element: Any) -> Iterator[_Block]:
    """Yield a table with a header row; one that only lays out a page yields what it holds."""
    for part in table_parts(element, words_in):
        if part and isinstance(part[0], list):
            yield from _rows(part)
        else:
            for cell in part:
                yield from _blocks(cell)


def _rows(rows: list[list[str]]) -> Iterator[_Block]:
    """Yield rows of words, the first of them the header; a single row is a line of words."""
    if len(rows) == 2 and not any(rows[0]):
        yield from _paragraph([" ".join(filter(None, rows[1]))])
    else:
        yield _Block(table_text(rows), "table")


def _quote(element: Any) -> Iterator[_Block]:
    """Yield a quotation with > before its lines; one with headings is a part set in."""
    if _holds_heading(element):
        yield from _blocks(element)
    elif text := markdown(element):
        yield _Block("\n".join(f"> {line}".rstrip() for line in text.split("\n")), "quote")


def _code(element: Any) -> Iterator[_Block]:
    """Yield code between fences that do not occur in it."""
    raw = "".join(element.itertext()).replace("\r\n", "\n").replace("\r", "\n")
    if text := raw.strip("\n"):
        fence = "`" * max(3, *(len(run) + 1 for run in _TICKS.findall(text)), 0)
        yield _Block(f"{fence}\n{text}\n{fence}", "code")


_RENDER: dict[str, Callable[[Any], Iterator[_Block]]] = {
    **dict.fromkeys(HEADINGS, _heading),
    **dict.fromkeys(_LISTS, _list),
    "blockquote": _quote,
    **dict.fromkeys(("pre", "listing", "xmp", "plaintext"), _code),
    "table": _table,
    "hr": lambda _rule: iter(()),  # it only parts blocks
}

# fmt: off
_CONTAINERS = (
    "p", "div", "section", "article", "main", "aside", "header", "footer", "nav", "figure",
    "figcaption", "address", "details", "summary", "form", "fieldset", "legend", "hgroup", "body",
    "thead", "tbody", "tfoot", "center", "search",
)
# fmt: on

_BLOCK_TAGS = (*_RENDER, *_ITEMS, *ROWS, *CELLS, *_CONTAINERS)
