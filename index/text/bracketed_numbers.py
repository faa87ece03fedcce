"""Numbers in brackets that a document prints itself, set so that nobody takes them for ours. Pure.

`[3]` below an answer is its third citation. What a document prints in brackets is its own, and is
shown as `‹3›`, sign for sign, so that every offset stays. Code keeps its brackets.
"""

from __future__ import annotations

import re

from index.text.fences import markdown_lines

_NUMBERS = re.compile(
    r"(?P<code>(?P<ticks>`++)[^\n]*?[^`\n](?P=ticks)(?!`))"
    r"|\[(?P<numbers>\s{0,3}\d{1,4}(?:\s{0,3}[,;\u2013-]\s{0,3}\d{1,4}){0,20}\s{0,3})\]"
)


def without_bracketed_numbers(text: str) -> str:
    """Return `text` with `‹3›` for `[3]` outside code, and every offset as it was."""
    lines = markdown_lines(text)
    return "\n".join(line.text if line.kind == "code" else _shown(line.text) for line in lines)


def _shown(line: str) -> str:
    return _NUMBERS.sub(lambda found: found["code"] or f"\u2039{found['numbers']}\u203a", line)
