"""Pictures are read in processes of their own, each within limits of its own."""

from __future__ import annotations

import time

import numpy as np
import pytest

from index.config import ReadConfig
from index.errors import LoadError
from index.load.text_recognition import TextRecogniser
from index.schema import PictureBox
from index.sync.read_worker import ReadWorkers
from tests.doubles.drawn_pictures import as_file, drawn_picture, scanned_pdf

PAGES = [
    drawn_picture((20, 20, f"This is page {number}"), size=(400, 200)) for number in range(1, 7)
]


def test_every_page_has_the_time_of_a_document() -> None:
    """Six pages take longer than one may, and are read; one that takes too long is given up."""
    scan = scanned_pdf(PAGES)
    recogniser, began = TextRecogniser(), time.process_time()
    recogniser.read(lambda: np.asarray(PAGES[0]))
    alone = time.process_time() - began
    workers = ReadWorkers(ReadConfig(seconds=max(1, alone)))
    try:
        document = workers.load(scan, name="scan.pdf")
        expected = [f"This is page {number}" for number in range(1, 7)]
        assert [page.of(document.text) for page in document.pages] == expected
        assert len(document.regions) == 6
        region = document.regions[3]
        box = PictureBox(page=4, edges=(region.left, region.top, region.right, region.bottom))
        assert workers.crop(scan, "scan.pdf", box).startswith(b"\x89PNG")
        with pytest.raises(LoadError, match="page 40 cannot be painted"):
            workers.crop(scan, "scan.pdf", PictureBox(page=40, edges=(0, 0, 1, 1)))
    finally:
        workers.close()


def test_a_picture_is_read_in_bounded_memory() -> None:
    """A camera's largest picture fits; what a small machine allows is kept to."""
    photo = drawn_picture((900, 900, "This is page 1"), size=(8_000, 7_900), letters=180)
    large = as_file(photo, "JPEG")
    for megabytes, is_read in ((1024, True), (300, False)):
        workers = ReadWorkers(ReadConfig(megabytes=megabytes))
        try:
            if is_read:
                assert workers.load(large, name="large.jpg").text == "This is page 1"
            else:
                with pytest.raises(LoadError, match="takes more than 300 MiB of memory"):
                    workers.load(large, name="large.jpg")
        finally:
            workers.close()
