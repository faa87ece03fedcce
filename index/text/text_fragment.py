"""The part of a web address by which a browser finds a quote in a page: `#:~:text=…`.

A browser looks for words within one block of the page: a paragraph, a list item, a cell. A quote
that goes over several is told by where it begins and where it ends. What the loader wrote around
the words, such as the signs of lists and the borders of tables, is not in the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote as quote_url

from index.text.readable_markdown import markup_of

_WHOLE = 10
"""Words that are told whole; of more, the first and the last ones."""

_EDGE = 5
_SIGNS = re.compile(r"\s*(?:#{1,6}|>)\s+")
_ITEM = re.compile(r"\s*(?:-|\d{1,4}\.)\s+")
"""What `index.load.html_to_markdown` puts before an item."""

_RULER = re.compile(r"[\s|:-]*-[\s|:-]*$")
_FENCE = re.compile(r"\s*(?:`{3,}|~{3,})")
_BORDER = re.compile(r"(?<!\\)\|")
_TERM = re.compile(r"(?:\S+ ){0,5}\S+: (?=\S+ \S+ \S)")
"""A term and its colon, of which a page that sets them as a list of terms has no colon."""


def text_fragment(quote: str, url: str) -> str:
    """Return what follows `#:~:text=` for a quote of the page at `url`."""
    blocks = [block.split() for block in _blocks(quote, is_page=markup_of(url) == "page")]
    words = [block for block in blocks if block] or [quote.split()]
    if len(words) == 1 and len(words[0]) <= _WHOLE:
        edges = [words[0]]
    else:
        edges = [words[0][:_EDGE], words[-1][-_EDGE:]]
    return ",".join(_encoded(" ".join(edge)) for edge in edges)


def _blocks(quote: str, *, is_page: bool) -> Iterator[str]:
    """Yield the words of a quote, block by block as the page has them."""
    for line in quote.split("\n"):
        if not is_page:
            yield line
        elif _RULER.match(line) or _FENCE.match(line):
            continue
        elif line.lstrip().startswith("|"):
            yield from (cell.replace(r"\|", "|").strip() for cell in _BORDER.split(line))
        else:
            yield _without_signs(line)


def _without_signs(line: str) -> str:
    while sign := _SIGNS.match(line):
        line = line[sign.end() :]
    mark = _ITEM.match(line)
    return _TERM.sub("", line[mark.end() :], count=1) if mark else line


def _encoded(words: str) -> str:
    return quote_url(words, safe="").replace("-", "%2D")
