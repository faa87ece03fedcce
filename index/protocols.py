"""The seams of the index: what each stage asks of its neighbours, and nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from index.schema import LoadedDocument, Passage, Source, Span

Vectors: TypeAlias = npt.NDArray[np.float32]
"""Rows of unit length, shape (n, dimension)."""


@dataclass(frozen=True)
class EmbeddingInput:
    """A passage as the embedder sees it; only `text` is ever quoted."""

    context: str
    """Title and heading path, put in front of the text; may be empty."""
    text: str
    """The passage, verbatim."""
    sentences: tuple[Span, ...] = ()
    """Spans of `text` (not of the source) whose own vectors are wanted as well."""


@dataclass(frozen=True)
class PassageVectors:
    """The vector of a passage and, where the model can give them, those of its sentences."""

    passage: Vectors
    """Shape (dimension,)."""
    sentences: Vectors | None
    """Pooled from the passage's own forward pass, shape (sentences, dimension), or None."""


class PassageOutline(NamedTuple):
    """Where a passage stands, without what it says."""

    ordinal: int
    start: int
    """Offset of its first character in the text of its source."""
    end: int
    heading: tuple[str, ...]


class OutlineWindow(NamedTuple):
    """A stretch of the passages of a source, by their ordinals, both included."""

    source_id: str
    first: int
    last: int


class SourceVersion(NamedTuple):
    """Which version of which source a passage was cut from, without its text."""

    id: str
    collection: str
    uri: str
    title: str
    sha256: str


class FoundPassage(NamedTuple):
    """A passage with what a search asks of it, all of one version of its source."""

    passage: Passage
    version: SourceVersion
    vectors: Vectors | None
    """Pooled sentence vectors, shape (sentences, dimension); None where they were not asked for."""


class Embedder(Protocol):
    """Turns text into vectors. Implementations are safe to call from several threads."""

    @property
    def model(self) -> str:
        """The identity stamped into the index, for example `minilm`."""
        ...

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed questions or sentences on their own."""
        ...

    def embed_passages(self, passages: Sequence[EmbeddingInput]) -> list[PassageVectors]:
        """Embed passages with their context, and their sentences where possible, in order."""
        ...


@dataclass(frozen=True)
class TokenVectors:
    """A text under its context, and every word piece of both, from one forward pass."""

    whole: Vectors
    """Context and text together, shape (dimension,)."""
    text: Vectors
    """The text as it reads in its context, shape (dimension,)."""
    tokens: Vectors
    """Word pieces of context and text, shape (pieces, dimension)."""
    offsets: npt.NDArray[np.int64]
    """Characters of the text that its pieces, the last ones of `tokens`, cover, shape (n, 2)."""
    above: npt.NDArray[np.int64]
    """Characters of the context that its pieces, the first ones of `tokens`, cover."""


@runtime_checkable
class TokenEmbedder(Protocol):
    """Turns texts into vectors word piece by word piece."""

    def embed_tokens(self, texts: Sequence[EmbeddingInput]) -> list[TokenVectors]:
        """Embed each text under its context, in order; the sentences asked for are left out."""
        ...


@dataclass(frozen=True)
class Reading:
    """Where a reader would point in one text for one question."""

    start: int
    """Offset of the answer's first character in the text read."""
    end: int
    """Offset behind its last character."""
    score: float
    """Log-odds of the span against `no answer`; comparable between texts of one question."""


class Reader(Protocol):
    """Points at the answer inside a text."""

    def read(self, question: str, texts: Sequence[tuple[str, str]]) -> list[tuple[Reading, ...]]:
        """Return the best spans, best first, of each (context, text) for `question`."""
        ...


@dataclass(frozen=True)
class Selection:
    """How far one text answers a question, as a whole and sentence by sentence."""

    answers: float
    """Log-odds that the text answers, against `no answer`; comparable between texts."""
    sentences: tuple[float, ...]
    """Log-odds of each sentence asked for that it belongs to the answer, if there is one."""


class Selector(Protocol):
    """Says which texts answer a question, and which of their sentences do."""

    def select(self, question: str, texts: Sequence[EmbeddingInput]) -> list[Selection]:
        """Judge each text under its context, in order; one does not depend on the others."""
        ...


@dataclass(frozen=True)
class VectorRow:
    """One passage as the vector store keeps it."""

    id: str
    vector: Vectors
    """Shape (dimension,)."""
    text: str = ""
    metadata: dict[str, str | int] = field(default_factory=dict)
    """Text and metadata are for other applications: only a store that `keeps_texts` needs them."""


class VectorStore(Protocol):
    """Nearest neighbours by cosine, one collection per document collection and model."""

    def query(self, collection: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """Return up to `limit` (id, cosine) pairs, nearest first; empty when there are none."""
        ...


class Lexical(Protocol):
    """Search by words over the same passages."""

    def match(self, collection: str, query: str, limit: int) -> list[tuple[str, float]]:
        """Return up to `limit` (passage id, BM25 score > 0) pairs, best first."""
        ...


class PassageStore(Protocol):
    """Reads passages and their sources by id."""

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """Return the passages that exist, by id."""
        ...

    def source(self, id: str) -> Source:
        """Return a source with its text; raises SourceNotFound."""
        ...


class Loader(Protocol):
    """Reads one kind of file."""

    def accepts(self, path: Path) -> bool:
        """Say whether this loader reads files named like `path`."""
        ...

    def load(self, path: Path) -> LoadedDocument:
        """Read the file; raises LoadError with a plain reason."""
        ...
