"""How soon a large folder answers: `python -m benchmarks.searched_at_once [--pages 10000]`.

A folder of pages is made up from a list of words, each page with a sentence of its own, and brought
in step as `quoth sync` does. Meanwhile another connection looks, as somebody who asks would: how
many seconds it takes until the first page is found by its words, until all are, and until all are
found by meaning; and the processor's seconds until then. `--asking` gives what `quoth ask` waits
for instead: the index brought in step within its budget of time, model and start not counted.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

from index.config import IndexConfig
from index.library import open_library
from index.store.catalog import Catalog

NOUNS = (
    "office archive harbour council ledger garden engine border committee valve permit signal "
    "river station museum quarter delivery notice training survey winter contract invoice panel "
    "bridge member region standard mirror cabinet draft factory sample platform interview cable"
)
VERBS = "keeps moves checks repairs replaces returns signs opens closes delivers limits"


def main() -> None:
    """Make the folder, measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--sentences", type=int, default=9, help="on each page")
    parser.add_argument("--asking", action="store_true", help="within the time of `quoth ask`")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_pages(place / "documents", given.pages, given.sentences)
        config = IndexConfig(home=place / ".quoth", documents=place / "documents")
        measure(config, given.pages, asking=given.asking)


def write_pages(folder: Path, pages: int, sentences: int) -> None:
    """Write pages of made-up sentences, of which none is on two pages."""
    rng, nouns, verbs = random.Random(pages), NOUNS.split(), VERBS.split()
    for number in range(pages):
        path = folder / f"{number // 500:03}" / f"page-{number:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        said = [
            f"The {rng.choice(nouns)} {rng.choice(verbs)} the {rng.choice(nouns)} of "
            f"{rng.choice(nouns)} {rng.randrange(10**6)}."
            for _ in range(sentences)
        ]
        marked = f"Its register is {_mark(number)}."
        path.write_text(f"# Page {number}\n\n{' '.join([*said, marked])}\n", encoding="utf-8")


def _mark(number: int) -> str:
    """Return the word that one page alone has."""
    return "reg" + "".join("bcdfghklmn"[int(digit)] for digit in f"{number:05}")


def measure(config: IndexConfig, pages: int, *, asking: bool) -> None:
    """Bring the folder in step while somebody looks."""
    done = threading.Event()
    with open_library(config) as library:
        library.models.embedder.embed(["warm"])
        began = time.perf_counter()
        looking = threading.Thread(target=_look, args=(config.home, pages, began, done))
        looking.start()
        if asking:
            from index.sync.time_budget import ASKING

            report = library.bring_in_step(budget=ASKING)
        else:
            report = library.sync("documents")
        told("done", began)
        print(f"{'':24}{report.passages if report else 0:,} passages")
        done.set()
        looking.join()


def _look(home: Path, pages: int, began: float, done: threading.Event) -> None:
    """Print when the first page is found by words, and when the last of them is."""
    while not (home / "catalog.sqlite").exists():
        time.sleep(0.05)
    with closing(Catalog(home)) as catalog:
        first = False
        while not done.is_set():
            passages = catalog.stats().sources
            if passages and not first:
                first = bool(catalog.match("documents", "register", 1))
                told("first page by words", began)
            if passages == pages:
                told("all pages by words", began)
                return
            time.sleep(0.1 if not first else 0.5)


def told(what: str, began: float) -> None:
    """Print how many seconds have passed, of the clock and of processors."""
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    spent = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    print(
        f"{what:<24}{time.perf_counter() - began:8.1f} s  {spent:8.1f} s of processors", flush=True
    )


if __name__ == "__main__":
    main()
