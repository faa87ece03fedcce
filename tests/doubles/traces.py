"""Searches the files of a home folder, byte by byte, for words that must be gone."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

MARK = "zqmark"
"""Ends each word that can be found again; what stands before it is told apart by its end, since
full-text tables leave out the beginning that a word shares with the one before."""

_FOUND = re.compile(rf"[g-p]{{6,}}{MARK}", re.IGNORECASE)


def marked_word(number: int) -> str:
    """Return a word that no stemming changes, for a number below 10 ** 12."""
    mixed = number * 348_199_937_053 % 10**12  # so that words end differently, too
    return f"{mixed:012d}".translate(str.maketrans("0123456789", "ghijklmnop")) + MARK


def marked_words(text: str) -> set[str]:
    """Return the marked words of a text in small letters, or what a file leaves of them."""
    return {found.lower() for found in _FOUND.findall(text)}


def traces(home: Path, *, but: Iterable[str] = ()) -> dict[str, set[str]]:
    """Return the marked words in each file of a home, without those in the texts of `but`."""
    allowed = {word for text in but for word in marked_words(text)}
    found: dict[str, set[str]] = {}
    for path in sorted(home.rglob("*")):
        if not path.is_file():
            continue
        words = {word for text in _texts(path.read_bytes()) for word in marked_words(text)}
        left = {word for word in words if not any(map(word.endswith, allowed))}
        left = {word for word in left if not any(each.endswith(word) for each in allowed)}
        if left:
            found[path.relative_to(home).as_posix()] = left
    return found


def _texts(content: bytes) -> Iterator[str]:
    """Yield what the bytes of a file say as UTF-8, as UTF-16 and where they are compressed."""
    yield content.decode("latin-1")
    yield content.decode("utf-16-le", "replace")
    yield content[1:].decode("utf-16-le", "replace")
    for start in re.finditer(rb"\x78\x9c", content):
        try:
            yield zlib.decompressobj().decompress(content[start.start() :]).decode("latin-1")
        except zlib.error:
            continue
