"""`quoth mcp`: the documents for an agent, over standard input and output."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import click

from bot.cli.environment import INDEX, MODEL, Environment, pass_environment, say
from index.errors import ConfigurationError

if TYPE_CHECKING:
    from bot.app import App


@click.command()
@pass_environment
def mcp(environment: Environment) -> None:
    """Serve an agent: Claude Code, Cursor, VS Code or any other that speaks MCP.

    The agent starts this command itself and talks to it over standard input and output. It can
    ask, search, read the sources and verify quotations, and change nothing.

    \b
    claude mcp add quoth -- quoth mcp

    Exit code: 0 the agent has gone, 2 something is wrong.
    """
    settings = environment.settled(INDEX, MODEL)
    try:
        from bot.mcp_server.stdio_process import serve_over_pipe
    except ImportError:
        raise ConfigurationError(
            "Agents need the extra `mcp`. Install it with `pip install 'quoth[mcp]'`."
        ) from None

    if sys.stdin.isatty():
        say("This waits for an agent, which starts it by itself. Ctrl-C ends it.")

    @asynccontextmanager
    async def opened() -> AsyncIterator[App]:
        with environment.open_library(settings.index) as library:
            async with environment.open_app(settings, library) as app:
                yield app

    # A thread waits for the next line and cannot be called off; what is killed loses nothing.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    asyncio.run(serve_over_pipe(opened))
