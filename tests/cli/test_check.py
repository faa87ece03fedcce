"""`quoth check` in this process, over a real index: what it prints, and how it fails."""

import json
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.doubles.cli_fakes import run

RULES = """# Rules

Readers must not take books out of the room. Loans end after four weeks.
"""


@pytest.fixture
def folder(own_folder: Path) -> Path:
    (own_folder / "documents" / "rules.md").write_text(RULES, encoding="utf-8")
    return own_folder


def test_a_text_is_checked_as_a_person_and_a_program_want_it(folder: Path) -> None:
    good = "They say “readers must not take books out” [1].\n\n[1] rules.md\n"
    (folder / "good.md").write_text(good, encoding="utf-8")
    result = run(folder, "check", "good.md")
    assert result.exit_code == 0, result.stderr
    head, quote, place, _, summary = result.stdout.splitlines()
    assert head == "good.md:1: word for word in the sources"
    assert quote == "  “readers must not take books out”"
    assert place.startswith("  documents/rules.md:9:40 (line 3; version ")
    assert summary == "1 quotation: 1 verbatim."

    bad = 'They say "readers must take books out".\n\nLoans end after five weeks.\n'
    (folder / "bad.md").write_text(bad, encoding="utf-8")
    result = run(folder, "check", "bad.md")
    assert result.exit_code == 1
    assert "bad.md:1: not what the source says" in result.stdout
    assert "  - “not” is missing" in result.stdout
    assert "  source: “Readers must not take books out”" in result.stdout
    assert "bad.md:3: not backed by the sources" in result.stdout
    assert "1 quotation: 1 nearly. 1 sentence: 1 not backed." in result.stdout

    result = run(folder, "check", "-", "--json", "--quotes-only", stdin=bad)
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["counts"] == {"nearly": 1}
    (finding,) = told["findings"]
    assert (finding["line"], finding["holds"], finding["quote"]["alters"]) == (1, False, True)
    assert finding["quote"]["differences"][0]["sort"] == "negation"
    place = finding["quote"]["place"]
    assert (place["source"], place["lines"], len(place["version"])) == ("rules.md", [3, 3], 64)
    assert RULES[place["start"] : place["end"]] == place["quote"]

    result = run(folder, "check", "good.md", "--source", "rules.md", "--quotes-only")
    assert result.exit_code == 0
    result = run(folder, "check", "good.md", "--source", "nowhere.md")
    assert (result.exit_code, "nowhere.md" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "is no text"),
        (b"caf\xe9 in latin", "is no text"),
        (b"", "The text is empty"),
        (b" \n\t", "The text is empty"),
        (b"No marks here.", "no quotation that could be checked"),
        (b"x" * 4_000_001, "is larger than 4 MB"),
        (b"x " * 600_000, "at most 1,000,000"),
        (None, "There is no file 'text.md'"),
    ],
    ids=["binary", "latin", "empty", "blank", "nothing", "large", "long", "absent"],
)
def test_bad_input_gets_a_sentence(folder: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (folder / "text.md").write_bytes(content)
    result = run(folder, "check", "text.md", "--quotes-only")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("documents", ["none", "empty", "unread"])
def test_a_text_is_not_checked_against_nothing(own_folder: Path, documents: str) -> None:
    (own_folder / "text.md").write_text("Loans end after four weeks.", encoding="utf-8")
    if documents == "none":
        (own_folder / "documents").rmdir()
    if documents == "unread":
        (own_folder / "documents" / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    result = run(own_folder, "check", "text.md")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "othing is indexed" in result.stderr


def test_the_example_of_the_page_for_agents_is_true(copied_folder: Path) -> None:
    page = (ROOT / "docs" / "agents.md").read_text(encoding="utf-8")
    example = re.search(
        r"```console\n\$ cat answer.md\n(.*?)\$ quoth check answer.md --quotes-only\n(.*?)```",
        page,
        re.DOTALL,
    )
    assert example is not None
    (copied_folder / "answer.md").write_text(example[1], encoding="utf-8")
    result = run(copied_folder, "check", "answer.md", "--quotes-only")
    printed = re.sub(r"version \w+", "version …", result.stdout)
    assert printed == example[2]


def test_a_folder_and_another_encoding(folder: Path) -> None:
    assert "is a folder" in run(folder, "check", ".").stderr
    text = "It says “Loans end after four weeks”."
    (folder / "wide.txt").write_text(text, encoding="utf-16")
    assert run(folder, "check", "wide.txt").exit_code == 0
