"""Opens Chroma and asks every collection something, in a process that may crash over it.

`python -m index.store.chroma_probe FOLDER` exits with 0 when all went well.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

_PAGE = 1000


def probe(folder: Path) -> None:
    """Read what a search reads, and every id; raises whatever Chroma raises, or crashes."""
    from index.store.chroma_client import open_embedded

    _check_database(folder / "chroma.sqlite3")
    opened = open_embedded(folder)
    for name in [each.name for each in opened.client.list_collections()]:
        collection = opened.client.get_collection(name, embedding_function=None)
        count = collection.count()
        for first in range(0, count, _PAGE):
            rows = collection.get(limit=_PAGE, offset=first, include=["embeddings"])
            found = collection.query(
                query_embeddings=rows["embeddings"][:1], n_results=50, include=["distances"]
            )
            if len(rows["ids"]) != min(_PAGE, count - first) or not found["ids"][0]:
                raise ValueError(f"the collection {name!r} lacks rows")
    opened.retired = True
    opened.stop_if_unused()


def _check_database(path: Path) -> None:
    """Have SQLite check its file: Chroma reads the damaged page only when it needs it."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute("PRAGMA busy_timeout = 10000")
        ((said,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
        if said != "ok":
            raise ValueError(said)


if __name__ == "__main__":
    try:
        probe(Path(sys.argv[1]))
    except BaseException as error:  # a panic of Rust is none that `except Exception` catches
        sys.stdout.write(f"{type(error).__name__}: {error}")
        sys.exit(1)
