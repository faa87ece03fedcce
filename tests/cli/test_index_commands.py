"""The commands that look at the index and change it, run in this process over real stores."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from pptx import Presentation

from bot.cli.index_checks import languages_finding
from bot.cli.json_output import sync_payload
from bot.cli.sync_text import sync_screen
from bot.cli.terminal_text import size_text
from bot.cli.unchanged_sync import report_line
from bot.settings import load_settings
from index.library import open_library
from index.schema import SyncReport
from tests.cli.test_commands import GUIDE, canonical
from tests.doubles.cli_fakes import run

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


def test_an_empty_collection_says_so_on_standard_error(own_folder: Path) -> None:
    result = run(own_folder, "sources")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "Nothing is indexed in 'documents'" in result.stderr
    assert json.loads(run(own_folder, "sources", "--json").stdout) == []


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


def test_stats_and_doctor_say_where_the_models_are(own_folder: Path, tmp_path: Path) -> None:
    (own_folder / ".quoth" / "models").unlink()
    (own_folder / "documents" / "tides.md").write_text("The moon pulls the sea.")
    shared = tmp_path / "shared"
    assert json.loads(run(own_folder, "stats", "--json", QUOTH_MODELS=str(shared)).stdout)[
        "models"
    ] == []  # fmt: skip
    assert run(own_folder, "doctor", QUOTH_MODELS=str(shared)).exit_code == 0
    stats = run(own_folder, "stats", "--json", QUOTH_MODELS=str(shared))
    (told,) = json.loads(stats.stdout)["models"]
    taken = sum(path.stat().st_size for path in shared.iterdir())
    assert told == {"folder": str(shared), "bytes": taken, "shared": True}
    for command in ("stats", "doctor"):
        said = run(own_folder, command, QUOTH_MODELS=str(shared)).stdout
        assert f"in {str(shared)!r}, for all homes" in said
    assert not (own_folder / ".quoth" / "models").exists()


def test_doctor_says_why_the_models_are_in_the_home(own_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    said = run(own_folder, "doctor", QUOTH_MODELS=str(tmp_path / "file")).stdout
    assert f"since {str(tmp_path / 'file')!r} cannot be written or is full" in said


# what changes the index


def test_sync_reports_and_a_second_run_changes_nothing(own_folder: Path) -> None:
    (own_folder / "documents" / "a.md").write_text("# A\n\nThe moon pulls the sea.\n")
    first = json.loads(run(own_folder, "sync", "--json").stdout)
    assert list(first) == [
        "added", "updated", "unchanged", "removed", "failed", "not_read", "ignored",
        "passages", "embedded", "kept", "seconds",
    ]  # fmt: skip
    assert (first["added"], first["passages"]) == (1, 1)
    second = json.loads(run(own_folder, "sync", "--json").stdout)
    assert (second["added"], second["unchanged"]) == (0, 1)


def test_a_slide_is_found_cited_and_shown(own_folder: Path) -> None:
    deck = Presentation()
    for title, words in (("Fees", "A day ticket costs 4 euros."), ("Hours", "Nine to five.")):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text, slide.placeholders[1].text = title, words
    deck.save(str(own_folder / "documents" / "pool.pptx"))
    run(own_folder, "sync")
    hits = json.loads(run(own_folder, "search", "nine to five", "--json").stdout)["hits"]
    assert hits[0]["place"] == "slides 1-2"  # passages side by side are one hit
    first = run(own_folder, "search", "nine to five").stdout.split("\n")[0]
    assert first.startswith("1. Fees, slides 1-2 (documents/pool.pptx:")
    shown = json.loads(run(own_folder, "show", "pool.pptx#slide=2", "--json").stdout)
    assert (shown["place"], shown["text"]) == ("slide 2", "# Hours\n\n- Nine to five.")


def test_an_unreadable_document_is_named_and_the_rest_goes_on(own_folder: Path) -> None:
    (own_folder / "documents" / "good.md").write_text("# A\n\nText.\n")
    (own_folder / "documents" / "bad.pdf").write_bytes(b"%PDF-1.4 broken")
    result = run(own_folder, "sync")
    assert result.exit_code == 2
    assert result.stdout.startswith("1 added, 1 failed; 1 passage; ")
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
    assert checks["selector"]["state"] == "ok"


def test_doctor_says_how_to_get_the_weights_of_the_selector(
    indexed_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.embed.cross_encoder.PACKAGES", {"no_such_package": "models"})

    def selector(quality: str, reader: str) -> dict[str, str]:
        result = run(
            indexed_folder,
            "doctor",
            "--json",
            QUOTH_HOME=str(tmp_path),
            QUOTH_QUALITY=quality,
            QUOTH_READER=reader,
            QUOTH_MODELS="",
        )
        checks = json.loads(result.stdout)["checks"]
        return next(check for check in checks if check["name"] == "selector")

    for quality in ("best", "fast"):
        assert selector(quality, "on")["state"] == "problem"
        assert "pip install 'quoth[weights]'" in selector(quality, "on")["advice"]
    assert selector("fast", "off")["state"] == "off"


def test_without_the_weights_of_the_selector_the_reader_answers_quickly(
    indexed_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("index.embed.cross_encoder.PACKAGES", {"no_such_package": "models"})
    home = tmp_path / "home"
    # Another test may have built the selector into the folder of models that all share.
    built = shutil.ignore_patterns("*selector*")
    shutil.copytree(indexed_folder / ".quoth", home, ignore=built)
    asked = ("ask", "Who hosts the summit?", "--json")
    result = run(
        indexed_folder, *asked, QUOTH_HOME=str(home), QUOTH_QUALITY="fast", QUOTH_MODELS=""
    )
    assert "the reader answers alone" in caplog.text
    assert "Emmanuel Macron" in json.loads(result.stdout)["citations"][0]["quote"]


# what is not English


def test_sync_says_once_which_documents_are_not_english(own_folder: Path) -> None:
    german = "# Urlaub\n\nJeder hat im Jahr 30 Tage Urlaub. Der Antrag wird vorher gestellt.\n"
    (own_folder / "documents" / "urlaub.md").write_text(german, encoding="utf-8")
    first = run(own_folder, "sync")
    assert "note: 1 document seems not to be English (German 1); " in first.stderr
    assert "not to be English" not in run(own_folder, "sync").stderr


def test_doctor_says_which_documents_are_not_english(copied_folder: Path) -> None:
    before = json.loads(run(copied_folder, "doctor", "--json").stdout)["checks"]
    found = next(check for check in before if check["name"] == "languages")
    assert (found["state"], found["detail"]) == ("ok", "all 4 seem to be English")
    french = "# Congés\n\nChaque personne a droit à 30 jours de congé par an, pas plus.\n"
    (copied_folder / "documents" / "conges.md").write_text(french, encoding="utf-8")
    run(copied_folder, "sync")
    after = json.loads(run(copied_folder, "doctor", "--json").stdout)["checks"]
    found = next(check for check in after if check["name"] == "languages")
    assert found["detail"].startswith("of 5, 1 document seems not to be English (French")


# figures


def test_passages_of_an_addition_are_those_of_what_was_added(own_folder: Path) -> None:
    for number in range(3):
        (own_folder / f"{number}.md").write_text(f"# Fox\n\nThe fox {number} has a den.")
    assert run(own_folder, "add", "0.md", "1.md").stdout.startswith("2 added; 2 passages; ")
    assert run(own_folder, "add", "2.md", "0.md").stdout.startswith(
        "1 added, 1 unchanged; 1 passage; "
    )
    again = run(own_folder, "add", "0.md", "nosuch.txt")
    assert re.match(r"1 unchanged, 1 failed; [\d.]+ s\n", again.stdout)
    assert json.loads(run(own_folder, "add", "nosuch.txt", "--json").stdout)["passages"] == 0


def test_large_figures_are_told_in_thousands() -> None:
    counts = {"added": 1234, "removed": 0}
    kinds = {".mp4": 5000}
    line = report_line(counts, 2000, 3000, 0.1, embedded=1001, kinds=kinds, ignored=1000)
    assert line == (
        "1,234 added, 2,000 failed; 3,000 passages, 1,001 of them embedded; 0.1 s; "
        "5,000 not read: 5,000 .mp4; 1,000 ignored"
    )
    assert [size_text(size) for size in (1, 34_100, 1_240_000)] == ["1 kB", "35 kB", "1.2 MB"]


def test_doctor_says_of_how_many_documents_it_tells_the_language(indexed_folder: Path) -> None:
    settings = load_settings({}, indexed_folder)
    with open_library(settings.index) as library:
        found = languages_finding(library, most=3)
    assert found.detail == "3 of 4 were looked at; all of these seem to be English"


def test_what_was_read_for_another_process_is_told() -> None:
    report = SyncReport(unchanged=24, helped=7, passages=90, embedded=30, kept=60, seconds=2.0)
    assert sync_screen(report) == (
        "24 unchanged, helped another process with 7 documents; 90 passages, 30 of them embedded; "
        "2.0 s"
    )
    assert sync_payload(report)["helped"] == 7
    assert "helped" not in sync_payload(SyncReport(unchanged=24))
