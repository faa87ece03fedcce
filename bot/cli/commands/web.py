"""`quoth web`: a page to ask and to read the sources in a browser, until it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.environment import INDEX, MODEL, WEB, Environment, pass_environment, say
from bot.cli.session import bring_in_step
from index.errors import ConfigurationError
from index.sync.time_budget import SERVING

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.web.web_address import WebAddress
    from index.library import Library


NEEDS_WEB = "The reading page needs the extra `web`. Install it with `pip install 'quoth[web]'`."

_LIBRARIES = ("starlette", "uvicorn", "jinja2")


@click.command()
@click.option("--host", help="Address to listen at, instead of QUOTH_WEB_HOST.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port, instead of QUOTH_WEB_PORT.")
@pass_environment
def web(environment: Environment, host: str | None, port: int | None) -> None:
    """Serve a page to ask and to read the sources in a browser.

    It is for this machine alone, unless --host says otherwise. Ctrl-C or SIGTERM stops it.

    \b
    quoth web
    quoth web --port 9000

    Exit code: 0 stopped, 2 it could not start.
    """
    settings = environment.settled(INDEX, MODEL, WEB)
    check_web_extra()
    from bot.discord_bot.process import logged
    from bot.web.web_address import WebAddress

    address = WebAddress.of(settings, host, port)

    with environment.open_library(settings.index) as library, logged(settings):
        bring_in_step(library, budget=SERVING)
        with _passing_folder(settings.home) as folder:
            asyncio.run(_serve(environment, settings, library, address, folder))


@contextlib.contextmanager
def _passing_folder(home: Path) -> Iterator[Path | None]:
    """Lend a folder for answers while the block runs, where the home can only be read."""
    if os.access(home, os.W_OK):
        yield None
        return
    say("The index can only be read: answers have their addresses until this stops.")
    with tempfile.TemporaryDirectory(prefix="quoth-answers-") as folder:
        yield Path(folder)


def check_web_extra() -> None:
    """Raise ConfigurationError where a library of the extra `web` is missing."""
    if not all(map(find_spec, _LIBRARIES)):
        raise ConfigurationError(NEEDS_WEB)


async def _serve(
    environment: Environment,
    settings: Settings,
    library: Library,
    address: WebAddress,
    folder: Path | None,
) -> None:
    from bot.cli.program_routes import program_routes
    from bot.web.application import application
    from bot.web.followed_index import followed_index
    from bot.web.page_server import served
    from bot.web.web_parts import WebParts

    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    async with environment.open_app(settings, library) as app:
        # Without a bot nobody is given a link, so no key has to outlive this process.
        key = secrets.token_bytes(32)
        parts = WebParts(app, settings, address, key, answers_folder=folder)
        served_all = application(parts, program_routes(parts))
        async with followed_index(parts), served(served_all, address) as port:
            say(f"Open http://{address.host}:{port}/ in a browser. Ctrl-C stops.")
            await stopped.wait()
