"""Which language a text seems to be in."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text.language import language_of, languages_of
from tests.conftest import ROOT

QUESTIONS = [
    line.split("\t")
    for line in Path(__file__)
    .with_name("questions_by_language.txt")
    .read_text(encoding="utf-8")
    .splitlines()
]

GERMAN = """# Urlaub

Jede Mitarbeiterin und jeder Mitarbeiter hat im Jahr 30 Tage Urlaub. Der Antrag wird spätestens zwei
Wochen vorher gestellt. Wer krank wird, legt eine Bescheinigung vor.
"""


def test_most_questions_of_other_languages_are_told() -> None:
    told = [language_of(question) for _, question in QUESTIONS]
    assert sum(name is not None for name in told) >= 0.95 * len(QUESTIONS)
    right = [name == language for name, (language, _) in zip(told, QUESTIONS, strict=True)]
    assert sum(right) >= 0.94 * len(QUESTIONS)


def test_no_english_question_of_the_samples_is_taken_for_another_language() -> None:
    lines = (ROOT / "tests" / "sample_questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines]
    assert [each for each in questions if language_of(each)] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "42",
        "kubectl rollout undo",
        "PTO policy",
        "what's Jean-Pierre Lacroix's title",
        "who is Ursula von der Leyen",
        "Cirque du Soleil tickets",
        "Rio de la Plata",
        "São Paulo office hours",
        "Recep Tayyip Erdoğan",
        "Médecins Sans Frontières contact",
        "max features per crate crates.io",
        "SELECT * FROM users WHERE id = 3",
        "what is λ in lambda calculus",
        "What does 東京 mean?",
        "how do i chnage my passwrod",
        "comment policy",
        "die casting",
        "EU AI Act",
        "WHO IS ON CALL",
    ],
)
def test_english_names_and_code_are_left_alone(text: str) -> None:
    assert language_of(text) is None


def test_documents_are_told_and_counted() -> None:
    english = "# Leave\n\nEverybody has thirty days of leave a year, which are asked for in time.\n"
    assert language_of(GERMAN * 200) == "German"
    assert languages_of([english, GERMAN, "多くの人がここで働いています。", GERMAN]) == {
        "German": 2,
        "Japanese": 1,
    }


def test_a_long_text_is_told_by_more_than_its_beginning() -> None:
    assert language_of("# License\n\nThis is the text of the licence.\n" + GERMAN * 100) == "German"


@given(st.text())
def test_any_text_can_be_looked_at(text: str) -> None:
    name = language_of(text)
    assert name is None or name[0].isupper()


@given(st.text(alphabet=st.characters(max_codepoint=0x7F)), st.sampled_from(QUESTIONS[-5:]))
def test_blanks_around_a_text_change_nothing(text: str, question: list[str]) -> None:
    for each in (text, question[1]):
        assert language_of(f"  {each}\n") == language_of(each)
