"""The server of the protocol. What its tools need is imported when the first of them is listed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    ResourceTemplate,
)

from bot.mcp_server.agent_instructions import INSTRUCTIONS, MOST_SHOWN, QUOTED, RESOURCES

if TYPE_CHECKING:
    from bot.mcp_server.agent_tools import AgentTools

Context = ServerRequestContext[Any, Any]


def agent_server(tools_of: Callable[[], AgentTools]) -> Server[Any]:
    """Return the server; `tools_of` gives what its agent may do."""

    async def list_tools(
        context: Context, params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        from bot.mcp_server.tool_kinds import TOOLS

        return ListToolsResult(tools=[kind.listed(name) for name, kind in TOOLS.items()])

    async def call_tool(context: Context, params: CallToolRequestParams) -> CallToolResult:
        from bot.mcp_server import tool_kinds

        return await tool_kinds.call_tool(tools_of(), params.name, params.arguments or {})

    async def list_resources(
        context: Context, params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        from bot.mcp_server import source_resources

        after = params.cursor if params else None
        return await source_resources.list_resources(tools_of(), after)

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
        from bot.mcp_server import source_resources

        return await source_resources.read_resource(tools_of(), str(params.uri))

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
    # Nothing records what is asked; the library logs what it cannot read, which may hold that.
    server.middleware.clear()
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    return server
