"""The JSON that commands print with `--json`; its shape is a promise to scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

from bot.schema import Answer, Citation
from index.schema import Hit, Source, SyncReport

Payload: TypeAlias = dict[str, Any]


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
    }


def _citation(citation: Citation) -> Payload:
    return {
        "source": citation.source,
        "title": citation.title,
        "url": citation.url,
        "page": citation.page,
        "heading": list(citation.heading),
        "lines": list(citation.lines),
        "start": citation.evidence.start,
        "end": citation.evidence.end,
        "quote": citation.quote,
        "highlight": list(citation.highlight) if citation.highlight else None,
        "modified": _moment(citation.modified),
    }


def hits_payload(query: str, hits: Sequence[Hit]) -> Payload:
    """Return the shape of `quoth search --json`."""
    return {"query": query, "hits": [_hit(hit) for hit in hits]}


def _hit(hit: Hit) -> Payload:
    return {
        "source": hit.source.uri,
        "title": hit.source.title,
        "page": hit.passage.page,
        "heading": list(hit.passage.heading),
        "lines": list(hit.source.lines_of(hit.passage.span)),
        "start": hit.passage.start,
        "end": hit.passage.end,
        "text": hit.passage.text,
        "score": round(hit.score, 4),
        "dense_rank": hit.dense_rank,
        "lexical_rank": hit.lexical_rank,
    }


def report_payload(report: SyncReport) -> Payload:
    """Return the shape of `quoth sync --json` and `quoth add --json`."""
    return {
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "failed": [{"source": one.source, "reason": one.reason} for one in report.failed],
        "passages": report.passages,
        "seconds": round(report.seconds, 3),
    }


def source_payload(source: Source) -> Payload:
    """Return the shape of one entry of `quoth sources --json`."""
    return {
        "source": source.uri,
        "collection": source.collection,
        "title": source.title,
        "mime": source.mime,
        "characters": len(source.text),
        "pages": len(source.pages) or None,
        "url": source.url,
        "modified": _moment(source.modified),
        "added_at": _moment(source.added_at),
        "added_by": source.added_by,
        "warnings": list(source.warnings),
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
