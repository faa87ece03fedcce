"""The sample documents are what the introduction says they are."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from index.load.folder_walk import scan
from index.load.loaders import load_file
from index.schema import LoadedDocument
from scripts.make_sample_pdf import TARGET, document

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "documents"
NAMES = [found.uri for found in scan(FOLDER).files]


@pytest.fixture(params=NAMES)
def sample(request: pytest.FixtureRequest) -> LoadedDocument:
    return load_file(FOLDER / request.param, name=request.param)


def load(name: str) -> LoadedDocument:
    return load_file(FOLDER / name)


def test_every_format_is_shown() -> None:
    assert NAMES == [
        "european-security-plan.html",
        "obstacles-to-un-involvement.pdf",
        "quoth-user-guide.md",
        "un-peacekeeping-prerequisites.md",
    ]
    assert (scan(FOLDER).failures, scan(FOLDER).skipped) == ((), ())


def test_each_is_a_page_long_and_clean(sample: LoadedDocument) -> None:
    assert 250 <= len(sample.text.split()) <= 750
    assert sample.warnings == ()
    assert sample.modified is not None
    assert sample.url is None


def test_the_titles() -> None:
    assert [load(name).title for name in NAMES] == [
        "Europe's three-tier security plan for Ukraine",
        "Obstacles to UN involvement in Ukraine",
        "Quoth user guide",
        "UN peacekeeping prerequisites for Ukraine",
    ]


def test_the_prerequisites_are_one_list_of_three_with_a_lead_in() -> None:
    text = load("un-peacekeeping-prerequisites.md").text
    lists = re.findall(r"^[^\n-][^\n]*:\n\n(?:- [^\n]+\n)+", text, re.MULTILINE)
    assert lists == [
        "The UN prerequisites for a peacekeeping mission in Ukraine are:\n\n"
        "- A ceasefire agreement between the warring parties.\n"
        "- A mandate from the UN Security Council, which needs the assent of Russia as a permanent "
        "member.\n"
        "- Security guarantees that keep the peacekeepers themselves safe.\n"
    ]


def test_no_other_document_repeats_the_prerequisites() -> None:
    for name in NAMES:
        if name != "un-peacekeeping-prerequisites.md":
            assert "prerequisite" not in load(name).text.lower()
            assert "warring parties" not in load(name).text


def test_the_plan_holds_its_table() -> None:
    text = load("european-security-plan.html").text
    assert "| Tier | What | Who |\n| --- | --- | --- |\n| 1. Watching" in text
    assert len(re.findall(r"^\| \d\. ", text, re.MULTILINE)) == 3
    assert "Sample document that ships" not in text


def test_the_pdf_is_what_its_script_makes() -> None:
    assert TARGET.read_bytes() == document()
    assert len(load("obstacles-to-un-involvement.pdf").pages) == 2


def test_pages_follow_each_other() -> None:
    for first, second in pairwise(load("obstacles-to-un-involvement.pdf").pages):
        assert second.start == first.end + 2
