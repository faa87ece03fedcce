"""What a small edit costs in an index of many passages, and what of it is the purge.

Documents are made up and their vectors are those of a stand-in: what is measured is the writing.
For each size it prints processor seconds, bytes written and bytes on disk: of the first build, of a
run with nothing changed, of one edited paragraph, and of the purge alone.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.store.catalog import Catalog
from index.store.catalog_writes import owe_purge
from index.store.chroma_vectors import ChromaVectors
from index.sync.purge import Purge
from index.sync.synchroniser import Synchroniser
from tests.doubles.fakes import HashingEmbedder

PASSAGES_OF_DOCUMENT = 20
WORDS_OF_PASSAGE = 70


def main() -> None:
    """Build an index of each size, edit it and purge it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--passages", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    for passages in options.passages:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), passages, options.runs)


def measure(place: Path, passages: int, runs: int) -> None:
    """Print what each step costs in an index of about this many passages."""
    rng = random.Random(0)
    documents = place / "documents"
    documents.mkdir()
    for number in range(passages // PASSAGES_OF_DOCUMENT):
        said = [paragraph(rng) for _ in range(PASSAGES_OF_DOCUMENT)]
        (documents / f"{number:05}.txt").write_text("\n\n".join(said))
    with closing(Catalog(place / "home")) as catalog:
        vectors = ChromaVectors(place / "home", current=catalog.chroma_name)
        writer = Synchroniser(
            catalog,
            vectors,
            HashingEmbedder(dimension=384),
            chunk=lambda source: chunk(source, ChunkConfig()),
        )

        def sync() -> None:
            writer.sync_folder("documents", documents)

        def edit() -> None:
            path = rng.choice(sorted(documents.iterdir()))
            said = path.read_text().split("\n\n")
            said[rng.randrange(len(said))] = paragraph(rng)
            path.write_text("\n\n".join(said))
            sync()

        def purge() -> None:
            with catalog.transaction() as connection:
                owe_purge(connection)
            with closing(catalog.open_added()) as added:
                assert Purge(catalog, vectors).run(added)

        tell("first build", [cost(sync)], place)
        sync()
        print(f"{catalog.passage_count('documents'):,} passages")
        tell("nothing changed", [cost(sync) for _ in range(runs)], place)
        tell("one edit", [cost(edit) for _ in range(runs)], place)
        tell("of that the purge", [cost(purge) for _ in range(runs)], place)
        vectors.close()


def paragraph(rng: random.Random) -> str:
    """Return the text of one passage, with common and rare words."""
    words = (f"word{min(int(rng.paretovariate(0.6)), 20_000)}" for _ in range(WORDS_OF_PASSAGE))
    return " ".join(words).capitalize() + "."


def cost(step: Callable[[], None]) -> tuple[float, float, float]:
    """Return processor seconds, seconds and megabytes written."""
    processor, clock, written = time.process_time(), time.perf_counter(), bytes_written()
    step()
    return (
        time.process_time() - processor,
        time.perf_counter() - clock,
        (bytes_written() - written) / 1e6,
    )


def bytes_written() -> int:
    """Return what this process has written so far, as Linux counts it."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("wchar")))


def tell(name: str, costs: list[tuple[float, float, float]], place: Path) -> None:
    """Print the medians of what a step cost, and the size of the home after it."""
    processor, clock, written = (sorted(each)[len(each) // 2] for each in zip(*costs, strict=True))
    size = sum(path.stat().st_size for path in (place / "home").rglob("*") if path.is_file())
    print(
        f"{name:<18} {processor:7.2f} s of a processor {clock:7.2f} s {written:8.1f} MB written, "
        f"home {size / 1e6:.1f} MB"
    )


if __name__ == "__main__":
    main()
