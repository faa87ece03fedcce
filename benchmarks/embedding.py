"""Measure MiniLM and the reader: speed, closeness to exact vectors, and what it does to ranking.

    python -m benchmarks.embedding speed EVALS       passages a second, integers against floats
    python -m benchmarks.embedding ranking EVALS     hits at 1 and 4 of both
    python -m benchmarks.embedding bare EVALS        embedding and judging against bare products
    python -m benchmarks.embedding reading EVALS     the reader's spans and speed, both ways
    python -m benchmarks.embedding ranges EVALS      measure the ranges that integers need

EVALS holds folders of question sets (`docs.jsonl`, `questions.jsonl`). Times are processor time on
one thread, as the median of runs that take turns, so that other work on the machine matters less.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime

from index.embed import selector
from index.embed.minilm import MODEL, MiniLM, open_minilm
from index.embed.onnx_graph import HEADS, IR_VERSION, OPSET, WIDTH
from index.embed.quantize import write_ranges
from index.embed.reader import ADAPTER, MiniLMReader, open_reader
from index.embed.selector import EncoderSelector, open_selector
from index.embed.weights import SHA256, WEIGHTS, ModelFiles, Tensor, digest_of
from index.embed.word_pieces import open_pieces
from index.protocols import EmbeddingInput, Vectors
from index.schema import Span

SEED = 0
QUESTIONS_TIMED, READINGS_TIMED = 20, 8
MEASURED_ON = ("clapnq_dev", "mtrag_human")
"""Sets whose texts give the ranges; the other figures come from the third one."""
JUDGED_ON = "squadshifts_newwiki"


def read_lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def paragraphs(folder: Path, words: int = 1) -> list[EmbeddingInput]:
    """Return the paragraphs of a set with at least `words` words, under their titles."""
    return [
        EmbeddingInput(document["title"], part.strip())
        for document in read_lines(folder / "docs.jsonl")
        for part in document["text"].split("\n")
        if len(part.split()) >= words
    ]


def processor_seconds(run: Callable[[], object]) -> float:
    before = time.process_time()
    run()
    return time.process_time() - before


def in_turns(runs: Mapping[bool, Callable[[], object]], turns: int = 5) -> dict[bool, float]:
    """Return the median processor seconds of runs that take turns."""
    found: dict[bool, list[float]] = {exact: [] for exact in runs}
    for _ in range(turns):
        for exact, run in runs.items():
            found[exact].append(processor_seconds(run))
    return {exact: statistics.median(seconds) for exact, seconds in found.items()}


def models(home: Path) -> dict[bool, MiniLM]:
    return {exact: open_minilm(home, threads=1, exact=exact) for exact in (True, False)}


def report(**figures: float) -> None:
    for name, figure in figures.items():
        print(f"{name.replace('_', ' '):34} {figure:.4g}")


def one_by_one(embed: Callable[[list[str]], object], questions: Sequence[str]) -> None:
    for question in questions:
        embed([question])


def measure_speed(evals: Path, home: Path) -> None:
    texts = paragraphs(evals / JUDGED_ON, 60)
    texts = random.Random(SEED).sample(texts, 64)
    both = models(home)
    seconds = in_turns(
        {exact: partial(model.embed_passages, texts) for exact, model in both.items()}
    )
    question = ["What are the conditions?"] * QUESTIONS_TIMED
    asked = in_turns(
        {exact: partial(one_by_one, model.embed, question) for exact, model in both.items()}
    )
    opened = in_turns({exact: partial(open_minilm, home, threads=1, exact=exact) for exact in both})
    cosines = closeness(both, texts)
    report(
        passages_a_second_floats=len(texts) / seconds[True],
        passages_a_second_integers=len(texts) / seconds[False],
        integers_to_floats=seconds[True] / seconds[False],
        question_ms_floats=asked[True] / QUESTIONS_TIMED * 1000,
        question_ms_integers=asked[False] / QUESTIONS_TIMED * 1000,
        open_ms_floats=opened[True] * 1000,
        open_ms_integers=opened[False] * 1000,
        mean_cosine=float(cosines.mean()),
        least_cosine=float(cosines.min()),
    )


def closeness(both: Mapping[bool, MiniLM], texts: Sequence[EmbeddingInput]) -> Vectors:
    """Return the cosines between the vectors of both models."""
    one, two = (
        np.stack([found.passage for found in both[exact].embed_passages(texts)])
        for exact in (True, False)
    )
    cosines: Vectors = (one * two).sum(axis=1)
    return cosines


def measure_ranking(evals: Path, home: Path, count: int = 300) -> None:
    texts = paragraphs(evals / JUDGED_ON)
    place = {each.text: number for number, each in enumerate(texts)}
    questions = [
        question
        for question in read_lines(evals / JUDGED_ON / "questions.jsonl")
        if question["gold_passages"][0].strip() in place
    ]
    questions = random.Random(SEED).sample(questions, count)
    gold = np.array([place[question["gold_passages"][0].strip()] for question in questions])
    for exact, model in models(home).items():
        vectors = np.stack([found.passage for found in model.embed_passages(texts)])
        asked = model.embed([question["question"] for question in questions])
        scores = asked @ vectors.T
        ranks = (scores > scores[np.arange(count), gold][:, None]).sum(axis=1)
        kind = "floats" if exact else "integers"
        report(**{f"hits_at_{n}_{kind}": float((ranks < n).mean()) for n in (1, 4, 10)})


class Feeds:
    """Stands before a session, and notes how many tokens each row of it has."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.lengths: list[list[int]] = []

    def run(self, wanted: Any, feed: Mapping[str, Any]) -> list[Any]:
        self.lengths.append(feed["lengths"].tolist())
        return list(self._session.run(wanted, feed))


def bare_products(inputs: int, outputs: int) -> onnxruntime.InferenceSession:
    """Return a session that multiplies bytes by a matrix of bytes, and does nothing else."""
    matrix = np.random.default_rng(SEED).integers(-63, 64, (inputs, outputs)).astype(np.int8)
    return _session(
        [onnx.helper.make_node("MatMulInteger", ["x", "matrix", "zero"], ["y"])],
        {"x": onnx.TensorProto.UINT8},
        onnx.TensorProto.INT32,
        {"matrix": matrix, "zero": np.array(128, np.uint8)},
    )


def bare_attention() -> onnxruntime.InferenceSession:
    """Return a session that makes the two products of floats of every head, and nothing else."""
    nodes = [
        onnx.helper.make_node("MatMul", ["q", "k"], ["scores"]),
        onnx.helper.make_node("MatMul", ["scores", "v"], ["y"]),
    ]
    return _session(nodes, dict.fromkeys("qkv", onnx.TensorProto.FLOAT), onnx.TensorProto.FLOAT, {})


def _session(
    nodes: list[Any], inputs: Mapping[str, int], output: int, constants: Mapping[str, Any]
) -> onnxruntime.InferenceSession:
    kinds = [onnx.helper.make_tensor_value_info(name, kind, None) for name, kind in inputs.items()]
    out = [onnx.helper.make_tensor_value_info("y", output, None)]
    held = [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = onnx.helper.make_graph(nodes, "bare", kinds, out, held)
    opset = [onnx.helper.make_opsetid("", OPSET)]
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options)


class BareWork:
    """The matrix products of a model for batches of rows, without padding."""

    def __init__(self, batches: Sequence[Sequence[int]], layers: int) -> None:
        self._layers = layers
        shapes = ((WIDTH, 3 * WIDTH), (WIDTH, WIDTH), (WIDTH, 4 * WIDTH), (4 * WIDTH, WIDTH))
        # Matrices of their own for each layer: they pass through the cache as the model's do.
        self._products = [[bare_products(*shape) for shape in shapes] for _ in range(layers)]
        self._attention = bare_attention()
        chosen = np.random.default_rng(SEED)
        self._bytes = [
            [chosen.integers(0, 256, (sum(rows), each)).astype(np.uint8) for each, _ in shapes]
            for rows in batches
        ]
        self._heads = [
            {
                "q": chosen.normal(size=(HEADS, row, WIDTH // HEADS)).astype(np.float32),
                "k": chosen.normal(size=(HEADS, WIDTH // HEADS, row)).astype(np.float32),
                "v": chosen.normal(size=(HEADS, row, WIDTH // HEADS)).astype(np.float32),
            }
            for rows in batches
            for row in rows
        ]

    def integers(self) -> None:
        for inputs in self._bytes:
            for layer in self._products:
                for product, x in zip(layer, inputs, strict=True):
                    product.run(None, {"x": x})

    def floats(self) -> None:
        for heads in self._heads:
            for _ in range(self._layers):
                self._attention.run(None, heads)


def measure_bare(evals: Path, home: Path, turns: int = 7) -> None:
    texts = random.Random(SEED).sample(paragraphs(evals / JUDGED_ON, 60), 32)
    texts = [replace(text, sentences=(Span(start=0, end=len(text.text)),)) for text in texts]
    small, whole = (open_selector(home, small=small, threads=1) for small in (True, False))
    assert small is not None and whole is not None, "the selector's weights are not installed"
    minilm, asked = models(home)[False], "When did the company begin to sell abroad?"
    for name, model, run, layers in (
        ("minilm", minilm, partial(minilm.embed_passages, texts), 6),
        ("small selector", small, partial(small.select, asked, texts[:12]), 6),
        ("selector", whole, partial(whole.select, asked, texts[:12]), 12),
    ):
        seen = Feeds(model._session)
        model._session = seen
        run()
        model._session = seen._session
        work = BareWork(seen.lengths, layers)
        spent: dict[str, list[float]] = {}
        for _ in range(turns):
            for part, each in (("model", run), ("in", work.integers), ("fl", work.floats)):
                spent.setdefault(part, []).append(processor_seconds(each))
        took, integers, floats = (statistics.median(spent[part]) for part in ("model", "in", "fl"))
        rows = sum(map(len, seen.lengths))
        print(name)
        report(
            tokens_a_text=sum(map(sum, seen.lengths)) / rows,
            ms_a_text=took / rows * 1000,
            ms_products_of_integers=integers / rows * 1000,
            ms_products_of_attention=floats / rows * 1000,
            to_products_of_integers=took / integers,
            to_all_products=took / (integers + floats),
        )


def reading_tasks(evals: Path, count: int) -> list[tuple[str, list[str], list[tuple[str, str]]]]:
    """Return questions with their answers, and their paragraph among four of the same article."""
    texts = paragraphs(evals / JUDGED_ON)
    place = {each.text: number for number, each in enumerate(texts)}
    chosen = random.Random(SEED)
    questions = [
        question
        for question in read_lines(evals / JUDGED_ON / "questions.jsonl")
        if question["split"] == "dev" and question["gold_passages"][0].strip() in place
    ]
    tasks = []
    for question in chosen.sample(questions, count):
        gold = texts[place[question["gold_passages"][0].strip()]]
        others = [each for each in texts if each.context == gold.context and each is not gold]
        near = [gold, *chosen.sample(others, min(4, len(others)))]
        pairs = [(each.context, each.text) for each in near]
        tasks.append((question["question"], question["answers"], pairs))
    return tasks


def judge(reader: MiniLMReader, tasks: Sequence[Any]) -> tuple[float, float, list[float]]:
    """Return the share of best spans that hold an answer, of gold paragraphs first, and scores."""
    held, first, scores = [], [], []
    for question, answers, pairs in tasks:
        best = [readings[0] for readings in reader.read(question, pairs)]
        chosen = max(range(len(best)), key=lambda at: best[at].score)
        words = pairs[chosen][1][best[chosen].start : best[chosen].end].lower()
        held.append(any(answer.lower() in words for answer in answers))
        first.append(chosen == 0)
        scores += [each.score for each in best]
    return float(np.mean(held)), float(np.mean(first)), scores


def measure_reading(evals: Path, home: Path, adapter: Path, count: int = 150) -> None:
    readers: dict[bool, MiniLMReader] = {}
    for exact in (True, False):
        opened = open_reader(home, adapter=adapter, threads=1, exact=exact)
        assert opened is not None, f"no adapter in {adapter}"
        readers[exact] = opened
    tasks = reading_tasks(evals, count)
    scores = {}
    for exact, reader in readers.items():
        held, first, scores[exact] = judge(reader, tasks)
        kind = "floats" if exact else "integers"
        report(**{f"best_span_answers_{kind}": held, f"gold_paragraph_first_{kind}": first})
    some = tasks[:READINGS_TIMED]
    seconds = in_turns({exact: partial(judge, reader, some) for exact, reader in readers.items()})
    report(
        ms_for_five_paragraphs_floats=seconds[True] / READINGS_TIMED * 1000,
        ms_for_five_paragraphs_integers=seconds[False] / READINGS_TIMED * 1000,
        integers_to_floats=seconds[True] / seconds[False],
        correlation_of_scores=float(np.corrcoef(scores[True], scores[False])[0, 1]),
    )


def _layer(weights: str) -> str:
    """Return the layer whose ranges are those of a matrix; query, key and value share theirs."""
    name = weights.removesuffix(".weight")
    return name.removesuffix(".key").removesuffix(".value")


class Probe:
    """Stands in for a session, and notes what goes into each linear layer of an exact graph."""

    def __init__(self, graph: Path) -> None:
        model = onnx.load(graph, load_external_data=False)
        self._outputs = [output.name for output in model.graph.output]
        self._layers = {
            node.input[0]: _layer(node.input[1])
            for node in model.graph.node
            if node.op_type == "MatMul"
            and node.input[1].startswith("encoder.")
            # What queries are made of is a part of what keys and values are made of.
            and ".query." not in node.input[1]
        }
        model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in self._layers)
        self.ranges: dict[str, Tensor] = {}
        # The graph finds its data file beside it.
        probing = graph.with_name("probe.onnx")
        onnx.save(model, probing)
        self._session = onnxruntime.InferenceSession(str(probing))
        probing.unlink()

    def run(self, _: None, feed: Mapping[str, Any]) -> list[Any]:
        names = list(self._layers)
        if "kept_from" in feed:
            feed = {**feed, "kept_from": np.array([1])}
        answers = self._session.run([*self._outputs, *names], feed)
        inside = np.arange(feed["ids"].shape[1]) < feed["lengths"][:, None]
        for name, values in zip(names, answers[len(self._outputs) :], strict=True):
            self._note(self._layers[name], values[inside])
        return list(answers[: len(self._outputs)])

    def _note(self, layer: str, values: Tensor) -> None:
        known = self.ranges.get(layer)
        seen = values if known is None else np.concatenate([known, values])
        self.ranges[layer] = np.stack([seen.min(axis=0), seen.max(axis=0)])


def measure_ranges(evals: Path, home: Path, adapter: Path) -> None:
    texts, questions = sample(evals)
    pieces = open_pieces(ModelFiles(home / "models").tokenizer())
    open_minilm(home, exact=True)
    seen = Probe(next((home / "models").glob("minilm_exact-*.onnx")))
    model = MiniLM(pieces, seen)
    model.embed_passages(texts)
    model.embed(questions)
    print(write_ranges(MODEL, SHA256[WEIGHTS], seen.ranges))
    if open_reader(home, adapter=adapter, exact=True) is not None:
        seen = Probe(next((home / "models").glob("reader_exact-*.onnx")))
        reader = MiniLMReader(pieces, seen)
        pairs = [(text.context, text.text) for text in texts]
        for number, question in enumerate(questions):
            reader.read(question, pairs[number % len(pairs) :][:2])
        print(write_ranges("reader", digest_of(adapter), seen.ranges))
    real, asked = sample_of_documents(evals / "real")
    for small, name, of in (
        (False, selector.MODEL.name, selector.ADAPTER),
        (True, selector.SMALL_MODEL.name, selector.SMALL_ADAPTER),
    ):
        if open_selector(home, small=small, exact=True) is None:
            continue
        seen = Probe(next((home / "models").glob(f"{name}_exact-*.onnx")))
        judge_of = EncoderSelector(pieces, seen)
        for number, question in enumerate([*questions, *asked]):
            judge_of.select(question, [*texts, *real][number % (len(texts) + len(real)) :][:2])
        print(write_ranges(name, digest_of(of), seen.ranges))


def sample_of_documents(real: Path, count: int = 60) -> tuple[list[EmbeddingInput], list[str]]:
    """Return stretches of real documents (code, tables, lists as they stand) and questions.

    Of the sets that things may be fitted on: those that end in 1.
    """
    chosen = random.Random(SEED)
    files = sorted(path for path in real.glob("*1/documents/**/*") if path.is_file())
    stretches = [
        EmbeddingInput(path.stem, part.strip()[:1200])
        for path in files
        for part in path.read_text(encoding="utf-8", errors="replace").split("\n\n")
        if len(part.split()) >= 12
    ]
    questions = [
        line["question"] for path in real.glob("*1/questions.jsonl") for line in read_lines(path)
    ]
    return chosen.sample(stretches, count), chosen.sample(sorted(questions), count)


def sample(evals: Path) -> tuple[list[EmbeddingInput], list[str]]:
    """Return the paragraphs, and the questions and words, that ranges are measured on."""
    chosen = random.Random(SEED)
    texts: list[EmbeddingInput] = []
    questions: list[str] = []
    for name in MEASURED_ON:
        texts += chosen.sample(paragraphs(evals / name, 30), 24)
        lines = read_lines(evals / name / "questions.jsonl")
        questions += [line["question"] for line in chosen.sample(lines, 24)]
    # Single words and none at all: rows of few tokens have activations of their own.
    words = [word for text in texts for word in text.text.split()[:4]]
    return texts, [*questions, *chosen.sample(words, 24), "", "x", "?", "2024"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["speed", "ranking", "bare", "reading", "ranges"])
    parser.add_argument("evals", type=Path)
    parser.add_argument("--adapter", type=Path, default=ADAPTER)
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "quoth-bench")
    given = parser.parse_args()
    if given.what == "speed":
        measure_speed(given.evals, given.home)
    elif given.what == "ranking":
        measure_ranking(given.evals, given.home)
    elif given.what == "bare":
        measure_bare(given.evals, given.home)
    elif given.what == "reading":
        measure_reading(given.evals, given.home, given.adapter)
    else:
        measure_ranges(given.evals, given.home, given.adapter)


if __name__ == "__main__":
    main()
