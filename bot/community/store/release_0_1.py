"""What release 0.1.0 kept of answers, in today's form.

It kept the text of an answer, where today its statements are kept. They are found again where
printing them gives the same text; any other text becomes one statement as it stands.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.schema import AnswerKind, AnswerPart, Citation, Role, Turn, printed

_WHICH = "Which do you mean?"
_MISSING = "\n\nThe sources do not say: "
_COURTESIES: dict[str, AnswerKind] = {
    "Hello! Ask me a question about the documents, and I will quote what they say.": "greeting",
    "You are welcome. Ask me whenever you want to know what the documents say.": "thanks",
}
_SEPARATORS = ("\n\n", "\n", " ", "")


def upgraded_answer(body: bytes) -> bytes:
    """Return the stored body of an answer, packed as it was."""
    kept: dict[str, Any] = json.loads(zlib.decompress(body))
    kept["answer"] = _answer(kept["answer"])
    return zlib.compress(json.dumps(kept, ensure_ascii=False).encode())


def upgraded_turn(text: str, citations: bytes) -> bytes:
    """Return an answer of a conversation as a packed turn."""
    cited = [Citation.model_validate(one) for one in json.loads(zlib.decompress(citations))]
    turn = Turn(
        role="assistant",
        text=text,
        citations=tuple(cited),
        parts=_statements(text, cited)[0],
        kind=_kind(text),
        status="not_found" if text == "The sources do not say." else "answered",
    )
    return zlib.compress(turn.model_dump_json().encode())


def _answer(old: Mapping[str, Any]) -> dict[str, Any]:
    new = dict(old)
    text = str(new.pop("text"))
    cited = [Citation.model_validate(one) for one in old.get("citations", ())]
    parts, missing = _statements(text, cited)
    kind = _kind(text)
    courtesy = kind in ("greeting", "thanks")
    return new | {
        "kind": kind,
        "status": "answered" if courtesy else old["status"],
        "parts": [part.model_dump(mode="json") for part in parts],
        "missing": list(missing),
    }


def _kind(text: str) -> AnswerKind:
    return "question_back" if text.startswith(_WHICH) else _COURTESIES.get(text, "answer")


def _statements(
    text: str, citations: Sequence[Citation]
) -> tuple[tuple[AnswerPart, ...], tuple[str, ...]]:
    """Return statements, and what they do not say, that print as `text`."""
    said, _, rest = text.partition(_MISSING)
    missing = tuple(rest.split("; ")) if rest else ()
    found = tuple(_read(said, citations))
    if found and printed(found, citations, missing=missing) == text:
        return found, missing
    return (AnswerPart(text=text),), ()


def _read(text: str, citations: Sequence[Citation]) -> Iterator[AnswerPart]:
    """Yield the quotes of a text, and the readings of a question back, as they stand in it."""
    if text.startswith(_WHICH):
        yield AnswerPart(text=_WHICH, role="lead")
        text = text[len(_WHICH) :]
    for citation in citations:
        line, _, text = text.partition(f" [{citation.marker}]")
        separator = next(one for one in _SEPARATORS if line.startswith(one))
        item = line[len(separator) :].startswith("- ")
        words = line[len(separator) :].removeprefix("- ")
        quoted = line.endswith(citation.quote)
        role: Role = "item" if item else _role(citation.quote)
        yield AnswerPart(text=None if quoted else words, markers=(citation.marker or 0,), role=role)


def _role(quote: str) -> Role:
    if quote.startswith("|"):
        return "row"
    return "lead" if quote.endswith(":") else "sentence"
