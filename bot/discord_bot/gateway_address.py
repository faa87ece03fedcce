"""Where Discord's gateway is, and how discord.py is pointed at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.discord_bot.client import QuothBot
from bot.settings import Settings
from index.errors import ConfigurationError

WRONG_TOKEN = (
    "Discord refuses the token in DISCORD_TOKEN. Copy it again from "
    "https://discord.com/developers/applications, or reset it there."
)


@dataclass(frozen=True)
class Gateway:
    """How Discord wants to be connected to."""

    url: str
    shards: int


async def find_gateway(settings: Settings, token: str) -> Gateway:
    """Ask Discord how many connections it recommends; raises ConfigurationError."""
    base = settings.discord_api_url or Route.BASE
    headers = {"Authorization": f"Bot {token}"}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session,
            session.get(f"{base.rstrip('/')}/gateway/bot", headers=headers) as response,
        ):
            if response.status == 401:
                raise ConfigurationError(WRONG_TOKEN)
            if response.status != 200:
                raise ConfigurationError(
                    f"Discord at {base!r} answers with HTTP {response.status}. Try again later, "
                    "or check QUOTH_DISCORD_API_URL."
                )
            found: dict[str, Any] = await response.json()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise ConfigurationError(
            f"Discord at {base!r} cannot be reached ({type(error).__name__}). Check the network, "
            "and QUOTH_DISCORD_API_URL if it is set."
        ) from None
    url = settings.discord_gateway_url or str(found["url"])
    return Gateway(url=url, shards=int(found.get("shards", 1)))


@contextmanager
def pointed_at(settings: Settings, gateway: Gateway) -> Iterator[None]:
    """Point discord.py at the configured addresses, which it keeps as class attributes."""
    before = (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY)
    if settings.discord_api_url:
        Route.BASE = settings.discord_api_url.rstrip("/")
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway.url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


def keep_to(bot: QuothBot, gateway: yarl.URL) -> None:
    """Open every connection of the bot to `gateway`, resumed ones too.

    Discord hands out an address to resume at, which a proxy or a compatible server passes on as it
    is, or which cannot be reached from here.
    """
    connect = bot.http.ws_connect

    async def ws_connect(url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        return await connect(str(gateway.with_query(yarl.URL(url).query)), compress=compress)

    bot.http.ws_connect = ws_connect  # type: ignore[method-assign]
