"""An evaluation report as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from bot.evaluation.report import Report

MOST_FAILING = 30
"""Failing questions listed; `--json` lists all."""


def report_screen(found: Report) -> str:
    """Return the table of metrics, one by turn for conversations, and the failing questions."""
    lines = [f"{found.questions} questions", ""]
    lines += _rows((name, f"{value:.3f}") for name, value in found.metrics.items())
    lines += _rows((f"latency {name}", f"{v:.0f} ms") for name, v in found.latency_ms.items())
    if found.turns:
        lines += ["", "turn   hits@4  ndcg@10  first quote"]
        for turn, metrics in found.turns.items():
            cells = [metrics.get(name) for name in ("hits@4", "ndcg@10", "first_quote")]
            lines.append(f"{turn:>4}   " + "  ".join(_cell(cell) for cell in cells))
    if found.failing:
        lines += ["", f"{len(found.failing)} with a problem"]
        for qid, question, problems in found.failing[:MOST_FAILING]:
            lines.append(f"  {qid}  {question[:70]}  ({'; '.join(problems)})")
        if len(found.failing) > MOST_FAILING:
            lines.append(f"  and {len(found.failing) - MOST_FAILING} more; --json lists all")
    return "\n".join(lines)


def _rows(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{name:<22} {value:>8}" for name, value in pairs]


def _cell(value: float | None) -> str:
    return f"{value:>6.3f}" if value is not None else "     -"
