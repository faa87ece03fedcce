"""Whether what is quoted of real documents holds an answer, as the scoring of those sets tells."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.selection_rows import MET, triples_of, worded
from index.schema import Passage, Source

MOSTLY = 0.5
"""Share of what is quoted that must belong to the answer."""


def alternatives(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the answers of each answerable question of a set by its id."""
    lines = (
        json.loads(line)
        for path in sorted(folder.glob("questions*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    )
    return {line["qid"]: line["answers"] for line in lines if line["answerable"]}


def held(
    texts: Sequence[tuple[Source, Passage, str]], answers: Sequence[Mapping[str, Any]]
) -> tuple[bool, bool]:
    """Say whether one answer stands wholly in what is quoted, and whether mostly answers do."""
    gold = {triple for answer in answers for span in answer["spans"] for triple in triples_of(span)}
    best = 0.0
    for answer in answers:
        own = [
            f"{' '.join(passage.heading)}\n{text}"
            for source, passage, text in texts
            if source.uri.endswith(answer["file"])
        ]
        found = triples_of("\n".join(own))
        met = [
            len(triples_of(span) & found) >= MET * len(triples_of(span)) for span in answer["spans"]
        ]
        best = max(best, sum(met) / max(1, len(met)))
    said = [word for _, _, text in texts for word, _, _ in worded(text)]
    inside = sum(tuple(said[at : at + 3]) in gold for at in range(len(said) - 2))
    return best >= MET, inside >= MOSTLY * max(1, len(said) - 2)
