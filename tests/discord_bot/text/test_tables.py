"""Tables in Discord: aligned, below their header, each row with its markers."""

from __future__ import annotations

import re

import pytest

from bot.discord_bot.text.message_split import split
from bot.discord_bot.text.safe_markdown import prose
from bot.discord_bot.text.tables import without_pipes

HEAD = "| Plan | Price |"
LONG = "around the clock, in every language that is spoken here"


def test_rows_that_are_quoted_one_by_one_stand_below_their_header() -> None:
    rows = f"Plans: [1]\n{HEAD} [2]\n| Free | 0 | [3]\n| Business | 90 | [4][5]\nSo much."
    assert without_pipes(rows) == (
        "Plans: [1]\n"
        "```\n"
        "Plan      Price  [2]\n"
        "--------  -----\n"
        "Free      0      [3]\n"
        "Business  90     [4][5]\n"
        "```\n"
        "So much."
    )


def test_the_marker_of_a_whole_table_stands_below_it() -> None:
    table = f"{HEAD}\n|---|---|\n| Free | 0 |\n| - | - | [1]"
    assert without_pipes(table) == ("```\nPlan  Price\n----  -----\nFree  0\n-     -\n```\n[1]")


def test_a_wide_table_names_its_columns_and_keeps_its_markers() -> None:
    rows = f"{HEAD} [1]\n| Free | 0 | [2]\n| Business | {LONG} | [3]"
    assert without_pipes(rows) == (
        f"- **Free** · Price: 0 [1][2]\n- **Business** · Price: {LONG} [3]"
    )


@pytest.mark.parametrize("rows", ["|---|---|\n| a | b |\n| c | d |", "| a | b |\n| c | d |"])
def test_rows_are_aligned_with_a_header_or_without(rows: str) -> None:
    shown = without_pipes(rows).split("\n")
    assert shown[0] == shown[-1] == "```"
    assert ("-  -" in shown) == (not rows.startswith("|--"))
    assert {"a  b", "c  d"} <= set(shown)


def test_one_row_and_rows_in_code_stay() -> None:
    for text in ("| a | b | [1]", "```\n| a | b |\n| c | d |\n```"):
        assert without_pipes(text) == text


def test_a_long_table_is_dealt_into_blocks_each_below_the_header() -> None:
    rows = "\n".join(f"| name {number} | {number} | [{number}]" for number in range(2, 200))
    parts = split(prose(without_pipes(f"{HEAD} [1]\n{rows}")))
    blocks = [block for part in parts for block in re.findall(r"```\n.*?\n```", part, re.DOTALL)]
    assert len(blocks) > 2
    for block in blocks:
        assert block.split("\n")[1].split() == ["Plan", "Price", "[1]"]
        assert set(block.split("\n")[2]) == {"-", " "}
    text = "\n".join(blocks)
    assert all(f"name {number} " in text for number in range(2, 200))
