"""What is found for a question, part by part: searched, answered by quotes, and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.answering.earlier_quotes import cited_sections, speaker
from bot.answering.extractive.extractor import Extraction, without_overlaps
from bot.answering.stopwatch import Stopwatch
from bot.conversation.follow_ups import Resolved
from bot.conversation.question_parts import as_asked, parts
from bot.schema import CLAIMED, Citation, Draft, DraftPart, HitTrace, Scope, Turn
from index.protocols import PassageStore
from index.schema import Evidence, Passage, Span
from index.search.passage_rank import Candidate
from index.search.searcher import Findings, Searcher
from index.text.table_rows import RowPart

ATTRIBUTED = 0.8
"""How sure it is that the speaker named next to a quote said it."""


class Quoter(Protocol):
    """Answers by quoting."""

    def extract(self, question: str, findings: Findings) -> Extraction:
        """Return the quotes that answer `question`, or the closest there is."""
        ...


@dataclass(frozen=True)
class Gathered:
    """What was found for a question, and the answer by quotes."""

    findings: Findings
    extraction: Extraction

    def heading(self, evidence: Evidence, draft: Draft | None = None) -> tuple[str, ...]:
        """Return the headings above a span among the passages that were found.

        Above the row of a table stand also the names of its columns, unless `draft` quotes them.
        """
        for candidate in self.findings.ranked:
            if _holds(candidate.passage, evidence):
                return (*candidate.passage.heading, *_columns(candidate, evidence, draft))
        return ()

    def trace(self, citations: Sequence[Citation]) -> tuple[HitTrace, ...]:
        """Say how each hit was found and whether the answer quotes it."""
        return tuple(
            HitTrace(
                collection=hit.source.collection,
                source=hit.source.uri,
                title=hit.source.title,
                start=hit.passage.start,
                end=hit.passage.end,
                score=round(hit.score, 4),
                dense_rank=hit.dense_rank,
                lexical_rank=hit.lexical_rank,
                used=any(_holds(hit.passage, citation.evidence) for citation in citations),
            )
            for hit in self.findings.hits
        )


def _holds(passage: Passage, evidence: Evidence) -> bool:
    """Say whether a quote begins in a passage."""
    same = passage.source_id == evidence.source_id
    return same and passage.start <= evidence.start < passage.end


def _columns(candidate: Candidate, evidence: Evidence, draft: Draft | None) -> tuple[str, ...]:
    """Return the names of the columns of a row, or several; empty when they are quoted too."""
    header, text = candidate.words.header.strip(), candidate.source.text
    line = text.find("\n", evidence.start, evidence.end)
    first = Span(start=evidence.start, end=evidence.end if line < 0 else line)
    above = RowPart.of(text, header, first).above
    if not above:
        return ()
    picks = [pick for part in draft.parts for pick in part.picks] if draft else []
    spans = [evidence, *(pick.evidence for pick in picks)]
    quoted = [text[span.start : span.end] for span in spans if span.source_id == evidence.source_id]
    if any(header == line.strip() for each in quoted for line in each.split("\n")):
        return ()
    return above


def joined_parts(asks: Sequence[str], found: Sequence[Gathered], whole: Gathered) -> Gathered:
    """Put the answers to the parts of a question together; parts without one are missing."""
    drafts = [gathered.extraction.draft for gathered in found]
    claimed = [draft for draft in drafts if draft.status in CLAIMED]
    missing = tuple(
        part for part, draft in zip(asks, drafts, strict=True) if draft.status not in CLAIMED
    )
    findings = _joined([whole.findings, *(gathered.findings for gathered in found)])
    if not claimed:
        return Gathered(findings, whole.extraction)
    combined = Draft(
        status="partial" if missing else "answered",
        parts=tuple(without_overlaps(part for draft in claimed for part in draft.parts)),
        missing=missing,
        confidence=min(draft.confidence for draft in claimed),
    )
    return Gathered(findings, Extraction(combined, whole.extraction.nearest))


def _joined(findings: Sequence[Findings]) -> Findings:
    """Put the findings of the parts behind those of the whole question, each hit once."""
    ranked = {c.passage.id: c for part in reversed(findings) for c in part.ranked}
    hits = {(h.source.id, h.passage.start): h for part in reversed(findings) for h in part.hits}
    return Findings(
        findings[0].query,
        tuple(sorted(ranked.values(), key=lambda c: -c.value)),
        tuple(sorted(hits.values(), key=lambda h: -h.score)),
        findings[0].cosines,
    )


@dataclass(frozen=True)
class PendingQuestion:
    """One question on its way to an answer."""

    message: str
    """The question as it was asked."""
    resolved: Resolved
    """The question as it stands alone."""
    scope: Scope
    asker: str | None
    watch: Stopwatch
    history: Sequence[Turn]
    alone: bool
    """Whether it stood alone as it was asked, but for its spelling."""


@dataclass(frozen=True)
class Gatherer:
    """Finds the evidence for a question. Everything here blocks."""

    searcher: Searcher
    extractor: Quoter
    catalog: PassageStore

    def spelled(self, asked: PendingQuestion) -> PendingQuestion:
        """Return a question with its misspelt words corrected by the documents'."""
        question = asked.resolved.question
        with asked.watch.stage("search"):
            corrected = self.searcher.spelled(question, collections=asked.scope.collections)
        if corrected == question:
            return asked
        return replace(asked, resolved=replace(asked.resolved, question=corrected))

    def gather(self, asked: PendingQuestion) -> Gathered:
        """Search and answer by quotes, part by part when the question asks several things."""
        question = asked.resolved.question
        asks = parts(question)
        whole = self._part(asked, question, asked.message)
        if len(asks) == 1:
            return Gathered(whole.findings, self._attributed(asked, whole.extraction))
        found = [self._part(asked, part) for part in asks]
        named = [as_asked(part, question) for part in asks]
        return joined_parts(named, found, whole)

    def _part(self, asked: PendingQuestion, part: str, message: str | None = None) -> Gathered:
        scope = asked.scope
        with asked.watch.stage("search"):
            findings = self.searcher.find(
                part,
                collections=scope.collections,
                source=scope.source,
                asked=message,
                cited=[] if asked.alone else cited_sections(asked.history),
            )
        with asked.watch.stage("extract"):
            return Gathered(findings, self.extractor.extract(part, findings))

    def _attributed(self, asked: PendingQuestion, extraction: Extraction) -> Extraction:
        """Answer "who said that?" by the speaker of what was quoted, where one is named."""
        found = speaker(asked.message, asked.history, scope=asked.scope, lookup=self.catalog.source)
        if found is None:
            return extraction
        sure = max(ATTRIBUTED, extraction.draft.confidence)
        draft = Draft(status="answered", parts=(DraftPart(picks=(found,)),), confidence=sure)
        return Extraction(draft, extraction.nearest)
