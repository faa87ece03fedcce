"""Words stand in segments: packed and unpacked, merged, freed of what was deleted, moved there."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

from index.store.catalog import Catalog
from index.store.catalog_state import serving_builds
from index.store.catalog_writes import remove_source
from index.store.exact_words import places_of_phrases
from index.store.segment_words import SegmentWords
from index.store.word_arrays import (
    PackedPostings,
    instances_of,
    packed,
    postings_of,
    weighed_postings,
)
from index.store.word_index import PassageWords
from index.store.words_move import move_words
from tests.doubles.full_text_words import write_full_text
from tests.index.store.test_catalog import put, source_of

BUILD = 1


def said(seed: int, words: int) -> str:
    chosen = random.Random(seed)
    return " ".join(f"w{min(int(chosen.paretovariate(0.5)), 4000)}" for _ in range(words))


def tables() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    SegmentWords().create(connection, BUILD)
    return connection


def test_what_is_packed_says_how_often_each_part_holds_a_term() -> None:
    texts = [(said(number, 5), said(-number, 40)) for number in range(700)]
    texts.append(("title", "w1 " * 70_000))  # counts and places that need more room
    rows: dict[str, list[PackedPostings]] = {}
    for term, row in packed(instances_of(texts)):
        rows.setdefault(term, []).append(row)
    assert len(rows["w1"]) > 1
    for at, part in ((1, 0), (2, 1)):
        for word in ("w1", "w2", "w17", "title"):
            found = postings_of(rows[word])
            told = dict(zip(found.passages.tolist(), found[at].tolist(), strict=True))
            expected = {n: Counter(each[part].split())[word] for n, each in enumerate(texts)}
            assert {n: often for n, often in told.items() if often} == {
                n: often for n, often in expected.items() if often
            }


def test_what_stands_in_titles_is_weighed_otherwise_however_often_it_does() -> None:
    texts = [(said(number, 5), said(-number, 40)) for number in range(700)]
    texts += [("w1 " * 20, "w1"), ("w3", "w2 " * 300)]  # more than half a byte, and than a byte
    rows: dict[str, list[PackedPostings]] = {}
    for term, row in packed(instances_of(texts)):
        rows.setdefault(term, []).append(row)
    for word in ("w1", "w2", "w3", "w17"):
        passages, often = weighed_postings(rows[word], 0.5, 2.0)
        counted = {
            number: title.split().count(word) * 0.5 + text.split().count(word) * 2.0
            for number, (title, text) in enumerate(texts)
        }
        told = dict(zip(passages.tolist(), often.tolist(), strict=True))
        assert told == {number: weight for number, weight in counted.items() if weight}


def test_the_best_of_many_passages_are_the_same_however_many_are_wanted(tmp_path: Path) -> None:
    with closing(Catalog(tmp_path)) as catalog:
        for number in range(300):
            text = said(number % 250, 12 + number % 3)  # some say the same
            put(catalog, source_of(f"{text}.", uri=f"{number:03}.md"))
        for query in ("w1 w2", "w3 w5 w1", "w4", "w2 w9 w30", "w1 w2 w3 w4 w5", "w3999", "none"):
            ranked = catalog.match("documents", query, 300)
            for limit in (1, 2, 3, 4, 30):
                assert catalog.match("documents", query, limit) == ranked[:limit]


def test_segments_are_merged_and_hold_nothing_of_what_was_deleted() -> None:
    connection, index = tables(), SegmentWords()
    texts = {key: f"{said(key, 30)} only{key}" for key in range(1, 400)}
    for key, text in texts.items():
        index.put(connection, BUILD, [PassageWords(key, "heading", text)])
    (segments,) = connection.execute("SELECT count(*) FROM segments_1").fetchone()
    assert segments < 30
    gone = set(random.Random(0).sample(sorted(texts), 150))
    index.delete(connection, BUILD, sorted(gone))
    left = {key: text for key, text in texts.items() if key not in gone}

    def expected(start: str) -> dict[str, int]:
        held = (word for text in left.values() for word in set(text.split()))
        return dict(Counter(word for word in held if word.startswith(start)))

    for _ in range(2):
        assert index.counts_beginning(connection, BUILD, "") == expected("") | {
            "heading": len(left)
        }
        some = ["w1", "w2", "only7", "only8", *(f"only{key}" for key in gone)]
        assert index.counts(connection, BUILD, some) == {
            word: count for word, count in expected("").items() if word in some
        }
        index.merge(connection, BUILD)
    kept = {row[0] for row in connection.execute("SELECT term FROM postings_1")}
    for (bundled,) in connection.execute("SELECT terms FROM bundles_1"):
        kept |= set(bundled.split())
    assert kept == expected("").keys() | {"heading"}


def test_no_more_is_merged_at_a_time_than_fills_a_segment() -> None:
    connection, index, key = tables(), SegmentWords(), 0
    for _ in range(20):
        some = [PassageWords(key + n, "", "fox") for n in range(1, 601)]
        index.put(connection, BUILD, some)
        key += len(some)
    rows = connection.execute("SELECT passages FROM segments_1 ORDER BY segment").fetchall()
    assert [row[0] for row in rows] == [4200, 4200, *[600] * 6]
    assert index.counts(connection, BUILD, ["fox"]) == {"fox": key}


def test_a_run_of_terms_is_found_in_one_part_only(tmp_path: Path) -> None:
    with closing(Catalog(tmp_path)) as catalog:
        put(catalog, source_of("One two three. One two.", uri="a.md"))
        put(catalog, source_of("Two one, three two.", uri="b.md"))
        found = places_of_phrases(catalog, "documents", [["one", "two"]], 9)
        assert len(found) == 1
        assert places_of_phrases(catalog, "documents", [["three", "three"]], 9) == []
        assert places_of_phrases(catalog, "documents", [["two", "zebra"]], 9) == []


def test_words_are_moved_out_of_full_text_tables(tmp_path: Path) -> None:
    with closing(Catalog(tmp_path)) as catalog:
        for number in range(30):
            put(catalog, source_of(said(number, 60), uri=f"{number}.md"))
        with catalog.transaction() as connection:
            (build,) = serving_builds(connection)
            remove_source(connection, build.number, source_of("", uri="3.md").id)
        asked = [f"w{number} w{number + 1}" for number in range(1, 40)]
        before = [catalog.match("documents", each, 30) for each in asked]
        assert any(before)
        with catalog.transaction() as connection:
            assert isinstance(connection, sqlite3.Connection)
            SegmentWords().drop(connection, build.number)
            write_full_text(connection, build.number)
            move_words(connection)
        assert [catalog.match("documents", each, 30) for each in asked] == before
        names = {row[0] for row in catalog.rows("SELECT name FROM sqlite_master")}
        assert not {name for name in names if name.startswith(("words_", "counts_"))}
