"""Sources as resources of the protocol: listed some at a time, read part by part."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from typing import TypeVar

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    ListResourcesResult,
    ReadResourceResult,
    Resource,
    TextResourceContents,
)

from bot.mcp_server.agent_instructions import MOST_SHOWN, QUOTED, RESOURCES
from bot.mcp_server.agent_tools import AgentTools
from bot.mcp_server.unforeseen_failure import failure_sentence
from index.errors import QuothError

T = TypeVar("T")

_PART = re.compile(
    re.escape(RESOURCES) + r"([0-9a-f]{16})(?:\?start=(\d{1,12})(?:&end=(\d{1,12}))?)?"
)


async def list_resources(tools: AgentTools, after: str | None) -> ListResourcesResult:
    """Return sources as resources; raises MCPError."""
    return await _answered(_resources(tools, after))


async def read_resource(tools: AgentTools, uri: str) -> ReadResourceResult:
    """Return a part of a source; raises MCPError."""
    return await _answered(_read(tools, uri))


async def _answered(work: Awaitable[T]) -> T:
    """Return what a request for resources gives; its failure becomes one of the protocol."""
    try:
        return await work
    except QuothError as error:
        raise MCPError(INVALID_PARAMS, str(error)) from None
    except MCPError:
        raise
    except Exception as error:
        raise MCPError(INVALID_PARAMS, failure_sentence(error)) from None


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
