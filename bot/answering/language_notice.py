"""Says once, beside an answer, that the question is not in the language the models know."""

from __future__ import annotations

from collections.abc import Sequence

from bot.schema import Answer, Turn
from index.text.language import language_of

NOTICE = (
    "This question seems to be in {language}; Quoth reads English best. "
    "QUOTH_EMBEDDINGS=multilingual finds passages in other languages."
)
_CONCERNED = ("answer", "question_back")


def with_language_notice(answer: Answer, history: Sequence[Turn]) -> Answer:
    """Add the notice to an answer, unless an earlier question of the conversation had it."""
    if answer.kind not in _CONCERNED:
        return answer
    language = language_of(answer.question)
    if language is None or any(turn.role == "user" and language_of(turn.text) for turn in history):
        return answer
    said = " ".join(filter(None, [answer.notice, NOTICE.format(language=language)]))
    return answer.model_copy(update={"notice": said})
