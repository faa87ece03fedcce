"""Characters that a reader does not see and that can hide words from people."""

from __future__ import annotations

import re

_KINDS = (
    # Override and isolate characters that can show a line in another order than it is read.
    ("bidirectional control characters", re.compile("[\u202a-\u202e\u2066-\u2069]")),
    ("zero-width characters", re.compile("[\u180e\u200b\u2060-\u2064\ufeff]")),
    # Joiners belong to emoji and to Arabic or Indic scripts; between Latin letters they hide.
    ("zero-width joiners inside words", re.compile("(?<=[A-Za-z])[\u200c\u200d](?=[A-Za-z])")),
    # Tag characters spell the flags of regions behind a black flag, and hidden text elsewhere.
    (
        "invisible tag characters",
        re.compile("(?<![\U0001f3f4\U000e0000-\U000e007f])[\U000e0000-\U000e007f]+"),
    ),
)


def invisible_warnings(text: str) -> tuple[str, ...]:
    """Name each kind of invisible character in `text`, with its number and first line."""
    found = []
    for kind, pattern in _KINDS:
        if places := [match.start() for match in pattern.finditer(text)]:
            line = text.count("\n", 0, places[0]) + 1
            found.append(f"It holds {kind} ({len(places)}), the first in line {line}.")
    return tuple(found)
