"""`quoth discord`: answers in Discord until it is stopped."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from bot.cli.commands.web import check_web_extra
from bot.cli.environment import BOT, INDEX, MODEL, PAGES, WEB, Environment, pass_environment, say
from index.errors import QuothError

if TYPE_CHECKING:
    from bot.discord_bot.run import Page
    from bot.settings import Settings


@click.command()
@pass_environment
def discord(environment: Environment) -> None:
    """Run the Discord bot.

    It needs DISCORD_TOKEN; `quoth doctor` prints the link that invites it. Ctrl-C or SIGTERM
    stops it, with answers under way finished first.

    Exit code: 0 stopped, 2 it could not start.
    """
    from bot.discord_bot.run import run
    from bot.operation.service_notice import ServiceNotice

    notice = ServiceNotice.of(environment.environ)
    in_json = environment.settings.log_format == "json"
    announce = partial(_say_in_json, "info") if in_json else say
    try:
        settings = environment.settled(INDEX, MODEL, BOT, PAGES, WEB)
        sys.exit(run(settings, announce=announce, notice=notice, page=_page(settings)))
    except QuothError as error:
        if not in_json:
            raise
        _say_in_json("error", str(error))
        sys.exit(2)


def _page(settings: Settings) -> Page | None:
    """Return what serves the reading page, where it has a public address."""
    if settings.web_url is None:
        return None
    check_web_extra()
    from bot.cli.program_routes import program_routes
    from bot.web.beside_bot import page_beside_bot

    return partial(page_beside_bot, routes=program_routes)


def _say_in_json(level: str, message: str) -> None:
    from bot.operation.log_lines import json_line

    say(json_line(level, message))
