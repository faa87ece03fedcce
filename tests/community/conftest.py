"""What the bot remembers, in a file and in a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import TypeAlias

import pytest

from bot.community.store.records_file import Records, open_records
from tests.doubles.record_place import RecordPlace

OpenAgain: TypeAlias = Callable[[], Records]
"""Opens the same records as another process does."""


@pytest.fixture
def open_again(place: RecordPlace) -> Iterator[OpenAgain]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(open_records(place.home, place.address)))


@pytest.fixture
def records(open_again: OpenAgain) -> Records:
    return open_again()
