"""Opens Chroma and asks every collection everything, in a process that may crash over it.

`python -m index.store.chroma_probe FOLDER SECONDS` exits with 0 when all went well. It ends after
so many seconds, even where who started it was killed: a damaged graph can lead round in circles.
"""

from __future__ import annotations

import signal
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from index.store.expected_vectors import ExpectedVectors, expected_vectors

_PAGE = 1000


def probe(folder: Path) -> None:
    """Read what a search reads, and every row; raises whatever Chroma raises, or crashes.

    Raises ValueError where that is not what the catalog beside the folder says.
    """
    from index.store.chroma_client import open_embedded

    _check_database(folder / "chroma.sqlite3")
    opened = open_embedded(folder)
    names = [each.name for each in opened.client.list_collections()]
    with expected_vectors(folder.parent) as expected:
        held = {
            name: _read(
                opened.client.get_collection(name, embedding_function=None),
                expected.collections.get(name),
            )
            for name in names
        }
    _compare(folder.parent, held, expected.generation)
    opened.retired = True
    opened.stop_if_unused()


def _read(collection: Any, expected: ExpectedVectors | None) -> set[str]:
    """Read all of a collection, and return its ids."""
    count, ids = collection.count(), set[str]()
    for first in range(0, count, _PAGE):
        rows = collection.get(limit=_PAGE, offset=first, include=["embeddings"])
        found = collection.query(
            query_embeddings=rows["embeddings"][:1], n_results=50, include=["distances"]
        )
        if len(rows["ids"]) != min(_PAGE, count - first) or not found["ids"][0]:
            raise ValueError(f"the collection {collection.name!r} lacks rows")
        if expected is not None:
            expected.check_vectors(rows["ids"], rows["embeddings"])
        ids.update(rows["ids"])
    if expected is not None and count:
        expected.check_search(collection, ids)
    return ids


def _compare(home: Path, held: Mapping[str, set[str]], generation: int) -> None:
    """Compare the ids that were read, by Chroma's names, with the catalog.

    What is marked, or has changed since the catalog had this generation, is being written, or will
    be repaired.
    """
    with expected_vectors(home) as expected:
        for name, each in expected.collections.items():
            if not each.build.dirty and expected.generation == generation:
                each.check_ids(held.get(name, set()))


def _check_database(path: Path) -> None:
    """Have SQLite check its file: Chroma reads the damaged page only when it needs it."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute("PRAGMA busy_timeout = 10000")
        ((said,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
        if said != "ok":
            raise ValueError(said)


if __name__ == "__main__":
    if hasattr(signal, "alarm"):  # Windows has none
        signal.alarm(int(sys.argv[2]))
    try:
        probe(Path(sys.argv[1]))
    except BaseException as error:  # a panic of Rust is none that `except Exception` catches
        sys.stdout.write(f"{type(error).__name__}: {error}")
        sys.exit(1)
