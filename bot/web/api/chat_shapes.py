"""Questions and answers in the format of OpenAI's chat completions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bot.json_shapes.answer_shapes import AnswerShape
from bot.json_shapes.json_shape import JsonShape
from bot.web.api.read_request import LooseRequest

MOST_MESSAGES = 1000
LONGEST_MESSAGE = 200_000


class ContentPart(LooseRequest):
    """A part of a message; what is no text is passed over."""

    type: str = Field(max_length=100, description="`text`, or what is passed over.")
    text: str | None = Field(default=None, max_length=LONGEST_MESSAGE, description="Its text.")


class ChatMessage(LooseRequest):
    """One message; only those of the roles `user` and `assistant` are read."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"] = Field(
        description="Who said it; what is neither of the user nor of the assistant is passed over."
    )
    content: (
        Annotated[str, Field(max_length=LONGEST_MESSAGE)]
        | Annotated[list[ContentPart], Field(max_length=100)]
        | None
    ) = Field(default=None, description="What was said.")

    @property
    def text(self) -> str:
        """What was said, in text."""
        if isinstance(self.content, str):
            return self.content
        parts = (part.text for part in self.content or () if part.type == "text" and part.text)
        return "\n".join(parts)


class StreamOptions(LooseRequest):
    """How a stream is to be."""

    include_usage: bool | None = Field(default=None, description="End with the count of tokens.")


class ChatRequest(LooseRequest):
    """A conversation to be gone on with; what else it holds is passed over."""

    model: str = Field(
        max_length=210, description="`quoth`, or `quoth/COLLECTION` for one collection."
    )
    messages: list[ChatMessage] = Field(
        min_length=1, max_length=MOST_MESSAGES, description="The last is the question."
    )
    stream: bool | None = Field(default=None, description="Whether it is answered in chunks.")
    stream_options: StreamOptions | None = Field(default=None, description="How a stream is.")
    n: Literal[1] | None = Field(default=None, description="There is one answer.")


class UrlCitationShape(JsonShape):
    """Where in the message a source is cited, and where it is found."""

    start_index: int = Field(description="Offset of the cited words in the message.")
    end_index: int = Field(description="Offset behind them.")
    title: str = Field(description="Title of the source.")
    url: str = Field(description="Address of the quote, or the source's name with its place.")


class AnnotationShape(JsonShape):
    """A citation."""

    type: Literal["url_citation"] = Field(description="Always `url_citation`.")
    url_citation: UrlCitationShape = Field(description="What is cited, and where.")


class ReplyShape(JsonShape):
    """The answer as a message."""

    role: Literal["assistant"] = Field(description="Always `assistant`.")
    content: str = Field(description="The answer with the list of its sources, in Markdown.")
    refusal: None = Field(description="Always null.")
    annotations: tuple[AnnotationShape, ...] = Field(description="Its citations.")


class ChoiceShape(JsonShape):
    """The one answer."""

    index: int = Field(description="Always 0.")
    message: ReplyShape = Field(description="The answer.")
    logprobs: None = Field(description="Always null.")
    finish_reason: Literal["stop"] = Field(description="Always `stop`.")


class UsageShape(JsonShape):
    """About how long question and answer are; an estimate, for clients that ask for it."""

    prompt_tokens: int = Field(description="Of the messages.")
    completion_tokens: int = Field(description="Of the answer.")
    total_tokens: int = Field(description="Of both.")


class CompletionShape(JsonShape):
    """An answer in the format of OpenAI's chat completions."""

    id: str = Field(description="Reference of this answer.")
    object: Literal["chat.completion"] = Field(description="Always `chat.completion`.")
    created: int = Field(description="When it was made, in seconds since 1970.")
    model: str = Field(description="The model that was asked for.")
    choices: tuple[ChoiceShape, ...] = Field(description="The one answer.")
    usage: UsageShape = Field(description="About how long it is.")
    quoth: AnswerShape = Field(description="The answer in Quoth's own shape, with exact quotes.")


class ModelShape(JsonShape):
    """What can be asked: the documents as a model."""

    id: str = Field(description="`quoth`, or `quoth/COLLECTION`.")
    object: Literal["model"] = Field(description="Always `model`.")
    created: int = Field(description="Always 0.")
    owned_by: str = Field(description="Always `quoth`.")


class ModelsShape(JsonShape):
    """What can be asked with this token."""

    object: Literal["list"] = Field(description="Always `list`.")
    data: tuple[ModelShape, ...] = Field(description="`quoth` for all, and each collection.")
