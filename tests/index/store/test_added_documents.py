"""What people added, and what is known of pages, sites and readers: in a file and a database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index.schema import Source
from index.store.added_documents import AddedDocuments
from index.store.catalog import Catalog
from index.store.postgres_address import PostgresAddress
from index.store.reader_records import ReaderRecord, ReaderRecords
from index.store.web_records import PageRecord, SiteRecord, WebRecords
from tests.index.store.test_catalog import source_of

SITE = SiteRecord("board", "https://a.org", "https://a.org/start", "site", "A", added_by="Ada")


@pytest.fixture(params=["file", "database"])
def added(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AddedDocuments]:
    address = None
    if request.param == "database":
        address = PostgresAddress.of(request.getfixturevalue("database_url"))
    with (
        closing(Catalog(tmp_path, address=address)) as catalog,
        closing(catalog.open_added()) as opened,
    ):
        yield opened


def document(uri: str, text: str = "An owl.") -> Source:
    return source_of(text, uri=uri, collection="board")


def test_documents_come_back_as_they_were_and_go_for_good(added: AddedDocuments) -> None:
    first, second = document("a.txt"), document("b.txt")
    added.put([first, second])
    added.put_collection("board")
    assert added.source(("board", "a.txt")) == first
    newer = first.model_copy(update={"text": "A hare.", "sha256": "f" * 64})
    added.put([newer])
    assert added.source(("board", "a.txt")) == newer
    added.rename("board", "b.txt", "c.txt")
    assert sorted(added.versions()) == [("board", "a.txt"), ("board", "c.txt")]
    added.remove(("board", "a.txt"), ("board", "unknown"))
    assert list(added.versions()) == [("board", "c.txt")]
    added.remove_collection("board")
    assert added.versions() == {}
    assert added.collections() == set()


def test_pages_are_known_as_they_were_seen(added: AddedDocuments) -> None:
    records = WebRecords(added)
    pages = ["HTTPS://a.org/2", "https://a.org/1", "https://b.org"]
    added.put([document(uri) for uri in (*pages, "notes.txt", "mailto:http://no")])
    records.put_site(SITE)
    assert records.oldest_look() == 0.0
    records.put_site(SITE._replace(checked=50.0, title="B"))
    seen = [
        PageRecord(pages[1], site=SITE.url, checked=70.0, etag="e"),
        PageRecord(pages[0], in_feed=True, checked=60.0, misses=1, failure="gone"),
        PageRecord("https://never.added", checked=1.0),
    ]
    records.put_pages("board", seen)
    assert list(records.pages("board").values()) == [PageRecord(pages[2]), seen[1], seen[0]]
    assert records.versions("board", SITE.url) == {document(pages[1]).sha256: pages[1]}
    assert records.sites("board") == [SITE._replace(checked=50.0, title="B")]
    assert records.oldest_look() == 0.0  # of the page that was never looked at
    added.rename("board", pages[1], "https://a.org/3")
    assert records.pages("board")["https://a.org/3"].etag == "e"
    records.remove_site("board", SITE.url)
    assert records.sites() == []


def test_a_queue_holds_each_address_once_and_in_order(added: AddedDocuments) -> None:
    added.put_collection("board")
    records = WebRecords(added)
    records.put_site(SITE)
    urls = [f"https://a.org/{name}" for name in ("z", "b?x=1", "b?x=2", "a")]
    assert records.enqueue(SITE, [*urls, urls[0]], most=3) == 2
    assert records.waiting(SITE, 9) == urls[:3]
    assert records.unqueued(SITE, urls) == [urls[3]]
    assert records.count_variants(SITE, urls[1]) == 2
    records.strike_off(SITE, [urls[0], urls[3], urls[1]], failed={urls[1]})
    assert records.is_struck(SITE, urls[3])
    assert not records.is_struck(SITE, urls[2])
    assert records.counts(SITE) == (3, 4)
    assert records.unread(SITE) == [urls[1], urls[2]]
    records.clear_queue(SITE, unread=False)
    assert records.counts(SITE) == (1, 2)
    records.clear_queue(SITE)
    assert records.counts(SITE) == (0, 0)


def test_readers_are_kept_with_what_they_brought(added: AddedDocuments) -> None:
    added.put([document("wiki://b"), document("wiki://a"), document("wikipedia://c")])
    records = ReaderRecords(added)
    reader = ReaderRecord("board", "wiki", "package:Class", "{}", "/folder", checked=4.0)
    records.put(reader._replace(failure="It failed."))
    records.put(reader)
    assert records.readers() == records.readers("board") == [reader]
    assert WebRecords(added).oldest_look() == 4.0
    assert sorted(records.versions(reader)) == ["wiki://a", "wiki://b"]
    records.remove(reader)
    assert records.readers("board") == []
