"""Folders are walked in order, and everything that cannot be read is named."""

import os
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from index.errors import LoadError
from index.load.folder_walk import LEADS_OUT, scan
from index.load.loaders import load_file
from index.load.read_file import MAX_BYTES, read_file
from index.schema import LoadedDocument, SyncFailure

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")
NOBODY = 65534


def tree(folder: Path, **files: str) -> None:
    """Write files; "__" in a name stands for "/", and "_DOT_" for "."."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def uris(folder: Path) -> list[str]:
    return [found.uri for found in scan(folder).files]


def failures(folder: Path) -> dict[str, str]:
    return {each.source: each.reason for each in scan(folder).failures}


def reason(path: Path, **kwargs: int) -> str:
    with pytest.raises(LoadError) as caught:
        read_file(path, name="it", **kwargs)
    assert caught.value.source == "it"
    return caught.value.reason


@contextmanager
def powerless() -> Iterator[Path]:
    """Give a folder to a user without rights; root is nobody until the block ends."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    root = os.geteuid() == 0
    try:
        yield folder
    finally:
        if root:
            os.seteuid(0)
        for each in [folder, *folder.rglob("*")]:
            if each.is_dir():
                each.chmod(0o755)
        shutil.rmtree(folder)


def drop_rights() -> None:
    if os.geteuid() == 0:
        os.seteuid(NOBODY)


def test_documents_are_found_in_order_with_their_facts(tmp_path: Path) -> None:
    tree(tmp_path, b_DOT_txt="b", a__z_DOT_MD="# z", a__a_DOT_html="<p>a", c__d__e_DOT_pdf="e")
    assert uris(tmp_path) == ["a/a.html", "a/z.MD", "b.txt", "c/d/e.pdf"]
    found = next(each for each in scan(tmp_path).files if each.uri == "b.txt")
    facts = (tmp_path / "b.txt").stat()
    assert found.path == tmp_path / "b.txt"
    assert (found.size, found.mtime_ns) == (1, facts.st_mtime_ns)


def test_hidden_files_and_lock_files_are_ignored(tmp_path: Path) -> None:
    tree(tmp_path, _DOT_git__a_DOT_txt="x", _DOT_env_DOT_md="x", a_DOT_txt="a")
    (tmp_path / "~$plan.docx").write_text("lock")
    assert uris(tmp_path) == ["a.txt"]
    assert scan(tmp_path)[1:] == ((), (), ())


def test_what_is_clearly_no_document_is_skipped_but_counted(tmp_path: Path) -> None:
    tree(tmp_path, a_DOT_gif="x", Makefile="x", b__c_DOT_zip="x", md="x", d_DOT_txt="d")
    found = scan(tmp_path)
    assert [each.uri for each in found.files] == ["d.txt"]
    assert [each.uri for each in found.skipped] == ["Makefile", "a.gif", "b/c.zip", "md"]
    assert found.failures == ()


def test_documents_that_are_not_read_are_named(tmp_path: Path) -> None:
    tree(tmp_path, plan_DOT_ONE="x", old_DOT_mobi="x")
    named = {uri: reason.split(";") for uri, reason in failures(tmp_path).items()}
    assert {uri: reason[0] for uri, reason in named.items()} == {
        "plan.ONE": "Files ending in '.one' (OneNote sections) are not read",
        "old.mobi": "Files ending in '.mobi' (electronic books) are not read",
    }
    assert named["plan.ONE"][1].startswith(" save them as ")
    assert ".pdf" in named["plan.ONE"][1]
    assert [each.uri for each in scan(tmp_path, suffixes={".one"}).files] == ["plan.ONE"]


def test_a_single_file_can_be_walked(tmp_path: Path) -> None:
    tree(tmp_path, a_DOT_txt="a", b_DOT_txt="b")
    assert uris(tmp_path / "a.txt") == ["a.txt"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    missing = SyncFailure(source=".", reason="There is no such file or folder.")
    assert scan(tmp_path / "none") == ((), (missing,), (), ())


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert scan(tmp_path) == ((), (), (), ())


@posix
def test_a_link_to_a_folder_is_followed_once(tmp_path: Path) -> None:
    tree(tmp_path, a__x_DOT_txt="x", _DOT_hidden__y_DOT_txt="y")
    (tmp_path / "0-link").symlink_to(tmp_path / ".hidden")
    (tmp_path / "1-again").symlink_to("../" + tmp_path.name + "/.hidden")
    (tmp_path / "2-inside").symlink_to(tmp_path / "a")
    (tmp_path / "y.txt").symlink_to(".hidden/y.txt")
    assert uris(tmp_path) == ["a/x.txt", "y.txt", "0-link/y.txt"]


@posix
def test_links_out_of_the_folder_are_named_and_not_followed(tmp_path: Path) -> None:
    tree(tmp_path, docs__x_DOT_txt="x", docs2__y_DOT_txt="y")
    folder = tmp_path / "docs"
    (folder / "passwd.txt").symlink_to("/etc/passwd")
    (folder / "zero.txt").symlink_to("/dev/zero")
    (folder / "logo.gif").symlink_to("/etc/passwd")
    (folder / "other").symlink_to(tmp_path / "docs2")
    (folder / "up.txt").symlink_to("../docs2/y.txt")
    (folder / "first.txt").symlink_to("second.txt")
    (folder / "second.txt").symlink_to("third.txt")
    (folder / "third.txt").symlink_to(tmp_path / "docs2/y.txt")
    (folder / "root").symlink_to("/")
    found = scan(folder)
    assert [file.uri for file in found.files] == ["x.txt"]
    assert [each.uri for each in found.skipped] == ["logo.gif"]
    refused = {each.source for each in found.failures}
    assert refused == {path.name for path in folder.iterdir()} - {"x.txt", "logo.gif"}
    assert {each.reason for each in found.failures} == {LEADS_OUT}


@posix
def test_a_folder_may_itself_be_a_link(tmp_path: Path) -> None:
    tree(tmp_path, real__a_DOT_txt="a")
    (tmp_path / "real/b.txt").symlink_to("a.txt")
    (tmp_path / "docs").symlink_to("real")
    assert uris(tmp_path / "docs") == ["a.txt", "b.txt"]
    assert failures(tmp_path / "docs") == {}


@posix
def test_links_that_lead_nowhere_or_back_are_named(tmp_path: Path) -> None:
    tree(tmp_path, a__x_DOT_txt="x")
    (tmp_path / "a/up").symlink_to(tmp_path)
    (tmp_path / "self.txt").symlink_to(tmp_path / "self.txt")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nothing.txt")
    assert uris(tmp_path) == ["a/x.txt"]
    assert failures(tmp_path) == {
        "a/up": "It is a symbolic link to a folder that it stands in; remove the link.",
        "self.txt": "It is a symbolic link that leads back to itself.",
        "gone.txt": "It is a symbolic link to a file that does not exist.",
    }


@posix
def test_many_links_to_each_other_do_not_multiply(tmp_path: Path) -> None:
    for number in range(30):
        tree(tmp_path, **{f"d{number}__f_DOT_txt": "x"})
        for name in ("l", "m"):
            (tmp_path / f"d{number}/{name}").symlink_to(tmp_path / f"d{(number + 1) % 30}")
    assert len(uris(tmp_path)) == 30


@posix
def test_pipes_sockets_and_devices_are_named_and_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "null.txt").symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as server, pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)  # a socket's whole path may be 100 characters long
        server.bind("s.txt")
        assert failures(tmp_path) == {
            "pipe.txt": "It is a named pipe, not a file.",
            "null.txt": LEADS_OUT,
            "s.txt": "It is a socket, not a file.",
        }
        assert reason(tmp_path / "s.txt") == "It is a socket, not a file."
    assert reason(tmp_path / "pipe.txt") == "It is a named pipe, not a file."
    assert reason(tmp_path / "null.txt") == "It is a device, not a file."


@posix
def test_a_folder_that_may_not_be_listed_is_named_and_the_rest_is_read() -> None:
    with powerless() as folder:
        tree(folder, shut__a_DOT_txt="a", open__b_DOT_txt="b")
        (folder / "shut").chmod(0)
        drop_rights()
        assert uris(folder) == ["open/b.txt"]
        assert failures(folder) == {
            "shut": "The folder may not be listed; give the user that runs Quoth permission to."
        }
        assert [each.source for each in scan(folder / "shut").failures] == ["."]


@posix
def test_a_file_that_may_not_be_read_says_so() -> None:
    with powerless() as folder:
        tree(folder, a_DOT_txt="secret")
        (folder / "a.txt").chmod(0)
        drop_rights()
        assert uris(folder) == ["a.txt"]
        with pytest.raises(LoadError) as caught:
            load_file(folder / "a.txt")
    assert caught.value.reason == (
        "It may not be read; give the user that runs Quoth permission to read it."
    )


@pytest.mark.skipif(sys.platform != "linux", reason="needs names of any bytes")
def test_a_name_that_is_not_utf_8_is_named_in_print(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("x")
    assert failures(tmp_path) == {"caf\\xe9.txt": "Its name is not valid UTF-8; rename it."}


def test_folders_may_nest_deeper_than_calls(tmp_path: Path) -> None:
    made = []
    deep = tmp_path
    for _ in range(sys.getrecursionlimit() // 2):
        deep = deep / "d"
        try:
            deep.mkdir()
        except OSError:
            break  # the system's longest path, reached before Python's deepest call
        made.append(deep)
    try:
        found = scan(tmp_path)
    finally:
        # One by one: what clears away temporary folders calls itself for each of them.
        for folder in reversed(made):
            folder.rmdir()
    assert found == ((), (), (), ())


def test_a_200_mb_text_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(200 * 1000 * 1000)
    assert uris(tmp_path) == ["huge.txt"]
    assert reason(huge) == "It is larger than 64 MiB (191 MiB); split it into smaller files."


@pytest.mark.parametrize(("size", "fits"), [(10, True), (11, False)])
def test_the_limit_itself_still_fits(tmp_path: Path, size: int, fits: bool) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * size)
    if fits:
        assert read_file(path, name="it", limit=10) == b"x" * size
    else:
        assert "larger than" in reason(path, limit=10)


def test_the_limit_is_64_mib() -> None:
    assert MAX_BYTES == 64 * 2**20


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(
            "gone.txt", "There is no such file; it may have been moved or deleted.", id="missing"
        ),
        pytest.param("folder", "It is a folder, not a file.", id="folder"),
        pytest.param("folder.txt", "It is a folder, not a file.", id="folder like a document"),
        pytest.param(
            "a.txt/b.txt", "There is no such file; it may have been moved or deleted.", id="under"
        ),
        pytest.param("n" * 300 + ".txt", "Its name is too long.", id="long name"),
        pytest.param("nul\0.txt", "Its name cannot be used as a path.", id="NUL"),
        pytest.param(
            "picture.gif",
            "Files ending in '.gif' are not read; save them as PDF, HTML, Markdown or plain text.",
            id="type",
        ),
        pytest.param("empty.txt", "The file is empty.", id="empty"),
    ],
)
def test_a_file_that_cannot_be_loaded_has_a_reason(
    tmp_path: Path, name: str, expected: str
) -> None:
    tree(tmp_path, a_DOT_txt="a", picture_DOT_gif="x", empty_DOT_txt="")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(LoadError) as caught:
        load_file(tmp_path / name, name="its name")
    assert str(caught.value) == f"its name: {expected}"


def test_a_file_that_vanishes_between_walk_and_load_has_a_reason(tmp_path: Path) -> None:
    tree(tmp_path, a_DOT_txt="a")
    (found,) = scan(tmp_path).files
    found.path.unlink()
    with pytest.raises(LoadError, match="it may have been moved or deleted"):
        load_file(found.path, name=found.uri)


def test_failures_leave_no_open_files(tmp_path: Path) -> None:
    fds = Path("/proc/self/fd")
    if not fds.exists():
        pytest.skip("open files cannot be listed here")
    before = len(list(fds.iterdir()))
    for _ in range(20):
        reason(tmp_path)
    assert len(list(fds.iterdir())) == before


class Shouting:
    """A loader of somebody else's, which fails in its own way."""

    def accepts(self, path: Path) -> bool:
        return path.suffix == ".txt"

    def load(self, path: Path) -> LoadedDocument:
        raise KeyError("no such\nsection")


def test_a_loader_that_breaks_costs_only_its_document(tmp_path: Path) -> None:
    tree(tmp_path, a_DOT_txt="a", b_DOT_md="b")
    with pytest.raises(LoadError) as caught:
        load_file(tmp_path / "a.txt", loaders=[Shouting()])
    assert caught.value.reason == "It could not be read (KeyError: 'no such\\nsection')."
    assert isinstance(caught.value.__cause__, KeyError)
    assert load_file(tmp_path / "b.md", loaders=[Shouting()]).text == "b"


def test_files_may_be_loaded_in_several_threads(tmp_path: Path) -> None:
    tree(tmp_path, a_DOT_html="<p>words", b_DOT_md="# b", c_DOT_txt="c")
    loaded: list[str] = []
    threads = [
        threading.Thread(target=lambda f=found: loaded.append(load_file(f.path).text))
        for found in scan(tmp_path).files
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(loaded) == ["# b", "c", "words"]
