"""The encoding of a text that states none, by what each would make of it.

chardet says how well the letters behind each encoding fit a language. Signs that no person writes
count against one: control codes, frames, letters of two scripts in one word.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

_USUAL = (
    "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257",
    "koi8-r", "koi8-u", "iso8859-2", "iso8859-9", "iso8859-13", "shift_jis_2004", "cp932",
    "euc_jis_2004", "gb18030", "big5hkscs", "euc_kr", "cp949", "tis-620", "cp866",
    "utf-16-le", "utf-16-be",
)  # fmt: skip
_RARE = ("iso8859-7", "cp850", "cp852", "cp437", "mac-roman")

_LABELS = {
    "shift_jis_2004": "Shift_JIS", "cp932": "Shift_JIS", "euc_jis_2004": "EUC-JP",
    "iso2022_jp_2": "ISO-2022-JP", "big5hkscs": "Big5", "euc_kr": "EUC-KR", "cp949": "EUC-KR",
    "mac-roman": "Mac Roman", "cp866": "DOS code page 866", "cp850": "DOS code page 850",
    "cp852": "DOS code page 852", "cp437": "DOS code page 437",
}  # fmt: skip

_RARITY = 0.8
"""What an encoding that few files have counts for; short texts fit one of them by chance."""

_ODD = 0.1
"""What an encoding counts for that makes odd signs."""

_ODD_SIGN = re.compile("[\x80-\x9f\u2500-\u25a0\ue000-\uf8ff]")
_LATIN, _OTHER = "A-Za-z\u00c0-\u024f", "\u0370-\u06ff"
_OTHER_WORD = re.compile(f"(?P<before>[{_LATIN}])?[{_OTHER}]+(?P<behind>[{_LATIN}])?")
_KANA = re.compile("[\u3041-\u30ff]")
_NOT_CHINESE = re.compile("[^\u3000-\u303f\u3041-\u30ff\u4e00-\u9fa5\uff00-\uffef\n -~]")
_CHINESE_MARK = re.compile("[\u3000-\u303f\uff00-\uff65\n -~]")


def label(encoding: str) -> str:
    """Return the name by which people know an encoding."""
    if encoding.startswith("cp125"):
        return f"windows-{encoding[2:]}"
    if encoding.startswith("iso8859"):
        return encoding.replace("iso8859", "ISO-8859")
    return _LABELS.get(encoding, encoding.upper().removesuffix("-LE").removesuffix("-BE"))


def likeliest_encodings(sample: bytes) -> list[str]:
    """Return codecs that can read `sample`, which may end inside a character, likeliest first."""
    certain = list(_japanese_or_wide(sample))
    return certain or _ranked(sample)


def _japanese_or_wide(sample: bytes) -> Iterator[str]:
    """Yield encodings in which a text shows what it does by no accident."""
    for encoding in ("shift_jis_2004", "euc_jis_2004", "utf-16-le", "utf-16-be"):
        text = _read(sample, encoding) or ""
        kana = len(_KANA.findall(text))
        if kana > 2 and kana * 3 >= sum(1 for character in text if character > "\x7f"):
            yield encoding
    for encoding in ("utf-16-le", "utf-16-be"):
        text = _read(sample, encoding) or "?"
        if not _NOT_CHINESE.search(text) and len(_CHINESE_MARK.findall(text)) > 1:
            yield encoding


def _ranked(sample: bytes) -> list[str]:
    from chardet import detect_all

    found = detect_all(
        sample,
        compat_names=False,
        include_encodings=_USUAL + _RARE,
        ignore_threshold=True,
        no_match_encoding="cp1252",
    )
    fits = {each["encoding"]: _fit(sample, each["encoding"], each["confidence"]) for each in found}
    return sorted(filter(None, (name for name in fits if fits[name])), key=lambda e: -fits[e])


def _fit(sample: bytes, encoding: str | None, confidence: float) -> float:
    """Return how well an encoding fits, 0 where it cannot be it."""
    text = _read(sample, encoding) if encoding else None
    if text is None:
        return 0.0
    return (
        confidence
        * (_RARITY if encoding in _RARE else 1)
        * (_ODD if _ODD_SIGN.search(text) else 1)
        * (1 - _mixed(text)) ** 2
    )


def _mixed(text: str) -> float:
    """Return the share of stretches in Greek, Cyrillic, Hebrew or Arabic inside Latin words."""
    words = mixed = 0
    for word in _OTHER_WORD.finditer(text):
        words += 1
        mixed += bool(word["before"] or word["behind"])
    return mixed / words if words else 0.0


def _read(sample: bytes, encoding: str) -> str | None:
    """Decode a sample, but for a character that is cut off at its end."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeError:
        return None
