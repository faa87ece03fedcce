"""The tools as they are listed, and how each is called: with checked arguments, or a sentence."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mcp_types import CallToolResult, TextContent, Tool, ToolAnnotations
from pydantic import ValidationError

from bot.mcp_server.agent_instructions import MOST_SHOWN, QUOTED
from bot.mcp_server.agent_shapes import (
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
from bot.mcp_server.agent_tools import AgentTools
from bot.mcp_server.unforeseen_failure import failure_sentence
from index.errors import QuothError


@dataclass(frozen=True)
class ToolKind:
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


TOOLS = {
    "ask": ToolKind(
        "Ask the documents",
        "Answers a question from the documents, with the quotes that the answer rests on: source, "
        "version, offsets, page and lines of each. Where `status` is `unsure` or `not_found`, the "
        "documents do not clearly answer.",
        AskInput,
        AnswerOutput,
        AgentTools.ask,
    ),
    "search": ToolKind(
        "Search the documents",
        "Finds the passages nearest to some words or a question, word for word and with their "
        "places, by meaning and by words.",
        SearchInput,
        HitsOutput,
        AgentTools.search,
    ),
    "show": ToolKind(
        "Read a source",
        f"Shows the text of a source from `start` to `end`, at most {MOST_SHOWN:,} characters at a "
        "time; `next` goes on.",
        ShowInput,
        ShownOutput,
        AgentTools.show,
    ),
    "sources": ToolKind(
        "List the sources",
        "Lists the documents there are, with state and version; `next` goes on.",
        SourcesInput,
        SourcesOutput,
        AgentTools.sources,
    ),
    "verify_quote": ToolKind(
        "Verify a quotation",
        "Says whether a quotation stands in the documents: `verbatim` with its place, `nearly` "
        "with what differs (a negation or a number first), or `absent`. Call it for every "
        "quotation before you give it to anybody.",
        VerifyInput,
        QuoteOutput,
        AgentTools.verify_quote,
    ),
}


async def call_tool(tools: AgentTools, name: str, arguments: dict[str, Any]) -> CallToolResult:
    """Return what a tool returns; whatever goes wrong is a sentence in an error result."""
    kind = TOOLS.get(name)
    if kind is None:
        return _failed(f"There is no tool {name[:100]!r}. There are: {', '.join(TOOLS)}.")
    try:
        result = await kind.call(tools, kind.takes.model_validate(arguments))
    except ValidationError as error:
        return _failed(_sentence(name, error))
    except QuothError as error:
        return _failed(str(error))
    except Exception as error:
        return _failed(failure_sentence(error))
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
