"""One question from a person to a stored answer: cooldown, queue, history, answer, memory.

An answer that is not sure of itself is given as the answer where a member of the server confirmed
what it quotes.

Nothing here knows Discord. Every way out is an answer or an error with a sentence.
"""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeAlias

from pydantic import Field

from bot.community.confirmed_answers import confirmed
from bot.community.cooldown import QuestionCount
from bot.community.fair_queue import FairQueue, Moved
from bot.community.rights import Caller
from bot.community.server_rules import NotAvailableError
from bot.community.store.confirmations import Confirmations
from bot.community.store.feedback import Feedback
from bot.community.store.memory import Memory
from bot.community.store.records import Kept
from bot.errors import Busy
from bot.observer import Observer
from bot.schema import Answer, Scope, Turn
from index.errors import QuothError
from index.schema import Value
from index.search.checked_question import checked_question

logger = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds of a cooldown that are waited out; for more, the person is told how long."""

_DAY = 86_400.0

Show: TypeAlias = Callable[[str], None]
"""Takes the text written so far; must not block."""


class StoppingError(QuothError):
    """The bot is being restarted."""

    def __init__(self) -> None:
        super().__init__(
            "I am being restarted. I answer this as soon as I am back; if that takes longer than a "
            "few minutes, please ask again."
        )


class TookTooLongError(QuothError):
    """An answer was given up."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"I could not finish an answer within {seconds:.0f} seconds. Please try again, "
            "perhaps with a shorter question."
        )


class Question(Value):
    """A question with everything that decides its answer."""

    text: str = Field(description="The question as asked.")
    caller: Caller = Field(description="Who asks, and where.")
    scope: Scope = Field(description="What is opened for it.")
    conversation: str = Field(description="The conversation it continues or begins.")
    private: bool = Field(default=False, description="Whether only the asker sees the answer.")


class Answering(Protocol):
    """Answers questions: `bot.answering.answerer.Answerer`."""

    async def answer(
        self,
        question: str,
        *,
        scope: Scope,
        history: Sequence[Turn] = (),
        asker: str | None = None,
        show: Show | None = None,
    ) -> Answer:
        """Answer a question, handing `show` the text so far while it is written."""
        ...


class QuestionIntake:
    """Takes questions while the bot runs."""

    def __init__(
        self,
        answerer: Answering,
        *,
        memory: Memory,
        feedback: Feedback,
        confirmations: Confirmations,
        count: QuestionCount,
        queue: FairQueue,
        history_days: int,
        deadline: float,
        check_kept: Callable[[int | None, float], None] = lambda guild, began: None,
        catch_up: Callable[[], Awaitable[None]] | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._answerer = answerer
        self._memory = memory
        self._feedback = feedback
        self._confirmations = confirmations
        self._count = count
        self._queue = queue
        self._history_days = history_days
        self._deadline = deadline
        self._check_kept = check_kept
        self._catch_up = catch_up
        self._observer = observer or Observer()
        self._stopping = False

    def stop(self) -> None:
        """Take no more questions."""
        self._stopping = True

    @property
    def stopping(self) -> bool:
        """Whether it takes no more questions."""
        return self._stopping

    @property
    def waiting(self) -> int:
        """Questions in the queue."""
        return self._queue.waiting

    @property
    def under_way(self) -> int:
        """Questions that are being answered."""
        return self._queue.total - self._queue.waiting

    async def ask(self, question: Question, show: Show, moved: Moved = lambda before: None) -> Kept:
        """Answer a question and remember it; raises QuothError.

        `moved` is told of its way through the queue; like `show`, it must not block.
        """
        text = checked_question(question.text)
        if self._stopping:
            raise StoppingError
        began, arrived = time.time(), time.monotonic()
        async with self._queue.turn(question.caller.user, moved) as waiting:
            await self._cool_down(question.caller)
            async with self._queue.place(waiting):
                self._observer.waited(time.monotonic() - arrived)
                answer = await self._answered(question, text, show)
            kept = _kept(question, await self._with_confirmed(question, answer))
            self._check_kept(question.caller.guild, began)
            try:
                await self._remember(kept)
                await self._check_once_kept(kept, began)
            except NotAvailableError:
                raise
            except QuothError as failure:  # an answer is given though its buttons will not work
                logger.error("answer %s was not kept: %s", kept.key, failure)
        return kept

    async def _check_once_kept(self, kept: Kept, began: float) -> None:
        """Take an answer back whose server another bot erased while it was given.

        That bot has told of it before it took the server's rows out. So it either found this
        answer among them, or is known here by now.
        """
        if self._catch_up is None:
            return
        await self._catch_up()
        try:
            self._check_kept(kept.guild, began)
        except NotAvailableError:
            await self._memory.take_back(kept)
            raise

    async def _cool_down(self, caller: Caller) -> None:
        while (wait := await self._count.take(caller.user, caller.guild)).seconds > 0:
            if wait.seconds > PATIENCE:
                why = "" if wait.is_persons else "This server has asked a lot in the last minute. "
                left = f"{why}Please wait {_in_words(wait.seconds)} before the next question."
                raise Busy(left)
            await asyncio.sleep(wait.seconds)

    async def _answered(self, question: Question, text: str, show: Show) -> Answer:
        history = await self._memory.turns(
            question.conversation,
            since=time.time() - self._history_days * _DAY,
            collections=question.scope.collections,
        )
        try:
            async with asyncio.timeout(self._deadline):
                return await self._answerer.answer(
                    text,
                    scope=question.scope,
                    history=history,
                    asker=str(question.caller.user),
                    show=show,
                )
        except TimeoutError:
            raise TookTooLongError(self._deadline) from None

    async def _with_confirmed(self, question: Question, answer: Answer) -> Answer:
        """Return the answer with what was confirmed for it in this server, if it is unsure."""
        guild = question.caller.guild
        if guild is None or answer.status != "unsure":
            return answer
        evidence = await self._confirmations.of(
            guild, answer.standalone_question, question.scope.collections
        )
        return confirmed(answer, evidence)

    async def _remember(self, kept: Kept) -> None:
        await self._memory.keep(kept)
        if self._history_days:
            await self._memory.add_turns(kept)
        if kept.answer.kind == "answer" and not kept.answer.claims:
            await self._feedback.add_unanswered(kept)


def _in_words(seconds: float) -> str:
    """Return a time to wait, never shorter than it is."""
    if seconds <= 120:
        return f"{math.ceil(seconds)} seconds"
    return f"{math.ceil(seconds / 60)} minutes"


def _kept(question: Question, answer: Answer) -> Kept:
    return Kept(
        key=secrets.token_urlsafe(12),
        at=time.time(),
        guild=question.caller.guild,
        channel=question.caller.channel,
        place=question.caller.place,
        open=question.caller.open and not question.private,
        asker=question.caller.user,
        private=question.private,
        conversation=question.conversation,
        collections=question.scope.collections,
        answer=answer,
    )
