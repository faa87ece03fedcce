"""The files of added PDFs are kept as long as their documents, and their pages can be shown."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from bot.settings import load_settings
from index.errors import PictureUnavailable
from index.library import Library, open_library
from index.schema import Evidence, Source
from index.store.home_backup import restored_backup, write_backup
from index.store.kept_originals import KeptOriginals
from index.store.page_cache import PageCache

SETTINGS = {"QUOTH_EMBEDDINGS": "minilm", "QUOTH_QUALITY": "fast", "QUOTH_READER": "off"}
FORMATS = {"additions.sqlite": 99, "community.sqlite": 99, "catalog.sqlite": 99}


def pdf(*pages: str) -> bytes:
    """Return a PDF with a line on each page."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=(400, 500), invariant=1)
    for line in pages:
        canvas.drawString(40, 400, line)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


TIDES, LIONS = pdf("The moon pulls the sea.", "Twice a day."), pdf("Lions sleep all day.")


@pytest.fixture
def library(own_folder: Path) -> Iterator[Library]:
    (own_folder / "documents").mkdir(exist_ok=True)
    with open_library(load_settings(SETTINGS, own_folder).index) as opened:
        yield opened


def kept(library: Library) -> list[str]:
    return sorted(path.name for path in (library.config.home / "originals").iterdir())


def named(*files: bytes) -> list[str]:
    return sorted(hashlib.sha256(file).hexdigest() for file in files)


def quote(source: Source, words: str) -> Evidence:
    start = source.text.index(words)
    return Evidence(source_id=source.id, sha256=source.sha256, start=start, end=start + len(words))


def test_a_file_is_kept_as_long_as_its_document(library: Library, tmp_path: Path) -> None:
    library.add_file("zoo", "tides.pdf", TIDES)
    library.add_file("sea", "the same.pdf", TIDES)
    library.add_file("zoo", "lions.pdf", LIONS)
    library.add_file("zoo", "notes.md", b"# Notes\n\nNothing to be shown here.\n")
    elsewhere = tmp_path / "elsewhere.pdf"
    elsewhere.write_bytes(pdf("Owls hunt at night."))
    library.add([str(elsewhere)], "zoo")
    assert kept(library) == named(TIDES, LIONS, elsewhere.read_bytes())
    stats = library.catalog.stats()
    assert (stats.originals, stats.original_bytes) == (
        3,
        len(TIDES) + len(LIONS) + elsewhere.stat().st_size,
    )
    elsewhere.unlink()
    owls = library.find(str(elsewhere), ["zoo"])
    shown = library.page_picture(quote(owls, "at night"))
    assert shown is not None and shown.is_marked and shown.page == 1

    tides = library.find("tides.pdf", ["zoo"])
    library.add_file("zoo", "lions.pdf", pdf("Lions hunt in the evening."))
    library.remove(tides.id)
    assert named(TIDES)[0] in kept(library)  # another collection has it
    assert named(LIONS)[0] not in kept(library)
    with pytest.raises(PictureUnavailable, match="has changed since it was quoted"):
        library.page_picture(
            quote(library.find("lions.pdf", ["zoo"]), "Lions").model_copy(
                update={"sha256": named(LIONS)[0]}
            )
        )
    library.remove_collection("zoo")
    library.remove_collection("sea")
    assert not kept(library) and not list((library.config.home / "pages").iterdir())


def test_what_a_killed_writer_left_is_swept_by_the_next(library: Library) -> None:
    library.add_file("zoo", "lions.pdf", LIONS)
    KeptOriginals(library.config.home).put("f" * 64, b"kept, and never indexed")
    (library.config.home / "originals" / ".half").write_bytes(b"half a fi")
    library.sync("documents")
    assert kept(library) == named(LIONS)


def test_files_are_not_kept_where_that_is_switched_off(own_folder: Path) -> None:
    (own_folder / "documents").mkdir(exist_ok=True)
    off = load_settings(SETTINGS | {"QUOTH_KEEP_ORIGINALS": "off"}, own_folder).index
    with open_library(off) as library:
        library.add_file("zoo", "lions.pdf", LIONS)
        lions = library.find("lions.pdf", ["zoo"])
        assert not (off.home / "originals").exists()
        with pytest.raises(PictureUnavailable, match="was not kept, only its text"):
            library.page_picture(quote(lions, "Lions sleep"))
    with open_library(load_settings(SETTINGS, own_folder).index) as library:
        library.add_file("zoo", "lions.pdf", LIONS)  # unchanged, but its file is wanted now
        assert kept(library) == named(LIONS)
    with open_library(off) as library:
        library.sync("documents")
        assert kept(library) == []


def test_a_backup_holds_the_files_and_none_of_a_removed_document(
    library: Library, tmp_path: Path
) -> None:
    library.add_file("zoo", "lions.pdf", LIONS)
    KeptOriginals(library.config.home).put("f" * 64, b"of no document")
    write_backup(library.config.home, tmp_path / "backup.zip", version="1")
    again = tmp_path / "again"
    with restored_backup(tmp_path / "backup.zip", again, replace=False, formats=FORMATS):
        pass
    assert [path.name for path in (again / "originals").iterdir()] == named(LIONS)
    assert KeptOriginals(again).path(named(LIONS)[0]).read_bytes() == LIONS


def test_a_page_of_the_folder_is_shown_from_there_and_kept_within_bounds(
    library: Library, own_folder: Path
) -> None:
    (own_folder / "documents" / "tides.pdf").write_bytes(TIDES)
    library.sync("documents")
    tides = library.find("tides.pdf", ["documents"])
    assert not (library.config.home / "originals").exists()
    first = library.page_picture(quote(tides, "pulls the sea"), quote(tides, "sea"))
    second = library.page_picture(quote(tides, "Twice a day"), whole=True)
    assert first is not None and second is not None
    assert (first.page, first.is_marked, second.page) == (1, True, 2)
    assert Image.open(BytesIO(first.png)).height < Image.open(BytesIO(second.png)).height
    both = Evidence(source_id=tides.id, sha256=tides.sha256, start=4, end=len(tides.text))
    over = library.page_picture(both)
    assert over is not None and over.note == "The quote goes on on page 2." and over.is_marked
    (own_folder / "documents" / "tides.pdf").unlink()
    assert library.page_picture(quote(tides, "pulls the sea"), quote(tides, "sea")) == first
    with pytest.raises(PictureUnavailable, match="is not there any more"):
        library.page_picture(quote(tides, "The moon"))
    small = PageCache(library.config.home, most=len(first.png) + 100)
    small.put(tides.sha256, "another", first, lambda: True)
    assert len(list((library.config.home / "pages").glob("*/*"))) == 1
    small.put(tides.sha256, "removed meanwhile", first, lambda: False)
    assert small.get(tides.sha256, "removed meanwhile") is None
