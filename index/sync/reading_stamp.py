"""What documents are read with: two that have the same make the same passages of the same file."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version

from index.sync.builds import Stamp

_READING = ("office", "ocr", "code")
"""Extras whose packages read documents."""

_NOT_READING = {
    *("chromadb", "click", "discord.py", "filelock", "llama-index-core", "numpy", "onnx"),
    *("prometheus-client", "pydantic", "python-dotenv", "rich"),
}
"""Packages of which another version reads alike; of those that are not named, it might not."""


def reading_stamp(collection: str, stamp: Stamp) -> str:
    """Return a text that is equal where a document of a collection is read and cut alike."""
    parts = (collection, stamp.model, str(stamp.dimension), stamp.recipe, *_readers())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def _readers() -> tuple[str, ...]:
    """Return Quoth and the packages that it reads with, each with its version, if it is there."""
    return tuple(f"{name}=={_version(name)}" for name in ("quoth", *_names()))


def _names() -> list[str]:
    try:
        asked = requires("quoth") or []
    except PackageNotFoundError:
        return []
    names = set()
    for each in asked:
        extra = re.search(r"extra\s*==\s*['\"](\w+)", each)
        if extra is None or extra[1] in _READING:
            names.add(re.split(r"[^\w.-]", each, maxsplit=1)[0])
    return sorted(names - _NOT_READING)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
