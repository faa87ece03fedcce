"""What names and stamps the files of a home folder.

Imports nothing, so that the check for changes starts fast.
"""

from __future__ import annotations

CATALOG_FILE = "catalog.sqlite"
"""What is derived from documents; may be built anew at any time."""

VECTORS_FILE = "vectors.sqlite"
"""The vectors of what is in the catalog: `index.store.vector_file`."""

ADDITIONS_FILE = "additions.sqlite"
"""The documents that people added, which lie in no folder that is kept in step."""

COMMUNITY_FILE = "community.sqlite"
"""What the bot remembers of people: answers, rules, ratings, team answers, tokens."""

ANSWERS_FILE = "answers.sqlite"
"""Answers that have an address on the reading page, and the versions that they quote."""

CHROMA_FOLDER = "chroma"
"""Chroma's folder in the home folder; derived from the catalog."""

CHROMA_STATE_FILE = "chroma.state"
"""What Chroma's files were when the last writer was done: `index.store.chroma_state`."""

NOTE_FILE = "unchanged"
"""What the documents folder looked like when nothing was left to do: `index.sync.unchanged`."""

PAGES_DUE_FILE = "pages.due"
"""When the oldest look at an added page was: `index.sync.due_pages`."""

ORIGINALS_FOLDER = "originals"
"""The files of documents that people added, by hash: `index.store.kept_originals`."""

PAGE_PICTURES_FOLDER = "pages"
"""Pictures of pages that were shown; derived: `index.store.page_cache`."""

SCHEMA_VERSION = 14
"""Number of the last migration in `index.store.catalog_schema`."""

ADDITIONS_VERSION = 5
"""Number of the last migration in `index.store.added_documents`."""

CHUNKING_VERSION = 5
"""Raised whenever the same document is cut, its passages named or its words compared otherwise."""


def recipe(max_tokens: int = 220) -> str:
    """Return what a build is stamped with besides its model: how documents were cut."""
    return f"{CHUNKING_VERSION}/{max_tokens}"
