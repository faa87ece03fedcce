"""Errors of the bot; those of the index are in `index.errors`.

QuothError (index.errors)
+-- ModelError                  the language model did not give a usable answer
|   +-- ModelUnavailable        time-out, refused connection, rate limit, server error (retryable)
|   +-- ModelRejected           wrong key, unknown model, request too long
|   +-- BudgetExhausted         the token budget of the day or of the person is used up
+-- PromptError                 a prompt file lacks a slot or has an unknown one
+-- Busy                        the queue is full, or a person's cooldown runs
"""

from __future__ import annotations

from typing import ClassVar

from index.errors import QuothError


class ModelError(QuothError):
    """The language model did not give a usable answer."""


class ModelUnavailable(ModelError):
    """The model did not answer this time: time-out, connection, rate limit, server error."""

    retryable: ClassVar[bool] = True

    def __init__(self, sentence: str, *, seconds: float = 0.0) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class ModelRejected(ModelError):
    """The model will never answer this: wrong key, unknown model, request too long."""


class BudgetExhausted(ModelError):
    """The token budget of the day or of the person is used up."""


class PromptError(QuothError):
    """A prompt file lacks a slot or has an unknown one."""


class Busy(QuothError):
    """The queue is full, or a person's cooldown runs."""

    retryable: ClassVar[bool] = True
