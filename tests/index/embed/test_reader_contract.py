"""What callers rely on, of the readers of the tests and of the trained one alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.embed.reader import open_reader
from index.protocols import Reader
from tests.doubles.fakes import FixedReader, PointingReader

QUESTION = "What is the membership fee?"
FEE = "Boats are green. The membership fee is 10 euros a year. It is paid in March."
OTHER = "The moon pulls the sea."


@pytest.fixture(scope="module")
def trained(indexed_folder: Path) -> Reader:
    opened = open_reader(indexed_folder / ".quoth", threads=1)
    assert opened is not None
    return opened


@pytest.fixture(params=["pointing", "fixed", "trained"])
def reader(request: pytest.FixtureRequest) -> Reader:
    if request.param == "trained":
        real: Reader = request.getfixturevalue("trained")
        return real
    return PointingReader() if request.param == "pointing" else FixedReader()


def test_the_answer_is_pointed_at(reader: Reader) -> None:
    ((best, *_),) = reader.read(QUESTION, [("Rowing club", FEE)])
    at = FEE.index("10 euros")
    assert at <= best.start < best.end <= FEE.index(" It is paid")
    assert best.score > 0


def test_spans_lie_in_their_text_and_the_best_come_first(reader: Reader) -> None:
    texts = [("Rowing club", FEE), ("", OTHER), ("Rowing club", "Fee: 7 euros"), ("", "")]
    found = reader.read(QUESTION, texts)
    assert len(found) == len(texts)
    for (_, text), readings in zip(texts, found, strict=True):
        assert all(0 <= one.start < one.end <= len(text) for one in readings)
        scores = [one.score for one in readings]
        assert scores == sorted(scores, reverse=True)
    assert found[3] == ()
    assert reader.read(QUESTION, []) == []


def test_a_text_is_read_alike_alone_and_among_others(reader: Reader) -> None:
    (alone,) = reader.read(QUESTION, [("Rowing club", FEE)])
    _, among = reader.read(QUESTION, [("", OTHER), ("Rowing club", FEE)])
    assert (alone[0].start, alone[0].end) == (among[0].start, among[0].end)
    assert alone[0].score == pytest.approx(among[0].score, abs=1e-2)
