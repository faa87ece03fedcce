"""What the reader and the selector are not trained on."""

from collections.abc import Iterable

EVERY = 9

FOLDS = 4


def fold_of(name: str, names: Iterable[str]) -> int:
    """Return which of FOLDS parts a set of real documents belongs to, small sets spread alike.

    A selector trained without one part judges its questions as well or as badly as any new ones;
    thresholds and confidence are fitted on what the four say of the sets they have not seen.
    """
    order = sorted(set(names), key=lambda each: (each.startswith("t"), each))
    return order.index(name) % FOLDS


def held_out(titles: Iterable[str]) -> set[str]:
    """Return the newwiki articles, of those of the training half, that are kept for fitting.

    The coefficients that weigh the reader's scores are fitted on them, on questions that it
    answers as well or as badly as any new one.
    """
    return set(sorted(set(titles))[::EVERY])
