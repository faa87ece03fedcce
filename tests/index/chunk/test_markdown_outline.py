"""A Markdown text that is parsed a stretch at a time has the blocks that it has as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.chunk import markdown_outline
from index.chunk.blocks import Block, Lines
from index.chunk.markdown_blocks import MarkdownParser
from index.load.loaders import load_file
from tests.conftest import ROOT
from tests.index.chunk.test_chunk_properties import LAID_OUT, blank_outside

WHOLE = 10**9


@contextmanager
def stretches(size: int, longest: int = WHOLE) -> Iterator[None]:
    """Parse so many characters at a time, and cut what is longer than `longest`."""
    with patch.multiple(markdown_outline, STRETCH=size, LONGEST=longest):
        yield


def blocks(text: str) -> list[Block]:
    return MarkdownParser(Lines(text)).blocks()


@given(LAID_OUT, st.integers(1, 60))
def test_stretches_make_no_difference(text: str, size: int) -> None:
    with stretches(WHOLE):
        whole = blocks(text)
    with stretches(size):
        assert blocks(text) == whole


@given(LAID_OUT, st.integers(1, 60))
def test_what_is_cut_holds_everything(text: str, size: int) -> None:
    with stretches(size, size):
        found = blocks(text)
    pieces = sorted((p.start, p.end) for block in found for group in block.groups for p in group)
    assert blank_outside(text, pieces)
    assert all(left[1] <= right[0] for left, right in pairwise(pieces))


@pytest.mark.parametrize("path", sorted((ROOT / "documents").iterdir()), ids=lambda path: path.name)
def test_documents_have_the_same_blocks(path: Path) -> None:
    text = load_file(path).text
    with stretches(WHOLE):
        whole = blocks(text)
    with stretches(100):
        assert blocks(text) == whole


@pytest.mark.parametrize(
    "item", ["- one\n", "7. one\n", "- one\n\n", "- one\n  - two\n", "* a\n\n  b\n"]
)
def test_a_list_that_is_cut_is_one_list(item: str) -> None:
    text = f"Before:\n\n{item * 50}\nBehind.\n"
    with stretches(WHOLE):
        whole = blocks(text)
    with stretches(40, 80):
        assert blocks(text) == whole
