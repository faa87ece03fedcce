"""Documents that are ZIP archives inside, and how to tell one that is named as an archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zipfile import ZipFile

_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."

_STATED = (
    ("application/epub+zip", "an EPUB book", ".epub"),
    (f"{_OPEN_DOCUMENT}text", "an OpenDocument text", ".odt"),
    (f"{_OPEN_DOCUMENT}spreadsheet", "an OpenDocument spreadsheet", ".ods"),
    (f"{_OPEN_DOCUMENT}presentation", "an OpenDocument presentation", ".odp"),
)
"""What the first member says of those that say it themselves."""

_TYPES = "[Content_Types].xml"
_PARTS = (
    ("word/", "a Word document", ".docx"),
    ("xl/", "an Excel workbook", ".xlsx"),
    ("ppt/", "a PowerPoint presentation", ".pptx"),
)
"""In which folder those of Microsoft Office have their parts."""

_ENCRYPTED = 0x1
_MOST = 100
"""Bytes of a media type."""


def named_as_archive(archive: ZipFile) -> tuple[str, str] | None:
    """Say what is named as an archive and is a document, and its ending; None for an archive.

    Raises what reading a damaged archive raises.
    """
    names = set(archive.namelist())
    found = None
    if "mimetype" in names and not archive.getinfo("mimetype").flag_bits & _ENCRYPTED:
        with archive.open("mimetype") as member:
            stated = member.read(_MOST).decode("ascii", "replace")
        found = next((each for each in _STATED if stated.startswith(each[0])), None)
    elif _TYPES in names:
        inside = {f"{name.partition('/')[0]}/" for name in names if "/" in name}
        found = next((each for each in _PARTS if each[0] in inside), None)
    if found is None:
        return None
    return found[1:]
