"""A quote that was read from a picture says so wherever it is printed, and can be compared."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from tests.doubles.cli_fakes import run
from tests.doubles.drawn_pictures import as_file, drawn_picture
from tests.doubles.homes import put

NOTICE = drawn_picture(
    (40, 30, "Harbour rules"),
    (40, 110, "The harbour closes at sunset."),
    (40, 200, "Dogs stay on a leash."),
)
QUESTION = ("ask", "When does the harbour close?")
MARK = "read from a picture"


def quoth(folder: Path, *arguments: str) -> Result:
    """Run a command with the models that only find."""
    return run(folder, *arguments, QUOTH_QUALITY="fast", QUOTH_READER="off")


def test_a_quote_from_a_picture_is_marked_and_shown(own_folder: Path) -> None:
    documents = own_folder / "documents"
    documents.mkdir(exist_ok=True)
    put(documents / "leash.md", "# Dogs\n\nBeside the harbour, dogs run free in the park.\n")
    notice = documents / "notice.png"
    notice.write_bytes(as_file(NOTICE, "PNG"))
    (documents / "sky.jpg").write_bytes(as_file(Image.new("RGB", (90, 60), "blue"), "JPEG"))
    done = quoth(own_folder, "sync")
    assert done.exit_code == 0, done.output
    assert "sky.jpg: picture without text" in done.stderr
    listed = quoth(own_folder, "sources").stdout.splitlines()
    (sky,) = [line for line in listed if "sky.jpg" in line]
    assert sky.endswith("not read: picture without text")
    assert quoth(own_folder, *QUESTION).stdout.rstrip().endswith(f"notice.png), {MARK}")
    (cited,) = json.loads(quoth(own_folder, *QUESTION, "--json").stdout)["citations"]
    place = cited["read_from_picture"]
    assert place["page"] is None and 0 < place["left"] < 0.1 and 0.3 < place["top"] < 0.45
    found = json.loads(quoth(own_folder, "search", "dogs", "--json").stdout)["hits"]
    marked = {hit["source"]: "read_from_picture" in hit for hit in found}
    assert marked == {"notice.png": True, "leash.md": False}
    assert quoth(own_folder, "search", "harbour sunset").stdout.split("\n")[0].endswith(MARK)
    part = f"notice.png:{cited['start']}:{cited['end']}"
    crop = own_folder / "crop.png"
    shown = quoth(own_folder, "show", part, "--picture", str(crop))
    assert MARK in shown.stdout.split("\n")[0]
    assert shown.stderr.startswith("The picture is in ")
    assert 30 < Image.open(BytesIO(crop.read_bytes())).height < 90
    payload = json.loads(quoth(own_folder, "show", part, "--json").stdout)
    assert payload["read_from_picture"] == place
    again = quoth(own_folder, "show", part, "--picture", str(crop))
    assert again.exit_code == 2 and "There is a file" in again.stderr
    over = quoth(own_folder, "show", part, "--picture", str(documents / "sky.jpg"))
    assert over.exit_code == 2 and "should end in .png" in over.stderr
    crop.unlink()
    typed = quoth(own_folder, "show", "leash.md", "--picture", str(crop))
    assert typed.exit_code == 2 and "in no picture" in typed.stderr
    blank = quoth(own_folder, "show", "sky.jpg", "--picture", str(crop))
    assert blank.exit_code == 2 and "No text was read in 'sky.jpg'" in blank.stderr
    (documents / "torn.png").write_bytes(as_file(NOTICE, "PNG")[:300])
    quoth(own_folder, "sync")
    torn = quoth(own_folder, "show", "documents/torn.png")
    assert torn.exit_code == 2 and "'torn.png' is not indexed." in torn.stderr
    notice.write_bytes(as_file(NOTICE.rotate(180), "PNG"))
    changed = quoth(own_folder, "show", part, "--picture", str(crop))
    assert changed.exit_code == 2 and "has changed since it was read" in changed.stderr
    notice.unlink()
    gone = quoth(own_folder, "show", part, "--picture", str(crop))
    assert gone.exit_code == 2 and "is not there any more" in gone.stderr


def test_without_the_extra_a_picture_is_passed_over_until_it_is_there(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = own_folder / "documents"
    documents.mkdir(exist_ok=True)
    put(documents / "leash.md", "# Dogs\n\nDogs run free in the park.\n")
    (documents / "notice.png").write_bytes(as_file(NOTICE, "PNG"))
    with monkeypatch.context() as patch:
        patch.setattr("index.load.text_recognition.can_recognise", lambda: False)
        patch.setattr("index.sync.unchanged._READERS", ("oxmsg", "tree_sitter"))
        assert "1 added; " in quoth(own_folder, "sync").stdout
        assert "; 1 not read: 1 .png" in quoth(own_folder, "sync").stdout
        listed = quoth(own_folder, "sources", "--all").stdout
        assert "not read: Pictures need an extra package. Run `pip install 'quoth[ocr]'`" in listed
    assert quoth(own_folder, "sync").stdout.startswith("1 added, 1 unchanged; ")


def test_a_quote_of_a_pdf_is_shown_on_its_page(own_folder: Path) -> None:
    documents = own_folder / "documents"
    documents.mkdir(exist_ok=True)
    file = BytesIO()
    canvas = Canvas(file, pagesize=(400, 600))
    canvas.drawString(40, 500, "The harbour closes at sunset.")
    canvas.drawString(40, 460, "Dogs stay on a leash.")
    canvas.save()
    (documents / "harbour.pdf").write_bytes(file.getvalue())
    assert quoth(own_folder, "sync").exit_code == 0
    part, page = own_folder / "part.png", own_folder / "page.png"
    shown = quoth(own_folder, "show", "harbour.pdf:0:29", "--picture", str(part))
    assert shown.stderr.rstrip().endswith("part.png.")
    assert "The harbour closes" in shown.stdout
    assert quoth(own_folder, "show", "harbour.pdf#page=1", "--picture", str(page)).exit_code == 0
    marked, plain = (Image.open(path).convert("HSV") for path in (part, page))
    assert marked.split()[1].getextrema()[1] > 100 and plain.split()[1].getextrema()[1] == 0
    assert marked.height < plain.height
    (documents / "harbour.pdf").write_bytes(file.getvalue() + b"\n")
    again = quoth(own_folder, "show", "harbour.pdf:30:50", "--picture", str(own_folder / "x.png"))
    assert again.exit_code == 2 and "has changed since it was read" in again.stderr
