"""What `docs/formats.md` tells of every format, and what is said where an extra is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from index.errors import LoadError
from index.load.formats import FORMATS, Format

TABLE = Path(__file__).parents[3] / "docs" / "formats.md"


def told() -> dict[str, tuple[set[str], str]]:
    """Return endings and extra of each kind in the table."""
    rows = re.findall(
        r"^\| ([^|]+) \| (`[^|]+) \|([^|]*)\|", TABLE.read_text("utf-8"), re.MULTILINE
    )
    return {kind: (set(re.findall(r"`([^`]+)`", ends)), extra) for kind, ends, extra in rows}


def test_the_table_tells_every_format_and_no_other() -> None:
    assert told().keys() == {each.kind for each in FORMATS}


@pytest.mark.parametrize("each", FORMATS, ids=lambda each: str(each.kind))
def test_the_table_tells_endings_and_extra(each: Format) -> None:
    endings, extra = told()[each.kind]
    assert endings == each.suffixes
    assert extra.strip(" `") == (each.extra or "")


def test_no_ending_and_no_media_type_belongs_to_two_formats() -> None:
    endings = [suffix for each in FORMATS for suffix in each.suffixes]
    types = [mime for each in FORMATS for mime in each.mimes]
    assert len(endings) == len(set(endings)) and len(types) == len(set(types))


def test_a_missing_extra_is_named_with_its_command() -> None:
    absent = Format("Odd files", "no_such_package:load", frozenset({".odd"}), extra="odd")
    with pytest.raises(LoadError, match=r"Odd files need .* `pip install 'quoth\[odd\]'`"):
        absent.parse(b"", "a.odd")
