"""Text as blocks: whatever signs are left out of sight, the marks are where the offsets say."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.source_view import MOST_HEADINGS, outline, part_of
from bot.web.text_blocks import Block, Marks, Run, blocks
from bot.web.text_difference import MOST_STRETCHES, Part, text_difference
from index.schema import Source, Span
from index.text.markdown_headings import markdown_heading
from index.text.readable_markdown import Markup
from tests.doubles.growth import grows_in_step

TEXT = """# Harbour **rules**

Ships *longer than* ninety
metres need `two` tugs.

- one tug
2. [two tugs](http://example.org)

| Length | Tugs |
|---|---|
| 90 m | **2** |

```
a < b
```
"""


def shown(text: str, quote: str = "", inside: str = "", markup: Markup = "markdown") -> list[Block]:
    def span(words: str, after: int = 0) -> Span | None:
        start = text.index(words, after)
        return Span(start=start, end=start + len(words)) if words else None

    marks = Marks(span(quote), span(inside, text.index(quote)))
    return blocks(text, Span(start=0, end=len(text)), marks, markup)


def runs(found: list[Block]) -> list[Run]:
    cells = [cell for block in found for row in block.rows for cell in row]
    return [run for block in found for run in block.runs] + [run for cell in cells for run in cell]


def test_markdown_becomes_blocks_with_its_signs_left_out() -> None:
    found = shown(TEXT)
    kinds = ["heading", "paragraph", "item", "item", "table", "code"]
    assert [block.kind for block in found] == kinds
    words = ["".join(run.text for run in block.runs) for block in found]
    assert words[:2] == ["Harbour rules", "Ships longer than ninety\nmetres need `two` tugs."]
    assert words[2:4] == ["one tug", "two tugs"]
    assert found[3].sign == "2."
    assert found[4].head
    assert found[4].rows[1][1] == (Run("2"),)
    assert words[5] == "a < b"


@pytest.mark.parametrize(
    ("quote", "inside", "marked"),
    [
        ("longer than* ninety\nmetres", "ninety", "longer than ninety\nmetres"),
        ("| 90 m | **2** |", "2", "90 m2"),
        ("one tug\n2. [two", "", "one tugtwo"),
        ("a < b", "<", "a < b"),
    ],
)
def test_a_quote_is_marked_with_the_answer_in_it(quote: str, inside: str, marked: str) -> None:
    found = [run for run in runs(shown(TEXT, quote, inside)) if run.mark]
    assert "".join(run.text for run in found) == marked
    strong = "".join(run.text for run in found if run.mark == "highlight")
    assert strong == inside
    assert [run.first for run in found] == [True] + [False] * (len(found) - 1)


@given(st.text(alphabet="ab *_`#|-\n>[]()<&\u202e\x00", max_size=200), st.data())
def test_whatever_a_document_says_its_quote_is_marked(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    markup: Markup = data.draw(st.sampled_from(["markdown", "page", "none", "code", "org"]))
    marks = Marks(Span(start=start, end=end))
    found = runs(blocks(text, Span(start=0, end=len(text)), marks, markup))
    letters = [c for run in found if run.mark for c in run.text if c in "ab"]
    quoted = [c for c in text[start:end] if c in "ab"]
    assert "\u202e" not in "".join(run.text for run in found)
    if markup in ("none", "code"):
        assert letters == quoted
    else:  # Markdown hides targets of links, and names of elements
        rest = iter(quoted)
        assert all(letter in rest for letter in letters)


@given(st.text(alphabet="ab \n", max_size=400), st.integers(0, 400), st.integers(1, 50))
def test_the_parts_of_a_text_follow_one_another_to_its_end(text: str, at: int, length: int) -> None:
    quote = Span(start=at, end=at + 1) if at < len(text) else None
    window = part_of(text, quote, None, length)
    if quote and len(text) > length:
        assert window.start <= quote.start < window.end
    start, seen = 0, 0
    while start < len(text):
        part = part_of(text, None, start, length)
        assert part.start <= start < part.end <= len(text)
        start, seen = part.end, seen + 1
        assert seen <= len(text)


def test_a_text_of_one_endless_line_is_shown_in_parts() -> None:
    text = "words " * 100_000
    window = part_of(text, Span(start=300_000, end=300_005), None, 16_000)
    found = blocks(text, window, Marks(Span(start=300_000, end=300_005)), "markdown")
    assert sum(len(run.text) for run in runs(found)) < 20_000
    assert "".join(run.text for run in runs(found) if run.mark) == text[300_000:300_005]


def test_the_outline_of_a_text_with_thousands_of_headings_is_that_around_the_quote() -> None:
    text = "".join(f"# Part {n}\n\nWords.\n\n" for n in range(3000))
    whole = Source(
        id="a" * 16, collection="documents", uri="a.md", title="A", mime="text/markdown",
        text=text, sha256="1" * 64, added_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    start = text.index("# Part 2000\n")
    found = outline(whole, Span(start=start, end=start + 30))
    assert len(found) == MOST_HEADINGS
    assert [each.text for each in found if each.is_here] == ["Part 2000", "Part 2001"]
    assert (
        outline(whole.model_copy(update={"uri": "a.txt", "mime": ""}), Span(start=0, end=9)) == []
    )


@pytest.mark.parametrize("unit", [" ", " #", "\t", "a #"])
def test_an_outline_takes_no_square_of_a_line(unit: str) -> None:
    def outlined(text: str) -> object:
        now = datetime.now(UTC)
        source = Source(
            id="0" * 16, uri="a.md", title="A", mime="text/markdown", sha256="a" * 64,
            text=text, collection="main", added_at=now,
        )  # fmt: skip
        return outline(source, Span(start=0, end=100))

    grows_in_step(outlined, lambda n: f"# a{unit * (n // len(unit))}b\n", 6_000)


def test_a_heading_has_no_signs_at_its_end() -> None:
    lines = {"# a b ## \t#": "a b", "  ###  # ##": "#", "#\ta#b": "a#b", "# ": None, "a": None}
    for line, words in lines.items():
        found = markdown_heading(line)
        assert (found.text if found else None) == words


def test_changed_words_are_told_with_the_lines_around_them() -> None:
    old = "One.\n\nThe fee is 45 euros a day.\n\nThe end.\n"
    found = text_difference(old, old.replace("45", "60").replace("The end", "An end"))
    assert found.is_whole
    first, second = found.stretches
    assert [part for part in first.parts if part.kind != "same"] == [
        Part("removed", "45"), Part("added", "60")
    ]  # fmt: skip
    assert "".join(p.text for p in first.parts if p.kind != "added").strip() == (
        "The fee is 45 euros a day."
    )
    assert Part("removed", "The") in second.parts
    assert text_difference(old, old).stretches == ()


@given(st.lists(st.sampled_from(["a\n", "b c\n", "\n"]), max_size=20), st.data())
def test_a_difference_tells_both_versions(old: list[str], data: st.DataObject) -> None:
    new = data.draw(st.lists(st.sampled_from(["a\n", "b d\n", "\n"]), max_size=20))
    found = text_difference("".join(old), "".join(new))
    removed = sum(len(p.text) for s in found.stretches for p in s.parts if p.kind == "removed")
    added = sum(len(p.text) for s in found.stretches for p in s.parts if p.kind == "added")
    assert added - removed == len("".join(new)) - len("".join(old))


def test_words_are_compared_only_of_the_stretches_that_are_shown() -> None:
    def versions(number: int) -> tuple[str, str]:
        signs = [chr(0x2190 + sign) for sign in range(150)]
        chance = random.Random(1)
        old = new = ""
        for at in range(number):
            line = chance.choices(signs, k=400)
            old += f"kept {at}\n{''.join(line)}\n"
            line[::2] = chance.choices(signs, k=200)
            new += f"kept {at}\n{''.join(line)}\n"
        return old, new

    compared = text_difference(*versions(3 * MOST_STRETCHES))
    assert len(compared.stretches) == MOST_STRETCHES
    assert not compared.is_whole
    grows_in_step(lambda pair: text_difference(*pair), versions, MOST_STRETCHES * 5)


def test_of_a_stretch_with_very_many_signs_the_words_are_not_compared() -> None:
    def versions(number: int) -> tuple[str, str]:
        chance = random.Random(1)
        signs = [chr(0x2190 + sign) for sign in range(600)]
        old = chance.choices(signs, k=number)
        new = [sign if at % 4 else chance.choice(signs) for at, sign in enumerate(old)]
        return f"a\n{''.join(old)}\nz", f"a\n{''.join(new)}\nz"

    parts = text_difference(*versions(2000)).stretches[0].parts
    assert len(parts) > 100
    parts = text_difference(*versions(5900)).stretches[0].parts
    assert [part.kind for part in parts] == ["same", "removed", "added", "same"]


def test_a_text_that_is_another_altogether_is_told_near_the_quote_and_soon() -> None:
    old = "".join(f"line {n % 7}\n\n" for n in range(20_000))
    new = "".join(f"row {n % 5}\n\n" for n in range(20_000))
    found = text_difference(old, new, near=len(old) // 2)
    assert not found.is_whole
    assert sum(len(part.text) for each in found.stretches for part in each.parts) < 200_000
