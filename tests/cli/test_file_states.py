"""Every file in the folder has a state that people see, in every command that tells of files."""

import json
from pathlib import Path

from click.testing import Result

from index.text.source_state import STALE
from tests.doubles.cli_fakes import run
from tests.doubles.homes import put

QUESTION = ("ask", "What pulls the sea?")
BINARY = bytes(range(256)) * 8


def quoth(folder: Path, *arguments: str) -> Result:
    """Run a command with the models that only find."""
    return run(folder, *arguments, QUOTH_QUALITY="fast", QUOTH_READER="off")


def states(folder: Path, *options: str) -> dict[str, str]:
    listed = json.loads(quoth(folder, "sources", "--json", *options).stdout)
    return {entry["source"]: entry["state"] for entry in listed}


def test_what_is_not_read_is_counted_by_kind_and_named_on_demand(own_folder: Path) -> None:
    documents = own_folder / "documents"
    put(documents / "tides.md", "# Tides\n\nThe moon pulls the sea.\n")
    put(documents / "notes.one", "OneNote")
    for number in range(3):
        put(documents / "films" / f"{number}.MP4", "film")
    put(documents / "v1.2" / "setup.exe", "MZ")
    put(documents / "v1.2" / "LICENCE", "Do as you like.")
    done = quoth(own_folder, "sync")
    assert done.exit_code == 2
    said = "5 not read: 3 .mp4, 1 .exe, 1 without an ending"
    assert done.stdout.startswith("1 added, 1 failed; ")
    assert done.stdout.endswith(f" s; {said}\n")
    report = json.loads(quoth(own_folder, "sync", "--json").stdout)
    assert report["not_read"] == [
        {"source": f"films/{number}.MP4", "kind": ".mp4"} for number in range(3)
    ] + [{"source": "v1.2/LICENCE", "kind": ""}, {"source": "v1.2/setup.exe", "kind": ".exe"}]
    listed = quoth(own_folder, "sources")
    assert "failed: Files ending in '.one'" in listed.stdout
    assert "MP4" not in listed.stdout
    assert listed.stderr == f"{said}. `quoth sources --all` names them.\n"
    assert states(own_folder) == {"tides.md": "ready", "notes.one": "failed"}
    assert states(own_folder, "--all")["v1.2/LICENCE"] == "unread"
    assert quoth(own_folder, "sources", "--all").stdout.count(" not read\n") == 5
    assert f"1 documents in {str(documents)!r}; {said}" in quoth(own_folder, "doctor").stdout
    (documents / "notes.one").unlink()
    (documents / "v1.2" / "setup.exe").unlink()
    assert quoth(own_folder, "sync").exit_code == 0
    assert set(states(own_folder, "--all").values()) == {"ready", "unread"}
    assert len(states(own_folder, "--all")) == 5


def test_a_folder_of_which_nothing_is_read_says_so(own_folder: Path) -> None:
    for number in range(180):
        put(own_folder / "documents" / f"page-{number}.strange", "export const meta = {}")
    for _ in range(2):
        done = quoth(own_folder, "sync")
        assert done.exit_code == 2
        assert done.stdout.startswith("nothing was read; 0 passages; ")
        assert done.stdout.endswith("; 180 not read: 180 .strange\n")
        assert "is of a kind that Quoth reads (180 not read: 180 .strange)" in done.stderr
        assert ".html" in done.stderr
    assert "is of a kind that Quoth reads" in quoth(own_folder, *QUESTION).stderr
    assert "is of a kind that Quoth reads" in quoth(own_folder, "doctor").stdout


def test_an_older_version_answers_and_says_so(own_folder: Path) -> None:
    tides = own_folder / "documents" / "tides.md"
    put(tides, "# Tides\n\nThe moon pulls the sea.\n")
    assert STALE not in quoth(own_folder, *QUESTION).stdout
    put(tides, BINARY)
    done = quoth(own_folder, *QUESTION)
    assert "The moon pulls the sea." in done.stdout
    assert STALE in done.stdout
    cited = json.loads(quoth(own_folder, *QUESTION, "--json").stdout)
    marks = [each.get("stale") for each in (*cited["citations"], *cited["nearest"])]
    assert marks
    assert set(marks) == {True}
    assert STALE in quoth(own_folder, "search", "moon").stdout
    assert states(own_folder) == {"tides.md": "stale"}
    assert "stale: It is not text" in quoth(own_folder, "sources").stdout
    assert "stale: 'tides.md' (It is not text" in quoth(own_folder, "doctor").stdout
    put(tides, "# Tides\n\nThe moon pulls the sea, and the sun does.\n")
    assert STALE not in quoth(own_folder, *QUESTION).stdout
    assert states(own_folder) == {"tides.md": "ready"}


def test_an_empty_folder_is_named_until_something_is_added_from_elsewhere(
    own_folder: Path,
) -> None:
    said = f"The documents folder '{own_folder / 'documents'}' is empty. Put documents in,"
    for _ in range(2):
        done = quoth(own_folder, "sync")
        assert (done.exit_code, done.stderr[: len(said)]) == (2, said)
        assert quoth(own_folder, "ask", "who pays").stderr.startswith(said)
    (own_folder / "documents" / ".quothignore").write_text("*.md\n")
    (own_folder / "documents" / "draft.md").write_text("# Draft\n")
    ignored = quoth(own_folder, "sync")
    assert (ignored.exit_code, "holds only what is ignored." in ignored.stderr) == (2, True)
    (own_folder / "fees.txt").write_text("The treasurer pays the fees.")
    quoth(own_folder, "add", "fees.txt")
    done = quoth(own_folder, "sync")
    assert (done.exit_code, done.stderr) == (0, "")
    (own_folder / "documents" / "fees.txt").write_text("The treasurer pays.")
    quoth(own_folder, "remove", "fees.txt")
    assert quoth(own_folder, "sync").exit_code == 0
