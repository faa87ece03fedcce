"""Cutting Markdown into messages: code that fits stays whole, and nothing is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bot.discord_bot.text.message_split import MESSAGE_LIMIT, split, units
from bot.discord_bot.text.safe_markdown import literal_with_code, prose

# Shrinking documents of this size takes minutes and the example is readable as it is.
GENERATE = settings(deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])

words = st.sampled_from(
    ["peace", "[1]", "**bold words**", "`code`", "\U0001f600", "e\u0301", "`", "x" * 90, "漢字",
     "> said", "_a_"]
)  # fmt: skip
lines = st.lists(words, max_size=20).map(" ".join)
code_lines = st.lists(
    st.sampled_from(["a = [1]", "  b", "", "\U0001f600" * 9, "# c `d`", "x" * 40]),
    min_size=2,
    max_size=8,
)
code = st.tuples(st.sampled_from(["", "py", "c++"]), code_lines).map(
    lambda block: "\n".join([f"```{block[0]}", *block[1], "```"])
)
documents = st.tuples(
    st.lists(st.one_of(lines, code, code, st.text(max_size=200)), min_size=6, max_size=14),
    st.sampled_from(["\n", "\n\n"]),
).map(lambda pieces: pieces[1].join(pieces[0]))


def block_of(lines: int, language: str = "py") -> str:
    return "\n".join([f"```{language}", *(f"line {number}" for number in range(lines)), "```"])


def blocks(text: str) -> list[str]:
    return re.findall(r"^(?:> )?```.*?^(?:> )?```$", text, re.DOTALL | re.MULTILINE)


def bare(text: str) -> str:
    """Return what has to survive a cut: all but fences, what quotes lines, and white space."""
    text = re.sub(r"^> ?", "", text, flags=re.MULTILINE)
    text = re.sub(r"\\(?=[>#*+-])", "", text)  # written before what would begin a line
    return re.sub(r"\s", "", re.sub(r"```[A-Za-z0-9_+.#-]{0,20}(?=\n|$)", "", text))


@settings(GENERATE, max_examples=200)
@given(documents, st.sampled_from([150, 300, 700, MESSAGE_LIMIT]))
def test_every_part_fits_is_balanced_and_together_they_are_the_whole(
    document: str, limit: int
) -> None:
    markdown = prose(document)
    parts = split(markdown, limit)
    for part in parts:
        assert 0 < units(part) <= limit
        assert part.count("```") % 2 == 0
    assert bare("\n".join(parts)) == bare(markdown)


@settings(GENERATE, max_examples=200)
@given(documents, st.sampled_from([150, 300, 700, MESSAGE_LIMIT]))
def test_code_that_fits_into_a_message_is_whole_in_one(document: str, limit: int) -> None:
    markdown = prose(document)
    parts = split(markdown, limit)
    for block in blocks(markdown):
        assert units(block) > limit or any(block in part for part in parts)


@settings(GENERATE, max_examples=150)
@given(documents, st.sampled_from([150, 300, 700]))
def test_quoted_code_stays_quoted_wherever_it_is_cut(document: str, limit: int) -> None:
    quote = "\n".join(f"> {line}" for line in literal_with_code(document).split("\n"))
    parts = split(quote, limit)
    for part in parts:
        assert units(part) <= limit
        fences = re.findall(r"^.*```.*$", part, re.MULTILINE)
        assert len(fences) % 2 == 0
        assert all(line.startswith("> ") for line in fences), part
    assert bare("\n".join(parts)) == bare(quote)


@pytest.mark.parametrize("length", range(1, 40, 3))
def test_a_block_goes_to_the_next_message_with_what_leads_in_to_it(length: int) -> None:
    text = f"{'word ' * length}\n\nRun this:\n{block_of(20)}\nSo much."
    parts = split(text, 240)
    assert any(f"Run this:\n{block_of(20)}" in part for part in parts)


def test_a_block_as_long_as_a_message_is_not_cut() -> None:
    filled = f"```\n{'x' * 292}\n```"
    assert units(filled) == 300
    assert split(f"{filled}\nSo much.", 300) == [filled, "So much."]
    assert split(f"Before.\n{filled}\nSo much.", 300) == ["Before.", filled, "So much."]


def test_the_end_of_one_block_does_not_lead_in_to_the_next() -> None:
    text = f"{block_of(3)}\n{block_of(12, 'sh')}\nSo much."
    parts = split(text, units(block_of(12, "sh")) + 5)
    assert parts[:2] == [block_of(3), block_of(12, "sh")]


def test_a_longer_block_keeps_its_language_and_its_quotation_in_each_part() -> None:
    for sign in ("", "> "):
        text = "\n".join(f"{sign}{line}" for line in block_of(60).split("\n"))
        parts = split(text, 200)
        assert len(parts) > 2
        for part in parts:
            assert part.startswith(f"{sign}```py\n{sign}line ")
            assert part.endswith(f"\n{sign}```")
        assert bare("\n".join(parts)) == bare(text)


@pytest.mark.parametrize("mark", ["> said", "# one", "- not", "+ more"])
def test_what_stood_in_a_line_does_not_begin_a_quotation_where_it_is_cut(mark: str) -> None:
    first, second = split(f"{'x' * 143} {mark} {'y' * 60}", 150)
    assert first == "x" * 143
    assert second.startswith(f"\\{mark} y")
