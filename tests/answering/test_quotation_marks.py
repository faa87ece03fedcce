from __future__ import annotations

import pytest

from bot.answering.generative.quotation_marks import quoted_faithfully

EVIDENCE = [
    "He said \u201cwe will not go where there is no peace to keep\u201d, and it\u2019s final."
]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('He said "we will not go".', 'He said "we will not go".'),
        ("He said \u201cWe will NOT go\u201d.", "He said \u201cWe will NOT go\u201d."),
        ("He said 'we will not go'.", "He said 'we will not go'."),
        ("Er sagte \u201ewe will not go\u201c.", "Er sagte \u201ewe will not go\u201c."),
        ("Il dit \u00ab we will not go \u00bb.", "Il dit \u00ab we will not go \u00bb."),
        ('"We will not go ... to keep," he said.', '"We will not go ... to keep," he said.'),
        ('He said "it\'s final".', 'He said "it\'s final".'),
        ('He said "we will go anywhere you like".', None),
        ("He said \u201cwe will go anywhere you like\u201d.", None),
        ("He said \u00abwe will go anywhere you like\u00bb.", None),
        ("He said \u300cwe will go anywhere you like\u300d.", None),
        ("He said ``we will go anywhere you like''.", None),
        ("He said 'we will go anywhere you like'.", None),
        ('"To keep ... we will not go," he said.', None),
        ('The "blue helmets" stay.', "The blue helmets stay."),
        ("The 'blue helmets' stay.", "The blue helmets stay."),
        ('He said "we will go anywhere you like.', "He said we will go anywhere you like."),
        ('\u201cHe "never" went\u201d, they say.', "He never went, they say."),
        ("The dogs' owners don't like it.", "The dogs' owners don't like it."),
        ("It began in the '90s.", "It began in the '90s."),
        ("No quotation at all.", "No quotation at all."),
        ('A pipe of 5" is meant.', "A pipe of 5 is meant."),
    ],
)
def test_marks_stay_only_around_words_of_the_evidence(text: str, left: str | None) -> None:
    assert quoted_faithfully(text, EVIDENCE) == left


def test_a_quotation_must_stand_in_one_piece_of_evidence() -> None:
    assert (
        quoted_faithfully(
            'It "began in May and ended soon".', ["It began in May", "and ended soon"]
        )
        is None
    )


def test_a_part_of_a_word_is_no_quotation() -> None:
    assert quoted_faithfully('The "art" stays.', ["The party stays."]) == "The art stays."
