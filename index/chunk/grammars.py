"""Trees of source code, by the grammar of its language, within a limit of time."""

from __future__ import annotations

import time
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Parser, Tree

_MODULES = {
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "php": ("tree_sitter_php", "language_php"),
}
"""Where a grammar is, for those that do not stand in a module of their own name."""

LARGEST = 1_000_000
"""Characters of source code of which a tree is made; it takes some twenty times as much memory."""

_SECONDS = 0.05
_SECONDS_A_BYTE = 2e-6
"""Processor time that a parser may take: twenty times what code takes that people wrote."""

_STEP = 65_536
"""Bytes given to the parser at a time."""


def syntax_tree(text: str, language: str) -> Tree | None:
    """Return the tree of a text; None where it is too large or hard, or its grammar is missing."""
    parser = _parser(language) if len(text) <= LARGEST else None
    if parser is None:
        return None
    data = text.encode("utf-8", "surrogatepass")
    ends = time.process_time() + _SECONDS + _SECONDS_A_BYTE * len(data)
    try:
        return parser.parse(
            lambda offset, _: data[offset : offset + _STEP],
            progress_callback=lambda *_: time.process_time() > ends,
        )
    except ValueError:  # its time was up
        return None
    finally:
        parser.reset()


@lru_cache
def _parser(language: str) -> Parser | None:
    name, function = _MODULES.get(language, (f"tree_sitter_{language}", "language"))
    try:
        from tree_sitter import Language, Parser

        return Parser(Language(getattr(import_module(name), function)()))
    except ImportError:
        return None
