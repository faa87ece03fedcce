"""What people read where the command line names a setting, a command or a code of HTTP. Pure.

Sentences of the index and of the answers are written for whoever runs Quoth too. In Discord the
parts of them that only that person can act on are left out; the log has them whole.
"""

from __future__ import annotations

import re

_FOR_OPERATORS = re.compile(
    r"\b(?:QUOTH|DISCORD)_\w|`(?:quoth|pip|uv|apt-get)\b|(?:^|[\s(])\.env\b|\bHTTP\b|\bTraceback\b"
)
_CODE = re.compile(r"\s*\(HTTP \d{3}\)")
_QUOTED = re.compile(r"“[^”]*”|(?<!\w)'[^']*'(?!\w)|(?<!\w)\"[^\"]*\"(?!\w)")
_SENTENCES = re.compile(r"(?<=[.!?])\s+")


def for_people(text: str) -> str:
    """Return the sentences that anybody can act on; empty where none is left.

    What stands in quotation marks, such as a title, counts for nothing.
    """
    said = (_clauses(sentence) for sentence in _SENTENCES.split(_CODE.sub("", text).strip()))
    return " ".join(filter(None, said))


def is_for_people(text: str) -> bool:
    """Say whether a text names nothing that only whoever runs Quoth can act on."""
    return _FOR_OPERATORS.search(_QUOTED.sub("", text)) is None


def _clauses(sentence: str) -> str:
    clauses = sentence.split("; ")
    kept = "; ".join(filter(is_for_people, clauses))
    return f"{kept}." if kept and kept[-1] not in ".!?" and sentence[-1] == "." else kept
