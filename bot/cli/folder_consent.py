"""Asks a person whether a folder's `.env` may be used, or says that it is not used."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import click

from bot.cli.environment import BOT, INDEX, MODEL, PAGES, WEB, say
from bot.cli.terminal_text import one_line
from bot.setting_sources import PROVIDER_VARIABLE, GivenSettings, read_given
from bot.settings import Settings
from bot.trusted_folders import trusted_folders
from index.errors import ConfigurationError

_USES = {
    "QUOTH_HOME": INDEX,
    "QUOTH_DOCUMENTS": INDEX,
    "QUOTH_EMBEDDINGS": INDEX,
    "QUOTH_DATABASE_URL": INDEX,
    "QUOTH_CHROMA_URL": INDEX,
    "QUOTH_CHROMA_TOKEN": INDEX,
    "QUOTH_CHROMA_TENANT": INDEX,
    "QUOTH_CHROMA_DATABASE": INDEX,
    "QUOTH_ALLOWED_HOSTS": PAGES,
    "QUOTH_LLM": MODEL,
    "QUOTH_LLM_BASE_URL": MODEL,
    "QUOTH_LLM_API_KEY": MODEL,
    "QUOTH_PROMPTS": MODEL,
    "DISCORD_TOKEN": BOT,
    "QUOTH_DISCORD_API_URL": BOT,
    "QUOTH_DISCORD_GATEWAY_URL": BOT,
    "QUOTH_METRICS_HOST": BOT,
    "QUOTH_WEB_URL": WEB,
    "QUOTH_WEB_HOST": WEB,
    "QUOTH_WEB_OPEN": WEB,
    "QUOTH_WEB_REPORT": WEB,
}

_NO_OTHER = {
    "QUOTH_HOME": "there is no other index to open",
    "QUOTH_DOCUMENTS": "there are no other documents to read",
    "DISCORD_TOKEN": "the bot connects nowhere else",
    "QUOTH_DISCORD_API_URL": "the bot connects nowhere else",
    "QUOTH_DISCORD_GATEWAY_URL": "the bot connects nowhere else",
}
"""What nothing takes the place of, and why."""


def settle(
    settings: Settings, environ: Mapping[str, str], folder: Path, uses: Collection[str]
) -> bool:
    """Ask about what is withheld of these uses; say whether the folder has been trusted now.

    Raises ConfigurationError where what is withheld has no default that could stand in for it.
    """
    given = read_given(environ, folder)
    wanted = _wanted(settings, given, uses)
    if not wanted:
        return False
    if sys.stdin.isatty() and sys.stderr.isatty() and _agreed(given):
        trusted_folders(environ).allow(folder, given.fingerprint)
        return True
    named = f"{', '.join(wanted)} in {one_line(repr(str(given.path)))}"
    way = f"Look at the file, and run `{trust_command(folder)}` if you want it used."
    if reason := next((_NO_OTHER[name] for name in wanted if name in _NO_OTHER), None):
        raise ConfigurationError(f"You have not allowed {named}, and {reason}. {way}")
    say(f"Not used, because you have not allowed it: {named}. {way}")
    return False


def trust_command(folder: Path) -> str:
    """Return the command that allows a folder."""
    return f"quoth trust {shlex.quote(str(folder))}"


def shown_requests(given: GivenSettings) -> Sequence[str]:
    """Return what a `.env` wants, one line each, fit for a terminal."""
    return [f"  {one_line(line)}" for line in given.described()]


def _wanted(settings: Settings, given: GivenSettings, uses: Collection[str]) -> list[str]:
    """Return what is withheld and would be used now."""
    merged = given.merged
    asks_model = MODEL in uses and bool(merged.get("QUOTH_LLM"))
    embeds_elsewhere = INDEX in uses and "/" in merged.get("QUOTH_EMBEDDINGS", "")

    def is_wanted(name: str) -> bool:
        if PROVIDER_VARIABLE.search(name):
            return asks_model or embeds_elsewhere
        use = _USES[name]
        return asks_model if use == MODEL else use in uses

    return [name for name in settings.withheld if is_wanted(name)]


def _agreed(given: GivenSettings) -> bool:
    """Show a person what the `.env` wants and ask."""
    say(f"{one_line(repr(str(given.path)))} wants to decide this:")
    for line in shown_requests(given):
        say(line)
    say("Whoever wrote that file would get what is sent there. Say no if it was not you.")
    return click.confirm("Use these settings in this folder from now on?", err=True)
