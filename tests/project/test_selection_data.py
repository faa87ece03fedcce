"""What the selector is trained on: which words belong, and how a row is laid out."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from benchmarks.selection_rows import gold_of
from index.embed import selector
from index.embed.model_folders import model_folders
from index.embed.weights import ModelFiles
from tests.index.embed.test_selector import LETTER, QUESTION
from training import selection, short_answers
from training.held_out import FOLDS, fold_of
from training.inputs import load_tokenizer
from training.selection import (
    PASSAGES,
    Layout,
    add_rewordings,
    asked_as,
    chosen_passages,
    cut_short,
    excerpt,
    reworded,
    weight_of,
    without_answer,
)

TEXT = "Pay comes on the 25th. It comes on the 10th of the next month, too. Nothing is paid in May."


@pytest.fixture(scope="module")
def layout(indexed_folder: Any) -> Layout:
    files = ModelFiles(indexed_folder / ".quoth" / "models")
    tokenizer: Tokenizer = load_tokenizer(files.tokenizer())
    return Layout(tokenizer)


def passage(text: str = TEXT, *, gold: str = "", recall: float = 0.0) -> dict[str, Any]:
    start = text.index(gold)
    return {
        "context": "Pay",
        "text": text,
        "sentences": [(0, 22), (23, 67), (68, len(text))],
        "gold": [(start, start + len(gold))] if gold else [],
        "recall": recall,
        "part": recall,
    }


def quoted(text: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    return [text[first:stop] for first, stop in spans]


def test_a_span_belongs_word_by_word_markup_aside() -> None:
    text = "See **the [rules](x.md)** first: nobody rows alone at night."
    gold = gold_of(text, [["the rules first: nobody rows alone"]])
    assert quoted(text, gold.spans) == ["the [rules](x.md)** first: nobody rows alone"]
    assert (gold.recall, gold.part) == (1.0, 1.0)


def test_the_best_alternative_counts_and_all_belong() -> None:
    gold = gold_of(TEXT, [["Pay comes on the 25th", "and never in June or July"], ["paid in May"]])
    assert quoted(TEXT, gold.spans) == ["Pay comes on the 25th", "paid in May"]
    assert gold.recall == 1.0


def test_a_span_that_goes_on_in_the_next_passage_counts_in_part() -> None:
    gold = gold_of(
        TEXT, [["Nothing is paid in May. Nor is anything in June, since the club sleeps"]]
    )
    assert quoted(TEXT, gold.spans) == ["Nothing is paid in May"]
    assert gold.recall == 0.0
    assert 0.3 < gold.part < 0.5


def test_a_word_that_stands_everywhere_is_no_answer() -> None:
    assert gold_of("the the the the", [["the"]]).spans == ()
    assert gold_of("one boat and the other", [["boat"]]).spans == ((4, 8),)


def test_nothing_belongs_where_nothing_answers() -> None:
    assert gold_of(TEXT, []).spans == ()
    assert gold_of("", [["Pay comes on the 25th"]]).spans == ()


def test_a_row_is_laid_out_as_the_product_does(layout: Layout, indexed_folder: Any) -> None:
    assert (selection.QUESTION_PIECES, selection.CONTEXT_PIECES, selection.LIMIT) == (
        selector.QUESTION_PIECES,
        selector.CONTEXT_PIECES,
        selector.LIMIT,
    )
    spans = [(span.start, span.end) for span in LETTER.sentences]
    row = layout.row(
        QUESTION,
        passage() | {"context": LETTER.context, "text": LETTER.text, "sentences": spans},
        0.0,
    )
    seen: list[dict[str, Any]] = []

    class Session:
        def run(self, names: list[str], feed: dict[str, Any]) -> list[Any]:
            seen.append(feed)
            rows, length = feed["ids"].shape
            return [np.zeros(rows, np.float32), np.zeros((rows, length), np.float32)]

    pieces = selector.MODEL.open(
        model_folders(indexed_folder / ".quoth", None), selector.ADAPTER, threads=1, exact=False
    )
    assert pieces is not None
    selector.EncoderSelector(pieces[0], Session()).select(QUESTION, [LETTER])
    [feed] = seen
    assert row.ids.tolist() == feed["ids"][0].tolist()
    types = [0] * (row.question_length + 2)
    assert feed["types"][0].tolist() == types + [1] * (len(row.ids) - len(types))


def test_sentences_that_hold_the_answer_belong(layout: Layout) -> None:
    row = layout.row(QUESTION, passage(gold="the 10th of the next month", recall=1.0), 1.0)
    assert [does for _, _, does in row.sentences] == [0.0, 1.0, 0.0]
    assert 5 <= row.belongs.sum() <= 8
    other = layout.row(QUESTION, passage(gold="the 10th of the next month", recall=1.0), 0.0)
    assert other.belongs.sum() == 0
    assert not any(does for _, _, does in other.sentences)


def test_a_passage_weighs_as_much_as_it_answers() -> None:
    assert weight_of(passage(gold="Pay", recall=1.0)) == 1.0
    assert weight_of(passage(gold="Pay", recall=0.5)) == pytest.approx(0.3)
    assert weight_of(passage(gold="Pay", recall=0.1)) == weight_of(passage()) == 0.0


def test_the_answer_is_hidden_now_and_then_and_is_else_among_others() -> None:
    others = [passage(f"Other {n}. {TEXT}") for n in range(12)]
    row = {"answerable": True, "passages": [*others, passage(gold="Pay comes", recall=1.0)]}
    rng = random.Random(1)
    drawn = [chosen_passages(row, rng) for _ in range(200)]
    assert all(len(passages) == len(weights) == PASSAGES for passages, weights in drawn)
    shown = sum(max(weights) == 1.0 for _, weights in drawn)
    assert 120 < shown < 180
    for passages, weights in drawn:
        assert [bool(each["gold"]) for each in passages] == [weight > 0 for weight in weights]
    around = "It comes on the 10th of the next month, too. Nothing is paid in May."
    assert 60 < sum(around in [p["text"] for p in passages] for passages, _ in drawn) < 140


def test_a_question_is_asked_in_its_other_wordings_too(tmp_path: Path) -> None:
    file = tmp_path / "rewordings.jsonl"
    other = {"set": "a", "qid": "1", "rewordings": ["when do wages arrive", "payday date"]}
    file.write_text(json.dumps(other) + "\n", encoding="utf-8")
    asked = [{"set": name, "qid": "1", "question": "pay"} for name in ("a", "b")]
    add_rewordings(asked, file)
    rng = random.Random(3)
    words = [Counter(asked_as(row, rng).split()[-1] for _ in range(400)) for row in asked]
    assert 150 < words[0]["pay"] < 250
    assert words[0]["date"] > 50
    assert words[1]["pay"] > 300


def test_a_passage_without_its_answer_keeps_the_rest() -> None:
    left = without_answer(passage(gold="the 10th of the next month", recall=1.0))
    assert left is not None
    assert left["text"] == "Pay comes on the 25th.\nNothing is paid in May."
    assert (left["gold"], quoted(left["text"], left["sentences"])) == (
        [],
        ["Pay comes on the 25th.", "Nothing is paid in May."],
    )
    assert without_answer(passage("Pay comes on the 25th.", gold="25th", recall=1.0)) is None


@given(st.sets(st.sampled_from(range(3))), st.integers())
def test_an_excerpt_says_what_the_passage_says(kept: set[int], seed: int) -> None:
    whole = passage(gold="the 10th of the next month", recall=1.0)
    chosen = excerpt(whole, sorted(kept))
    sentences = quoted(TEXT, whole["sentences"])
    assert quoted(chosen["text"], chosen["sentences"]) == [sentences[at] for at in sorted(kept)]
    belongs = quoted(chosen["text"], chosen["gold"])
    assert belongs == (["the 10th of the next month"] if 1 in kept else [])
    short = cut_short(whole, random.Random(seed))
    assert quoted(short["text"], short["gold"]) == ["the 10th of the next month"]
    assert short["text"] in TEXT


def test_short_answers_are_shown_with_their_sentence_or_without_it(tmp_path: Path) -> None:
    texts = {n: f"Article {n} tells of {name}. {TEXT}" for n, name in enumerate(("boats", "oars"))}
    write = {
        "passages.jsonl": [
            {"id": n, "set": "newwiki", "title": title, "text": texts[n]}
            for n, title in enumerate(("Zebra", "Yak"))
        ],
        "questions.jsonl": [
            {"passage": 0, "question": f"When is pay due, {n}?", "start": start, "answer": "10th"}
            for n in range(40)
            for start in [texts[0].index("10th")]
        ],
    }
    for name, lines in write.items():
        (tmp_path / name).write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    found = list(short_answers.rows(tmp_path, 60, random.Random(2)))
    assert {row["answerable"] for row in found} == {True, False}
    for row in found:
        own = row["passages"][0]
        assert quoted(own["text"], own["gold"]) == (
            ["It comes on the 10th of the next month, too. "] if row["answerable"] else []
        )
        assert ("10th" in own["text"]) == row["answerable"]


@given(st.text(min_size=1).filter(lambda text: bool(text.split())), st.integers())
def test_a_reworded_question_is_still_one(question: str, seed: int) -> None:
    assert reworded(question, random.Random(seed)).strip()


def test_every_set_is_in_one_fold_and_no_fold_is_left_out(tmp_path: Path) -> None:
    names = ["hb1", "gm1", "sc1", "lp1", "ta1", "tb2", "tc1", "td3"]
    rows = [{"set": name, "question": name, "passages": [passage()]} for name in names]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    left_out = [
        {*names} - {row["set"] for row in selection.read_rows(file, without_fold=fold)}
        for fold in range(FOLDS)
    ]
    assert sorted(name for each in left_out for name in each) == sorted(names)
    assert all(len(each) == 2 for each in left_out)
    assert all(fold_of(name, names) == at for at, each in enumerate(left_out) for name in each)
    assert len(selection.read_rows(file)) == len(names)
