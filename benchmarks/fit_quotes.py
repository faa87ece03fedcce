"""Fit how much is quoted: what holds a whole answer, and what is mostly the answer.

Every way of quoting (`bot.answering.extractive.sufficient_quotes.extents`) of the questions to
real documents is held against the spans that answer, as the scoring of those sets does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fit_parts import Part, Work, real_parts
from benchmarks.linear import fit_logistic, matrix
from benchmarks.selection_rows import MET, triples_of, worded
from bot.answering.extractive.answer_weights import QUOTES_HOLD
from bot.answering.extractive.selected_passages import selected_passages
from bot.answering.extractive.sufficient_quotes import (
    extent_features,
    extents,
    quoted_passages,
)
from index.schema import Passage, Source
from index.search.linear_model import LinearModel

MOSTLY = 0.5
"""Share of what is quoted that must belong to the answer."""

Judged = tuple[Mapping[str, float], bool, bool]
"""Features of an extent, whether it holds the whole answer, and whether mostly that."""


def quotes(work: Work, count: int) -> dict[str, LinearModel]:
    """Fit both models on the answerable questions of all sets; `count` is not used."""
    del count
    found = [each for part in real_parts(work.sets) for each in _judged(work, part)]
    names = [*QUOTES_HOLD.weights]
    rows = matrix([features for features, _, _ in found], names)
    holds = np.array([float(whole) for _, whole, _ in found])
    mostly = np.array([float(does) for _, _, does in found])
    print(f"{len(found)} extents")
    return {
        "QUOTES_HOLD": fit_logistic(rows, holds, names),
        "QUOTES_MOSTLY": fit_logistic(rows, mostly, names),
    }


def _judged(work: Work, part: Part) -> Iterator[Judged]:
    known = alternatives(work.sets / part.name)
    for question, corpus, picker, findings in work.each(part):
        sentences = picker.sentences(findings.query, findings.ranked)
        selector = work.selector(corpus)
        if question.qid not in known or not sentences or selector is None:
            continue
        text = findings.query.text
        selected = selected_passages(selector, text, findings.ranked, sentences)
        quoted = quoted_passages(selector, text, selected)
        for extent in extents(quoted, corpus.catalog):
            texts = [(q.selected.candidate.source, q.selected.passage, t) for q, t in extent.texts]
            whole, mostly = held(texts, known[question.qid])
            yield extent_features(extent, selected), whole, whole and mostly


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
