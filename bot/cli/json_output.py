"""The JSON that commands print with `--json`; its shape is a promise to scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.schema import Answer, Citation
from index.schema import (
    CatalogStats,
    Coverage,
    Hit,
    PictureBox,
    Source,
    SourceEntry,
    Span,
    SyncReport,
)
from index.text.place_names import told_place

if TYPE_CHECKING:
    from bot.evaluation.report import Report

Payload: TypeAlias = dict[str, Any]

_UNDONE = ("waiting", "unread", "awaiting")
"""What a report tells only where something is left to be done."""


def dumps(payload: Payload | list[Payload], *, indent: int | None = 2) -> str:
    """Return JSON; with `indent=None` on one line. A lone surrogate is escaped."""
    text = json.dumps(payload, ensure_ascii=False, indent=indent)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(payload, indent=indent)
    return text


def answer_payload(answer: Answer) -> Payload:
    """Return the shape of `quoth ask --json`."""
    return {
        "id": answer.id,
        "status": answer.status,
        "answer": answer.text,
        "citations": [
            {"marker": citation.marker} | _citation(citation) for citation in answer.citations
        ],
        "nearest": [_citation(citation) for citation in answer.nearest],
        "confidence": round(answer.confidence, 4),
        "engine": answer.engine,
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "timings_ms": {stage: round(took, 1) for stage, took in answer.timings_ms.items()},
        **_coverage(answer.coverage),
    }


def _coverage(coverage: Coverage | None) -> Payload:
    """Return how far documents are indexed, where that is not to the end."""
    return {} if coverage is None else {"coverage": coverage.model_dump()}


def _citation(citation: Citation) -> Payload:
    return {
        "source": citation.source,
        "title": citation.title,
        "url": citation.url,
        "page": citation.page,
        "place": citation.place,
        "heading": citation.heading,
        "lines": citation.lines,
        "start": citation.evidence.start,
        "end": citation.evidence.end,
        "quote": citation.quote,
        "highlight": citation.highlight,
        "modified": _moment(citation.modified),
        **_picture(citation.picture),
        **_marks(citation),
    }


def hits_payload(query: str, hits: Sequence[Hit], coverage: Coverage | None = None) -> Payload:
    """Return the shape of `quoth search --json`."""
    return {"query": query, "hits": [_hit(hit) for hit in hits], **_coverage(coverage)}


def _hit(hit: Hit) -> Payload:
    return {
        "source": hit.source.uri,
        "title": hit.source.title,
        "page": hit.passage.page,
        "place": told_place(hit.source, hit.passage.span),
        "heading": hit.passage.heading,
        "lines": hit.source.lines_of(hit.passage.span),
        "start": hit.passage.start,
        "end": hit.passage.end,
        "text": hit.passage.text,
        "score": round(hit.score, 4),
        "dense_rank": hit.dense_rank,
        "lexical_rank": hit.lexical_rank,
        **_picture(hit.source.picture_of(hit.passage.span)),
        **_marks(hit.source),
    }


def sync_payload(report: SyncReport) -> Payload:
    """Return the shape of `quoth sync --json` and `quoth add --json`."""
    unsaid = {"warnings", "languages", "missing", "missing_folders", *_UNDONE}
    shown = report.model_dump(exclude=unsaid) | {"seconds": round(report.seconds, 3)}
    if report.missing:
        shown |= {"missing": report.missing, "missing_folders": report.missing_folders}
    return shown | {name: left for name in _UNDONE if (left := getattr(report, name))}


def entry_payload(entry: SourceEntry) -> Payload:
    """Return the shape of one entry of `quoth sources --json`."""
    return {
        "source": entry.uri,
        "collection": entry.collection,
        "title": entry.title,
        "state": entry.state,
        "failure": entry.failure,
        "missing": entry.missing,
        "warnings": entry.warnings,
        "mime": entry.mime,
        "characters": entry.characters,
        "pages": entry.pages or None,
        "passages": entry.passages,
        **({"awaiting": entry.awaiting} if entry.awaiting else {}),
        "url": entry.url,
        "modified": _moment(entry.modified),
        "added_at": _moment(entry.added_at),
        "added_by": entry.added_by,
        "site": entry.site,
    }


def shown_payload(source: Source, span: Span | None) -> Payload:
    """Return the shape of `quoth show --json`: the whole source, or a part of it."""
    shown = span or Span(start=0, end=len(source.text))
    return {
        "source": source.uri,
        "title": source.title,
        "page": source.page_at(shown.start) if span else None,
        "place": told_place(source, span) if span else None,
        "lines": source.lines_of(shown),
        "start": shown.start,
        "end": shown.end,
        "text": shown.of(source.text),
        **_picture(source.picture_of(shown)),
    }


def stats_payload(stats: CatalogStats, home: str, embeddings: str) -> Payload:
    """Return the shape of `quoth stats --json`."""
    told = stats.model_dump(mode="json", exclude={"coverage"}) | _coverage(stats.coverage)
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


def _picture(box: PictureBox | None) -> Payload:
    """Return where in which picture a text was read, its edges as shares of width and height;
    nothing for text that was not."""
    if box is None:
        return {}
    left, top, right, bottom = (round(edge / 10_000, 4) for edge in box.edges)
    edges = {"left": left, "top": top, "right": right, "bottom": bottom}
    return {"read_from_picture": {"page": box.page, **edges}}


def _marks(of: Citation | Source) -> Payload:
    """Return `"missing": true` for a document whose file is gone, `"stale": true` for one whose
    newer version could not be read; nothing for others."""
    marks = {"missing": of.missing, "stale": of.stale}
    return {name: True for name, is_so in marks.items() if is_so}


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
