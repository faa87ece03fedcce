"""The models that find and read: opened when they are first used, once for all threads."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from index.config import IndexConfig
from index.errors import WeightsUnavailable
from index.protocols import Embedder, Reader, Selector, TokenEmbedder

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Once(Generic[T]):
    """A part that is built by the first thread that asks for it; the others wait."""

    def __init__(self, build: Callable[[], T]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._built: list[T] = []

    def __call__(self) -> T:
        """Return the part; a failure to build it is raised, and tried again the next time."""
        with self._lock:
            if not self._built:
                self._built.append(self._build())
            return self._built[0]

    @property
    def built(self) -> T | None:
        """The part if it was ever built."""
        return self._built[0] if self._built else None

    def let_go(self) -> None:
        """Hold the part no longer: what builds it may hold this too, and both would stay."""
        with self._lock:
            self._built.clear()


class Models:
    """The embedding model, the matcher, the reader and the selector that are asked for."""

    def __init__(self, config: IndexConfig, *, words_only: bool = False) -> None:
        self._config = config
        self._words_only = words_only
        self._embedder = Once(self._open_embedder)
        self._embedder_if_any = Once(self._open_embedder_if_any)
        self._reader = Once(self._open_reader)
        self._selector = Once(self._open_selector)
        self._matcher = Once(self._open_matcher)

    @property
    def embedder(self) -> Embedder:
        """The embedding model; raises WeightsUnavailable or ConfigurationError."""
        return self._embedder()

    @property
    def reader(self) -> Reader | None:
        """The span reader; None where it is switched off or missing."""
        return self._reader()

    @property
    def selector(self) -> Selector | None:
        """What chooses the sentences that answer; None where it is switched off or missing."""
        return self._selector()

    @property
    def matcher(self) -> TokenEmbedder | None:
        """What compares sentences word by word: MiniLM, where it embeds or reads."""
        return self._matcher()

    def embedder_if_any(self) -> Embedder | None:
        """Return the embedding model; without its weights, None, and words alone are searched.

        What is missing is said once, and looked for again when everything is opened anew.
        """
        return self._embedder_if_any()

    def close(self) -> None:
        """Let go of the models: their memory is freed once nobody else uses them."""
        for model in (
            self._embedder,
            self._embedder_if_any,
            self._reader,
            self._selector,
            self._matcher,
        ):
            model.let_go()

    def _open_embedder_if_any(self) -> Embedder | None:
        if self._words_only:
            return None
        try:
            return self.embedder
        except WeightsUnavailable as error:
            logger.warning("%s Until then only words are searched.", error)
            return None

    def _open_embedder(self) -> Embedder:
        from index.embed.providers import open_embedder

        keys = self._config.provider_variables
        return open_embedder(
            self._config.embeddings,
            self._config.home,
            models=self._config.models,
            environment={name: key.get_secret_value() for name, key in keys},
            threads=self._config.threads,
        )

    def _open_reader(self) -> Reader | None:
        if not self._config.reader or self.embedder_if_any() is None:
            return None
        from index.embed.reader import open_reader

        return open_reader(
            self._config.home, models=self._config.models, threads=self._config.threads
        )

    def _open_selector(self) -> Selector | None:
        wanted = self._config.best or self._config.reader
        if not wanted or self.embedder_if_any() is None:
            return None
        from index.embed.selector import open_selector

        return open_selector(
            self._config.home,
            models=self._config.models,
            small=not self._config.best,
            threads=self._config.threads,
        )

    def _open_matcher(self) -> TokenEmbedder | None:
        embedder = self.embedder_if_any()
        if embedder is not None and isinstance(embedder, TokenEmbedder):
            return embedder
        if self.reader is None:
            return None
        from index.embed.minilm import open_minilm

        return open_minilm(
            self._config.home, models=self._config.models, threads=self._config.threads
        )
