"""How much faster a folder is indexed by two processes that share a database than by one.

Starts a PostgreSQL and a Chroma server for each round, and `quoth sync` once or twice, each with
one processor. Prints the seconds of the clock, those of the processors of all indexers, and what
share of the documents and passages the one did that came second.

    python -m benchmarks.shared_indexing --documents 80
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.doubles.chroma_server import ChromaServer
from tests.doubles.postgres_server import PostgresServer

ROOT = Path(__file__).resolve().parent.parent
WORDS_OF_DOCUMENT = 1_100
WORDS = 4_000


class Round(NamedTuple):
    """What came of one round."""

    seconds: float
    processor: float
    reports: list[dict[str, Any]]
    """What each indexer printed, the leader's first."""


def main() -> None:
    """Index with one and with two, and compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--documents", type=int, default=80)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_documents(Path(folder) / "documents", options.documents)
        for number in range(options.rounds):
            alone = indexed(Path(folder) / f"{number}-1", Path(folder) / "documents", 1)
            together = indexed(Path(folder) / f"{number}-2", Path(folder) / "documents", 2)
            tell(alone, together, options.documents)


def write_documents(folder: Path, count: int) -> None:
    """Write Markdown of made-up words, no passage of which is like another."""
    folder.mkdir()
    drawn = random.Random(7)
    words = ["".join(drawn.choices("aeiourstlnmkd", k=drawn.randint(3, 9))) for _ in range(WORDS)]
    for number in range(count):
        said = (" ".join(drawn.choices(words, k=11)) for _ in range(WORDS_OF_DOCUMENT // 11))
        lines = [f"# Report {number}", *(f"{each.capitalize()}." for each in said)]
        (folder / f"{number:04}.md").write_text("\n\n".join(lines), encoding="utf-8")


def indexed(place: Path, documents: Path, processes: int) -> Round:
    """Have a folder indexed from nothing by so many at once."""
    place.mkdir()
    with servers(place) as variables:
        began = time.perf_counter()
        running = [
            start(place / f"home-{number}", documents, variables, number)
            for number in range(processes)
        ]
        said = [each.stdout.read() for each in running if each.stdout is not None]
        processor = 0.0
        for each in running:
            _, status, used = os.wait4(each.pid, 0)
            each.returncode = os.waitstatus_to_exitcode(status)
            assert each.returncode == 0, each.args
            processor += used.ru_utime + used.ru_stime
        seconds = time.perf_counter() - began
    reports: list[dict[str, Any]] = [json.loads(each) for each in said]
    return Round(seconds, processor, sorted(reports, key=lambda each: -int(each["added"])))


@contextmanager
def servers(place: Path) -> Iterator[dict[str, str]]:
    """Start both servers; lends the settings that name them."""
    chroma, postgres = ChromaServer(place / "chroma"), PostgresServer()
    try:
        chroma.start()
        postgres.start()
        yield {"QUOTH_CHROMA_URL": chroma.url, "QUOTH_DATABASE_URL": postgres.make_database()}
    finally:
        postgres.delete()
        chroma.kill()


def start(
    home: Path, documents: Path, variables: dict[str, str], number: int
) -> subprocess.Popen[bytes]:
    """Start an indexer on one processor."""
    home.mkdir()
    processors = sorted(os.sched_getaffinity(0))
    environ = {**os.environ, **variables, "OMP_NUM_THREADS": "1", "QUOTH_HOME": str(home)}
    environ |= {"QUOTH_DOCUMENTS": str(documents), "QUOTH_READER": "off"}
    pinned = ["taskset", "--cpu-list", str(processors[number % len(processors)])]
    return subprocess.Popen(
        [*pinned, sys.executable, "-m", "bot", "sync", "--json"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
    )


def tell(alone: Round, together: Round, documents: int) -> None:
    """Print what two did better than one."""
    first, second = together.reports
    passages = alone.reports[0]["passages"]
    print(f"{documents} documents, {passages} passages")
    print(f"  one: {alone.processor:.1f} processor seconds")
    print(f"  two: {together.processor:.1f}, {together.processor / alone.processor:.2f} times")
    print(f"  seconds of the clock: {alone.seconds:.1f} and {together.seconds:.1f}")
    print(f"  by the clock: {alone.seconds / together.seconds:.2f} times as fast")
    helped = second.get("helped", 0)
    print(f"  in a sync each: {[each['seconds'] for each in together.reports]}")
    print(f"  the second read {helped / documents:.0%} of the documents for the first")
    shared = second["embedded"] / (first["embedded"] + second["embedded"])
    print(f"  and embedded {shared:.0%} of the passages")


if __name__ == "__main__":
    main()
