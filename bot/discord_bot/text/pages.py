"""Lists for Discord: sources, gaps, progress and failures. Pure.

A page is one message; long rows make for more pages, never for a lost row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from types import MappingProxyType

from bot.community.gap_groups import GapGroup
from bot.community.store.records import TeamAnswer
from bot.discord_bot.text.answers import Card
from bot.discord_bot.text.message_split import MESSAGE_LIMIT, fitting, units
from bot.discord_bot.text.plain_words import for_people
from bot.discord_bot.text.quotes import MISSING, ago
from bot.discord_bot.text.safe_markdown import clean, literal, one_line
from index.schema import SourceEntry, SourceState, SyncFailure, SyncReport
from index.text.counted_kinds import counted_kinds

PAGE_SIZE = 10

MAX_REVIEWS = 5
"""Team answers to review that stand on one page, a row of buttons."""

_STATES: dict[SourceState, str] = {
    "ready": "✅",
    "indexing": "⏳",
    "stale": "⚠️",
    "failed": "⚠️",
}
_GAPS_HINT = "-# Add what is missing with `/source add`, or answer a question yourself."
NOT_READ = "It could not be read."
OLD_VERSION = "an older version answers, as the newest could not be read"
BY_WORDS = "found by its words, and soon by its meaning too"
_BAR = 20
_FOOT = 40
_NAMES = 3
_ADDED = 5
_REASONS = 2
_REVIEWED = 1900
"""Characters of a team answer on its card; escaping can double them."""


@dataclass(frozen=True)
class Page:
    """One message of a list."""

    text: str
    number: int
    """From 1, within `pages` whatever was asked for."""
    pages: int
    rows: range = range(0)
    """Places in the list, from 0, of what stands on it."""


def sources_page(
    entries: Sequence[SourceEntry],
    number: int,
    *,
    label: Callable[[str], str],
    now: datetime,
    keeps: bool = False,
    not_read: Mapping[str, int] = MappingProxyType({}),
) -> Page:
    """Return one page of sources with state, size, age and who added each.

    `label` says what people call a collection; `keeps` that the person may add to them; `not_read`
    counts the files of the documents folder that are not read, by their ending.
    """
    left_out = f"\n-# {literal(one_line(counted_kinds(not_read), 200))}" if not_read else ""
    if not entries:
        hint = " Add one with `/source add`." if keeps else ""
        return Page(f"There are no sources here yet that you may read.{hint}{left_out}", 1, 1)
    head = f"**Sources** · {counted(len(entries), 'document')}{left_out}"
    lines = [_source_line(entry, label(entry.collection), now) for entry in entries]
    return _page(head, lines, number)


def gaps_page(
    groups: Sequence[GapGroup], waiting: Sequence[TeamAnswer], number: int, *, now: datetime
) -> Page:
    """Return one page of questions the sources could not answer, as they are given.

    Above them stand the first team answers that wait for a review.
    """
    above = _reviews(waiting)
    if not groups:
        none = "No open questions: everything asked so far was answered."
        return Page("\n".join([*above, none]), 1, 1)
    title = f"**Gaps** · {counted(len(groups), 'question')} without a good answer"
    lines = [f"{place}. {_gap_line(group, now)}" for place, group in enumerate(groups, start=1)]
    return _page("\n".join([*above, title, _GAPS_HINT]), lines, number)


def progress(done: int, total: int, name: str) -> str:
    """Return one line for work under way: a bar, a count and what is at hand."""
    full = _BAR * done // total
    bar = "█" * full + "░" * (_BAR - full)
    return f"`{bar}` {done} of {total} · {literal(one_line(name, 60))}"


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
    if kinds := Counter(each.kind for each in result.not_read):
        lines.append(f"-# {literal(one_line(counted_kinds(kinds), 200))}")
    if result.awaiting:
        lines.append("-# You can ask about it now. It is found by its words, and soon by meaning.")
    return _clipped([*lines, *_named("⚠️", result.failed), *_named("ℹ️", result.warnings)])


def added_text(
    report: SyncReport, titles: Sequence[str], label: str, question: str | None, ask: str
) -> str:
    """Return what adding did, to which documents of which collection, and what to try next.

    `ask` is the mention of the command that asks.
    """
    failed = {failure.source for failure in report.failed}
    names = [f"**{literal(one_line(title, 60))}**" for title in titles if title not in failed]
    if not report.added and not report.updated:
        return sync_text(report)
    named = names[:_ADDED]
    left = len(names) - _ADDED
    more = [f"{left} more"] if left > 0 else []
    what = " and ".join(filter(None, [", ".join([*named, *more][:-1]), *[*named, *more][-1:]]))
    place = f"{what} in **{literal(label)}**."
    tried = f"-# Try {ask} {literal(question)}" if question else f"-# Ask about it with {ask}."
    first, *others = sync_text(report).split("\n")
    return _clipped([f"{first.rstrip('.')}: {place}", tried, *others])


def _named(sign: str, failures: Sequence[SyncFailure]) -> Iterator[str]:
    for failure in failures:
        reason = failure.reason.removeprefix(f"{failure.source}: ")
        name = literal(one_line(failure.source, 80))
        yield f"- {sign} **{name}**: {literal(one_line(for_people(reason) or NOT_READ, 200))}"


def _page(head: str, lines: Sequence[str], number: int) -> Page:
    pages = _packed(lines, MESSAGE_LIMIT - units(head) - _FOOT)
    number = max(1, min(number, len(pages)))
    rows = pages[number - 1]
    foot = [f"-# page {number} of {len(pages)}"] if len(pages) > 1 else []
    text = "\n".join([head, *lines[rows.start : rows.stop], *foot])
    return Page(text, number, len(pages), rows)


def _packed(lines: Sequence[str], room: int) -> list[range]:
    """Deal lines into pages of at most `PAGE_SIZE` lines that fit into a message."""
    starts, left = [0], room
    for at, line in enumerate(lines):
        if at - starts[-1] == PAGE_SIZE or units(line) + 1 > left:
            starts.append(at)
            left = room
        left -= units(line) + 1
    return [range(*ends) for ends in pairwise([*starts, len(lines)])]


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


def _source_line(entry: SourceEntry, collection: str, now: datetime) -> str:
    """Return a title, and below it in small print what is known of it."""
    changed = entry.modified or entry.added_at
    facts = [
        literal(one_line(collection, 30)),
        counted(entry.characters, "character") if entry.characters else "",
        f"changed {ago(changed, now)}" if changed else "",
        f"added by {literal(one_line(entry.added_by, 32))}" if entry.added_by else "",
        _trouble(entry),
    ]
    title = literal(one_line(entry.title, 60)) or "Untitled"
    sign = _STATES["indexing" if entry.awaiting and not entry.failure else entry.state]
    return f"{sign} **{title}**\n-# {' · '.join(filter(None, facts))}"


def _trouble(entry: SourceEntry) -> str:
    """Return why a document is not what its file is, or empty."""
    if entry.missing:
        return MISSING
    if not entry.failure:
        said = BY_WORDS if entry.awaiting else ""
        return "still to be read" if entry.state == "indexing" else said
    reason = literal(one_line(for_people(entry.failure) or NOT_READ, 60))
    return f"{OLD_VERSION}: {reason}" if entry.state == "stale" else reason


def _gap_line(group: GapGroup, now: datetime) -> str:
    sign = " · 👎" if group.disliked else ""
    last = datetime.fromtimestamp(group.last, UTC)
    asked = f"asked {counted(len(group.gaps), 'time')}, last {ago(last, now)}"
    said = "; ".join(f"“{literal(one_line(reason, 60))}”" for reason in group.reasons[:_REASONS])
    below = f"\n-# {said}" if said else ""
    where = f" · 🔒 <#{group.place}>" if group.place else ""
    said_by = f"{sign}{where}{_by(group.persons)}"
    return f"{literal(one_line(group.wording, 120))} · {asked}{said_by}{below}"


def _by(persons: Sequence[int]) -> str:
    """Return who asked: mentions, which show today's names and ping nobody in a bot's message."""
    if not persons:
        return ""
    named = ", ".join(f"<@{id}>" for id in persons[:_NAMES])
    left = len(persons) - _NAMES
    return f" · by {named}{f' and {left} more' if left > 0 else ''}"


def _reviews(waiting: Sequence[TeamAnswer]) -> list[str]:
    if not waiting:
        return []
    lines = [
        f"{place}. {literal(one_line(held.question or held.title, 50))} · "
        f"{literal(one_line(held.review or '', 50))}"
        for place, held in enumerate(waiting[:MAX_REVIEWS], start=1)
    ]
    left = len(waiting) - MAX_REVIEWS
    more = [f"-# and {left} more"] if left > 0 else []
    head = f"**Team answers to review** · {len(waiting)}, not used until then"
    return [head, *lines, *more, ""]


def review_card(answer: TeamAnswer, *, now: datetime) -> Card:
    """Return a team answer as the one who reviews it reads it."""
    text = clean(answer.text)
    shown = text[: fitting(text, _REVIEWED)] + ("…" if units(text) > _REVIEWED else "")
    written = ago(datetime.fromtimestamp(answer.at, UTC), now)
    by = one_line(answer.author, 40)
    return Card(
        title=literal(one_line(answer.question or answer.title, 120)),
        body=literal(shown),
        footer=f"Team answer by {by}, {written}. {one_line(answer.review or '', 200)}",
        link=None,
    )


def counted(count: int, noun: str) -> str:
    """Return `1 passage`, `2 passages`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
