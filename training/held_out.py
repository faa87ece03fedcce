"""Which articles the reader is not trained on."""

from collections.abc import Iterable

EVERY = 9


def held_out(titles: Iterable[str]) -> set[str]:
    """Return the newwiki articles, of those of the training half, that are kept for fitting.

    The coefficients that weigh the reader's scores are fitted on them, on questions that it
    answers as well or as badly as any new one.
    """
    return set(sorted(set(titles))[::EVERY])
