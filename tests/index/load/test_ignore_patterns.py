"""Ignore files are understood as Git understands them, and no pattern takes long."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from index.load.folder_walk import scan
from index.load.ignore_patterns import IgnoreRules
from tests.doubles.homes import put

CASES = [
    "*.txt", "/a.txt", "foo/", "foo", "/foo/*\n!/foo/bar", "foo/*\n!foo/bar/", "**/bar", "foo/**",
    "a/**/b.txt", "**/", "*\n!*/\n!*.md", r"\#hash.txt", r"\!bang.txt", "#hash.txt", "sp.txt ",
    "sp ace.txt\\ ", "sp ace.txt", "[ab].txt", "[!a].txt", "[^a].txt", "[a-c]x.txt", "[]]x.txt",
    "a?.txt", "foo/bar", "/foo/bar/baz", "*.txt\n!a.txt", "foo/\n!foo/a.txt", "bar/**/", "**",
    "/**/b.txt", "a**t", "f**/bar", "*/bar", "./foo", "foo//bar", r"\f\o\o", "foo\\", "[z-a].txt",
    "[[:alpha:]].txt", "[[:nonsense:]].txt", "/", "!", "*.TXT", "foo/*/", "a/b/", "**/foo/bar",
    "foo/**/b.txt", "*.[lt]*", "\ufefffoo", "foo\r", "a.txt\r\nb.txt\r", "***/bar", "ü*.txt",
    "f*o*/b*r/**/*.t*t", "[a-]x.txt", "[\\]]x.txt", "[a/b].txt", "a.txt/", "foo/**/**/a.txt",
]  # fmt: skip

NAMES = [
    "a.txt", "b.txt", "c.md", "#hash.txt", "!bang.txt", "sp.txt", "sp ace.txt", "]x.txt", "ax.txt",
    "-x.txt", "über.txt", "fat",
]  # fmt: skip

FOLDERS = ["", "foo", "foo/bar", "foo/bar/baz", "a/b/b", "bar/foo/bar", "fo"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work tree of Git with many names."""
    if shutil.which("git") is None:
        pytest.skip("needs Git, to compare with it")
    root = tmp_path_factory.mktemp("tree")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
        for name in NAMES:
            (root / folder / name).write_text("text")
    return root


def files_for_git(root: Path) -> set[str]:
    """Return what Git takes for a file that could be added."""
    command = ["git", "ls-files", "-z", "--others", "--exclude-per-directory=.gitignore"]
    done = subprocess.run(command, cwd=root, capture_output=True, check=True)
    found = (os.fsdecode(name) for name in done.stdout.split(b"\0") if name)
    return {name for name in found if not name.endswith(".gitignore")}


def files_for_quoth(root: Path) -> set[str]:
    found = scan(root)
    assert found.failures == ()
    return {each.uri for each in found.files} | {each.uri for each in found.skipped}


def test_what_is_left_out_is_what_git_leaves_out(tree: Path) -> None:
    for case in CASES:
        (tree / ".gitignore").write_bytes(case.encode())
        assert files_for_quoth(tree) == files_for_git(tree), case
    (tree / ".gitignore").unlink()


def test_files_in_folders_below_decide_first(tree: Path) -> None:
    (tree / ".gitignore").write_text("*.txt\n/fo/\n")
    (tree / "foo" / ".gitignore").write_text("!a.txt\nbar/baz\n")
    (tree / "foo" / "bar" / ".gitignore").write_text("a.txt\n!baz\n")
    (tree / "fo" / ".gitignore").write_text("!*\n")
    assert files_for_quoth(tree) == files_for_git(tree)
    for name in (".gitignore", "foo/.gitignore", "foo/bar/.gitignore", "fo/.gitignore"):
        (tree / name).unlink()


def test_quoths_own_file_comes_before_gits_and_needs_no_git(tmp_path: Path) -> None:
    put(tmp_path / "drafts" / "a.md", "a")
    put(tmp_path / "build" / "b.md", "b")
    put(tmp_path / "c.md", "c")
    put(tmp_path / ".gitignore", "build\n")
    put(tmp_path / ".quothignore", "drafts\n")
    found = scan(tmp_path)
    assert [each.uri for each in found.files] == ["build/b.md", "c.md"]
    assert [each.uri for each in found.ignored] == ["drafts"]
    (tmp_path / ".git").mkdir()
    assert [each.uri for each in scan(tmp_path).ignored] == ["build", "drafts"]
    put(tmp_path / "build" / ".gitignore", "*\n")
    put(tmp_path / ".quothignore", "!build\n!build/*\n")
    assert [each.uri for each in scan(tmp_path).files] == ["build/b.md", "c.md", "drafts/a.md"]


def test_links_are_left_out_and_what_cannot_be_read_hides_its_folder(tmp_path: Path) -> None:
    put(tmp_path / "away" / "a.md", "a")
    put(tmp_path / "docs" / "secret" / "b.md", "b")
    put(tmp_path / "docs" / "c.md", "c")
    (tmp_path / "docs" / "out").symlink_to(tmp_path / "away")
    (tmp_path / "docs" / "secret" / ".quothignore").symlink_to("nowhere")
    put(tmp_path / "docs" / ".quothignore", "out\n")
    found = scan(tmp_path / "docs")
    assert [each.uri for each in found.files] == ["c.md"]
    (failure,) = found.failures
    assert failure.source == "secret"
    assert failure.reason.endswith("So what 'secret/.quothignore' leaves out is not known.")


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 300 + "b", "a" * 255),
        ("/" + "**/a/" * 150 + "b", "a/" * 120 + "c"),
        ("x/" + "**" * 200 + "/y", "x/" + "a" * 250),
        ("[a-z]*" * 150 + "!", "q" * 255),
        ("/" + "*/" * 300, "a/" * 120 + "c"),
    ],
)
def test_no_pattern_tries_all_ways(pattern: str, path: str) -> None:
    """One that did would not end."""
    assert IgnoreRules(pattern).decide(path, is_folder=False) is None
