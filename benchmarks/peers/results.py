"""What was measured, as a table with ratios, as JSON and as a plot."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

from bot.evaluation.metrics import percentile

MEGABYTE = 1e6


@dataclass
class Measured:
    """The figures of one contender, of every round."""

    words_a_second: list[float] = field(default_factory=list)
    passages: int = 0
    opening: list[float] = field(default_factory=list)
    """Seconds until models and stores were imported and open."""
    indexing_memory: list[int] = field(default_factory=list)
    disk: int = 0
    searches: dict[str, list[float]] = field(default_factory=dict)
    """Milliseconds of each search, by size."""
    held: dict[str, int] = field(default_factory=dict)
    """Passages in the index of each size."""
    searching_memory: dict[str, int] = field(default_factory=dict)
    filled_disk: dict[str, int] = field(default_factory=dict)

    def indexed(self, words: int, found: Mapping[str, Any]) -> None:
        """Take what one indexing cost."""
        self.words_a_second.append(words / found["seconds"])
        self.indexing_memory.append(found["memory"])
        self.opening.append(found["opening"])
        self.passages, self.disk = found["passages"], found["disk"]

    def searched(self, held: int, size: str, found: Mapping[str, Any]) -> None:
        """Take what one process of searches cost."""
        self.searches.setdefault(size, []).extend(found["milliseconds"])
        self.held[size] = held
        self.searching_memory[size] = found["memory"]
        self.filled_disk[size] = found["disk"]


def write_results(
    folder: Path, measured: Mapping[str, Measured], words: int, peers: Mapping[str, str]
) -> None:
    """Write RESULTS.md, results.json and search.svg into a folder; `peers` are their versions."""
    figures = {name: figures_of(each) for name, each in measured.items()}
    machine = machine_of() | {"date": f"{date.today()}"}
    stored = {"machine": machine, "peers": peers, "words": words, "contenders": figures}
    (folder / "results.json").write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    text = "\n".join(lines_of(figures, machine, peers, words)) + "\n"
    (folder / "RESULTS.md").write_text(text, encoding="utf-8")
    draw(folder / "search.svg", figures)


def figures_of(measured: Measured) -> dict[str, Any]:
    """Return the medians and percentiles of one contender."""
    return {
        "passages": measured.passages,
        "words_a_second": statistics.median(measured.words_a_second or [0]),
        "indexing_memory_mb": statistics.median(measured.indexing_memory or [0]) / MEGABYTE,
        "disk_mb": measured.disk / MEGABYTE,
        "opening_s": statistics.median(measured.opening or [0]),
        "search": {
            size: {
                "passages": measured.held[size],
                "p50_ms": percentile(taken, 0.5),
                "p95_ms": percentile(taken, 0.95),
                "p99_ms": percentile(taken, 0.99),
                "memory_mb": measured.searching_memory[size] / MEGABYTE,
                "disk_mb": measured.filled_disk[size] / MEGABYTE,
            }
            for size, taken in measured.searches.items()
        },
    }


def machine_of() -> dict[str, str]:
    """Return what the figures were measured on and with."""
    return {
        "cores": str(os.cpu_count()),
        "processor": processor_name(),
        "python": platform.python_version(),
        "chromadb": metadata.version("chromadb"),
        "quoth": metadata.version("quoth"),
    }


def processor_name() -> str:
    """Return the processor's name, where the system tells it."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def lines_of(
    figures: Mapping[str, Any], machine: Mapping[str, str], peers: Mapping[str, str], words: int
) -> list[str]:
    """Return the lines of the report."""
    told, beside = (
        ", ".join(f"{key} {value}" for key, value in each.items()) for each in (machine, peers)
    )
    sizes = list(dict.fromkeys(size for each in figures.values() for size in each["search"]))
    return [
        "# Quoth beside its peers",
        "",
        "Written by `python -m benchmarks.peers`; what it does is told at the top of",
        "[peers/__main__.py](peers/__main__.py). Everybody has the same text, the same weights of",
        "all-MiniLM-L6-v2, the same questions and one core, and they took turns. Seconds are those",
        "of the processor. Read the ratios: the machine is shared.",
        "",
        f"Machine and versions: {told}. The peers' side: {beside}.",
        "",
        f"## Indexing {words:,} words",
        "",
        "| | words a second | of Quoth's | memory, MB | disk, MB | passages | opening, s |",
        "|---|---|---|---|---|---|---|",
        *(_indexing_row(name, each, figures) for name, each in figures.items()),
        "",
        "Quoth keeps vectors of sentences, words for search and the text itself beside Chroma.",
        "",
        "## One search",
        "",
        "Question embedded, candidates by meaning (Quoth and txtai: and by words), texts fetched.",
        "`real` is the index above; the others hold shuffled sentences under made-up vectors.",
        "",
        "| size | | passages | p50, ms | p95 | p99 | to the fastest peer | memory, MB | disk, MB |",
        "|---|---|---|---|---|---|---|---|---|",
        *(
            _search_row(size, name, figures)
            for size in sizes
            for name in figures
            if size in figures[name]["search"]
        ),
        "",
        "![Milliseconds of a search by size](search.svg)",
    ]


def _indexing_row(name: str, each: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    ours = figures.get("quoth", each)["words_a_second"] or 1
    return (
        f"| {name} | {each['words_a_second']:,.0f} | {each['words_a_second'] / ours:.2f} "
        f"| {each['indexing_memory_mb']:,.0f} | {each['disk_mb']:,.0f} | {each['passages']:,} "
        f"| {each['opening_s']:.1f} |"
    )


def _search_row(size: str, name: str, figures: Mapping[str, Any]) -> str:
    each = figures[name]["search"][size]
    peers = [
        other["search"][size]["p50_ms"]
        for other_name, other in figures.items()
        if other_name != "quoth" and size in other["search"]
    ]
    ratio = f"{each['p50_ms'] / min(peers):.2f}" if peers else ""
    return (
        f"| {size} | {name} | {each['passages']:,} | {each['p50_ms']:.1f} | {each['p95_ms']:.1f} "
        f"| {each['p99_ms']:.1f} | {ratio} | {each['memory_mb']:,.0f} | {each['disk_mb']:,.0f} |"
    )


def draw(path: Path, figures: Mapping[str, Any]) -> None:
    """Draw the median search of each contender over the size of its index."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(7, 4))
    axes = drawing.subplots()
    for name, each in figures.items():
        found = [each["search"][size] for size in each["search"] if size != "real"]
        points = sorted((one["passages"], one["p50_ms"]) for one in found)
        if points:
            axes.plot(*zip(*points, strict=True), marker="o", label=name)
    axes.set(xscale="log", xlabel="passages", ylabel="milliseconds of one core, p50")
    axes.set_ylim(bottom=0)
    axes.legend()
    with rc_context({"svg.hashsalt": "quoth"}):
        drawing.savefig(path, metadata={"Date": None}, bbox_inches="tight")
