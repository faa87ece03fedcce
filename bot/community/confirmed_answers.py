"""Answers that a member of a server confirmed by a 👍, where Quoth was not sure of them. Pure.

What is kept of a confirmation is which span of which version of a source answers a question
(`bot.community.store.confirmations`); what is shown is always quoted by the new answer, which was
found in what the asker may read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence

from bot.community.store.records import Kept
from bot.schema import Answer, AnswerPart, Citation, HitTrace
from index.schema import Evidence

CONFIRMED = "Confirmed by a member of this server."

_PARTS_OF_WORDS = frozenset("#%&@§")
"""Punctuation to Unicode, but not to people: C is not C#, and 5 not 5%."""


def wording(question: str) -> str:
    """Return the words of a question, the same for every case, punctuation and white space."""
    words = unicodedata.normalize("NFKC", question).casefold().split()
    return " ".join(filter(None, map(_bare, words)))


def _bare(word: str) -> str:
    """Return a word without the punctuation around it; what stands inside belongs to it."""
    around = {
        character
        for character in word
        if unicodedata.category(character).startswith("P") and character not in _PARTS_OF_WORDS
    }
    return word.strip("".join(around)) if around else word


def confirmable(kept: Kept) -> bool:
    """Say whether a 👍 makes this the answer for others: it is open, and not sure of itself."""
    return kept.answer.status == "unsure" and kept.guild is not None and not kept.private


def confirmed(answer: Answer, evidence: Collection[Evidence]) -> Answer:
    """Return an unsure answer as one that answers, with those of its quotes that were confirmed.

    An answer without a confirmed quote, or with any other outcome, stays as it is.
    """
    held = [citation for citation in answer.citations if citation.evidence in evidence]
    if answer.status != "unsure" or not held:
        return answer
    numbers = {citation.marker: number for number, citation in enumerate(held, start=1)}
    parts = (_renumbered(part, numbers) for part in answer.parts if part.text is None)
    return answer.model_copy(
        update={
            "status": "answered",
            "parts": tuple(part for part in parts if part.markers),
            "citations": tuple(
                citation.model_copy(update={"marker": numbers[citation.marker]})
                for citation in held
            ),
            "notice": " ".join(filter(None, [answer.notice, CONFIRMED])),
            "trace": tuple(_still_used(hit, held) for hit in answer.trace),
        }
    )


def _renumbered(part: AnswerPart, numbers: Mapping[int | None, int]) -> AnswerPart:
    """Return a statement with the new numbers of its quotes, without those that have none."""
    markers = tuple(numbers[marker] for marker in part.markers if marker in numbers)
    return part.model_copy(update={"markers": markers})


def _still_used(hit: HitTrace, held: Sequence[Citation]) -> HitTrace:
    """Return how a passage was found, used only if a quote that was kept begins in it."""
    begins = any(
        (citation.collection, citation.source) == (hit.collection, hit.source)
        and hit.start <= citation.evidence.start < hit.end
        for citation in held
    )
    return hit.model_copy(update={"used": begins})
