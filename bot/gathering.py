"""Search for a question and answer it by quotes: all that happens before a model may write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.attribution import speaker
from bot.conversation import Resolved
from bot.evidence import Gathered, together
from bot.extract import Extraction, Extractor
from bot.question_parts import as_asked, parts
from bot.schema import Draft, DraftPart, Scope, Turn
from bot.stopwatch import Stopwatch
from index.protocols import PassageStore
from index.search import Findings, Searcher

ATTRIBUTED = 0.8
"""How sure it is that the speaker named next to a quote said it."""


@dataclass(frozen=True)
class Asked:
    """One question on its way to an answer."""

    message: str
    """The question as it was asked."""
    resolved: Resolved
    """The question as it stands alone."""
    scope: Scope
    asker: str | None
    watch: Stopwatch
    history: Sequence[Turn]


@dataclass(frozen=True)
class Gatherer:
    """Finds the evidence for a question. Everything here blocks."""

    searcher: Searcher
    extractor: Extractor
    catalog: PassageStore

    def gather(self, asked: Asked) -> Gathered:
        """Search and answer by quotes, part by part when the question asks several things."""
        question = asked.resolved.question
        asks = parts(question)
        whole = self._part(asked, question, asked.message)
        if len(asks) == 1:
            return Gathered(whole.findings, self._attributed(asked, whole.extraction))
        found = [self._part(asked, part) for part in asks]
        named = [as_asked(part, question) for part in asks]
        return together(named, found, whole)

    def _part(self, asked: Asked, part: str, message: str | None = None) -> Gathered:
        findings = self._find(asked, part, message)
        with asked.watch.stage("extract"):
            return Gathered(findings, self.extractor.extract(part, findings))

    def _find(self, asked: Asked, question: str, message: str | None) -> Findings:
        with asked.watch.stage("search"):
            return self.searcher.find(
                question,
                collections=asked.scope.collections,
                source=asked.scope.source,
                asked=message,
            )

    def _attributed(self, asked: Asked, extraction: Extraction) -> Extraction:
        """Answer "who said that?" by the speaker of what was quoted, where one is named."""
        found = speaker(asked.message, asked.history, scope=asked.scope, lookup=self.catalog.source)
        if found is None:
            return extraction
        sure = max(ATTRIBUTED, extraction.draft.confidence)
        draft = Draft(status="answered", parts=(DraftPart(picks=(found,)),), confidence=sure)
        return Extraction(draft, extraction.nearest)
