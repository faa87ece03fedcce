"""A tree of HTML elements, or of what trafilatura makes of them, as Markdown-like text.

Headings, lists, tables, quotes and code keep their structure; bold, italics and links become the
plain words, so that a quote reads as the page does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from index.load.text_formats import table_text
from index.text.layout import folded

_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_LISTS = frozenset({"ul", "ol", "dl", "list", "menu"})
_ITEMS = frozenset({"li", "dt", "dd", "item"})
_ROWS = frozenset({"tr", "row"})
_CELLS = frozenset({"td", "th", "cell"})
# fmt: off
_SILENT = frozenset({
    "script", "style", "template", "noscript", "svg", "math", "iframe", "object", "select",
    "option", "button", "input", "textarea", "audio", "video", "canvas", "dialog", "graphic",
})
# fmt: on
_TICKS = re.compile("`{3,}")
_SOFT_BREAK = "\v"
_BREAK = re.compile(r" ?\v ?")
_SPACE = re.compile(r"[ \t\n\r\f]+")


def markdown(element: Any) -> str:
    """Return the text of an lxml element and all it holds."""
    return "\n\n".join(_blocks(element))


def _blocks(element: Any) -> Iterator[str]:
    """Yield the paragraphs, lists, tables and so on of an element, in order."""
    run = [element.text or ""]
    for child in element:
        if not isinstance(child.tag, str) or child.tag in _SILENT:
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
    if element.tag == "code":
        return element.getparent().tag not in ("p", "item", "cell") and "\n" in _raw(element)
    return element.tag in _BLOCK_TAGS or next(element.iter(*_BLOCK_TAGS), None) is not None


def _paragraph(run: list[str]) -> Iterator[str]:
    """Yield gathered words as a paragraph, if there are any."""
    if text := _collapse("".join(run)):
        yield text


def _collapse(text: str) -> str:
    """Collapse white space as a browser does; line breaks stay."""
    return _BREAK.sub("\n", _SPACE.sub(" ", text)).strip()


def _inline(element: Any) -> str:
    """Return the words inside an element, without marks."""
    if element.tag in ("br", "lb"):
        return _SOFT_BREAK
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and child.tag not in _SILENT:
            # Paragraphs inside a cell or a heading are set apart by a space at least.
            parts += [" ", _inline(child), " "] if _is_block(child) else [_inline(child)]
        parts.append(child.tail or "")
    return "".join(parts)


def words_in(element: Any) -> str:
    """Return the words inside an element on one line."""
    return folded(_collapse(_inline(element)))


def _raw(element: Any) -> str:
    """Return the text of code with its line ends and indentation."""
    return "".join(element.itertext()).replace("\r\n", "\n").replace("\r", "\n")


def _heading(element: Any) -> Iterator[str]:
    """Yield a heading with as many # as its level."""
    level = _HEADINGS.get(element.tag) or _HEADINGS.get(element.get("rend", "h2"), 2)
    # Generators of documentation put the sign of a link to the heading into it.
    if text := words_in(element).strip("§¶ "):
        yield "#" * level + " " + text


def _list(element: Any) -> Iterator[str]:
    """Yield a list, one item a line, with nested lists indented."""
    if lines := list(_items(element)):
        yield "\n".join(lines)


def _items(element: Any) -> Iterator[str]:
    """Yield the lines of a list."""
    ordered = element.tag == "ol" or element.get("rend") == "ol"
    number, term = 0, ""
    for item in element:
        if not isinstance(item.tag, str):
            continue
        if item.tag == "dt" or item.get("rend", "").startswith("dt"):
            term = words_in(item)
            continue
        number += 1
        text = "\n".join(_blocks(item)) if item.tag in _ITEMS else markdown(item)
        if text and term:
            text, term = f"{term}: {text}", ""
        if text:
            yield _indented(f"{number}. " if ordered else "- ", text)
    if term:
        yield _indented("- ", term)


def _indented(mark: str, text: str) -> str:
    """Put a mark before the first line and indent the others below it."""
    first, *others = text.split("\n")
    return "\n".join([mark + first, *(" " * len(mark) + line if line else "" for line in others)])


def _table(element: Any) -> Iterator[str]:
    """Yield a table with a header row; one that only lays out a page yields what it holds."""
    rows = [row for row in element.iter(*_ROWS) if _table_of(row) is element]
    width = max((len(_cells(row)) for row in rows), default=0)
    if width < 2 or any(next(row.iter("table"), None) is not None for row in rows):
        for row in rows:
            for cell in _cells(row):
                yield from _blocks(cell)
        return
    yield table_text([[words_in(cell) for cell in _cells(row)] for row in rows])


def _table_of(row: Any) -> Any:
    """Return the table a row belongs to."""
    return next(row.iterancestors("table"), None)


def _cells(row: Any) -> list[Any]:
    """Return the cells of a row."""
    return [cell for cell in row if cell.tag in _CELLS]


def _quote(element: Any) -> Iterator[str]:
    """Yield a quotation with > before its lines."""
    if text := markdown(element):
        yield "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _code(element: Any) -> Iterator[str]:
    """Yield code between fences that do not occur in it."""
    if text := _raw(element).strip("\n"):
        fence = "`" * max(3, *(len(run) + 1 for run in _TICKS.findall(text)), 0)
        yield f"{fence}\n{text}\n{fence}"


_RENDER: dict[str, Callable[[Any], Iterator[str]]] = {
    **dict.fromkeys((*_HEADINGS, "head"), _heading),
    **dict.fromkeys(_LISTS, _list),
    **dict.fromkeys(("blockquote", "quote"), _quote),
    **dict.fromkeys(("pre", "code"), _code),
    "table": _table,
    "hr": lambda _rule: iter(()),  # it only parts blocks
}

# fmt: off
_CONTAINERS = (
    "p", "div", "section", "article", "main", "aside", "header", "footer", "nav", "figure",
    "figcaption", "address", "details", "summary", "form", "fieldset", "body", "thead", "tbody",
    "tfoot", "center",
)
# fmt: on

_BLOCK_TAGS = (*(tag for tag in _RENDER if tag != "code"), *_ITEMS, *_ROWS, *_CELLS, *_CONTAINERS)
