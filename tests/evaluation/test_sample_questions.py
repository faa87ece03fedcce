"""The sample documents answer what they say, and little of what they do not.

The questions were written by reading the documents, before any was asked. The unanswerable ones
are near misses: their words and their topic stand in the documents, the answer does not.
"""

import json
from pathlib import Path

import pytest

from tests.doubles.cli_fakes import run

QUESTIONS = Path(__file__).parents[1] / "sample_questions.jsonl"


@pytest.mark.parametrize(
    ("quality", "reader", "count", "recall", "false", "auroc"),
    [
        # It claims less, since what it does not claim is shown all the same.
        pytest.param("best", "on", 50, 0.88, 0.08, 0.95, id="selector"),
        pytest.param("best", "on", 1000, 0.88, 0.08, 0.95, id="all", marks=pytest.mark.long),
        pytest.param("fast", "on", 1000, 0.88, 0.15, 0.96, id="quick", marks=pytest.mark.long),
        pytest.param("fast", "off", 1000, 0.88, 0.15, 0.96, id="words"),
    ],
)
def test_sample_questions_are_answered_where_the_documents_answer(
    quality: str,
    reader: str,
    count: int,
    recall: float,
    false: float,
    auroc: float,
    indexed_folder: Path,
) -> None:
    asked = ("eval", str(QUESTIONS), "--limit", str(count), "--json")
    found = run(indexed_folder, *asked, QUOTH_QUALITY=quality, QUOTH_READER=reader)
    assert found.exit_code == 0, found.stderr
    metrics = json.loads(found.stdout)["metrics"]
    assert metrics["citation_exact"] == 1
    assert metrics["answered_recall"] >= recall
    assert metrics["first_three"] >= 0.9
    assert metrics["false_answers"] <= false
    assert metrics["auroc"] >= auroc
