"""`quoth backup` and `quoth restore`: the home in one file, and back."""

from __future__ import annotations

import importlib.metadata
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
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
    ORIGINALS_FOLDER,
    SCHEMA_VERSION,
)
from index.store.home_backup import BackedUp, restored_backup, write_backup
from index.store.postgres_address import PostgresAddress, shared_address
from index.text.shown_address import shown_address

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
    settings = _home_of_files(environment.settled(INDEX))
    made = write_backup(settings.home, target, version=importlib.metadata.version("quoth"))
    size = target.stat().st_size
    if as_json:
        write(dumps(_payload(made, file, began) | {"bytes": size}))
        return
    write(f"backed up {', '.join(made.files)} to {str(file)!r}; {size_text(size)}")
    say("Settings and tokens (.env) and the documents folder are not in it.")
    if settings.files is not None:
        say(f"Nor are the files at {shown_address(settings.files.get_secret_value())}.")


@click.command()
@click.argument("file", type=_FILE)
@click.option("--yes", is_flag=True, help="Replace what the home holds.")
@options.as_json
@pass_environment
def restore(environment: Environment, file: Path, yes: bool, as_json: bool) -> None:
    """Put a backup in the place of the index and of all that people made.

    Stop the bot first. What was there comes back if anything fails. With QUOTH_DATABASE_URL, it is
    put into the database, where nothing may be yet.
    """
    from bot.community.store.records_file import RECORDS_VERSION

    began = time.monotonic()
    formats = {
        ADDITIONS_FILE: ADDITIONS_VERSION,
        COMMUNITY_FILE: RECORDS_VERSION,
        CATALOG_FILE: SCHEMA_VERSION,
    }
    settings = environment.settled(INDEX)
    if (address := shared_address(settings.index)) is not None:
        made, rows = _taken_in(environment.folder / file, settings.home, address, formats)
        if as_json:
            write(dumps(_payload(made, file, began) | {"rows": rows}))
        else:
            write(f"put {rows:,} rows of the backup of {made.created} into {address.shown!r}")
            say("Documents are indexed by the next `quoth sync`; tokens of programs are not in it.")
        return
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


def _taken_in(
    file: Path, home: Path, address: PostgresAddress, formats: Mapping[str, int]
) -> tuple[BackedUp, int]:
    """Put what people made, out of a backup, into a database that has nothing of it yet.

    The index is made from it and from the documents folder. What was copied stays where something
    fails after it; then the database is to be made anew.
    """
    from bot.community.store.records_file import open_records
    from bot.community.store.records_move import take_in_records
    from index.store.added_documents import take_in_additions

    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="restore-", dir=home) as folder:
        unpacked = Path(folder)
        with (
            restored_backup(file, unpacked, replace=False, formats=formats) as made,
            closing(open_records(home, address)) as records,
        ):
            rows = take_in_records(unpacked, records) + take_in_additions(unpacked, address)
            if (originals := unpacked / ORIGINALS_FOLDER).is_dir():
                shutil.copytree(originals, home / ORIGINALS_FOLDER, dirs_exist_ok=True)
    return made, rows


def _payload(made: BackedUp, file: Path, began: float) -> dict[str, object]:
    seconds = round(time.monotonic() - began, 3)
    return {
        "file": str(file), "created": made.created, "files": made.files, "seconds": seconds,
    }  # fmt: skip
