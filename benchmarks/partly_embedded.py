"""Hits while an index is being embedded: `python -m benchmarks.partly_embedded SET HOME`.

SET holds `questions.jsonl`, HOME its index, made by `benchmarks.index_sets`. A copy of the home has
vectors of a share of its passages only, chosen by their ids, as a stopped `quoth sync` leaves it.
Printed for each share: how often an answer stands in the first, the first three, five and ten
passages, and what a search takes. `words` is the search of a home without an embedding model, and
`left` the one that embeds nothing while a question waits.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.corpus import COLLECTION, Corpus, Question, opened, questions, sample
from index.embed.inputs import embedding_input
from index.search.searcher import Findings, Searcher
from index.store.awaited_passages import await_missing
from index.store.catalog import Catalog
from index.store.fresh_vectors import FreshVectors

SHARES = (0.0, 0.01, 0.25, 0.5, 0.75, 1.0)
DEPTHS = (1, 3, 5, 10)


def main() -> None:
    """Measure every share, one after the other."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("set", type=Path)
    parser.add_argument("home", type=Path)
    parser.add_argument("--questions", type=int, default=300)
    given = parser.parse_args()
    asked = sample(questions(given.set / "questions.jsonl"), given.questions)
    print(f"{'embedded':>10}  " + "  ".join(f"hits@{depth:<2}" for depth in DEPTHS) + "  ms each")
    for share in SHARES:
        with tempfile.TemporaryDirectory() as place:
            home = Path(place) / "home"
            shutil.copytree(given.home, home)
            take_out(home, share)
            with opened(home) as corpus:
                if not share:
                    report(
                        "words",
                        Searcher(catalog=corpus.catalog, vectors=None, embedder=None),
                        asked,
                    )
                report(f"{share:.0%}", at_once(corpus), asked)
                if 0 < share < 1:
                    report("left", corpus.searcher, asked)


def take_out(home: Path, share: float) -> None:
    """Take the vectors of all but a share of the passages out of a home."""
    catalog = Catalog(home)
    (build,) = (each for each in catalog.builds() if each.collection == COLLECTION)
    gone = [id for id in catalog.passage_ids(COLLECTION) if _place(id) >= share]
    with catalog.transaction() as connection:
        for id in gone:
            connection.execute("UPDATE passages SET slot = NULL, mark = NULL WHERE id = ?", (id,))
        await_missing(connection, build.number)
    vectors = FreshVectors(catalog, home, url=None)
    vectors.delete(build.chroma, gone)
    vectors.close()
    catalog.close()


def _place(id: str) -> float:
    """Return where a passage stands between 0 and 1, the same in every run."""
    return int.from_bytes(hashlib.sha256(id.encode()).digest()[:4]) / 2**32


def at_once(corpus: Corpus) -> Searcher:
    """Return the search of the product, which embeds a few passages while a question waits."""
    return Searcher(
        catalog=corpus.catalog,
        vectors=FreshVectors(corpus.catalog, corpus.home, url=None),
        embedder=corpus.embedder,
        passage_input=embedding_input,
    )


def report(name: str, searcher: Searcher, asked: Sequence[Question]) -> None:
    """Ask all questions, and print how many are answered within each depth."""
    began = time.perf_counter()
    ranks = [_rank(searcher.find(each.text, collections=[COLLECTION]), each) for each in asked]
    spent = (time.perf_counter() - began) / len(asked)
    shares = [sum(rank < depth for rank in ranks) / len(ranks) for depth in DEPTHS]
    print(
        f"{name:>10}  " + "  ".join(f"{share:7.3f}" for share in shares) + f"  {spent * 1000:7.1f}"
    )


def _rank(found: Findings, question: Question) -> int:
    """Return the place, from 0, of the first passage that holds an answer; far off for none."""
    for place, candidate in enumerate(found.ranked):
        if any(answer in candidate.passage.text for answer in question.answers):
            return place
    return 10**6


if __name__ == "__main__":
    main()
