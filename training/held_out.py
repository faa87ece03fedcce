"""What the reader and the selector are not trained on."""

from collections.abc import Iterable

EVERY = 9

REAL_SETS = frozenset({"gm1", "ta2", "tb3", "tc2", "td2", "te2"})
"""Sets of real documents that the selector is not trained on, of those for fitting: how much is
quoted was chosen on them, on questions that it judges as well or as badly as any new one."""


def held_out(titles: Iterable[str]) -> set[str]:
    """Return the newwiki articles, of those of the training half, that are kept for fitting.

    The coefficients that weigh the reader's scores are fitted on them, on questions that it
    answers as well or as badly as any new one.
    """
    return set(sorted(set(titles))[::EVERY])
