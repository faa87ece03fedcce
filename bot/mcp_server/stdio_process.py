"""Serves one agent over standard input and output, until that ends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TYPE_CHECKING

from mcp.server.stdio import stdio_server

from bot.mcp_server.agent_server import agent_server
from bot.mcp_server.opened_app import LazyApp, lazy_app

if TYPE_CHECKING:
    from bot.app import App
    from bot.mcp_server.agent_tools import AgentTools


async def serve_over_pipe(open_it: Callable[[], AbstractAsyncContextManager[App]]) -> None:
    """Serve until standard input ends; `open_it` opens Quoth, when it is first needed.

    Nothing but the protocol is written to standard output.
    """
    async with lazy_app(open_it) as opened:
        server = agent_server(partial(_tools, opened))
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())


def _tools(opened: LazyApp) -> AgentTools:
    from bot.mcp_server.agent_tools import AgentTools

    return AgentTools(opened)
