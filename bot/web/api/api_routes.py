"""The routes of the API, and what they are made from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from pydantic import Field
from starlette.responses import Response
from starlette.routing import BaseRoute

from bot.access.token_admission import RequestRate, TokenAdmission
from bot.access.token_records import TokenRecords, open_tokens_of
from bot.json_shapes.answer_shapes import AnswerShape, HitsShape
from bot.json_shapes.json_shape import JsonShape, Payload, json_text
from bot.permalinks import answer_link, citation_link
from bot.schema import Answer, Citation, Scope
from bot.web.addressed_answers import AddressedAnswers
from bot.web.api.chat_calls import ChatCalls
from bot.web.api.chat_shapes import ChatRequest, CompletionShape, ModelsShape
from bot.web.api.openapi_description import openapi_description
from bot.web.api.operations import Call, Door, Operation, routes_of
from bot.web.api.question_calls import (
    AskRequest,
    QuestionCalls,
    SearchParameters,
    SearchRequest,
)
from bot.web.api.question_room import QuestionRoom
from bot.web.api.quote_calls import QuoteCalls, VerdictShape, VerifyRequest
from bot.web.api.source_calls import (
    ShownSourceShape,
    ShowParameters,
    SourceCalls,
    SourcesParameters,
    SourcesShape,
)
from bot.web.web_parts import WebParts
from index.embed.lazy_models import Once

DESCRIPTION = "/api/openapi.json"


async def keep(parts: WebParts, answer: Answer, opened: Scope) -> str:
    """Keep an answer as the page keeps its own, and return its address; raises QuothError."""
    answers = AddressedAnswers.of(parts)
    given = await parts.app.bridge.run(answers.keep, answer, opened.collections, at=parts.now())
    return answer_link(parts.address.base, given.key)


class HealthShape(JsonShape):
    """That the server answers."""

    status: str = Field(description="Always `ok`.")


class DescriptionShape(JsonShape):
    """A description in OpenAPI 3.1."""

    model_config = JsonShape.model_config | {"extra": "allow"}

    openapi: str = Field(description="The version of OpenAPI.")


def api_routes(
    parts: WebParts,
    tokens: Once[TokenRecords] | None = None,
    room: QuestionRoom | None = None,
    rate: RequestRate | None = None,
) -> list[BaseRoute]:
    """Return the routes; `tokens` are opened at the first request that brings one.

    Without `tokens`, they are those of the home. Who else lets requests of them in gives `rate`.
    """
    settings = parts.settings
    rate = rate or RequestRate(settings.api_per_minute)
    records = tokens or Once(partial(open_tokens_of, settings.index))
    is_shared_open = settings.web_open == "on"
    door = Door(TokenAdmission(records, rate), rate, is_shared_open=is_shared_open)
    return routes_of(api_operations(parts, room or QuestionRoom()), door)


def api_operations(parts: WebParts, room: QuestionRoom) -> list[Operation]:
    """Return what can be asked for, the description of it included."""
    web_url = parts.settings.web_url

    def link(citation: Citation) -> str | None:
        return citation_link(web_url, citation.evidence) if web_url else None

    questions = QuestionCalls(parts.app, room, link, partial(keep, parts))
    chat, sources = ChatCalls(questions), SourceCalls(parts.app)
    quotes = QuoteCalls(parts.app, room, link)
    return _with_description([
        Operation(
            "GET", "/api/health", "Say that the server answers.", health, HealthShape,
            is_open=True,
        ),
        Operation(
            "POST", "/api/ask", "Answer a question and quote the sources.", questions.ask,
            AnswerShape, AskRequest,
            events="`draft` (an object with the `answer` so far) while a model writes, then "
            "`answer` (as in JSON) or `error` (as a problem).",
        ),
        Operation(
            "POST", "/api/search", "Find the passages nearest to some words.", questions.search,
            HitsShape, SearchRequest,
        ),
        Operation(
            "GET", "/api/search", "Find the passages nearest to some words.", questions.search,
            HitsShape, SearchParameters,
        ),
        Operation(
            "POST", "/api/verify", "Say whether quoted words stand in the sources.",
            quotes.verify, VerdictShape, VerifyRequest,
        ),
        Operation(
            "GET", "/api/sources", "List what is indexed.", sources.sources, SourcesShape,
            SourcesParameters,
        ),
        Operation(
            "GET", "/api/sources/{id:path}", "Show a source, or a part of it.", sources.show,
            ShownSourceShape, ShowParameters,
        ),
        Operation(
            "POST", "/v1/chat/completions", "Answer the last question of a conversation.",
            chat.complete, CompletionShape, ChatRequest, manner="openai",
            events="Chunks as OpenAI has them, the last with the citations; then `[DONE]`.",
        ),
        Operation(
            "GET", "/v1/models", "List what can be asked.", chat.models, ModelsShape,
            manner="openai",
        ),
    ])  # fmt: skip


def _with_description(operations: Sequence[Operation]) -> list[Operation]:
    """Return operations and the one that describes them and itself."""
    description: Payload = {}

    async def describe(_: Call) -> Response:
        return Response(json_text(description), media_type="application/json")

    describing = Operation(
        "GET", DESCRIPTION, "Describe all of this.", describe, DescriptionShape, is_open=True
    )
    found = [*operations, describing]
    description |= openapi_description(found)
    return found


async def health(_: Call) -> HealthShape:
    """Return that the server answers."""
    return HealthShape(status="ok")
