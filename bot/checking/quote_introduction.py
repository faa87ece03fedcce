"""Whether what stands beside quotations only says whose words they are. Pure."""

from __future__ import annotations

from bot.checking.compared_words import compared_words
from bot.checking.quote_differences import has_negation, is_number
from index.text.words import content_terms

_MOST = 9
"""Content words, function words of other languages counted; what has more says something."""

_REPORTING = frozenset(
    """say says said state states stated read reads write writes wrote note notes explain explains
    add adds continue continues put puts according
    heißt heisst steht stehen schreibt schreiben schrieb sagt sagte lautet lauten besagt erklärt
    ergänzt dit écrit précise indique explique ajoute selon dice dicen establece según dizem diz
    afirma segundo scrive afferma secondo zegt staat schrijft luidt""".split()  # noqa: SIM905
)
"""Words that announce what others said."""


def only_introduces(before: str, behind: str) -> bool:
    """Say whether the words before and behind a sentence's first quotation claim nothing.

    Such a sentence ends in a colon before it, reports, and neither counts nor denies.
    """
    own = f"{before} {behind}"
    words = compared_words(own)
    return (
        before.rstrip().endswith(":")
        and len(set(content_terms(own))) <= _MOST
        and len(content_terms(behind)) <= 1
        and not _REPORTING.isdisjoint(word.key for word in words)
        and not has_negation(words)
        and not any(map(is_number, words))
    )
