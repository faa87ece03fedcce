"""What the bot remembers, in a file and in a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest

from bot.community.store.records_file import Records, open_records
from tests.doubles.postgres_server import PostgresServer

OpenAgain: TypeAlias = Callable[[], Records]
"""Opens the same records as another process does."""


def open_shared_records(url: str) -> Records:
    """Open what several bots remember together in a database; raises StoreError."""
    from bot.community.store.postgres_tables import POSTGRES_MIGRATIONS
    from index.store.postgres import PostgresSchema

    return Records(PostgresSchema(url, "community", POSTGRES_MIGRATIONS), is_shared=True)


@pytest.fixture(params=["file", "database"])
def open_again(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenAgain]:
    open_them = partial(open_records, tmp_path)
    if request.param == "database":
        open_them = partial(open_shared_records, request.getfixturevalue("database_url"))
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
    server: PostgresServer = request.getfixturevalue("postgres")
    folder = server.files_of(request.getfixturevalue("database_url"))

    def settled() -> Path:
        server.settle()
        return folder

    return settled
