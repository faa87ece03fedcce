"""Answers made of quotes: the sentences, list items or table rows that answer, each one cited.

Nothing is written and nothing is stitched: a draft is a choice of spans. A list stays with its
lead-in, a sentence that leans on the one before it is quoted with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.answering.extractive.announced_blocks import with_announced
from bot.answering.extractive.answer_weights import (
    ANSWERED,
    NEAR,
    UNSURE,
)
from bot.answering.extractive.confidence import confidence, selection_confidence
from bot.answering.extractive.judgement import Judgement
from bot.answering.extractive.named_sections import has_values, named_list, of_named, of_sections
from bot.answering.extractive.outlines import MOST_BEGINNINGS, outline, section_outline
from bot.answering.extractive.question_type import shape, topic_of_overview
from bot.answering.extractive.scored_sentences import ScoredSentence, SentenceScorer
from bot.answering.extractive.selected_passages import (
    SelectedPassage,
    closest_passages,
    selected_passages,
)
from bot.answering.extractive.short_lists import with_short_lists
from bot.answering.extractive.standing_units import leans_back, unit_around
from bot.answering.extractive.sufficient_quotes import (
    QuotedPassage,
    quoted_passages,
    sufficient_quotes,
)
from bot.answering.extractive.whole_lists import is_row, list_around
from bot.schema import Draft, DraftPart, Pick
from index.schema import Span
from index.search.neighbours_ahead import Neighbours
from index.search.passage_rank import Candidate
from index.search.searcher import Findings
from index.text.words import content_terms

MOST_SENTENCES = 3
"""Quotes in an answer that is not a list or an overview."""

MOST_NAMED = 8
"""Passages among which the section is looked for that an overview is asked of."""

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

TOLD = 0.9
"""Confidence in what a document says of itself by its structure."""

LONGEST_PAIR = 500
"""Characters of a sentence together with the one it leans on."""


@dataclass(frozen=True)
class Extraction:
    """A draft, and the nearest spans for when it answers nothing."""

    draft: Draft
    nearest: tuple[Pick, ...]


class Extractor:
    """Answers by quoting."""

    def __init__(
        self,
        picker: SentenceScorer,
        judgement: Judgement | None = None,
        *,
        neighbours: Neighbours | None = None,
        threshold: float | None = None,
        floor: float = UNSURE,
    ) -> None:
        self._picker = picker
        self._judgement = judgement
        self._neighbours = neighbours
        usual = ANSWERED if judgement is None else judgement.answered
        self._threshold = usual if threshold is None else threshold
        self._floor = min(floor, self._threshold)

    def extract(self, question: str, findings: Findings) -> Extraction:
        """Return the quotes that answer `question`, or the closest there is, in one of three ways.

        From `threshold` on they are claimed to answer, from `floor` on shown as unsure, and from
        NEAR on named as the nearest of what does not answer.
        """
        told = self._overview(question, findings)
        if told:
            return Extraction(Draft(status="answered", parts=told, confidence=TOLD), ())
        ranked = findings.ranked
        found = self._picker.sentences(findings.query, ranked, spoken=findings.spoken)
        sentences = [sentence for sentence in found if _quotable(sentence)]
        if not sentences:
            return Extraction(Draft(status="not_found", confidence=0.0), ())
        selected = self._selected(question, ranked, sentences)
        quoted = self._quoted(question, selected, sentences)
        sure = self._confidence(findings, sentences, selected, quoted)
        if selected:
            nearest = tuple(closest_passages(selected, self._neighbours))
        else:
            nearest = tuple(nearest_spans(sentences))
        shown = self._completed([DraftPart(picks=(pick,)) for pick in nearest], ranked)
        nearest = tuple(pick for part in shown for pick in part.picks)
        enough = sufficient_quotes(selected, quoted, self._neighbours)
        parts, strict = _drafted(question, findings, sentences, enough)
        claims = sure >= self._threshold * strict
        return self._decided(self._completed(parts, ranked), nearest, sure, claims)

    def _completed(
        self, parts: Sequence[DraftPart], ranked: Sequence[Candidate]
    ) -> Sequence[DraftPart]:
        """Return parts with the rest of short lists, and with what they announce at their end."""
        sources, known = {c.source.id: c.source for c in ranked}, [c.passage for c in ranked]
        whole = with_short_lists(parts, sources, known)
        if self._neighbours is None:
            return whole
        return with_announced(whole, sources, known, self._neighbours)

    def _decided(
        self, parts: Sequence[DraftPart], nearest: tuple[Pick, ...], sure: float, claims: bool
    ) -> Extraction:
        """Return what is claimed, what is shown as unsure, or what is merely nearest."""
        if parts and claims:
            draft = Draft(status="answered", parts=tuple(parts), confidence=sure)
        elif nearest and sure >= self._floor:
            closest = tuple(DraftPart(picks=(pick,)) for pick in nearest)
            draft = Draft(status="unsure", parts=closest, confidence=sure)
        else:
            draft = Draft(status="not_found", confidence=sure)
        return Extraction(draft, nearest[:MOST_SENTENCES] if sure >= NEAR else ())

    def _overview(self, question: str, findings: Findings) -> tuple[DraftPart, ...]:
        """Tell what a small folder, or what is named of it, is about; empty otherwise."""
        if self._neighbours is None or shape(question) != "overview":
            return ()
        asked = set(content_terms(topic_of_overview(question)))
        if not asked and len(findings.sources) <= MOST_BEGINNINGS:
            return tuple(outline(findings.sources, self._neighbours))
        nearest = findings.ranked[:MOST_NAMED] if asked else ()
        named = [c.source for c in nearest[:3] if asked <= c.words.title]
        if named:
            return tuple(outline(named[:1], self._neighbours))
        sections = (section_outline(c, asked, self._neighbours) for c in nearest)
        return tuple(next(filter(None, sections), ()))

    def _selected(
        self, question: str, ranked: Sequence[Candidate], sentences: Sequence[ScoredSentence]
    ) -> list[SelectedPassage]:
        """Judge the best passages, where there is a selector."""
        if self._judgement is None:
            return []
        judgement = self._judgement
        return selected_passages(judgement.selector, question, ranked, sentences, judgement.depth)

    def _quoted(
        self,
        question: str,
        selected: Sequence[SelectedPassage],
        sentences: Sequence[ScoredSentence],
    ) -> list[QuotedPassage]:
        """Choose what is quoted of the best passages, where there is a selector."""
        if self._judgement is None:
            return []
        return quoted_passages(self._judgement.selector, question, selected, _readings(sentences))

    def _confidence(
        self,
        findings: Findings,
        sentences: Sequence[ScoredSentence],
        selected: Sequence[SelectedPassage],
        quoted: Sequence[QuotedPassage],
    ) -> float:
        """Return how sure an answer is, by the closest look that was taken."""
        if self._judgement is None or not selected:
            return confidence(findings, sentences)
        model = self._judgement.confidence
        return selection_confidence(model, findings, sentences, selected, quoted)


def _drafted(
    question: str,
    findings: Findings,
    sentences: Sequence[ScoredSentence],
    quoted: list[DraftPart],
) -> tuple[list[DraftPart], float]:
    """Return what would be quoted, and by how much the threshold for it counts.

    A list that the question names is given where it holds all that a selector has chosen; elsewhere
    the choice is quoted: of 15 questions to the sets for fitting where they differ it holds more of
    the answer for 8 and less for none. Without a selector, and for a follow-up, whose words are
    judged only beside those of before, a list or a section that the question names in its own words
    is given whatever the confidence.
    """
    ranked = findings.ranked
    is_chosen = bool(quoted) and not _names_one(question, ranked)
    asked = [question, *([findings.spoken.text] if findings.spoken else [])]
    listed = next(filter(None, (named_list(a, sentences, ranked) for a in asked)), [])
    if is_chosen and findings.spoken is None:
        return listed if _hold(listed, quoted) else quoted, 1.0
    if listed:
        return listed, 0.0
    if is_chosen:
        return quoted, 1.0
    headed = next(filter(None, (of_sections(a, sentences) for a in asked)), [])
    parts = _parts(question, headed or sentences, ranked)
    return parts, 0.0 if headed else _strictness(question, parts, ranked)


def _hold(parts: Sequence[DraftPart], others: Sequence[DraftPart]) -> bool:
    """Say whether each quote of some parts meets one of the first."""
    held = [pick.evidence for part in parts for pick in part.picks]
    picks = [pick.evidence for part in others for pick in part.picks]
    return all(any(one.overlaps(other) for other in held) for one in picks)


def _strictness(question: str, parts: Sequence[DraftPart], ranked: Sequence[Candidate]) -> float:
    """Return by how much the threshold counts: confidence is about one sentence, not a list."""
    if _names_one(question, ranked):
        return 0.0
    wanted = shape(question)
    several = wanted != "sentence" and len(parts) > 2 and has_values(question, ranked)
    return SEVERAL if several else 1.0


def _names_one(question: str, ranked: Sequence[Candidate]) -> bool:
    """Say whether an overview is asked of a document or a section by its own words."""
    asked = set(content_terms(topic_of_overview(question)))
    overview = shape(question) == "overview" and bool(asked)
    return overview and any(asked <= candidate.words.above for candidate in ranked[:3])


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
            one.overlaps(other.evidence) for one in spans for k in kept for other in k.picks
        ):
            kept.append(part)
    return kept


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
    if sentence.index == 0 or passage.kind != "paragraph" or not leans_back(sentence.text):
        return None
    before = passage.sentences[sentence.index - 1]
    between = passage.text[before.end - passage.start : sentence.span.start - passage.start]
    if "\n\n" in between or sentence.span.end - before.start > LONGEST_PAIR:
        return None
    return before


def _readings(sentences: Sequence[ScoredSentence]) -> dict[str, list[Span]]:
    """Return where the reader surely points, by the passage's id, the surest first."""
    pointed = [(s.reading.score, s) for s in sentences if s.reading and s.reading.score > 0]
    found: dict[str, list[Span]] = {}
    for _, sentence in sorted(pointed, key=lambda pair: -pair[0]):
        span = _highlight(sentence)
        if span is not None:
            found.setdefault(sentence.candidate.passage.id, []).append(span)
    return found


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
    if sentence.is_header or sum(map(str.isalnum, text)) < 2:
        return False
    words = text.strip("#=*_ \n").casefold()
    alone = len(passage.sentences) == 1
    return alone or all(words != heading.casefold() for heading in passage.heading)
