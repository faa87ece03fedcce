"""Where what people made stands in a test: in the files of a home, or in a database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from index.store.postgres_address import PostgresAddress
from tests.doubles.postgres_server import PostgresServer


@dataclass(frozen=True)
class RecordPlace:
    """A home, and the database that it uses instead of its files, if any."""

    home: Path
    address: PostgresAddress | None
    files: Callable[[], Path]
    """Has everything written down, and returns the folder in which it lies; of a server that of
    the database, without the log that the server keeps for itself."""


def in_database(home: Path, server: PostgresServer, url: str) -> RecordPlace:
    """Return a place in a database of a server that runs on this machine."""
    address = PostgresAddress.of(url)
    query = f"SELECT oid FROM pg_database WHERE datname = '{address.database}'"
    ((oid,),) = server.run(query)

    def files() -> Path:
        server.run("CHECKPOINT")  # as the server does by itself within minutes
        return server.folder / "data" / "base" / str(oid)

    return RecordPlace(home, address, files)
