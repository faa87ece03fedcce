"""Zipped documents made of parts, for what no library writes."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """Return a ZIP file of these parts."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return written.getvalue()


def relations(*entries: tuple[str, str, str]) -> str:
    """Return a part that says what another refers to: (id, kind, target)."""
    inside = "".join(
        f'<Relationship Id="{id}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for id, kind, target in entries
    )
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f"{inside}</Relationships>"
    )


def package(main: str, parts: Mapping[str, str | bytes]) -> bytes:
    """Return an Office Open XML file that begins with the part `main`."""
    about = {"[Content_Types].xml": _TYPES, "_rels/.rels": relations(("a", "officeDocument", main))}
    return zipped({**about, **parts})


def saved(document: Any) -> bytes:
    """Return what a library's document is as a file."""
    written = BytesIO()
    document.save(written)
    return written.getvalue()


def with_parts(data: bytes, changes: Mapping[str, tuple[str, str]]) -> bytes:
    """Return a file in whose parts a text is replaced by another: {part: (old, new)}."""
    with zipfile.ZipFile(BytesIO(data)) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    for name, (old, new) in changes.items():
        assert old.encode() in parts[name], f"{old!r} is not in {name}"
        parts[name] = parts[name].replace(old.encode(), new.encode())
    return zipped(parts)
