"""Words of documents as a browser may show them: nothing in them moves, hides or leads anywhere."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlsplit

from bot.schema import Citation
from index.text.bracketed_numbers import without_bracketed_numbers
from index.text.invisible_characters import DIRECTION_OVERRIDES, without_unseen
from index.text.layout import folded
from index.text.readable_markdown import markup_of, readable_title

_VISIBLE = (
    {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t\r"}
    | {0x7F: 0x2421, 0x0D: 0x20, 0x2028: 0x20, 0x2029: 0x20}
    | dict.fromkeys((*range(0x80, 0xA0), *map(ord, DIRECTION_OVERRIDES)), 0xFFFD)
    | dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)
)
"""Characters that would show a text in another order, or not at all, by what is shown for them."""

_LONGEST_ADDRESS = 2000


def neutral(text: str) -> str:
    """Return `text` with such characters made visible, every offset kept."""
    return text.translate(_VISIBLE)


def label(text: str) -> str:
    """Return words on one line, such as a title, without what shows nothing."""
    return folded(neutral(without_unseen(text)))


def title_of(title: str, uri: str, mime: str) -> str:
    """Return a title as a person reads it."""
    return label(readable_title(title, markup_of(uri, mime))) or label(uri) or "Untitled"


def headings_of(citation: Citation) -> list[str]:
    """Return the headings above a quote, without one that repeats the title."""
    title = title_of(citation.title, citation.source, citation.mime)
    shown = [title_of(each, citation.source, citation.mime) for each in citation.heading]
    plain = [without_bracketed_numbers(each) for each in shown]
    return [each for at, each in enumerate(plain) if each not in (title, *plain[:at])]


def web_address(address: str | None) -> str | None:
    """Return an address of the web that a link may lead to; None for everything else."""
    if not address or len(address) > _LONGEST_ADDRESS or re.search(r"[\s\x00-\x1f\\]", address):
        return None
    try:
        parts = urlsplit(address)
        host, user = parts.hostname, parts.username
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or user is not None:
        return None
    return address if neutral(address) == address else None


def day(moment: datetime | None) -> str:
    """Return `3 May 2026`, or nothing."""
    return f"{moment.day} {moment:%B %Y}" if moment else ""
