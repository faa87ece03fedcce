"""`ask` with a fake answerer, `search`, and failures, run in this process over a real index."""

import json
from pathlib import Path

import pytest

from bot.schema import Answer, Citation
from bot.settings import load_settings
from index.errors import EmbeddingError
from index.schema import Coverage, Evidence
from index.store.catalog import Catalog
from tests.doubles.cli_fakes import FakeAnswerer, answer, run

GUIDE = "quoth-user-guide.md"


def canonical(folder: Path, uri: str) -> str:
    catalog = Catalog(load_settings({}, folder).home)
    text = catalog.find_source(["documents"], uri).text
    catalog.close()
    return text


def cited(folder: Path, uri: str, quote: str, marker: int | None = 1) -> Citation:
    catalog = Catalog(load_settings({}, folder).home)
    source = catalog.find_source(["documents"], uri)
    catalog.close()
    start = source.text.index(quote)
    evidence = Evidence(
        source_id=source.id, sha256=source.sha256, start=start, end=start + len(quote)
    )
    return Citation(
        marker=marker,
        evidence=evidence,
        collection="documents",
        source=uri,
        title=source.title,
        quote=quote,
        lines=(1, 1),
    )


# ask


def test_ask_takes_words_without_quotation_marks(indexed_folder: Path) -> None:
    fake = FakeAnswerer()
    result = run(indexed_folder, "ask", "who", "is", "Lacroix?", fake=fake)
    assert (result.exit_code, result.stdout) == (0, "You asked: who is Lacroix?\n")
    ((_, history, scope),) = fake.asked
    assert history == ()
    assert scope.collections == ("documents",)


@pytest.mark.parametrize(
    ("status", "code"), [("answered", 0), ("partial", 0), ("unsure", 1), ("not_found", 1)], ids=str
)
def test_the_exit_code_tells_the_outcome(indexed_folder: Path, status: str, code: int) -> None:
    fake = FakeAnswerer(lambda question: answer(question, status=status))
    assert run(indexed_folder, "ask", "why", fake=fake).exit_code == code
    assert run(indexed_folder, "ask", "why", "--json", fake=fake).exit_code == code


@pytest.mark.parametrize("text", ["hello", "Thanks!"])
def test_a_greeting_is_no_question_without_an_answer(indexed_folder: Path, text: str) -> None:
    result = run(indexed_folder, "ask", text)
    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)


def test_json_has_exactly_the_promised_shape(indexed_folder: Path) -> None:
    quote = "Quoth answers questions from your own documents"

    def reply(question: str) -> Answer:
        return answer(
            question,
            citations=(cited(indexed_folder, GUIDE, quote),),
            nearest=(cited(indexed_folder, GUIDE, quote, None),),
            timings_ms={"search": 1.25},
        )

    result = run(indexed_folder, "ask", "why", "--json", fake=FakeAnswerer(reply))
    payload = json.loads(result.stdout)
    assert list(payload) == [
        "id", "status", "answer", "citations", "nearest", "confidence", "engine", "question",
        "standalone_question", "timings_ms",
    ]  # fmt: skip
    fields = [
        "source", "title", "url", "page", "place", "heading", "lines", "start", "end", "version",
        "quote", "highlight", "modified",
    ]  # fmt: skip
    (citation,), (nearest,) = payload["citations"], payload["nearest"]
    assert list(citation) == ["marker", *fields]
    assert list(nearest) == fields
    assert canonical(indexed_folder, GUIDE)[citation["start"] : citation["end"]] == quote


def test_ask_can_be_limited_to_one_source(indexed_folder: Path) -> None:
    fake = FakeAnswerer()
    run(indexed_folder, "ask", "why", "--source", f"documents/{GUIDE}", fake=fake)
    assert fake.asked[0][2].source
    unknown = run(indexed_folder, "ask", "why", "--source", "nothing.md", fake=fake)
    assert unknown.exit_code == 2
    assert unknown.stderr.startswith("quoth: There is no source 'nothing.md' here.")


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("", "The question is empty"),
        ("  \t ", "The question is empty"),
        ("x" * 10_000, "The question has 10,000 characters"),
    ],
    ids=["empty", "blank", "long"],
)
@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_question_that_is_none_gets_a_sentence(
    indexed_folder: Path, command: str, question: str, sentence: str
) -> None:
    result = run(indexed_folder, command, question)
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


def test_what_is_not_embedded_yet_is_said_once_below_the_answer(own_folder: Path) -> None:
    text = "\n\n".join(f"# Part {n}\n\nThe fox {n} has a bend." for n in range(510))
    (own_folder / "documents" / "foxes.md").write_text(text)
    coverage = Coverage(passages=510, embedded=8, documents=1, read=1)
    fake = FakeAnswerer(lambda question: answer(question, notice="Said.", coverage=coverage))
    done = run(own_folder, "ask", "what", "has", "a", "bend", fake=fake)
    assert done.stderr == ""
    assert done.stdout.endswith("\nSaid. `quoth sync` finishes.\n")


def test_a_notice_is_printed_below_the_answer(indexed_folder: Path) -> None:
    fake = FakeAnswerer(lambda question: answer(question, notice="The model is down."))
    result = run(indexed_folder, "ask", "why", fake=fake)
    assert result.stdout == "You asked: why\n\nThe model is down.\n"


# ask -


def test_each_line_gets_one_json_object_in_order_and_bad_ones_do_not_stop_it(
    indexed_folder: Path,
) -> None:
    fake = FakeAnswerer()
    lines = (
        b'first\n{"question": "second", "history": [{"role": "user", "text": "first"}]}\n'
        b'\n{"question": 3}\n\xff\nlast'
    )
    result = run(indexed_folder, "ask", "-", fake=fake, stdin=lines)
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [one.get("answer") for one in found] == [
        "You asked: first", "You asked: second", None, None, None, "You asked: last",
    ]  # fmt: skip
    assert ["error" in one for one in found] == [False, False, True, True, True, False]
    assert result.exit_code == 2
    assert [turn.text for turn in fake.asked[1][1]] == ["first"]


def test_a_failure_on_one_line_is_its_own(indexed_folder: Path) -> None:
    def reply(question: str) -> Answer:
        if question == "known":
            raise EmbeddingError("The model broke.")
        if question == "unknown":
            raise ZeroDivisionError("secret detail")
        return answer(question)

    result = run(
        indexed_folder, "ask", "-", fake=FakeAnswerer(reply), stdin="known\nunknown\nfine\n"
    )
    known, unknown, fine = (json.loads(line) for line in result.stdout.splitlines())
    assert known == {"question": "known", "error": "The model broke."}
    assert "quoth.log' says more under" in unknown["error"]
    assert "secret" not in result.stdout
    assert fine["answer"] == "You asked: fine"


def test_no_lines_are_no_error(indexed_folder: Path) -> None:
    result = run(indexed_folder, "ask", "-", fake=FakeAnswerer(), stdin="")
    assert (result.exit_code, result.stdout) == (0, "")


# failures


def test_an_unforeseen_failure_is_one_line_and_its_traceback_is_in_the_log(
    own_folder: Path,
) -> None:
    (own_folder / "documents" / "a.md").write_text("# A\n\nText.\n")

    def reply(question: str) -> Answer:
        raise ZeroDivisionError("the cause")

    result = run(own_folder, "ask", "why", fake=FakeAnswerer(reply))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    reference = result.stderr.rstrip(".\n").split()[-1]
    log = (own_folder / ".quoth" / "quoth.log").read_text()
    assert f"reference {reference}" in log
    assert "ZeroDivisionError: the cause" in log


def test_a_wrong_setting_is_one_line(indexed_folder: Path) -> None:
    result = run(indexed_folder, "stats", QUOTH_THREADS="many")
    assert result.exit_code == 2
    assert result.stderr.startswith("quoth: QUOTH_THREADS 'many' cannot be used")


@pytest.mark.parametrize(
    "arguments",
    [["nope"], ["ask"], ["ask", "--nope"], ["search", "x", "--limit", "0"], ["add"], ["show"]],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2_and_explains_itself(
    indexed_folder: Path, arguments: list[str]
) -> None:
    result = run(indexed_folder, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage: quoth" in result.stderr


def test_without_documents_and_index_it_says_what_to_do(own_folder: Path) -> None:
    (own_folder / "documents").rmdir()
    result = run(own_folder, "ask", "why", fake=FakeAnswerer())
    assert result.exit_code == 2
    assert "There is no documents folder" in result.stderr
    assert "QUOTH_DOCUMENTS" in result.stderr


def test_a_home_that_is_a_file_is_one_line(own_folder: Path) -> None:
    (own_folder / "file").write_text("x")
    result = run(own_folder, "stats", QUOTH_HOME="file")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "QUOTH_HOME" in result.stderr


# search


def test_search_prints_passages_and_their_json(indexed_folder: Path) -> None:
    result = run(indexed_folder, "search", "privacy", "--json", "--limit", "2")
    payload = json.loads(result.stdout)
    assert list(payload) == ["query", "hits"]
    assert payload["query"] == "privacy"
    assert 1 <= len(payload["hits"]) <= 2
    for hit in payload["hits"]:
        assert list(hit) == [
            "source", "title", "page", "place", "heading", "lines", "start", "end", "version",
            "text", "score", "dense_rank", "lexical_rank",
        ]  # fmt: skip
        text = canonical(indexed_folder, hit["source"])
        assert text[hit["start"] : hit["end"]] == hit["text"]
    plain = run(indexed_folder, "search", "privacy", "--limit", "1")
    assert plain.stdout.startswith("1. ")
    assert "\x1b" not in plain.stdout


def test_search_says_what_a_misspelt_query_was_taken_for(indexed_folder: Path) -> None:
    result = run(indexed_folder, "search", "privicy", "--limit", "1")
    assert result.stdout.startswith("Searched for: privacy\n\n1. ")
    payload = json.loads(run(indexed_folder, "search", "privicy", "--json").stdout)
    assert payload["query"] == "privicy"


def test_search_reads_lines_too(indexed_folder: Path) -> None:
    result = run(indexed_folder, "search", "-", "--limit", "1", stdin="privacy\n\nceasefire\n")
    first, blank, last = (json.loads(line) for line in result.stdout.splitlines())
    assert (first["query"], last["query"]) == ("privacy", "ceasefire")
    assert "empty" in blank["error"]
    assert result.exit_code == 2
