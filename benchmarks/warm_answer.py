"""Time of one warm extractive answer, by stage: `python -m benchmarks.warm_answer HOME FILE.jsonl`.

HOME is an index, FILE.jsonl questions over it. One core; the first ten answers are not counted.
Stages are told in milliseconds of the clock, the whole in those of the processor.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.corpus import COLLECTION, questions, sample
from bot.app import open_app
from bot.evaluation.metrics import percentile
from bot.schema import Scope
from bot.settings import load_settings

UNCOUNTED = 10
WAYS = {
    "fast, no reader": {"QUOTH_QUALITY": "fast", "QUOTH_READER": "off"},
    "fast": {"QUOTH_QUALITY": "fast"},
    "best": {"QUOTH_QUALITY": "best"},
}


async def measured(
    home: str, file: Path, count: int, way: Mapping[str, str]
) -> dict[str, list[float]]:
    """Return the milliseconds of every stage, and of the processor in all."""
    given = {"QUOTH_HOME": home, "QUOTH_THREADS": "1", **way}
    times: dict[str, list[float]] = {}
    async with open_app(load_settings(given, Path.cwd())) as app:
        scope = Scope(collections=(COLLECTION,))
        for number, question in enumerate(sample(questions(file), count + UNCOUNTED)):
            before = time.process_time()
            answer = await app.answerer.answer(question.text, scope=scope)
            spent = answer.timings_ms | {"processor": 1000 * (time.process_time() - before)}
            for stage, milliseconds in spent.items() if number >= UNCOUNTED else ():
                times.setdefault(stage, []).append(milliseconds)
    return times


def main() -> None:
    """Print p50, p95 and p99 for each quality."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("home")
    parser.add_argument("questions", type=Path)
    parser.add_argument("--count", type=int, default=100)
    given = parser.parse_args()
    for name, way in WAYS.items():
        times = asyncio.run(measured(given.home, given.questions, given.count, way))
        for stage, spent in times.items():
            p50, p95, p99 = (percentile(spent, share) for share in (0.5, 0.95, 0.99))
            print(f"{name:15} {stage:9} p50 {p50:6.0f}  p95 {p95:6.0f}  p99 {p99:6.0f} ms")


if __name__ == "__main__":
    main()
