"""Pictures are read in processes of their own, each within limits of its own."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest

from index.config import ReadConfig
from index.errors import Cancelled, LoadError
from index.schema import PictureBox
from index.sync.read_worker import ReadWorkers
from tests.doubles.drawn_pictures import as_file, drawn_picture, scanned_pdf

PAGES = [
    drawn_picture((20, 20, f"This is page {number}"), size=(400, 200)) for number in range(1, 4)
]
TEXTS = ["This is page 1", "This is page 2", "This is page 3"]


@pytest.fixture(scope="module")
def workers() -> Iterator[ReadWorkers]:
    opened = ReadWorkers()
    yield opened
    opened.close()


def test_pages_are_read_and_cut_out_elsewhere(workers: ReadWorkers) -> None:
    scan = scanned_pdf(PAGES)
    document = workers.load(scan, name="scan.pdf")
    assert [page.of(document.text) for page in document.pages] == TEXTS
    region = document.regions[2]
    box = PictureBox(page=3, edges=(region.left, region.top, region.right, region.bottom))
    assert workers.crop(scan, "scan.pdf", box).startswith(b"\x89PNG")
    with pytest.raises(LoadError, match="page 40 cannot be painted"):
        workers.crop(scan, "scan.pdf", PictureBox(page=40, edges=(0, 0, 1, 1)))


@pytest.mark.long
@pytest.mark.limit(300)
def test_every_page_has_the_time_of_a_document() -> None:
    """Many pages take longer than one may, and are read."""
    workers = ReadWorkers(ReadConfig(seconds=5))
    began = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    try:
        document = workers.load(scanned_pdf(PAGES * 12), name="scan.pdf")
    finally:
        workers.close()
    assert [page.of(document.text) for page in document.pages] == TEXTS * 12
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - began > 5


def test_reading_can_be_cancelled_between_two_pictures(workers: ReadWorkers) -> None:
    seen: list[int] = []

    def step() -> None:
        seen.append(len(seen))
        raise Cancelled

    with pytest.raises(Cancelled):
        workers.load(scanned_pdf(PAGES), name="scan.pdf", step=step)
    assert seen == [0]
    workers.close()
    with pytest.raises(Cancelled):
        workers.load(scanned_pdf(PAGES), name="scan.pdf")


def test_a_picture_takes_no_more_memory_than_is_allowed() -> None:
    workers = ReadWorkers(ReadConfig(megabytes=300))
    try:
        with pytest.raises(LoadError, match="takes more than 300 MiB of memory"):
            workers.load(as_file(PAGES[0], "PNG"), name="a.png")
    finally:
        workers.close()


@pytest.mark.long
def test_the_largest_picture_fits_into_memory() -> None:
    photo = drawn_picture((900, 900, "This is page 1"), size=(8_000, 7_900), letters=180)
    opened = ReadWorkers()
    try:
        loaded = opened.load(as_file(photo, "JPEG"), name="large.jpg")
    finally:
        opened.close()
    assert loaded.text == "This is page 1"
