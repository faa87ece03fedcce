"""What holds for the passages of any text, whatever it is."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.chunk.chunker import chunk, estimate_tokens
from index.config import ChunkConfig
from index.schema import Passage, Source, Span
from index.text.text_shapes import text_shape

MIMES = ["text/plain", "text/markdown", "text/html", "text/csv", "application/x-sh", "text/x-rst"]

LINES = st.sampled_from(
    [
        "", "", " ", "\t", "\xa0", "\r", "\x0b", "\x85", "\u2028", "\u200b", "# Title", "## Sub #",
        "Title", "=====", "---", "***", "A Lone Line", "1. Introduction", "1.2 Scope", "Steps:",
        "- one", "- two.  Three.", "  - nested", "\t* deep", "• sign", "✔ done", "1. first",
        "2. second", "    indented code", "a) letter", "| a | b |", "|---|---|", "| 1 | 2 |",
        "a,b,c", "1,2,3", "4,5,6", "x\ty", "1\t2", "```", "```python", "~~~", "x = 1", "> quote",
        "> - quoted item", "[ref]: https://example.org", "<div>", "</div>", "**Bold**",
        "It is so. Dr. Smith said “no.” Then he left.", "a line that was wrapped by hand and goes",
        "on here, in lower case.", "一个句子。另一个句子！", "Ende. Am 5. Mai", "word " * 30,
        "w" * 90, "é" * 20 + "e\u0301" * 20, "B\u2028.", "- - - nested", "1) a\r", "+-----+----+",
        ".. note:: Take care.", ".. note::", "   inside", "   :option: 1", ".. code-block:: sh",
        ".. function:: open(name)", ".. [1] A note.", ".. a comment", "..", "Like this::", "::",
        "==  ==", "+=====+====+", ":field: value", ".. list-table::", "   * - cell", "     - cell",
    ]
)  # fmt: skip
_MARK = re.compile(r"\.\. (?:\w[\w-]*::|\[\w\])")
LAID_OUT = st.lists(LINES, max_size=25).map("\n".join)
ANY_TEXT = st.one_of(
    LAID_OUT,
    st.text(max_size=300),
    st.text(alphabet="ab .!?\n\r\t-*#|`~>1)。“”\x0b\x85\u2028\ud800", max_size=200),
)


def source_of(text: str, mime: str = "text/plain", pages: tuple[Span, ...] = ()) -> Source:
    return Source(
        id="s",
        collection="documents",
        uri="a.txt",
        title="Title",
        mime=mime,
        sha256="0" * 64,
        text=text,
        pages=pages,
        added_at=datetime(2025, 1, 1, tzinfo=UTC),
    )


def blank_outside(text: str, spans: list[tuple[int, int]]) -> bool:
    """Say whether nothing but white space stands outside sorted `spans`."""
    position = 0
    for start, end in spans:
        if text[position:start].strip():
            return False
        position = end
    return not text[position:].strip()


def whole_lines(text: str, start: int, end: int) -> bool:
    """Say whether nothing but whole lines and white space stands in `text[start:end]`."""
    gap = text[start:end]
    if not gap.strip():
        return True
    left = start + len(gap) - len(gap.lstrip())
    right = start + len(gap.rstrip())
    before = text[:left].rpartition("\n")[2]
    if _MARK.fullmatch(gap.strip().rpartition("\n")[2]):
        return not before.strip()  # the mark of a directive stands in one line with its text
    after = text[right:].partition("\n")[0]
    return not before.strip() and not after.strip()


def check(source: Source, passages: list[Passage], budget: int) -> None:
    text = source.text
    assert [p.ordinal for p in passages] == list(range(len(passages)))
    assert all(p.text == text[p.start : p.end] for p in passages)
    assert all(p.text.strip() for p in passages)
    assert all(a.end <= b.start for a, b in pairwise(passages))
    # Rows of empty cells are in no passage.
    told = text.replace("|", " ") if text_shape(source.mime) == "table" else text
    assert blank_outside(told, [(p.start, p.end) for p in passages])
    assert all(count <= budget for count in estimate_tokens([p.text for p in passages]))
    assert len({p.id for p in passages}) == len(passages)
    for p in passages:
        quotes = [s.of(text) for s in p.sentences]
        assert quotes
        assert all(quote and quote == quote.strip() for quote in quotes)
        edges = [p.start, *(edge for s in p.sentences for edge in (s.start, s.end)), p.end]
        assert edges == sorted(edges)
        assert all(whole_lines(text, *gap) for gap in zip(edges[::2], edges[1::2], strict=True))


@given(text=ANY_TEXT, mime=st.sampled_from(MIMES), pack=st.booleans(), budget=st.integers(32, 80))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_passages_are_exact_cover_the_text_and_hold_the_budget(
    text: str, mime: str, pack: bool, budget: int
) -> None:
    source, config = source_of(text, mime), ChunkConfig(max_tokens=budget, pack=pack)
    passages = chunk(source, config)
    check(source, passages, budget)
    assert chunk(source, config) == passages


@given(text=LAID_OUT, cuts=st.lists(st.floats(0, 1), max_size=4))
@settings(max_examples=100, deadline=None)
def test_a_passage_stays_on_the_page_it_begins_on_unless_its_last_sentence_does_not(
    text: str, cuts: list[float]
) -> None:
    edges = [0, *sorted(int(cut * len(text)) for cut in cuts), len(text)]
    pages = tuple(Span(start=a, end=b) for a, b in pairwise(edges))
    source = source_of(text, pages=pages)
    for passage in chunk(source, ChunkConfig(max_tokens=60)):
        assert passage.page == source.page_at(
            passage.start + len(passage.text) - len(passage.text.lstrip())
        )
        assert source.page_at(passage.sentences[-1].start) == passage.page


@given(texts=st.lists(st.text(alphabet="ab cé,.1字한\n", max_size=40), min_size=2, max_size=5))
def test_the_estimate_of_parts_is_never_below_the_estimate_of_the_whole(texts: list[str]) -> None:
    assert estimate_tokens([" ".join(texts)])[0] <= sum(estimate_tokens(texts))


@pytest.mark.parametrize(
    "word",
    ["a" * 10_000, "字" * 10_000, "-" * 10_000, "e\u0301" * 5_000, "a," * 5_000, "한" * 5_000],
    ids=["letters", "ideographs", "dashes", "accents", "clauses", "hangul"],
)
def test_a_word_of_ten_thousand_characters_is_cut_within_the_budget(word: str) -> None:
    source = source_of(f"Before it. {word} after it.")
    passages = chunk(source, ChunkConfig(max_tokens=200))
    check(source, passages, 200)
    assert 3 <= len(passages) <= 300
    assert all(not p.text.startswith("\u0301") for p in passages)
