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
_IN_BYTES = re.compile(rf"[g-p]{{6,}}{MARK}".encode(), re.IGNORECASE)
_IN_UTF_16 = re.compile(
    b"(?:[g-p]\\0){6,}" + b"".join(bytes([byte]) + b"\\0" for byte in MARK.encode()), re.IGNORECASE
)


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
    ends = {end for word in allowed for end in _ends(word)}
    found: dict[str, set[str]] = {}
    for path in sorted(home.rglob("*")):
        if not path.is_file():
            continue
        words = _words_in(path.read_bytes())
        left = {word for word in words - ends if allowed.isdisjoint(_ends(word))}
        if left:
            found[path.relative_to(home).as_posix()] = left
    return found


def _ends(word: str) -> Iterator[str]:
    """Yield everything that a word ends with, itself first."""
    return (word[start:] for start in range(len(word)))


def _words_in(content: bytes) -> set[str]:
    """Return the words that a file holds as UTF-8, as UTF-16 or compressed, in small letters."""
    found = set(_IN_BYTES.findall(content))
    found |= {word.replace(b"\0", b"") for word in _IN_UTF_16.findall(content)}
    for start in re.finditer(rb"\x78\x9c", content):
        try:
            inside = zlib.decompressobj().decompress(memoryview(content)[start.start() :])
        except zlib.error:
            continue
        found.update(_IN_BYTES.findall(inside))
    return {word.decode().lower() for word in found}
