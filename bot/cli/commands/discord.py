"""`quoth discord`: answers in Discord until it is stopped."""

from __future__ import annotations

import sys

import click

from bot.cli.environment import BOT, INDEX, MODEL, PAGES, Environment, pass_environment, say


@click.command()
@pass_environment
def discord(environment: Environment) -> None:
    """Run the Discord bot.

    It needs DISCORD_TOKEN; `quoth doctor` prints the link that invites it. Ctrl-C or SIGTERM
    stops it, with answers under way finished first.

    Exit code: 0 stopped, 2 it could not start.
    """
    from bot.discord_bot.run import run

    sys.exit(run(environment.settled(INDEX, MODEL, BOT, PAGES), announce=say))
