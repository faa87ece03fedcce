"""Time of one warm extractive answer, by stage: `python -m benchmarks.warm_answer HOME FILE.jsonl`.

HOME is an index, FILE.jsonl questions over it. One core; the first ten answers are not counted.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from benchmarks.corpus import COLLECTION, questions, sample
from bot.app import open_app
from bot.evaluation.metrics import percentile
from bot.schema import Scope
from bot.settings import load_settings

UNCOUNTED = 10


async def measured(home: str, file: Path, count: int, reader: str) -> dict[str, list[float]]:
    """Return the milliseconds of every stage."""
    given = {"QUOTH_HOME": home, "QUOTH_THREADS": "1", "QUOTH_READER": reader}
    times: dict[str, list[float]] = {}
    async with open_app(load_settings(given, Path.cwd())) as app:
        scope = Scope(collections=(COLLECTION,))
        for number, question in enumerate(sample(questions(file), count + UNCOUNTED)):
            answer = await app.answerer.answer(question.text, scope=scope)
            for stage, spent in answer.timings_ms.items() if number >= UNCOUNTED else ():
                times.setdefault(stage, []).append(spent)
    return times


def main() -> None:
    """Print p50 and p95 with and without the reader."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("home")
    parser.add_argument("questions", type=Path)
    parser.add_argument("--count", type=int, default=100)
    given = parser.parse_args()
    for reader in ("off", "on"):
        times = asyncio.run(measured(given.home, given.questions, given.count, reader))
        for stage, spent in times.items():
            p50, p95 = percentile(spent, 0.5), percentile(spent, 0.95)
            print(f"reader {reader:3} {stage:8} p50 {p50:6.0f} ms  p95 {p95:6.0f} ms")


if __name__ == "__main__":
    main()
