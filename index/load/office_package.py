"""The parts of a zipped document (Office Open XML, OpenDocument, EPUB), within limits.

Nothing outside the file is ever opened: parsers resolve no entity, load no DTD and have no network.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from io import BytesIO
from typing import IO, Any, NamedTuple
from urllib.parse import unquote

from index.errors import LoadError

_MOST = 400 * 1024 * 1024
"""Bytes that the parts of one document may unpack to: XML of 64 MiB zipped hardly has more."""

_LARGEST_TREE = 100 * 1024 * 1024
"""Bytes of XML that are made a tree; a sheet is read row by row, and may be larger."""

_OLD = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

_RELATIONSHIPS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_RELATION_OF_TRANSITIONAL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_OF_STRICT = b"http://purl.oclc.org/ooxml/"
_STRICT_NAMES = (
    (b"http://purl.oclc.org/ooxml/officeDocument/relationships", _RELATION_OF_TRANSITIONAL),
    (
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    ),
    (
        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    ),
    (
        b"http://purl.oclc.org/ooxml/presentationml/main",
        "http://schemas.openxmlformats.org/presentationml/2006/main",
    ),
    (
        b"http://purl.oclc.org/ooxml/drawingml/",
        "http://schemas.openxmlformats.org/drawingml/2006/",
    ),
)
"""Names of the strict form of Office Open XML, and of the usual one, which says the same."""


class Relation(NamedTuple):
    """What a part refers to."""

    kind: str
    """Last word of its type: `slide`, `notesSlide`."""
    target: str
    """Path in the package; of what lies outside, the address."""
    external: bool


class OfficePackage:
    """A zipped document; raises LoadError that names it wherever a part cannot be read."""

    def __init__(self, data: bytes, name: str, *, newer: str) -> None:
        """`newer` is the ending that an old file is to be saved with: `.docx`."""
        self._name = name
        self._left = _MOST
        if not data:
            raise LoadError(name, "The file is empty.")
        if data.startswith(_OLD):
            raise LoadError(name, _old_reason(data, newer))
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise LoadError(name, self._damaged(newer)) from error
        self._parts = {_part_name(info.filename): info for info in self._zip.infolist()}

    @staticmethod
    def _damaged(newer: str) -> str:
        return f"It is damaged, or no {newer} file in spite of its name; save or download it again."

    def __contains__(self, part: str) -> bool:
        return _part_name(part) in self._parts

    def parts(self) -> list[str]:
        """Return the paths of all parts, in lower case."""
        return list(self._parts)

    def read(self, part: str) -> bytes | None:
        """Return the bytes of a part; None where there is none."""
        with_stream = self.open(part)
        if with_stream is None:
            return None
        try:
            with with_stream as stream:
                return stream.read()
        except (zipfile.BadZipFile, OSError, EOFError, ValueError, zlib.error) as error:
            raise LoadError(self._name, "It is damaged; save or download it again.") from error

    def open(self, part: str) -> IO[bytes] | None:
        """Return a part to read piece by piece; None where there is none."""
        info = self._parts.get(_part_name(part))
        if info is None:
            return None
        if info.flag_bits & 1:
            raise LoadError(self._name, PROTECTED)
        self._left -= info.file_size
        if self._left < 0:
            raise LoadError(self._name, "It unpacks to too much; split it into smaller files.")
        try:
            return self._zip.open(info)
        except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
            raise LoadError(self._name, "It is damaged; save or download it again.") from error

    def tree(self, part: str) -> Any | None:
        """Return the root element of an XML part; None where there is none."""
        info = self._parts.get(_part_name(part))
        if info is not None and info.file_size > _LARGEST_TREE:
            raise LoadError(self._name, "It unpacks to too much; split it into smaller files.")
        data = self.read(part)
        return None if data is None else self.parsed(data, part)

    def parsed(self, data: bytes, part: str) -> Any:
        """Return the root element of XML."""
        from lxml import etree  # type: ignore[import-untyped]

        if _OF_STRICT in data:
            for strict, usual in _STRICT_NAMES:
                data = data.replace(strict, usual.encode())
        try:
            return etree.fromstring(data, xml_parser())
        except (etree.XMLSyntaxError, ValueError) as error:
            raise LoadError(
                self._name, f"Its part {part!r} is damaged; save or download it again."
            ) from error

    def relations(self, part: str) -> dict[str, Relation]:
        """Return what a part refers to, by the ids that it uses."""
        folder, file = posixpath.split(part)
        root = self.tree(posixpath.join(folder, "_rels", f"{file}.rels"))
        if root is None:
            return {}
        found = {}
        for element in root.iter(f"{_RELATIONSHIPS}Relationship"):
            target, external = element.get("Target", ""), element.get("TargetMode") == "External"
            if not external:
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            kind = element.get("Type", "").rpartition("/")[2]
            found[element.get("Id", "")] = Relation(kind, target, external)
        return found

    def main_part(self) -> str:
        """Return the part that an Office Open XML file begins with."""
        found = [
            each.target for each in self.relations("").values() if each.kind == "officeDocument"
        ]
        if not found or found[0] not in self:
            raise LoadError(
                self._name, "It is a ZIP archive, but no office document; save it again."
            )
        return found[0]


PROTECTED = "It is protected by a password; save a copy without one."
"""Why an encrypted file is not read, and what to do."""


def xml_parser() -> Any:
    """Return a parser that opens nothing else and expands nothing."""
    from lxml import etree

    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True,
        remove_pis=True,
    )  # fmt: skip


def _part_name(path: str) -> str:
    """Return the path of a part as it is compared: without regard to case."""
    return unquote(path).replace("\\", "/").lstrip("/").casefold()


def _old_reason(data: bytes, newer: str) -> str:
    if _ENCRYPTED in data:
        return PROTECTED
    return f"It is in the format of an old office program; save it as {newer}."
