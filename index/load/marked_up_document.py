"""DocBook and DITA: documentation in XML, as its readers see it."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import PurePath
from typing import Any

from index.errors import LoadError
from index.load.data_files import load_data
from index.load.dates import in_utc
from index.load.decode import Decoded, canonical, decode
from index.load.dita import BODIES, DITA, MAPS, TOPICS
from index.load.dita import MIME as DITA_MIME
from index.load.docbook import DOCBOOK, NAMESPACE, SECTIONS
from index.load.docbook import MIME as DOCBOOK_MIME
from index.load.html_to_markdown import markdown
from index.load.line_signs import without_line_signs
from index.load.marked_up_elements import ElementWriter, Vocabulary, titles_by_id
from index.load.titles import title_from_heading, title_from_name
from index.load.xml_tree import XmlDamage, XmlTree, root_of, xml_tree
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings

_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]+)", re.IGNORECASE)
_PARAGRAPH = re.compile(r"<(?:simpara|para)\b")
_SHOWN = 5
"""Names told of files and entities that are not read."""


def load_marked_up(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read DocBook or DITA by its outermost element; other XML is read as data."""
    decoded = _decoded(data, name, charset)
    found = vocabulary_of(decoded.text)
    if found is None:
        return load_data(data, name, charset=charset)
    try:
        return _document(xml_tree(decoded.text), *found, decoded, name)
    except XmlDamage as damage:
        loaded = load_data(data, name, charset=charset)
        told = f"It is read as plain XML, because {damage}."
        return loaded.model_copy(update={"warnings": (*loaded.warnings, told)})


def marked_up_type(data: bytes) -> str | None:
    """Return the media type of DocBook or DITA, by its outermost element; None for others."""
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return None
    try:
        found = vocabulary_of(_decoded(data, "", None).text)
    except LoadError:
        return None
    return found[1] if found else None


def _decoded(data: bytes, name: str, charset: str | None) -> Decoded:
    declared = _DECLARED.search(data[:1000])
    stated = declared[1].decode("ascii") if declared else None
    return decode(data, name=name, declared=charset or stated)


def vocabulary_of(text: str) -> tuple[Vocabulary, str] | None:
    """Return what the elements of a file mean, with its media type; None for other XML."""
    root, namespace, doctype = root_of(text)
    if namespace == NAMESPACE:
        return DOCBOOK, DOCBOOK_MIME
    if namespace:
        return None
    if "DITA" in doctype or "DITAArchVersion" in text[:5000]:
        return DITA, DITA_MIME
    if "docbook" in doctype.lower():
        return DOCBOOK, DOCBOOK_MIME
    if doctype:
        return None
    # A part of a larger document names no DTD; books of a shop have no paragraphs.
    if root in TOPICS and any(body in text for body in BODIES):
        return DITA, DITA_MIME
    if root in MAPS and "<topicref" in text:
        return DITA, DITA_MIME
    return (DOCBOOK, DOCBOOK_MIME) if root in SECTIONS and _PARAGRAPH.search(text) else None


def _document(
    tree: XmlTree, vocabulary: Vocabulary, mime: str, decoded: Decoded, name: str
) -> LoadedDocument:
    names = ("refnamediv", "term", "glossterm", "question", "caption")
    writer = ElementWriter(vocabulary, titles_by_id(tree.root, vocabulary, names))
    signed = canonical(markdown(writer.written(tree.root)))
    text, places = without_line_signs(signed)
    if not text.strip():
        raise XmlDamage("it has no text of its own")
    return LoadedDocument(
        text=text,
        title=title_from_heading(text) or title_from_name(PurePath(name).name),
        mime=mime,
        places=places,
        modified=_modified(tree.root),
        warnings=decoded.warnings + _unread(tree, writer) + invisible_warnings(text),
    )


def _modified(root: Any) -> datetime | None:
    """Return when a topic of DITA says it was last revised."""
    stated = (in_utc(each.get("modified")) for each in root.iter("revised"))
    return max((date for date in stated if date), default=None)


def _unread(tree: XmlTree, writer: ElementWriter) -> tuple[str, ...]:
    """Say what of a document stands in other files."""
    warnings = []
    if files := [*tree.included, *filter(None, writer.included)]:
        warnings.append(f"It includes other files, which are not read with it: {_few(files)}.")
    if tree.unknown:
        warnings.append(f"Other files say what these entities mean: {_few(tree.unknown)}.")
    if writer.unfilled:
        warnings.append("Words that it takes from other files by a key are given as [the key].")
    return tuple(warnings)


def _few(names: list[str] | tuple[str, ...]) -> str:
    shown = ", ".join(name[:80] for name in names[:_SHOWN])
    return f"{shown}, …" if len(names) > _SHOWN else shown
