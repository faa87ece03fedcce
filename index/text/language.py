"""Which language a text seems to be in, told only where it is clearly not English.

Scripts other than Latin name themselves. In Latin script function words tell, because they are in
every sentence: those of a language against those of English. Names, code and keywords have none, so
nothing is said of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index.text.function_words import ENGLISH_WORDS, LATIN_LANGUAGES, FunctionWords

READ = 6000
"""Characters of a long text that are looked at, in three stretches: enough for some 900 words."""

LEAST_SCORE = 1.5
"""What speaks for a language at least: with this, no English question of 2,192 was misjudged."""

LEAST_SHARE = 0.08
"""Share of function words below which a text is no prose: running text has 0.3 to 0.5."""

_WORD = re.compile(r"(?<![\w./@:#-])[¿¡]?[^\W\d_]+(?:['’][^\W\d_]+)*(?![\w@/]|[.:]\w)")
"""A word of prose: what stands in an address, a path, a name of code or a version is none."""

_SCRIPTS: tuple[tuple[str, str], ...] = (
    ("kana", "\u3040-\u30ff\u31f0-\u31ff"),
    ("Korean", "\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3"),
    ("Chinese", "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"),
    ("cyrillic", "\u0400-\u052f"),
    ("arabic", "\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff"),
    ("Greek", "\u0370-\u03ff\u1f00-\u1fff"),
    ("Hebrew", "\u0590-\u05ff"),
    ("Hindi", "\u0900-\u097f"),
    ("Bengali", "\u0980-\u09ff"),
    ("Punjabi", "\u0a00-\u0a7f"),
    ("Gujarati", "\u0a80-\u0aff"),
    ("Tamil", "\u0b80-\u0bff"),
    ("Telugu", "\u0c00-\u0c7f"),
    ("Kannada", "\u0c80-\u0cff"),
    ("Malayalam", "\u0d00-\u0d7f"),
    ("Sinhala", "\u0d80-\u0dff"),
    ("Thai", "\u0e00-\u0e7f"),
    ("Lao", "\u0e80-\u0eff"),
    ("Burmese", "\u1000-\u109f"),
    ("Georgian", "\u10a0-\u10ff"),
    ("Amharic", "\u1200-\u137f"),
    ("Khmer", "\u1780-\u17ff"),
    ("Armenian", "\u0530-\u058f"),
)

_IN_SCRIPT = re.compile("|".join(f"([{letters}])" for _, letters in _SCRIPTS))

_IN_ANY_SCRIPT = re.compile(f"[{''.join(letters for _, letters in _SCRIPTS)}]")

_DENSE = frozenset(("kana", "Korean", "Chinese"))
"""Scripts in which one character says as much as three Latin letters."""

_ALSO_SYMBOLS = frozenset(("Greek",))
"""Scripts whose single letters stand for quantities in any language."""

_CYRILLIC = (("Ukrainian", "іїєґ"), ("Serbian", "ђћџљњј"), ("Kazakh", "әғқңұһ"))

_ARABIC = (("Urdu", "ٹڈڑںے"), ("Persian", "پچژگی"))


def language_of(text: str) -> str | None:
    """Return the English name of the language a text seems to be in; None for English."""
    text = _sampled(unicodedata.normalize("NFC", text))
    return _by_script(text) or _by_words(_WORD.findall(text))


def _sampled(text: str) -> str:
    """Return a long text's beginning, middle and end."""
    if len(text) <= READ:
        return text
    third = READ // 3
    middle = (len(text) - third) // 2
    return "\n".join((text[:third], text[middle : middle + third], text[-third:]))


def _by_script(text: str) -> str | None:
    """Return the language of a script other than Latin that most of a text is written in."""
    if not _IN_ANY_SCRIPT.search(text):
        return None
    counts = Counter(_SCRIPTS[(found.lastindex or 1) - 1][0] for found in _IN_SCRIPT.finditer(text))
    # Han and kana are one writing; a Japanese text has both.
    kana = counts.pop("kana", 0)
    if kana:
        counts["Japanese"] = kana + counts.pop("Chinese", 0)
    script, count = counts.most_common(1)[0]
    latin = sum(map(str.isalpha, text)) - sum(counts.values())
    weight = 3 if script in _DENSE or script == "Japanese" else 1
    if count * weight <= latin or count < (4 if script in _ALSO_SYMBOLS else 2):
        return None
    if script == "cyrillic":
        return _marked(text, _CYRILLIC, "Russian")
    return _marked(text, _ARABIC, "Arabic") if script == "arabic" else script


def _marked(text: str, marks: Sequence[tuple[str, str]], otherwise: str) -> str:
    """Return the first language that has letters of its own in a text."""
    return next((name for name, own in marks if not set(own).isdisjoint(text.lower())), otherwise)


def _by_words(found: Sequence[str]) -> str | None:
    """Return the language whose function words a text has, where English ones are few."""
    if not found:
        return None
    words = _Vocabulary.of([word.replace("İ", "i").lower().replace("’", "'") for word in found])
    scores = {name: _score(words, known) for name, known in LATIN_LANGUAGES.items()}
    name = max(scores, key=lambda each: scores[each])
    return name if scores[name] >= max(LEAST_SCORE, LEAST_SHARE * len(found)) else None


@dataclass(frozen=True)
class _Vocabulary:
    """The different words of a text, and how often each stands there."""

    counts: Counter[str]
    bare: Counter[str]
    """The same without the marks that Spanish opens a question with."""
    english: Counter[str]
    """Those that are English."""
    letters: frozenset[str]

    @classmethod
    def of(cls, words: Sequence[str]) -> _Vocabulary:
        counts, bare = Counter(words), Counter[str]()
        for word, count in counts.items():
            bare[word.lstrip("¿¡")] += count
        english = Counter({word: count for word, count in counts.items() if _is_english(word)})
        return cls(counts, bare, english, frozenset().union(*counts))


def _score(words: _Vocabulary, known: FunctionWords) -> float:
    """Return how many words speak for a language; 0 where none does surely, or English does too."""
    firm = _count(words.bare, known.firm) + _ending(words, known)
    if not firm:
        return 0.0
    shared = _count(words.counts, known.shared)
    english = words.english.total() - _count(words.english, known.shared)
    marked = 0
    if not known.letters.isdisjoint(words.letters):
        marked = sum(n for w, n in words.counts.items() if not known.letters.isdisjoint(w))
    score = firm + 0.5 * shared + 0.75 * min(marked, 2 + words.counts.total() // 10)
    return score if score > 2 * english else 0.0


def _count(counts: Counter[str], known: frozenset[str]) -> int:
    return sum(counts[word] for word in known.intersection(counts))


def _ending(words: _Vocabulary, known: FunctionWords) -> int:
    """Count the words that are not known but end as those of a language do."""
    if known.endings is None:
        return 0
    found = ((word, count) for word, count in words.counts.items() if known.endings.search(word))
    return sum(count for word, count in found if word.lstrip("¿¡") not in known.firm)


def _is_english(word: str) -> bool:
    return word.replace("'", "") in ENGLISH_WORDS


def languages_of(texts: Iterable[str]) -> dict[str, int]:
    """Count texts that seem not to be English, by language, the most frequent first."""
    found = Counter(name for name in map(language_of, texts) if name)
    return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))
