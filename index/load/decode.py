"""Bytes to canonical text: encoding, line ends, and what a person cannot see in it."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from index.errors import LoadError

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

_UNLIKELY = ["utf_16", "utf_32", "utf_7", "cp037", "cp273", "cp424", "cp500", "cp875", "cp1026"]
"""Mainframe encodings, which short texts are mistaken for, and those recognised before."""

_COHERENCE_TIE = 0.1
"""Difference of likelihoods below which Windows' Western encoding, by far the commonest, wins."""

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
        return (f"The encoding is not stated; read as {self.encoding}.",)


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
    wide = _read_as(data, _wide(data), guessed=True)
    return wide or _read_as(data, "utf-8") or _guessed(data, name)


def _wide(data: bytes) -> str | None:
    """Recognise UTF-16 without a mark by NULs that all stand on one side of the pairs."""
    sample = data[:_SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if len(data) % 2 or max(even, odd) < max(1, len(sample) // 5) or min(even, odd):
        return None
    return "utf-16-be" if even else "utf-16-le"


def _guessed(data: bytes, name: str) -> Decoded:
    """Decode as the likeliest older encoding."""
    if data.count(0) <= len(data) * _CONTROL_SHARE:
        for encoding in _candidates(data[:_SAMPLE]):
            if decoded := _read_as(data, encoding, guessed=True):
                return decoded
    raise LoadError(name, "It is not text, or its encoding cannot be recognised; save it as UTF-8.")


def _candidates(sample: bytes) -> list[str]:
    """Return encodings in the order in which to try them."""
    from charset_normalizer import from_bytes

    matches = from_bytes(sample, cp_exclusion=_UNLIKELY)
    best = matches.best()
    if best is None:
        return []
    western = next((match for match in matches if match.encoding == "cp1252"), None)
    if best.language == "Unknown" or (
        western is not None and western.coherence >= best.coherence - _COHERENCE_TIE
    ):
        return ["cp1252", best.encoding]
    return [best.encoding]


def _refuse_binary(text: str, name: str) -> None:
    """Refuse text with more control characters than text has."""
    controls = len(_CONTROLS.findall(text[:_SAMPLE]))
    if controls > max(1, len(text[:_SAMPLE]) * _CONTROL_SHARE):
        raise LoadError(name, "It is a binary file under the name of a text file.")
