"""`quoth doctor`: what is configured and what works."""

from __future__ import annotations

import sys

import click

from bot.cli import options
from bot.cli.environment import Environment, pass_environment, write
from bot.cli.health_checks import Check, Patient, examine
from bot.cli.json_output import dumps
from bot.cli.terminal_text import Style, one_line


@click.command()
@options.as_json
@pass_environment
def doctor(environment: Environment, as_json: bool) -> None:
    """Check what is configured and what works.

    Says what to do about what does not work; secrets are never printed.

    Exit code: 0 all that is configured works, 2 something does not.
    """
    checks = []
    with environment.open_library(environment.settings.index) as library:
        patient = Patient(environment.settings, environment.environ, environment.folder, library)
        for check in examine(patient):
            checks.append(check)
            if not as_json:
                write(_line(check, environment.style()))
    if as_json:
        write(dumps({"checks": [check.model_dump() for check in checks]}))
    sys.exit(2 if any(check.state == "problem" for check in checks) else 0)


def _line(check: Check, style: Style) -> str:
    state = style.bold(f"{check.state:<8}") if check.state == "problem" else f"{check.state:<8}"
    line = f"{state} {check.name:<15} {one_line(check.detail)}"
    return line if check.advice is None else f"{line}\n{'':<24} {one_line(check.advice)}"
