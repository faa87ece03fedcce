"""How long whole processes take to start, as ratios within one run.

Each round runs every command once, in turn, so that a busy machine slows all of them alike; the
medians of the rounds are compared. The goals: a cold `quoth ask` on an indexed folder takes at
most 1.6 times a bare import of chromadb and onnxruntime, `quoth --help` at most 0.5 times.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = sys.executable
QUESTION = "what are the UN prerequisites?"
BASE = "bare import"
COMMANDS: dict[str, list[str]] = {
    BASE: [PYTHON, "-c", "import chromadb, onnxruntime"],
    "quoth ask": [PYTHON, "-m", "bot", "ask", QUESTION],
    "quoth --help": [PYTHON, "-m", "bot", "--help"],
    "quoth sync": [PYTHON, "-m", "bot", "sync"],
    "quoth sources": [PYTHON, "-m", "bot", "sources"],
    "python": [PYTHON, "-c", "pass"],
}
GOALS = {"quoth ask": 1.6, "quoth --help": 0.5}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "documents", Path(folder) / "documents")
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        for command in COMMANDS.values():
            seconds(command, folder, environ)
        taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
        for _ in range(rounds):
            for name, command in COMMANDS.items():
                taken[name].append(seconds(command, folder, environ))
    report({name: statistics.median(times) for name, times in taken.items()})


def seconds(command: Sequence[str], folder: str, environ: Mapping[str, str]) -> float:
    """Run one process and return its wall time; a process that fails ends the run."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, env=dict(environ), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def report(medians: Mapping[str, float]) -> None:
    """Print medians, ratios to the bare import, and goals."""
    print(f"{'command':<16}{'median s':>10}{'ratio':>8}{'goal':>7}")
    for name, median in medians.items():
        goal = f"{GOALS[name]:.1f}" if name in GOALS else ""
        print(f"{name:<16}{median:>10.2f}{median / medians[BASE]:>8.2f}{goal:>7}")


if __name__ == "__main__":
    main()
