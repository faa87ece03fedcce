"""Tells which sources only got another name: files went, and the same bytes came elsewhere."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from index.errors import LoadError
from index.load.folder_walk import FoundFile
from index.load.read_file import read_file
from index.store.catalog_rows import FileState
from index.store.catalog_state import indexed_ids, indexed_versions
from index.store.database import Connection


def renamed_sources(
    connection: Connection,
    collection: str,
    new: Sequence[FoundFile],
    gone: Sequence[tuple[str, FileState]],
) -> dict[str, str]:
    """Return the ids of sources by the uri that each has now.

    `gone` are the files of a folder that went, `new` those that came. Which of several equal files
    is which is not guessed.
    """
    versions = indexed_versions(connection, collection)
    before = {versions[uri]: uri for uri, _ in gone if uri in versions}
    if not before or not new:
        return {}
    sizes = {state.size for _, state in gone}
    likely = [file for file in new if file.size in sizes or -1 in sizes]
    now = {file.uri: version for file in likely if (version := _version(file)) in before}
    went = Counter(versions[uri] for uri, _ in gone if uri in versions)
    came = Counter(now.values())
    ids = indexed_ids(connection, collection)
    return {
        uri: ids[before[version]]
        for uri, version in now.items()
        if went[version] == came[version] == 1
    }


def _version(file: FoundFile) -> str | None:
    """Return the hash of a file's bytes; None for one that cannot be read, which is said later."""
    try:
        return hashlib.sha256(read_file(file.path, name=file.uri)).hexdigest()
    except LoadError:
        return None
