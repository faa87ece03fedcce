"""One step of one contender in a process of its own, on one core.

    python -m benchmarks.peers.measured_step NAME STEP HOME INPUT

STEP is `index` (INPUT a folder of text files), `fill` (a JSON list of passages) or `search` (a JSON
list of questions). What it cost is printed as one line of JSON. Models and stores are opened before
the clock starts; processor time counts children, too, and memory is the most that was held at once.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.peers.contender import Contender

CONTENDERS = {
    "quoth": ("quoth_contender", "QuothContender"),
    "llama-index": ("llamaindex_contender", "LlamaIndexContender"),
    "langchain": ("langchain_contender", "LangChainContender"),
    "txtai": ("txtai_contender", "TxtaiContender"),
}
UNCOUNTED = 10
"""Searches before the first that counts."""


def main() -> None:
    name, step, home, given = sys.argv[1:]
    module, kind = CONTENDERS[name]
    keep_to_one_core()
    opened = processor_seconds()
    contender: Contender = getattr(import_module(f"benchmarks.peers.{module}"), kind)(Path(home))
    steps: dict[str, Callable[[], dict[str, Any]]] = {
        "index": lambda: indexed(contender, Path(given)),
        "fill": lambda: {"passages": contender.fill(read(given))},
        "search": lambda: searched(contender, read(given)),
    }
    opening = processor_seconds() - opened
    found = steps[step]()
    found |= {"opening": opening, "memory": most_memory(), "disk": bytes_of(Path(home))}
    print(json.dumps(found))


def keep_to_one_core() -> None:
    """Stay on one core, wherever a library would start threads for all."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def indexed(contender: Contender, folder: Path) -> dict[str, Any]:
    """Return what indexing a folder cost."""
    begun = processor_seconds()
    passages = contender.index(folder)
    return {"passages": passages, "seconds": processor_seconds() - begun}


def searched(contender: Contender, questions: list[str]) -> dict[str, Any]:
    """Return the milliseconds of the processor that each search took."""
    taken = []
    for question in questions:
        begun = processor_seconds()
        contender.search(question)
        taken.append(1000 * (processor_seconds() - begun))
    return {"milliseconds": taken[UNCOUNTED:]}


def processor_seconds() -> float:
    """Return the processor time of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def most_memory() -> int:
    """Return the most bytes that this process held, and the largest of its children beside it."""
    kept = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return 1024 * sum(each.ru_maxrss for each in kept)


def bytes_of(home: Path) -> int:
    """Return what the files of a home take, models aside."""
    files = [path for path in home.rglob("*") if path.is_file() and "models" not in path.parts]
    return sum(path.stat().st_size for path in files)


def read(path: str) -> list[str]:
    """Read a list of texts."""
    texts: list[str] = json.loads(Path(path).read_text(encoding="utf-8"))
    return texts


if __name__ == "__main__":
    main()
