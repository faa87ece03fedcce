"""`quoth trust`: allow what a folder's `.env` says about addresses, keys and other folders."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.environment import Environment, pass_environment, say, write
from bot.cli.folder_consent import shown_requests
from bot.cli.terminal_text import one_line
from bot.setting_sources import read_given
from bot.trusted_folders import TrustedFolder, trusted_folders
from index.errors import ConfigurationError


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--list", "as_list", is_flag=True, help="List the folders that you trust.")
@click.option("--remove", is_flag=True, help="Trust the folder no more.")
@pass_environment
def trust(environment: Environment, folder: Path | None, as_list: bool, remove: bool) -> None:
    """Allow the addresses and keys in a folder's .env.

    A .env can send your questions, passages and keys to any server, and it may not be yours: it
    comes along with a folder that you copy. So what it says of language models, servers, keys and
    folders elsewhere is used only once you have allowed it here; when it changes, you are asked
    again. FOLDER is by default the one you are in. What is set in the environment needs no trust.

    \b
    quoth trust
    quoth trust --list
    quoth trust ~/old-project --remove
    """
    if as_list:
        _print_all(environment)
        return
    place = environment.folder if folder is None else environment.folder / folder.expanduser()
    if remove:
        known = trusted_folders(environment.environ).remove(place)
        write(f"{'no longer trusted' if known else 'was not trusted'}: {_shown(place)}")
        return
    _allow(environment, place)


def _allow(environment: Environment, folder: Path) -> None:
    if not folder.is_dir():
        raise ConfigurationError(f"There is no folder {str(folder)!r}. Give the one with the .env.")
    given = read_given(environment.environ, folder)
    if not given.path.exists():
        say(f"There is no {_shown(given.path)}, and nothing that needs to be allowed.")
        return
    if not given.guarded:
        say(f"Nothing in {_shown(given.path)} needs to be allowed.")
        return
    trusted_folders(environment.environ).allow(folder, given.fingerprint)
    write("\n".join([f"trusted: {_shown(folder)}", *shown_requests(given)]))


def _print_all(environment: Environment) -> None:
    found = list(trusted_folders(environment.environ).all())
    for entry in found:
        write(f"{_state(entry)} {_shown(entry.folder)} (since {one_line(entry.allowed_at)})")
    if not found:
        say("You trust no folder. `quoth trust FOLDER` changes that.")


def _state(entry: TrustedFolder) -> str:
    """Say whether what was allowed is still what stands in the `.env`."""
    try:
        given = read_given({}, entry.folder)
    except (ConfigurationError, OSError):
        return "unreadable"
    return "trusted   " if given.fingerprint == entry.fingerprint else "changed   "


def _shown(path: Path) -> str:
    return one_line(str(path))
