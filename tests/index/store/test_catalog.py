"""The catalog: what is written comes back, for threads, processes and old files alike."""

from __future__ import annotations

import pickle
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.errors import AmbiguousSource, SourceNotFound, StoreError
from index.protocols import OutlineWindow, Vectors
from index.schema import Passage, Place, Region, Source, Span, passage_id, source_id
from index.store.catalog import Catalog
from index.store.catalog_format import SCHEMA_VERSION
from index.store.catalog_rows import FileState
from index.store.catalog_state import serving_builds
from index.store.catalog_writes import (
    IndexedPassage,
    add_build,
    forget_files,
    move_generation,
    put_file,
    put_source,
    remove_source,
    serve_build,
)
from index.store.chroma_queue import put_in_queue
from index.store.postgres_address import PostgresAddress
from index.store.write_lock import write_lock

WHEN = datetime(2025, 4, 1, 12, 30, tzinfo=UTC)


@pytest.fixture(params=["file", "database"])
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Catalog]:
    """An empty catalog of either kind."""
    address = None
    if request.param == "database":
        address = PostgresAddress.of(request.getfixturevalue("database_url"))
    catalog = Catalog(tmp_path, address=address)
    yield catalog
    catalog.close()


@pytest.fixture
def catalog_file(tmp_path: Path) -> Iterator[Catalog]:
    """An empty catalog in a file."""
    catalog = Catalog(tmp_path)
    yield catalog
    catalog.close()


def source_of(text: str, *, uri: str = "a.txt", collection: str = "documents") -> Source:
    return Source(
        id=source_id(collection, uri),
        collection=collection,
        uri=uri,
        title=uri.rsplit("/", 1)[-1].split(".")[0].title(),
        mime="text/plain",
        sha256=f"{hash(text):x}",
        text=text,
        pages=(Span(start=0, end=len(text)),),
        regions=(Region(0, 2, 10, 20, 300, 40), Region(3, 4, 0, 9_000, 10_000, 10_000)),
        places=(
            Place(start=0, label="slide", number=1, fragment="slide="),
            Place(start=2, label="sheet “É”, row", number=7, each_line=True),
        ),
        url="https://example.org/a",
        modified=WHEN,
        added_at=WHEN,
        added_by="Ada",
        warnings=("Page 3 has no text.",),
    )


def passage_of(source: Source, start: int, end: int, ordinal: int = 0) -> Passage:
    return Passage(
        id=passage_id(source.id, f"{start}-{end} of {source.sha256}"),
        source_id=source.id,
        ordinal=ordinal,
        start=start,
        end=end,
        text=source.text[start:end],
        page=1,
        heading=("Part one", "Näher: 3/4"),
        kind="list",
        sentences=(Span(start=start, end=end),) if end > start else (),
    )


def put(
    catalog: Catalog, source: Source, *, vectors: Vectors | None = None, pieces: int = 1
) -> list[Passage]:
    """Write a source, cut into equal pieces, into the build that serves."""
    build = next(
        (b for b in serving_builds(catalog.connection()) if b.collection == source.collection),
        None,
    )
    width = max(1, -(-len(source.text) // pieces))
    passages = [
        passage_of(source, start, min(start + width, len(source.text)), ordinal)
        for ordinal, start in enumerate(range(0, len(source.text), width))
    ]
    with catalog.transaction() as connection:
        if build is None:
            width = 4 if vectors is None else vectors.shape[1]
            number = add_build(
                connection, source.collection, model="m", dimension=width, recipe="r"
            )
            serve_build(connection, source.collection, number)
        else:
            number = build.number
        indexed = [IndexedPassage(each, each.id.encode(), vectors) for each in passages]
        put_source(connection, number, source, indexed)
        move_generation(connection)
    return passages


def test_a_source_comes_back_as_it_was(catalog: Catalog) -> None:
    source = source_of("The red fox.\nÜber den Fluß, 東京 🦊.")
    put(catalog, source)
    assert catalog.source(source.id) == source


def test_passages_come_back_as_they_were(catalog: Catalog) -> None:
    passages = put(catalog, source_of("The red fox crossed the river. " * 9), pieces=4)
    assert catalog.passages([each.id for each in passages] + ["unknown"]) == {
        each.id: each for each in passages
    }


def test_what_comes_back_is_like_what_is_checked_field_by_field(catalog: Catalog) -> None:
    source = source_of("The red fox crossed the river. " * 9)
    passages = put(catalog, source, pieces=3)
    found = [catalog.source(source.id), *catalog.passages([each.id for each in passages]).values()]
    for each in found:
        checked = type(each).model_validate(each.model_dump())
        assert (each, hash(each)) == (checked, hash(checked))
        assert each.model_dump_json() == checked.model_dump_json()
        assert each.model_fields_set == checked.model_fields_set
        assert pickle.loads(pickle.dumps(each)) == each.model_copy() == checked
    (span,) = {type(span) for each in catalog.passages_of(source, 0, 9) for span in each.sentences}
    assert span is Span


def test_passages_come_with_their_sources_and_others_not_at_all(catalog: Catalog) -> None:
    sources = [source_of(f"Fox {n}.", uri=f"{n}.txt") for n in range(3)]
    for source in sources:
        put(catalog, source)
    wanted = [sources[0], sources[2]]
    passages = {each.id: each for source in wanted for each in catalog.passages_of(source, 0, 9)}
    assert {each.text for each in passages.values()} == {"Fox 0.", "Fox 2."}
    found = catalog.passages_and_sources([*passages, "unknown"])
    assert found == (passages, {source.id: source for source in wanted})
    assert catalog.passages_and_sources([]) == ({}, {})


def test_passages_of_a_source_come_by_position(catalog: Catalog) -> None:
    source = source_of("0123456789")
    passages = put(catalog, source, pieces=10)
    assert catalog.passages_of(source, 3, 5) == passages[3:6]
    assert catalog.passages_of(source, 8, 99) == passages[8:]


def test_sentence_vectors_keep_three_digits(catalog: Catalog) -> None:
    vectors = np.random.default_rng(1).standard_normal((5, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    (passage,) = put(catalog, source_of("Five sentences."), vectors=vectors)
    (other,) = put(catalog, source_of("None.", uri="b.txt"))
    found = catalog.found_passages([passage.id, other.id], vectors=True)
    assert found[other.id].vectors is None
    kept = found[passage.id].vectors
    assert kept is not None
    assert np.abs(kept - vectors).max() < 1e-3
    assert kept.dtype == np.float32


def test_more_ids_than_sqlite_binds_at_once(catalog: Catalog) -> None:
    passages = put(catalog, source_of("x" * 2500), pieces=2500)
    assert len(catalog.passages([each.id for each in passages])) == 2500


def test_a_new_version_replaces_the_old_and_keeps_who_added_it(catalog: Catalog) -> None:
    old = source_of("The old fox.")
    put(catalog, old)
    new = old.model_copy(
        update={"text": "A new hare.", "sha256": "f" * 64, "added_by": "Eve", "warnings": ()}
    )
    put(catalog, new)
    assert catalog.source(old.id) == new.model_copy(update={"added_by": "Ada"})
    assert catalog.match("documents", "fox", 5) == []
    assert len(catalog.match("documents", "hare", 5)) == 1
    assert catalog.stats().passages == 1


def test_a_removed_source_leaves_nothing(catalog: Catalog) -> None:
    source = source_of("The red fox.")
    (passage,) = put(catalog, source)
    (build,) = serving_builds(catalog.connection())
    with catalog.transaction() as connection:
        assert remove_source(connection, build.number, source.id) == {passage.id}
    assert catalog.passages([passage.id]) == {}
    assert catalog.match("documents", "fox", 5) == []
    assert catalog.sources("documents") == []
    with pytest.raises(SourceNotFound, match="no source"):
        catalog.source(source.id)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("foxes", ["a.txt"], id="by stem"),
        pytest.param("which fox", ["a.txt"], id="function words aside"),
        pytest.param("the", ["a.txt"], id="function words alone"),
        pytest.param("get user name", ["b.txt"], id="parts of an identifier"),
        pytest.param("getUserName()", ["b.txt"], id="identifier in another spelling"),
        pytest.param("v1.2.3", ["b.txt"], id="version"),
        pytest.param("C++ and docs/guide.md", ["b.txt"], id="signs inside words"),
        pytest.param("東京", ["c.txt"], id="script without spaces"),
        pytest.param('" OR * NEAR( fox:', ["a.txt"], id="query syntax is text"),
        pytest.param("- ! ?", [], id="no words"),
        pytest.param("walrus", [], id="nothing"),
        pytest.param("näher", ["a.txt", "b.txt", "c.txt"], id="by heading"),
    ],
)
def test_words_find_passages(catalog: Catalog, query: str, found: list[str]) -> None:
    texts = {
        "a.txt": "The red fox crossed the river.",
        "b.txt": "Call get_user_name of v1.2.3 in C++, see docs/guide.md.",
        "c.txt": "東京都に行く。",
    }
    uris = {put(catalog, source_of(text, uri=uri))[0].id: uri for uri, text in texts.items()}
    matched = catalog.match("documents", query, 10)
    assert sorted(uris[id] for id, _ in matched) == found
    assert all(score > 0 for _, score in matched)


FEES_AND_LIBRARIES = {
    "Chinese": ("会员每年缴纳四十欧元会费。", "图书馆每逢周一闭馆。", "会费多少？"),
    "Japanese": ("会費は毎年三月に振り込みます。", "図書館は月曜日に休みます。", "会費はいくら"),
    "Korean": ("회비는 일 년에 사십 유로입니다.", "도서관은 월요일에 쉽니다.", "회비가 얼마예요?"),
    "Thai": ("ค่าสมาชิกปีละสี่สิบยูโร", "ห้องสมุดปิดทุกวันจันทร์", "ต้องจ่ายค่าสมาชิกเท่าไหร่"),
    "Lao": ("ຄ່າສະມາຊິກປີລະສີ່ສິບເອີໂຣ", "ຫໍສະໝຸດປິດທຸກວັນຈັນ", "ຄ່າສະມາຊິກເທົ່າໃດ"),
    "Khmer": ("ថ្លៃសមាជិកភាពគឺសែសិបអឺរ៉ូ។", "បណ្ណាល័យបិទនៅថ្ងៃចន្ទ។", "ថ្លៃសមាជិកភាពប៉ុន្មាន?"),
    "Burmese": ("အဖွဲ့ဝင်ကြေးသည် ယူရိုလေးဆယ်ဖြစ်သည်။", "စာကြည့်တိုက်ကို တနင်္လာနေ့ပိတ်သည်။", "အဖွဲ့ဝင်ကြေးဘယ်လောက်လဲ"),
}  # fmt: skip
"""What a fee is, when a library is closed, and a question about the fee."""


@pytest.mark.parametrize("language", FEES_AND_LIBRARIES)
def test_words_are_found_in_scripts_without_spaces(catalog: Catalog, language: str) -> None:
    fee, _, question = FEES_AND_LIBRARIES[language]
    for name, (text, other, _) in FEES_AND_LIBRARIES.items():
        put(catalog, source_of(f"{text}\n", uri=f"{name}-fee.txt"))
        put(catalog, source_of(f"{other}\n", uri=f"{name}-library.txt"))
        put(catalog, source_of(f"{text[::-1]}\n", uri=f"{name}-same-letters.txt"))
    best, *others = catalog.match("documents", question, 10)
    found = catalog.passages([best[0]])[best[0]]
    assert found.text.strip() == fee
    assert all(score < best[1] for _, score in others)


def test_weights_say_whether_title_or_body_counts(catalog: Catalog) -> None:
    (in_title,) = put(catalog, source_of("Nothing of that here.", uri="fox.txt"))
    (in_body,) = put(catalog, source_of("A fox, you see.", uri="b.txt"))
    put(catalog, source_of("Padding so that the word is rare.", uri="c.txt"))

    def best(**weights: float) -> str:
        return catalog.match("documents", "fox", 2, **weights)[0][0]

    assert best(body_weight=1.0, title_weight=0.01) == in_body.id
    assert best(body_weight=0.01, title_weight=1.0) == in_title.id


def test_a_collection_neither_sees_nor_feels_another(catalog: Catalog) -> None:
    put(catalog, source_of("The red fox."))
    put(catalog, source_of("The grey seal."))
    alone = catalog.match("documents", "fox", 5)
    for number in range(20):
        put(catalog, source_of(f"fox fox fox {number}", uri=f"{number}.txt", collection="other"))
    assert catalog.match("documents", "fox", 5) == alone
    assert catalog.match("nowhere", "fox", 5) == []


def test_frequencies_count_passages_over_the_collections_given(catalog: Catalog) -> None:
    put(catalog, source_of("fox fox hare"))
    put(catalog, source_of("hare", uri="b.txt"))
    put(catalog, source_of("fox", collection="other"))
    put(catalog, source_of("fox", collection="secret"))
    found = catalog.frequencies(["documents", "other", "missing"], ["fox", "hare", "elk"])
    assert found == (3, {"fox": 2, "hare": 2, "elk": 0})


def test_passages_are_counted_for_terms_and_for_their_beginnings(catalog: Catalog) -> None:
    put(catalog, source_of("fox foxglove hare"))
    put(catalog, source_of("fox", collection="other"))
    put(catalog, source_of("fox forest", collection="secret"))
    opened = ["documents", "other", "missing"]
    assert catalog.passage_counts(opened, ["fox", "elk"]) == {"fox": 2}
    assert catalog.passage_counts(opened, []) == {}
    assert catalog.terms_beginning(opened, "fo") == {"fox": 2, "foxglov": 1}
    assert catalog.terms_beginning(opened, "fox-") == {}


def test_texts_with_a_term_come_with_what_stands_above_them(catalog: Catalog) -> None:
    put(catalog, source_of("The foxes sleep.", uri="den.txt"))
    put(catalog, source_of("A hare.", uri="fox.txt"))
    put(catalog, source_of("One fox.", collection="secret"))
    found = catalog.texts_with(["documents", "missing"], "fox", 9)
    assert [text.split()[0] for text in found] == ["Den", "Fox"]
    assert "The foxes sleep." in found[0]
    assert len(catalog.texts_with(["documents", "secret"], "fox", 2)) == 2


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        pytest.param("guides/Setup.md", "guides/Setup.md", id="uri"),
        pytest.param("Setup", "guides/Setup.md", id="title"),
        pytest.param("GUIDES/setup.MD", "guides/Setup.md", id="another case"),
        pytest.param("setup.md", "guides/Setup.md", id="file name"),
        pytest.param("gui", "guides/Setup.md", id="beginning of the uri"),
        pytest.param("notes.txt", "notes.txt", id="uri before file name"),
    ],
)
def test_a_source_is_found_by_the_names_people_use(catalog: Catalog, name: str, uri: str) -> None:
    for known in ("guides/Setup.md", "notes.txt", "old/notes.txt"):
        put(catalog, source_of("text", uri=known))
    assert catalog.find_source(["documents"], name).uri == uri


def test_a_name_that_fits_several_sources_names_them(catalog: Catalog) -> None:
    for known in ("a/notes.txt", "b/notes.txt"):
        put(catalog, source_of("text", uri=known))
    with pytest.raises(AmbiguousSource, match=r"'a/notes.txt', 'b/notes.txt'"):
        catalog.find_source(["documents"], "notes.txt")


@pytest.mark.parametrize("name", ["missing", "", "c.txt"])
def test_a_name_that_fits_nothing_here(catalog: Catalog, name: str) -> None:
    put(catalog, source_of("text"))
    put(catalog, source_of("text", uri="c.txt", collection="secret"))
    with pytest.raises(SourceNotFound, match="quoth sources"):
        catalog.find_source(["documents"], name)


def test_listings_name_files_that_failed(catalog: Catalog) -> None:
    put(catalog, source_of("text", uri="b.txt"))
    with catalog.transaction() as connection:
        for uri, failure in (("a.pdf", "It is encrypted."), ("b.txt", "It is empty.")):
            seen = FileState(size=1, mtime_ns=2, ctime_ns=3, failure=failure)
            put_file(connection, "documents", uri, seen)
    listed = catalog.sources("documents")
    assert [(each.uri, each.state, each.failure, each.passages) for each in listed] == [
        ("a.pdf", "failed", "It is encrypted.", 0),
        ("b.txt", "stale", "It is empty.", 1),
    ]


def test_a_file_without_a_date_of_its_own_has_that_of_the_file(catalog: Catalog) -> None:
    source = source_of("text").model_copy(update={"modified": None})
    put(catalog, source)
    with catalog.transaction() as connection:
        seen = FileState(size=1, mtime_ns=int(WHEN.timestamp()) * 10**9, ctime_ns=0)
        put_file(connection, "documents", "a.txt", seen)
    assert catalog.source(source.id).modified == WHEN


def test_a_transaction_that_fails_changes_nothing(catalog: Catalog) -> None:
    put(catalog, source_of("text"))
    before = catalog.generation()

    def fail() -> None:
        with catalog.transaction() as connection:
            move_generation(connection)
            forget_files(connection, "documents", ["a.txt"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert catalog.generation() == before


def test_every_thread_has_its_own_connection(catalog: Catalog) -> None:
    put(catalog, source_of("The red fox.", uri="0.txt"))
    problems: list[BaseException] = []

    def read() -> None:
        try:
            for _ in range(60):
                found = catalog.match("documents", "fox", 500)
                assert len(catalog.passages([id for id, _ in found])) == len(found)
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(1, 40):
        put(catalog, source_of(f"The red fox {number}.", uri=f"{number}.txt"))
    for thread in threads:
        thread.join()
    assert problems == []
    assert len({id(catalog.connection()) for _ in range(3)}) == 1


def test_another_process_sees_a_change_at_once(catalog_file: Catalog, tmp_path: Path) -> None:
    with closing(Catalog(tmp_path)) as reader:
        before = reader.generation()
        code = f"""
from pathlib import Path
from index.store.catalog import Catalog
from tests.index.store.test_catalog import put, source_of
catalog = Catalog(Path({str(tmp_path)!r}))
put(catalog, source_of("The red fox."))
catalog.close()
"""
        subprocess.run([sys.executable, "-c", code], check=True)
        assert reader.generation() == before + 1
        assert len(reader.match("documents", "fox", 5)) == 1


def test_equal_passages_come_by_uri_whoever_was_first(catalog: Catalog) -> None:
    for name in ("c", "a", "d", "b"):
        put(catalog, source_of("The red fox.", uri=f"{name}/fox.txt"))
    by_uri = [source_id("documents", f"{name}/fox.txt") for name in "abcd"]
    for limit in (2, 4):
        ids = [id for id, _ in catalog.match("documents", "fox", limit)]
        found = catalog.passages(ids)
        assert [found[id].source_id for id in ids] == by_uri[:limit]


def test_a_closed_catalog_says_so(catalog: Catalog) -> None:
    catalog.close()
    with pytest.raises(StoreError, match="has been closed"):
        catalog.generation()


def test_a_locked_catalog_is_a_sentence(tmp_path: Path) -> None:
    with closing(Catalog(tmp_path, busy_seconds=0.05)) as catalog:
        other = sqlite3.connect(catalog.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked by another program"):
            put(catalog, source_of("text"))
        other.execute("ROLLBACK")
        other.close()
        put(catalog, source_of("text"))


def test_a_full_disk_is_a_sentence_and_loses_nothing(catalog_file: Catalog) -> None:
    catalog = catalog_file
    put(catalog, source_of("The red fox."))
    pages = catalog.connection().execute("PRAGMA page_count").fetchone()[0]
    catalog.connection().execute(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(StoreError, match="Free some space"):
        put(catalog, source_of("much " * 100_000, uri="b.txt"))
    catalog.connection().execute("PRAGMA max_page_count = 1000000")
    assert len(catalog.match("documents", "fox", 5)) == 1
    put(catalog, source_of("much " * 100, uri="b.txt"))


def test_a_damaged_catalog_is_replaced_with_a_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "catalog.sqlite").write_bytes(b"not a database, certainly" * 100)
    with closing(Catalog(tmp_path)) as catalog:
        assert catalog.stats().sources == 0
        put(catalog, source_of("text"))
    (told,) = caplog.messages
    assert "is damaged (file is not a database). It is replaced when it is next opened" in told


def test_damage_that_is_found_later_is_told_and_mended_by_the_next_opening(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(Catalog(tmp_path)) as catalog:
        put(catalog, source_of("The red fox. " * 5000))
        catalog.erase_traces()
        root = "SELECT rootpage FROM sqlite_master WHERE name = 'sources'"
        page = catalog.rows(root)[0][0] - 1
    content = bytearray((tmp_path / "catalog.sqlite").read_bytes())
    content[4096 * page : 4096 * (page + 1)] = b"\xff" * 4096
    (tmp_path / "catalog.sqlite").write_bytes(content)
    with closing(Catalog(tmp_path)) as catalog, pytest.raises(StoreError, match="is damaged"):
        catalog.sources("documents")
    with closing(Catalog(tmp_path)) as catalog:
        assert catalog.sources("documents") == []
    assert "has format -1" in caplog.text


def test_a_catalog_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    set_format(tmp_path, 99)
    with pytest.raises(
        StoreError, match=rf"has format 99.*reads format {SCHEMA_VERSION}\. Upgrade Quoth"
    ):
        Catalog(tmp_path)


@pytest.mark.parametrize("format", [-1, 0])
def test_a_catalog_of_an_unknown_format_is_replaced(tmp_path: Path, format: int) -> None:
    set_format(tmp_path, format)
    (tmp_path / "unchanged").write_text("")
    with closing(Catalog(tmp_path)) as catalog:
        assert catalog.builds() == []
    assert not (tmp_path / "unchanged").exists()


def set_format(home: Path, format: int) -> None:
    """Make a catalog that says it is of this format."""
    with closing(Catalog(home)) as catalog:
        put(catalog, source_of("text"))
        catalog.connection().execute(f"PRAGMA user_version = {format}")


@pytest.mark.parametrize("content", [b"not a database, certainly" * 100, None])
def test_two_processes_may_replace_it_at_once(tmp_path: Path, content: bytes | None) -> None:
    set_format(tmp_path, -1)
    if content is not None:
        (tmp_path / "catalog.sqlite").write_bytes(content)
    code = f"""
from pathlib import Path
from index.store.catalog import Catalog
assert Catalog(Path({str(tmp_path)!r})).builds() == []
"""
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [each.wait() for each in running] == [0, 0, 0]


def test_whoever_opens_it_waits_for_another_who_is_replacing_it(tmp_path: Path) -> None:
    half_done = tmp_path / "catalog.sqlite"
    half_done.mkdir()  # SQLite cannot open it, as between the deletion and the new file
    replacing = threading.Event()

    def replace_it() -> None:
        with write_lock(tmp_path, seconds=1):
            replacing.set()
            time.sleep(0.3)
            half_done.rmdir()

    other = threading.Thread(target=replace_it)
    other.start()
    replacing.wait()
    with closing(Catalog(tmp_path)) as catalog:
        assert catalog.builds() == []
    other.join()


def test_a_home_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="QUOTH_HOME"):
        Catalog(tmp_path / "file" / "home")


def test_common_words_of_a_question_are_left_out_where_they_are_everywhere(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.store.catalog_words._MATCHED", 20)
    texts = [f"Rivers flow number{n}." for n in range(30)] + ["Rivers flow past herons."]
    for n, text in enumerate(texts):
        put(catalog, source_of(text, uri=f"{n}.txt"))
    assert len(catalog.match("documents", "rivers flow", 50)) == 31, "the rarest are never left out"
    assert len(catalog.match("documents", "rivers flow herons number7", 50)) == 2
    assert len(catalog.match("documents", "rivers flow nowhere", 50)) == 31
    assert catalog.frequencies(["documents"], ["heron", "river", "absent"]) == (
        31,
        {"heron": 1, "river": 31, "absent": 0},
    )
    put(catalog, source_of("More herons.", uri="more.txt"))
    assert catalog.frequencies(["documents"], ["heron"]) == (32, {"heron": 2})


def test_two_processes_may_create_it_at_once(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from index.store.catalog import Catalog
Catalog(Path({str(tmp_path)!r})).close()
"""
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [each.wait() for each in running] == [0, 0, 0]


def test_stats_count_what_serves(catalog: Catalog) -> None:
    put(catalog, source_of("0123456789"), pieces=5)
    put(catalog, source_of("01234", collection="other"), pieces=5)
    stats = catalog.stats()
    assert (stats.collections, stats.sources, stats.passages, stats.characters) == (2, 2, 10, 15)
    assert stats.bytes > 10_000
    assert stats.generation == 2


LONG = "Die Brücke “über” den Fluß 🦊 ist 東京. " * 2000
"""Of more characters than a source has whose passages are read one by one."""


@pytest.mark.parametrize("text", ["Über den Fluß, 東京 🦊 und zurück.", "Plain words.", LONG])
def test_passages_are_found_with_the_very_text_and_version_of_their_source(
    catalog: Catalog, text: str
) -> None:
    source, other = source_of(text), source_of("Äther und Öl.", uri="b.txt")
    vectors: Vectors = np.eye(4, dtype=np.float32)[:2]
    passages = put(catalog, source, pieces=7, vectors=vectors) + put(catalog, other, pieces=2)
    found = catalog.found_passages([*(each.id for each in passages), "unknown"], vectors=True)
    assert {id: each.passage for id, each in found.items()} == {each.id: each for each in passages}
    versions = {each.version for each in found.values()}
    assert {each[1:] for each in versions} == {
        (each.collection, each.uri, each.title, each.sha256) for each in (source, other)
    }
    assert catalog.sources_of(versions) == {each.id: each for each in (source, other)}
    for each in found.values():
        shape = None if each.vectors is None else each.vectors.shape
        assert shape == ((2, 4) if each.version.id == source.id else None)
    assert all(
        each.vectors is None
        for each in catalog.found_passages([p.id for p in passages], vectors=False).values()
    )


def test_what_is_queued_for_chroma_is_told_with_its_name_and_the_generation(
    catalog: Catalog,
) -> None:
    assert catalog.chroma_now("documents") == (0, None, False)
    (passage,) = put(catalog, source_of("The old fox."))
    put(catalog, source_of("The elk.", collection="others"))
    (build, _) = catalog.builds()
    name, generation = catalog.chroma_name("documents"), catalog.generation()
    assert catalog.chroma_now("documents") == (generation, name, False)
    with catalog.transaction() as connection:
        put_in_queue(connection, build.number, [passage.id])
    assert catalog.chroma_now("documents") == (generation, name, True)
    assert not catalog.chroma_now("others").is_behind


def test_stretches_of_many_sources_are_outlined_at_once_as_they_are_one_by_one(
    catalog: Catalog,
) -> None:
    texts = [source_of("The old fox sleeps here.", uri=f"{at}.txt") for at in range(3)]
    for source in texts:
        put(catalog, source, pieces=7)
    windows = [OutlineWindow(each.id, at, at + 2) for each in texts for at in (0, 3, 5, 9)] * 30
    windows.insert(5, OutlineWindow("unknown", 0, 9))
    found = catalog.outlines(windows)
    assert found == [catalog.outline(*window) for window in windows]
    assert [len(outline) for outline in found[:6]] == [3, 3, 1, 0, 3, 0]
    assert catalog.outlines([]) == []


def test_a_source_of_another_version_is_not_lent(catalog: Catalog) -> None:
    source = source_of("The old fox.")
    (passage,) = put(catalog, source)
    version = catalog.found_passages([passage.id], vectors=False)[passage.id].version
    put(catalog, source_of("The new fox."))
    assert catalog.sources_of([version]) == {}


def test_a_passage_is_found_whole_where_only_the_bytes_before_it_changed(catalog: Catalog) -> None:
    before, after = source_of("ae. The fox."), source_of("äé. The fox.")
    kept = passage_of(before, 4, 12)
    moved = kept.model_copy(update={"text": after.text[4:12]})
    put(catalog, source_of("Öl", uri="b.txt"))
    (build,) = serving_builds(catalog.connection())
    for source, passage in ((before, kept), (after, moved)):
        with catalog.transaction() as connection:
            put_source(connection, build.number, source, [IndexedPassage(passage, b"1", None)])
        assert catalog.passages([kept.id])[kept.id].text == "The fox."


def test_a_catalog_of_the_format_before_learns_where_its_passages_stand(tmp_path: Path) -> None:
    with closing(Catalog(tmp_path)) as catalog:
        passages = put(catalog, source_of("Über den Fluß, 東京 🦊 und zurück."), pieces=5)
        for column in ("byte_start", "byte_end"):
            catalog.connection().execute(f"ALTER TABLE passages DROP COLUMN {column}")
        catalog.connection().execute("PRAGMA user_version = 13")
    with closing(Catalog(tmp_path)) as catalog:
        found = catalog.passages([each.id for each in passages])
    assert found == {each.id: each for each in passages}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60),
    query=st.text(max_size=40),
)
def test_any_text_is_stored_and_any_query_is_answered(
    catalog: Catalog, text: str, query: str
) -> None:
    if catalog.is_shared:
        text = text.replace("\0", "")  # which no document that was read has
    source = source_of(text)
    passages = put(catalog, source, pieces=3)
    assert catalog.source(source.id).text == text
    assert catalog.passages([each.id for each in passages]) == {p.id: p for p in passages}
    assert len(catalog.match("documents", query, 3)) <= 3
    catalog.frequencies(["documents"], query.split())
