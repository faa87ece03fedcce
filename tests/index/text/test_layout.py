"""Plain text in lines and columns."""

import pytest

from index.text.layout import aligned, display_width, line_range


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("語", 2), ("e\u0301", 1), ("a\u200bb", 2), ("☎\ufe0f", 1), ("", 0)],
)
def test_a_width_counts_columns_and_not_characters(text: str, columns: int) -> None:
    assert display_width(text) == columns


def test_columns_are_as_wide_as_they_need_and_short_rows_are_filled() -> None:
    rows = [["name", "seats", ""], ["語", "4", "new"], ["Otter"]]
    assert aligned(rows).split("\n") == ["name   seats", "語     4      new", "Otter"]
    assert aligned(rows, ruled=True).split("\n")[1] == "-----  -----  ---"


def test_one_line_is_no_range() -> None:
    assert line_range(3, 3) == "line 3"
    assert line_range(3, 4) == "lines 3-4"
    assert line_range(3, 4, dash="–") == "lines 3–4"
