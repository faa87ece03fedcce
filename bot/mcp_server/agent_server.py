"""The server of the protocol: lists the tools, calls them, and says every failure in a sentence."""

from __future__ import annotations

import json
import logging
import re
import secrets
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, TypeVar

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextContent,
    TextResourceContents,
    Tool,
    ToolAnnotations,
)
from pydantic import ValidationError

from bot.mcp_server.agent_shapes import (
    MOST_SHOWN,
    QUOTED,
    AnswerOutput,
    AskInput,
    HitsOutput,
    QuoteOutput,
    SearchInput,
    ShowInput,
    ShownOutput,
    SourcesInput,
    SourcesOutput,
    ToolInput,
    ToolOutput,
    VerifyInput,
)
from bot.mcp_server.agent_tools import RESOURCES, AgentTools
from index.errors import QuothError

logger = logging.getLogger(__name__)

INSTRUCTIONS = (
    "Quoth answers from a team's own documents and quotes its source for every statement. Call "
    "`ask` for an answer, `search` for passages, `show` to read on, `verify_quote` before you "
    "quote anything from these documents. Cite what you use by source, version and offsets, or "
    f"by its link. {QUOTED}"
)

_PART = re.compile(
    re.escape(RESOURCES) + r"([0-9a-f]{16})(?:\?start=(\d{1,12})(?:&end=(\d{1,12}))?)?"
)

T = TypeVar("T")
Context = ServerRequestContext[Any, Any]


@dataclass(frozen=True)
class _ToolKind:
    """A tool as it is listed, and what does its work."""

    title: str
    description: str
    takes: type[ToolInput]
    returns: type[ToolOutput]
    call: Callable[[AgentTools, Any], Awaitable[ToolOutput]]

    def listed(self, name: str) -> Tool:
        """Return it for the list of tools."""
        return Tool(
            name=name,
            title=self.title,
            description=f"{self.description} {QUOTED}",
            input_schema=self.takes.model_json_schema(),
            output_schema=self.returns.model_json_schema(mode="serialization"),
            annotations=ToolAnnotations(
                title=self.title,
                read_only_hint=True,
                destructive_hint=False,
                idempotent_hint=True,
                open_world_hint=False,
            ),
        )


_TOOLS = {
    "ask": _ToolKind(
        "Ask the documents",
        "Answers a question from the documents, with the quotes that the answer rests on: source, "
        "version, offsets, page and lines of each. Where `status` is `unsure` or `not_found`, the "
        "documents do not clearly answer.",
        AskInput,
        AnswerOutput,
        AgentTools.ask,
    ),
    "search": _ToolKind(
        "Search the documents",
        "Finds the passages nearest to some words or a question, word for word and with their "
        "places, by meaning and by words.",
        SearchInput,
        HitsOutput,
        AgentTools.search,
    ),
    "show": _ToolKind(
        "Read a source",
        f"Shows the text of a source from `start` to `end`, at most {MOST_SHOWN:,} characters at a "
        "time; `next` goes on.",
        ShowInput,
        ShownOutput,
        AgentTools.show,
    ),
    "sources": _ToolKind(
        "List the sources",
        "Lists the documents there are, with state and version; `next` goes on.",
        SourcesInput,
        SourcesOutput,
        AgentTools.sources,
    ),
    "verify_quote": _ToolKind(
        "Verify a quotation",
        "Says whether a quotation stands in the documents: `verbatim` with its place, `nearly` "
        "with what differs (a negation or a number first), or `absent`. Call it for every "
        "quotation before you give it to anybody.",
        VerifyInput,
        QuoteOutput,
        AgentTools.verify_quote,
    ),
}


def agent_server(tools_of: Callable[[Context], AgentTools]) -> Server[Any]:
    """Return the server; `tools_of` gives what whoever made a request may do."""

    async def list_tools(
        context: Context, params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return ListToolsResult(tools=[kind.listed(name) for name, kind in _TOOLS.items()])

    async def call_tool(context: Context, params: CallToolRequestParams) -> CallToolResult:
        return await _called(tools_of(context), params.name, params.arguments or {})

    async def list_resources(
        context: Context, params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        after = params.cursor if params else None
        return await _answered(_resources(tools_of(context), after))

    async def list_templates(
        context: Context, params: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        part = ResourceTemplate(
            name="part of a source",
            uri_template=f"{RESOURCES}{{id}}{{?start,end}}",
            description=f"From `start` to `end`, {MOST_SHOWN:,} characters at most. {QUOTED}",
            mime_type="text/plain",
        )
        return ListResourceTemplatesResult(resource_templates=[part])

    async def read_resource(
        context: Context, params: ReadResourceRequestParams
    ) -> ReadResourceResult:
        return await _answered(_read(tools_of(context), str(params.uri)))

    server: Server[Any] = Server(
        "quoth",
        title="Quoth",
        version=version("quoth"),
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
    )
    server.middleware.clear()  # nothing records what is asked
    return server


async def _called(tools: AgentTools, name: str, arguments: dict[str, Any]) -> CallToolResult:
    kind = _TOOLS.get(name)
    if kind is None:
        return _failed(f"There is no tool {name[:100]!r}. There are: {', '.join(_TOOLS)}.")
    try:
        result = await kind.call(tools, kind.takes.model_validate(arguments))
    except ValidationError as error:
        return _failed(_sentence(name, error))
    except QuothError as error:
        return _failed(str(error))
    except Exception as error:
        return _failed(_unforeseen(error))
    payload = result.model_dump(mode="json", exclude_unset=True) | {"about": result.about}
    text = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace").decode()
    return CallToolResult(
        content=[TextContent(text=text)], structured_content=json.loads(text), is_error=False
    )


def _failed(sentence: str) -> CallToolResult:
    text = sentence.encode("utf-8", "replace").decode()
    return CallToolResult(content=[TextContent(text=text)], is_error=True)


def _sentence(name: str, error: ValidationError) -> str:
    """Say which argument is wrong and how, without what was given."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(map(str, first["loc"])) or "arguments"
    return f"{name}: `{place}`: {first['msg']}. The tool's input schema says what it takes."


def _unforeseen(error: Exception) -> str:
    """Log where something failed, without what was asked, and return the sentence for it."""
    reference = secrets.token_hex(4)
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    logger.error("reference %s: %s in %s", reference, type(error).__name__, places)
    return f"Quoth failed in an unforeseen way. Its log says more under {reference}."


async def _answered(work: Awaitable[T]) -> T:
    """Return what a request for resources gives; its failure becomes one of the protocol."""
    try:
        return await work
    except QuothError as error:
        raise MCPError(INVALID_PARAMS, str(error)) from None
    except MCPError:
        raise
    except Exception as error:
        raise MCPError(INVALID_PARAMS, _unforeseen(error)) from None


async def _resources(tools: AgentTools, after: str | None) -> ListResourcesResult:
    entries, following = await tools.listed(after)
    found = [
        Resource(
            uri=RESOURCES + entry.id,
            name=entry.uri,
            title=entry.title,
            description=f"In {entry.collection}, version {entry.sha256}. {QUOTED}",
            mime_type="text/plain",
            size=entry.characters,
        )
        for entry in entries
    ]
    return ListResourcesResult(resources=found, next_cursor=following)


async def _read(tools: AgentTools, uri: str) -> ReadResourceResult:
    named = _PART.fullmatch(uri)
    if named is None:
        raise MCPError(
            INVALID_PARAMS, f"There is no such resource. They are called {RESOURCES}ID?start=0."
        )
    source = await tools.resource(named[1])
    start = min(int(named[2] or 0), len(source.text))
    end = min(int(named[3] or len(source.text)), start + MOST_SHOWN, len(source.text))
    told = {
        "source": source.uri,
        "collection": source.collection,
        "version": source.sha256,
        "start": start,
        "end": max(start, end),
        "characters": len(source.text),
        "next": f"{RESOURCES}{source.id}?start={end}" if end < len(source.text) else None,
        "about": QUOTED,
    }
    text = source.text[start:end].encode("utf-8", "replace").decode()
    contents = TextResourceContents(uri=uri, text=text, mime_type="text/plain", _meta=told)
    return ReadResourceResult(contents=[contents])
