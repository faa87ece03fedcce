"""How well `quoth check` tells quotations: verbatim, altered by known edits, and absent.

From every set, a folder with `documents`, stretches of three to eighty words are taken, across
passages too. Some are set as an editor may set them, some are changed by one edit of a known kind,
and some come from the documents of another set. Prints what is said of each kind, with precision
and recall of "something is wrong here", and how long a quotation takes.

    python -m benchmarks.quote_check SETS --only hb1 sc1 pd1 mx1 --stretches 140
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from benchmarks.made_quotations import EDITORS, Made, altered, shortened, stretches
from bot.checking.quote_verifier import QuoteVerifier
from bot.checking.schema import QuoteVerdict
from bot.schema import Scope
from index.config import SHARED_COLLECTION, IndexConfig
from index.library import open_library
from index.schema import Source
from index.sync.time_budget import TimeBudget

SCOPE = Scope(collections=(SHARED_COLLECTION,))


def main() -> None:
    """Make the quotations of every set, check them, and print what was said."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("sets", type=Path, help="a folder of sets, each with a folder `documents`")
    parser.add_argument("--only", nargs="*", default=["hb1", "sc1", "pd1", "mx1"])
    parser.add_argument("--stretches", type=int, default=140, help="taken from each set")
    parser.add_argument("--wrong", action="store_true", help="print what was told wrongly")
    options = parser.parse_args()
    draw = random.Random(20261126)
    said: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as home:
        sources = {name: _sources(options.sets / name, Path(home) / name) for name in options.only}
        for number, name in enumerate(options.only):
            other = sources[options.only[number - 1]]
            config = IndexConfig(home=Path(home) / name)
            with open_library(config) as library:
                for made in _made(sources[name], other, options.stretches, draw):
                    begun = time.perf_counter()
                    verdict = QuoteVerifier(library, SCOPE).verify(made.text)
                    seconds.append(time.perf_counter() - begun)
                    told = _told(verdict)
                    said[made.expected, made.kind][told] += 1
                    if options.wrong and not _fits(made.expected, told):
                        print(f"\n{made.kind} -> {told}: {made.text!r}\n   {verdict.summary}")
    _report(said, seconds)


def _sources(folder: Path, home: Path) -> list[Source]:
    """Index a set by its words, which is what quotations are found by, and return its sources."""
    models = home.parent / "models"
    models.mkdir(exist_ok=True)
    home.mkdir()
    (home / "models").symlink_to(models)
    config = IndexConfig(home=home, documents=folder / "documents")
    with open_library(config) as library:
        library.bring_in_step(budget=TimeBudget(embedding=0.0, most=0))
        entries = library.sources(SHARED_COLLECTION)
        return [library.source(entry.id) for entry in entries if entry.characters]


def _made(
    own: list[Source], other: list[Source], count: int, draw: random.Random
) -> Iterator[Made]:
    strange = " ".join(source.text[:4_000] for source in other)
    for number, text in enumerate(stretches(own, count, draw)):
        names = list(EDITORS)
        for name in (names[0], names[1 + number % (len(names) - 1)]):
            yield Made(EDITORS[name](text), name, "verbatim")
        if (short := shortened(text, draw)) is not None:
            yield Made(short, "words left out", "verbatim")
        yield from altered(text, draw, strange)
    for text in stretches(other, count // 4, draw):
        if len(text.split()) >= 8:
            yield Made(text, "another set's", "absent")


def _told(verdict: QuoteVerdict) -> str:
    if verdict.outcome == "nearly":
        return "nearly, sense" if verdict.alters else "nearly"
    return verdict.outcome


def _fits(expected: str, told: str) -> bool:
    fitting = {
        "verbatim": ("verbatim",),
        "altering": ("nearly, sense",),
        "altered": ("nearly", "nearly, sense"),
        "absent": ("absent", "nearly", "nearly, sense"),
    }
    return told in fitting[expected]


def _report(said: dict[tuple[str, str], Counter[str]], seconds: list[float]) -> None:
    columns = ("verbatim", "nearly", "nearly, sense", "absent")
    print(f"\n| {'quotation':24} | {'number':>6} | " + " | ".join(columns) + " |")
    for (expected, kind), counts in sorted(said.items(), key=lambda one: one[0]):
        shares = " | ".join(f"{counts[each]:>{len(each)}}" for each in columns)
        print(f"| {expected + ': ' + kind:24} | {counts.total():>6} | {shares} |")
    right = _sum(said, lambda expected, told: expected == told == "verbatim")
    missed = _sum(said, lambda expected, told: expected == "verbatim" != told)
    passed = _sum(said, lambda expected, told: expected != "verbatim" == told)
    caught = _sum(said, lambda expected, told: expected != "verbatim" != told)
    print(f"\nverbatim found: {right} of {right + missed} ({right / (right + missed):.2%})")
    print(f"altered or absent, called verbatim: {passed} of {passed + caught}")
    print(
        f"something is wrong: precision {caught / (caught + missed):.2%}, "
        f"recall {caught / (caught + passed):.2%}"
    )
    ordered = sorted(seconds)
    print(
        f"seconds a quotation: median {statistics.median(ordered):.3f}, "
        f"p95 {ordered[int(len(ordered) * 0.95)]:.3f}, most {ordered[-1]:.3f}"
    )


def _sum(said: dict[tuple[str, str], Counter[str]], fits: object) -> int:
    assert callable(fits)
    return sum(
        count
        for (expected, _), counts in said.items()
        for told, count in counts.items()
        if fits(expected, told)
    )


if __name__ == "__main__":
    main()
