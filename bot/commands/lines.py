"""One question a line in, one JSON object a line out, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.commands.edge import Edge, log_failure, write
from bot.payload import Payload, dumps
from bot.questions import Asked, from_line
from index.errors import QuothError


def answer_lines(edge: Edge, lines: Iterable[bytes], answer: Callable[[Asked], Payload]) -> bool:
    """Print one JSON object for each line; a line that fails has an `error`, the others go on.

    Returns whether every line was answered.
    """
    good = True
    for line in lines:
        payload = _payload(edge, line, answer)
        good = good and "error" not in payload
        write(dumps(payload, indent=None))
    return good


def _payload(edge: Edge, line: bytes, answer: Callable[[Asked], Payload]) -> Payload:
    try:
        return answer(from_line(line))
    except QuothError as error:
        sentence = str(error)
    except Exception as error:
        sentence = log_failure(edge, error)
    return {"question": line.decode("utf-8", "replace").strip()[:200], "error": sentence}
