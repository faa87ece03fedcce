"""`quoth backup` and `quoth restore`: the home in one file, and back."""

from __future__ import annotations

import importlib.metadata
import time
from pathlib import Path

import click

from bot.cli import options
from bot.cli.environment import INDEX, Environment, pass_environment, say, write
from bot.cli.json_output import dumps
from bot.cli.progress import progress_bar
from bot.cli.terminal_text import size_text
from bot.settings import Settings
from index.errors import ConfigurationError
from index.store.catalog_format import (
    ADDITIONS_FILE,
    ADDITIONS_VERSION,
    CATALOG_FILE,
    COMMUNITY_FILE,
    SCHEMA_VERSION,
)
from index.store.home_backup import BackedUp, restored_backup, write_backup
from index.store.postgres_address import shared_address

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@options.as_json
@pass_environment
def backup(environment: Environment, file: Path, as_json: bool) -> None:
    """Copy the index and all that people made into one file.

    The bot may run and documents may be indexed meanwhile. The file holds what people wrote and
    asked; only its owner may read it. Settings and tokens are not in it: keep your .env yourself.
    """
    began = time.monotonic()
    target = environment.folder / file
    home = _home_of_files(environment.settled(INDEX)).home
    made = write_backup(home, target, version=importlib.metadata.version("quoth"))
    size = target.stat().st_size
    if as_json:
        write(dumps(_payload(made, file, began) | {"bytes": size}))
        return
    write(f"backed up {', '.join(made.files)} to {str(file)!r}; {size_text(size)}")
    say("Settings and tokens (.env) and the documents folder are not in it.")


@click.command()
@click.argument("file", type=_FILE)
@click.option("--yes", is_flag=True, help="Replace what the home holds.")
@options.as_json
@pass_environment
def restore(environment: Environment, file: Path, yes: bool, as_json: bool) -> None:
    """Put a backup in the place of the index and of all that people made.

    Stop the bot first. What was there comes back if anything fails.
    """
    from bot.community.store.records_file import RECORDS_VERSION

    began = time.monotonic()
    formats = {
        ADDITIONS_FILE: ADDITIONS_VERSION,
        COMMUNITY_FILE: RECORDS_VERSION,
        CATALOG_FILE: SCHEMA_VERSION,
    }
    settings = _home_of_files(environment.settled(INDEX))
    restored = restored_backup(
        environment.folder / file, settings.home, replace=yes, formats=formats
    )
    opened = environment.open_library(settings.index)
    with restored as made, opened as library, progress_bar() as progress:
        library.synchroniser.repair(progress)
        passages = library.catalog.stats().passages
    if as_json:
        write(dumps(_payload(made, file, began) | {"passages": passages}))
    else:
        write(f"restored the backup of {made.created}; {passages:,} passages")


def _home_of_files(settings: Settings) -> Settings:
    """Return the settings of a home in files; raises ConfigurationError where a database has it."""
    if (address := shared_address(settings.index)) is not None:
        raise ConfigurationError(
            "With QUOTH_DATABASE_URL, the index and what people made stand in the database, which "
            "its own tools copy at any time, "
            f"`pg_dump --format=custom --file=quoth.dump {address.shown}`, and bring back, "
            f"`pg_restore --clean --if-exists --dbname={address.shown} quoth.dump`. "
            f"The files of added PDFs and pictures are in {str(settings.home / 'originals')!r}."
        )
    return settings


def _payload(made: BackedUp, file: Path, began: float) -> dict[str, object]:
    seconds = round(time.monotonic() - began, 3)
    return {
        "file": str(file), "created": made.created, "files": made.files, "seconds": seconds,
    }  # fmt: skip
