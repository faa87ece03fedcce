"""The plan of a synchronisation: which files are read, left, removed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.store.catalog_rows import FileState
from index.sync.plan import plan

KNOWN = FileState(size=10, mtime_ns=1000, ctime_ns=2000)
LARGER = FileState(size=11, mtime_ns=1000, ctime_ns=2000)
OLDER = FileState(size=10, mtime_ns=999, ctime_ns=2000)
REPLACED = FileState(size=10, mtime_ns=1000, ctime_ns=2001)
UNCERTAIN = FileState(size=-1, mtime_ns=1000, ctime_ns=2000)
FAILED = FileState(size=10, mtime_ns=1000, ctime_ns=2000, failure="It is encrypted.")


@pytest.mark.parametrize(
    ("found", "unreadable", "known", "expected"),
    [
        pytest.param({}, [], {}, {}, id="nothing"),
        pytest.param({"a": KNOWN}, [], {}, {"read": ("a",)}, id="new"),
        pytest.param({"a": KNOWN}, [], {"a": KNOWN}, {"same": ("a",)}, id="as it was"),
        pytest.param({"a": LARGER}, [], {"a": KNOWN}, {"read": ("a",)}, id="size"),
        pytest.param({"a": OLDER}, [], {"a": KNOWN}, {"read": ("a",)}, id="older"),
        pytest.param({"a": REPLACED}, [], {"a": KNOWN}, {"read": ("a",)}, id="same time again"),
        pytest.param({"a": KNOWN}, [], {"a": UNCERTAIN}, {"read": ("a",)}, id="written just then"),
        pytest.param({"a": KNOWN}, [], {"a": FAILED}, {"read": ("a",)}, id="failed before"),
        pytest.param({}, [], {"a": KNOWN}, {"gone": ("a",)}, id="gone"),
        pytest.param(
            {"b": KNOWN}, [], {"a": KNOWN}, {"read": ("b",), "gone": ("a",)}, id="renamed"
        ),
        pytest.param({"A": KNOWN}, [], {"a": KNOWN}, {"read": ("A",), "gone": ("a",)}, id="case"),
        pytest.param({}, ["d"], {"d/a": KNOWN}, {"unknown": ("d/a",)}, id="folder unreadable"),
        pytest.param({}, ["d"], {"d/e/a": KNOWN}, {"unknown": ("d/e/a",)}, id="deep in it"),
        pytest.param({}, ["d"], {"da": KNOWN}, {"gone": ("da",)}, id="only a like name"),
        pytest.param({}, ["a"], {"a": KNOWN}, {"unknown": ("a",)}, id="the file itself"),
        pytest.param({}, ["."], {"a": KNOWN}, {"unknown": ("a",)}, id="the whole folder"),
    ],
)
def test_plan(
    found: dict[str, FileState],
    unreadable: list[str],
    known: dict[str, FileState],
    expected: dict[str, tuple[str, ...]],
) -> None:
    made = plan(found, unreadable, known)._asdict()
    assert {key: value for key, value in made.items() if value} == expected


@given(
    st.sets(st.sampled_from("abcdef")),
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from([KNOWN, FAILED])),
)
def test_every_file_is_in_one_place(found: set[str], known: dict[str, FileState]) -> None:
    made = plan(dict.fromkeys(sorted(found), KNOWN), [], known)
    assert sorted(made.read + made.same) == sorted(found)
    assert set(made.gone) == set(known) - found
