"""The warning of text that a document hides from its readers."""

from __future__ import annotations

from collections.abc import Sequence

from index.text.layout import folded

_SHOWN = 80
"""Characters of hidden text that a warning repeats."""


def hidden_warning(found: Sequence[str]) -> tuple[str, ...]:
    """Return what to tell of the texts that were left out because nobody sees them."""
    texts = [text for text in map(folded, found) if text]
    if not texts:
        return ()
    first = texts[0] if len(texts[0]) <= _SHOWN else texts[0][: _SHOWN - 1] + "…"
    times = "once" if len(texts) == 1 else f"{len(texts)} times"
    return (f"It hides text from readers ({times}), left out; the first: {first!r}.",)
