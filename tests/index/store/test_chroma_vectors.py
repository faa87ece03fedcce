"""Vectors in a real Chroma: what is written is found, whatever surrounds it."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import ConfigurationError, StoreError
from index.protocols import VectorRow, Vectors
from index.store.chroma_vectors import ChromaVectors, chroma_name

HOSTILE = """
ENVIRONMENT=production
PERSIST_DIRECTORY=/nowhere
IS_PERSISTENT=false
CHROMA_API_IMPL=chromadb.api.fastapi.FastAPI
CHROMA_SERVER_NOFILE=not-a-number
MIGRATIONS=none
ALLOW_RESET=not-a-truth-value
ANONYMIZED_TELEMETRY=true
"""


@pytest.fixture
def vectors(tmp_path: Path) -> Iterator[ChromaVectors]:
    store = ChromaVectors(tmp_path, texts=True)
    yield store
    store.close()


def unit(*values: float) -> Vectors:
    vector = np.array(values, dtype=np.float32)
    return vector / np.float32(np.linalg.norm(vector))


def row(id: str, *values: float) -> VectorRow:
    return VectorRow(id, unit(*values), f"text of {id}", {"uri": "a.txt", "start": 3})


def random_rows(count: int, dimension: int = 16) -> list[VectorRow]:
    made = np.random.default_rng(0).standard_normal((count, dimension)).astype(np.float32)
    return [row(str(number), *values) for number, values in enumerate(made)]


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_the_nearest_come_first_with_their_cosine(vectors: ChromaVectors) -> None:
    vectors.upsert("documents", [row("x", 1, 0, 0), row("y", 0, 1, 0), row("xy", 1, 1, 0)])
    found = vectors.query("documents", unit(1, 0, 0), 2)
    assert [id for id, _ in found] == ["x", "xy"]
    assert [cosine for _, cosine in found] == pytest.approx([1.0, 0.7071], abs=1e-4)


def test_a_known_id_is_replaced_and_a_deleted_one_is_gone(vectors: ChromaVectors) -> None:
    vectors.upsert("documents", [row("a", 1, 0), row("b", 0, 1)])
    vectors.upsert("documents", [row("a", -1, 0.1)])
    vectors.delete("documents", ["b", "never was"])
    assert vectors.ids("documents") == {"a"}
    assert vectors.count("documents") == 1
    assert vectors.vectors("documents", ["a", "b", "a"])["a"] == pytest.approx(unit(-1, 0.1))


@pytest.mark.parametrize("operation", ["query", "ids", "count", "delete", "vectors", "drop"])
def test_a_missing_collection_is_empty(vectors: ChromaVectors, operation: str) -> None:
    results: dict[str, Callable[[], object]] = {
        "query": lambda: vectors.query("missing", unit(1, 0), 5),
        "ids": lambda: vectors.ids("missing"),
        "count": lambda: vectors.count("missing"),
        "delete": lambda: vectors.delete("missing", ["a"]),
        "vectors": lambda: vectors.vectors("missing", ["a"]),
        "drop": lambda: vectors.drop("missing"),
    }
    assert not results[operation]()


def test_nothing_in_nothing_out(vectors: ChromaVectors) -> None:
    vectors.upsert("documents", [])
    vectors.upsert("documents", [row("a", 1, 0)])
    vectors.delete("documents", [])
    assert vectors.vectors("documents", []) == {}
    assert vectors.query("documents", unit(1, 0), 0) == []
    ((id, cosine),) = vectors.query("documents", unit(1, 0), 50)
    assert id == "a"
    assert cosine == pytest.approx(1.0)


def test_more_rows_than_chroma_takes_at_once(vectors: ChromaVectors) -> None:
    rows = random_rows(6000, dimension=8)
    vectors.upsert("documents", rows)
    assert vectors.count("documents") == 6000
    assert vectors.ids("documents") == {each.id for each in rows}
    vectors.delete("documents", [each.id for each in rows[1:]])
    assert vectors.ids("documents") == {"0"}


def test_a_dropped_collection_leaves_the_others(vectors: ChromaVectors) -> None:
    vectors.upsert("one", [row("a", 1, 0)])
    vectors.upsert("two", [row("b", 1, 0)])
    vectors.drop("one")
    assert (vectors.count("one"), vectors.count("two")) == (0, 1)
    vectors.upsert("one", [row("c", 1, 0, 0)])
    assert vectors.ids("one") == {"c"}


def test_the_catalog_says_which_collection_serves(tmp_path: Path) -> None:
    serving = {"documents": chroma_name("documents", 1)}
    vectors = ChromaVectors(tmp_path, current=serving.get)
    vectors.upsert("documents", [row("old", 1, 0)])
    vectors.upsert(chroma_name("documents", 2), [row("new", 1, 0)])
    assert vectors.ids("documents") == {"old"}
    serving["documents"] = chroma_name("documents", 2)
    assert vectors.ids("documents") == {"new"}
    vectors.close()


@settings(max_examples=200, deadline=None)
@given(st.text(), st.text())
def test_any_collection_name_has_a_valid_name_of_its_own(one: str, two: str) -> None:
    name = chroma_name(one)
    assert re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]", name)
    assert (name == chroma_name(two)) == (one == two)
    assert name != chroma_name(one, 1)


@pytest.mark.parametrize("name", ["Doküman №1", "a", "discord:1/2", "x" * 500, "q-x-"])
def test_strange_collection_names_work(vectors: ChromaVectors, name: str) -> None:
    vectors.upsert(name, [row("a", 1, 0)])
    assert vectors.ids(name) == {"a"}


def test_chroma_holds_texts_and_metadata_for_others(vectors: ChromaVectors, tmp_path: Path) -> None:
    import chromadb

    vectors.upsert("documents", [row("a", 1, 0)])
    vectors.close()
    client = chromadb.PersistentClient(str(tmp_path / "chroma"))
    found = client.get_collection(chroma_name("documents"), embedding_function=None).get()
    client.close()
    assert (found["ids"], found["documents"]) == (["a"], ["text of a"])
    assert found["metadatas"] == [{"uri": "a.txt", "start": 3}]


def test_without_others_chroma_holds_vectors_alone(tmp_path: Path) -> None:
    with closing(ChromaVectors(tmp_path)) as vectors:
        vectors.upsert("documents", [row("a", 1, 0), row("b", 0, 1)])
        vectors.describe("documents", {"a": {"uri": "b.txt", "start": 4}})
        assert vectors.descriptions("documents", ["a", "c"]) == {"a": {}}
        assert [id for id, _ in vectors.query("documents", unit(1, 0), 1)] == ["a"]
    assert b"text of a" not in (vectors.path / "chroma.sqlite3").read_bytes()
    assert b"a.txt" not in (vectors.path / "chroma.sqlite3").read_bytes()


def test_others_find_texts_by_their_words_though_no_index_of_them_is_kept(
    vectors: ChromaVectors,
) -> None:
    vectors.upsert("documents", [row("a", 1, 0), row("b", 0, 1), row("c", 1, 1)])
    vectors.delete("documents", ["b"])
    vectors.upsert("documents", [replace(row("c", 1, 1), text="another text")])
    vectors.close()
    with closing(sqlite3.connect(vectors.path / "chroma.sqlite3")) as file:
        names = {name for (name,) in file.execute("SELECT name FROM sqlite_master")}
    assert not any("fulltext_search_" in name for name in names)
    import chromadb

    client = chromadb.PersistentClient(str(vectors.path))
    others = client.get_collection(chroma_name("documents"), embedding_function=None)
    wanted = {"text of": ["a"], "another": ["c"], "of b": []}
    for words, ids in wanted.items():
        assert others.get(where_document={"$contains": words})["ids"] == ids
    others.add(ids=["d"], embeddings=[[1.0, 0.0]], documents=["text of theirs"])
    assert others.get(where_document={"$contains": "theirs"})["ids"] == ["d"]
    client.close()


def test_another_client_of_the_same_folder_may_be_open(tmp_path: Path) -> None:
    import chromadb

    other = chromadb.PersistentClient(str(tmp_path / "chroma"))
    vectors = ChromaVectors(tmp_path)
    vectors.upsert("documents", [row("a", 1, 0)])
    vectors.close()
    assert other.heartbeat() > 0
    other.close()


def test_what_another_process_wrote_is_found_after_following(tmp_path: Path) -> None:
    reader = ChromaVectors(tmp_path)
    reader.upsert("documents", [row("0", *[1.0] * 16)])
    reader.follow(1)
    assert len(reader.query("documents", unit(*[1.0] * 16), 100)) == 1
    code = f"""
import numpy as np
from pathlib import Path
from index.protocols import VectorRow
from index.store.chroma_vectors import ChromaVectors
vectors = np.random.default_rng(0).standard_normal((50, 16)).astype(np.float32)
store = ChromaVectors(Path({str(tmp_path)!r}))
rows = [VectorRow(str(at), vector, "text", {{"start": 3}}) for at, vector in enumerate(vectors)]
store.upsert("documents", rows)
store.close()
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    reader.follow(2)
    assert len(reader.query("documents", unit(*[1.0] * 16), 100)) == 50
    reader.close()


def test_own_writes_need_no_reopening(vectors: ChromaVectors) -> None:
    vectors.follow(1)
    vectors.upsert("documents", [row("a", 1, 0)])
    vectors.wrote(2)
    opened = vectors._opened
    vectors.follow(2)
    assert vectors._opened is opened
    vectors.follow(3)
    assert vectors._opened is None


# A reopening that leaks keeps about twelve; another thread of the process may open some meanwhile.
@pytest.mark.parametrize("reopenings", [10, pytest.param(200, marks=pytest.mark.long)])
def test_reopenings_leak_no_descriptor(vectors: ChromaVectors, reopenings: int) -> None:
    vectors.upsert("documents", random_rows(200))
    vectors.settle()  # else a process is started at each opening that looks at the files first
    vectors.reopen()
    vectors.count("documents")
    before = descriptors()
    for _ in range(reopenings):
        vectors.reopen()
        assert len(vectors.query("documents", unit(*[1.0] * 16), 3)) == 3
    assert descriptors() - before < reopenings


def test_a_running_query_survives_a_reopening(vectors: ChromaVectors) -> None:
    vectors.upsert("documents", random_rows(300))
    problems: list[BaseException] = []

    def ask() -> None:
        try:
            for _ in range(40):
                assert len(vectors.query("documents", unit(*[1.0] * 16), 5)) == 5
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        vectors.reopen()
    for thread in threads:
        thread.join()
    assert problems == []


@pytest.mark.parametrize("place", ["file", "environment"])
def test_neither_env_file_nor_environment_sets_chroma_up(tmp_path: Path, place: str) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CHROMA")}
    environment["PYTHONPATH"] = str(Path(__file__).parents[3])
    if place == "file":
        (tmp_path / ".env").write_text(HOSTILE)
    else:
        environment |= dict(line.split("=", 1) for line in HOSTILE.strip().splitlines())
    code = """
        import numpy as np
        from pathlib import Path
        from index.protocols import VectorRow
        from index.store.chroma_vectors import ChromaVectors
        store = ChromaVectors(Path("home"))
        vector = np.array([1, 0], dtype=np.float32)
        store.upsert("documents", [VectorRow("a", vector, "text", {"start": 3})])
        store.close()
        print(store.query("documents", vector, 1)[0][0])
        store.close()
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("a\n", "", 0)
    assert (tmp_path / "home" / "chroma" / "chroma.sqlite3").exists()
    assert sorted(each.name for each in tmp_path.iterdir() if each.name != ".env") == ["home"]


def test_settings_of_other_libraries_still_read_the_environment(
    vectors: ChromaVectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pydantic_settings import BaseSettings

    class Theirs(BaseSettings):
        colour: str = "red"

    vectors.count("documents")
    monkeypatch.setenv("COLOUR", "blue")
    assert Theirs().colour == "blue"


def test_a_damaged_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "chroma").mkdir()
    (tmp_path / "chroma" / "chroma.sqlite3").write_bytes(b"not a database " * 1000)
    vectors = ChromaVectors(tmp_path)
    with pytest.raises(
        StoreError, match=r"is damaged .* is built again from the catalog by the next `quoth sync`"
    ):
        vectors.count("documents")
    vectors.close()


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://example.org", "http://"])
def test_a_strange_server_address_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="http://HOST:PORT"):
        ChromaVectors(tmp_path, url=url).count("documents")


def test_a_server_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="QUOTH_CHROMA_URL"):
        ChromaVectors(tmp_path, url="http://127.0.0.1:9").count("documents")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Run a real Chroma server on this machine's loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program, data = Path(sys.executable).parent / "chroma", tmp_path / "server"
    command = [str(program), "run", "--path", str(data)]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    running = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait()


def test_a_server_serves_as_the_embedded_store_does(server: str, tmp_path: Path) -> None:
    vectors = ChromaVectors(tmp_path / "home", url=server)
    vectors.upsert("documents", [row("x", 1, 0), row("y", 0, 1)])
    vectors.follow(1)
    vectors.follow(2)
    ((id, cosine),) = vectors.query("documents", unit(1, 0), 1)
    assert id == "x"
    assert cosine == pytest.approx(1.0)
    vectors.delete("documents", ["x"])
    assert vectors.ids("documents") == {"y"}
    assert vectors.count("missing") == 0
    vectors.close()
    assert not (tmp_path / "home").exists()


def test_a_collection_that_was_asked_before_may_be_made_anew(vectors: ChromaVectors) -> None:
    for id in ("a", "b"):
        vectors.upsert("docs", [row(id, 1.0, 0.0)])
        assert [found for found, _ in vectors.query("docs", unit(1.0, 0.0), 3)] == [id]
        vectors.drop("docs")
    assert vectors.query("docs", unit(1.0, 0.0), 3) == []


def test_another_process_may_make_a_collection_of_a_server_anew(
    server: str, tmp_path: Path
) -> None:
    one, other = (ChromaVectors(tmp_path / name, url=server) for name in ("one", "other"))
    try:
        for id in ("a", "b"):
            other.upsert("anew", [row(id, 1.0, 0.0)])
            assert [found for found, _ in one.query("anew", unit(1.0, 0.0), 3)] == [id]
            other.drop("anew")
        assert one.query("anew", unit(1.0, 0.0), 3) == []
    finally:
        one.close()
        other.close()


def test_a_vector_of_another_length_is_a_sentence(vectors: ChromaVectors) -> None:
    vectors.upsert("documents", [row("a", 1, 0)])
    with pytest.raises(StoreError, match="dimension"):
        vectors.upsert("documents", [row("b", 1, 0, 0)])
