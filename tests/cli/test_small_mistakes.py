"""What a hurried person gets wrong on the command line, and how it is told: once, with a guess."""

import json
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot.setting_names import SETTING_NAMES
from bot.settings import variables
from tests.cli.test_process import COMMAND, environ, quoth
from tests.doubles.cli_fakes import FakeAnswerer, run


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask", "who pays"],
        ["search", "privacy"],
        ["chat"],
        ["sources"],
        ["show", "privacy.md"],
        ["remove", "privacy.md"],
        ["sync"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_collection_that_is_none_is_named_with_those_there_are(
    indexed_folder: Path, arguments: list[str]
) -> None:
    result = run(
        indexed_folder, *arguments, "--collection", "docments", fake=FakeAnswerer(), stdin=""
    )
    assert (result.exit_code, result.stdout) == (2, "")
    assert "There is no collection 'docments'. There is 'documents';" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_collection_is_there_once_something_was_added_to_it(own_folder: Path) -> None:
    (own_folder / "minutes.md").write_text("# Minutes\n\nThe treasurer signs.\n")
    assert run(own_folder, "add", "minutes.md", "--collection", "board").exit_code == 0
    assert "Minutes" in run(own_folder, "sources", "--collection", "board").stdout
    wrong = run(own_folder, "sources", "--collection", "bord")
    assert "There are 'board', 'documents';" in wrong.stderr


@pytest.mark.parametrize(
    ("typed", "guess"), [("serach", "Did you mean 'search'?"), ("xyzzy", "There is no command")]
)
def test_a_misspelt_command_gets_a_suggestion(own_folder: Path, typed: str, guess: str) -> None:
    result = run(own_folder, typed, "privacy")
    assert result.exit_code == 2
    assert guess in result.stderr


def test_a_misspelt_setting_is_named_once_by_every_command(indexed_folder: Path) -> None:
    said = (
        "QUOTH_QUALTY is no setting and changes nothing. Did you mean QUOTH_QUALITY?\n"
        "QUOTH_ZZZ is no setting and changes nothing. .env.example lists all settings.\n"
    )
    for arguments in (["stats"], ["sources"], ["search", "privacy"], ["sync"], ["ask", "why"]):
        result = run(
            indexed_folder, *arguments, fake=FakeAnswerer(), QUOTH_QUALTY="fast", QUOTH_ZZZ="1"
        )
        assert result.stderr == said, arguments
    doctor = run(indexed_folder, "doctor", QUOTH_QUALTY="fast")
    assert "Did you mean QUOTH_QUALITY?" in doctor.stdout
    assert "is no setting" not in doctor.stderr


def test_the_names_of_the_settings_are_those_of_the_settings() -> None:
    assert set(SETTING_NAMES) == {name for name in variables() if name.startswith("QUOTH_")}


def test_a_search_that_finds_nothing_exits_with_1(own_folder: Path) -> None:
    (own_folder / "documents" / "leave.md").write_text("# Leave\n\nYou get 25 days of leave.\n")
    assert run(own_folder, "search", "leave").exit_code == 0
    (own_folder / "documents" / "leave.md").unlink()
    assert run(own_folder, "sync", "--yes").stdout.endswith(" s\n")
    nothing = run(own_folder, "search", "leave")
    assert (nothing.exit_code, nothing.stdout) == (1, "")
    assert "Nothing was found." in nothing.stderr
    as_json = run(own_folder, "search", "leave", "--json")
    assert (as_json.exit_code, json.loads(as_json.stdout)["hits"]) == (1, [])


def test_who_removes_a_file_of_the_folder_is_told_to_delete_it(own_folder: Path) -> None:
    (own_folder / "documents" / "leave.md").write_text("# Leave\n\nYou get 25 days of leave.\n")
    run(own_folder, "sync")
    said = run(own_folder, "remove", "leave.md").stderr
    assert "the next sync indexes it again. Delete the file, or name it in .quothignore." in said


def test_who_removes_an_archive_of_the_folder_is_told_to_delete_it(own_folder: Path) -> None:
    with ZipFile(own_folder / "documents" / "export.zip", "w") as archive:
        archive.writestr("a.md", "# A\n\nThe fox has a den.")
        archive.writestr("b.md", "# B\n\nThe hare has a form.")
    run(own_folder, "sync")
    for name in ("documents/export.zip", "export.zip"):
        done = run(own_folder, "remove", name)
        assert done.exit_code == 2
        assert "Delete the file, or name it in .quothignore." in done.stderr
        assert "several" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_behind_the_output_is_told_in_words(indexed_folder: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "sources"], cwd=indexed_folder, env=environ(), stdout=full,
            stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    said = "quoth: The output cannot be written: No space left on device.\n"
    assert (done.returncode, done.stderr) == (2, said)


def test_a_place_that_is_not_there_is_told_with_those_there_are(own_folder: Path) -> None:
    (own_folder / "documents" / "a.txt").write_text("The fox has a den.")
    run(own_folder, "sync")
    assert "'a.txt' has 1 line; give line 1." in run(own_folder, "show", "a.txt:7").stderr


def test_a_file_of_questions_that_is_not_there_is_told_in_words(indexed_folder: Path) -> None:
    result = run(indexed_folder, "eval", "questions.jsonl")
    assert result.exit_code == 2
    assert "cannot be read: No such file or directory." in result.stderr
    assert "Errno" not in result.stderr
    (indexed_folder / "questions.jsonl").write_bytes(b"\xff\xfe\x00")
    assert "it is no UTF-8 text." in run(indexed_folder, "eval", "questions.jsonl").stderr


def test_a_model_that_cannot_be_reached_is_told_once(own_folder: Path) -> None:
    (own_folder / "documents" / "leave.md").write_text("# Leave\n\nYou get 25 days of leave.\n")
    run(own_folder, "sync")
    asked = quoth(
        own_folder,
        "ask",
        "how many days of leave do you get",
        QUOTH_LLM="openai/nobody",
        QUOTH_LLM_BASE_URL="http://127.0.0.1:9",
        QUOTH_LLM_API_KEY="none",
    )
    assert "You get 25 days of leave. [1]" in asked.stdout
    assert (asked.stdout + asked.stderr).count("'openai/nobody'") == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("htp://x/y", "Only addresses that begin with http:// or https:// are read. Did you mean"),
        ("ftp://x/y", "ftp://x/y: Only addresses that begin with http:// or https:// are read."),
        ("www.example.org", "Did you mean https://www.example.org?"),
        ("", "An empty name is no file. Give a file, a folder or an address."),
        ("-", "Standard input is not read. Give a file, a folder or an address."),
    ],
)
def test_what_is_no_path_is_not_taken_for_one(own_folder: Path, typed: str, said: str) -> None:
    (own_folder / "stray.md").write_text("# Stray\n")
    result = run(own_folder, "add", "--", typed)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
    assert result.stderr.count("\n") == 1
    assert "1 failed" in result.stdout


def test_a_file_has_one_name_however_its_path_is_given(own_folder: Path) -> None:
    (own_folder / "documents" / "l.md").write_text("# L\n\nThe fox has a den.")
    (own_folder / "notes").mkdir()
    (own_folder / "notes" / "n.md").write_text("# N\n\nThe hare has a form.")
    run(own_folder, "add", "documents/l.md", "notes")
    again = run(own_folder, "add", "documents/../documents/l.md", "notes/../notes")
    assert again.stdout.startswith("2 unchanged; ")
    listed = json.loads(run(own_folder, "sources", "--json").stdout)
    assert {each["source"] for each in listed} == {"l.md", str(own_folder / "notes" / "n.md")}
    assert run(own_folder, "remove", "documents/../notes/n.md").exit_code == 0
