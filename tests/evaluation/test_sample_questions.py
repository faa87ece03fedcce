"""The sample documents answer what they say, and little of what they do not.

The questions were written by reading the documents, before any was asked. The unanswerable ones
are near misses: their words and their topic stand in the documents, the answer does not.
"""

import json
from pathlib import Path

import pytest

from tests.doubles.cli_fakes import run

QUESTIONS = Path(__file__).parents[1] / "sample_questions.jsonl"


@pytest.mark.parametrize("reader", ["on", "off"])
def test_sample_questions_are_answered_where_the_documents_answer(
    reader: str, indexed_folder: Path
) -> None:
    found = run(indexed_folder, "eval", str(QUESTIONS), "--json", QUOTH_READER=reader)
    assert found.exit_code == 0, found.stderr
    metrics = json.loads(found.stdout)["metrics"]
    assert metrics["citation_exact"] == 1
    assert metrics["answered_recall"] >= 0.88
    assert metrics["first_three"] >= 0.9
    assert metrics["false_answers"] <= 0.15
    assert metrics["auroc"] >= 0.96
