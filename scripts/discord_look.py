"""How a message looks in Discord's dark theme, as HTML: Markdown, embeds, buttons. Pure.

It knows what Quoth sends, which is not all that Discord can show. Fonts are those of the system.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Payload = Mapping[str, Any]

STYLE = (Path(__file__).parent / "discord_look.css").read_text(encoding="utf-8")

_ONLY = (
    '<div class="only">👁 Only you can see this · <span class="link">Dismiss message</span></div>'
)
_ESCAPED = re.compile(r"\\([^\w\s])")
_RULES = (
    (re.compile(r"(`+)(.+?)\1"), r"<code>\2</code>"),
    (re.compile(r"\*\*(.+?)\*\*"), r"<b>\1</b>"),
    (re.compile(r"(?<!\*)\*([^*\s][^*]*)\*(?!\*)"), r"<i>\1</i>"),
    (re.compile(r"\[([^\]]+)\]\((?:&lt;)?(https?://.+?)(?:&gt;)?\)"), r'<a href="\2">\1</a>'),
    (re.compile(r"&lt;@!?(\d+)&gt;"), r'<span class="mention">@\1</span>'),
)
_PRIVATE_USE = 0xF0000
"""Escaped characters wait here, where no rule finds them."""


@dataclass(frozen=True)
class Author:
    """Who writes."""

    id: str
    name: str
    colour: str
    app: bool = False


@dataclass(frozen=True)
class Line:
    """One message on the screen."""

    author: Author
    time: str
    content: str = ""
    embeds: Sequence[Payload] = ()
    components: Sequence[Payload] = ()
    private: bool = False
    """Only the person in front of the screen sees it."""
    before: tuple[Author, str] | None = None
    """Who is replied to and what was said, or who used what."""


def page(lines: Sequence[Line], people: Sequence[Author]) -> str:
    """Return a whole HTML page; mentions get the names of `people`."""
    body = "\n".join(_message(line) for line in lines)
    for person in people:
        body = body.replace(f">@{person.id}<", f">@{html.escape(person.name)}<")
    return f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style><body>{body}</body>'


def _message(line: Line) -> str:
    app = '<span class="app">APP</span>' if line.author.app else ""
    before = ""
    if line.before:
        who, what = line.before
        before = (
            f'<div class="before">{_avatar(who)}<b>{html.escape(who.name)}</b> {inline(what)}</div>'
        )
    return "".join(
        [
            f'<div class="message{" private" if line.private else ""}">{before}',
            _avatar(line.author),
            f'<span class="name">{html.escape(line.author.name)}</span>{app}',
            f'<span class="time">{line.time}</span>',
            f'<div class="text">{markdown(line.content)}</div>',
            *(_embed(embed) for embed in line.embeds),
            *(_row(row) for row in line.components),
            _ONLY if line.private else "",
            "</div>",
        ]
    )


def _avatar(author: Author) -> str:
    return f'<span class="avatar" style="background:{author.colour}">{author.name[0]}</span>'


def _embed(embed: Payload) -> str:
    colour = embed.get("color")
    bar = f' style="border-color:#{colour:06x}"' if colour else ""
    link = ' class="link"' if embed.get("url") else ""
    title = f'<div class="title"><span{link}>{inline(embed["title"])}</span></div>'
    footer = (embed.get("footer") or {}).get("text")
    return "".join(
        [
            f'<div class="embed"{bar}>',
            title if embed.get("title") else "",
            f'<div class="description">{markdown(embed.get("description") or "")}</div>',
            f'<div class="footer">{html.escape(footer)}</div>' if footer else "",
            "</div>",
        ]
    )


def _row(row: Payload) -> str:
    return f'<div class="row">{"".join(_button(item) for item in row["components"])}</div>'


def _button(item: Payload) -> str:
    face = " ".join(filter(None, [(item.get("emoji") or {}).get("name"), item.get("label")]))
    off = " disabled" if item.get("disabled") else ""
    link = " ↗" if item.get("url") else ""
    return f'<span class="button style{item["style"]}{off}">{html.escape(face)}{link}</span>'


def markdown(text: str) -> str:
    """Return Discord's Markdown as HTML."""
    parts = re.split(r"```\w*\n?(.*?)\n?```\n?", text, flags=re.DOTALL)
    blocks = [
        f"<pre>{html.escape(part)}</pre>" if place % 2 else _lines(part)
        for place, part in enumerate(parts)
    ]
    return "".join(blocks)


def _lines(text: str) -> str:
    shown = "\n".join(_line(line) for line in text.split("\n"))
    shown = re.sub(r"</li>\n<li>", "</li><li>", shown)
    shown = re.sub(r"\n?(<li>.*</li>)\n?", r"<ul>\1</ul>", shown)
    shown = shown.replace("</blockquote>\n<blockquote>", "\n")
    # A block ends its line by itself.
    return re.sub(r"\n?(</?(?:blockquote|div)[^>]*>)\n?", r"\1", shown)


def _line(line: str) -> str:
    for mark, opening, closing in (
        ("-# ", '<div class="small">', "</div>"),
        ("> ", "<blockquote>", "</blockquote>"),
        ("- ", "<li>", "</li>"),
        ("# ", "<b>", "</b>"),
    ):
        if line.startswith(mark):
            return opening + inline(line.removeprefix(mark)) + closing
    return "<blockquote> </blockquote>" if line == ">" else inline(line)


def inline(text: str) -> str:
    """Return one line of Discord's Markdown as HTML."""
    text = _ESCAPED.sub(lambda match: chr(_PRIVATE_USE + ord(match[1])), text)
    text = html.escape(text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return re.sub(
        "[\U000f0000-\U000ffffd]",
        lambda match: html.escape(chr(ord(match[0]) - _PRIVATE_USE)),
        text,
    )
