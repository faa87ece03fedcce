"""How closely the selector looks at what was found, and what follows of what it says."""

from __future__ import annotations

from dataclasses import dataclass

from bot.answering.extractive.answer_weights import (
    ANSWERED_JUDGED_QUICKLY,
    ANSWERED_SELECTED,
    CONFIDENCE_JUDGED_QUICKLY,
    CONFIDENCE_SELECTED,
)
from bot.answering.extractive.selected_passages import CLOSE, QUICK, Depth
from index.protocols import Selector
from index.search.linear_model import LinearModel


@dataclass(frozen=True)
class Judgement:
    """A selector, how many passages it looks at, and how sure an answer then is."""

    selector: Selector
    depth: Depth
    confidence: LinearModel
    """Log-odds that the sources answer."""
    answered: float
    """Confidence from which an answer is given."""


def close_judgement(selector: Selector) -> Judgement:
    """Return how the whole selector judges, beside what the reader points at."""
    return Judgement(selector, CLOSE, CONFIDENCE_SELECTED, ANSWERED_SELECTED)


def quick_judgement(selector: Selector) -> Judgement:
    """Return how the small selector judges alone: fewer passages, and no other model beside it."""
    return Judgement(selector, QUICK, CONFIDENCE_JUDGED_QUICKLY, ANSWERED_JUDGED_QUICKLY)
