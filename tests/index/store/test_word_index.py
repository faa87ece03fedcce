"""Words are found, counted and ranked to the last digit alike, in a file and in a database."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from index.store.catalog import Catalog
from index.store.catalog_state import serving_builds
from index.store.catalog_writes import remove_source
from index.store.exact_words import places_of_phrases, sources_with
from index.store.postgres_address import PostgresAddress
from tests.index.store.test_catalog import put, source_of

WORDS = (
    "fox", "river", "owl", "bridge", "null", "mandate", "v1.2.3", "get_user_name", "東京都",
    "näher", "C++", "the", "seven",
)  # fmt: skip


def sentences(seed: int) -> str:
    chosen = random.Random(seed)
    weights = [1 / (rank + 1) for rank in range(len(WORDS))]
    return " ".join(chosen.choices(WORDS, weights, k=chosen.randint(1, 30)))


@pytest.fixture
def both(tmp_path: Path, database_url: str) -> Iterator[Sequence[Catalog]]:
    """The same documents in a file and in a database; some were there before, and are gone."""
    with (
        closing(Catalog(tmp_path / "file")) as file,
        closing(Catalog(tmp_path / "other", address=PostgresAddress.of(database_url))) as database,
    ):
        for catalog in (file, database):
            for number in range(60):
                put(catalog, source_of(sentences(number), uri=f"{number}/{WORDS[number % 5]}.md"))
            with catalog.transaction() as connection:
                (build,) = serving_builds(connection)
                for source in (source_of("", uri=f"{n}/{WORDS[n % 5]}.md") for n in (3, 14)):
                    remove_source(connection, build.number, source.id)
        yield file, database


def test_passages_are_ranked_alike(both: Sequence[Catalog]) -> None:
    for query in ("fox", "river mandate", "null", "get_user_name of v1.2.3", " ".join(WORDS)):
        for limit in (1, 7, 100):
            for weight in (0.5, 2.25):
                file, database = (
                    each.match("documents", query, limit, title_weight=weight) for each in both
                )
                assert file
                assert file == database


def test_terms_are_counted_alike(both: Sequence[Catalog]) -> None:
    file, database = both
    for start in ("", "n", "v1", "東"):
        found = file.terms_beginning(["documents"], start)
        assert found == database.terms_beginning(["documents"], start)
    terms = [*found, "null", "walrus"]
    assert file.frequencies(["documents"], terms) == database.frequencies(["documents"], terms)
    assert file.texts_with(["documents"], "null", 5) == database.texts_with(
        ["documents"], "null", 5
    )


def test_runs_of_terms_are_found_alike(both: Sequence[Catalog]) -> None:
    for phrases in ([["fox", "river"]], [["fox", "fox"], ["owl"]], [["river", "owl", "fox"]]):
        for limit in (3, 50):
            file, database = (places_of_phrases(each, "documents", phrases, limit) for each in both)
            assert file == database
        if len(phrases) == 2:
            assert file
    some = (
        file[0].source if file else places_of_phrases(both[0], "documents", [["fox"]], 1)[0].source
    )
    file, database = (places_of_phrases(each, "documents", [["fox"]], 9, some) for each in both)
    assert file == database
    assert {place.source for place in file} == {some}


def test_sources_with_all_of_some_terms_are_found_alike(both: Sequence[Catalog]) -> None:
    for terms in (["fox"], ["fox", "null"], ["walrus"], []):
        file, database = (sources_with(each, "documents", terms) for each in both)
        assert file == database
