"""Bytes to canonical text: encoding, line ends, and what a person cannot see in it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from index.errors import LoadError
from index.load.likely_encodings import label, likeliest_encodings

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an office file"),
    (b"\xd0\xcf\x11\xe0", "an old office file"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "a SQLite database"),
)

_SAMPLE = 65_536
"""Bytes looked at to guess an encoding; more is slower and changes no guess we measured."""

_CONTROL_SHARE = 0.02
"""Share of control characters above which bytes are no text; logs with colour codes stay below."""

_LOST_SHARE = 0.1
"""Share of replacement characters above which a text is none; German in Latin-1 stays below."""

_JPEG_HEAD = 16
"""Characters in which a JPEG image says what it is, behind a mark that is no text at all."""

_ESCAPES = (b"\x1b$B", b"\x1b$@", b"\x1b(J")
"""They begin Japanese in ISO-2022-JP, which is all ASCII otherwise."""

_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


@dataclass(frozen=True)
class Decoded:
    """Canonical text and how it was read."""

    text: str
    encoding: str
    guessed: bool = False

    @property
    def warnings(self) -> tuple[str, ...]:
        """Say that the encoding was a guess, if it was."""
        if not self.guessed:
            return ()
        return (
            f"Read as {label(self.encoding)}, which was guessed: the file does not say its "
            "encoding. Where letters are wrong, save it as UTF-8.",
        )


def canonical(text: str) -> str:
    """Return `text` with "\\n" line ends and without a leading byte order mark and NULs."""
    text = text.removeprefix("\ufeff").replace("\0", "")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decode(data: bytes, *, name: str, declared: str | None = None) -> Decoded:
    """Decode a text file: byte order mark, then what is declared, then UTF-8, then a guess.

    Raises LoadError when the bytes are no text.
    """
    if not data:
        raise LoadError(name, "The file is empty.")
    decoded = _marked(data, name) or _read_as(data, declared) or _unmarked(data, name)
    text = canonical(decoded.text)
    _refuse_binary(decoded.text, name)
    if not text.strip():
        raise LoadError(name, "The file holds only white space.")
    return Decoded(text, decoded.encoding, decoded.guessed)


def refuse_binary_text(text: str, name: str) -> None:
    """Raise LoadError where others made a text of bytes that are none, as it came from them."""
    if text.startswith("%PDF-") or _is_binary(text) or _is_mostly_lost(text):
        kind = next((kind for start, kind in _decoded_magic() if text.startswith(start)), None)
        if kind is None and any(mark in text[:_JPEG_HEAD] for mark in ("JFIF", "Exif")):
            kind = "a JPEG image"
        what = kind or "a binary file, or a text in another encoding"
        raise LoadError(name, f"It is {what}, which its reader took for plain text.")


def _decoded_magic() -> Iterator[tuple[str, str]]:
    """Yield how files that are no text begin once they are decoded, and what they are."""
    for magic, kind in _MAGIC:
        ways = (magic.decode("latin-1"), *(magic.decode("utf-8", e) for e in ("ignore", "replace")))
        yield from ((start, kind) for start in ways if len(start) > 2 and start.strip("\ufffd"))


def _is_mostly_lost(text: str) -> bool:
    """Say whether much of a text could not be decoded, and was replaced."""
    return text[:_SAMPLE].count("\ufffd") > max(1, len(text[:_SAMPLE]) * _LOST_SHARE)


def _read_as(data: bytes, encoding: str | None, *, guessed: bool = False) -> Decoded | None:
    """Decode all of it; None where that fails, or no encoding of that name is known."""
    if encoding is None:
        return None
    try:
        return Decoded(data.decode(encoding), encoding, guessed)
    except (UnicodeError, LookupError):
        return None


def _marked(data: bytes, name: str) -> Decoded | None:
    """Decode by the byte order mark, if there is one."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            if decoded := _read_as(data[len(mark) :], encoding):
                return decoded
            raise LoadError(
                name, f"It begins like {encoding.upper()} text but is not; save it as UTF-8."
            )
    return None


def _unmarked(data: bytes, name: str) -> Decoded:
    """Decode as UTF-16 without a mark, UTF-8, or the likeliest older encoding."""
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            raise LoadError(name, f"It is {kind} under the name of a text file; rename it.")
    sample = data[:_SAMPLE]
    if any(escape in sample for escape in _ESCAPES) and (found := _read_as(data, "iso2022_jp_2")):
        return found
    if wide := _read_as(data, _wide(data), guessed=True):
        return wide
    found = _read_as(data, "utf-8")
    # UTF-16 in Cyrillic or Greek is ASCII with a control character before every letter.
    if found is not None and not _is_binary(found.text):
        return found
    return _guessed(data, name, found)


def _wide(data: bytes) -> str | None:
    """Recognise UTF-16 without a mark by NULs that all stand on one side of the pairs."""
    sample = data[:_SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if len(data) % 2 or max(even, odd) < max(1, len(sample) // 5) or min(even, odd):
        return None
    return "utf-16-be" if even else "utf-16-le"


def _guessed(data: bytes, name: str, plain: Decoded | None) -> Decoded:
    """Decode as the likeliest older encoding; as `plain` where nothing fits better."""
    nuls = data.count(0) > len(data) * _CONTROL_SHARE
    for encoding in likeliest_encodings(_telling(data)):
        decoded = _read_as(data, encoding, guessed=True)
        if decoded and (not nuls or encoding.startswith("utf-16")):
            return decoded
    if plain is not None:
        return plain
    raise LoadError(name, "It is not text, or its encoding cannot be recognised; save it as UTF-8.")


def _telling(data: bytes) -> bytes:
    """Return a stretch that holds what is not ASCII: the beginning, else from the first line on."""
    first = _NOT_ASCII.search(data)
    if first is None or first.start() < _SAMPLE // 2:
        return data[:_SAMPLE]
    start = max(data.rfind(b"\n", 0, first.start()) + 1, first.start() - _SAMPLE // 2)
    return data[start : start + _SAMPLE]


def _is_binary(text: str) -> bool:
    """Say whether text has more control characters than text has."""
    controls = len(_CONTROLS.findall(text[:_SAMPLE]))
    return controls > max(1, len(text[:_SAMPLE]) * _CONTROL_SHARE)


def _refuse_binary(text: str, name: str) -> None:
    if _is_binary(text):
        raise LoadError(name, "It is a binary file under the name of a text file.")
