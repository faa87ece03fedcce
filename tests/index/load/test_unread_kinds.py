"""Kinds that are not read: what is advised can be followed, and endings are told as people do."""

import pytest

from index.load.formats import SUFFIXES
from index.load.unread_kinds import UNREAD_KINDS, ending_of


def test_every_kind_can_be_saved_as_something_that_is_read() -> None:
    for kind in UNREAD_KINDS:
        assert not SUFFIXES.isdisjoint(kind.better), kind.kind
    named = [suffix for kind in UNREAD_KINDS for suffix in kind.suffixes]
    assert len(named) == len(set(named))


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("film.MP4", ".mp4"),
        ("backup.tar.gz", ".gz"),
        ("Makefile", ""),
        (".env", ""),
        ("ends with a dot.", ""),
        ("minutes v1. last draft", ""),
        ("key.of-the-north-door", ""),
    ],
)
def test_how_a_name_ends(name: str, ending: str) -> None:
    assert ending_of(name) == ending
