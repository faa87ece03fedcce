"""From a question to an answer: resolve the follow-up, search, answer, verify, number.

`Answerer` holds no conversation: history is passed in, and what a person may read is the scope.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field

from bot.bridge import Bridge
from bot.cite import cite, number
from bot.clarify import readings
from bot.conversation import Resolved, resolve
from bot.differences import difference
from bot.errors import ModelError
from bot.extract import Extraction, Extractor
from bot.generate import Generator
from bot.question_parts import parts
from bot.schema import (
    EXTRACTIVE,
    NOT_IN_SOURCES,
    Answer,
    Citation,
    Draft,
    DraftPart,
    HitTrace,
    Pick,
    Scope,
    Turn,
)
from index.errors import SourceNotFound
from index.protocols import PassageStore
from index.schema import Evidence, Source
from index.search import Findings, Searcher, checked

logger = logging.getLogger(__name__)

HITS_FOR_MODEL = 6
"""Passages a language model is shown."""

UNSURE = 0.25
"""The most confidence that is left when the model finds no answer in what search found."""

GREETING = "Hello! Ask me a question about the documents, and I will quote what they say."
THANKS = "You are welcome. Ask me whenever you want to know what the documents say."


@dataclass
class _Stopwatch:
    """Milliseconds by stage."""

    times: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            spent = (time.perf_counter() - begun) * 1000
            self.times[name] = round(self.times.get(name, 0.0) + spent, 1)


@dataclass(frozen=True)
class _Asked:
    """One question on its way to an answer."""

    message: str
    resolved: Resolved
    scope: Scope
    asker: str | None
    watch: _Stopwatch


@dataclass(frozen=True)
class _Evidence:
    """What the index holds for a question, and the answer by quotes."""

    findings: Findings
    extraction: Extraction


class Answerer:
    """Answers questions from the collections of a scope."""

    def __init__(
        self,
        *,
        searcher: Searcher,
        extractor: Extractor,
        catalog: PassageStore,
        bridge: Bridge,
        generator: Generator | None = None,
    ) -> None:
        self._searcher = searcher
        self._extractor = extractor
        self._catalog = catalog
        self._bridge = bridge
        self._generator = generator

    async def answer(
        self,
        question: str,
        *,
        scope: Scope,
        history: Sequence[Turn] = (),
        asker: str | None = None,
    ) -> Answer:
        """Answer a question; raises QuothError when it cannot be asked or the index fails."""
        last: Answer | None = None
        stream = self.stream(question, scope=scope, history=history, asker=asker)
        async with aclosing(stream):
            async for piece in stream:
                last = piece if isinstance(piece, Answer) else last
        assert last is not None
        return last

    async def stream(
        self,
        question: str,
        *,
        scope: Scope,
        history: Sequence[Turn] = (),
        asker: str | None = None,
    ) -> AsyncGenerator[str | Answer, None]:
        """Yield ever longer texts while a model writes, and last the answer."""
        message = checked(question)
        watch = _Stopwatch()
        with watch.stage("total"):
            resolved = await self._resolve(message, history, asker)
            asked = _Asked(message, resolved, scope, asker, watch)
            direct = await self._direct(asked, history)
            if direct is None:
                evidence = await self._bridge.run(self._gather, asked)
        if direct is not None:
            yield direct
            return
        async for piece in self._engines(asked, evidence):
            yield piece

    async def _resolve(self, message: str, history: Sequence[Turn], asker: str | None) -> Resolved:
        """Make a follow-up stand alone, by the model where there is one."""
        resolved = resolve(message, history)
        if self._generator is None or not history or resolved.kind != "question":
            return resolved
        try:
            alone = await self._generator.condense(message, history, asker=asker)
        except ModelError as error:
            logger.warning("The follow-up was resolved without the model: %s", error)
            return resolved
        return Resolved("question", alone)

    async def _direct(self, asked: _Asked, history: Sequence[Turn]) -> Answer | None:
        """Answer what is no question to the sources."""
        kind = asked.resolved.kind
        if kind == "greeting":
            return self._plain(asked, GREETING)
        if kind == "thanks":
            return self._plain(asked, THANKS)
        if kind == "show":
            return await self._bridge.run(self._shown, asked, history)
        return None

    def _plain(self, asked: _Asked, text: str) -> Answer:
        return self._answer(asked, Draft(status="not_found", confidence=0.0), text=text)

    def _shown(self, asked: _Asked, history: Sequence[Turn]) -> Answer:
        """Show an earlier citation again, if it may still be read and still stands there."""
        earlier = next((t.citations for t in reversed(history) if t.citations), ())
        wanted = next((c for c in earlier if c.marker == asked.resolved.marker), None)
        if wanted is None:
            numbers = ", ".join(str(c.marker) for c in earlier)
            return self._plain(asked, f"The last answer has no such source; it has {numbers}.")
        again = self._again(wanted, asked.scope)
        if again is None:
            return self._plain(asked, f"Source {wanted.marker} has changed or is gone since then.")
        draft = Draft(status="answered", confidence=1.0)
        return self._answer(asked, draft, text=f"{again.quote} [1]", citations=(again,))

    def _again(self, citation: Citation, scope: Scope) -> Citation | None:
        try:
            source = self._catalog.source(citation.evidence.source_id)
        except SourceNotFound:
            return None
        if source.collection not in scope.collections or source.sha256 != citation.evidence.sha256:
            return None
        return citation.model_copy(update={"marker": 1})

    def _gather(self, asked: _Asked) -> _Evidence:
        """Search and answer by quotes, part by part when the question asks several things."""
        question = asked.resolved.question
        asks = parts(question)
        whole = self._find(asked, question)
        with asked.watch.stage("extract"):
            extraction = self._extractor.extract(question, whole)
        if len(asks) == 1:
            return _Evidence(whole, extraction)
        found = [self._part(asked, part) for part in asks]
        combined = _combined(asks, found, extraction)
        return _Evidence(_joined([whole, *(e.findings for e in found)]), combined)

    def _part(self, asked: _Asked, part: str) -> _Evidence:
        findings = self._find(asked, part)
        with asked.watch.stage("extract"):
            return _Evidence(findings, self._extractor.extract(part, findings))

    def _find(self, asked: _Asked, question: str) -> Findings:
        with asked.watch.stage("search"):
            return self._searcher.find(
                question,
                collections=asked.scope.collections,
                source=asked.scope.source,
                asked=asked.message,
            )

    async def _engines(
        self, asked: _Asked, evidence: _Evidence
    ) -> AsyncGenerator[str | Answer, None]:
        """Let the model write over the evidence; without it, or when it fails, quote."""
        draft = evidence.extraction.draft
        if self._generator is None or draft.status == "not_found":
            yield await self._bridge.run(self._quoted, asked, evidence, None)
            return
        written: Draft | None = None
        notice = "The language model's answer was not backed by the sources; here are quotes."
        try:
            with asked.watch.stage("generate"):
                drafts = self._generator.stream(
                    asked.resolved.question,
                    evidence.findings.hits[:HITS_FOR_MODEL],
                    asker=asked.asker,
                )
                async with aclosing(drafts):
                    async for written in drafts:
                        text, _ = await self._bridge.run(
                            number, written, self._catalog.source, _no_heading
                        )
                        yield text
        except ModelError as error:
            logger.warning("Answered by quotes: %s", error)
            written, notice = None, f"{error} Here are quotes instead."
        if written is None:
            yield await self._bridge.run(self._quoted, asked, evidence, notice)
        else:
            yield await self._bridge.run(self._generated, asked, evidence, written)

    def _generated(self, asked: _Asked, evidence: _Evidence, draft: Draft) -> Answer:
        assert self._generator is not None
        sure = evidence.extraction.draft.confidence
        if draft.status == "not_found":
            sure = min(sure, UNSURE)
        draft = draft.model_copy(update={"confidence": sure})
        return self._numbered(asked, evidence, draft, engine=self._generator.engine)

    def _quoted(self, asked: _Asked, evidence: _Evidence, notice: str | None) -> Answer:
        draft = evidence.extraction.draft
        meanings = readings(asked.message, evidence.findings)
        if meanings and draft.status == "answered" and asked.resolved.question == asked.message:
            return self._question_back(asked, evidence, meanings)
        if notice is None and draft.status != "not_found":
            notice = difference(asked.resolved.question, draft, self._catalog.source)
        return self._numbered(asked, evidence, draft, notice=notice)

    def _question_back(
        self, asked: _Asked, evidence: _Evidence, meanings: Sequence[tuple[str, Pick]]
    ) -> Answer:
        """Ask which of several readings is meant, naming and citing each."""
        picks = tuple(
            DraftPart(text=f"{name}?", picks=(pick,), role="item") for name, pick in meanings
        )
        draft = Draft(
            status="partial", parts=picks, confidence=evidence.extraction.draft.confidence
        )
        answer = self._numbered(asked, evidence, draft)
        return answer.model_copy(update={"text": f"Which do you mean?\n{answer.text}"})

    def _numbered(
        self,
        asked: _Asked,
        evidence: _Evidence,
        draft: Draft,
        *,
        engine: str = EXTRACTIVE,
        notice: str | None = None,
    ) -> Answer:
        """Print a draft with markers, or say that the sources do not."""
        headings = _Headings(evidence.findings)
        text, citations = number(draft, self._catalog.source, headings)
        if not citations:
            draft = draft.model_copy(update={"status": "not_found", "parts": ()})
            nearest = tuple(self._nearest(evidence.extraction.nearest, headings))
            return self._answer(
                asked,
                draft,
                text=NOT_IN_SOURCES,
                nearest=nearest,
                engine=engine,
                notice=notice,
                trace=_trace(evidence.findings, ()),
            )
        if draft.missing:
            text += "\n\nThe sources do not say: " + "; ".join(draft.missing)
        return self._answer(
            asked,
            draft,
            text=text,
            citations=citations,
            engine=engine,
            notice=notice,
            trace=_trace(evidence.findings, citations),
        )

    def _nearest(self, picks: Sequence[Pick], headings: _Headings) -> Iterator[Citation]:
        for pick in picks:
            evidence = pick.evidence
            source = self._catalog.source(evidence.source_id)
            if source.sha256 == evidence.sha256:
                yield cite(source, evidence.start, evidence.end, heading=headings(evidence))

    def _answer(
        self,
        asked: _Asked,
        draft: Draft,
        *,
        text: str,
        citations: tuple[Citation, ...] = (),
        nearest: tuple[Citation, ...] = (),
        engine: str = EXTRACTIVE,
        notice: str | None = None,
        trace: tuple[HitTrace, ...] = (),
    ) -> Answer:
        return Answer(
            id=secrets.token_hex(5),
            status=draft.status,
            text=text,
            citations=citations,
            nearest=nearest,
            confidence=round(draft.confidence, 4),
            engine=engine,
            notice=notice,
            question=asked.message,
            standalone_question=asked.resolved.question,
            timings_ms=dict(asked.watch.times),
            trace=trace,
        )


@dataclass(frozen=True)
class _Headings:
    """Finds the headings above a span among the passages that were found."""

    findings: Findings

    def __call__(self, evidence: Evidence) -> tuple[str, ...]:
        for candidate in self.findings.ranked:
            passage = candidate.passage
            if passage.source_id == evidence.source_id and (
                passage.start <= evidence.start < passage.end
            ):
                return passage.heading
        return ()


def _no_heading(_: Evidence) -> tuple[str, ...]:
    return ()


def _combined(asks: Sequence[str], found: Sequence[_Evidence], whole: Extraction) -> Extraction:
    """Put the answers to the parts together; parts without one are missing."""
    drafts = [evidence.extraction.draft for evidence in found]
    missing = tuple(
        part for part, draft in zip(asks, drafts, strict=True) if draft.status == "not_found"
    )
    if len(missing) == len(asks):
        return whole
    picked: dict[tuple[Evidence, ...], DraftPart] = {}
    for part in (part for draft in drafts for part in draft.parts):
        picked.setdefault(tuple(pick.evidence for pick in part.picks), part)
    sure = [draft.confidence for draft in drafts if draft.status != "not_found"]
    combined = Draft(
        status="partial" if missing else "answered",
        parts=tuple(picked.values()),
        missing=missing,
        confidence=min(sure),
    )
    return Extraction(combined, whole.nearest)


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


def _trace(findings: Findings, citations: Sequence[Citation]) -> tuple[HitTrace, ...]:
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
            used=any(
                _within(citation, hit.source, hit.passage.start, hit.passage.end)
                for citation in citations
            ),
        )
        for hit in findings.hits
    )


def _within(citation: Citation, source: Source, start: int, end: int) -> bool:
    evidence = citation.evidence
    return evidence.source_id == source.id and start <= evidence.start < end
