"""`/v1/chat/completions` and `/v1/models`: the sources behind OpenAI's interface."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial

from bot.conversation.plain_turns import turn_of_text
from bot.json_shapes.answer_shapes import AnswerShape
from bot.json_shapes.json_shape import JsonShape, Payload
from bot.schema import Answer, Turn
from bot.web.api.chat_shapes import (
    ChatMessage,
    ChatRequest,
    ChoiceShape,
    CompletionShape,
    ModelShape,
    ModelsShape,
    ReplyShape,
    UsageShape,
)
from bot.web.api.cited_reply import (
    cited_places,
    grown,
    harmless_markdown,
    models_of,
    said_before,
    whole_reply,
)
from bot.web.api.event_stream import COMMENT, Answering, EventStream, event, growing_answer
from bot.web.api.operations import Call
from bot.web.api.problem_details import Problem, openai_shape, problem_of
from bot.web.api.question_calls import LONGEST_TEXT, QuestionCalls
from index.errors import CollectionNotFound
from index.search.checked_question import checked_question
from index.text.token_estimate import estimate_tokens

MOST_READ = 20
"""Messages that are read of a conversation, the latest."""

END = "data: [DONE]\n\n"


class ChatCalls:
    """Answers the last question of a conversation."""

    def __init__(self, questions: QuestionCalls) -> None:
        self._questions = questions

    async def models(self, call: Call) -> ModelsShape:
        """Return what can be asked."""
        names = models_of(call.opened.collections)
        made = (ModelShape(id=name, object="model", created=0, owned_by="quoth") for name in names)
        return ModelsShape(object="list", data=tuple(made))

    async def complete(self, call: Call) -> JsonShape | EventStream:
        """Answer the last message; raises QuothError and Problem."""
        given: ChatRequest = call.given
        question, history = _read(given.messages)
        opened = call.scope(_collection(given.model, call))
        answering = partial(self._questions.answer, question, history, opened, call.asker)
        if given.stream:
            self._questions.room.check()
            return EventStream(self._events(answering, given))
        return self._completion(await answering(), given)

    def _completion(self, answer: Answer, given: ChatRequest) -> CompletionShape:
        link = self._questions.link
        content = whole_reply(answer, link)
        reply = ReplyShape(
            role="assistant",
            content=content,
            refusal=None,
            annotations=tuple(cited_places(answer, link)),
        )
        choice = ChoiceShape(index=0, message=reply, logprobs=None, finish_reason="stop")
        return CompletionShape(
            id=f"chatcmpl-{answer.id}",
            object="chat.completion",
            created=int(time.time()),
            model=given.model,
            choices=(choice,),
            usage=_usage(given.messages, content),
            quoth=AnswerShape.of(answer, link),
        )

    async def _events(self, answering: Answering, given: ChatRequest) -> AsyncGenerator[str]:
        """Yield chunks: what a model writes as it grows, the rest, the citations, the end."""
        head: Payload = {
            "id": f"chatcmpl-{time.time_ns():x}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": given.model,
        }
        sent = ""
        yield _chunk(head, {"role": "assistant", "content": ""})
        try:
            async with aclosing(growing_answer(answering)) as growing:
                async for text in growing:
                    if text is None:
                        yield COMMENT
                    elif isinstance(text, str):
                        more = grown(sent, harmless_markdown(text.removesuffix("<")))
                        if more:
                            sent += more
                            yield _chunk(head, {"content": more})
                    else:
                        for chunk in self._last(head, text, sent, given):
                            yield chunk
        except Exception as error:
            yield event(openai_shape(problem_of(error)).payload())
        yield END

    def _last(self, head: Payload, answer: Answer, sent: str, given: ChatRequest) -> list[str]:
        """Return the chunks with which a stream ends, once the answer is there."""
        completion = self._completion(answer, given)
        reply = completion.choices[0].message
        more = grown(sent, reply.content)
        before = "" if more is not None else f"{sent}\n\n---\n\n"
        rest = before[len(sent) :] + (reply.content if more is None else more)
        cited = [_moved(one, len(before)) for one in reply.payload()["annotations"]]
        chunks = [
            _chunk(head, {"content": rest}),
            _chunk(head, {"annotations": cited}, quoth=completion.quoth.payload()),
            _chunk(head, {}, finish_reason="stop"),
        ]
        if given.stream_options and given.stream_options.include_usage:
            usage = completion.usage.payload()
            chunks.append(event({**head, "choices": [], "usage": usage}))
        return chunks


def _read(messages: Sequence[ChatMessage]) -> tuple[str, list[Turn]]:
    """Return the question and what was said before it; raises QuestionError and Problem."""
    said = [one for one in messages if one.role in ("user", "assistant")]
    if not said or said[-1].role != "user":
        raise Problem(422, 'The last message must have the role "user": it is the question.')
    question = checked_question(said[-1].text)
    return question, [_turn(one) for one in said[:-1][-MOST_READ:] if one.text.strip()]


def _turn(message: ChatMessage) -> Turn:
    if message.role == "user":
        return turn_of_text("user", message.text[:LONGEST_TEXT])
    return turn_of_text("assistant", said_before(message.text)[:LONGEST_TEXT])


def _collection(model: str, call: Call) -> str | None:
    """Return the collection that a model's name means, None for all; raises Problem."""
    if model not in models_of(call.opened.collections):
        first, _, name = model.partition("/")
        if first == "quoth" and name:
            raise CollectionNotFound(name, list(call.opened.collections))
        raise Problem(404, "There is no such model here. /v1/models lists what there is.")
    return model.partition("/")[2] or None


def _usage(messages: Sequence[ChatMessage], content: str) -> UsageShape:
    asked, said = (
        sum(estimate_tokens([one.text for one in messages])),
        estimate_tokens([content])[0],
    )
    return UsageShape(prompt_tokens=asked, completion_tokens=said, total_tokens=asked + said)


def _chunk(
    head: Payload, delta: Payload, *, finish_reason: str | None = None, quoth: Payload | None = None
) -> str:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return event({**head, "choices": [choice], **({"quoth": quoth} if quoth else {})})


def _moved(annotation: Payload, by: int) -> Payload:
    """Return an annotation of a text that has something before it."""
    cited = annotation["url_citation"]
    places = {name: cited[name] + by for name in ("start_index", "end_index")}
    return {**annotation, "url_citation": {**cited, **places}}
