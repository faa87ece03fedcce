"""What must never stand in a text that a model had a hand in."""

from __future__ import annotations

import re

LIVE = re.compile(
    r"[a-z0-9]://|\bwww\.\w|mailto:|javascript:|discord\.gg/|\]\(|@everyone|@here|<[@#/!a-z]"
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\ue000-\uf8ff\ud800-\udfff]",
    re.IGNORECASE,
)
"""Links, mentions, HTML, escape sequences and characters that cannot be seen."""

_QUOTED = re.compile(
    '["\u201c\u201e\u00ab]([^"\u201c\u201d\u201e\u00ab\u00bb]*)["\u201d\u201c\u00bb]'
)


def check_quotations(text: str, evidence: list[str]) -> None:
    """Assert that what stands in quotation marks stands in the (folded) evidence."""
    for words in _QUOTED.findall(text):
        pieces = [folded(piece).strip(" .,;:!?'") for piece in re.split(r"\.{3}|\u2026", words)]
        assert any(all(piece in one for piece in pieces) for one in evidence), (text, evidence)


def folded(text: str) -> str:
    return " ".join(text.casefold().replace("\u2019", "'").split())
