"""How a quote is set in Discord: its highlight, its place, its age, its link. Pure."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

from bot.discord_bot.text.message_split import units
from bot.discord_bot.text.safe_markdown import (
    FENCE_OR_CODE,
    clean,
    literal,
    literal_with_code,
    one_line,
)
from bot.discord_bot.text.tables import with_aligned_tables
from bot.schema import Citation
from index.text.bracketed_numbers import without_bracketed_numbers
from index.text.list_marks import list_mark
from index.text.readable_markdown import (
    Readable,
    has_own_lines,
    markup_of,
    readable_span,
    readable_title,
)

MISSING = "⚠️ its file was not found at the last look"
"""What is said of a document that is kept although its file is gone."""

STALE = "⚠️ an older version, as the newest could not be read"
"""What is said of a document whose file has a newer version that could not be read."""

FROM_PICTURE = "🖼️ read from a picture"
"""What is said of a quote that was recognised, so that it can be misread."""

_URL_LIMIT = 512
_PAREN = str.maketrans({"(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "\\": "%5C", "`": "%60"})
_OPEN, _CLOSE = "\ue000", "\ue001"
_AGES = ((365, "year", 365), (30, "month", 30), (7, "week", 14))
_STRUCTURE = re.compile(r" {4}|\t| *(?:[#>|]|```|~~~)")
_TITLE = re.compile(r" *(?:[#|]|```|~~~)")
_FENCE_LINE = re.compile(r" *(?:```|~~~)")
_PAIRED_STARS = re.compile(r"(?<![\w*])\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*(?![\w*])")

_CROSSED_STARS = re.compile(
    rf"(?<![\w*\\])\*(?=[^\s*])([^*\n{_OPEN}{_CLOSE}]*[{_OPEN}{_CLOSE}][^*\n]*)(?<!\\)\*(?!\*)"
)
"""Italics that begin or end inside the highlight: Discord would show the stars of one of them."""


def web_link(citation: Citation) -> str | None:
    """Return the http or https address of a citation, safe inside `(<...>)`, or None."""
    if not citation.url:
        return None
    return _web_address(citation.link()) or _web_address(citation.url)


def _web_address(address: str) -> str | None:
    if clean(address) != address or any(character.isspace() for character in address):
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        return None
    safe = address.translate(_PAREN)
    return safe if units(safe) <= _URL_LIMIT else None


def ago(moment: datetime, now: datetime) -> str:
    """Return `today`, `yesterday`, `3 weeks ago`; a time to come counts as today."""
    days = (_aware(now) - _aware(moment)).days
    if days < 2:
        return "yesterday" if days == 1 else "today"
    # A week and a half is "10 days": weeks begin at two.
    size, name = next(((size, name) for size, name, least in _AGES if days >= least), (1, "day"))
    count = days // size
    return f"{count} {name}{'' if count == 1 else 's'} ago"


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def facts(citation: Citation, now: datetime) -> list[str]:
    """Return page or place, heading, age and what it is, each empty where unknown.

    What it is says whether it was read from a picture, and what its file has become.

    Of a team answer, who gave it stands in the place of its age.
    """
    page = f"page {citation.page}" if citation.page is not None else ""
    if citation.place and not page:
        page = literal(one_line(without_bracketed_numbers(citation.place), 90))
    markup = markup_of(citation.source, citation.mime)
    titles = [readable_title(part, markup).strip() for part in (citation.title, *citation.heading)]
    path = [part for part in titles[1:] if part != titles[0]]
    heading = literal(one_line(without_bracketed_numbers(" › ".join(path)), 120))
    age = f"changed {ago(citation.modified, now)}" if citation.modified else ""
    if citation.author:
        age = f"by {literal(one_line(without_bracketed_numbers(citation.author), 90))}"
    became = MISSING if citation.missing else STALE if citation.stale else ""
    return [page, heading, age, FROM_PICTURE if citation.picture else "", became]


def unwrapped(text: str, opened: str = "") -> str:
    """Replace the line ends that only wrap a paragraph by spaces, keeping every offset.

    Discord shows every line end; lists, tables, headings, code and blank lines keep theirs.
    `opened` is the fence that the text begins inside, if it does.
    """
    lines = text.split("\n")
    joined = lines[0]
    fenced = bool(opened) ^ (_FENCE_LINE.match(lines[0]) is not None)
    for before, line in itertools.pairwise(lines):
        soft = not fenced and _is_wrapped(before, line)
        fenced ^= _FENCE_LINE.match(line) is not None
        joined += (" " if soft else "\n") + line
    return joined


def _is_wrapped(before: str, after: str) -> bool:
    if not before.strip() or not after.strip():
        return False
    if list_mark(after) or _STRUCTURE.match(after) or _TITLE.match(before):
        return False
    code = any(line[-1] in "{};\\|" for line in (before.rstrip(), after.rstrip()))
    return not code and before.rstrip()[-1] != ":" and not before.endswith("  ")


def readable_quote(citation: Citation, *, styled: bool) -> Readable:
    """Return a quote as a person reads it, with its highlight.

    `styled` keeps emphasis, for the text of an answer. There a block of code that ends the quote is
    followed by a line end, so that nothing is written behind it.
    """
    markup = markup_of(citation.source, citation.mime)
    quote = citation.quote if has_own_lines(markup) else unwrapped(citation.quote)
    shown = readable_span(quote, citation.highlight, markup, styled=styled)
    shown = shown._replace(text=without_bracketed_numbers(shown.text))
    ends_in_code = _FENCE_LINE.match(shown.text.rpartition("\n")[2]) is not None
    return shown._replace(text=f"{shown.text}\n") if styled and ends_in_code else shown


def marked(text: str, highlight: tuple[int, int] | None) -> str:
    """Put the private marks of `bold` around the highlight, and drop bold of its own."""
    text = unmarked(text)
    if highlight is None:
        return text
    return _CROSSED_STARS.sub(r"\1", _PAIRED_STARS.sub(r"\1", _marked(text, highlight)))


def _marked(text: str, highlight: tuple[int, int]) -> str:
    """Put the private marks around the highlight, line by line."""
    start, end = highlight
    inside = "\n".join(_marked_line(line) for line in text[start:end].split("\n"))
    return text[:start] + inside + text[end:]


def _marked_line(line: str) -> str:
    if line.lstrip().startswith("|"):
        return line
    mark = list_mark(line)
    at = mark.length if mark else len(line) - len(line.lstrip())
    words = line[at:].rstrip()
    return line[:at] + (f"{_OPEN}{words}{_CLOSE}" if words else "")


def bold(markdown: str) -> str:
    """Turn the private marks into bold; inside code, which has no bold, drop them."""

    def without(match: re.Match[str]) -> str:
        return match[0].replace(_OPEN, "").replace(_CLOSE, "")

    markdown = FENCE_OR_CODE.sub(without, markdown)
    markdown = re.sub(f"{_OPEN}([^{_OPEN}{_CLOSE}\n]+){_CLOSE}", r"**\1**", markdown)
    return markdown.replace(_OPEN, "").replace(_CLOSE, "")


def unmarked(text: str) -> str:
    """Replace characters that would be taken for the private marks, keeping every offset."""
    return text.replace(_OPEN, "\ufffd").replace(_CLOSE, "\ufffd")


def quoted(
    text: str, highlight: tuple[int, int] | None, opened: str = "", *, tables: bool = False
) -> str:
    """Return a quote as Discord block quote lines, as it is written, the highlight in bold.

    Code stands in blocks of its own; `opened` is the fence that the quote begins inside. `tables`
    aligns tables.
    """
    plain = unmarked(text)
    shown = _marked(plain, highlight) if highlight else plain
    shown = with_aligned_tables(shown) if tables else shown
    lines = bold(literal_with_code(shown, opened)).strip("\n").split("\n")
    return "\n".join(f"> {line}".rstrip() for line in lines)
