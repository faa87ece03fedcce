from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answering.generative.support_check import (
    THRESHOLD,
    WITH_COSINE,
    WITHOUT_COSINE,
    Features,
    compare,
    supported,
)

EVIDENCE = "It rose by 15 percent in 2024, after Nadia Okafor had signed the contract."
TOPIC = "Did the budget change? Budget"
PASSAGE = f"The budget was approved by 27 members in Trieste. {EVIDENCE}"


def backed(statement: str, evidence: str = EVIDENCE) -> bool:
    return supported(statement, evidence, topic=TOPIC, passage=PASSAGE) >= THRESHOLD


@pytest.mark.parametrize(
    "statement",
    [
        EVIDENCE,
        "The budget rose by 15 percent in 2024.",
        "In 2024 it rose by 15 percent.",
        "Nadia Okafor had signed the contract.",
        "After Nadia Okafor signed the contract, the budget rose 15 percent.",
    ],
)
def test_what_the_evidence_says_is_backed(statement: str) -> None:
    assert backed(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "The budget rose by 51 percent in 2024.",
        "The budget rose by 15 percent in 2042.",
        "The budget rose by 27 percent in 2024.",
        "It rose by 15 percent in 2024, after Olga Petrov had signed the contract.",
        "The budget did not rise by 15 percent in 2024.",
        "It fell by 15 percent in 2024, before Nadia Okafor had signed the contract.",
        "The harbour of Genoa was closed for repairs.",
        "The budget rose by 15 percent in 2024, and the harbour was closed for lengthy repairs.",
    ],
    ids=[
        "number turned round",
        "another year",
        "a number of the passage",
        "another name",
        "negated",
        "opposite",
        "something else",
        "something added",
    ],
)
def test_what_the_evidence_does_not_say_is_not_backed(statement: str) -> None:
    assert not backed(statement)


def test_a_negation_that_the_evidence_has_is_backed() -> None:
    evidence = "The contract does not cover fuel."
    assert backed("Fuel is not covered by the contract.", evidence)
    assert not backed("Fuel is covered by the contract.", evidence)


@pytest.mark.parametrize(
    ("statement", "evidence", "feature"),
    [
        ("It cost 1,250,000 euros.", "It cost 1250000 euros.", {"absent_number": 0.0}),
        ("It has three rooms.", "It has 3 rooms.", {"absent_number": 0.0, "replaced": 0.0}),
        ("It has seventy rooms.", "It has 70 rooms.", {"absent_number": 0.0, "replaced": 0.0}),
        ("It has 4 rooms.", "It has 3 rooms.", {"absent_number": 1.0, "replaced": 1.0}),
        ("Then Rossi signed it.", "He signed it.", {"absent_name": 1.0, "replaced": 0.0}),
        ("Then Rossi signed it.", "Then Bianchi signed it.", {"absent_name": 1.0, "replaced": 1.0}),
        ("It is open.", "It is never open.", {"negation": 1.0, "denied": 1.0}),
        ("Sales fall.", "Sales rise.", {"opposites": 1.0}),
        ("Sales rise.", "Sales rise, then fall.", {"opposites": 0.0}),
    ],
)
def test_features_see_what_differs(
    statement: str, evidence: str, feature: dict[str, float]
) -> None:
    found = compare(statement, evidence)
    assert {name: getattr(found, name) for name in feature} == feature


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80), st.one_of(st.none(), st.floats(-1, 1)))
def test_any_two_texts_have_a_probability(
    statement: str, evidence: str, cosine: float | None
) -> None:
    assert 0 <= supported(statement, evidence, topic=evidence, cosine=cosine) <= 1


def test_the_coefficients_fit_the_features() -> None:
    assert len(WITH_COSINE.weights) == len(WITHOUT_COSINE.weights) == len(Features.__annotations__)
    assert WITHOUT_COSINE.weights[0] == 0
