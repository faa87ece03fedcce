"""Pairs of a statement and what it cites, labelled as supported or not, from the question sets."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.answering.generative.support_check import OPPOSITES, overlap
from index.text.sentences import sentence_spans

UNLABELLED = 2
"""The half of pairs that are in neither."""

AUXILIARY = re.compile(
    r"\b(is|are|was|were|has|have|had|can|could|will|would|may|might|must|should|does|did|do)\b"
)
NEGATION = re.compile(r"\s*\b(?:not|never)\b|n't\b")
NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?(?![\w,]*\d)")
NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}(?: [A-Z][a-z]+)*")
QUESTION = re.compile(
    r"\b(what|who|which|where|when|how many|how much|how long|how)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Pair:
    """A statement with what it cites."""

    kind: str
    supported: bool
    half: int
    statement: str
    evidence: str
    topic: str
    passage: str


@dataclass(frozen=True)
class Text:
    """A document of a set with its sentences."""

    id: str
    title: str
    sentences: tuple[str, ...]

    @property
    def half(self) -> int:
        return hashlib.sha256(self.id.encode()).digest()[0] % 2


def build(evals: Path, most: int, rng: random.Random) -> list[Pair]:
    """Return the pairs of both sets in a fixed order."""
    supported = [*restated(evals / "clapnq_dev"), *stated(evals / "squadshifts_newwiki", rng)]
    rng.shuffle(supported)
    others = [pair.evidence for pair in supported]
    pairs: list[Pair] = []
    for pair in supported[:most]:
        pairs.append(pair)
        pairs += spoilt(pair, others, rng)
    return [*pairs, *summarised(evals / "mtrag_human")]


def documents(folder: Path) -> dict[str, Text]:
    """Read the documents of a set, cut into sentences."""
    lines = map(json.loads, (folder / "docs.jsonl").read_text("utf-8").splitlines())
    return {
        line["doc_id"]: Text(line["doc_id"], line["title"], sentences(line["text"]))
        for line in lines
    }


def sentences(text: str) -> tuple[str, ...]:
    """Cut a text into sentences."""
    spans = sentence_spans(text, 0, len(text), "en")
    return tuple(" ".join(text[start:end].split()) for start, end in spans)


def restated(folder: Path) -> Iterator[Pair]:
    """Yield the sentences of ClapNQ's answers with the one or two gold sentences they restate."""
    texts = documents(folder)
    for line in map(json.loads, (folder / "questions.jsonl").read_text("utf-8").splitlines()):
        if not line["answerable"] or not line.get("gold_sentences"):
            continue
        text = texts[line["gold_doc_ids"][0]]
        topic, passage = f"{line['question']} {text.title}", " ".join(line["gold_passages"])
        for statement in sentences(line["answers"][0]):
            evidence = covering(statement, line["gold_sentences"])
            if len(statement.split()) >= 5 and overlap(statement, evidence) >= 0.4:
                yield Pair("restated", True, text.half, statement, evidence, topic, passage)


def summarised(folder: Path) -> Iterator[Pair]:
    """Yield the sentences of MTRAG's answers with the sentences of the gold passages nearest them.

    People wrote them freely over several passages, and nobody says that these sentences back
    them: they count for neither fit nor precision, only for how much of good prose is kept.
    """
    for line in map(json.loads, (folder / "questions.jsonl").read_text("utf-8").splitlines()):
        gold = [one for passage in line["gold_passages"] for one in sentences(passage)]
        for statement in sentences(line["answers"][0]) if gold else ():
            if len(statement.split()) >= 5:
                evidence, topic = covering(statement, gold), line["rewrite"]
                passage = " ".join(line["gold_passages"])
                yield Pair(
                    "mtrag, unlabelled", True, UNLABELLED, statement, evidence, topic, passage
                )


def covering(statement: str, gold: Sequence[str]) -> str:
    """Return the gold sentence that shares most words, and a second one if it adds a fifth."""
    first = max(gold, key=lambda one: overlap(statement, one))
    both = [
        (overlap(statement, f"{first} {one}"), f"{first} {one}") for one in gold if one != first
    ]
    best, text = max(both, default=(0.0, ""))
    return text if best >= overlap(statement, first) + 0.2 else first


def stated(folder: Path, rng: random.Random) -> Iterator[Pair]:
    """Yield statements made from questions and answers, and gold sentences rewritten by rule."""
    lines = [*map(json.loads, (folder / "questions.jsonl").read_text("utf-8").splitlines())]
    for line in rng.sample(lines, 700):
        passage, answer = line["gold_passages"][0], min(line["answers"], key=len)
        found = [one for one in sentences(passage) if answer in one]
        if not found or "?" not in line["question"]:
            continue
        title = line["gold_doc_ids"][0].partition(":")[2].replace("_", " ")
        half = Text(line["gold_doc_ids"][0], title, ()).half
        around = (found[0], f"{line['question']} {title}", passage)
        asked = QUESTION.sub("", line["question"].rstrip("? "), count=1)
        made = f"{answer} {asked.strip()}." if rng.random() < 0.5 else f"{asked.strip()} {answer}."
        yield Pair("question and answer", True, half, made[0].upper() + made[1:], *around)
        rewritten = rewrite(found[0], title, rng)
        yield Pair("rewritten", True, half, rewritten, *around)


def rewrite(sentence: str, title: str, rng: random.Random) -> str:
    """Say a sentence a little differently, with nothing added."""
    sentence = re.sub(r"\s*\([^()]*\)", "", sentence)
    front = re.fullmatch(r"((?:In|On|At|By|After|During|Since) [^,]{3,40}), (.+?)\.?", sentence)
    if front:
        rest = front[2] if front[2].startswith("I ") else front[2][0].upper() + front[2][1:]
        return f"{rest} {front[1][0].lower()}{front[1][1:]}."
    sentence = re.sub(r"^(?:He|She|It|They|This)\b", title, sentence)
    clauses = sentence.rstrip(".").split(", ")
    if len(clauses) > 2 and rng.random() < 0.7:
        sentence = ", ".join(clauses[: max(2, len(clauses) - 1)]) + "."
    return re.sub(r"\b(?:also|however|very|then|later|approximately),? ", "", sentence)


def spoilt(pair: Pair, others: Sequence[str], rng: random.Random) -> Iterator[Pair]:
    """Yield what can be made of a supported pair that its evidence no longer backs."""
    changes: dict[str, Callable[[Pair, random.Random], str | None]] = {
        "swapped number": swap_number,
        "swapped name": swap_name,
        "negated": negate,
        "opposite": reverse,
    }
    for kind, change in changes.items():
        statement = change(pair, rng)
        if statement is not None and statement != pair.statement:
            yield replace(pair, kind=kind, supported=False, statement=statement)
    around = [one for one in sentences(pair.passage) if overlap(pair.statement, one) < 0.5]
    if around:
        evidence = rng.choice(around)
        yield replace(pair, kind="same passage", supported=False, evidence=evidence)
    other = rng.choice(others)
    yield replace(pair, kind="other document", supported=False, evidence=other, passage=other)
    grown = f"{pair.statement.rstrip('.')}, and {rng.choice(others).rstrip('.')}."
    clause = grown[: len(pair.statement) + 90].rpartition(" ")[0] + "."
    yield replace(pair, kind="grown", supported=False, statement=clause)


def swap_number(pair: Pair, rng: random.Random) -> str | None:
    """Put another number of the passage, or an invented one, in the place of one."""
    found = list(NUMBER.finditer(pair.statement))
    if not found:
        return None
    old = rng.choice(found)
    near: list[str] = [one for one in NUMBER.findall(pair.passage) if one not in pair.evidence]
    if near and rng.random() < 0.5:
        new = rng.choice(near)
    else:
        new = "".join(rng.choice("123456789") if c.isdigit() else c for c in old[0])
    if new in NUMBER.findall(pair.evidence):
        return None
    return pair.statement[: old.start()] + new + pair.statement[old.end() :]


def swap_name(pair: Pair, rng: random.Random) -> str | None:
    """Put another name of the passage, or one from elsewhere, in the place of one."""
    found = [one for one in NAME.finditer(pair.statement) if one[0] in pair.evidence]
    if not found:
        return None
    old = rng.choice(found)
    near: list[str] = [one for one in NAME.findall(pair.passage) if one not in pair.evidence]
    far = ["Marseille", "Lindgren", "Kowalski", "Ontario", "Nairobi", "Henderson", "Osaka"]
    new = rng.choice(near if near and rng.random() < 0.5 else far)
    return pair.statement[: old.start()] + new + pair.statement[old.end() :]


def negate(pair: Pair, _: random.Random) -> str | None:
    """Add a `not`, or take one away."""
    if NEGATION.search(pair.statement):
        return NEGATION.sub("", pair.statement, count=1)
    added, count = AUXILIARY.subn(r"\1 not", pair.statement, count=1)
    return added if count else None


def reverse(pair: Pair, _: random.Random) -> str | None:
    """Put the opposite of a word in its place."""
    for one, other in OPPOSITES:
        if re.search(rf"\b{one}\b", pair.statement) and re.search(rf"\b{one}\b", pair.evidence):
            return str(re.sub(rf"\b{one}\b", other, pair.statement))
    return None
