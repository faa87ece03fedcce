"""`quoth doctor`: what is configured and what works."""

from __future__ import annotations

import sys

import click

from bot.cli import options
from bot.cli.environment import Environment, pass_environment, write
from bot.cli.health_checks import examine
from bot.cli.health_examination import Finding, Patient
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
    checks: dict[str, Finding] = {}
    settings = environment.settings
    with environment.open_library(settings.index) as library:
        patient = Patient(settings, environment.environ, environment.folder, library)
        for name, finding in examine(patient):
            checks[name] = finding
            if not as_json:
                write(_line(name, finding, environment.style()))
    if as_json:
        listed = [{"name": name, **finding._asdict()} for name, finding in checks.items()]
        write(dumps({"checks": listed}))
    sys.exit(2 if any(finding.state == "problem" for finding in checks.values()) else 0)


def _line(name: str, finding: Finding, style: Style) -> str:
    state = f"{finding.state:<8}"
    if finding.state == "problem":
        state = style.bold(state)
    line = f"{state} {name:<15} {one_line(finding.detail)}"
    return line if finding.advice is None else f"{line}\n{'':<24} {one_line(finding.advice)}"
