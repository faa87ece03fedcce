"""Which of a reader's documents are one source, and what that is called the next time, too.

Most readers make up an id for each document anew whenever they run. So it is told what stays by
the address or the path in the metadata, else by an id that says something, else by nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.load.frontmatter import web_address
from index.text.layout import folded

if TYPE_CHECKING:
    from llama_index.core.schema import Document

ADDRESSES = ("url", "URL", "source_url", "page_url", "web_url", "html_url", "link", "permalink")
"""Names under which readers state the address of an original, in the order they are looked at."""

PATHS = ("file_path", "file path", "path", "file_name", "filename")
"""Names under which they state its path."""

IDS = ("page_id", "document_id", "doc_id", "message_id", "issue_id", "id", "key")
"""Names under which they state what the service calls it."""

PAGE = "page_label"

_MAX = 300
"""Characters of what a document is called by."""


def grouped(documents: Sequence[Document], folder: Path) -> list[tuple[str | None, list[Document]]]:
    """Return the documents of each source with what it is called, if anything stays.

    Documents of one address, path or id are pages or sections of one source. Paths are told as
    seen from `folder`, where they are below it.
    """
    groups: dict[object, list[Document]] = {}
    for place, document in enumerate(documents):
        groups.setdefault(_place(document, folder) or place, []).append(document)
    found: list[tuple[str | None, list[Document]]] = []
    for key, members in groups.items():
        called = key if isinstance(key, str) else None
        found.extend(_parted(called, members) if len(members) > 1 else [(called, members)])
    return found


def address_of(about: dict[str, Any]) -> str | None:
    """Return the address of the original that metadata states."""
    stated = (web_address(about.get(name)) for name in (*ADDRESSES, "source"))
    return next((address for address in stated if address), None)


def path_of(about: dict[str, Any]) -> str | None:
    """Return the path or the name of the file that metadata states."""
    stated = (about.get(name) for name in PATHS)
    path = next((str(value) for value in stated if value and isinstance(value, str | Path)), None)
    if path and "folder_path" in about and "/" not in path:
        return f"{about['folder_path']}/{path}"
    return path


def _place(document: Document, folder: Path) -> str | None:
    """Return what stays of a document: address, path or id."""
    about = document.metadata
    ways: tuple[Callable[[], str | None], ...] = (
        lambda: (address_of(about) or "").partition("://")[2],
        lambda: _seen_from(folder, path_of(about)),
        lambda: _own_id(document),
        lambda: next((str(about[name]) for name in IDS if _is_name(about.get(name))), None),
    )
    return next((folded(found)[:_MAX] for way in ways if (found := way())), None)


def _seen_from(folder: Path, path: str | None) -> str | None:
    if path is None or not Path(path).is_absolute():
        return path
    for start in (folder, folder.resolve()):
        if Path(path).is_relative_to(start):
            return Path(path).relative_to(start).as_posix()
    return path.lstrip("/")


def _parted(key: str | None, members: list[Document]) -> list[tuple[str | None, list[Document]]]:
    """Return the members of a group as one source, or each as one if each has an id of its own."""
    ids = [_own_id(member) for member in members]
    if len(set(ids)) < len(members) or None in ids or all(PAGE in m.metadata for m in members):
        return [(key, members)]
    return [(folded(str(id))[:_MAX], [member]) for id, member in zip(ids, members, strict=True)]


def _own_id(document: Document) -> str | None:
    """Return the id of a document, if it is not one that was made up for this run."""
    id = str(document.id_)
    try:
        is_made_up = uuid.UUID(id).version == 4
    except ValueError:
        is_made_up = False
    stated = {str(value) for value in document.metadata.values() if _is_name(value)}
    return id if id and (not is_made_up or id in stated) else None


def _is_name(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""
