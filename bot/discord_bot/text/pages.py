"""Lists for Discord: sources, gaps, how an answer was found, progress and failures. Pure.

A page is one message; long rows make for more pages, never for a lost row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.community.store.records import TeamAnswer
from bot.discord_bot.text.answers import Card
from bot.discord_bot.text.message_split import MESSAGE_LIMIT, fitting, units
from bot.discord_bot.text.quotes import ago
from bot.discord_bot.text.safe_markdown import clean, in_code, literal, one_line
from bot.schema import Answer, HitTrace
from index.schema import SourceState, SyncFailure, SyncReport
from index.text.layout import aligned

PAGE_SIZE = 10

MAX_REVIEWS = 5
"""Team answers to review that stand on one page, a row of buttons."""

_STATES: dict[SourceState, str] = {"ready": "✅", "indexing": "⏳", "failed": "⚠️"}
_TRACE_ROWS = 12
_BAR = 20
_FOOT = 40
_NAMES = 3
_REASONS = 2
_REVIEWED = 1900
"""Characters of a team answer on its card; escaping can double them."""


@dataclass(frozen=True)
class SourceRow:
    """One source in `/sources`."""

    title: str
    collection: str
    state: SourceState = "ready"
    size: int = 0
    """Characters of its text."""
    changed: datetime | None = None
    added_by: str | None = None
    """Display name of who added it."""
    reason: str | None = None
    """Why it failed."""


@dataclass(frozen=True)
class GapRow:
    """A group of near-identical questions without an answer."""

    wording: str
    count: int
    last: datetime
    disliked: bool = False
    """Whether it was answered and rated 👎."""
    persons: tuple[int, ...] = ()
    """Ids of who asked, where the operator wants names."""
    reasons: tuple[str, ...] = ()
    """Why it was rated 👎, newest first."""


@dataclass(frozen=True)
class ReviewRow:
    """A team answer that waits for a review."""

    question: str
    reason: str
    """What has changed of what it rests on."""


@dataclass(frozen=True)
class Page:
    """One message of a list."""

    text: str
    number: int
    """From 1, within `pages` whatever was asked for."""
    pages: int


def sources_page(rows: Sequence[SourceRow], number: int = 1, *, now: datetime) -> Page:
    """Return one page of sources with state, size, age and who added each."""
    if not rows:
        return Page("There are no sources yet. Add one with `/source add`.", 1, 1)
    head = f"**Sources** · {_plural(len(rows), 'document')}"
    return _page(head, [_source_line(row, now) for row in rows], number)


def gaps_page(
    rows: Sequence[GapRow],
    number: int = 1,
    *,
    now: datetime,
    reviews: Sequence[ReviewRow] = (),
    hint: str = "",
) -> Page:
    """Return one page of questions the sources could not answer, as they are given.

    Above them stand the first team answers that wait for a review; `hint` goes below the heading.
    """
    above = _reviews(reviews)
    if not rows:
        none = "No open questions: everything asked so far was answered."
        return Page("\n".join([*above, none]), 1, 1)
    title = f"**Gaps** · {_plural(len(rows), 'question')} without a good answer"
    head = "\n".join(filter(None, [*above, title, hint]))
    lines = [f"{place}. {_gap_line(row, now)}" for place, row in enumerate(rows, start=1)]
    return _page(head, lines, number)


def why_text(answer: Answer) -> str:
    """Return how an answer was found: the question searched for, ranks and scores."""
    found = [
        f"**Searched for:** {literal(one_line(answer.standalone_question, 200))}",
        f"**Engine:** {literal(one_line(answer.engine, 60))} · **confidence** "
        f"{answer.confidence:.0%} · **outcome** {answer.status.replace('_', ' ')}",
    ]
    if not answer.trace:
        return "\n".join([*found, "Nothing in the sources came near the question."])
    rows = [["#", "score", "sense", "words", "used", "source"]]
    rows += [_trace_row(place, hit) for place, hit in enumerate(answer.trace[:_TRACE_ROWS], 1)]
    left = len(answer.trace) - _TRACE_ROWS
    more = [f"-# and {left} more"] if left > 0 else []
    note = "-# sense: rank by meaning; words: rank by words; score: how likely it answers."
    return "\n".join([*found, f"```\n{aligned(rows, ruled=True)}\n```", *more, note])


def progress(done: int, total: int, name: str = "") -> str:
    """Return one line for work under way: a bar, a count and what is at hand."""
    if total <= 0:
        return "⏳ Reading …"
    full = _BAR * max(0, min(done, total)) // total
    at_hand = f" · {literal(one_line(name, 60))}" if name else ""
    return f"`{'█' * full}{'░' * (_BAR - full)}` {done} of {total}{at_hand}"


def sync_text(result: SyncReport) -> str:
    """Return what adding or refreshing did, each failure and warning by name."""
    counts = {
        "added": result.added,
        "updated": result.updated,
        "unchanged": result.unchanged,
        "removed": result.removed,
        "failed": len(result.failed),
    }
    said = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    lines = [f"{'⚠️' if result.failed else '✅'} {said or 'Nothing to do'}."]
    return _clipped([*lines, *_named("⚠️", result.failed), *_named("ℹ️", result.warnings)])


def _named(sign: str, failures: Sequence[SyncFailure]) -> Iterator[str]:
    for failure in failures:
        reason = failure.reason.removeprefix(f"{failure.source}: ")
        name = literal(one_line(failure.source, 80))
        yield f"- {sign} **{name}**: {literal(one_line(reason, 200))}"


def _page(head: str, lines: Sequence[str], number: int) -> Page:
    pages = _packed(lines, MESSAGE_LIMIT - units(head) - _FOOT)
    number = max(1, min(number, len(pages)))
    foot = [f"-# page {number} of {len(pages)}"] if len(pages) > 1 else []
    return Page("\n".join([head, *pages[number - 1], *foot]), number, len(pages))


def _packed(lines: Sequence[str], room: int) -> list[list[str]]:
    """Deal lines into pages of at most `PAGE_SIZE` lines that fit into a message."""
    pages: list[list[str]] = [[]]
    left = room
    for line in lines:
        if len(pages[-1]) == PAGE_SIZE or units(line) + 1 > left:
            pages.append([])
            left = room
        pages[-1].append(line)
        left -= units(line) + 1
    return pages


def _clipped(lines: Sequence[str]) -> str:
    """Join lines into one message; what does not fit is counted."""
    kept: list[str] = []
    size = 0
    for at, line in enumerate(lines):
        more = f"-# and {len(lines) - at} more"
        if size + units(line) + 1 + len(more) > MESSAGE_LIMIT:
            kept.append(more)
            break
        kept.append(line)
        size += units(line) + 1
    return "\n".join(kept)


def _source_line(row: SourceRow, now: datetime) -> str:
    """Return a title, and below it in small print what is known of it."""
    facts = [
        literal(one_line(row.collection, 30)),
        _plural(row.size, "character") if row.size else "",
        f"changed {ago(row.changed, now)}" if row.changed else "",
        f"added by {literal(one_line(row.added_by, 32))}" if row.added_by else "",
        literal(one_line(row.reason, 60)) if row.reason else "",
    ]
    title = literal(one_line(row.title, 60)) or "Untitled"
    return f"{_STATES[row.state]} **{title}**\n-# {' · '.join(filter(None, facts))}"


def _gap_line(row: GapRow, now: datetime) -> str:
    sign = " · 👎" if row.disliked else ""
    asked = f"asked {_plural(row.count, 'time')}, last {ago(row.last, now)}"
    said = "; ".join(f"“{literal(one_line(reason, 60))}”" for reason in row.reasons[:_REASONS])
    below = f"\n-# {said}" if said else ""
    return f"{literal(one_line(row.wording, 120))} · {asked}{sign}{_by(row.persons)}{below}"


def _by(persons: Sequence[int]) -> str:
    """Return who asked: mentions, which show today's names and ping nobody in a bot's message."""
    if not persons:
        return ""
    named = ", ".join(f"<@{id}>" for id in persons[:_NAMES])
    left = len(persons) - _NAMES
    return f" · by {named}{f' and {left} more' if left > 0 else ''}"


def _reviews(rows: Sequence[ReviewRow]) -> list[str]:
    if not rows:
        return []
    lines = [
        f"{place}. {literal(one_line(row.question, 50))} · {literal(one_line(row.reason, 50))}"
        for place, row in enumerate(rows[:MAX_REVIEWS], start=1)
    ]
    left = len(rows) - MAX_REVIEWS
    more = [f"-# and {left} more"] if left > 0 else []
    head = f"**Team answers to review** · {len(rows)}, not used until then"
    return [head, *lines, *more, ""]


def review_card(answer: TeamAnswer, *, now: datetime) -> Card:
    """Return a team answer as the one who reviews it reads it."""
    text = clean(answer.text)
    shown = text[: fitting(text, _REVIEWED)] + ("…" if units(text) > _REVIEWED else "")
    written = ago(datetime.fromtimestamp(answer.at, UTC), now)
    by = one_line(answer.author, 40)
    return Card(
        title=literal(one_line(answer.question, 120)),
        body=literal(shown),
        footer=f"Team answer by {by}, {written}. {one_line(answer.review or '', 200)}",
        link=None,
    )


def _trace_row(place: int, hit: HitTrace) -> list[str]:
    ranks = [str(rank) if rank else "-" for rank in (hit.dense_rank, hit.lexical_rank)]
    title = in_code(one_line(hit.title, 40))
    return [str(place), f"{hit.score:.2f}", *ranks, "yes" if hit.used else "", title]


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
