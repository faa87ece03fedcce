"""Embedding models of others, through LlamaIndex: `provider/model` in QUOTH_EMBEDDINGS."""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.embed.minilm import MODEL, open_minilm
from index.embed.word_pieces import closed
from index.errors import ConfigurationError, EmbeddingError, EmbeddingUnavailable
from index.protocols import Embedder, EmbeddingInput, PassageVectors, Vectors

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding

MULTILINGUAL = "multilingual"


@dataclass(frozen=True)
class Provider:
    """How one LlamaIndex integration is found and opened."""

    module: str
    """Below `llama_index.embeddings`."""
    embedding: str
    """Name of the class."""
    key_variables: tuple[str, ...] = ()
    """Variables in which the provider's own library looks for the key."""
    key: str = "api_key"
    """The argument that takes it."""
    url_variables: tuple[str, ...] = ()
    """Variables in which the provider's own library looks for the address of the server."""
    url: str = ""
    """The argument that takes it."""
    options: Mapping[str, object] = field(default_factory=dict)
    """Arguments that every model gets."""
    local: bool = False
    """Whether it computes in this process, where calls at once only disturb each other."""


# Retries are few because a person waits; the index asks again at the next synchronisation.
_PATIENCE = {"max_retries": 2, "timeout": 30.0}

PROVIDERS: dict[str, Provider] = {
    "openai": Provider(
        "openai",
        "OpenAIEmbedding",
        ("OPENAI_API_KEY",),
        url_variables=("OPENAI_API_BASE", "OPENAI_BASE_URL"),
        url="api_base",
        options=_PATIENCE,
    ),
    "ollama": Provider("ollama", "OllamaEmbedding", url_variables=("OLLAMA_HOST",), url="base_url"),
    "google": Provider(
        "google_genai",
        "GoogleGenAIEmbedding",
        ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
        options={"retries": 2, "timeout": 30},
    ),
    "cohere": Provider(
        "cohere", "CohereEmbedding", ("COHERE_API_KEY", "CO_API_KEY"), options=_PATIENCE
    ),
    "voyage": Provider("voyageai", "VoyageEmbedding", ("VOYAGE_API_KEY",), key="voyage_api_key"),
    "mistral": Provider("mistralai", "MistralAIEmbedding", ("MISTRAL_API_KEY",)),
    "huggingface": Provider("huggingface", "HuggingFaceEmbedding", local=True),
    "fastembed": Provider("fastembed", "FastEmbedEmbedding", local=True),
}
"""By name, which is also that of the extra of this project that installs it."""

PASSING_STATUS = frozenset({408, 409, 425, 429})
PASSING_ERRORS = frozenset(
    {
        "APIConnectionError",  # openai, mistral
        "ConnectionError",  # Python, requests, ollama
        "RateLimitError",  # openai, voyage
        "ServiceUnavailableError",  # voyage
        "Timeout",  # requests, voyage
        "TimeoutError",  # Python
        "TransportError",  # httpx: connections and time-outs
    }
)
"""Names of error classes that pass; their libraries are not imported to ask."""


class LlamaEmbedder:
    """Embeds with a LlamaIndex `BaseEmbedding`; see `index.protocols.Embedder`."""

    def __init__(
        self, embedding: BaseEmbedding, *, model: str, one_at_a_time: bool = False, secret: str = ""
    ) -> None:
        self.model = model
        self._embedding = embedding
        self._guard = threading.Lock() if one_at_a_time else nullcontext()
        self._secret = secret
        self._dimension: int | None = None

    @property
    def dimension(self) -> int:
        """The length of a vector; the first time it is asked for, one word is embedded."""
        if self._dimension is None:
            self.embed(["dimension"])
        assert self._dimension is not None
        return self._dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed questions; raises EmbeddingError, whose class says whether it may pass."""
        ask = self._embedding.get_query_embedding
        return self._vectors(lambda: [ask(_asked(text)) for text in texts], len(texts))

    def embed_passages(self, passages: Sequence[EmbeddingInput]) -> list[PassageVectors]:
        """Embed passages with their context in front; sentences have no vectors of their own."""
        texts = [_asked(f"{closed(passage.context)} {passage.text}") for passage in passages]
        ask = self._embedding.get_text_embedding_batch
        vectors = self._vectors(lambda: ask(texts), len(texts))
        return [PassageVectors(vector, None) for vector in vectors]

    def _vectors(self, ask: Callable[[], list[list[float]]], count: int) -> Vectors:
        """Return what `ask` gives as `count` rows of unit length."""
        if not count:
            return np.zeros((0, self._dimension or 0), dtype=np.float32)
        try:
            with self._guard:
                answer = ask()
        except Exception as error:
            # Every library raises its own classes; `embedding_error` tells those that pass.
            raise embedding_error(self.model, error, secret=self._secret) from error
        return self._checked(answer, count)

    def _checked(self, answer: list[list[float]], count: int) -> Vectors:
        """Refuse vectors that cannot be compared with those already given."""
        lengths = {len(vector) for vector in answer}
        wanted = {self._dimension} if self._dimension else lengths
        if len(answer) != count or len(lengths) != 1 or lengths != wanted or 0 in lengths:
            raise EmbeddingError(
                f"The embedding model {self.model!r} gave {len(answer)} vectors of length "
                f"{sorted(lengths)} for {count} texts. Check the model's name and its server."
            )
        vectors = np.array(answer, dtype=np.float32)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(norms).all():
            raise EmbeddingError(f"The embedding model {self.model!r} gave numbers out of range.")
        self._dimension = vectors.shape[1]
        vectors /= np.maximum(norms, 1e-12)
        return vectors


def open_embedder(
    spec: str,
    home: Path,
    *,
    models: Path | None = None,
    environment: Mapping[str, str] | None = None,
    threads: int | None = None,
) -> Embedder:
    """Open `minilm`, `multilingual`, or `provider/model` through LlamaIndex.

    `models` is a folder that homes share. Keys and addresses are looked up in `environment` (by
    default the process's own) under the names that the provider's library uses. Raises
    ConfigurationError for an unknown provider, a missing package or a missing key,
    WeightsUnavailable when a built-in model cannot be had.
    """
    if spec == MODEL:
        return open_minilm(home, models=models, threads=threads)
    if spec == MULTILINGUAL:
        from index.embed.multilingual import open_multilingual

        return open_multilingual(home, models=models, threads=threads)
    name, _, model = spec.partition("/")
    provider = PROVIDERS.get(name)
    if provider is None or not model:
        raise ConfigurationError(
            f"QUOTH_EMBEDDINGS is {spec!r}. Set it to 'minilm', 'multilingual' or PROVIDER/MODEL "
            f"with one of the providers {', '.join(PROVIDERS)}."
        )
    environment = os.environ if environment is None else environment
    arguments = {"model_name": model, **provider.options}
    if secret := _first(environment, provider.key_variables):
        arguments[provider.key] = secret
    if url := _first(environment, provider.url_variables):
        arguments[provider.url] = url
    embedding = _construct(spec, provider, arguments, secret)
    return LlamaEmbedder(embedding, model=spec, one_at_a_time=provider.local, secret=secret)


def _construct(
    spec: str, provider: Provider, arguments: Mapping[str, object], secret: str
) -> BaseEmbedding:
    """Make the LlamaIndex object."""
    try:
        module = importlib.import_module(f"llama_index.embeddings.{provider.module}")
        return getattr(module, provider.embedding)(**arguments)
    except ImportError as error:
        extra = spec.partition("/")[0]
        raise ConfigurationError(
            f"QUOTH_EMBEDDINGS is {spec!r}, for which a package is missing ({error.name or error})"
            f'. Run `pip install "quoth[{extra}]"`, or in a clone `uv sync --extra {extra}`.'
        ) from error
    except Exception as error:
        # A missing key or an unknown model is a ValueError in one library and its own in the next.
        needs_key = provider.key_variables and not secret
        hint = f" It needs {provider.key_variables[0]}." if needs_key else ""
        raise ConfigurationError(
            f"The embedding model {spec!r} could not be opened: {_reason(error, secret)}.{hint}"
        ) from error


def embedding_error(model: str, error: Exception, *, secret: str = "") -> EmbeddingError:
    """Translate an error of a provider's library, without the key it may repeat."""
    kind = EmbeddingUnavailable if any(map(_passes, _chain(error))) else EmbeddingError
    return kind(f"The embedding model {model!r} failed: {_reason(error, secret)}.")


def _passes(error: BaseException) -> bool:
    """Say whether an error may be gone a moment later."""
    for name in ("status_code", "http_status", "code"):
        status = getattr(error, name, None)
        if isinstance(status, int) and (status in PASSING_STATUS or status >= 500):
            return True
    return any(kind.__name__ in PASSING_ERRORS for kind in type(error).__mro__)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what caused it."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__


def _reason(error: BaseException, secret: str) -> str:
    """Return an error's class and first line, without the key and its closing stop."""
    text = str(error).strip()
    line = text.splitlines()[0].rstrip(". ") if text else ""
    line = line.replace(secret, "***") if secret else line
    return f"{type(error).__name__}: {line}" if line else type(error).__name__


def _first(environment: Mapping[str, str], names: Sequence[str]) -> str:
    """Return the first variable that is set."""
    return next((environment[name] for name in names if environment.get(name)), "")


def _asked(text: str) -> str:
    """Return what is sent for `text`; several providers refuse a blank one."""
    return text.strip() or "."
