"""What a reply claims, and on which of the shown sentences it says each claim rests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.answering.generative.reply_statements import Statement, statements
from bot.answering.generative.shown_passages import ShownPassages, ShownSentence
from bot.answering.generative.support_check import overlap
from bot.schema import NOT_IN_SOURCES
from index.schema import Hit
from index.text.english import OBJECTS, PERSONAL, POSSESSIVES, one_of
from index.text.layout import folded
from index.text.words import content_terms

MISSING = "Missing:"
"""How a model begins the line that names what the passages do not answer."""

MOST_PICKS = 8
"""A statement that names more sentences keeps those that share most words with it."""

# "That" mostly leads into a clause.
_PRONOUN = re.compile(
    rf"\b{one_of(PERSONAL, OBJECTS, POSSESSIVES, 'this these those such')}\b", re.IGNORECASE
)
_REFUSAL = re.compile(
    rf"[*_\"'\u201c]*{re.escape(NOT_IN_SOURCES.rstrip('.'))}\b[\s.:,*_\"'\u201d]*(?P<rest>.*)",
    re.IGNORECASE,
)
_GAP = re.compile(rf"[*_]*{re.escape(MISSING)}[*_]*\s*(?P<rest>.*)", re.IGNORECASE)


@dataclass(frozen=True)
class Claim:
    """A statement with the sentences it names, resolved."""

    statement: Statement
    cited: tuple[ShownSentence, ...]
    """None of them twice; empty when it names none that was shown."""

    @property
    def evidence(self) -> str:
        """The sentences it names, as one text; rows of tables as they are read."""
        return " ".join(folded(sentence.as_read) for sentence in self.cited)

    @property
    def topic(self) -> str:
        """Where names in a claim may come from: titles, headings, and what a pronoun refers to."""
        titles = [(hit.source.title, *hit.passage.heading) for hit in self._hits()]
        referred = [
            sentence.before.of(sentence.hit.source.text)
            for sentence in self.cited
            if sentence.before and _PRONOUN.search(sentence.text)
        ]
        return " ".join([*(title for path in titles for title in path), *referred])

    @property
    def passage(self) -> str:
        """The text around the evidence."""
        return " ".join(hit.passage.text for hit in self._hits())

    def _hits(self) -> list[Hit]:
        return list({one.hit.passage.id: one.hit for one in self.cited}.values())


@dataclass(frozen=True)
class ParsedReply:
    """What a reply says, before it is checked."""

    claims: tuple[Claim, ...]
    refused: bool
    """Whether it says that the sources do not answer, in whole or in part."""
    missing: tuple[str, ...]
    """The parts of the question that it names as unanswered."""


def parse_reply(text: str, question: str, shown: ShownPassages, *, whole: bool) -> ParsedReply:
    """Tell claims from the lines that say what is not there, and resolve what claims name."""
    claims: list[Claim] = []
    missing: list[str] = []
    refused = False
    said = statements(text)
    for statement in said if whole else said[:-1]:
        gap = _GAP.fullmatch(statement.text) or _REFUSAL.fullmatch(statement.text)
        if gap is None:
            claims.append(Claim(statement, _cited(statement, shown)))
            continue
        refused = True
        missing += _asked(gap["rest"], question)
    return ParsedReply(tuple(claims), refused, tuple(dict.fromkeys(missing)))


def _asked(part: str, question: str) -> Iterable[str]:
    """Yield a missing part only if the question has all its words: nobody else puts text there."""
    words = content_terms(part)
    if words and set(words) <= set(content_terms(question)):
        yield part.strip(" .")


def _cited(statement: Statement, shown: ShownPassages) -> tuple[ShownSentence, ...]:
    """Return the sentences that a statement names, passage by passage in reading order.

    Of a whole passage that is the sentence most like the statement.
    """
    found: list[ShownSentence] = []
    for id in statement.ids:
        whole = shown.of(id.passage)
        named = shown.sentence(id) if id.sentence else _best(statement.text, whole)
        if named is not None and named not in found:
            found.append(named)
    if len(found) > MOST_PICKS:
        found.sort(key=lambda sentence: -overlap(statement.text, sentence.text))
        del found[MOST_PICKS:]
    order = list(dict.fromkeys(sentence.passage for sentence in found))
    return tuple(sorted(found, key=lambda one: (order.index(one.passage), one.span.start)))


def _best(text: str, sentences: Sequence[ShownSentence]) -> ShownSentence | None:
    """Return the sentence that shares most words with `text`; None when none shares any."""
    scored = [(overlap(text, sentence.text), -at) for at, sentence in enumerate(sentences)]
    score, position = max(scored, default=(0.0, 0))
    return sentences[-position] if score > 0 else None


def is_refusal(text: str) -> bool:
    """Say whether a text is the sentence for "not in the sources"."""
    return _REFUSAL.match(text) is not None
