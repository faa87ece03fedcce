"""What earlier answers quoted: who said it, and the quote shown again as it stands today."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from bot.answering.citations import cite, source_as_quoted
from bot.answering.extractive.scored_sentences import introduces
from bot.schema import Citation, Pick, Scope, Turn
from index.schema import Evidence, Source, Span
from index.search.cited_sections import CitedSection
from index.text.english import NAME_OF_PERSON, PERSONAL, one_of
from index.text.sentences import language_of, sentence_spans

_SPEAKS = (
    r"(?:said|says|told|tells|states?|stated|announce[ds]?|announced|claims?|claimed|adds|added"
    r"|warn(?:s|ed)|caution(?:s|ed)|clarif(?:ies|ied)|note[ds]|explain(?:s|ed)|argue[ds]"
    r"|confirm(?:s|ed)|report(?:s|ed)|declare[ds]|stress(?:es|ed)|insist(?:s|ed)|testif(?:ies|ied)"
    r"|wrote|writes|suggest(?:s|ed)|emphasi[sz]e[ds]|remark(?:s|ed)|commented|promise[ds]|asked"
    r"|replie[ds]|according to)"
)
_SPEAKING = re.compile(rf"\b{_SPEAKS}\b", re.IGNORECASE)
_BARE = re.compile(
    rf"\W*(?:and |but |so |ok )*(?:who|which \w+) {_SPEAKS}"
    r" (?:that|this|it|so|these|those)\W*",
    re.IGNORECASE,
)
_SPEAKER = re.compile(NAME_OF_PERSON)
_PARAGRAPH = re.compile(r"\S(?:.|\n(?!\s*\n))*")
_QUOTED = re.compile(r"[“\"][^”\"]*[”\"]")
_PRONOUN = re.compile(rf"\W*{one_of(PERSONAL, 'this that')}\b", re.IGNORECASE)


def last_citations(history: Sequence[Turn]) -> tuple[Citation, ...]:
    """Return the citations of the last answer that had any."""
    return next((turn.citations for turn in reversed(history) if turn.citations), ())


def cited_sections(history: Sequence[Turn]) -> list[CitedSection]:
    """Return the sections that the last answer with citations quoted."""
    cited = last_citations(history)
    return [CitedSection(each.evidence.source_id, each.heading) for each in cited]


def speaker(
    message: str,
    history: Sequence[Turn],
    *,
    scope: Scope,
    lookup: Callable[[str], Source],
) -> Pick | None:
    """Return the sentence that names who said what the last answer quotes.

    None when that is not asked, when nobody is named, and when the quote is gone or out of reach.
    """
    if not _BARE.fullmatch(message):
        return None
    for citation in last_citations(history):
        source = _readable(citation, scope, lookup)
        found = _around(source, citation.evidence) if source else None
        if source and found:
            return Pick.of(source, Span(start=found[0], end=found[1]))
    return None


def _readable(citation: Citation, scope: Scope, lookup: Callable[[str], Source]) -> Source | None:
    """Return the source as it was quoted, if it may still be read."""
    source = source_as_quoted(citation.evidence, lookup)
    if source is None or source.collection not in scope.collections:
        return None
    return source if scope.source in (None, source.id) else None


def _around(source: Source, evidence: Evidence) -> tuple[int, int] | None:
    """Return the quote's own sentence, else the nearest before it, else the nearest behind."""
    spans = list(_sentences(source.text, evidence))
    own = [s for s in spans if s[0] < evidence.end and evidence.start < s[1]]
    before = [s for s in reversed(spans) if s[1] <= evidence.start]
    behind = [s for s in spans if s[0] >= evidence.end]
    return next(
        (s for s in [*own, *before, *behind] if _names_speaker(source.text[s[0] : s[1]])), None
    )


def _sentences(text: str, evidence: Evidence) -> Iterator[tuple[int, int]]:
    """Yield the sentences of the quote's paragraph, and of those that lead into it."""
    leading: list[re.Match[str]] = []
    for block in _PARAGRAPH.finditer(text):
        if block.end() <= evidence.start:
            leading = [*leading, block] if introduces(block[0]) else []
        elif block.start() < evidence.end:
            for found in [*leading, block]:
                yield from sentence_spans(text, *found.span(), language_of(text))
            return


def _names_speaker(sentence: str) -> bool:
    outside = _QUOTED.sub(" ", sentence)
    speaks = _SPEAKING.search(outside)
    return bool(speaks and _SPEAKER.search(outside) and not _PRONOUN.match(outside))


def cited_before(
    marker: int | None,
    history: Sequence[Turn],
    *,
    scope: Scope,
    lookup: Callable[[str], Source],
) -> Citation | str:
    """Return a citation of the last answer that had any, quoted anew, or why it cannot be shown."""
    earlier = last_citations(history)
    wanted = next((citation for citation in earlier if citation.marker == marker), None)
    if wanted is None:
        numbers = ", ".join(str(citation.marker) for citation in earlier)
        return f"The last answer has no such source; it has {numbers}."
    again = _again(wanted, scope, lookup)
    return again or f"Source {wanted.marker} has changed or is gone since then."


def _again(citation: Citation, scope: Scope, lookup: Callable[[str], Source]) -> Citation | None:
    """Quote the stored text; None when it may not be read or reads otherwise now."""
    evidence, source = citation.evidence, _readable(citation, scope, lookup)
    if source is None or source.text[evidence.start : evidence.end] != citation.quote:
        return None
    again = cite(source, evidence.start, evidence.end, marker=1, heading=citation.heading)
    return again.model_copy(update={"highlight": citation.highlight})
