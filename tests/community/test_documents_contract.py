"""What the community asks of documents, of the papers in memory and of the real library alike."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.community.documents import Documents
from bot.settings import load_settings
from index.errors import SourceNotFound
from index.library import Library, open_library
from index.schema import LoadedDocument, Place, SyncReport, source_id
from tests.doubles.discord.fixtures import PaperDocuments


@pytest.fixture(scope="module")
def library(indexed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("library")
    (folder / ".quoth").mkdir()
    (folder / ".quoth" / "models").symlink_to(indexed_folder / ".quoth" / "models")
    with open_library(load_settings({}, folder).index) as opened:
        yield opened


@pytest.fixture(params=["papers", "library"])
def documents(request: pytest.FixtureRequest) -> Documents:
    if request.param == "papers":
        papers = PaperDocuments()
        papers.broken["broken.pdf"] = "It is no PDF file."
        return papers
    library: Library = request.getfixturevalue("library")
    return library


@pytest.fixture
def shelf(request: pytest.FixtureRequest) -> str:
    """A collection of the test's own."""
    return f"shelf {request.node.name}"


def counts(report: SyncReport) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, report.removed


def names(documents: Documents, collection: str) -> list[str]:
    return [entry.uri for entry in documents.sources(collection)]


def put(documents: Documents, collection: str, name: str, text: str) -> SyncReport:
    return documents.add_file(collection, name, text.encode(), added_by="42")


async def test_a_collection_that_is_not_there_is_empty(documents: Documents, shelf: str) -> None:
    assert list(await asyncio.to_thread(documents.sources, shelf)) == []
    assert await asyncio.to_thread(documents.not_read, shelf) == {}
    await asyncio.to_thread(documents.remove_collection, shelf)


async def test_a_file_is_added_and_known(documents: Documents, shelf: str) -> None:
    report = await asyncio.to_thread(put, documents, shelf, "b.txt", "The fee is 10 euros.")
    assert counts(report) == (1, 0, 0, 0)
    assert report.failed == ()
    await asyncio.to_thread(put, documents, shelf, "a.txt", "Boats are green.")
    first, second = await asyncio.to_thread(documents.sources, shelf)
    assert (first.uri, second.uri) == ("a.txt", "b.txt")
    assert (second.collection, second.added_by) == (shelf, "42")
    source = await asyncio.to_thread(documents.source, second.id)
    assert source.id == source_id(shelf, "b.txt")
    assert (source.uri, source.text.strip()) == ("b.txt", "The fee is 10 euros.")
    assert second.characters == len(source.text)
    assert second.sha256 == source.sha256


async def test_the_same_name_replaces_what_it_held(documents: Documents, shelf: str) -> None:
    await asyncio.to_thread(put, documents, shelf, "a.txt", "The fee is 10 euros.")
    again = await asyncio.to_thread(put, documents, shelf, "a.txt", "The fee is 12 euros.")
    assert counts(again) == (0, 1, 0, 0)
    (entry,) = await asyncio.to_thread(documents.sources, shelf)
    assert (await asyncio.to_thread(documents.source, entry.id)).text.strip().endswith("12 euros.")
    same = await asyncio.to_thread(put, documents, shelf, "a.txt", "The fee is 12 euros.")
    assert counts(same) == (0, 0, 1, 0)


async def test_a_text_has_the_title_and_the_address_it_was_given(
    documents: Documents, shelf: str
) -> None:
    report = await asyncio.to_thread(
        documents.add_text,
        shelf,
        "answer 1",
        "The canteen opens at noon.",
        title="When does the canteen open?",
        url="https://discord.com/channels/1/2/3",
        added_by=None,
    )
    assert counts(report) == (1, 0, 0, 0)
    (entry,) = await asyncio.to_thread(documents.sources, shelf)
    assert (entry.title, entry.added_by) == ("When does the canteen open?", None)
    source = await asyncio.to_thread(documents.source, entry.id)
    assert (source.title, source.url) == (entry.title, "https://discord.com/channels/1/2/3")


async def test_what_cannot_be_read_is_in_the_report(documents: Documents, shelf: str) -> None:
    report = await asyncio.to_thread(put, documents, shelf, "broken.pdf", "%PDF-1.7 nonsense")
    assert counts(report) == (0, 0, 0, 0)
    assert [failure.source for failure in report.failed] == ["broken.pdf"]
    assert report.failed[0].reason
    assert await asyncio.to_thread(names, documents, shelf) == []


async def test_a_source_is_removed_once(documents: Documents, shelf: str) -> None:
    await asyncio.to_thread(put, documents, shelf, "a.txt", "Boats are green.")
    await asyncio.to_thread(put, documents, shelf, "b.txt", "Boats are red.")
    id = source_id(shelf, "a.txt")
    assert counts(await asyncio.to_thread(documents.remove, id)) == (0, 0, 0, 1)
    assert await asyncio.to_thread(names, documents, shelf) == ["b.txt"]
    with pytest.raises(SourceNotFound):
        await asyncio.to_thread(documents.source, id)
    with pytest.raises(SourceNotFound):
        await asyncio.to_thread(documents.remove, id)


async def test_a_collection_is_removed_and_the_others_stay(
    documents: Documents, shelf: str
) -> None:
    other = f"{shelf}, other"
    await asyncio.to_thread(put, documents, shelf, "a.txt", "Boats are green.")
    await asyncio.to_thread(put, documents, other, "a.txt", "Boats are red.")
    assert {shelf, other} <= {*await asyncio.to_thread(documents.collections)}
    await asyncio.to_thread(documents.remove_collection, shelf)
    assert await asyncio.to_thread(names, documents, shelf) == []
    assert await asyncio.to_thread(names, documents, other) == ["a.txt"]
    assert shelf not in await asyncio.to_thread(documents.collections)


async def test_without_a_folder_there_is_nothing_to_bring_in_step(documents: Documents) -> None:
    assert await asyncio.to_thread(documents.bring_in_step) is None


async def test_a_finished_text_keeps_its_places_and_is_known_by_its_version(
    documents: Documents, shelf: str
) -> None:
    place = Place(start=0, label="message of Ann", fragment="message=1")
    said = LoadedDocument(
        text="Ann:\nBoats are green.", title="#boats", mime="text/markdown", places=(place,)
    )
    renamed = said.model_copy(update={"title": "#ships"})

    def add(document: LoadedDocument, version: str) -> SyncReport:
        return documents.add_document(shelf, "day-2026-03-03.md", document, sha256=version)

    reports = [
        await asyncio.to_thread(add, document, version)
        for document, version in ((said, "a"), (said, "a"), (renamed, "b"))
    ]
    assert [counts(one) for one in reports] == [(1, 0, 0, 0), (0, 0, 1, 0), (0, 1, 0, 0)]
    (entry,) = await asyncio.to_thread(documents.sources, shelf)
    assert (entry.title, entry.sha256) == ("#ships", "b")
    source = await asyncio.to_thread(documents.source, entry.id)
    assert (source.text, source.places) == (said.text, (place,))
