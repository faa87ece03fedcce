"""Discord text from answers: the answer, its sources, and the card that shows a quote in place.

Everything is pure and within Discord's limits. Whatever comes from documents, models or people
passes through `literal` or `prose`; a link is only ever made of a citation's own address.
Lists (sources, gaps, failures, why) are in `bot.discord_bot.text.pages`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.discord_bot.text.message_split import MESSAGE_LIMIT, split, units
from bot.discord_bot.text.plain_words import for_people
from bot.discord_bot.text.quote_context import above, below, without_mark
from bot.discord_bot.text.quote_excerpt import around_highlight
from bot.discord_bot.text.quotes import (
    bold,
    facts,
    marked,
    quoted,
    readable_quote,
    unmarked,
    unwrapped,
    web_link,
)
from bot.discord_bot.text.safe_markdown import clean, holds_whole_code, literal, one_line, prose
from bot.discord_bot.text.tables import without_pipes
from bot.schema import BROKE_OFF, Answer, Changes, Citation, printed
from index.text.bracketed_numbers import without_bracketed_numbers
from index.text.fences import open_fence
from index.text.layout import line_range
from index.text.readable_markdown import markup_of, readable_title

MAX_MESSAGES = 3
"""More than this is a summary with the whole answer attached."""

CARD_LIMIT = 4000
"""An embed's description holds 4096, the text displays of a message 4000 together."""

_QUOTE_LIMIT = 300

CODE_ATTACHED = "-# Code that does not fit into a message is whole in the attached file."

CHANGED = "-# The source has changed since; this is what it said."
NO_PICTURE = "The picture it was read from cannot be shown."
STANDS = "-# The source has changed since, but it still says this."


@dataclass(frozen=True)
class Rendered:
    """What to send for one answer."""

    parts: tuple[str, ...]
    """One to three messages of at most 2000 UTF-16 code units each."""
    attachment: tuple[str, bytes] | None = None
    """File name and content that goes with the last message."""


@dataclass(frozen=True)
class Card:
    """A quote in its surroundings."""

    title: str
    """At most 256 code units."""
    body: str
    """At most 4000 code units: place and age, then the text."""
    footer: str
    """Which citation of how many; empty when there is one."""
    link: str | None
    """Address of the original, http or https."""
    picture: str = ""
    """Name of the attached picture that it shows; empty for none."""


def render_answer(answer: Answer, *, now: datetime, asked: bool = False) -> Rendered:
    """Return the messages for an answer, with its sources.

    `asked` repeats the question on top, where Discord does not show it.
    """
    said = _printed(answer)
    body = _body(answer, said, asked=asked)
    shown = answer.shown_citations
    entries = [source_entry(citation, now=now) for citation in shown]
    quotes = [_entry_quote(answer, citation) for citation in shown]
    listed = _sources(answer, _grouped(shown, entries, quotes))
    whole = holds_whole_code(said, MESSAGE_LIMIT)
    note = "" if whole else CODE_ATTACHED
    parts = split("\n\n".join(filter(None, [body, listed, note])))
    if len(parts) <= MAX_MESSAGES:
        return Rendered(tuple(parts), None if whole else _attachment(answer, now))
    bare = _grouped(shown, entries, [""] * len(shown))
    return Rendered((_summary(answer, body, bare),), _attachment(answer, now))


def render_draft(text: str) -> str:
    """Return the newest part of an unfinished answer, for an edit while a model writes."""
    parts = split(prose(without_pipes(text.rstrip())), MESSAGE_LIMIT - 12)
    above = "-# …\n" if len(parts) > 1 else ""
    return f"{above}{parts[-1]}\n-# …" if parts else "-# …"


def source_entry(citation: Citation, *, now: datetime) -> str:
    """Return `**Title** · page 3 · Heading · changed 3 weeks ago · [open](<url>)`."""
    link = web_link(citation)
    named = readable_title(citation.title, markup_of(citation.source, citation.mime))
    title = f"**{literal(one_line(without_bracketed_numbers(named))) or 'Untitled'}**"
    opener = f"[open](<{link}>)" if link else ""
    return " · ".join(filter(None, [title, *facts(citation, now), opener]))


def _grouped(
    citations: Sequence[Citation], entries: Sequence[str], quotes: Sequence[str]
) -> list[str]:
    """Put markers before entries; those that say the same and show no quote share a line.

    What has no marker gets its place, as on its button.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    rows = zip(citations, entries, quotes, strict=True)
    for place, (citation, entry, quote) in enumerate(rows, start=1):
        groups.setdefault((entry, quote), []).append(f"[{citation.marker or place}]")
    return [
        f"{' '.join(dict.fromkeys(markers))} {entry}{quote}"
        for (entry, quote), markers in groups.items()
    ]


def _body(answer: Answer, said: str, *, asked: bool) -> str:
    """Return the answer, what answers inside each quote in bold, below the question."""
    question = f"-# {literal(one_line(answer.question, 300))}" if asked else ""
    return "\n\n".join(filter(None, [question, bold(prose(without_pipes(said))), _remarks(answer)]))


def _remarks(answer: Answer) -> str:
    remarks = []
    if answer.status == "partial" and BROKE_OFF not in (answer.notice or ""):
        remarks.append("-# The sources answer only part of the question.")
    if answer.searched_for is not None:
        remarks.append(f"-# Searched for: {literal(one_line(answer.searched_for, 300))}")
    if answer.notice:
        remarks.append(f"-# {literal(one_line(answer.notice, 600))}")
    return "\n".join(remarks)


def _printed(answer: Answer) -> str:
    """Return what the answer says, with the private marks of `bold` around what answers."""
    return printed(
        answer.parts,
        answer.citations,
        missing=answer.missing,
        quote=lambda citation: marked(*readable_quote(citation, styled=True)),
        written=unmarked,
    )


def _sources(answer: Answer, entries: list[str]) -> str:
    if not entries:
        return ""
    heading = "**Sources**" if answer.citations else "**Nearest passages**"
    return "\n".join([heading, *entries])


def _entry_quote(answer: Answer, citation: Citation) -> str:
    """Return the quote below its source, unless the answer prints it already."""
    if citation.marker in answer.printed_markers:
        return ""
    shown = readable_quote(citation, styled=False)
    text, highlight = around_highlight(shown.text, shown.span, _QUOTE_LIMIT)
    return "\n" + quoted(text, highlight, tables=True)


def _summary(answer: Answer, body: str, entries: list[str]) -> str:
    opening = split(body, 1000)[0]
    sources = split(_sources(answer, entries), 800)
    note = "-# This is the beginning. The whole answer and every quote are in the attached file."
    return "\n\n".join([opening, *sources[:1], note])


def _attachment(answer: Answer, now: datetime) -> tuple[str, bytes]:
    name = re.sub(r"[^A-Za-z0-9-]", "", answer.id) or "answer"
    shown = answer.shown_citations
    text = printed(
        answer.parts,
        answer.citations,
        missing=answer.missing,
        quote=lambda citation: without_bracketed_numbers(citation.quote),
    )
    lines = [f"# {one_line(answer.question, 1000)}", "", clean(text), "", "## Sources"]
    for place, citation in enumerate(shown, start=1):
        link = web_link(citation)
        title = without_bracketed_numbers(one_line(citation.title, 300))
        entry = [title, *facts(citation, now), link or ""]
        lines += ["", f"[{citation.marker or place}] {' · '.join(filter(None, entry))}", ""]
        quote = without_bracketed_numbers(clean(citation.quote))
        lines += [f"> {line}".rstrip() for line in quote.split("\n")]
    return f"answer-{name}.md", ("\n".join(lines) + "\n").encode()


def show_card(
    citation: Citation,
    text: str,
    *,
    now: datetime,
    number: int = 1,
    total: int = 1,
    stands: bool | None = None,
) -> Card:
    """Return the quote of a citation inside `text`, the canonical text of its version.

    The surroundings are left out when `text` is not that version; `stands` says of a source that
    has changed whether it still holds the quote.
    """
    lines = "" if citation.place else line_range(*citation.lines, dash="–")
    place = f"-# {' · '.join(filter(None, [*facts(citation, now), lines]))}"
    note = "" if stands is None else f"\n{STANDS if stands else CHANGED}"
    return Card(
        title=literal(one_line(citation.title, 120)),
        body=f"{place}\n\n{_in_place(citation, text, CARD_LIMIT - units(place) - 2)}{note}",
        footer=f"{number} of {total}" if total > 1 else "",
        link=web_link(citation),
    )


def with_note(card: Card, said: str) -> Card:
    """Return a card that says something of its picture, or why there is none."""
    note = f"\n-# {literal(one_line(for_people(said), 300)) or NO_PICTURE}"
    return replace(card, body=split(card.body, CARD_LIMIT - units(note))[0] + note)


def _in_place(citation: Citation, text: str, limit: int) -> str:
    """Return surroundings and quote; the surroundings give way first, then the quote's edges."""
    start, end = citation.evidence.start, citation.evidence.end
    known = text[start:end] == citation.quote
    before, mark = without_mark(text[:start]) if known else ("", "")
    after = text[end:] if known else ""
    opened = open_fence(text[:start]) if known else ""
    closing = open_fence(text[:end]) if known else ""
    raw = unwrapped(citation.quote, opened)
    for room, length in ((400, 9000), (200, 9000), (100, 1500), (0, 700), (0, 300)):
        quote = quoted(*around_highlight(raw, citation.highlight, length), opened)
        marked_quote = f"> {literal(mark)}{quote.removeprefix('> ')}"
        around = [above(before, room), marked_quote, below(after, room, closing)]
        shown = "\n".join(filter(None, around))
        if units(shown) <= limit:
            return shown
    return split(shown, limit - 1)[0] + "…"


def since_then(changes: Changes) -> str:
    """Return one sentence: what became of the first source, and of how many more."""
    if not changes:
        return ""
    title, change = next(iter(changes.items()))
    what = "was removed" if change == "removed" else "has changed"
    first = f"{one_line(title, 60)!r} {what} since that answer"
    if len(changes) == 1:
        return f"{first}."
    return f"{first}, and so did {len(changes) - 1} more of its sources."
