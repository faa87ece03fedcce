"""`quoth sync` with nothing changed, against listing the same files: whole processes, by turns.

The index is filled with vectors of a stand-in for MiniLM under its name: what is measured never
looks at a vector, and 2,000 real ones would take minutes. Prints medians and their ratios, and what
one look at the folder takes of the processor, as `quoth sync --watch` and the bot look.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.store.catalog import Catalog
from index.store.chroma_vectors import ChromaVectors
from index.sync.survey import survey
from index.sync.synchroniser import Synchroniser
from tests.doubles.fakes import HashingEmbedder

ROOT = Path(__file__).resolve().parent.parent

WALK = """
import os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        os.stat(os.path.join(folder, name))
"""

SCAN = """
import os, sys
folders = [sys.argv[1]]
for folder in folders:
    for entry in os.scandir(folder):
        if entry.is_dir():
            folders.append(entry.path)
        else:
            entry.stat()
"""


def main() -> None:
    """Make the files and the index, then take turns."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=31)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        fill(place / "documents", options.files)
        print(f"one look at {options.files:,} files: {look(place / 'documents') * 1000:.0f} ms")
        build(place / ".quoth", place / "documents")
        python = [sys.executable, "-c"]
        commands = {
            "python": [*python, "pass"],
            "python, os.walk and os.stat": [*python, WALK, "documents"],
            "python, os.scandir alone": [*python, SCAN, "documents"],
            "quoth sync": [*python, "from bot.__main__ import main; main()", "sync"],
        }
        times = {name: [] for name in commands}  # type: dict[str, list[float]]
        for _ in range(options.runs):
            for name, command in commands.items():
                times[name].append(seconds(command, place))
    report(times)


def fill(folder: Path, files: int) -> None:
    """Write short documents, fifty to a folder."""
    for number in range(files):
        path = folder / f"part-{number // 50}" / f"note-{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# Note {number}\n\nThe river has bend {number}.\n", encoding="utf-8")
    time.sleep(0.1)


def look(folder: Path) -> float:
    """Return the median of the processor seconds that a survey of the folder takes."""
    taken = []
    for _ in range(9):
        began = time.process_time()
        survey(str(folder))
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def build(home: Path, documents: Path) -> None:
    """Index the documents."""
    catalog = Catalog(home)
    vectors = ChromaVectors(home, current=catalog.chroma_name)
    embedder = HashingEmbedder(model="minilm", dimension=384)
    synchroniser = Synchroniser(
        catalog, vectors, embedder, chunk=lambda source: chunk(source, ChunkConfig())
    )
    print(synchroniser.sync_folder("documents", documents).model_dump_json(), file=sys.stderr)
    vectors.close()
    catalog.close()


def seconds(command: list[str], folder: Path) -> float:
    """Time one process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QUOTH_")}
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=kept | {"PYTHONPATH": str(ROOT)}, capture_output=True, check=True
    )
    passed = time.perf_counter() - began
    if "sync" in command and b" unchanged" not in done.stdout:
        raise SystemExit(f"This was no synchronisation without changes: {done.stdout!r}")
    return passed


def report(times: dict[str, list[float]]) -> None:
    """Print the median of each command, and its ratio to the two ways of listing."""
    medians = {name: statistics.median(each) for name, each in times.items()}
    quoth = medians["quoth sync"]
    for name, median in medians.items():
        print(
            f"{name:30} {median * 1000:7.1f} ms   quoth sync takes {quoth / median:.2f} times that"
        )


if __name__ == "__main__":
    main()
