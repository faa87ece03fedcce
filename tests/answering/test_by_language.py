"""Which extractor answers, by the language of the question and of what was found."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.answering.extractive.by_language import NEVER, ExtractorByLanguage
from bot.answering.extractive.extractor import Extractor
from bot.answering.extractive.scored_sentences import SentenceScorer
from tests.doubles.answer_world import World, open_world
from tests.doubles.fakes import HashingEmbedder

ENGLISH = "# Fees\n\nThe membership fee is 40 euros a year. It is paid in March by all members.\n"
GERMAN = (
    "# Beiträge\n\nDer Mitgliedsbeitrag (membership fee) ist 40 Euro. Er wird im März bezahlt.\n"
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home: Path = tmp_path_factory.mktemp("home")
    with open_world(home, HashingEmbedder()) as world:
        world.add("english", "fees.md", ENGLISH)
        world.add("german", "beitraege.md", GERMAN)
        yield world


@pytest.mark.parametrize(
    ("question", "collection", "expected"),
    [
        ("What is the membership fee?", "english", "english"),
        ("membership fee", "english", "english"),
        ("Wie hoch ist der membership fee?", "english", "unclaimed"),
        ("会员费是多少？ membership fee", "english", "unclaimed"),
        ("What is the membership fee?", "german", "other"),
        ("Wie hoch ist der Mitgliedsbeitrag?", "german", "other"),
    ],
)
def test_who_answers_is_told_by_the_languages(
    world: World, question: str, collection: str, expected: str
) -> None:
    # Each refuses another share of what it is sure of, which tells them apart.
    scorer = SentenceScorer(world.embedder)
    by_language = ExtractorByLanguage(
        english=Extractor(scorer, threshold=0.0),
        unclaimed=Extractor(scorer, threshold=NEVER, floor=0.0),
        other=Extractor(scorer, threshold=NEVER, floor=NEVER),
    )
    found = world.find(question, collection)
    status = by_language.extract(question, found).draft.status
    assert status == {"english": "answered", "unclaimed": "unsure", "other": "not_found"}[expected]


def test_what_is_not_claimed_is_shown_however_sure_it_is(world: World) -> None:
    found = world.find("membership fee", "english")
    sure = Extractor(SentenceScorer(world.embedder), threshold=0.0, floor=0.0)
    unclaimed = Extractor(SentenceScorer(world.embedder), threshold=NEVER, floor=0.0)
    assert sure.extract("membership fee", found).draft.status == "answered"
    assert unclaimed.extract("membership fee", found).draft.status == "unsure"
