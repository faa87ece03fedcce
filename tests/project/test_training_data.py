"""What the reader is trained on: the rows, their windows, and what they must never contain."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from index.embed.reader import LIMIT as READ_LIMIT
from index.embed.reader import QUESTION_PIECES as READ_QUESTION_PIECES
from index.embed.reader import TITLE_PIECES as READ_TITLE_PIECES
from index.embed.reader import with_mark as marked_by_product
from index.embed.weights import ModelFiles
from index.protocols import Vectors
from training.bm25 import words_of
from training.data import (
    LIMITS,
    ExampleMaker,
    NegativeMiner,
    Pair,
    Passage,
    Question,
    batches_by_length,
    erased,
    group_up,
    load,
    training_groups,
)
from training.held_out import EVERY, held_out
from training.inputs import QUESTION_PIECES, TITLE_PIECES, load_tokenizer, with_mark

TOWNS = ("Trieste", "Muggia", "Duino", "Grado", "Udine", "Gorizia", "Pola", "Fiume", "Zara", "Cres")


def text_of(town: str, number: int) -> str:
    return (
        f"{town} lies on the coast. Its port has {number} cranes. "
        f"The mayor of {town} opened the market in {1900 + number}."
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty passages under ten titles, each with two questions."""
    made = tmp_path_factory.mktemp("train")
    passages, questions = [], []
    for key in range(20):
        town = TOWNS[key % len(TOWNS)]
        text = text_of(town, key + 10)
        passages.append({"id": key, "set": "newwiki", "title": town, "text": text})
        for asked, answer in (
            (f"How many cranes has the port of {town}?", f"{key + 10} cranes"),
            (f"When did the mayor of {town} open the market?", f"in {1910 + key}"),
        ):
            questions.append(
                {"passage": key, "question": asked, "start": text.index(answer), "answer": answer}
            )
    for name, rows in (("passages", passages), ("questions", questions)):
        (made / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return made


@pytest.fixture(scope="module")
def tokenizer(indexed_folder: Path) -> Tokenizer:
    files = ModelFiles(indexed_folder / ".quoth" / "models")
    return load_tokenizer(files.tokenizer())


def test_held_out_articles_are_not_trained_on(folder: Path) -> None:
    passages, questions = load(folder)
    kept_out = held_out(TOWNS)
    assert len(kept_out) == -(-len(TOWNS) // EVERY)
    assert {p.title for p in passages.values()} == set(TOWNS) - kept_out
    assert {q.passage for q in questions} == set(passages)


def test_the_layout_is_the_one_the_product_reads_with() -> None:
    assert (QUESTION_PIECES, TITLE_PIECES) == (READ_QUESTION_PIECES, READ_TITLE_PIECES)
    assert max(LIMITS) == READ_LIMIT


@given(st.text(max_size=30))
def test_a_question_is_marked_as_the_product_marks_it(question: str) -> None:
    assert with_mark(question) == marked_by_product(question)
    assert with_mark(f"{question}?") == f"{question}?"


def test_an_erased_passage_keeps_all_but_the_sentences_that_answer() -> None:
    text = text_of("Grado", 12)
    question = Question(1, "How many cranes?", text.index("12 cranes"), "12 cranes")
    found = erased(Passage(1, "newwiki", "Grado", text), question)
    assert found == text.replace("Its port has 12 cranes. ", "")


def test_a_passage_that_answers_elsewhere_too_is_not_erased() -> None:
    text = "Grado has 12 cranes. In all there are 12 cranes. Gulls live there."
    question = Question(1, "How many cranes?", text.index("12 cranes"), "12 cranes")
    assert erased(Passage(1, "newwiki", "Grado", text), question) is None


def test_a_mined_passage_never_holds_the_answer(folder: Path) -> None:
    passages, questions = load(folder)
    miner = NegativeMiner(passages, None, random.Random(0))
    for question in questions * 5:
        found = miner.find(question)
        assert found is not None
        assert found.key != question.passage
        assert (
            f" {' '.join(words_of(question.answer))} " not in f" {' '.join(words_of(found.text))} "
        )


class Letters:
    """Embeds by letters: enough to rank by."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        rows = np.array([[text.count(chr(97 + at)) + 0.1 for at in range(26)] for text in texts])
        unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        return unit


def test_each_question_keeps_its_passage_first_and_then_what_lacks_the_answer(folder: Path) -> None:
    passages, questions = load(folder)
    groups = group_up(passages, questions, Letters(), random.Random(3))
    assert sorted(id(group[0].question) for group in groups) == sorted(map(id, questions))
    for first, *others in groups:
        assert first.text == passages[first.question.passage].text
        assert first.start == first.question.start
        assert all(other.start is None for other in others)
    assert any(len(group) == 3 for group in groups)


def test_rows_are_the_same_for_the_same_seed_and_other_for_another_epoch(
    folder: Path, tokenizer: Tokenizer
) -> None:
    def rows(*, seed: int, epoch: int = 0) -> list[list[int]]:
        groups = training_groups(folder, tokenizer, 30, seed=seed, epoch=epoch)
        return [row.ids.tolist() for group in groups for row in group]

    assert rows(seed=1) == rows(seed=1)
    assert rows(seed=1, epoch=1) != rows(seed=1)


@settings(max_examples=60, deadline=None)
@given(
    before=st.integers(0, 60),
    after=st.integers(0, 60),
    seed=st.integers(0, 5),
    marked=st.booleans(),
)
def test_a_window_always_holds_the_answer(
    tokenizer: Tokenizer, before: int, after: int, seed: int, marked: bool
) -> None:
    filler = "The gulls of the harbour sleep on the roof. "
    answer = "forty-two lamps"
    text = f"{filler * before}The pier has {answer}. {filler * after}"
    asked = "How many lamps has the pier" + ("?" if marked else "")
    question = Question(1, asked, text.index(answer), answer)
    maker = ExampleMaker(tokenizer, random.Random(seed))
    (row,) = maker.group([Pair(question, "Pier", text, question.start)])
    assert tokenizer.decode(row.ids[row.start : row.end + 1].tolist()) == "forty - two lamps"
    assert row.start >= row.passage_start
    assert len(row.ids) <= max(LIMITS)


def test_question_marks_are_left_out_for_a_share_and_for_all_rows_of_a_question(
    folder: Path, tokenizer: Tokenizer
) -> None:
    mark = tokenizer.token_to_id("?")
    seen = set()
    for group in training_groups(folder, tokenizer, 30, seed=2):
        marked = {mark in row.ids[: row.question_length + 1] for row in group}
        assert len(marked) == 1
        seen |= marked
    assert seen == {True, False}


def test_batches_keep_the_rows_of_a_question_together_and_lose_none(
    folder: Path, tokenizer: Tokenizer
) -> None:
    groups = training_groups(folder, tokenizer, 30)
    batches = batches_by_length(groups, 8, random.Random(0))
    assert sorted(id(group) for batch in batches for group in batch) == sorted(map(id, groups))
    assert all(sum(map(len, batch)) <= 8 for batch in batches)
