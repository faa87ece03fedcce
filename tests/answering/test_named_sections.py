"""Lists, sections and documents that a question names in their own words."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.answering.extractive.extractor import Extractor
from bot.answering.extractive.scored_sentences import SentenceScorer
from bot.schema import CLAIMED
from index.embed.minilm import open_minilm
from tests.doubles.answer_world import World, open_world

NOTES = """# Orla {version} release notes

Released on {day} March 2024.

## New features

- {first}
- {second}

## Fixed

- {fixed} no longer crashes.
- {fixed} opens in the right window.

## System requirements

Orla {version} needs 4 gigabytes of memory.
"""
HANDBOOK = """# Staff handbook

## Sick leave

Call your team lead before 9 am. A note from a doctor is needed from the third day.

## Contacts

- Maria Lindqvist, room 214
- The service desk, extension 4400
- Tom Okafor, room 118
"""


@pytest.fixture(scope="module")
def world(indexed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    minilm = open_minilm(indexed_folder / ".quoth", threads=1)
    with open_world(tmp_path_factory.mktemp("home"), minilm) as opened:
        for version, day, words in (
            ("2.0", 1, ("Dark mode", "Export to PDF", "The editor")),
            ("2.1", 9, ("Scheduled reports", "Two-factor sign-in", "The calendar")),
        ):
            first, second, fixed = words
            text = NOTES.format(version=version, day=day, first=first, second=second, fixed=fixed)
            opened.add("all", f"{version}.md", text, title=f"Orla {version} release notes")
        opened.add("all", "handbook.md", HANDBOOK, title="Staff handbook")
        yield opened


def quoted(world: World, question: str, *, threshold: float = 0.999) -> list[str]:
    """Return what answers, though nothing may be as sure as the threshold."""
    scorer = SentenceScorer(world.embedder, None)
    extractor = Extractor(scorer, threshold=threshold, floor=threshold)
    draft = extractor.extract(question, world.find(question, "all")).draft
    evidence = [pick.evidence for part in draft.parts for pick in part.picks]
    return [world.catalog.source(e.source_id).text[e.start : e.end] for e in evidence]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is new in Orla 2.1?", ["Scheduled reports", "Two-factor sign-in"]),
        ("What is new in version 2.1?", ["Scheduled reports", "Two-factor sign-in"]),
        ("What's new in 2.0?", ["Dark mode", "Export to PDF"]),
        (
            "What was fixed in 2.0?",
            ["The editor no longer crashes.", "The editor opens in the right window."],
        ),
        (
            "List all contacts",
            ["Maria Lindqvist, room 214", "The service desk, extension 4400",
             "Tom Okafor, room 118"],
        ),
    ],
)  # fmt: skip
def test_a_list_is_found_by_its_heading(world: World, question: str, expected: list[str]) -> None:
    assert quoted(world, question) == expected


def test_a_section_is_found_by_its_heading(world: World) -> None:
    found = quoted(world, "What are the system requirements?")
    assert sorted(found) == [
        "Orla 2.0 needs 4 gigabytes of memory.",
        "Orla 2.1 needs 4 gigabytes of memory.",
    ]


def test_a_follow_up_names_a_section_whatever_is_carried_over(world: World) -> None:
    extractor = Extractor(SentenceScorer(world.embedder, None), threshold=0.999)
    findings = world.find(
        "What about sick leave (Orla, reports)?", "all", asked="What about sick leave?"
    )
    draft = extractor.extract("What about sick leave (Orla, reports)?", findings).draft
    spans = [pick.evidence for part in draft.parts for pick in part.picks]
    assert spans
    assert {world.catalog.source(span.source_id).title for span in spans} == {"Staff handbook"}


@pytest.mark.parametrize(
    "question",
    [
        "Who is new in Orla 2.1?",
        "When were the features of 2.1 fixed?",
        "What is new in Orla 7.3?",
        "List all holidays",
        "What are the system warnings?",
    ],
)
def test_a_heading_that_lacks_a_word_of_the_question_does_not_answer(
    world: World, question: str
) -> None:
    assert quoted(world, question) == []


def test_a_list_of_another_version_does_not_answer(world: World) -> None:
    question = "What are the new features of Orla 4.7?"
    findings = world.find(question, "all")
    picker = SentenceScorer(world.embedder, None)
    sure = Extractor(picker).extract(question, findings).draft.confidence
    barely = Extractor(picker, threshold=sure * 1.2).extract(question, findings)
    assert barely.draft.status not in CLAIMED
    known = question.replace("4.7", "2.1")
    assert Extractor(picker, threshold=1.0).extract(known, world.find(known, "all")).draft.parts


def test_an_overview_of_one_document_quotes_no_other(world: World) -> None:
    found = quoted(world, "Summarise the release notes of 2.1")
    assert found
    assert not any("2.0" in quote or "lead" in quote for quote in found)
