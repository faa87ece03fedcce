"""The seam between the bot and whatever writes its prose."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from pydantic import Field

from index.schema import Value


class Completion(Value):
    """One whole reply of a language model."""

    text: str = Field(description="What the model wrote, untouched and untrusted.")
    tokens: int = Field(ge=0, description="Tokens of request and reply, counted or estimated.")


class LanguageModel(Protocol):
    """Writes text. Every failure is a ModelError; nothing here is retried by the caller."""

    @property
    def name(self) -> str:
        """The engine's name as answers show it, for example `openai/gpt-4o-mini`."""
        ...

    async def complete(self, system: str, user: str, *, asker: str | None = None) -> Completion:
        """Return the whole reply; `asker` is the person whose budget pays for it."""
        ...

    def stream(
        self, system: str, user: str, *, asker: str | None = None
    ) -> AsyncGenerator[str, None]:
        """Yield the reply piece by piece; closing it breaks the call off."""
        ...
