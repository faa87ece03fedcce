"""One question of a visitor to a kept answer: pace, queue, history, answer, address."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from bot.community.cooldown import Cooldowns
from bot.community.fair_queue import FairQueue
from bot.errors import Busy
from bot.schema import Scope
from bot.web.addressed_answers import AddressedAnswer, AddressedAnswers, turns
from bot.web.visitors import Visitor
from bot.web.web_parts import WebParts
from index.errors import QuothError
from index.search.checked_question import checked_question

PATIENCE = 10.0
"""Seconds of a cooldown that are waited out; for more, the person is told how long."""

_ANYBODY = "web"
"""Stands for everybody who came without a link, where a model's tokens are counted."""

_EVERYBODY = 0
"""Stands for the whole page where questions a minute are counted."""


class TookTooLong(QuothError):
    """An answer was given up."""

    def __init__(self) -> None:
        super().__init__(
            "No answer was finished in time. Try again, perhaps with a shorter question."
        )


class QuestionDesk:
    """Takes questions while the page is served."""

    def __init__(self, parts: WebParts, answers: AddressedAnswers) -> None:
        settings = parts.settings
        self._parts = parts
        self._answers = answers
        self._queue = FairQueue()
        self._cooldowns = Cooldowns(
            person_seconds=settings.cooldown_seconds, server_per_minute=settings.server_per_minute
        )
        self._deadline = 60.0 + (5 * settings.llm_timeout if settings.llm else 0.0)

    async def ask(
        self,
        visitor: Visitor,
        question: str,
        *,
        after: str | None = None,
        show: Callable[[str], None] | None = None,
    ) -> AddressedAnswer:
        """Answer a question, in the conversation of the answer with the key `after`, and keep it.

        `show` is handed a model's text so far. Raises QuothError.
        """
        text = checked_question(question)
        app = self._parts.app
        async with self._queue.turn(visitor.id) as waiting:
            await self._cool_down(visitor)
            async with self._queue.place(waiting):
                said = await app.bridge.run(self._answers.conversation, after, visitor.collections)
                try:
                    async with asyncio.timeout(self._deadline):
                        answer = await app.answerer.answer(
                            text,
                            scope=Scope(collections=visitor.collections),
                            history=turns(said),
                            asker=str(visitor.grant.person) if visitor.grant else _ANYBODY,
                            show=show,
                        )
                except TimeoutError:
                    raise TookTooLong from None
        return await app.bridge.run(
            self._answers.keep,
            answer,
            visitor.collections,
            at=self._parts.now(),
            before=said[-1].key if said else None,
            grant=visitor.grant,
        )

    async def _cool_down(self, visitor: Visitor) -> None:
        clock = asyncio.get_running_loop().time
        while (wait := self._cooldowns.take(visitor.id, _EVERYBODY, clock())) > 0:
            if wait > PATIENCE:
                raise Busy(f"Please wait {math.ceil(wait)} seconds before the next question.")
            await asyncio.sleep(wait)
