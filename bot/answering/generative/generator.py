"""The engine that lets a language model write, and believes nothing it writes.

Each sentence of the reply must name sentences that were retrieved for this question; it is kept
when those back it. Which spans are quoted is resolved here; `bot.answering.citations` prints them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Literal

import numpy as np

from bot.answering.generative.claims import MISSING, Claim, is_refusal, parse_reply
from bot.answering.generative.harmless_text import plain
from bot.answering.generative.quotation_marks import quoted_faithfully
from bot.answering.generative.shown_passages import ShownPassages, inert
from bot.answering.generative.support_check import THRESHOLD, supported
from bot.errors import ModelError
from bot.language_models.protocol import LanguageModel
from bot.schema import NOT_IN_SOURCES, Draft, DraftPart, Embed, Turn
from index.schema import Hit
from prompts import Prompts

log = logging.getLogger(__name__)

NOT_BACKED = "(not backed by the sources)"
"""What stands behind an unsupported sentence where a setting shows it."""

PROMPT_CHARACTERS = 14_000
"""About 3,500 tokens of passages: fits the 4,096 of small local models with instructions cut."""

REPLY_CHARACTERS = 6_000
"""A longer reply is cut here: about twice the tokens that a model is allowed."""

_CONDENSED = 400
"""Characters of a rewritten question; a longer one is not believed."""
_HISTORY = 6
"""Turns that a rewriting sees."""
_TURN = 600
"""Characters of each."""
_STRIDE = 1.05
"""A reply is read again once it has grown by so much, so that a long one is not read too often."""
_LABEL = re.compile(r"^(?:standalone |rewritten )?(?:question|message)\s*:\s*", re.IGNORECASE)
_ENDING = re.compile(r"[\n.!?\]\u3002\uff01\uff1f]")
"""Only a piece with one of these can end a statement."""


class Generator:
    """Answers from hits with a language model; every statement of a draft is checked."""

    def __init__(
        self,
        model: LanguageModel,
        prompts: Prompts,
        *,
        embed: Embed | None = None,
        unsupported: Literal["drop", "show"] = "drop",
    ) -> None:
        self._model = model
        self._prompts = prompts
        self._embed = embed
        self._unsupported = unsupported

    @property
    def engine(self) -> str:
        """Name of the engine, as answers show it."""
        return self._model.name

    async def stream(
        self, question: str, hits: Sequence[Hit], *, asker: str | None = None
    ) -> AsyncGenerator[Draft, None]:
        """Yield ever longer drafts, each of whole, checked statements; the last one is the answer.

        Nothing is yielded when nothing of the reply holds. Raises ModelError, possibly after
        some drafts.
        """
        shown = ShownPassages(hits, limit=PROMPT_CHARACTERS)
        if not len(shown):
            yield _not_found()
            return
        reply, parsed = "", 0
        checked: dict[Claim, DraftPart | None] = {}
        last: Draft | None = None
        request = self._prompts.answer(question=inert(question), passages=shown.prompt)
        pieces = self._model.stream(self._system(), request, asker=asker)
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    reply += piece
                    if len(reply) > REPLY_CHARACTERS:
                        break
                    if not _ENDING.search(piece) or len(reply) < parsed * _STRIDE:
                        continue
                    parsed = len(reply)
                    draft = await self._draft(reply, question, shown, checked, whole=False)
                    if draft is not None and draft != last:
                        last = draft
                        yield draft
        except ModelError:  # its last whole statement may not have been read yet
            draft = await self._draft(reply, question, shown, checked, whole=False)
            if draft is not None and draft != last:
                yield draft
            raise
        draft = await self._draft(reply, question, shown, checked)
        if draft is not None and draft != last:
            yield draft

    async def condense(
        self, question: str, history: Sequence[Turn], *, asker: str | None = None
    ) -> str:
        """Return `question` as one that stands on its own; unchanged when the reply is no use.

        Raises ModelError when the model gives no reply.
        """
        if not history:
            return question
        lines = [f"{turn.role}: {inert(turn.text)[:_TURN]}" for turn in history[-_HISTORY:]]
        user = self._prompts.condense(history="\n".join(lines), question=inert(question))
        completion = await self._model.complete(self._system(), user, asker=asker)
        return _question(completion.text) or question

    def _system(self) -> str:
        return self._prompts.system(not_in_sources=NOT_IN_SOURCES, missing=MISSING)

    async def _draft(
        self,
        text: str,
        question: str,
        shown: ShownPassages,
        checked: dict[Claim, DraftPart | None],
        *,
        whole: bool = True,
    ) -> Draft | None:
        """Check what a reply says so far; the last statement counts only once it is whole.

        `checked` remembers the part that each claim became, or None.
        """
        reply = parse_reply(plain(text[:REPLY_CHARACTERS]), question, shown, whole=whole)
        new = [claim for claim in reply.claims if claim not in checked]
        for claim, cosine in zip(new, await self._cosines(new), strict=True):
            checked[claim] = self._part(claim, question, cosine)
        kept = [(claim, part) for claim in reply.claims if (part := checked[claim]) is not None]
        log.debug("%d of %d statements kept", len(kept), len(reply.claims))
        if not kept:
            cites = any(claim.cited for claim in reply.claims)
            return _not_found() if whole and reply.refused and not cites else None
        return Draft(
            status="partial" if reply.refused else "answered",
            parts=_joined(kept),
            missing=reply.missing,
            confidence=max(sentence.hit.score for claim, _ in kept for sentence in claim.cited),
        )

    async def _cosines(self, claims: Sequence[Claim]) -> list[float | None]:
        """Return the cosine between each claim and what it cites, where there is an embedder."""
        if self._embed is None or not claims:
            return [None] * len(claims)
        texts = [text for claim in claims for text in (claim.statement.text, claim.evidence)]
        vectors = await self._embed(texts)
        return [float(cosine) for cosine in np.sum(vectors[0::2] * vectors[1::2], axis=1)]

    def _part(self, claim: Claim, question: str, cosine: float | None) -> DraftPart | None:
        if not claim.cited:
            return None
        text = quoted_faithfully(claim.statement.text, [one.text for one in claim.cited])
        if text is None:
            return None
        probability = supported(
            text,
            claim.evidence,
            topic=f"{question} {claim.topic}",
            passage=claim.passage,
            cosine=cosine,
        )
        if probability < THRESHOLD:
            if self._unsupported == "drop":
                return None
            text = f"{text} {NOT_BACKED}"
        picks = tuple(sentence.pick for sentence in claim.cited)
        return DraftPart(text=text, picks=picks, role=claim.statement.role)


def _not_found() -> Draft:
    return Draft(status="not_found", confidence=0.0)


def _joined(kept: Sequence[tuple[Claim, DraftPart]]) -> tuple[DraftPart, ...]:
    """Put the sentences of one list item back together."""
    parts: list[DraftPart] = []
    line: int | None = None
    for claim, part in kept:
        if parts and part.role == "item" and claim.statement.line == line:
            before = parts.pop()
            part = part.model_copy(
                update={
                    "text": f"{before.text} {part.text}",
                    "picks": tuple(dict.fromkeys(before.picks + part.picks)),
                }
            )
        line = claim.statement.line
        parts.append(part)
    return tuple(parts)


def _question(reply: str) -> str | None:
    """Return a rewritten question from a reply; None for what is none."""
    lines = [line for line in plain(reply).split("\n") if line.strip()]
    text = _LABEL.sub("", inert(lines[0])) if lines else ""
    text = text.strip(" \"'\u201c\u201d`")
    if not re.search(r"\w", text) or len(text) > _CONDENSED or is_refusal(text):
        return None
    return text
