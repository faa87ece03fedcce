"""How much processor time whole processes take to start, as ratios within one run.

Each round runs every command once, in turn, so that a busy machine slows all of them alike; the
medians of the rounds are compared. The goals: a cold `quoth ask` on an indexed folder takes at
most 1.6 times a bare import of chromadb and onnxruntime, `quoth --help` at most 0.5 times.

    python -m benchmarks.cold_start [--against CHECKOUT]

CHECKOUT is another commit of this repository, checked out beside it: both take turns.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
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
    parser.add_argument("--against", type=Path, help="another checkout, compared in the same run")
    given = parser.parse_args()
    checkouts = [ROOT, *([given.against.resolve()] if given.against else [])]
    with tempfile.TemporaryDirectory() as folder:
        places = [_prepared(Path(folder) / str(n), root) for n, root in enumerate(checkouts)]
        taken: list[dict[str, list[float]]] = [{name: [] for name in COMMANDS} for _ in places]
        for _ in range(given.rounds):
            for name, command in COMMANDS.items():
                for (place, environ), times in zip(places, taken, strict=True):
                    times[name].append(processor_seconds(command, place, environ))
    report([{name: statistics.median(each) for name, each in times.items()} for times in taken])


def _prepared(folder: Path, root: Path) -> tuple[Path, dict[str, str]]:
    """Return a folder with the sample documents indexed by a checkout, and its environment."""
    shutil.copytree(ROOT / "documents", folder / "documents")
    environ = {**os.environ, "PYTHONPATH": str(root)}
    for command in COMMANDS.values():
        processor_seconds(command, folder, environ)
    return folder, environ


def processor_seconds(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> float:
    """Run one process and return its user and system time; one that fails ends the run."""
    with subprocess.Popen(
        command, cwd=folder, env=dict(environ), stdout=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_utime + usage.ru_stime


def report(checkouts: Sequence[Mapping[str, float]]) -> None:
    """Print medians, ratios to the bare import and to the other checkout, and goals."""
    medians, *others = checkouts
    against = f"{'against':>10}" if others else ""
    print(f"{'command':<16}{'median s':>10}{'ratio':>8}{'goal':>7}{against}")
    for name, median in medians.items():
        goal = f"{GOALS[name]:.1f}" if name in GOALS else ""
        compared = "".join(f"{median / other[name]:>10.2f}" for other in others)
        print(f"{name:<16}{median:>10.2f}{median / medians[BASE]:>8.2f}{goal:>7}{compared}")


if __name__ == "__main__":
    main()
