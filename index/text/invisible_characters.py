"""Characters that a reader does not see and that can hide words from people.

One table, as ranges for a class of a regular expression; who shows text takes all of `UNSEEN` out
or makes it visible, and a document that holds some of it is indexed with a warning.
"""

from __future__ import annotations

import re

CONTROLS = "\x00-\x08\x0e-\x1f\x7f-\x9f"
"""Control characters other than white space."""

DIRECTION_MARKS = "\u061c\u200e\u200f"
"""They say which way the next sign is read; common and harmless in Arabic and Hebrew."""

DIRECTION_OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""They can show a line in another order than it is read."""

ZERO_WIDTH = "\u180e\u200b\u2060-\u2064\ufeff"

JOINERS = "\u200c\u200d"
"""They belong to emoji and to Arabic or Indic scripts; between Latin letters they hide."""

TAGS = "\U000e0000-\U000e007f"
"""They spell the flags of regions behind a black flag, and hidden text elsewhere."""

_FILLERS = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u2065\u206a-\u206f\u3164\uffa0\ufff0-\ufffb"
    "\U0001d173-\U0001d17a\U000e0080-\U000e0fff"
)
"""Soft hyphens, blanks of scripts and of music, and what is set aside for more like them."""

UNSEEN = CONTROLS + DIRECTION_MARKS + DIRECTION_OVERRIDES + ZERO_WIDTH + TAGS + _FILLERS
"""Everything that shows nothing, wherever it stands; joiners show what they join."""

_UNSEEN = re.compile(f"[{UNSEEN}]")
_BLANK = re.compile(f"[\\s{UNSEEN}{JOINERS}\u2800\ufe00-\ufe0f]*")
"""White space, the blank of Braille, and what changes a sign that is not there."""

_KINDS = (
    ("bidirectional control characters", re.compile(f"[{DIRECTION_OVERRIDES}]")),
    ("zero-width characters", re.compile(f"[{ZERO_WIDTH}]")),
    ("zero-width joiners inside words", re.compile(f"(?<=[A-Za-z])[{JOINERS}](?=[A-Za-z])")),
    ("invisible tag characters", re.compile(f"(?<![\U0001f3f4{TAGS}])[{TAGS}]+")),
)


def without_unseen(text: str) -> str:
    """Return `text` without what shows nothing; joiners stay."""
    return _UNSEEN.sub("", text)


def is_blank(text: str) -> bool:
    """Say whether a person sees nothing of `text`."""
    return _BLANK.fullmatch(text) is not None


def invisible_warnings(text: str) -> tuple[str, ...]:
    """Name each kind of invisible character in `text`, with its number and first line."""
    found = []
    for kind, pattern in _KINDS:
        if places := [match.start() for match in pattern.finditer(text)]:
            line = text.count("\n", 0, places[0]) + 1
            found.append(f"It holds {kind} ({len(places)}), the first in line {line}.")
    return tuple(found)
