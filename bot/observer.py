"""What is told of the work as it happens, for whoever counts it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext


class Observer:
    """Lets everything pass; `bot.operation.figures.Figures` counts it.

    Nothing here may block or fail. Ids are those of interactions and messages; who counts keeps
    them no longer than somebody waits, and no text is ever told.
    """

    def arrived(self, id: int, at: float) -> None:
        """Note that somebody waits for `id` since `at`, in seconds of the monotonic clock."""

    def signed(self, id: int) -> None:
        """Note that the first sign of life is shown."""

    def answered(self, id: int, status: str, engine: str, confidence: float) -> None:
        """Note that an answer is shown; `status` is its kind where that is no answer."""

    def failed(self, reason: str) -> None:
        """Note that a question was not answered: refused, stopped, failed or undelivered."""

    def told(self, id: int) -> None:
        """Note that nobody waits for `id` any more."""

    def waited(self, seconds: float) -> None:
        """Note how long a question was in the queue before the work on it began."""

    def spent(self, tokens: int) -> None:
        """Note the tokens of a call of the language model."""

    def synced(self, what: str) -> None:
        """Note that the index is in step with the `folder`, or with the `web`."""

    def not_synced(self, what: str) -> None:
        """Note that it could not be brought in step."""

    def lagged(self, seconds: float) -> None:
        """Note by how much the event loop was late."""

    def reconnected(self) -> None:
        """Note that a connection to Discord stands again."""


class QuestionTrace:
    """Follows one question through its stages, and lets everything pass."""

    def stage(self, name: str) -> AbstractContextManager[object]:
        """Follow a stage as long as the block runs, on whichever thread."""
        return nullcontext()

    def came_to(self, **facts: str | int | float) -> None:
        """Note what came of the question: outcomes and counts, and no text of anybody."""


class Traces:
    """Follows nothing; `bot.operation.question_traces` tells OpenTelemetry."""

    def question(self) -> AbstractContextManager[QuestionTrace]:
        """Follow a question as long as the block runs; a failure is noted by its kind alone."""
        return nullcontext(QuestionTrace())
