"""The commands, run in this process over a real index; `ask` and `chat` with a fake answerer."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.schema import Answer, Citation
from bot.settings import load_settings
from index.catalog import Catalog
from index.errors import EmbeddingError
from index.schema import Evidence
from tests.cli_fakes import FakeAnswerer, answer, run

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
    ("status", "code"), [("answered", 0), ("partial", 0), ("not_found", 1)], ids=str
)
def test_the_exit_code_tells_the_outcome(indexed_folder: Path, status: str, code: int) -> None:
    fake = FakeAnswerer(lambda question: answer(question, status=status))
    assert run(indexed_folder, "ask", "why", fake=fake).exit_code == code
    assert run(indexed_folder, "ask", "why", "--json", fake=fake).exit_code == code


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
        "source", "title", "url", "page", "heading", "lines", "start", "end", "quote",
        "highlight", "modified",
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
            "source", "title", "page", "heading", "lines", "start", "end", "text", "score",
            "dense_rank", "lexical_rank",
        ]  # fmt: skip
        text = canonical(indexed_folder, hit["source"])
        assert text[hit["start"] : hit["end"]] == hit["text"]
    plain = run(indexed_folder, "search", "privacy", "--limit", "1")
    assert plain.stdout.startswith("1. ")
    assert "\x1b" not in plain.stdout


def test_search_reads_lines_too(indexed_folder: Path) -> None:
    result = run(indexed_folder, "search", "-", "--limit", "1", stdin="privacy\n\nceasefire\n")
    first, blank, last = (json.loads(line) for line in result.stdout.splitlines())
    assert (first["query"], last["query"]) == ("privacy", "ceasefire")
    assert "empty" in blank["error"]
    assert result.exit_code == 2


# what is indexed


def test_sources_lists_names_and_states(indexed_folder: Path) -> None:
    result = run(indexed_folder, "sources")
    assert result.stdout.splitlines()[0].split() == [
        "source", "title", "passages", "changed", "state",
    ]  # fmt: skip
    assert f"documents/{GUIDE}" in result.stdout
    listed = json.loads(run(indexed_folder, "sources", "--json").stdout)
    assert {entry["state"] for entry in listed} == {"ready"}
    assert GUIDE in [entry["source"] for entry in listed]


def test_an_empty_collection_says_so_on_standard_error(indexed_folder: Path) -> None:
    result = run(indexed_folder, "sources", "--collection", "board")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "Nothing is indexed in 'board'" in result.stderr
    assert json.loads(run(indexed_folder, "sources", "--collection", "b", "--json").stdout) == []


@pytest.mark.parametrize("name", [GUIDE, f"documents/{GUIDE}", f"./documents/{GUIDE}"])
def test_text_is_printed_exactly(indexed_folder: Path, name: str) -> None:
    result = run(indexed_folder, "show", name, "--text")
    assert result.stdout_bytes == canonical(indexed_folder, GUIDE).encode()


def test_a_citation_can_be_shown_as_it_is_printed(indexed_folder: Path) -> None:
    text = canonical(indexed_folder, GUIDE)
    start = text.index("## Privacy")
    line = text.count("\n", 0, start) + 1
    screen = run(indexed_folder, "show", f"documents/{GUIDE}#L{line}").stdout
    assert f">{line}  ## Privacy\n" in screen
    assert run(indexed_folder, "show", f"{GUIDE}:{start}:{start + 10}").stdout == screen
    assert run(indexed_folder, "show", f"{GUIDE}:{line}").stdout == screen
    exact = run(indexed_folder, "show", f"{GUIDE}:{start}:{start + 10}", "--text")
    assert exact.stdout == "## Privacy"


def test_a_page_can_be_shown(indexed_folder: Path) -> None:
    result = run(indexed_folder, "show", "obstacles-to-un-involvement.pdf#page=1", "--json")
    payload = json.loads(result.stdout)
    assert (payload["page"], payload["start"]) == (1, 0)
    assert payload["text"]


def test_a_place_that_is_not_there_is_one_line(indexed_folder: Path) -> None:
    result = run(indexed_folder, "show", f"{GUIDE}:9999")
    assert result.exit_code == 2
    assert "give a line from 1 to" in result.stderr


def test_stats_count(indexed_folder: Path) -> None:
    counted: dict[str, Any] = json.loads(run(indexed_folder, "stats", "--json").stdout)
    assert counted["sources"] == 4
    assert counted["embeddings"] == "minilm"
    assert "sources     4\n" in run(indexed_folder, "stats").stdout


# what changes the index


def test_sync_reports_and_a_second_run_changes_nothing(own_folder: Path) -> None:
    (own_folder / "documents" / "a.md").write_text("# A\n\nThe moon pulls the sea.\n")
    first = json.loads(run(own_folder, "sync", "--json").stdout)
    assert list(first) == [
        "added", "updated", "unchanged", "removed", "failed", "passages", "seconds",
    ]  # fmt: skip
    assert (first["added"], first["passages"]) == (1, 1)
    second = json.loads(run(own_folder, "sync", "--json").stdout)
    assert (second["added"], second["unchanged"]) == (0, 1)


def test_an_unreadable_document_is_named_and_the_rest_goes_on(own_folder: Path) -> None:
    (own_folder / "documents" / "good.md").write_text("# A\n\nText.\n")
    (own_folder / "documents" / "bad.pdf").write_bytes(b"%PDF-1.4 broken")
    result = run(own_folder, "sync")
    assert result.exit_code == 2
    assert result.stdout.startswith("1 added, 1 failed; 1 passages; ")
    assert result.stderr.startswith("not indexed: bad.pdf: ")
    assert result.stderr.count("\n") == 1


def test_files_from_elsewhere_are_added_found_and_removed(own_folder: Path) -> None:
    outside = own_folder / "outside"
    outside.mkdir()
    (outside / "tides.md").write_text("# Tides\n\nThe moon pulls the sea.\n")
    added = run(own_folder, "add", "outside", "missing.md")
    assert added.exit_code == 2
    assert added.stdout.startswith("1 added, 1 failed;")
    assert "missing.md" in added.stderr
    run(own_folder, "sync")
    assert "The moon" in run(own_folder, "show", "outside/tides.md", "--text").stdout
    removed = run(own_folder, "remove", "outside/tides.md", "--json")
    assert json.loads(removed.stdout) == {"removed": str(outside / "tides.md")}
    assert run(own_folder, "show", "outside/tides.md").exit_code == 2


def test_a_file_of_the_documents_folder_is_added_under_its_own_name(own_folder: Path) -> None:
    (own_folder / "documents" / "a.md").write_text("# A\n\nText.\n")
    run(own_folder, "add", "documents/a.md")
    run(own_folder, "sync")
    listed = json.loads(run(own_folder, "sources", "--json").stdout)
    assert [entry["source"] for entry in listed] == ["a.md"]


def test_removing_needs_the_whole_name(own_folder: Path) -> None:
    (own_folder / "documents" / "notes.md").write_text("# N\n\nText.\n")
    run(own_folder, "sync")
    part = run(own_folder, "remove", "not")
    assert part.exit_code == 2
    assert "Did you mean 'notes.md'?" in part.stderr
    whole = run(own_folder, "remove", "documents/notes.md")
    assert whole.stdout == "removed notes.md\n"
    assert "still in the documents folder" in whole.stderr


def test_a_page_inside_the_private_network_is_refused(own_folder: Path) -> None:
    result = run(own_folder, "add", "http://127.0.0.1:8080/secret")
    assert result.exit_code == 2
    assert result.stderr.startswith("not indexed: http://127.0.0.1:8080/secret: ")


# doctor


def test_doctor_finds_a_healthy_set_up_and_keeps_secrets(indexed_folder: Path) -> None:
    result = run(indexed_folder, "doctor", DISCORD_TOKEN="canary-token")
    assert result.exit_code == 0, result.stdout
    assert "canary" not in result.output
    assert "ok       discord         a token is set\n" in result.stdout
    names = [line.split()[1] for line in result.stdout.splitlines()]
    assert names[:3] == ["python", "packages", "settings"]


def test_doctor_says_what_to_do_about_problems(own_folder: Path) -> None:
    (own_folder / "documents").rmdir()
    result = run(
        own_folder, "doctor", "--json", QUOTH_REDER="off", QUOTH_LLM="openai/m", QUOTH_READER="off"
    )
    assert result.exit_code == 2
    checks = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
    assert "Did you mean QUOTH_READER?" in checks["settings"]["advice"]
    assert "point QUOTH_DOCUMENTS" in checks["documents"]["advice"]
    assert checks["language model"]["state"] == "problem"
    assert checks["reader"]["state"] == "off"
