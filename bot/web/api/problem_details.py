"""Failures as programs are told them: a status, and the sentence that people get, too.

`application/problem+json` is RFC 9457; what speaks OpenAI's format gets failures as OpenAI has
them. Sentences that name folders or files of the machine go to the log, not over the network.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass, field

from pydantic import Field
from starlette.responses import Response

from bot.access.token_admission import TooManyRequests
from bot.access.token_records import TokenRefused
from bot.errors import Busy
from bot.json_shapes.json_shape import JsonShape, json_text
from index.errors import (
    CollectionNotFound,
    EmbeddingError,
    QuestionError,
    QuothError,
    SourceNotFound,
)

logger = logging.getLogger(__name__)

RETRY_SECONDS = 10
"""When to come back to a queue that is full."""

REASONS = {
    400: "Not understood",
    401: "Not let in",
    404: "Not found",
    405: "Method not allowed",
    413: "Too large",
    415: "Not JSON",
    422: "Not possible",
    429: "Too many requests",
    500: "Failed",
    503: "Busy",
    504: "Took too long",
}
"""What each status of a failure means here."""


@dataclass(frozen=True)
class Problem(Exception):
    """A failure that is told."""

    status: int
    detail: str
    headers: dict[str, str] = field(default_factory=dict)


class ProblemShape(JsonShape):
    """A failure, as RFC 9457 has it."""

    type: str = Field(description="Always `about:blank`: the status says what kind it is.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What happened, and what to do, in a sentence or two.")


class OpenAIErrorShape(JsonShape):
    """What is wrong, in OpenAI's format."""

    message: str = Field(description="What happened, and what to do.")
    type: str = Field(description="`invalid_request_error`, `rate_limit_error` or `server_error`.")
    param: str | None = Field(description="Always null.")
    code: str | None = Field(description="Always null.")


class OpenAIProblemShape(JsonShape):
    """A failure in OpenAI's format."""

    error: OpenAIErrorShape = Field(description="What is wrong.")


def problem_of(error: Exception) -> Problem:
    """Return what is told of a failure; one that is not for programs is logged, with a reference.

    No question is in the log: the sentences of the index and its stores have none.
    """
    match error:
        case Problem():
            return error
        case TokenRefused():
            return Problem(401, str(error), {"WWW-Authenticate": 'Bearer realm="quoth"'})
        case TooManyRequests():
            return Problem(429, str(error), {"Retry-After": str(error.seconds)})
        case Busy():
            return Problem(503, str(error), {"Retry-After": str(RETRY_SECONDS)})
        case SourceNotFound() | CollectionNotFound():
            return Problem(404, str(error))
        case QuestionError():
            return Problem(422, str(error))
        case EmbeddingError():
            return Problem(503, str(error), {"Retry-After": str(RETRY_SECONDS)})
    return _logged(error)


def _logged(error: Exception) -> Problem:
    reference = secrets.token_hex(4)
    if isinstance(error, QuothError):
        logger.error("reference %s: %s", reference, error)
    else:
        logger.error("reference %s", reference, exc_info=error)
    said = f"Whoever runs Quoth finds why in the log under {reference}."
    if getattr(error, "retryable", False):
        return Problem(
            503,
            f"The index cannot be used at the moment. Try again soon. {said}",
            {"Retry-After": str(RETRY_SECONDS)},
        )
    return Problem(500, f"Quoth could not do this. {said}")


def problem_shape(problem: Problem) -> ProblemShape:
    """Return a problem as RFC 9457 has it."""
    return ProblemShape(
        type="about:blank",
        title=REASONS[problem.status],
        status=problem.status,
        detail=problem.detail,
    )


def problem_response(problem: Problem) -> Response:
    """Return the response of a failure."""
    return Response(
        json_text(problem_shape(problem).payload()),
        problem.status,
        problem.headers,
        "application/problem+json",
    )


def openai_shape(problem: Problem) -> OpenAIProblemShape:
    """Return a problem as OpenAI's clients read it."""
    kind = "rate_limit_error" if problem.status == 429 else "invalid_request_error"
    kind = kind if problem.status < 500 else "server_error"
    error = OpenAIErrorShape(message=problem.detail, type=kind, param=None, code=None)
    return OpenAIProblemShape(error=error)


def openai_response(problem: Problem) -> Response:
    """Return the response of a failure in OpenAI's format."""
    shape = openai_shape(problem)
    return Response(json_text(shape.payload()), problem.status, problem.headers, "application/json")
