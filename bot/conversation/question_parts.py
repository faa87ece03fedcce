"""A question that asks two things, taken apart; each part then stands alone."""

from __future__ import annotations

import re

from bot.conversation.follow_ups import carry_over, leans
from bot.schema import Turn
from index.text.english import AUXILIARIES, QUESTION_WORDS, one_of
from index.text.words import content_terms

MOST_PARTS = 3

_ASKING = one_of(QUESTION_WORDS, AUXILIARIES)
_SPLIT = re.compile(
    rf"\?\s+(?:and |also )?(?=\S)|[,;]?\s+and (?:also )?(?={_ASKING}\b)", re.IGNORECASE
)
_ASKS = re.compile(rf"\W*(?:and |also |so )?(?:{_ASKING}|list|name|explain|tell)\b", re.IGNORECASE)


def parts(question: str) -> list[str]:
    """Return the questions that `question` asks, each standing alone; itself when it asks one."""
    found = [bare for part in _SPLIT.split(question) if (bare := part.strip(" ,;?"))]
    if not 1 < len(found) <= MOST_PARTS or not all(_ASKS.match(part) for part in found):
        return [question]
    first, *others = found
    if not content_terms(first):
        return [question]
    return [f"{part}?" for part in (first, *(_alone(other, first) for other in others))]


def as_asked(part: str, question: str) -> str:
    """Return a part of a question in its words, without what it was given to stand alone."""
    bare = part.rpartition(" (")[0]
    return f"{bare}?" if bare and bare in question and part.rstrip("?") not in question else part


def _alone(part: str, first: str) -> str:
    """Give a part the nouns of the first one when it leans on them."""
    if not leans(part):
        return part
    carried = carry_over(part, [Turn(role="user", text=first)])
    return f"{part} ({', '.join(carried)})" if carried else part
