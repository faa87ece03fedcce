"""Code in answers, below sources and on cards: as code, whole, with its language, and harmless."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.discord_bot.text.answers import CODE_ATTACHED, render_answer, show_card
from bot.discord_bot.text.message_split import MESSAGE_LIMIT, units
from bot.schema import Answer, AnswerPart, Citation
from index.schema import Evidence

NOW = datetime(2026, 3, 22, 12, tzinfo=UTC)
CODE = "```python title='x.py'\nif a[1]:\n    print('[2]')\n```"
SHOWN = "```python\nif a[1]:\n    print('[2]')\n```"


def citation(text: str, quote: str, **fields: object) -> Citation:
    start = text.index(quote)
    known: dict[str, object] = {
        "marker": 1,
        "evidence": Evidence(source_id="s", sha256="v", start=start, end=start + len(quote)),
        "collection": "documents",
        "source": "guide.md",
        "title": "Guide",
        "quote": quote,
        "lines": (1, 2),
    }
    return Citation.model_validate(known | fields)


def answer(*parts: AnswerPart, citations: tuple[Citation, ...]) -> Answer:
    return Answer(
        id="a1", status="answered", parts=parts, citations=citations, confidence=0.9,
        question="How?", standalone_question="How?",
    )  # fmt: skip


def quoted_answer(quote: str) -> tuple[str, ...]:
    cited = citation(quote, quote)
    return render_answer(answer(AnswerPart(markers=(1,)), citations=(cited,)), now=NOW).parts


def written_answer(quote: str, **fields: object) -> str:
    """Return the quote below the source of what a model wrote."""
    cited = citation(quote, quote, **fields)
    parts = (AnswerPart(text="So.", markers=(1,)),)
    (message,) = render_answer(answer(*parts, citations=(cited,)), now=NOW).parts
    return message.partition("**Guide**\n")[2]


def card_of(text: str, quote: str) -> str:
    return show_card(citation(text, quote), text, now=NOW).body.partition("\n\n")[2]


def test_code_in_an_answer_keeps_its_language_and_its_brackets() -> None:
    (message,) = quoted_answer(f"See [3]:\n{CODE}")
    assert message.startswith(f"See ‹3›:\n{SHOWN}\n [1]\n\n**Sources**")


def test_code_below_a_source_is_code_too() -> None:
    assert written_answer(f"Run [3]:\n{CODE}") == (
        "> Run ‹3›:\n> ```python\n> if a[1]:\n>     print('[2]')\n> ```"
    )


def test_a_table_below_a_source_is_aligned() -> None:
    table = "| Plan | Price [9] |\n|---|---|\n| Free | 0 |"
    assert written_answer(table) == (
        "> ```\n> Plan  Price ‹9›\n> ----  ---------\n> Free  0\n> ```"
    )


def test_a_short_block_in_a_long_quote_is_not_cut() -> None:
    quote = f"{'Words before it. ' * 12}\n\n{CODE}\n\n{'Words after it. ' * 40}"
    shown = written_answer(quote)
    assert "> ```python\n> if a[1]:\n>     print('[2]')\n> ```" in shown
    assert shown.endswith("…")


def test_of_a_long_block_whole_lines_stand_between_fences() -> None:
    code = "\n".join(f"line {number} [1]" for number in range(200))
    quote = f"Run:\n```sh\n{code}\n```\nSo much."
    at = quote.index("line 100")
    shown = written_answer(quote, highlight=(at, at + 8)).split("\n")
    assert shown[:2] == ["> …", "> ```sh"]
    assert shown[-2:] == ["> ```", "> …"]
    assert "> line 100 [1]" in shown
    assert all(re.fullmatch(r"> line \d+ \[1\]", line) for line in shown[2:-2])


def test_of_a_long_table_whole_rows_stand_below_their_header() -> None:
    rows = "\n".join(f"| name {number} | {number} |" for number in range(200))
    quote = f"| Name | Count |\n|---|---|\n{rows}"
    at = quote.index("name 100")
    shown = written_answer(quote, highlight=(at, at + 8)).split("\n")
    assert shown[:2] == ["> …", "> ```"]
    assert shown[2].split() == [">", "Name", "Count"]
    assert "> name 100  100" in shown


def test_a_card_shows_code_as_code_around_a_quote_and_in_it() -> None:
    text = f"# Guide\n\nFirst:\n\n{CODE}\n\nThen rest.\n\n```sh\nls\n```\n"
    shown = SHOWN.replace("\n", "\n> ")
    assert card_of(text, CODE) == (f"**Guide**\n\nFirst:\n> {shown}\nThen rest.\n\n```sh\nls\n```")


def test_a_card_shows_lines_that_are_quoted_from_inside_code_as_code() -> None:
    text = "Run:\n\n```sh\ncd /tmp\nmake all\nmake install\n```\n\nDone.\n"
    assert card_of(text, "make all") == (
        "Run:\n\n```sh\ncd /tmp\n```\n> ```sh\n> make all\n> ```\n```sh\nmake install\n```\n\nDone."
    )


def test_code_that_cannot_be_shown_whole_is_whole_in_the_file() -> None:
    long = "\n".join(f"line {number} of code" for number in range(150))
    for code in (long, "echo '```'"):
        quote = f"Run:\n~~~sh\n{code}\n~~~"
        cited = citation(quote, quote)
        shown = render_answer(answer(AnswerPart(markers=(1,)), citations=(cited,)), now=NOW)
        assert CODE_ATTACHED in shown.parts[-1]
        assert shown.attachment is not None
        assert f"~~~sh\n{code}\n~~~" in shown.attachment[1].decode()
        assert all(part.count("```") % 2 == 0 for part in shown.parts)
    assert (
        render_answer(
            answer(AnswerPart(markers=(1,)), citations=(citation(CODE, CODE),)), now=NOW
        ).attachment
        is None
    )


def test_the_file_of_a_long_answer_marks_its_own_numbers_only() -> None:
    quote = "As [3] says. " * 700
    cited = citation(quote, quote, title="On [7]")
    shown = render_answer(answer(AnswerPart(markers=(1,)), citations=(cited,)), now=NOW)
    assert shown.attachment is not None
    text = shown.attachment[1].decode()
    assert "[3]" not in text
    assert "[7]" not in text
    assert "As ‹3› says." in text


pieces = st.sampled_from(
    ["```", "```py", "~~~", "| a | b |", "|---|---|", "words [3]", "    x", "> ```", "", "- ```sh"]
)


@settings(deadline=None, max_examples=150)
@given(st.lists(pieces, min_size=1, max_size=40), st.integers(0, 300), st.integers(1, 40))
def test_whatever_is_quoted_fences_are_balanced_everywhere(
    lines: list[str], start: int, length: int
) -> None:
    text = "\n".join(lines) * 4 or "x"
    quote = text[start : start + length * 20]
    if not quote.strip():
        return
    evidence = Evidence(source_id="s", sha256="v", start=start, end=start + len(quote))
    cited = citation(text, quote, evidence=evidence, highlight=(0, min(9, len(quote))))
    for parts in ((AnswerPart(markers=(1,)),), (AnswerPart(text="So.", markers=(1,)),)):
        for part in render_answer(answer(*parts, citations=(cited,)), now=NOW).parts:
            assert units(part) <= MESSAGE_LIMIT
            assert part.count("```") % 2 == 0
    card = show_card(cited, text, now=NOW)
    assert card.body.count("```") % 2 == 0


@pytest.mark.parametrize("quote", ["As [3] and [1, 2] say.", "[12]", "a[0] is no code [3]"])
def test_a_number_in_brackets_is_ours_alone(quote: str) -> None:
    for shown in (quoted_answer(quote)[0], written_answer(quote)):
        answered = shown.partition("**Sources**")[0]
        assert re.findall(r"\[\d[^\]]*\]", answered) in (["[1]"], [])
        assert "‹" in answered


def test_titles_and_headings_have_no_numbers_of_ours() -> None:
    cited = citation("Yes.", "Yes.", title="Guide [2]", heading=("Part [3]",))
    (message,) = render_answer(answer(AnswerPart(markers=(1,)), citations=(cited,)), now=NOW).parts
    assert message == "Yes. [1]\n\n**Sources**\n[1] **Guide ‹2›** · Part ‹3›"
