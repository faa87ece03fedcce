"""From a question to an answer: resolve the follow-up, search, answer, verify, number.

`Answerer` holds no conversation: history is passed in, and what a person may read is the scope.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING

from bot.answering.citations import numbered_parts
from bot.answering.coverage_notice import with_coverage_notice
from bot.answering.earlier_quotes import cited_before
from bot.answering.evidence import Gathered, Gatherer, PendingQuestion, Quoter
from bot.answering.language_notice import with_language_notice
from bot.answering.question_back import readings
from bot.answering.source_differences import difference
from bot.answering.stopwatch import Stopwatch
from bot.bridge import Bridge
from bot.conversation.chosen_reading import WHICH
from bot.conversation.follow_ups import GREETING, THANKS, Resolved, resolve
from bot.errors import ModelError
from bot.observer import Traces
from bot.schema import (
    BROKE_OFF,
    CLAIMED,
    EXTRACTIVE,
    NOT_IN_SOURCES,
    NOT_SURE,
    Answer,
    AnswerKind,
    AnswerPart,
    Citation,
    Draft,
    DraftPart,
    HitTrace,
    Pick,
    Scope,
    Turn,
    printed,
)
from index.protocols import PassageStore
from index.search.checked_question import LONGEST_QUESTION, checked_question
from index.search.searcher import Searcher

if TYPE_CHECKING:
    from bot.answering.generative.generator import Generator

logger = logging.getLogger(__name__)

TOLD = {"is_told": True}
"""Marks in the log what the answer itself says, too."""

HITS_FOR_MODEL = 6
"""Passages a language model is shown."""

UNSURE = 0.25
"""The most confidence that is left when the model finds no answer in what search found."""


WORDS_ONLY = (
    "Found by words alone: search by meaning is not available just now, and repairs itself."
)
"""What is said below an answer for which nothing could be searched by meaning."""


class Answerer:
    """Answers questions from the collections of a scope."""

    def __init__(
        self,
        *,
        searcher: Searcher,
        extractor: Quoter,
        catalog: PassageStore,
        bridge: Bridge,
        generator: Generator | None = None,
        english_only: bool = False,
        traces: Traces | None = None,
    ) -> None:
        """`english_only`: the models know no other language, which an answer then tells."""
        self._traces = traces or Traces()
        self._gatherer = Gatherer(searcher, extractor, catalog)
        self._catalog = catalog
        self._bridge = bridge
        self._generator = generator
        self._english_only = english_only

    async def answer(
        self,
        question: str,
        *,
        scope: Scope,
        history: Sequence[Turn] = (),
        asker: str | None = None,
        show: Callable[[str], None] | None = None,
    ) -> Answer:
        """Answer a question; raises QuothError when it cannot be asked or the index fails.

        While a model writes, `show` is handed the text so far, again and again; it may not block.
        """
        message = checked_question(question)
        with self._traces.question() as trace:
            watch = Stopwatch(trace)
            resolved = await self._resolve(message, history, asker)
            alone = resolved.question == message
            asked = PendingQuestion(message, resolved, scope, asker, watch, history, alone)
            answer = await self._looked_up(asked, show)
            trace.came_to(
                status=answer.status,
                kind=answer.kind,
                engine=answer.engine,
                confidence=answer.confidence,
                citations=len(answer.citations),
                collections=len(scope.collections),
            )
            return answer

    async def _looked_up(
        self, asked: PendingQuestion, show: Callable[[str], None] | None
    ) -> Answer:
        """Answer a question that stands alone."""
        direct = await self._direct(asked)
        if direct is not None:
            return direct
        asked = await self._bridge.run(self._gatherer.spelled, asked)
        evidence = await self._bridge.run(self._gatherer.gather, asked)
        answer = await self._by_engines(asked, evidence, show)
        if evidence.findings.words_only:
            said = " ".join(filter(None, [answer.notice, WORDS_ONLY]))
            answer = answer.model_copy(update={"notice": said})
        if (coverage := evidence.findings.coverage) is not None:
            findings = evidence.findings
            is_meant = findings.query.vector is not None and not findings.words_only
            answer = with_coverage_notice(answer, coverage, by_meaning=is_meant)
        return with_language_notice(answer, asked.history) if self._english_only else answer

    async def _resolve(self, message: str, history: Sequence[Turn], asker: str | None) -> Resolved:
        """Make a follow-up stand alone, by the model where there is one."""
        resolved = resolve(message, history)
        if len(resolved.question) > LONGEST_QUESTION:
            resolved = Resolved("question", message)  # what was carried over made it too long
        if self._generator is None or not history or resolved.kind != "question":
            return resolved
        try:
            alone = await self._generator.condense(message, history, asker=asker)
        except ModelError as error:
            logger.warning("The follow-up was resolved without the model: %s", error)
            return resolved
        return Resolved("question", alone)

    async def _direct(self, asked: PendingQuestion) -> Answer | None:
        """Answer what is no question to the sources."""
        kind = asked.resolved.kind
        if kind == "question":
            return None
        if kind == "show":
            return await self._bridge.run(self._shown, asked)
        draft = Draft(status="answered", confidence=1.0)
        text = GREETING if kind == "greeting" else THANKS
        return self._answer(asked, draft, parts=_plain(text), kind=kind)

    def _shown(self, asked: PendingQuestion) -> Answer:
        """Show an earlier citation again, if it may still be read and still stands there."""
        found = cited_before(
            asked.resolved.marker, asked.history, scope=asked.scope, lookup=self._catalog.source
        )
        if isinstance(found, str):
            draft = Draft(status="not_found", confidence=0.0)
            return self._answer(asked, draft, parts=_plain(found), kind="shown")
        draft = Draft(status="answered", confidence=1.0)
        parts = (AnswerPart(markers=(1,)),)
        return self._answer(asked, draft, parts=parts, citations=(found,), kind="shown")

    async def _by_engines(
        self, asked: PendingQuestion, evidence: Gathered, show: Callable[[str], None] | None
    ) -> Answer:
        """Let the model write over the evidence; without it, or when it fails, quote."""
        if self._generator is None or evidence.extraction.draft.status == "not_found":
            return await self._bridge.run(self._quoted, asked, evidence, None)
        notice = "The language model's answer was not backed by the sources; here are quotes."
        try:
            with asked.watch.stage("generate"):
                written, whole = await self._written(self._generator, asked, evidence, show)
        except ModelError as error:
            logger.warning("Answered by quotes: %s", error, extra=TOLD)
            written, whole, notice = None, True, f"{error} Here are quotes instead."
        if written is None:
            return await self._bridge.run(self._quoted, asked, evidence, notice)
        return await self._bridge.run(self._generated, asked, evidence, written, whole)

    async def _written(
        self,
        generator: Generator,
        asked: PendingQuestion,
        evidence: Gathered,
        show: Callable[[str], None] | None,
    ) -> tuple[Draft | None, bool]:
        """Return what the model wrote, showing each draft, and whether it came to its end.

        None when nothing of it holds; raises ModelError when it broke off before anything did.
        """
        hits = evidence.findings.hits[:HITS_FOR_MODEL]
        written: Draft | None = None
        drafts = generator.stream(asked.resolved.question, hits, asker=asked.asker)
        try:
            async with aclosing(drafts):
                async for written in drafts:
                    if show is not None:
                        numbered = await self._bridge.run(
                            numbered_parts, written, self._catalog.source
                        )
                        show(printed(*numbered))
        except ModelError as error:
            if written is None:
                raise
            logger.warning("The answer is what was written by then: %s", error, extra=TOLD)
            return written, False
        return written, True

    def _generated(
        self, asked: PendingQuestion, evidence: Gathered, draft: Draft, whole: bool
    ) -> Answer:
        assert self._generator is not None
        sure = evidence.extraction.draft.confidence
        if draft.status == "not_found":
            sure = min(sure, UNSURE)
        draft = draft.model_copy(update={"confidence": sure})
        notice = None
        if not whole and draft.status != "not_found":
            draft, notice = draft.model_copy(update={"status": "partial"}), BROKE_OFF
        return self._numbered(asked, evidence, draft, engine=self._generator.engine, notice=notice)

    def _quoted(self, asked: PendingQuestion, evidence: Gathered, notice: str | None) -> Answer:
        draft = evidence.extraction.draft
        question = asked.resolved.question
        meanings = readings(question, evidence.findings) if asked.alone else []
        if meanings:
            return self._question_back(asked, evidence, meanings, notice)
        if notice is None and draft.status in CLAIMED:
            notice = difference(question, draft, self._catalog.source)
        return self._numbered(asked, evidence, draft, notice=notice)

    def _question_back(
        self,
        asked: PendingQuestion,
        evidence: Gathered,
        meanings: Sequence[tuple[str, Pick]],
        notice: str | None,
    ) -> Answer:
        """Ask which of several readings is meant, naming and citing each."""
        picks = tuple(
            DraftPart(text=f"{name}?", picks=(pick,), role="item") for name, pick in meanings
        )
        draft = Draft(
            status="partial", parts=picks, confidence=evidence.extraction.draft.confidence
        )
        answer = self._numbered(asked, evidence, draft, notice=notice)
        if not answer.citations:
            return answer
        parts = (AnswerPart(text=WHICH, role="lead"), *answer.parts)
        return answer.model_copy(update={"kind": "question_back", "parts": parts})

    def _numbered(
        self,
        asked: PendingQuestion,
        evidence: Gathered,
        draft: Draft,
        *,
        engine: str = EXTRACTIVE,
        notice: str | None = None,
    ) -> Answer:
        """Number what a draft rests on, or say that the sources do not say."""
        heading_of = partial(evidence.heading, draft=draft)
        parts, citations = numbered_parts(draft, self._catalog.source, heading_of)
        nearest: tuple[Citation, ...] = ()
        if not citations:
            draft = draft.model_copy(update={"status": "not_found", "missing": ()})
            parts, nearest = _plain(NOT_IN_SOURCES), tuple(self._nearest(evidence))
        elif draft.status == "unsure":
            parts = (AnswerPart(text=NOT_SURE, role="lead"), *parts)
        return self._answer(
            asked,
            draft,
            parts=parts,
            citations=citations,
            nearest=nearest,
            engine=engine,
            notice=notice,
            trace=evidence.trace(citations),
        )

    def _nearest(self, gathered: Gathered) -> Iterator[Citation]:
        for pick in gathered.extraction.nearest:
            # Numbered alone, so that one whose source has changed or gone is left out.
            draft = Draft(status="answered", parts=(DraftPart(picks=(pick,)),), confidence=0.0)
            for citation in numbered_parts(draft, self._catalog.source, gathered.heading)[1]:
                yield citation.model_copy(update={"marker": None})

    def _answer(
        self,
        asked: PendingQuestion,
        draft: Draft,
        *,
        parts: tuple[AnswerPart, ...],
        kind: AnswerKind = "answer",
        citations: tuple[Citation, ...] = (),
        nearest: tuple[Citation, ...] = (),
        engine: str = EXTRACTIVE,
        notice: str | None = None,
        trace: tuple[HitTrace, ...] = (),
    ) -> Answer:
        return Answer(
            id=secrets.token_hex(5),
            kind=kind,
            status=draft.status,
            parts=parts,
            missing=draft.missing,
            citations=citations,
            nearest=nearest,
            confidence=round(draft.confidence, 4),
            engine=engine,
            notice=notice,
            question=asked.message,
            standalone_question=asked.resolved.question,
            timings_ms=asked.watch.read(),
            trace=trace,
        )


def _plain(text: str) -> tuple[AnswerPart, ...]:
    """Return the one part of an answer that quotes nothing."""
    return (AnswerPart(text=text),)
