"""What a question asks for: a person, a date, a place, a number, a reason, a list, an overview."""

from __future__ import annotations

import re
from typing import Literal

from index.text.english import AMOUNTS, MONTH, NAME_IN_SENTENCE, WEEKDAY, one_of

AnswerType = Literal[
    "count", "duration", "cost", "when", "where", "who", "why", "how", "definition", "other"
]
Shape = Literal["sentence", "items", "overview"]

_ASKS: tuple[tuple[AnswerType, str], ...] = (
    ("duration", r"\bhow long\b|\bwhat (?:duration|length of time)\b"),
    ("cost", r"\bhow much\b.*\b(?:cost|price|pay|worth|charge)|\bwhat\b.*\b(?:cost|price|fee)s?\b"),
    (
        "count",
        r"\bhow (?:many|much|often|tall|far|big|large|high|old|deep|wide|heavy|fast)\b"
        r"|\bwhat (?:percent\w*|number|age|size|amount|population|temperature)\b|\bnumber of\b",
    ),
    ("when", r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|time|century|decade|season)\b"),
    (
        "where",
        r"\bwhere\b|\b(?:what|which) (?:country|city|state|place|town|location|region|continent)\b",
    ),
    (
        "who",
        r"\bwho(?:m|se)?\b|\b(?:what|which) (?:person|man|woman|actor|singer|author|president"
        r"|company|team|organi[sz]ation|group)\b",
    ),
    ("why", r"\bwhy\b|\bwhat (?:caused?|(?:is|was) the (?:reason|cause))\b|\bhow come\b"),
    ("how", r"\bhow\b"),
    ("definition", r"^\W*(?:what(?:'s|’s| is| are)|define)\b.{0,60}$|\bmean(?:s|ing)?\b"),
)
_DATE = (
    rf"\b(?:1\d{{3}}|20\d{{2}})\b|\b{MONTH}\b\.? ?\d"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{MONTH}\b"
    rf"|\b(?:century|decade|{WEEKDAY}|yesterday|today|tomorrow"
    r"|spring|summer|autumn|winter|bce?|ad)\b|\b\d{1,2}(?::\d\d)? ?[ap]\.?m\b"
)
_NUMBER = rf"\d|\b{one_of(AMOUNTS, 'none')}\b"
_TIME = r"\b(?:second|minute|hour|day|week|month|year|decade|centur)\w*\b"
_MONEY = r"[$€£¥%]|\b(?:dollar|euro|pound|cent|usd|percent)\w*\b"
_PLACE = (
    r"\b(?:in|at|on|near|from|to|into|of|between|across|within|outside|inside) (?:the )?[A-Z]"
    r"|\b(?:located|situated|based|held)\b"
)
_CAUSE = (
    r"\b(?:because|since|due to|owing to|as a result|so that|in order to|therefore|thus"
    r"|caus(?:ed?|es|ing)|reasons?|leads? to|led to|result(?:s|ed|ing)? (?:in|from)|fear\w*"
    r"|to (?:avoid|prevent|allow|ensure|protect|make|keep|get|help))\b"
)
_MEANS = r"\b(?:by|through|via|using|with|first|then|when|must|can|should|after|before|run|use)\b"
_DEFINES = r"\b(?:is|are|was|were|means?|refers? to|defined as|called|known as)\b"

_SHOWS: dict[AnswerType, tuple[str, ...]] = {
    "count": (_NUMBER,),
    "duration": (_NUMBER, _TIME),
    "cost": (_NUMBER, _MONEY),
    "when": (_DATE,),
    "where": (_PLACE, NAME_IN_SENTENCE),
    "who": (NAME_IN_SENTENCE,),
    "why": (_CAUSE,),
    "how": (_MEANS,),
    "definition": (_DEFINES,),
    "other": (),
}
_CASED = frozenset({NAME_IN_SENTENCE, _PLACE})
_ASK_PATTERNS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _ASKS)
_SHOW_PATTERNS = {
    kind: tuple(re.compile(p, 0 if p in _CASED else re.IGNORECASE) for p in patterns)
    for kind, patterns in _SHOWS.items()
}
_OVERVIEW = re.compile(
    r"\b(?:summari[sz]e|summary|overview|outline|main points?|key points?|tl;?dr|gist|in short)\b"
    r"|\bwhat (?:is|are|does) (?:this|the|these|it|they) (?:document|article|text|file|page|source"
    r"|guide|paper|folder|collection|stuff)s?\b.{0,20}\b(?:about|say|cover)\b"
    r"|\bwhat(?:['’]?s| is| are) (?:this|that|it|these|those|all this|all of this) (?:all )?about\b"
    r"|\bwhat(?:['’]?s| is) in (?:here|this (?:folder|document|collection))\b"
    r"|\btell me (?:all|everything) about\b",
    re.IGNORECASE,
)
_ARTICLES = re.compile(r"\b(?:the|a|an|this|that|our|your|of|on|for|in|me|us)\b", re.IGNORECASE)
_GIVE = re.compile(
    r"\b(?:please|pls|plz|thanks|thx|quickly|give|show|write|make|get|tell|provide|short|brief|quick|whole|entire)\b",
    re.IGNORECASE,
)
_KIND_OF_TEXT = re.compile(
    r"\b(?:polic(?:y|ies)|rules?|guides?|guidelines?|documents?|docs?|pages?|sections?|chapters?"
    r"|process|procedures?|files?|notes?|articles?|regulations?)\b",
    re.IGNORECASE,
)
"""What people call a text, whatever its heading calls it."""
_PLURAL = r"(?!(?:this|is|was|has|does|his|its|us|yes|thus|process|status|basis|analysis|news)\b)"
_ITEMS = re.compile(
    r"\b(?:list|enumerate|name (?:all|the|some|three|two|four))\b"
    r"|\b(?:what|which) (?:are|were) (?:the |all |all the |some )?(?:\w+[ -]){0,4}"
    rf"{_PLURAL}\w+s\b"
    rf"|\b(?:what|which) (?:\w+ ){{0,2}}{_PLURAL}\w{{2,}}s (?:are|were|do|does|did|must|should|can"
    r"|has|have|will|would|need|exist|apply)\b"
    r"|\bhow (?:do|can|should|would) (?:i|we|you|one)\b|\bsteps?\b|\bprerequisites?\b"
    r"|\b(?:conditions|requirements|obstacles|reasons|options|outcomes|tiers|features|commands)\b",
    re.IGNORECASE,
)


def answer_type(question: str) -> AnswerType:
    """Return what kind of answer `question` asks for."""
    for kind, pattern in _ASK_PATTERNS:
        if pattern.search(question):
            return kind
    return "other"


def shape(question: str) -> Shape:
    """Return whether one statement, the items of a list or an overview is asked for."""
    if _OVERVIEW.search(question):
        return "overview"
    return "items" if _ITEMS.search(question) else "sentence"


def topic_of_overview(question: str) -> str:
    """Return what an overview is asked of: the question without the words that ask."""
    topic = _GIVE.sub(" ", _OVERVIEW.sub(" ", question))
    named = _KIND_OF_TEXT.sub(" ", topic)
    return named if any(map(str.isalnum, _ARTICLES.sub(" ", named))) else topic


def fits(kind: AnswerType, sentence: str) -> float:
    """Return how far `sentence` shows what `kind` asks for, 0 to 1; 0.5 when nothing is known."""
    patterns = _SHOW_PATTERNS[kind]
    if not patterns:
        return 0.5
    return sum(1.0 for pattern in patterns if pattern.search(sentence)) / len(patterns)
