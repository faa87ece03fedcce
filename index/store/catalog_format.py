"""What names and stamps a catalog. Imports nothing, so that the check for changes starts fast."""

from __future__ import annotations

CATALOG_FILE = "catalog.sqlite"
"""Name of the catalog in the home folder."""

SCHEMA_VERSION = 1
"""Format of the tables in `index.store.catalog_schema`, kept in the file as `user_version`."""

CHUNKING_VERSION = 2
"""Raised whenever the same document is cut, or its words compared, in another way than before."""


def recipe(max_tokens: int = 220) -> str:
    """Return what a build is stamped with besides its model: how documents were cut."""
    return f"{CHUNKING_VERSION}/{max_tokens}"
