"""Sections, lists and documents that a question names in their own words.

"What is new in 2.1?" asks for what stands below "New features" in the notes on 2.1, whatever its
items say: no item of a list has the words of its heading.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.answering.extractive.question_type import answer_type, shape, topic_of_overview
from bot.answering.extractive.scored_sentences import ScoredSentence, introduces, text_of
from bot.answering.extractive.whole_lists import is_row, list_around
from bot.schema import DraftPart
from index.search.passage_rank import Candidate
from index.text.mentions import own_terms, values
from index.text.words import content_terms

_OPEN_TYPES = frozenset({"definition", "other"})
"""Types of question that any statement may answer; "who" and "when" want one of their own."""

_LISTING = re.compile(
    r"\b(?:list|enumerate|name|all|items?|points?|entr(?:y|ies)|complete|full|following|there"
    r"|includ(?:e|es|ed)|contain(?:s|ed)?|section|version|release|document|page|article)\b",
    re.IGNORECASE,
)


def named_list(
    question: str, sentences: Sequence[ScoredSentence], ranked: Sequence[Candidate]
) -> list[DraftPart]:
    """Return the list or table whose title, headings and lead-in have all that is asked for.

    Empty when there is none, and for questions that want a person, a date or a number.
    """
    if answer_type(question) not in _OPEN_TYPES and shape(question) != "items":
        return []
    asked = set(own_terms(_LISTING.sub(" ", question)))
    for sentence in sentences:
        if not asked or not _below(sentence, asked):
            continue
        if found := list_around(sentence, ranked):
            return found
    return []


def _below(sentence: ScoredSentence, asked: set[str]) -> bool:
    """Say whether an item or a row stands below words that name it, its own title's apart."""
    passage, words = sentence.candidate.passage, sentence.candidate.words
    if not (sentence.is_item or is_row(passage, sentence.text)):
        return False
    above = [text_of(passage, span) for span in passage.sentences[: sentence.index]]
    lead = next((text for text in reversed(above) if introduces(text)), "")
    near = set(content_terms(" ".join([*passage.heading[-1:], lead])))
    return asked <= words.above | near and bool(asked & near)


def of_sections(question: str, sentences: Sequence[ScoredSentence]) -> list[ScoredSentence]:
    """Return the sentences of the sections that are headed by what is asked for; often none."""
    asked = set(own_terms(question))
    if len(asked) < 2 or answer_type(question) not in _OPEN_TYPES or shape(question) == "overview":
        return []
    return [
        sentence
        for sentence in sentences
        if asked <= sentence.candidate.words.above
        and asked & set(content_terms(" ".join(sentence.candidate.passage.heading[1:])))
    ]


def has_values(question: str, ranked: Sequence[Candidate]) -> bool:
    """Say whether the best passage has the versions and years that a question names."""
    told = {value for value in values(question) if "." in value or len(value) >= 4}
    best = ranked[0].words
    return all(set(content_terms(value)) <= best.all | best.title for value in told)


def of_named(question: str, sentences: Sequence[ScoredSentence]) -> list[ScoredSentence]:
    """Return the sentences of what an overview is asked of; all when it names nothing of them."""
    asked = set(content_terms(topic_of_overview(question)))
    named = [s for s in sentences if asked and asked <= s.candidate.words.above]
    return named or list(sentences)
