"""Questions as people hand them in: words of a command line, or lines of standard input."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.cli.environment import Environment, log_failure, write
from bot.cli.json_output import dumps
from bot.conversation.plain_turns import turn_of_text
from bot.json_shapes.json_shape import Payload
from bot.schema import Turn
from index.errors import QuestionError, QuothError
from index.search.checked_question import checked_question


@dataclass(frozen=True)
class Asked:
    """A question with what was said before it."""

    question: str
    history: tuple[Turn, ...] = ()


class _Message(BaseModel):
    """One message of a history; what else it holds is ignored."""

    role: Literal["user", "assistant"]
    text: str


_HISTORY = TypeAdapter(list[_Message])


def from_line(line: bytes) -> Asked:
    """Read one line: plain text, or a JSON object with `question` and perhaps `history`.

    Raises QuestionError with what is wrong with the line.
    """
    try:
        text = line.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise QuestionError("The line is not UTF-8 text.") from None
    if not text.startswith("{"):
        return Asked(checked_question(text))
    return _from_object(text)


def _from_object(text: str) -> Asked:
    try:
        given = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise QuestionError(f"The line starts like a JSON object but is none: {error}.") from None
    question = given.get("question")
    if not isinstance(question, str):
        raise QuestionError('The JSON object needs a "question" that is text.')
    return Asked(checked_question(question), _turns(given.get("history", [])))


def _turns(history: object) -> tuple[Turn, ...]:
    try:
        said = _HISTORY.validate_python(history)
    except ValidationError:
        raise QuestionError(
            'The "history" must be a list of objects with a "role" ("user" or "assistant") '
            'and a "text".'
        ) from None
    return tuple(turn_of_text(message.role, message.text) for message in said)


def answer_lines(
    environment: Environment, lines: Iterable[bytes], answer: Callable[[Asked], Payload]
) -> bool:
    """Print one JSON object for each line; a line that fails has an `error`, the others go on.

    Returns whether every line was answered.
    """
    good = True
    for line in lines:
        payload = _payload(environment, line, answer)
        good = good and "error" not in payload
        write(dumps(payload, indent=None))
    return good


def _payload(environment: Environment, line: bytes, answer: Callable[[Asked], Payload]) -> Payload:
    try:
        return answer(from_line(line))
    except QuothError as error:
        sentence = str(error)
    except Exception as error:
        sentence = log_failure(environment, error)
    return {"question": line.decode("utf-8", "replace").strip()[:200], "error": sentence}
