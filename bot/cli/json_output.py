"""The JSON that commands print with `--json`; its shape is a promise to scripts.

What is told over a network as well is in `bot.json_shapes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.json_shapes.json_shape import Payload, json_text
from index.schema import CatalogStats, SyncReport

if TYPE_CHECKING:
    from bot.evaluation.report import Report

_UNDONE = ("waiting", "unread", "awaiting")
"""What a report tells only where something is left to be done."""

_AT_TIMES = (*_UNDONE, "helped")
"""What it tells where it is not nothing."""


def dumps(payload: Payload | list[Payload], *, indent: int | None = 2) -> str:
    """Return JSON; with `indent=None` on one line. A lone surrogate is escaped."""
    return json_text(payload, indent=indent)


def sync_payload(report: SyncReport) -> Payload:
    """Return the shape of `quoth sync --json` and `quoth add --json`."""
    unsaid = {"warnings", "languages", "missing", "missing_folders", *_AT_TIMES}
    shown = report.model_dump(exclude=unsaid) | {"seconds": round(report.seconds, 3)}
    if report.missing:
        shown |= {"missing": report.missing, "missing_folders": report.missing_folders}
    return shown | {name: left for name in _AT_TIMES if (left := getattr(report, name))}


def stats_payload(stats: CatalogStats, home: str, embeddings: str) -> Payload:
    """Return the shape of `quoth stats --json`."""
    told = stats.model_dump(mode="json", exclude={"coverage"})
    if stats.coverage is not None:
        told["coverage"] = stats.coverage.model_dump()
    return told | {"home": home, "embeddings": embeddings}


def report_payload(found: Report) -> Payload:
    """Return the shape of `quoth eval --json`."""
    return {
        "questions": found.questions,
        "metrics": {name: round(value, 4) for name, value in found.metrics.items()},
        "by_turn": {
            str(turn): {name: round(value, 4) for name, value in metrics.items()}
            for turn, metrics in found.turns.items()
        },
        "latency_ms": {name: round(value, 1) for name, value in found.latency_ms.items()},
        "failing": [
            {"qid": qid, "question": question, "problems": problems}
            for qid, question, problems in found.failing
        ],
    }
