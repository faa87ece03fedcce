"""Values of the same thing that differ between two quotes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.source_differences import differ, difference
from bot.schema import Draft, DraftPart, Pick
from index.errors import SourceNotFound
from index.schema import Evidence, Source


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("The fee is 10 euros.", "The fee is 12 euros.", True),
        ("The fee is $10.", "The fee is $12.", True),
        ("The fee is 10 €.", "The fee is 12 €.", True),
        ("In 2025 the fee is 10 euros.", "In 2025 the fee is 12 euros.", True),
        ("The club was founded in 1960.", "The club was founded in 1961.", True),
        ("It opens on 3 May 2025.", "It opens on 5 June 2025.", True),
        ("It opens on May 3.", "It opens on 4 May.", True),
        ("About 40% voted.", "About 45% voted.", True),
        ("The fee is 10 euros.", "The fee is 10 euros a year.", False),
        ("The fee is 10 euros.", "The fee is due on 5 May.", False),
        ("It has 1,000 members.", "It has 1000 members.", False),
        ("It opens on 3 May 2025.", "It opens on May 3, 2025.", False),
        ("In 1998 it had 4 seats.", "In 2013 it had 4 seats.", False),
        ("The fee is ten euros.", "The fee is 12 euros.", True),
        ("The fee is ten euros.", "The fee is 10 euros.", False),
        ("The fee is fifteen euros.", "The fee is 15 euros.", False),
        ("The fee is fifteen euros.", "The fee is 16 euros.", True),
        ("The marathon has 42 marathoners.", "The fee is 12 euros.", False),
        ("", "", False),
    ],
)
def test_values_are_compared_by_what_they_count(one: str, other: str, expected: bool) -> None:
    assert differ(one, other) is expected
    assert differ(other, one) is expected


@given(st.text(max_size=200))
def test_nothing_differs_from_itself(text: str) -> None:
    assert not differ(text, text)


def source(name: str, text: str, *, title: str = "Fees", year: int | None = None) -> Source:
    return Source(
        id=name,
        collection="documents",
        uri=name,
        title=title,
        mime="text/plain",
        sha256=f"version of {name}",
        text=text,
        modified=datetime(year, 3, 1, tzinfo=UTC) if year else None,
        added_at=datetime(2025, 3, 2, tzinfo=UTC),
    )


def said(question: str, *sources: Source, known: tuple[Source, ...] | None = None) -> str | None:
    """Return the notice on an answer that quotes each source whole."""
    parts = tuple(
        DraftPart(
            picks=(
                Pick(
                    evidence=Evidence(
                        source_id=one.id, sha256=one.sha256, start=0, end=len(one.text)
                    )
                ),
            )
        )
        for one in sources
    )
    by_id = {one.id: one for one in (sources if known is None else known)}

    def lookup(id: str) -> Source:
        if id not in by_id:
            raise SourceNotFound(id)
        return by_id[id]

    return difference(question, Draft(status="answered", parts=parts, confidence=0.9), lookup)


OLD = source("old", "The membership fee is 10 euros.", year=2024)
NEW = source("new", "The membership fee is 12 euros.", title="Fees anew", year=2025)


def test_sources_that_differ_are_named_with_their_dates() -> None:
    assert said("How much is the membership fee?", OLD, NEW) == (
        "The sources differ: “Fees”, 01 March 2024 and “Fees anew”, 01 March 2025."
    )


def test_a_source_without_a_date_is_named_by_its_title() -> None:
    undated = source("undated", "The membership fee is 15 euros.", title="Leaflet")
    assert said("How much is the membership fee?", undated, NEW) == (
        "The sources differ: “Leaflet” and “Fees anew”, 01 March 2025."
    )


@pytest.mark.parametrize(
    ("question", "sources"),
    [
        ("How much is the membership fee?", (OLD,)),
        ("How much is the membership fee?", (OLD, source("same", OLD.text))),
        ("Who pays the membership fee?", (OLD, NEW)),
        ("How much is the membership fee?", (OLD, source("boat", "The boat fee is 20 euros."))),
        ("How much is the membership fee?", (OLD, source("far", "A pint of beer costs 4 euros."))),
    ],
    ids=["one source", "they agree", "no value is asked for", "another fee", "another thing"],
)
def test_nothing_is_said_where_nothing_differs(question: str, sources: tuple[Source, ...]) -> None:
    assert said(question, *sources) is None


def test_documents_of_a_series_do_not_differ_in_their_dates() -> None:
    one = source("one", "Released on 12 March 2024.", title="Orla 2.0 release notes")
    other = source("other", "Released on 20 January 2025.", title="Orla 2.1 release notes")
    assert said("When was it released?", one, other) is None


def test_a_source_that_changed_or_went_meanwhile_is_left_out() -> None:
    question = "How much is the membership fee?"
    changed = NEW.model_copy(update={"sha256": "another version"})
    assert said(question, OLD, NEW, known=(OLD, changed)) is None
    assert said(question, OLD, NEW, known=(OLD,)) is None


ABROAD = "Working from abroad is {}allowed{}."


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (
            "Is working from abroad allowed?",
            ABROAD.format("not ", ""),
            ABROAD.format("", " for up to 30 days a year"),
        ),
        (
            "Would working from abroad be allowed?",
            ABROAD.format("not ", ""),
            ABROAD.format("", " for up to 30 days a year"),
        ),
        (
            "What is the home office allowance?",
            "The home office allowance is 20 euros a month.",
            "The home office allowance is 35 euros a month.",
        ),
        (
            "How many days may employees work from home?",
            "Employees may work from home two days a week.",
            "Employees may work from home three days a week.",
        ),
    ],
    ids=["one denies it", "one would deny it", "what is", "numbers in words"],
)
def test_sources_may_differ_in_other_ways(question: str, one: str, other: str) -> None:
    notice = said(question, source("old", one), source("new", other, title="Newer"))
    assert notice == "The sources differ: “Fees” and “Newer”."


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (
            "Which Python version is needed?",
            "Orla 2.0 needs Python 3.9 and PostgreSQL 12.",
            "Orla 2.1 needs Python 3.10 and PostgreSQL 13.",
        ),
        (
            "Is working from abroad allowed?",
            ABROAD.format("", ""),
            ABROAD.format("", " for up to 30 days a year"),
        ),
        (
            "Are passwords shared?",
            "Passwords are never shared by e-mail.",
            "Passwords have at least 14 characters.",
        ),
        (
            "What is the allowance?",
            "The home office allowance is 20 euros a month.",
            "The daily travel allowance abroad is 55 euros.",
        ),
    ],
    ids=["two of a series", "both allow it", "another statement", "another allowance"],
)
def test_what_only_looks_alike_does_not_differ(question: str, one: str, other: str) -> None:
    assert said(question, source("old", one), source("new", other, title="Newer")) is None
