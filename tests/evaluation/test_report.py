"""Reports on tiny sets, with every figure worked out by hand, and the command around them."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import Result

from bot.cli.json_output import report_payload
from bot.evaluation.question_file import EvalQuestion, EvalTurn, append_question, read_questions
from bot.evaluation.report import Outcome, measures, missed, summary
from bot.evaluation.report_table import report_screen
from bot.schema import Answer, Citation, HitTrace
from index.errors import ConfigurationError, SourceNotFound
from index.schema import Evidence, Source
from tests.doubles.cli_fakes import FakeAnswerer, answer, run
from tests.index.search.test_passage_rank import candidate

TEXT = "The fee is 10 euros. It is paid in March. Boats are green."
SOURCE = candidate().source.model_copy(update={"uri": "club", "text": TEXT})


class OneSource:
    """Knows the club's page."""

    def find_source(self, collections: object, name: str) -> Source:
        if name != "club":
            raise SourceNotFound(name)
        return SOURCE


def cited(quote: str, *, start: int | None = None, highlight: str | None = None) -> Citation:
    start = TEXT.index(quote) if start is None else start
    place = quote.index(highlight) if highlight else 0
    return Citation(
        marker=1,
        evidence=Evidence(
            source_id=SOURCE.id, sha256=SOURCE.sha256, start=start, end=start + len(quote)
        ),
        collection="documents",
        source="club",
        title="Club",
        quote=quote,
        highlight=(place, place + len(highlight)) if highlight else None,
        lines=(1, 1),
    )


def hit(words: str, source: str = "club") -> HitTrace:
    start = TEXT.index(words)
    return HitTrace(
        collection="documents",
        source=source,
        title="Club",
        start=start,
        end=start + len(words),
        score=0.5,
    )


def asked(**fields: object) -> EvalQuestion:
    values = {"qid": "q1", "question": "How much is the fee?"}
    return EvalQuestion.model_validate(values | fields)


def reply(*quotes: str, confidence: float = 0.9, **fields: object) -> Answer:
    citations = tuple(cited(quote) for quote in quotes)
    status = "answered" if quotes else "not_found"
    values = {"status": status, "citations": citations, "confidence": confidence} | fields
    return answer("How much is the fee?", **values)


# Measures of one question


def test_quotes_are_held_against_the_accepted_answers() -> None:
    found = measures(
        asked(answers=["10 euros"]), reply("Boats are green.", "The fee is 10 euros."), OneSource()
    )
    assert found == {
        "citation_exact": 1.0,
        "first_quote": 0.0,
        "first_three": 1.0,
        "any_quote": 1.0,
        "token_f1": 0.0,
    }


def test_only_the_first_three_quotes_are_the_first_three() -> None:
    quotes = ["Boats are green.", "It is paid in March.", "Boats", "The fee is 10 euros."]
    found = measures(asked(answers=["10 euros"]), reply(*quotes), OneSource())
    assert (found["first_three"], found["any_quote"]) == (0.0, 1.0)


def test_token_f1_is_that_of_the_first_quote() -> None:
    found = measures(asked(answers=["10 euros"]), reply("The fee is 10 euros."), OneSource())
    # Without the article: fee is 10 euros. Two of four words are wanted, and both wanted are there.
    assert found["token_f1"] == pytest.approx(2 * 2 / (4 + 2))


@pytest.mark.parametrize(("pointed", "held"), [("10 euros", 1.0), ("The fee", 0.0)])
def test_a_highlight_is_right_when_it_holds_the_answer(pointed: str, held: float) -> None:
    citations = (cited("The fee is 10 euros.", highlight=pointed),)
    found = measures(asked(answers=["10 euros"]), reply("Boats", citations=citations), OneSource())
    assert found["highlight"] == held


def test_a_quote_that_is_not_in_its_source_is_counted() -> None:
    citations = (cited("The fee is 10 euros."), cited("The fee is 12 euros.", start=0))
    found = measures(asked(), reply("Boats", citations=citations), OneSource())
    assert found == {"citation_exact": 0.0}


def test_hits_are_held_against_the_gold_passages() -> None:
    found = measures(
        asked(gold_passages=["It is paid in March."]),
        reply("It is paid in March.", "Boats are green.", trace=(hit("Boats"), hit(TEXT[21:41]))),
        OneSource(),
    )
    assert (found["hits@1"], found["hits@4"], found["hits@5"], found["hits@10"]) == (0, 1, 1, 1)
    assert found["mrr@10"] == 0.5
    assert found["ndcg@10"] == pytest.approx(0.6309, abs=1e-4)
    assert found["citation_support"] == 0.5


def test_without_gold_passages_hits_are_held_against_the_gold_documents() -> None:
    trace = (hit("Boats", "other"), hit("Boats"), hit("It is paid"))
    found = measures(asked(gold_doc_ids=["club", "third"]), reply(trace=trace), OneSource())
    assert (found["hits@1"], found["hits@4"], found["mrr@10"]) == (0.0, 1.0, 0.5)
    assert found["ndcg@10"] == pytest.approx(0.6309 / 1.6309, abs=1e-4)


def test_what_is_not_known_is_not_measured() -> None:
    assert measures(asked(), reply(), OneSource()) == {}
    assert measures(asked(answerable=False, answers=["no"]), reply("Boats"), OneSource()) == {
        "citation_exact": 1.0
    }


# Reports


def outcome(
    qid: str, confidence: float, *, answered: bool, answerable: bool, turns: int = 0, ms: float = 1
) -> Outcome:
    history = tuple(EvalTurn(role="user", text="before") for _ in range(turns))
    question = asked(qid=qid, answerable=answerable, history=history)
    found = reply(*(["Boats are green."] if answered else []), confidence=confidence)
    return Outcome(question, found, {"hits@4": float(answered)}, ms)


FOUR = [
    outcome("a", 0.9, answered=True, answerable=True, ms=10),
    outcome("b", 0.4, answered=False, answerable=True, ms=20),
    outcome("c", 0.6, answered=True, answerable=False, ms=30),
    outcome("d", 0.1, answered=False, answerable=False, ms=40),
]


def test_a_report_sums_up() -> None:
    found = summary(FOUR)
    assert found.questions == 4
    assert found.metrics == {
        "hits@4": 0.5,
        "answered_recall": 0.5,
        "false_answers": 0.5,
        "auroc": 0.75,
        "false_answers@80%": 0.5,
    }
    assert found.latency_ms == {"p50": 20, "p95": 40}
    assert found.turns == {}


def test_a_report_names_what_went_wrong() -> None:
    assert [(qid, problems) for qid, _, problems in summary(FOUR).failing] == [
        ("b", ("not answered",)),
        ("c", ("answered, though the documents do not say",)),
    ]


def test_conversations_are_told_apart_by_turn() -> None:
    found = summary(
        [
            outcome("a", 0.9, answered=True, answerable=True),
            outcome("b", 0.9, answered=True, answerable=True, turns=2),
            outcome("c", 0.9, answered=False, answerable=True, turns=2),
        ]
    )
    assert found.turns == {1: {"hits@4": 1.0}, 3: {"hits@4": 0.5}}


def test_a_measure_without_both_kinds_of_questions_is_left_out() -> None:
    assert set(summary(FOUR[:2]).metrics) == {"hits@4", "answered_recall"}


@pytest.mark.parametrize(
    ("wanted", "sentences"),
    [
        ({"hits@4": 0.5, "auroc": 0.75, "false_answers": 0.5}, []),
        ({"hits@4": 0.6}, ["hits@4 is 0.500, wanted 0.6."]),
        ({"false_answers@80%": 0.4}, ["false_answers@80% is 0.500, wanted 0.4."]),
        ({"false_answers": 0.6}, []),
    ],
)
def test_a_metric_that_is_worse_than_wanted_is_named(
    wanted: dict[str, float], sentences: list[str]
) -> None:
    assert missed(summary(FOUR), wanted) == sentences


def test_a_metric_that_was_not_measured_is_missed() -> None:
    (sentence,) = missed(summary(FOUR), {"hits@7": 0.1})
    assert sentence.startswith("hits@7 was not measured; it is one of hits@4, ")


def test_the_report_as_text_and_for_programs_say_the_same() -> None:
    found = summary(FOUR)
    screen, payload = report_screen(found), report_payload(found)
    assert screen.splitlines()[0] == "4 questions"
    for name, value in payload["metrics"].items():
        assert f"{name:<22} {value:>8.3f}" in screen
    assert "2 with a problem" in screen
    assert [each["qid"] for each in payload["failing"]] == ["b", "c"]
    json.dumps(payload)


# Question files


def test_what_is_appended_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "sets" / "questions.jsonl"
    first = asked(answers=["10 €"], history=[{"role": "user", "text": "hi"}])
    append_question(path, first)
    append_question(path, asked(qid="q2"))
    assert read_questions(path) == [first, asked(qid="q2")]


def test_a_file_without_a_last_line_end_is_not_broken_by_what_is_appended(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps({"qid": "q0", "question": "Why?"}), encoding="utf-8")
    append_question(path, asked())
    assert [question.qid for question in read_questions(path)] == ["q0", "q1"]


def test_a_byte_order_mark_blank_lines_and_more_fields_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    line = json.dumps({"qid": "q1", "question": "Why?", "split": "dev", "history": []})
    path.write_text(f"\ufeff{line}\n\n{line}\n", encoding="utf-8")
    assert len(read_questions(path)) == 2


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", "Line 2 of .* is no question: Invalid JSON"),
        ("[]", "Line 2 of .* is no question: Input should be an object"),
        ('{"qid": "q2"}', "Line 2 of .* is no question: question Field required"),
        ('{"qid": "q2", "question": " "}', "Line 2 of .* cannot be asked. The question is empty"),
    ],
)
def test_the_first_wrong_line_is_named(tmp_path: Path, line: str, sentence: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(f'{{"qid": "q1", "question": "Why?"}}\n{line}\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match=sentence):
        read_questions(path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\xfe")
    for name, reason in [("none", "cannot be read"), ("empty", "holds no question"),
                         ("bytes", "cannot be read")]:  # fmt: skip
        with pytest.raises(ConfigurationError, match=f"{name}.jsonl.*{reason}"):
            read_questions(tmp_path / f"{name}.jsonl")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written"):
        append_question(tmp_path, asked())


# The command


DOCUMENTS = [
    {"doc_id": "club", "title": "Rowing club", "text": "The membership fee is 10 euros a year."},
    {"doc_id": "port", "title": "Harbour", "text": "The president of the port is Nadia Okafor."},
]
QUESTIONS = [
    {"qid": "fee", "question": "How much is the membership fee?", "answers": ["10 euros"],
     "gold_passages": [DOCUMENTS[0]["text"]]},
    {"qid": "president", "question": "Who is the president of the port?",
     "answers": ["Nadia Okafor"], "gold_passages": [DOCUMENTS[1]["text"]]},
    {"qid": "australia", "question": "What is the capital of Australia?", "answerable": False},
]  # fmt: skip


def write_lines(path: Path, values: list[Any]) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


@pytest.fixture
def evaluated(own_folder: Path) -> Path:
    """A folder with questions and documents, and the models already built."""
    write_lines(own_folder / "questions.jsonl", QUESTIONS)
    write_lines(own_folder / "documents.jsonl", DOCUMENTS)
    return own_folder


def evaluate(folder: Path, *more: str) -> Result:
    return run(folder, "eval", "questions.jsonl", "--documents", "documents.jsonl", *more)


def test_questions_are_asked_over_a_file_of_documents(evaluated: Path) -> None:
    result = evaluate(evaluated, "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["questions"] == 3
    for name in ("hits@1", "mrr@10", "ndcg@10", "first_quote", "citation_exact"):
        assert found["metrics"][name] == 1.0
    assert (found["metrics"]["answered_recall"], found["metrics"]["false_answers"]) == (1.0, 0.0)
    assert (found["metrics"]["auroc"], found["failing"]) == (1.0, [])

    again = json.loads(evaluate(evaluated, "--json").stdout)
    assert {**again, "latency_ms": 0} == {**found, "latency_ms": 0}

    write_lines(evaluated / "documents.jsonl", DOCUMENTS[1:])
    without = json.loads(evaluate(evaluated, "--json").stdout)
    assert without["metrics"]["hits@10"] == 0.5
    assert [each["qid"] for each in without["failing"]] == ["fee"]


@pytest.mark.parametrize(
    ("bounds", "code", "sentence"),
    [
        (["citation_exact=1", "false_answers=0"], 0, ""),
        (["hits@1=1.1"], 1, "hits@1 is 1.000, wanted 1.1.\n"),
        (["hits@1=0.5", "no_such=0"], 1, "no_such was not measured"),
        (["hits@1"], 2, "--fail-under takes METRIC=VALUE, not 'hits@1'"),
        (["hits@1=high"], 2, "not 'hits@1=high'"),
        (["hits@1=nan"], 2, "not 'hits@1=nan'"),
        (["=0.5"], 2, "not '=0.5'"),
    ],
)
def test_the_exit_code_tells_whether_a_bound_was_kept(
    indexed_folder: Path, tmp_path: Path, bounds: list[str], code: int, sentence: str
) -> None:
    questions = write_lines(tmp_path / "questions.jsonl", [{"qid": "q", "question": "Why?",
                            "gold_doc_ids": ["quoth-user-guide.md"]}, QUESTIONS[2]])  # fmt: skip

    def reply(question: str) -> Answer:
        if question != "Why?":
            return answer(question, status="not_found", confidence=0.1)
        return answer(question, trace=(hit("Boats", "quoth-user-guide.md"),))

    options = [option for bound in bounds for option in ("--fail-under", bound)]
    if code == 0:
        options = [option.replace("citation_exact", "mrr@10") for option in options]
    result = run(indexed_folder, "eval", str(questions), *options, fake=FakeAnswerer(reply))
    assert (result.exit_code, sentence in result.stderr) == (code, True), result.stderr


class Drawn:
    """A figure of matplotlib that writes what it was asked to draw."""

    def __init__(self, **_: object) -> None:
        self.bars: list[tuple[str, float]] = []

    def subplots(self) -> Drawn:
        return self

    def barh(self, names: list[str], values: list[float], **_: object) -> None:
        self.bars += zip(names, values, strict=True)

    def savefig(self, path: Path, **_: object) -> None:
        path.write_text(json.dumps(self.bars), encoding="utf-8")

    def _nothing(self, *_: object, **__: object) -> None:
        return None

    bar_label = set_xlim = invert_yaxis = set_title = _nothing


def test_a_plot_shows_every_metric(
    indexed_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("matplotlib.figure")
    module.__dict__["Figure"] = Drawn
    monkeypatch.setitem(sys.modules, "matplotlib", ModuleType("matplotlib"))
    monkeypatch.setitem(sys.modules, "matplotlib.figure", module)
    questions = write_lines(tmp_path / "questions.jsonl", [{"qid": "q", "question": "Why?"}])
    options = ("eval", str(questions), "--json", "--plot")
    result = run(indexed_folder, *options, str(tmp_path / "plot.png"), fake=FakeAnswerer())
    assert result.exit_code == 0, result.stderr
    drawn = dict(json.loads((tmp_path / "plot.png").read_text(encoding="utf-8")))
    assert drawn == json.loads(result.stdout)["metrics"]
    result = run(indexed_folder, *options, str(tmp_path / "no" / "plot.png"), fake=FakeAnswerer())
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_without_matplotlib_its_command_is_named_before_anything_is_asked(
    indexed_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    questions = write_lines(tmp_path / "questions.jsonl", [{"qid": "q", "question": "Why?"}])
    fake = FakeAnswerer()
    result = run(indexed_folder, "eval", str(questions), "--plot", "plot.png", fake=fake)
    assert (result.exit_code, fake.asked) == (2, [])
    assert 'pip install "quoth[plot]"' in result.stderr


def test_history_is_handed_on_and_a_limit_spreads_over_the_file(
    indexed_folder: Path, tmp_path: Path
) -> None:
    history = [{"role": "user", "text": "hello"}, {"role": "bot", "text": "hi"}]
    lines = [{"qid": str(n), "question": f"Question {n}?", "history": history} for n in range(9)]
    questions = write_lines(tmp_path / "questions.jsonl", lines)
    fake = FakeAnswerer()
    result = run(indexed_folder, "eval", str(questions), "--limit", "3", fake=fake)
    assert result.exit_code == 0
    assert [question for question, _, _ in fake.asked] == [
        "Question 0?", "Question 3?", "Question 6?"
    ]  # fmt: skip
    assert [(turn.role, turn.text) for turn in fake.asked[0][1]] == [
        ("user", "hello"), ("assistant", "hi")
    ]  # fmt: skip


def test_a_question_is_added_with_its_answers(indexed_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "new" / "questions.jsonl"
    told = run(
        indexed_folder, "eval", str(path), "--add", " Who signs? ", "--answer", "the treasurer"
    )
    run(indexed_folder, "eval", str(path), "--add", "Who sings?", "--unanswerable")
    first, second = read_questions(path)
    assert told.stderr == f"Added as {first.qid}.\n"
    assert (first.question, first.answers, first.answerable) == (
        "Who signs?", ("the treasurer",), True
    )  # fmt: skip
    assert (second.question, second.answerable) == ("Who sings?", False)
    assert run(indexed_folder, "eval", str(path), "--add", " ").exit_code == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"doc_id": "a", "text": "b"}\n\nno json\n', "Line 3 of .* is no document"),
        ('{"doc_id": "a"}\n', "Line 1 of .* is no document"),
        ("[1]\n", "Line 1 of .* is no document"),
        ('{"doc_id": "a", "text": 3}\n', "Line 1 of .* is no document"),
        ("\xff", "cannot be read"),
    ],
)
def test_a_wrong_line_of_documents_is_named(evaluated: Path, text: str, sentence: str) -> None:
    (evaluated / "documents.jsonl").write_text(text, encoding="latin-1")
    result = evaluate(evaluated)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert re.search(sentence, result.stderr)
