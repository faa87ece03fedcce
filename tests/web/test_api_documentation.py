"""The commands of docs/api.md do what it says, against the API as it is served."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from typing import Any

import pytest

from bot.web.api.api_routes import api_operations
from bot.web.api.problem_details import REASONS
from bot.web.api.question_room import QuestionRoom
from tests.conftest import ROOT
from tests.doubles.served_api import ServedApi

TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the commands are written for curl")
def test_every_command_and_program_of_the_page_runs(api: ServedApi) -> None:
    curled = [
        _run(api, ["bash", "-euo", "pipefail", "-c", block])
        for block in blocks("bash")
        if "curl" in block
    ]
    asked, chatted = (_run(api, [sys.executable, "-c", block]) for block in blocks("python"))
    with api.client() as client:
        told = client.get("/api/sources/x.md").json()
    answer, stream, lookups = curled
    expected = json.loads(blocks("json")[0])
    assert json.loads(answer).keys() == expected.keys()
    assert json.loads(answer)["citations"][0].keys() == expected["citations"][0].keys()
    assert json.loads(answer)["citations"][0]["start"] == expected["citations"][0]["start"]
    assert stream.startswith("event: answer\ndata: {")
    found, listed, shown, verdict = _each(lookups)
    assert len(found["hits"]) == 3
    assert listed["total"] == 4
    assert shown["text"].startswith("Jean-Pierre Lacroix")
    expected = json.loads(blocks("json")[1])
    citation = expected.pop("citation")
    assert {name: verdict[name] for name in expected} == expected
    assert citation["start"] == verdict["citation"]["start"]
    assert told == json.loads(blocks("json")[2])
    assert asked.endswith("(Lacroix)?\n")
    assert "Sources:" in chatted
    assert chatted.endswith("[1] UN peacekeeping prerequisites for Ukraine "
                            "un-peacekeeping-prerequisites.md#L13-L15\n")  # fmt: skip


def test_the_page_names_every_address_and_every_status(api: ServedApi) -> None:
    paths = {one.path for one in api_operations(api.parts, QuestionRoom())}
    unnamed = {"/v1/models"}
    assert {path for path in paths if path.replace(":path", "") not in TEXT} <= {
        *unnamed,
        "/v1/chat/completions",
    }
    assert {status for status in REASONS if str(status) not in TEXT} == {405}


def _run(served: ServedApi, command: list[str]) -> str:
    *head, code = command
    done = subprocess.run(
        [*head, code.replace("http://127.0.0.1:8765", served.url)],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "QUOTH_TOKEN": served.token()},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _each(text: str) -> list[dict[str, Any]]:
    """Return JSON objects that stand one behind the other."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(text):
        one, at = decoder.raw_decode(text, at)
        found.append(one)
    return found
