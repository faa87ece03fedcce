"""ZIP archives added by hand: their documents are sources, and the archive is one thing."""

from __future__ import annotations

import json
from pathlib import Path

from tests.doubles.cli_fakes import run
from tests.index.sync.test_archives import packed

HARBOUR = {
    "rules/tugs.md": "# Tugs\n\nShips longer than ninety metres need two tugs.\n",
    "rules/moorings.txt": "The moorings close at nine in the evening.",
    "rules/pilots.txt": "A pilot comes on board at the outer buoy.",
    "film.mp4": "x",
    "inner.zip": "x",
    "broken.docx": "no office file",
    "../../outside.txt": "Its name leads out, and it is read all the same.",
}


def test_an_archive_is_added_replaced_listed_and_removed(own_folder: Path) -> None:
    archive = own_folder / "elsewhere" / "harbour.zip"
    archive.parent.mkdir()
    archive.write_bytes(packed(HARBOUR))
    added = run(own_folder, "add", "elsewhere/harbour.zip", "--json")
    report = json.loads(added.stdout)
    assert (added.exit_code, report["added"]) == (2, 4)
    assert {each["source"].removeprefix(f"{archive}/") for each in report["failed"]} == {
        "inner.zip", "broken.docx",
    }  # fmt: skip
    assert report["not_read"] == [{"source": f"{archive}/film.mp4", "kind": ".mp4"}]
    (_, line) = run(own_folder, "sources").stdout.splitlines()
    assert line.startswith(f"{archive} ")
    assert "harbour.zip (archive of 4 documents)" in line
    answer = run(own_folder, "ask", "How many tugs do ships longer than ninety metres need?")
    assert "need two tugs. [1]" in answer.stdout
    assert f"({archive}/rules/tugs.md#L3)" in answer.stdout
    assert json.loads(run(own_folder, "add", str(archive), "--json").stdout)["unchanged"] == 4

    fewer = {"rules/tugs.md": HARBOUR["rules/tugs.md"].replace("two", "three"), "new.txt": "New."}
    archive.write_bytes(packed({**fewer, "rules/pilots.txt": HARBOUR["rules/pilots.txt"]}))
    again = run(own_folder, "add", str(archive))
    assert again.stdout.startswith("1 added, 1 updated, 1 unchanged, 2 removed;")
    archive.write_bytes(b"PK no archive")
    damaged = run(own_folder, "add", str(archive))
    assert f"not indexed: {archive}: It is no ZIP archive" in damaged.stderr
    assert len(json.loads(run(own_folder, "sources", "--json").stdout)) == 3  # what was there stays

    removed = run(own_folder, "remove", "elsewhere/harbour.zip")
    assert removed.stderr == f"{archive} has 3 documents in the index.\n"
    assert removed.stdout == f"removed {archive} with 3 documents\n"
    assert "Nothing is indexed" in run(own_folder, "sources").stderr
    files = [path for path in (own_folder / ".quoth").rglob("*.sqlite*") if path.is_file()]
    assert not any(b"outer buoy" in path.read_bytes() for path in files)


def test_archives_of_a_folder_and_of_a_collection(own_folder: Path) -> None:
    folder = own_folder / "elsewhere"
    folder.mkdir()
    (folder / "a.zip").write_bytes(packed({"one.txt": "The red fox."}))
    (folder / "b.txt").write_text("The owl.")
    board = ("--collection", "board")
    assert "2 added" in run(own_folder, "add", str(folder), *board).stdout
    (folder / "a.zip").write_bytes(packed({"one.txt": "The shy fox."}))
    assert "1 updated, 1 unchanged" in run(own_folder, "sync", *board).stdout
    (own_folder / "documents" / "c.zip").write_bytes(packed({"two.txt": "The hare."}))
    told = run(own_folder, "add", "documents/c.zip")
    assert (
        told.stderr == "note: c.zip: It lies in the documents folder, so `quoth sync` reads it.\n"
    )
    assert "1 added" in run(own_folder, "sync").stdout
    assert "archive of" not in run(own_folder, "sources").stdout


def test_what_an_added_folder_holds_besides_is_counted(own_folder: Path) -> None:
    folder = own_folder / "elsewhere"
    folder.mkdir()
    for name in ("x.exe", "v.mp4", "w.mp4"):
        (folder / name).write_bytes(b"x")
    nothing = run(own_folder, "add", "elsewhere")
    assert "There is no document in this folder (3 not read: 2 .mp4, 1 .exe)." in nothing.stderr
    assert "not read" not in nothing.stdout
    (folder / "b.txt").write_text("The owl.")
    added = run(own_folder, "add", "elsewhere")
    assert (added.exit_code, added.stderr) == (0, "")
    assert added.stdout.startswith("1 added;")
    assert added.stdout.endswith("; 3 not read: 2 .mp4, 1 .exe\n")
    (folder / "a.zip").write_bytes(packed({"one.txt": "The red fox.", "y.exe": "x"}))
    report = json.loads(run(own_folder, "add", "elsewhere", "--json").stdout)
    assert {each["source"] for each in report["not_read"]} == {
        "elsewhere/x.exe", "elsewhere/v.mp4", "elsewhere/w.mp4", f"{folder}/a.zip/y.exe",
    }  # fmt: skip


def test_a_folder_that_is_named_as_an_archive_is_none(own_folder: Path) -> None:
    folder = own_folder / "elsewhere" / "folder.zip"
    folder.mkdir(parents=True)
    (folder / "b.txt").write_text("The owl.")
    assert run(own_folder, "add", str(folder)).stdout.startswith("1 added;")
    (_, line) = run(own_folder, "sources").stdout.splitlines()
    assert line.startswith(f"{folder}/b.txt ")
    assert "archive" not in line
    assert run(own_folder, "remove", f"{folder}/b.txt").exit_code == 0
