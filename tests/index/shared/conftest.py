"""What homes share: a real PostgreSQL database, and a real Chroma server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.doubles.chroma_server import ChromaServer


@pytest.fixture(scope="package")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    """A Chroma server; who kills it starts it again."""
    made = ChromaServer(tmp_path_factory.mktemp("chroma"))
    made.start()
    yield made
    made.kill()
