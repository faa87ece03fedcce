"""A question back, when a question is too bare to tell which of several things it is about."""

from __future__ import annotations

from bot.conversation import leans
from bot.schema import Pick
from index.schema import Evidence
from index.search import Findings

MOST_READINGS = 3

CLOSE_VALUE = 0.8
"""How far below the best passage another reading's ranking value may lie."""


def readings(question: str, findings: Findings) -> list[tuple[str, Pick]]:
    """Return the different strong readings of a bare question by name; empty when it is clear.

    A reading is the part of the documents a passage stands in: its heading, or its title.
    """
    if not leans(question) or not findings.ranked:
        return []
    best = findings.ranked[0].value
    found: dict[str, Pick] = {}
    for candidate in findings.ranked[:8]:
        if best - candidate.value > CLOSE_VALUE:
            break
        passage, source = candidate.passage, candidate.source
        name = passage.heading[-1] if passage.heading else source.title
        first = passage.sentences[0] if passage.sentences else passage.span
        evidence = Evidence(
            source_id=source.id, sha256=source.sha256, start=first.start, end=first.end
        )
        found.setdefault(name, Pick(evidence=evidence))
    return list(found.items())[:MOST_READINGS] if len(found) > 1 else []
