"""How an answer was found: in one sentence for people, and in figures for the curious. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.discord_bot.text.pages import counted
from bot.discord_bot.text.safe_markdown import in_code, literal, one_line
from bot.schema import EXTRACTIVE, Answer, HitTrace
from index.text.layout import aligned

_NEAR = 3
"""Rank up to which a passage is near the question."""

_SURE = 0.75
"""Score from which a passage very likely answers."""

_TITLES = 2
_TRACE_ROWS = 12


def why_text(answer: Answer) -> str:
    """Return in one sentence where an answer was found, and how near it is to the question."""
    if not answer.trace:
        return "Nothing in the sources came near the question."
    used = [hit for hit in answer.trace if hit.used]
    if not answer.citations or not used:
        nearest = answer.trace[0]
        looked = counted(len(answer.trace), "passage")
        return f"I looked at {looked}, and none answers. The nearest is in {_titles([nearest])}."
    written = "Found in " if answer.engine == EXTRACTIVE else "Written by a language model from "
    places = f"{counted(len(used), 'passage')} of {_titles(used)}"
    best = max(used, key=lambda hit: hit.score)
    closeness = f"{'it' if len(used) == 1 else 'the best one'} {_closeness(best)}"
    doubt = " I am not sure that it answers." if answer.status == "unsure" else ""
    return f"{written}{places}; {closeness}.{doubt}"


def _titles(hits: Sequence[HitTrace]) -> str:
    named = list(dict.fromkeys(literal(one_line(hit.title, 60)) or "Untitled" for hit in hits))
    shown = [f"**{title}**" for title in named[:_TITLES]]
    left = len(named) - _TITLES
    more = [counted(left, "other document")] if left > 0 else []
    *first, last = [*shown, *more]
    return f"{', '.join(first)} and {last}" if first else last


def _closeness(hit: HitTrace) -> str:
    """Say what the ranks of a passage mean: how near its words and its sense are."""
    words = hit.lexical_rank is not None and hit.lexical_rank <= _NEAR
    sense = hit.dense_rank is not None and hit.dense_rank <= _NEAR
    if words and sense and hit.score >= _SURE:
        return "says it almost word for word"
    if words and sense:
        return "speaks of it in your words"
    if words:
        return "uses the words of your question"
    if sense:
        return "says it in other words"
    return "only touches on it"


def figures_text(answer: Answer) -> str:
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


def _trace_row(place: int, hit: HitTrace) -> list[str]:
    ranks = [str(rank) if rank else "-" for rank in (hit.dense_rank, hit.lexical_rank)]
    title = in_code(one_line(hit.title, 40))
    return [str(place), f"{hit.score:.2f}", *ranks, "yes" if hit.used else "", title]
