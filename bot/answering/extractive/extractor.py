"""Answers made of quotes: the sentences, list items or table rows that answer, each one cited.

Nothing is written and nothing is stitched: a draft is a choice of spans. A list stays with its
lead-in, a sentence that leans on the one before it is quoted with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.answering.extractive.answer_weights import ANSWERED
from bot.answering.extractive.confidence import confidence
from bot.answering.extractive.named_sections import has_values, named_list, of_named, of_sections
from bot.answering.extractive.question_type import shape, topic_of_overview
from bot.answering.extractive.scored_sentences import ScoredSentence, SentenceScorer
from bot.answering.extractive.standing_units import unit_around
from bot.answering.extractive.whole_lists import is_row, list_around
from bot.schema import Draft, DraftPart, Pick
from index.schema import Evidence, Span
from index.search.passage_rank import Candidate
from index.search.searcher import Findings
from index.text.english import DEMONSTRATIVES, PERSONAL, POSSESSIVES, one_of
from index.text.words import content_terms

MOST_SENTENCES = 3
"""Quotes in an answer that is not a list or an overview."""

MOST_SECTIONS = 5
"""Sections quoted in an overview."""

FAR = 6.0
"""How far below the best passage's value one of another document is no part of an overview."""

SEVERAL = 0.65
"""Share of the threshold that a list or an overview must reach: several spans carry it."""

CLOSE = 2.2
"""How far below the best a further sentence's value may lie to be quoted with it."""

LIST_REACH = 3.2
"""How far below the best a sentence may lie to lead to the list that it introduces."""

LONGEST_PAIR = 500
"""Characters of a sentence together with the one it leans on."""

_LEANS = re.compile(
    rf"(?:{one_of(PERSONAL, DEMONSTRATIVES, POSSESSIVES)}|however|but|so|therefore|thus|also|both"
    r"|such|there)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Extraction:
    """A draft, and the nearest spans for when it answers nothing."""

    draft: Draft
    nearest: tuple[Pick, ...]


class Extractor:
    """Answers by quoting."""

    def __init__(self, picker: SentenceScorer, *, threshold: float = ANSWERED) -> None:
        self._picker = picker
        self._threshold = threshold

    def extract(self, question: str, findings: Findings) -> Extraction:
        """Return the quotes that answer `question`, or `not_found` with the nearest spans."""
        ranked = findings.ranked
        found = self._picker.sentences(findings.query, ranked, spoken=findings.spoken)
        sentences = [sentence for sentence in found if _quotable(sentence)]
        sure = confidence(findings, sentences)
        nearest = tuple(nearest_spans(sentences))
        asked = [question, *([findings.spoken.text] if findings.spoken else [])]
        listed = next(filter(None, (named_list(a, sentences, ranked) for a in asked)), [])
        headed = next(filter(None, (of_sections(a, sentences) for a in asked)), [])
        parts = tuple(listed or _parts(question, headed or sentences, ranked)) if sentences else ()
        strict = 0.0 if listed or headed else _strictness(question, parts, ranked)
        if not parts or sure < self._threshold * strict:
            return Extraction(Draft(status="not_found", confidence=sure), nearest)
        return Extraction(Draft(status="answered", parts=parts, confidence=sure), nearest)


def _strictness(question: str, parts: Sequence[DraftPart], ranked: Sequence[Candidate]) -> float:
    """Return by how much the threshold counts: confidence is about one sentence, not a list."""
    if shape(question) == "overview" and _names_one(question, ranked):
        return 0.0
    wanted = shape(question)
    several = wanted != "sentence" and len(parts) > 2 and has_values(question, ranked)
    return SEVERAL if several else 1.0


def _names_one(question: str, ranked: Sequence[Candidate]) -> bool:
    """Say whether an overview is asked of a document or a section by its own words."""
    asked = set(content_terms(topic_of_overview(question)))
    return bool(asked) and any(asked <= candidate.words.above for candidate in ranked[:3])


def nearest_spans(sentences: Sequence[ScoredSentence], limit: int = 3) -> Iterable[Pick]:
    """Yield what stands around the best sentence of each of the nearest passages, best first.

    The sentence is the highlight.
    """
    seen: set[str] = set()
    for sentence in sentences:
        passage = sentence.candidate.passage
        if passage.id in seen:
            continue
        if len(seen) == limit:
            return
        seen.add(passage.id)
        unit = unit_around(passage, sentence.span)
        marked = sentence.span if unit != sentence.span else None
        yield Pick.of(sentence.candidate.source, unit, marked)


def _parts(
    question: str, sentences: Sequence[ScoredSentence], ranked: Sequence[Candidate]
) -> list[DraftPart]:
    """Shape the answer as the question asks: items of a list, an overview, or sentences."""
    wanted = shape(question)
    if wanted == "overview":
        return _overview(of_named(question, sentences))
    best = sentences[0]
    if wanted == "items" and (items := _best_list(sentences, ranked)):
        return items
    close = [s for s in sentences[:MOST_SENTENCES] if best.value - s.value <= CLOSE]
    return without_overlaps([_sentence(s) for s in close])


def without_overlaps(parts: Iterable[DraftPart]) -> list[DraftPart]:
    """Return the parts without those that quote again what an earlier one quotes."""
    kept: list[DraftPart] = []
    for part in parts:
        spans = [pick.evidence for pick in part.picks]
        if not any(
            _overlap(one, other.evidence) for one in spans for k in kept for other in k.picks
        ):
            kept.append(part)
    return kept


def _overlap(one: Evidence, other: Evidence) -> bool:
    same = one.source_id == other.source_id
    return same and one.start < other.end and other.start < one.end


def _best_list(sentences: Sequence[ScoredSentence], ranked: Sequence[Candidate]) -> list[DraftPart]:
    """Return the list that one of the best sentences introduces or stands in; empty for none."""
    best = sentences[0]
    for sentence in sentences[:4]:
        if best.value - sentence.value > LIST_REACH:
            break
        if found := list_around(sentence, ranked):
            return found
    return []


def _overview(sentences: Sequence[ScoredSentence]) -> list[DraftPart]:
    """Return the best sentence of each section, in the order of the documents."""
    best = max((sentence.candidate for sentence in sentences), key=lambda c: c.value)
    chosen: dict[tuple[str, tuple[str, ...]], ScoredSentence] = {}
    for sentence in sentences:
        passage = sentence.candidate.passage
        far = best.value - sentence.candidate.value > FAR
        if sentence.is_lead or sentence.is_item or (far and passage.source_id != best.source.id):
            continue
        chosen.setdefault((passage.source_id, passage.heading), sentence)
        if len(chosen) == MOST_SECTIONS:
            break
    found = sorted(chosen.values(), key=lambda s: (s.candidate.source.uri, s.span.start))
    return [_sentence(s) for s in found] or [_sentence(sentences[0])]


def _sentence(sentence: ScoredSentence) -> DraftPart:
    """Return one sentence, with the one before it when it leans on it."""
    passage = sentence.candidate.passage
    role: Literal["row", "item", "sentence"] = "item" if sentence.is_item else "sentence"
    if is_row(passage, sentence.text):
        role = "row"
    before, span = _leans_on(sentence), sentence.span
    if before is not None:
        span = Span(start=before.start, end=span.end)
    picked = Pick.of(sentence.candidate.source, span, _highlight(sentence))
    return DraftPart(picks=(picked,), role=role)


def _leans_on(sentence: ScoredSentence) -> Span | None:
    """Return the sentence before, when this one refers back to it and both are short."""
    passage = sentence.candidate.passage
    if sentence.index == 0 or passage.kind != "paragraph" or not _LEANS.match(sentence.text):
        return None
    before = passage.sentences[sentence.index - 1]
    between = passage.text[before.end - passage.start : sentence.span.start - passage.start]
    if "\n\n" in between or sentence.span.end - before.start > LONGEST_PAIR:
        return None
    return before


def _highlight(sentence: ScoredSentence) -> Span | None:
    """Return where the reader points, cut to the sentence."""
    if sentence.reading is None:
        return None
    offset = sentence.candidate.passage.start
    start = max(sentence.reading.start + offset, sentence.span.start)
    end = min(sentence.reading.end + offset, sentence.span.end)
    return Span(start=start, end=end) if start < end else None


def _quotable(sentence: ScoredSentence) -> bool:
    """Say whether a sentence says anything: more than a mark, not just a heading or a header."""
    passage, text = sentence.candidate.passage, sentence.text
    if sentence.is_header or sum(character.isalnum() for character in text) < 2:
        return False
    words = text.strip("#=*_ \n").casefold()
    alone = len(passage.sentences) == 1
    return alone or all(words != heading.casefold() for heading in passage.heading)
