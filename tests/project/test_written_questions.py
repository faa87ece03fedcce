"""Questions written for training: laid out again, and adapters of theirs averaged."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from training import written_questions
from training.averaged_adapter import averaged
from training.selection import add_rewordings
from training.written_questions import QUESTIONS, lay_out, pack

TEXT = "# Leave\r\n\r\nTake it — early.\nTake it — early.\n"


def test_a_set_is_laid_out_again_as_it_was_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(written_questions, "QUESTIONS", tmp_path / "packed")
    asked, clone = tmp_path / "ux1", tmp_path / "clones" / "owner+name"
    for folder in (asked / "documents" / "a", clone / "other"):
        folder.mkdir(parents=True)
    for path in (asked / "documents" / "a" / "leave.md", clone / "other" / "b.md"):
        path.write_bytes(TEXT.encode())
    answers = [{"file": "a/leave.md", "spans": ["# Leave", "it — early."]}]
    row = {"qid": "ux1-001", "question": "when?", "answerable": True, "answers": answers}
    (asked / "questions.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", "-C", str(clone), *command], check=True)
    pack(asked, "owner/name", "0" * 40, "CC0-1.0")
    packed = tmp_path / "packed" / "ux1.jsonl"
    assert "early" not in packed.read_text(encoding="utf-8")
    lay_out(packed, tmp_path / "clones", tmp_path / "out")
    laid = tmp_path / "out" / "real" / "tux1"
    assert (laid / "documents" / "a" / "leave.md").read_bytes() == TEXT.encode()
    assert json.loads((laid / "questions.jsonl").read_text()) == {**row, "note": ""}


def test_every_written_question_is_whole() -> None:
    for file in QUESTIONS.glob("*.jsonl"):
        head, *rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
        assert len({row["qid"] for row in rows}) == len(rows) > 80
        for row in rows:
            assert bool(row["answers"]) == row["answerable"]
            for answer in row["answers"]:
                assert answer["file"] in head["files"]
                assert all(0 <= start < end for start, end in answer["spans"])


def test_every_reworded_question_is_worded_twice_otherwise() -> None:
    rows = [{"set": "hb1", "qid": "hb1-001"}, {"set": "te3", "qid": "te3-060"}]
    add_rewordings(rows, QUESTIONS.parent / "rewordings.jsonl")
    assert all(len(set(row["rewordings"])) == 2 for row in rows)


def test_the_average_of_adapters_changes_weights_by_the_average_change() -> None:
    made = np.random.default_rng(1)
    shared = made.standard_normal((2, 6))
    adapters = [
        {
            "query.lora_A": shared.astype(np.float16),
            "query.lora_B": made.standard_normal((5, 2)).astype(np.float16),
            "query.bias": made.standard_normal(5).astype(np.float16),
        }
        for _ in range(3)
    ]
    mean, lost = averaged(adapters, 2)
    wanted = np.mean([each["query.lora_B"] @ each["query.lora_A"] for each in adapters], axis=0)
    np.testing.assert_allclose(mean["query.lora_B"] @ mean["query.lora_A"], wanted, atol=0.02)
    biases = [each["query.bias"] for each in adapters]
    np.testing.assert_allclose(mean["query.bias"], np.mean(biases, axis=0), atol=0.002)
    assert lost < 1e-6
    other = {**adapters[0], "query.lora_A": made.standard_normal((2, 6)).astype(np.float16)}
    assert averaged([adapters[1], other], 2)[1] > 0.01
