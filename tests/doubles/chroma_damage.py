"""Ways in which Chroma comes to hold something else than the catalog says, and reads it gladly."""

from __future__ import annotations

import pickle
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

Harm = Callable[[Path], None]
"""Does harm to a folder of Chroma that nobody has open."""

_HEADER = struct.Struct("<i4Q")
_OFFSETS = struct.Struct("<3Q")
"""Behind the header of hnswlib: where the label and the vector of an element begin, and more."""


def graph_of(folder: Path) -> Path:
    """Return the folder of the only graph."""
    (found,) = (path for path in folder.iterdir() if path.is_dir())
    return found


def vectors_of_others(folder: Path) -> None:
    """Give every vector of the graph to another id, as a file of another collection would."""
    file = graph_of(folder) / "index_metadata.pickle"
    held = pickle.loads(file.read_bytes())
    ids = list(held["id_to_label"])
    labels = [held["id_to_label"][id] for id in ids]
    held["id_to_label"] = dict(zip(ids, labels[1:] + labels[:1], strict=True))
    held["label_to_id"] = {label: id for id, label in held["id_to_label"].items()}
    file.write_bytes(pickle.dumps(held))


def one_vector_of_another(folder: Path) -> None:
    """Let two ids of the graph have each other's vectors."""
    file = graph_of(folder) / "index_metadata.pickle"
    held = pickle.loads(file.read_bytes())
    first, second = list(held["id_to_label"])[:2]
    labels = held["id_to_label"]
    labels[first], labels[second] = labels[second], labels[first]
    held["label_to_id"] = {label: id for id, label in labels.items()}
    file.write_bytes(pickle.dumps(held))


def vectors_of_noise(folder: Path) -> None:
    """Put other numbers into the graph, as a file of another home would."""
    with _elements(folder) as elements:
        for number, (element, (_, start, stop)) in enumerate(elements):
            values = struct.unpack(f"<{(stop - start) // 4}f", element[start:stop])
            turned = values[number % 7 + 1 :] + values[: number % 7 + 1]
            element[start:stop] = struct.pack(f"<{len(turned)}f", *turned)


def links_lost(folder: Path) -> None:
    """Let no vector of the graph know its neighbours; every vector is where it was."""
    with _elements(folder) as elements:
        for element, (links, _, _) in elements:
            element[:links] = bytes(links)


def rows_lost(folder: Path) -> None:
    """Delete rows of SQLite, as where its file is older than the graph."""
    _execute(folder, "DELETE FROM embeddings WHERE id % 10 = 3")


def rows_renamed(folder: Path) -> None:
    """Give rows of SQLite other ids: as many as there were, but not those of the catalog."""
    _execute(
        folder,
        "UPDATE embeddings SET embedding_id = 'x' || embedding_id WHERE id % 100 = 3",
    )


def collection_lost(folder: Path) -> None:
    """Delete the collection, as where the file is from before it was made."""
    for table in ("embeddings", "segments", "collections"):
        _execute(folder, f"DELETE FROM {table}")


HARMS: tuple[Harm, ...] = (
    vectors_of_others,
    one_vector_of_another,
    vectors_of_noise,
    links_lost,
    rows_lost,
    rows_renamed,
    collection_lost,
)


@contextmanager
def _elements(folder: Path) -> Iterator[Iterator[tuple[memoryview, tuple[int, int, int]]]]:
    """Lend the stretch of each element, with where its links end, its vector begins and ends."""
    graph = graph_of(folder)
    header = (graph / "header.bin").read_bytes()
    _version, _offset, _room, count, size = _HEADER.unpack_from(header)
    label, start, _ = _OFFSETS.unpack_from(header, _HEADER.size)
    file = graph / "data_level0.bin"
    content = bytearray(file.read_bytes())
    view = memoryview(content)
    yield ((view[n * size : (n + 1) * size], (start, start, label)) for n in range(count))
    view.release()
    file.write_bytes(content)


def _execute(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "chroma.sqlite3")) as connection:
        connection.execute(statement)
        connection.commit()
