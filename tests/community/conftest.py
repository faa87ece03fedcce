"""What the bot remembers, in a file and in a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest

from bot.community.store.records_file import Records, open_records, open_shared_records
from index.store.postgres_address import PostgresAddress
from tests.doubles.postgres_server import PostgresServer

OpenAgain: TypeAlias = Callable[[], Records]
"""Opens the same records as another process does."""


@pytest.fixture(params=["file", "database"])
def open_again(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenAgain]:
    open_them = partial(open_records, tmp_path)
    if request.param == "database":
        address = PostgresAddress.of(request.getfixturevalue("database_url"))
        open_them = partial(open_shared_records, address)
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(open_them()))


@pytest.fixture
def records(open_again: OpenAgain) -> Records:
    return open_again()


@pytest.fixture
def kept_in(
    open_again: OpenAgain, request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[], Path]:
    """Return what has everything written down, and returns the folder in which it lies.

    Of a server it is that of the database, without the log that the server keeps for itself.
    """
    if "database" not in request.node.callspec.id:
        return lambda: tmp_path
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = PostgresAddress.of(request.getfixturevalue("database_url")).database
    ((oid,),) = server.run(f"SELECT oid FROM pg_database WHERE datname = '{name}'")

    def settled() -> Path:
        server.run("CHECKPOINT")  # as the server does by itself within minutes
        return server.folder / "data" / "base" / str(oid)

    return settled
