"""`/api/ask` and `/api/search`: questions to the sources."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from bot.app import App
from bot.conversation.plain_turns import turn_of_text
from bot.json_shapes.answer_shapes import AnswerShape, HitsShape, Link
from bot.json_shapes.json_shape import JsonShape
from bot.schema import Answer, Turn
from bot.schema import Scope as Opened
from bot.web.api.event_stream import COMMENT, Answering, EventStream, Show, event, growing_answer
from bot.web.api.operations import Call, is_stream_wanted
from bot.web.api.problem_details import problem_of, problem_shape
from bot.web.api.question_room import QuestionRoom
from bot.web.api.read_request import QueryRequest, StrictRequest
from index.search.checked_question import LONGEST_QUESTION, checked_question

LONGEST_TEXT = 20_000
"""Characters of one message of a history."""

MOST_TURNS = 50
MOST_HITS = 100

Keep: TypeAlias = Callable[[Answer, Opened], Awaitable[str]]
"""Keeps an answer with the versions that it quotes, and returns the address that shows it."""

Question: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=LONGEST_QUESTION, description="The question.")
]
Collection: TypeAlias = Annotated[
    str | None,
    Field(max_length=200, description="One collection of the token; else all of them are opened."),
]

SourceName: TypeAlias = Annotated[
    str | None, Field(max_length=2000, description="Only this source, by its name or id.")
]


class Message(StrictRequest):
    """One message of a conversation."""

    role: Literal["user", "assistant"] = Field(description="Who said it.")
    text: str = Field(max_length=LONGEST_TEXT, description="What was said.")

    @property
    def turn(self) -> Turn:
        """The message as the answerer reads it."""
        return turn_of_text(self.role, self.text)


class AskRequest(StrictRequest):
    """A question, perhaps with what was said before it."""

    question: Question
    history: list[Message] = Field(
        default=[], max_length=MOST_TURNS, description="What was said before, in its order."
    )
    collection: Collection = None
    source: SourceName = None
    keep: bool = Field(
        default=False,
        description="Whether the answer is kept with what it quotes, and gets an address.",
    )


class SearchRequest(StrictRequest):
    """Words to be searched for."""

    query: Question
    limit: int = Field(default=10, ge=1, le=MOST_HITS, description="How many passages at most.")
    collection: Collection = None


class SearchParameters(QueryRequest):
    """Words to be searched for, in an address."""

    query: Question
    limit: int = Field(default=10, ge=1, le=MOST_HITS, description="How many passages at most.")
    collection: Collection = None


class QuestionCalls:
    """Answers questions, within the room that there is."""

    def __init__(self, app: App, room: QuestionRoom, link: Link, keep: Keep) -> None:
        self._app = app
        self.room = room
        self.link = link
        self._keep = keep

    async def ask(self, call: Call) -> JsonShape | EventStream:
        """Answer a question; raises QuothError and Problem."""
        given: AskRequest = call.given
        question = checked_question(given.question)
        history = [message.turn for message in given.history]
        opened = await scope_of(self._app, call, given.collection, given.source)
        answering = partial(self.answer, question, history, opened, call.asker)
        if is_stream_wanted(call):
            self.room.check()  # a stream that has begun has no status any more
            return EventStream(self._events(answering, opened, keep=given.keep))
        return await self._shape(await answering(), opened, keep=given.keep)

    async def _shape(self, answer: Answer, opened: Opened, *, keep: bool) -> AnswerShape:
        """Return the shape of an answer, which is kept first where that is wanted."""
        shape = AnswerShape.of(answer, self.link)
        if not keep:
            return shape
        return shape.model_copy(update={"link": await self._keep(answer, opened)})

    async def answer(
        self,
        question: str,
        history: list[Turn],
        opened: Opened,
        asker: str,
        show: Show = lambda text: None,
    ) -> Answer:
        """Answer a question once there is a place; raises QuothError and Problem."""
        async with self.room.place():
            return await self._app.answerer.answer(
                question, scope=opened, history=history, asker=asker, show=show
            )

    async def search(self, call: Call) -> HitsShape:
        """Return the passages nearest to some words; raises QuothError and Problem."""
        given: SearchRequest = call.given
        words = checked_question(given.query)
        opened = call.scope(given.collection)
        async with self.room.place():
            return await self._app.bridge.run(self._found, words, opened, given.limit)

    def _found(self, words: str, opened: Opened, limit: int) -> HitsShape:
        searcher, names = self._app.library.searcher, opened.collections
        spelled = searcher.spelled(words, collections=names)
        found = searcher.find(spelled, collections=names, limit=limit, asked=words)
        return HitsShape.of(words, found.hits, found.coverage)

    async def _events(
        self, answering: Answering, opened: Opened, *, keep: bool
    ) -> AsyncGenerator[str]:
        try:
            async with aclosing(growing_answer(answering)) as growing:
                async for grown in growing:
                    if grown is None:
                        yield COMMENT
                    elif isinstance(grown, str):
                        yield event({"answer": grown}, "draft")
                    else:
                        shape = await self._shape(grown, opened, keep=keep)
                        yield event(shape.payload(), "answer")
        except Exception as error:
            yield event(problem_shape(problem_of(error)).payload(), "error")


async def scope_of(app: App, call: Call, collection: str | None, source: str | None) -> Opened:
    """Return what is opened for a call, one source where one is named; raises QuothError."""
    opened = call.scope(collection)
    if source is None:
        return opened
    catalog = app.library.catalog
    found = await app.bridge.run(catalog.find_source, opened.collections, source)
    return Opened(collections=(found.collection,), source=found.id)
