"""Questions get the same answers from an index in a database as from one in files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.chroma_server import ChromaServer
from tests.doubles.cli_fakes import run
from tests.evaluation.test_sample_questions import QUESTIONS

ROOT = Path(__file__).parents[3]

MORE = (
    "jean-piere lacroix peacekeping",  # misspelt
    "“Security guarantees that keep the peacekeepers themselves safe”",
    "how do I index a folder, and what if it fails?",
    "documents/quoth-user-guide.md",
    "zebra crossing",
)


@pytest.mark.parametrize("command", ["ask", "search"])
def test_the_sample_questions_are_answered_alike(
    command: str, tmp_path: Path, database_url: str, chroma: ChromaServer
) -> None:
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()[::6]
    asked = [*(json.loads(line)["question"] for line in lines), *MORE]
    told = []
    for name, url in (("files", ""), ("database", database_url)):
        folder = tmp_path / name
        shutil.copytree(ROOT / "documents", folder / "documents")
        environ = {
            "QUOTH_DATABASE_URL": url, "QUOTH_CHROMA_URL": chroma.url, "QUOTH_QUALITY": "fast",
        }  # fmt: skip
        done = run(folder, "sync", fake=None, stdin=None, **environ)
        assert done.exit_code == 0, done.stderr
        done = run(folder, command, "-", "--json", fake=None, stdin="\n".join(asked), **environ)
        told.append([without_the_moment(json.loads(line)) for line in done.stdout.splitlines()])
    assert len(told[0]) == len(asked)
    assert told[0] == told[1]
    assert not (tmp_path / "database" / ".quoth" / "catalog.sqlite").exists()


def without_the_moment(said: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if key not in ("id", "timings_ms")}
