"""How long a small file waits that is added while a large one is: in the bot and by `quoth add`.

One process holds the home as the bot does and adds a large text to one server. While it is embedded
and written, a text of 25 bytes is added again and again to another server of the same process, and
once by a process of its own. Prints the seconds that each waited, with the real MiniLM.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from index.config import IndexConfig
from index.library import Library, open_library
from index.store.chroma_queue import has_queue

ROOT = Path(__file__).resolve().parent.parent
SMALL = b"The owl sleeps at midday.\n"


def main() -> None:
    """Add both, and print what was waited for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--mebibytes", type=float, default=0.5, help="size of the large text")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "small.txt").write_bytes(SMALL)
        with open_library(IndexConfig(home=place / ".quoth")) as library:
            library.add_file("guild-2", "first.txt", SMALL)  # opens the model
            measure(library, place, large(options.mebibytes))


def large(mebibytes: float) -> bytes:
    """Return a Markdown text of about this size, no passage of which is like another."""
    parts: list[str] = []
    size = 0
    while size < mebibytes * 2**20:
        number = len(parts)
        said = " ".join(f"Rule {number * 12 + n} holds on weekday {n % 7}." for n in range(12))
        parts.append(f"## Part {number}\n\n{said}\n\n")
        size += len(parts[-1])
    return "".join(parts).encode()


def measure(library: Library, place: Path, text: bytes) -> None:
    """Add the large text, and beside it the small one until that is done."""
    began = time.perf_counter()
    waited: list[tuple[float, bool]] = []
    adding = threading.Thread(target=library.add_file, args=("guild-1", "large.md", text))
    adding.start()
    time.sleep(2)  # it is read, and embedding has begun
    elsewhere = threading.Thread(target=lambda: print(f"quoth add: {by_command(place):.1f} s"))
    elsewhere.start()
    while adding.is_alive():
        written = has_queue(library.catalog.connection())
        waited.append((add_small(library, len(waited)), written))
        time.sleep(1)
    adding.join()
    elsewhere.join()
    seconds = time.perf_counter() - began
    print(f"large text, {len(text) / 2**20:.2f} MiB: {seconds:.1f} s")
    for said, each in (
        ("embedded", [one for one, written in waited if not written]),
        ("written", [one for one, written in waited if written]),
    ):
        if each:
            print(
                f"small text while it was {said}: {len(each)} times, longest {max(each):.1f} s, "
                f"half of them within {sorted(each)[len(each) // 2]:.1f} s"
            )


def add_small(library: Library, number: int) -> float:
    """Return the seconds that a small text took in another server of the bot."""
    began = time.perf_counter()
    library.add_file("guild-2", f"small-{number}.txt", SMALL + str(number).encode())
    return time.perf_counter() - began


def by_command(place: Path) -> float:
    """Return the seconds that `quoth add` took for a small file, its start included."""
    command = [sys.executable, "-m", "bot", "add", "small.txt", "--collection", "notes"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QUOTH_")}
    began = time.perf_counter()
    subprocess.run(
        command, cwd=place, env=kept | {"PYTHONPATH": str(ROOT)}, capture_output=True, check=True
    )
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
