from __future__ import annotations

import hashlib
import http.server
import importlib.util
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from llama_index.core.base.embeddings.base import BaseEmbedding

from index.embed.minilm import MiniLM
from index.embed.providers import (
    PROVIDERS,
    LlamaEmbedder,
    embedding_error,
    open_embedder,
)
from index.errors import ConfigurationError, EmbeddingError, EmbeddingUnavailable
from index.protocols import Embedder, EmbeddingInput

KEY = "sk-secret-of-the-test"


def numbers(text: str, dimension: int = 4) -> list[float]:
    """Return a vector that depends on the text alone, far from unit length."""
    return [float(byte + 1) for byte in hashlib.sha256(text.encode()).digest()[:dimension]]


class Recorded(BaseEmbedding):  # type: ignore[misc]  # LlamaIndex is not checked
    """An embedding that tells queries from documents and notes what it was asked."""

    asked: list[tuple[str, list[str]]] = []  # noqa: RUF012 (a pydantic field)
    error: Any = None
    dimension: int = 4

    def _answer(self, kind: str, texts: list[str]) -> list[list[float]]:
        self.asked.append((kind, texts))
        if self.error is not None:
            raise self.error
        return [numbers(f"{kind}:{text}", self.dimension) for text in texts]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._answer("query", [query])[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        raise AssertionError("the index is synchronous, and asks no model for anything else")

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._answer("text", [text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._answer("text", list(texts))


@pytest.fixture
def recorded() -> Recorded:
    return Recorded(model_name="recorded", embed_batch_size=2)


def unit(values: list[float]) -> list[float]:
    return [float(value) for value in np.array(values) / np.linalg.norm(values)]


def test_questions_and_documents_go_to_their_own_methods(recorded: Recorded) -> None:
    embedder: Embedder = LlamaEmbedder(recorded, model="test/recorded")
    [question] = embedder.embed(["When?"])
    found = embedder.embed_passages(
        [EmbeddingInput("Peace", "One."), EmbeddingInput("", "Two."), EmbeddingInput("", " ")]
    )
    assert recorded.asked == [
        ("query", ["When?"]),
        ("text", ["Peace. One.", "Two."]),
        ("text", ["."]),
    ]
    assert question.tolist() == pytest.approx(unit(numbers("query:When?")))
    assert found[1].passage.tolist() == pytest.approx(unit(numbers("text:Two.")))
    assert [vectors.sentences for vectors in found] == [None, None, None]


def test_the_dimension_is_found_by_one_word_and_remembered(recorded: Recorded) -> None:
    embedder = LlamaEmbedder(recorded, model="test/recorded")
    assert recorded.asked == []
    assert (embedder.dimension, embedder.dimension, embedder.model) == (4, 4, "test/recorded")
    assert recorded.asked == [("query", ["dimension"])]


def test_nothing_is_sent_for_nothing(recorded: Recorded) -> None:
    embedder = LlamaEmbedder(recorded, model="test/recorded")
    assert embedder.embed([]).shape[0] == 0
    assert embedder.embed_passages([]) == []
    assert recorded.asked == []


def test_a_model_that_changes_its_dimension_is_refused(recorded: Recorded) -> None:
    embedder = LlamaEmbedder(recorded, model="test/recorded")
    embedder.embed(["a"])
    recorded.dimension = 3
    with pytest.raises(EmbeddingError, match=r"'test/recorded' gave 1 vectors of length \[3\]"):
        embedder.embed(["b"])


class StatusError(Exception):
    def __init__(self, status_code: int) -> None:
        super().__init__(f"status {status_code} with key {KEY}.\nmore")
        self.status_code = status_code


class TransportError(Exception):
    """Named as httpx names it."""


class ReadTimeoutError(TransportError):
    """A kind of it."""


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        (StatusError(401), False),
        (StatusError(404), False),
        (StatusError(429), True),
        (StatusError(503), True),
        (TimeoutError(), True),
        (ConnectionRefusedError("refused"), True),
        (ReadTimeoutError("slow"), True),
        (caused(RuntimeError("wrapped"), TimeoutError()), True),
        (ValueError("bad input"), False),
    ],
    ids=lambda value: repr(value) if isinstance(value, Exception) else "",
)
def test_a_failure_says_whether_it_may_pass(
    recorded: Recorded, error: Exception, retryable: bool
) -> None:
    recorded.error = error
    embedder = LlamaEmbedder(recorded, model="test/recorded", secret=KEY)
    for ask in (
        lambda: embedder.embed(["x"]),
        lambda: embedder.embed_passages([EmbeddingInput("", "x")]),
    ):
        with pytest.raises(EmbeddingError, match="'test/recorded' failed: ") as raised:
            ask()
        assert raised.value.retryable is retryable
        assert KEY not in str(raised.value)
        assert "\n" not in str(raised.value)


def test_the_sentence_of_a_failure() -> None:
    translated = embedding_error("openai/small", StatusError(429), secret=KEY)
    assert isinstance(translated, EmbeddingUnavailable)
    assert str(translated) == (
        "The embedding model 'openai/small' failed: StatusError: status 429 with key ***."
    )


def test_minilm_is_opened_by_its_name(tmp_path: Path) -> None:
    assert isinstance(open_embedder("minilm", tmp_path, threads=1), MiniLM)


@pytest.mark.parametrize("spec", ["", "openai", "openai/", "nobody/model", "MiniLM"])
def test_an_unknown_provider_lists_the_known_ones(tmp_path: Path, spec: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        open_embedder(spec, tmp_path, environment={})
    assert str(raised.value).startswith(f"QUOTH_EMBEDDINGS is {spec!r}. Set it to 'minilm'")
    assert "openai, ollama, google" in str(raised.value)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_missing_package_is_named_with_its_install_command(tmp_path: Path, name: str) -> None:
    if importlib.util.find_spec("llama_index.embeddings") and importlib.util.find_spec(
        f"llama_index.embeddings.{PROVIDERS[name].module}"
    ):
        pytest.skip("it is installed here")
    with pytest.raises(ConfigurationError) as raised:
        open_embedder(f"{name}/model", tmp_path, environment={})
    assert f'pip install "quoth[{name}]"' in str(raised.value)
    assert f"llama_index.embeddings.{PROVIDERS[name].module}" in str(raised.value) or (
        "llama_index.embeddings" in str(raised.value)
    )


class Server(http.server.BaseHTTPRequestHandler):
    """Speaks the /embeddings call of OpenAI's API."""

    asked: ClassVar[list[dict[str, Any]]] = []
    status: ClassVar[int] = 200

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(
            {"path": self.path, "model": body["model"], "input": body["input"]}
            | {"key": self.headers["Authorization"]}
        )
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        rows = [
            {"object": "embedding", "index": at, "embedding": numbers(text)}
            for at, text in enumerate(texts)
        ]
        answer = {"object": "list", "data": rows, "model": "m", "usage": {}}
        refusal = {"error": {"message": f"Incorrect API key provided: {KEY}", "code": None}}
        content = json.dumps(answer if self.status == 200 else refusal).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    pytest.importorskip("llama_index.embeddings.openai")
    Server.asked.clear()
    monkeypatch.setattr(Server, "status", 200)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}/v1"
        listening.shutdown()
        thread.join()


def test_a_compatible_server_embeds_by_its_own_model_name(tmp_path: Path, server: str) -> None:
    environment = {"OPENAI_API_KEY": KEY, "OPENAI_API_BASE": server}
    embedder = open_embedder("openai/nomic-embed", tmp_path, environment=environment)
    [vector] = embedder.embed(["Where?"])
    [passage] = embedder.embed_passages([EmbeddingInput("Title", "Text.")])
    assert vector.tolist() == pytest.approx(unit(numbers("Where?")))
    assert passage.passage.tolist() == pytest.approx(unit(numbers("Title. Text.")))
    assert Server.asked == [
        {"path": "/v1/embeddings", "model": "nomic-embed", "input": sent} | {"key": f"Bearer {KEY}"}
        for sent in (["Where?"], ["Title. Text."])
    ]


def test_a_refused_key_is_not_repeated_and_not_retried(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Server, "status", 401)
    environment = {"OPENAI_API_KEY": KEY, "OPENAI_API_BASE": server}
    embedder = open_embedder("openai/nomic-embed", tmp_path, environment=environment)
    with pytest.raises(EmbeddingError) as raised:
        embedder.embed(["Where?"])
    assert not raised.value.retryable
    assert KEY not in str(raised.value)
    assert len(Server.asked) == 1


def test_a_server_that_is_gone_may_come_back(tmp_path: Path, server: str) -> None:
    environment = {"OPENAI_API_KEY": KEY, "OPENAI_API_BASE": "http://127.0.0.1:9/v1"}
    embedder = open_embedder("openai/nomic-embed", tmp_path, environment=environment)
    with pytest.raises(EmbeddingUnavailable):
        embedder.embed(["Where?"])
