"""One page for all tests of this folder: opening the models takes long."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.served_page import HOSTILE, SCOPED, ServedPage, served_page


@pytest.fixture(scope="session")
def page_folder(indexed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("page") / "folder"
    shutil.copytree(indexed_folder, made, symlinks=True)
    (made / "documents" / "fees.txt").write_text(HOSTILE, encoding="utf-8")
    report = {
        "questions": 12, "metrics": {"hits@1": 0.75}, "latency_ms": {"p50": 40.0},
        "failing": [{"qid": "1", "question": "Who <b>pays</b>?", "problems": ["not answered"]}],
    }  # fmt: skip
    (made / "report.json").write_text(json.dumps(report))
    return made


@pytest.fixture(scope="session")
def page(page_folder: Path) -> Iterator[ServedPage]:
    with served_page(page_folder, QUOTH_WEB_REPORT="report.json") as served:
        served.app.library.bring_in_step()
        served.app.library.add_text(
            SCOPED, "plan.txt", "The harbour plan needs nine tugs.\n", title="Harbour plan"
        )
        yield served
