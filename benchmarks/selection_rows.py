"""Write what the selector is trained on: `python -m benchmarks.selection_rows SETS HOMES OUT`.

One JSON line for each question of the sets of real documents that may be fitted on: the best
passages of a search, and those that answer though no search finds them, with their sentences, what
of each belongs to the answer, and how much of the best alternative stands in it. SETS and HOMES are
those of `benchmarks.fit`.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.corpus import COLLECTION, Corpus, opened
from bot.conversation.follow_ups import resolve
from bot.conversation.plain_turns import turn_of_text
from index.embed.inputs import context_of
from index.schema import Passage, Source
from training.selection import LEAST_PART

PASSAGES = 24
LAST = 10**6
"""More passages than any source has."""
MET = 0.8
"""Share of a span's word triples that must stand in a passage, as the scoring asks."""
SHORT = 3
"""Words below which a span is looked for as it stands."""

_WORD = re.compile(r"\w+")
_MARKUP = re.compile(r"<[^>\n]{1,200}>|&[a-z]+;|\]\([^)\s]*\)|<!--.*?-->")

Words: TypeAlias = list[tuple[str, int, int]]
"""Words of a text, each with where it begins and ends."""


@dataclass(frozen=True)
class Gold:
    """What of one passage belongs to the answer of one question."""

    spans: tuple[tuple[int, int], ...]
    """Offsets into the passage's text."""
    recall: float
    """Share of the best alternative's spans that stand in the passage."""
    part: float
    """The same, spans that go on in another passage counted by their words."""


def worded(text: str) -> Words:
    """Return the words of a text, markup left out."""
    bare = _MARKUP.sub(lambda found: " " * len(found[0]), text)
    return [(found[0].casefold(), found.start(), found.end()) for found in _WORD.finditer(bare)]


def gold_of(text: str, alternatives: Sequence[Sequence[str]]) -> Gold:
    """Return what of a passage's text belongs to the spans of any alternative."""
    words = worded(text)
    belongs: set[int] = set()
    recall = part = 0.0
    for spans in alternatives:
        wanted = [found for found in map(worded, spans) if found]
        runs = [_runs(span, words) for span in wanted]
        known = any(found and len(span) >= SHORT for span, found in zip(wanted, runs, strict=True))
        for span, found in zip(wanted, runs, strict=True):
            if len(span) < SHORT and not known and len(found) > 2:
                continue  # a word that stands everywhere is no sign of the answer
            belongs.update(at for first, stop in found for at in range(first, stop))
        count = max(1, len(wanted))
        recall = max(recall, sum(_met(span, words) >= MET for span in wanted) / count)
        shares = (_share(span, found) for span, found in zip(wanted, runs, strict=True))
        part = max(part, sum(shares) / count)
    return Gold(tuple(_spans(sorted(belongs), words)), recall, part)


def _runs(span: Words, words: Words) -> list[tuple[int, int]]:
    """Return where a span, or a long piece of it, stands among the words of a passage."""
    wanted, held = [word for word, _, _ in span], [word for word, _, _ in words]
    if len(wanted) < SHORT:
        places = range(len(held) - len(wanted) + 1)
        return [(at, at + len(wanted)) for at in places if held[at : at + len(wanted)] == wanted]
    matcher = SequenceMatcher(None, wanted, held, autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size >= SHORT]
    most = sum(block.size for block in blocks) >= len(wanted) / 2
    edge = len(held) - 1
    return [
        (block.b, block.b + block.size)
        for block in blocks
        if most or (block.size > SHORT and (block.b == 0 or block.b + block.size >= edge))
    ]


def _share(span: Words, runs: Sequence[tuple[int, int]]) -> float:
    if len(span) < SHORT:
        return float(bool(runs))
    return min(1.0, sum(stop - first for first, stop in runs) / len(span))


def triples_of(text: str) -> set[tuple[str, ...]]:
    """Return the word triples of a text; of a shorter one its words together."""
    words = [word for word, _, _ in worded(text)]
    size = min(3, len(words))
    return {tuple(words[at : at + size]) for at in range(len(words) - size + 1)} if words else set()


def _met(span: Words, words: Words) -> float:
    """Return the share of a span's word triples that stand in a passage."""
    wanted, held = [word for word, _, _ in span], [word for word, _, _ in words]
    size = min(3, len(wanted))
    triples = {tuple(wanted[at : at + size]) for at in range(len(wanted) - size + 1)}
    found = {tuple(held[at : at + size]) for at in range(len(held) - size + 1)}
    return len(triples & found) / len(triples)


def _spans(places: Sequence[int], words: Words) -> Iterator[tuple[int, int]]:
    """Yield the stretches that neighbouring words cover."""
    first = 0
    for at, place in enumerate(places):
        if at + 1 == len(places) or places[at + 1] != place + 1:
            yield words[places[first]][1], words[place][2]
            first = at + 1


def rows(folder: Path, corpus: Corpus) -> Iterator[dict[str, Any]]:
    """Yield one row for each question of a set."""
    for path in sorted(folder.glob("questions*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            asked = json.loads(line)
            history = [turn_of_text(t["role"], t["text"]) for t in asked.get("history", [])]
            meant = resolve(asked["question"], history).question
            question = corpus.searcher.spelled(meant, collections=[COLLECTION])
            found = corpus.searcher.find(
                question, collections=[COLLECTION], asked=asked["question"]
            ).ranked[:PASSAGES]
            passages = [_passage(each.source, each.passage, asked) for each in found]
            known = {each.passage.id for each in found}
            yield {
                "set": folder.name,
                "qid": asked["qid"],
                "question": question,
                "answerable": asked["answerable"],
                "passages": [*passages, *_not_found(corpus, asked, known)],
            }


def _not_found(
    corpus: Corpus, asked: Mapping[str, Any], known: Container[str]
) -> Iterator[dict[str, Any]]:
    """Yield the passages that answer, of those that a search did not find."""
    if not asked["answerable"]:
        return
    files = {each["file"] for each in asked["answers"]}
    for entry in corpus.catalog.sources(COLLECTION):
        if not entry.passages or not any(entry.uri.endswith(file) for file in files):
            continue
        source = corpus.catalog.source(entry.id)
        for passage in corpus.catalog.passages_of(source, 0, LAST):
            row = _passage(source, passage, asked)
            if passage.id not in known and (row["recall"] >= MET or row["part"] >= LEAST_PART):
                yield row


def _passage(source: Source, passage: Passage, asked: Mapping[str, Any]) -> dict[str, Any]:
    answers = asked["answers"] if asked["answerable"] else []
    spans = [each["spans"] for each in answers if source.uri.endswith(each["file"])]
    gold = gold_of(passage.text, spans)
    return {
        "context": context_of(source, passage),
        "text": passage.text,
        "sentences": [(s.start - passage.start, s.end - passage.start) for s in passage.sentences],
        "gold": gold.spans,
        "recall": gold.recall,
        "part": gold.part,
    }


def main() -> None:
    """Write the rows of every set that may be fitted on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", type=Path)
    parser.add_argument("homes", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    with given.out.open("w", encoding="utf-8") as out:
        for folder in sorted((given.sets / "real").iterdir()):
            if not (folder.name.endswith("1") or folder.name.startswith("t")):
                continue
            with opened(given.homes / folder.name) as corpus:
                for row in rows(folder, corpus):
                    out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
