"""Answers with an address: kept with the versions they quote, bounded, and gone with a source."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from index.schema import Evidence, Source
from index.store import kept_answers
from index.store.kept_answers import KeptAnswer, KeptAnswers, open_kept_answers
from index.store.postgres_address import PostgresAddress
from tests.doubles.homes import open_home, put
from tests.doubles.traces import marked_word, traces

DAYS = 90.0
NOW = 1_700_000_000.0


def source(text: str, *, id: str = "a" * 16, version: str = "1") -> Source:
    return Source(
        id=id, collection="documents", uri="a.md", title="A", mime="text/markdown", text=text,
        sha256=version * 64, added_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


def answer(key: str, *of: Source, at: float = NOW, person: int | None = None) -> KeptAnswer:
    quotes = tuple(Evidence(source_id=each.id, sha256=each.sha256, start=0, end=1) for each in of)
    return KeptAnswer(key=key, at=at, body=f"body of {key}", quotes=quotes, person=person, guild=7)


@pytest.fixture(params=["file", "database"])
def answers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeptAnswers]:
    """None yet, in a place of either kind."""
    address = None
    if request.param == "database":
        address = PostgresAddress.of(request.getfixturevalue("database_url"))
    with closing(open_kept_answers(tmp_path, address)) as opened:
        yield opened


def test_an_answer_is_kept_with_its_version_until_it_is_too_old(answers: KeptAnswers) -> None:
    first, second = source("as it was"), source("as it is", version="2")
    answers.keep(answer("one", first), [first, source("not quoted", version="3")], days=DAYS)
    answers.keep(answer("two", second), [second], days=DAYS)
    kept = answers.answer("one")
    assert kept is not None
    assert (kept.body, kept.person, kept.guild) == ("body of one", None, 7)
    assert answers.version(first.id, "1" * 16) == first
    assert answers.version(first.id, "3" * 16) is None
    answers.keep(answer("three", second, at=NOW + DAYS * 86_400 + 1), [second], days=DAYS)
    assert answers.answer("one") is answers.answer("two") is None
    assert answers.version(first.id, "1" * 16) is None
    assert answers.version(first.id, "2" * 16) == second


def test_answers_and_bytes_are_bounded(
    answers: KeptAnswers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_answers, "MOST_ANSWERS", 3)
    held = source("all the same")
    for number in range(5):
        answers.keep(answer(f"n{number}", held), [held], days=DAYS)
    assert [answers.answer(f"n{n}") is not None for n in range(5)] == [False, False, *[True] * 3]
    monkeypatch.setattr(kept_answers, "MOST_BYTES", 10)
    answers.keep(answer("large", held), [held], days=DAYS)
    assert answers.version(held.id, "1") is None


def test_what_one_person_or_server_got_can_be_forgotten(answers: KeptAnswers) -> None:
    held = source("text")
    answers.keep(answer("mine", held, person=1), [held], days=DAYS)
    answers.keep(answer("theirs", held, person=2), [held], days=DAYS)
    answers.forget_person(1)
    assert answers.answer("mine") is None
    assert answers.answer("theirs") is not None
    answers.forget_server(7)
    assert answers.answer("theirs") is None
    assert answers.version(held.id, "1") is None


def test_an_edit_keeps_the_quoted_version_and_a_removal_leaves_no_trace(tmp_path: Path) -> None:
    secret, other = marked_word(1), marked_word(2)
    put(tmp_path / "docs" / "secret.txt", f"The {secret} crossed the river.")
    put(tmp_path / "docs" / "other.txt", f"The {other} stayed at home.")
    with open_home(tmp_path / "home", tmp_path / "docs", busy_seconds=0.05) as home:
        home.sync()
        was, stays = (
            home.catalog.find_source(["documents"], f"{n}.txt") for n in ("secret", "other")
        )
        with closing(open_kept_answers(tmp_path / "home")) as answers:
            both = KeptAnswer(
                key="both", at=NOW, body=f"They say {secret}.", quotes=answer("", was, stays).quotes
            )
            answers.keep(both, [was, stays], days=DAYS)
            answers.keep(answer("other", stays), [stays], days=DAYS)

            put(tmp_path / "docs" / "secret.txt", "Nothing crossed the river.")
            home.sync()
            assert answers.version(was.id, was.sha256[:16]) == was
            assert set(traces(tmp_path / "home", but=[other])) <= {
                "answers.sqlite", "answers.sqlite-wal",
            }  # fmt: skip

            (tmp_path / "docs" / "secret.txt").unlink()
            home.sync()
            assert answers.answer("both") is None
            assert answers.answer("other") is not None
            assert answers.version(stays.id, stays.sha256[:16]) == stays
        assert traces(tmp_path / "home", but=[other]) == {}


@pytest.mark.parametrize("rights", [0o755, 0o777])
def test_answers_are_their_owners_alone_in_any_home(tmp_path: Path, rights: int) -> None:
    tmp_path.chmod(rights)
    for _ in range(2):
        with closing(open_kept_answers(tmp_path)) as opened:
            opened.keep(answer("k", source("text")), [source("text")], days=DAYS)
            found = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
            assert found == {0o600}
        (tmp_path / "answers.sqlite").chmod(0o644)
