"""Vectors on a real Chroma server: whose they are, and what holds while it is away."""

from __future__ import annotations

import json
import logging
import shutil
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from index.config import ChromaAccount
from index.embed.inputs import embedding_input
from index.errors import StoreError
from index.protocols import EmbeddingInput, PassageVectors
from index.search.searcher import Findings, Searcher
from index.store.catalog import Catalog
from index.store.chroma_vectors import ChromaVectors
from index.store.fresh_vectors import FreshVectors
from tests.doubles.chroma_server import ChromaServer
from tests.doubles.fakes import HashingEmbedder
from tests.doubles.homes import Home, put, synchroniser
from tests.doubles.recording_server import recording_server
from tests.doubles.traces import marked_word, traces
from tests.index.store.test_chroma_vectors import row

AT_ONCE = 0.0
"""Seconds for which a server that failed is not asked: none, so that a test need not wait."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    made = ChromaServer(tmp_path_factory.mktemp("server"))
    made.start()
    yield made
    made.kill()


@pytest.fixture
def home(server: ChromaServer, tmp_path: Path) -> Iterator[Home]:
    """An index of two files, with its vectors on the server."""
    put(tmp_path / "docs" / "owl.md", "# Owl\n\nAn owl sleeps by day.")
    put(tmp_path / "docs" / "river.md", "# River\n\nThe river has a bend.")
    with closing(Catalog(tmp_path / "home")) as catalog:
        vectors = FreshVectors(catalog, tmp_path / "home", url=server.url, rest=AT_ONCE, texts=True)
        embedder = HashingEmbedder()
        writer = synchroniser(catalog, vectors, embedder)
        made = Home(tmp_path / "home", tmp_path / "docs", catalog, vectors, embedder, writer)
        assert made.sync()["added"] == 2
        yield made
        vectors.close()


def find(home: Home, question: str) -> Findings:
    searcher = Searcher(
        catalog=home.catalog,
        vectors=home.vectors,
        embedder=home.embedder,
        passage_input=embedding_input,
    )
    return searcher.find(question, collections=["documents"])


def best(home: Home, question: str) -> tuple[str, bool]:
    """Return what is found first, and whether meaning had no say."""
    found = find(home, question)
    return found.ranked[0].source.uri, found.words_only


def assert_in_step(home: Home, passages: int) -> None:
    assert home.vectors.ids("documents") == home.catalog.embedded_ids("documents")
    assert home.vectors.count("documents") == passages


def test_questions_are_answered_while_a_server_is_away_and_it_is_brought_in_step_later(
    home: Home, server: ChromaServer
) -> None:
    server.kill()
    try:
        # The vectors in the catalog are compared instead.
        assert best(home, "Where does the river bend?") == ("river.md", False)
        put(home.documents / "heron.md", "# Heron\n\nA heron stands in the reeds.")
        told = f"127.0.0.1:{server.port}.* failed: Connection refused. Check QUOTH_CHROMA_URL"
        with pytest.raises(StoreError, match=told):
            home.sync()
    finally:
        server.start()
    home.sync()
    assert_in_step(home, 3)
    assert best(home, "Where does a heron stand?") == ("heron.md", False)


def test_a_server_that_is_killed_while_it_is_written_to_is_brought_in_step_later(
    home: Home, server: ChromaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed = home.embedder.embed_passages

    def killing(passages: Sequence[EmbeddingInput]) -> list[PassageVectors]:
        server.kill()
        return embed(passages)

    put(home.documents / "heron.md", "# Heron\n\nA heron stands in the reeds.")
    monkeypatch.setattr(home.embedder, "embed_passages", killing)
    with pytest.raises(StoreError):
        home.sync()
    assert best(home, "Where does a heron stand?")[0] == "heron.md"  # by its words
    monkeypatch.undo()
    server.start()
    home.sync()
    assert_in_step(home, 3)


def test_a_server_that_begins_anew_gets_all_vectors_and_nothing_that_was_removed(
    home: Home, server: ChromaServer
) -> None:
    word = marked_word(7)
    put(home.documents / "leak.md", f"# Leak\n\nThe {word} is secret.")
    home.sync()
    assert traces(server.folder)
    (home.documents / "leak.md").unlink()
    home.sync()
    assert_in_step(home, 2)
    server.kill()
    shutil.rmtree(server.folder)
    server.start()
    embedded = len(home.embedder.passages)
    assert best(home, "Where does the river bend?")[0] == "river.md"
    home.sync()
    assert_in_step(home, 2)
    assert len(home.embedder.passages) == embedded
    assert not traces(server.folder)


def test_a_server_that_does_not_answer_keeps_nobody_waiting(
    home: Home, server: ChromaServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "index.search.candidate_passages")
    waiting = FreshVectors(home.catalog, home.path, url=server.url)
    home.vectors.close()
    home.vectors = waiting
    assert best(home, "Where does the river bend?") == ("river.md", False)
    server.freeze()
    try:
        for _ in range(5):
            assert best(home, "Where does the river bend?") == ("river.md", False)
    finally:
        server.thaw()
    # One waited; the others were told at once that it failed.
    said = [record.message for record in caplog.records if "without Chroma" in record.message]
    assert ["failed a moment ago" in line for line in said] == [False, True, True, True, True]


def create_database(server: ChromaServer, name: str) -> None:
    request = urllib.request.Request(
        f"{server.url}/api/v2/tenants/default_tenant/databases",
        data=json.dumps({"name": name}).encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request).close()


def test_a_database_of_its_own_is_seen_by_nobody_else(server: ChromaServer, tmp_path: Path) -> None:
    create_database(server, "team")
    account = ChromaAccount(database="team")
    with (
        closing(ChromaVectors(tmp_path, url=server.url, account=account)) as team,
        closing(ChromaVectors(tmp_path, url=server.url)) as others,
    ):
        team.upsert("secret", [row("x", 1, 0)])
        assert team.ids("secret") == {"x"}
        assert not others.exists("secret")
    missing = ChromaAccount(database="nobody")
    with (
        closing(ChromaVectors(tmp_path, url=server.url, account=missing)) as vectors,
        pytest.raises(StoreError, match="has no database 'nobody' of a tenant 'default_tenant'"),
    ):
        vectors.count("secret")


@pytest.mark.parametrize("token", [None, "chroma-token-1"])
def test_the_token_goes_with_every_request_and_into_no_message(
    tmp_path: Path, token: str | None
) -> None:
    account = ChromaAccount(token=SecretStr(token) if token else None)
    with recording_server() as recorded:
        vectors = ChromaVectors(tmp_path, url=recorded.url, account=account)
        with pytest.raises(StoreError) as caught:
            vectors.count("documents")
    assert recorded.received
    for request in recorded.received:
        assert (f"Authorization: Bearer {token}".lower() in request.lower()) == bool(token)
        assert (f"X-Chroma-Token: {token}".lower() in request.lower()) == bool(token)
    assert "chroma-token" not in str(caught.value)
