"""The sentences an extractive answer may quote, and how well each one answers.

Sentences of the best passages are scored in two steps: by the vectors pooled while the passage was
indexed, then the best handful word by word (`bot.answering.extractive.word_overlap`) and, where
there is a reader, by where it points. The weights are in `bot.answering.extractive.answer_weights`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from bot.answering.extractive.answer_weights import FIRST_PICK, PICK, PICK_MATCHED, PICK_WITH_READER
from bot.answering.extractive.question_type import AnswerType, answer_type, fits
from bot.answering.extractive.word_overlap import Wording
from index.embed.inputs import context_of
from index.errors import EmbeddingError
from index.protocols import Embedder, EmbeddingInput, Reader, Reading, TokenEmbedder
from index.schema import Passage, Span
from index.search.linear_model import LinearModel
from index.search.passage_rank import Candidate, Query, sentence_cosines
from index.text.list_marks import item_mark
from index.text.table_rows import RowPart

logger = logging.getLogger(__name__)

PASSAGES = 6
"""Passages whose sentences are considered; the answer is in the first five for 92 questions of
100 (`squadshifts_newwiki`)."""

LOOKED_AT = 6
"""Sentences compared on their own; each costs as much as the question."""

MATCHED = (
    *("titled", "met", "least", "centred"),
    *("every", "rarest", "title_met", "passage_met", "beyond"),
)
"""Features of `bot.answering.extractive.word_overlap` that a sentence has only where there is a
matcher."""

PASSAGES_READ = 4
"""Passages the reader reads, in one batch: the largest share of an answer's time."""


GAINED = 0.5
"""How much of its passage's gain a sentence has; of 46 follow-ups the paragraph quoted first held
the answer for .46 with none of it, for .54 with .25 to 1.5 (`index.search.cited_sections`)."""


def mark_of(passage: Passage, text: str) -> int:
    """Return how many characters of a sentence are the mark of a list item; 0 for no item."""
    return item_mark(text, passage.kind)


def text_of(passage: Passage, span: Span) -> str:
    """Return the text of one of a passage's sentences."""
    return passage.text[span.start - passage.start : span.end - passage.start]


def introduces(text: str) -> bool:
    """Say whether a sentence leads into what follows."""
    return text.rstrip().endswith((":", "："))


@dataclass(frozen=True)
class ScoredSentence:
    """One quotable stretch of a passage: a sentence, a list item or a table row."""

    candidate: Candidate
    index: int
    """Position among the passage's sentences."""
    rank: int
    """Position of its passage, from 0."""
    text: str
    features: Mapping[str, float]
    reading: Reading | None = None
    """Where the reader points inside it; offsets count from the passage's start."""
    value: float = 0.0
    spoken: Mapping[str, float] | None = None
    """The features for the follow-up as it was asked."""

    @property
    def span(self) -> Span:
        """Where it stands in its source, without the mark of a list item."""
        passage = self.candidate.passage
        span = passage.sentences[self.index]
        return Span(start=span.start + mark_of(passage, self.text), end=span.end)

    @property
    def is_item(self) -> bool:
        """Whether it is an item of a list."""
        return mark_of(self.candidate.passage, self.text) > 0

    @property
    def is_header(self) -> bool:
        """Whether it is the header of a table that has rows, or cells of it."""
        return self.text in self.candidate.words.header

    @property
    def is_lead(self) -> bool:
        """Whether it introduces what follows."""
        return introduces(self.text)


Row: TypeAlias = tuple[ScoredSentence, ...]
"""One sentence, scored for each wording of the question."""


@dataclass(frozen=True)
class SentenceScorer:
    """Scores sentences, as closely as what is at hand allows.

    Without a `matcher` the reader is not asked: its scores are weighed beside those of the words.
    """

    embedder: Embedder | None
    matcher: TokenEmbedder | None = None
    reader: Reader | None = None

    def sentences(
        self, query: Query, ranked: Sequence[Candidate], *, spoken: Query | None = None
    ) -> list[ScoredSentence]:
        """Return the sentences of the best passages, best first.

        `spoken` is the follow-up as it was asked: half of a sentence's value then comes from it,
        so that what is carried over does not choose the last answer again.
        """
        wordings = [query] if spoken is None else [query, spoken]
        found = [sentences_of(wording, ranked[:PASSAGES]) for wording in wordings]
        rows = sorted(zip(*found, strict=True), key=lambda row: -_value(FIRST_PICK, row))
        if self.matcher is None or query.vector is None:
            return _sorted(PICK, self._embedded(wordings, rows))
        rows = _matched(self.matcher, wordings, rows)
        if self.reader is None:
            return _sorted(PICK_MATCHED, rows)
        read = _read(self.reader, query, ranked[:PASSAGES_READ], rows)
        return _sorted(PICK_WITH_READER, read)

    def _embedded(self, wordings: Sequence[Query], rows: list[Row]) -> list[Row]:
        """Give the first few their own similarity; the others keep their pooled one."""
        vectors = [wording.vector for wording in wordings if wording.vector is not None]
        if self.embedder is None or len(vectors) < len(wordings) or not rows:
            return rows
        best, rest = rows[:LOOKED_AT], rows[LOOKED_AT:]
        try:
            own = self.embedder.embed([row[0].text for row in best]) @ np.stack(vectors).T
        except EmbeddingError as error:
            logger.warning("Sentences are compared by the vectors of the index alone: %s", error)
            return rows
        return [
            tuple(_with(s, own=float(v)) for s, v in zip(row, cosines, strict=True))
            for row, cosines in zip(best, own, strict=True)
        ] + rest


def _matched(matcher: TokenEmbedder, wordings: Sequence[Query], rows: list[Row]) -> list[Row]:
    """Compare the first few with the question word by word.

    The others get the least that was found among these: they were thought worse.
    """
    best, rest = rows[:LOOKED_AT], rows[LOOKED_AT:]
    asked = [EmbeddingInput(context="", text=wording.text) for wording in wordings]
    texts = [EmbeddingInput(context=_context(row[0]), text=_as_read(row[0])) for row in best]
    found = matcher.embed_tokens([*asked, *texts])
    prepared = [
        Wording.of(wording, tokens)
        for wording, tokens in zip(wordings, found[: len(asked)], strict=True)
    ]
    passages = [row[0].candidate.passage.id for row in best]
    titled = [
        (text, _title_of(row[0])) for text, row in zip(found[len(asked) :], best, strict=True)
    ]
    each = [
        wording.features([wording.match(text, title) for text, title in titled], passages)
        for wording in prepared
    ]
    least = [{name: min(f[name] for f in of) for name in MATCHED} if of else {} for of in each]
    compared = zip(best, zip(*each, strict=True), strict=True)
    return [_all_with(row, features) for row, features in compared] + [
        _all_with(row, least) for row in rest
    ]


def _context(sentence: ScoredSentence) -> str:
    return context_of(sentence.candidate.source, sentence.candidate.passage)


def _title_of(sentence: ScoredSentence) -> int:
    """Return how many characters of a sentence's context are the title of its document."""
    return len(sentence.candidate.source.title.strip())


def _as_read(sentence: ScoredSentence) -> str:
    """Return the text of a sentence; the cells of a row behind the names of their columns."""
    header = sentence.candidate.words.header
    if not header:
        return sentence.text
    return RowPart.of(sentence.candidate.source.text, header, sentence.span).as_read


def _all_with(row: Row, features: Sequence[Mapping[str, float]]) -> Row:
    """Give the sentence for each wording its features."""
    return tuple(_with(s, **found) for s, found in zip(row, features, strict=True))


def _read(
    reader: Reader, query: Query, passages: Sequence[Candidate], rows: list[Row]
) -> list[Row]:
    """Add the best span of the reader to each sentence of the passages read."""
    if not passages:
        return rows
    texts = [(c.source.title, c.passage.text) for c in passages]
    readings = reader.read(query.text, texts)
    top = max((r[0].score for r in readings if r), default=0.0)
    by_passage = {c.passage.id: _Read.of(r) for c, r in zip(passages, readings, strict=True)}
    unread = _Read.of(())
    return [
        tuple(_pointed(s, by_passage.get(s.candidate.passage.id, unread), top) for s in row)
        for row in rows
    ]


UNREAD = -12.0
"""Log-odds of a sentence the reader did not see or did not point into."""


@dataclass(frozen=True)
class _Read:
    """What the reader found in one passage."""

    readings: Sequence[Reading]
    sure: float
    """Log-odds that any of the readings answers."""

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> _Read:
        scores = [reading.score for reading in readings]
        return cls(readings, max(UNREAD, float(np.logaddexp.reduce(scores))) if scores else UNREAD)


def _pointed(sentence: ScoredSentence, found: _Read, top: float) -> ScoredSentence:
    """Return the sentence with the best reading that starts in it."""
    passage = sentence.candidate.passage
    span = sentence.span
    first, last = span.start - passage.start, span.end - passage.start
    best = next((r for r in found.readings if first <= r.start < last), None)
    score = best.score if best else UNREAD
    pointed = _with(
        sentence,
        read=max(score, UNREAD),
        read_gap=max(score - top, UNREAD),
        read_passage=found.sure,
    )
    return replace(pointed, reading=best)


def by_words(sentences: Sequence[ScoredSentence]) -> ScoredSentence:
    """Return the sentence that words and their meaning alone, without the reader, put first."""
    return max(sentences, key=lambda sentence: PICK_MATCHED.value(sentence.features))


def _with(sentence: ScoredSentence, **features: float) -> ScoredSentence:
    return replace(sentence, features={**sentence.features, **features})


def _value(model: LinearModel, row: Row) -> float:
    """Return the mean value of one sentence over the wordings, and what its place gains it."""
    fit = sum(model.value(sentence.features) for sentence in row) / len(row)
    return fit + GAINED * row[0].candidate.gain


def _sorted(model: LinearModel, rows: Iterable[Row]) -> list[ScoredSentence]:
    """Return each sentence once, with its value, best first."""
    found = [
        replace(row[0], value=_value(model, row), spoken=row[1].features if row[1:] else None)
        for row in rows
    ]
    return sorted(found, key=lambda s: (-s.value, s.rank, s.index))


def sentences_of(query: Query, passages: Sequence[Candidate]) -> list[ScoredSentence]:
    """Return every sentence of `passages` with the features that need no model."""
    kind = answer_type(query.text)
    best = passages[0].value if passages else 0.0
    return [
        sentence
        for rank, candidate in enumerate(passages)
        for sentence in _of_passage(query, candidate, rank, best, kind)
    ]


def _of_passage(
    query: Query, candidate: Candidate, rank: int, best: float, kind: AnswerType
) -> list[ScoredSentence]:
    passage, words = candidate.passage, candidate.words
    cosines = sentence_cosines(query, [candidate]).tolist()
    by_sentence = zip(passage.sentences, words.sentences, words.pairs, strict=False)
    above, asked = words.above, query.pairs
    found = []
    for index, (span, own_words, pairs) in enumerate(by_sentence):
        text = text_of(passage, span)
        features = {
            "pooled": cosines[index],
            "own": cosines[index],
            "coverage": query.coverage(own_words),
            "titled_coverage": query.coverage(own_words | above),
            "pairs": len(asked & pairs) / len(asked) if asked else 0.0,
            "type": fits(kind, text) - 0.5,
            "passage_gap": candidate.value - best,
            "rank": float(rank),
            "first": float(index == 0),
            "short": float(len(own_words) < 4),
            "length": min(len(own_words), 60) / 30,
        }
        found.append(ScoredSentence(candidate, index, rank, text, features))
    return found
