"""A text as the words and signs that are compared, each with its place. Pure.

What an editor may set otherwise is no part of a word: white space, quotation marks, the form of
apostrophes and dashes, ligatures, the hyphen of a broken line. What changes the sense is: a minus
before a number, a unit, the digits and the points of a number, an accent.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_UNSEEN = "\u00ad\u200b-\u200d\u2060\ufeff"
_MARKS = f"\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u064b-\u065f{_UNSEEN}\u0900-\u0963\u0966-\u0dff"
_SPELT = (
    "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Scripts without spaces, of which each character is compared by itself."""
_LETTER = rf"(?:(?![{_SPELT}])[^\W_]|[{_MARKS}])"
_HYPHEN = "[-\u2010\u2011\u2013]"
_JOINER = (
    r"(?:['\u2019\u02bc\u2018]|_+|(?<=\d)[.,:](?=\d)"
    rf"|(?:(?<!\d){_HYPHEN}|(?<=\d){_HYPHEN}(?=[^\W\d_])))"
)
_BROKEN = r"(?<=[^\W\d_])[-\u2010\u2011\u00ad][ \t]*\n[ \t>]*(?=[^\W\d_A-Z])"
_MINUS = r"(?:(?<![^\s(\[{|=<>\u2264\u2265~:/])[-\u2212\u2013](?=\.?\d))?(?:(?<![\w.])\.(?=\d))?"
_SIGN = (
    "[%\u2030$\u20ac\u00a3\u00a5\u00a2\u00b0<>\u2264\u2265\u2260=+\u00b1\u00d7\u00f7&@\u00a7/"
    r"\u221e\u221a]|\#(?=\w)|(?<=\w)\#|(?<=\w)[\^*](?=\w)|~(?=\d)"
)
_TOKEN = re.compile(
    rf"(?P<reference>\[\^?\d{{1,4}}(?:\s*[,;\u2013-]\s*\^?\d{{1,4}})*\](?!\())"
    rf"|[{_SPELT}]|{_MINUS}{_LETTER}+(?:(?:{_JOINER}|(?P<broken>{_BROKEN})){_LETTER}+)*|{_SIGN}"
)
_WHOLE = re.compile(_TOKEN.pattern.replace(f"|(?P<broken>{_BROKEN})", "(?P<broken>(?!))?"))
"""The same, with a word that is broken at a line end as two words."""
_INVISIBLE = re.compile(f"[{_UNSEEN}]")
_LINE_BREAK = re.compile(r"-?\s*\n[\s>]*")
_DASHES = re.compile("[\u2010-\u2015\u2212]|-{1,3}")
_LIGHT = re.compile(r"[.,;:!?()-]+")
_ENDS_BLOCK = re.compile(r"\n[ \t>]*(?:\n|[-*+\u2022\u00b7#|]|\d{1,3}[.)])|\||\A\s*\n\s*\n")
# fmt: off
_COMPATIBLE = (
    "<compat>", "<wide>", "<narrow>", "<font>", "<noBreak>", "<initial>", "<medial>", "<final>",
    "<isolated>",
)
# fmt: on
"""How characters are decomposed of which the one form is as good as the other."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word, a number or a sign of a text."""

    form: str
    """As it is compared where capitals and hyphens count."""
    key: str
    """As it is looked for: in small letters, without hyphens."""
    start: int
    end: int
    gap: str = ""
    """The light punctuation between the word before and this one."""
    begins_block: bool = False
    """Whether a paragraph, an item, a cell or a heading begins here."""
    is_broken: bool = False
    """Whether it is broken at a line end, so that its hyphen may not be its own."""
    reference: str = ""
    """The numbers in brackets, `[3]`, that stand before it."""


def compared_words(
    text: str, places: Sequence[int] | None = None, *, broken: bool = True
) -> list[Word]:
    """Return the words of `text`; `places` says where its characters stand in an original.

    Without `broken`, a hyphen at a line end parts two words instead of joining two halves.
    """
    found: list[Word] = []
    at, reference = 0, ""
    for token in (_TOKEN if broken else _WHOLE).finditer(text):
        if token["reference"]:
            reference += token[0]
            continue
        between = text[at : token.start()]
        joined = _LINE_BREAK.sub("-", token[0]) if token["broken"] else token[0]
        form = _folded(joined)
        if not form:
            continue
        found.append(
            Word(
                form=form,
                key=form.casefold() if len(form) < 2 else _key(form),
                start=token.start() if places is None else places[token.start()],
                end=token.end() if places is None else places[token.end() - 1] + 1,
                gap=light_punctuation(between),
                begins_block=not found or _ends_block(between),
                is_broken=bool(token["broken"]) or "\u00ad" in token[0],
                reference=re.sub(r"[^\d,;\u2013-]", "", reference),
            )
        )
        at, reference = token.end(), ""
    return found


def _ends_block(between: str) -> bool:
    at_end = between[len(between.rstrip()) :]
    return "\n" in at_end or _ENDS_BLOCK.search(between) is not None


def light_punctuation(text: str) -> str:
    """Return the punctuation between two words, without what an editor may set otherwise."""
    if not text or text.isspace():
        return ""
    text = re.sub(r"\[\^?\d[^\]]*\]", "", text).replace("\u2026", "...")
    return "".join(_LIGHT.findall(_DASHES.sub("-", text.translate(_BRACKETS))))


_BRACKETS = str.maketrans(
    "[]{}\uff08\uff09\u3002\uff0c\uff1a\uff1b\uff01\uff1f\u3001", "()()().,:;!?,"
)


def _key(form: str) -> str:
    sign = "-" if form[0] == "-" else ""
    return sign + form.casefold().replace("-", "")


@lru_cache(maxsize=1 << 16)
def _folded(token: str) -> str:
    """Return a word in the one form that its spellings share."""
    if token.isascii():
        return token
    token = _DASHES.sub("-", _INVISIBLE.sub("", token))
    token = re.sub("[\u2018\u2019\u02bc]", "'", token)
    plain = "".join(
        unicodedata.normalize("NFKC", sign)
        if unicodedata.decomposition(sign).startswith(_COMPATIBLE)
        else sign
        for sign in token
    )
    return unicodedata.normalize("NFC", plain)
