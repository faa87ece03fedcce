"""What may be asked at all."""

from __future__ import annotations

from index.errors import QuestionError
from index.text.invisible_characters import is_blank

LONGEST_QUESTION = 4000
"""Characters; a longer question is a document, not a question."""


def checked_question(text: str) -> str:
    """Return a question on one line; raises QuestionError when it is blank or too long.

    Bytes that are no text, which Python hands on as lone surrogates, are replaced.
    """
    text = " ".join(text.encode("utf-8", "replace").decode().split())
    if is_blank(text):
        raise QuestionError("The question is empty. Ask something, for example: what is new?")
    if len(text) > LONGEST_QUESTION:
        raise QuestionError(
            f"The question has {len(text):,} characters; ask one of at most "
            f"{LONGEST_QUESTION:,}. A long text can be added as a document and asked about."
        )
    return text
