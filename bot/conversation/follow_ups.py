"""Follow-ups made to stand alone, without a model, and only when they need it.

A question that leans on the conversation (a pronoun with nothing to refer to, "what about ...",
"the second one", a fragment) is given the topic: the names and nouns of the last question that
stood alone, of the answer to it and of what that answer quoted. Putting the last question in front
of every question ruins more searches than it helps (hits@4 .852 to .772 on `mtrag_human`), so a
question that stands alone is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.conversation.chosen_reading import chosen
from bot.conversation.fragments import asks_who_said, completed, fragment, without_correction
from bot.conversation.ordinals import ordinal, place_of
from bot.schema import Turn
from index.text.english import DEMONSTRATIVES, OBJECTS, PERSONAL, POSSESSIVES, one_of
from index.text.layout import folded
from index.text.mentions import named, names, nouns, own_terms, values
from index.text.words import content_terms

GREETING = "Hello! Ask me a question about the documents, and I will quote what they say."
THANKS = "You are welcome. Ask me whenever you want to know what the documents say."

Kind = Literal["question", "greeting", "thanks", "show"]

MOST_CARRIED = 5
"""Words or names carried over; more of them drown the question."""

LONGEST_MEMORY = 8
"""Turns looked back."""

FADING = 0.7
"""How much less each earlier question counts; to the fourth power behind one that stood alone."""

ANSWERED_SHARE = 0.4
"""How much a word of an answer counts beside one that a person used."""

FAINT = 0.3
"""Share of the strongest word's weight below which a word is of an earlier topic."""

NAME_WEIGHT = 2.0
"""How much a name or a number counts beside a word."""

_GREETING = re.compile(
    r"\W*(?:hi|hello|hey|hiya|yo|greetings|good (?:morning|afternoon|evening|day))"
    r"(?:\W+(?:there|all|everyone|quoth|bot|team))?(?:\W+(?:how are you(?: doing| today)?"
    r"|how is it going|what['’]?s up))?\W*",
    re.IGNORECASE,
)
_PRAISE = (
    r"thanks?|thank you|thx|ty|cheers|merci|danke|great|perfect|got it|bye|goodbye|ok|okay|cool"
    r"|nice|awesome|excellent|wonderful|that['’]?s?(?: is| was)? (?:very |really |so )?(?:helps"
    r"|helped|all|it|great|good|helpful|perfect|nice|what i needed)"
)
_THANKS = re.compile(
    rf"\W*(?:(?:good|super|many|no|very|so)\b\W*)*(?:{_PRAISE})\b"
    rf"(?:\W+(?:{_PRAISE}|good|super|a lot|so much|very much|again|answer|job|one|work"
    r"|for (?:the|your|all the) \w+|quoth|bot)\b)*\W*",
    re.IGNORECASE,
)
_SHOW = re.compile(
    r"\W*(?:please )?(?:show|open|see|display|quote)(?: me)?(?: (?:the )?(?:source|citation|quote"
    r"|reference|number|no\.?))? ?(?:#|\[)?(\d{1,2})\]?\W*",
    re.IGNORECASE,
)
_OPENER = re.compile(
    r"\W*(?:and|but|so|or|then|also|what about|how about|what if|and what|any(?:thing)?(?: other"
    r"| else)?|(?:(?:no|sorry|actually)\b\W*)*i (?:mean|meant)|why\W*$|how\W*$|when\W*$|where\W*$"
    r"|who\W*$|really|tell me more|more|go on|which one|what else|who else|else|the (?:other|same"
    r"|next|former|latter))\b",
    re.IGNORECASE,
)
_ANAPHOR = re.compile(
    rf"\b(?:{one_of(PERSONAL, OBJECTS, POSSESSIVES, DEMONSTRATIVES)}|ones?"
    r"|there|(?:the )?(?:former|latter|same|others?|above|previous))\b",
    re.IGNORECASE,
)
_IT = re.compile(r"\b(?:it|its|there|one)\b", re.IGNORECASE)
"""What a name may be put in the place of; "he" and "they" were somebody else."""
_EXPLETIVE = re.compile(
    r"\b(?:is|are|was|were|be|been|will|would|can|could|has|have|had) (?:there|it (?:\w+ )?"
    r"(?:possible|true|necessary|legal|ok|safe|better|hard|easy|difficult|important))\b"
    r"|\bthere (?:is|are|was|were|will|has|have)\b"
    r"|\b(?:does|did|will|would) it (?:mean|take|cost)\b"
    rf"|\b{one_of(DEMONSTRATIVES)} (?:year|month|week|day|time|century)\b"
    r"|\b(?:so|such|all|say|said|says|think|know|believe|sure|fact|mean|means|order|way|now) that\b"
    r"|\bthat (?:is|are|was|were|has|have|had|can|could|will|would|may|might|do|does|did)\b(?!\W*$)"
    r"|\bno one\b|\bone (?:of|day|time|can|should)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Resolved:
    """What a message means in its conversation."""

    kind: Kind
    question: str
    """The question as it stands alone; the message itself when it did already."""
    marker: int | None = None
    """Number of the citation asked for, when `kind` is `show`."""


def resolve(message: str, history: Sequence[Turn]) -> Resolved:
    """Say what `message` is, and make a follow-up stand alone."""
    text = folded(message)
    if _GREETING.fullmatch(text):
        return Resolved("greeting", text)
    if _THANKS.fullmatch(text):
        return Resolved("thanks", text)
    shown = _SHOW.fullmatch(text)
    if shown and any(turn.citations for turn in history):
        return Resolved("show", text, marker=int(shown[1]))
    if not history:
        return Resolved("question", text)
    return Resolved("question", _alone(text, history))


def _alone(text: str, history: Sequence[Turn]) -> str:
    """Return a message as a question that stands alone."""
    return chosen(text, history) or _completed(text, history) or _leaning(text, history)


def _leaning(text: str, history: Sequence[Turn]) -> str:
    """Return a message with what it leans on behind it; as it is when it stands alone."""
    meant = without_correction(text)
    if not leans(text) and not ordinal(text, history):
        return text
    return _with(meant, carry_over(meant, history))


def _completed(text: str, history: Sequence[Turn]) -> str | None:
    """Return the question before with the one name or value that a message puts into it."""
    part = fragment(text)
    asked = [turn.text for turn in history if turn.role == "user" and _asked(turn.text)]
    question = _in_place(part, _whole(asked)) if part else None
    if part is None or question is None or not leans(question):
        return question
    like = values(part) == [part]
    others = [
        phrase
        for phrase in carry_over(question, history)
        if (bool(values(phrase)) if like else phrase[0].isupper()) is False
    ]
    return _with(question.rstrip(")? "), others, opened="(" in question)


def _whole(asked: Sequence[str]) -> list[str]:
    """Return the questions asked, each fragment among them completed or left out."""
    found: list[str] = []
    for text in asked[-LONGEST_MEMORY:]:
        part = fragment(text)
        whole = _in_place(part, found) if part else without_correction(text)
        if whole and not asks_who_said(whole):
            found.append(folded(whole))
    return found


def _in_place(part: str, asked: Sequence[str]) -> str | None:
    """Put a fragment into the last question: for its counterpart, or for what "it" means."""
    if not asked:
        return None
    whole = completed(part, asked[-1])
    telling = part[0].isupper() or bool(values(part))
    if whole is None and telling and _IT.search(asked[-1]):
        return f"{asked[-1].rstrip(' ?.!')} ({part})?"
    return whole


def _with(question: str, carried: Sequence[str], *, opened: bool = False) -> str:
    """Return a question with phrases behind it in brackets, which may be open already."""
    if not carried and not opened:
        return question
    more = ", ".join(carried)
    if opened:
        return f"{question}, {more})?" if carried else f"{question})?"
    return f"{question.rstrip(' ?.!')} ({more})?"


def leans(question: str) -> bool:
    """Say whether a question cannot be understood without what was said before."""
    if _OPENER.match(question) or fragment(question):
        return True
    if place_of(question) is not None:
        return True
    if _ANAPHOR.search(_EXPLETIVE.sub(" ", question)):
        return True
    return len(own_terms(question)) < 2 and not named(question)


def carry_over(question: str, history: Sequence[Turn]) -> list[str]:
    """Return the names and nouns a follow-up leans on, the most telling first."""
    said = set(content_terms(question))
    item = ordinal(question, history)
    if item:
        return item
    found: list[str] = []
    for phrase in topic(history):
        words = set(content_terms(phrase))
        if words and not words <= said:
            found.append(phrase)
            said |= words
        if len(found) == MOST_CARRIED:
            break
    return found


def topic(history: Sequence[Turn]) -> list[str]:
    """Return what a conversation is about, the most telling names and words first.

    What was said lately counts more, and what a person said more than what was answered; turns
    before the last question that stood alone hardly count.
    """
    weights: dict[str, float] = {}
    surfaces: dict[str, str] = {}
    weight = 1.0
    for turn in list(reversed(_standing(history)))[:LONGEST_MEMORY]:
        share = weight if turn.role == "user" else weight * ANSWERED_SHARE
        for phrase, times in _phrases(turn).items():
            key = " ".join(content_terms(phrase))
            weights[key] = weights.get(key, 0.0) + share * min(times, 4)
            surfaces.setdefault(key, phrase)
        if turn.role == "user":
            weight *= FADING if leans(turn.text) else FADING**4
    least = FAINT * max(weights.values(), default=0.0)
    best = sorted((key for key in weights if weights[key] >= least), key=lambda key: -weights[key])
    return [surfaces[key] for key in best]


def _standing(history: Sequence[Turn]) -> list[Turn]:
    """Return the turns with each fragment of a question put into the question before it."""
    found: list[Turn] = []
    asked: list[str] = []
    for turn in history[-2 * LONGEST_MEMORY :]:
        text = turn.text
        if turn.role == "user" and _asked(text):
            part = fragment(text)
            text = (_in_place(part, _whole(asked)) if part else None) or text
            asked.append(turn.text)
        found.append(turn if text == turn.text else turn.model_copy(update={"text": text}))
    return found


def _phrases(turn: Turn) -> dict[str, float]:
    """Return the names and words of a turn and how much each stands out in it."""
    text = _asked(turn.text) if turn.role == "user" else _quoted(turn)
    found: dict[str, float] = {}
    for name in names(text):
        found[name] = NAME_WEIGHT + 0.2 * text.count(name)
    for word in nouns(text):
        is_value = values(word) == [word]
        if is_value and turn.role != "user":
            continue  # a version that is asked about is the topic; a number in an answer is not
        found[word] = found.get(word, 0.0) + (NAME_WEIGHT if is_value else 1.0)
    return found


def _asked(text: str) -> str:
    """Return what a person said if it was a question, else nothing."""
    bare = folded(text)
    patterns = (_GREETING, _THANKS, _SHOW)
    return "" if any(pattern.fullmatch(bare) for pattern in patterns) else text


def _quoted(turn: Turn) -> str:
    """Return what an answer says: its quotes, where it has any."""
    if turn.status in ("unsure", "not_found") or turn.kind in ("greeting", "thanks"):
        return ""
    return " ".join(c.quote for c in turn.citations[:3]) or turn.text[:600]
