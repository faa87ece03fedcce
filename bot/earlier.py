"""A citation of an earlier answer, asked for again by its number."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.cite import cite
from bot.schema import Citation, Scope, Turn
from index.errors import SourceNotFound
from index.schema import Source


def cited_before(
    marker: int | None,
    history: Sequence[Turn],
    *,
    scope: Scope,
    lookup: Callable[[str], Source],
) -> Citation | str:
    """Return a citation of the last answer that had any, quoted anew, or why it cannot be shown."""
    earlier = next((turn.citations for turn in reversed(history) if turn.citations), ())
    wanted = next((citation for citation in earlier if citation.marker == marker), None)
    if wanted is None:
        numbers = ", ".join(str(citation.marker) for citation in earlier)
        return f"The last answer has no such source; it has {numbers}."
    again = _again(wanted, scope, lookup)
    return again or f"Source {wanted.marker} has changed or is gone since then."


def _again(citation: Citation, scope: Scope, lookup: Callable[[str], Source]) -> Citation | None:
    """Quote the stored text; None when it may not be read or reads otherwise now."""
    evidence = citation.evidence
    try:
        source = lookup(evidence.source_id)
    except SourceNotFound:
        return None
    if source.collection not in scope.collections or source.sha256 != evidence.sha256:
        return None
    if source.text[evidence.start : evidence.end] != citation.quote:
        return None
    again = cite(source, evidence.start, evidence.end, marker=1, heading=citation.heading)
    return again.model_copy(update={"highlight": citation.highlight})
