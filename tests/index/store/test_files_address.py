"""Files at an address: S3 on a real server, a folder, and whatever else fsspec knows."""

from __future__ import annotations

import hashlib
import logging
import secrets
import traceback
from pathlib import Path

import fsspec
import pytest
from fsspec.registry import known_implementations

from index.errors import ConfigurationError, FilesAway, FilesOfAnother, QuothError
from index.store.files_address import FilesAddress, check_address, open_store
from tests.doubles.s3_server import BUCKET, SECRET, S3Server, refusing_server, s3_variables

DATA = b"A page that is kept."
NAME = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(params=["s3", "file", "memory"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty place of each kind: whole at once, a folder, and under another name first."""
    if request.param == "s3":
        return str(request.getfixturevalue("s3"))
    if request.param == "memory":
        return f"memory://{secrets.token_hex(8)}/files"
    (tmp_path / "files").mkdir()
    return (tmp_path / "files").as_uri()


def test_what_is_put_is_read_listed_and_deleted(address: str) -> None:
    files = FilesAddress(address)
    assert (files.read(NAME), files.has(NAME), files.sizes()) == (None, False, {})
    files.put(NAME, DATA)
    files.put(NAME, DATA)
    again = FilesAddress(f"{address}/")
    assert (again.read(NAME), again.has(NAME), again.sizes()) == (DATA, True, {NAME: len(DATA)})
    again.probe()
    again.delete(NAME)
    again.delete(NAME)
    assert (files.read(NAME), files.has(NAME), files.sizes()) == (None, False, {})


def test_a_file_that_was_changed_there_is_not_given_out(address: str) -> None:
    files = FilesAddress(address)
    open_store(address).put(f"originals/{NAME}", b"Another page.")
    with pytest.raises(FilesAway, match="is not what was written"):
        files.read(NAME)
    files.put(NAME, DATA)
    assert files.read(NAME) == DATA


def test_a_second_index_is_refused_and_the_first_is_not(address: str) -> None:
    files = FilesAddress(address)
    assert files.owner() is None
    files.claim("ours")
    with pytest.raises(FilesOfAnother, match="holds the files of another index"):
        FilesAddress(address).claim("theirs")
    files.claim("ours")
    assert files.owner() == "ours"
    with pytest.raises(FileExistsError):
        open_store(address).create("quoth-index.json", b"{}")


def test_a_marker_that_is_no_marker_is_taken_for_that_of_another(address: str) -> None:
    open_store(address).put("quoth-index.json", b"something else")
    with pytest.raises(FilesOfAnother):
        FilesAddress(address).claim("ours")


@pytest.mark.parametrize("kind", ["file", "memory"])
def test_what_a_killed_writer_left_goes_with_the_file(kind: str, tmp_path: Path) -> None:
    (tmp_path / "originals").mkdir()
    if kind == "file":
        FilesAddress(tmp_path.as_uri()).put(NAME, DATA)
        (tmp_path / "originals" / f".{NAME}.partial").write_bytes(b"half")
        FilesAddress(tmp_path.as_uri()).delete(NAME)
        assert not list((tmp_path / "originals").iterdir())
        return
    name = f"/{secrets.token_hex(8)}/originals/{NAME}"
    memory = fsspec.filesystem("memory")
    memory.pipe_file(f"{name}.partial", b"half")
    FilesAddress(f"memory:/{name.partition('/originals')[0]}").delete(NAME)
    assert not memory.exists(f"{name}.partial")


def test_files_in_a_folder_are_their_owners_alone(tmp_path: Path) -> None:
    FilesAddress(tmp_path.as_uri()).put(NAME, DATA)
    kept = tmp_path / "originals" / NAME
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    files = FilesAddress((tmp_path / "unmounted").as_uri(), rest=0)
    for ask in (files.sizes, files.probe, files.owner, lambda: files.read(NAME)):
        with pytest.raises(FilesAway, match="no such folder; make it, or mount its disk"):
            ask()
    assert not (tmp_path / "unmounted").exists()


def told(files: FilesAddress, caplog: pytest.LogCaptureFixture) -> str:
    """Return what is said of an address that cannot be used, which must hold no key."""
    caplog.set_level(logging.INFO)
    with pytest.raises(QuothError) as raised:
        files.probe()
    said = str(raised.value)
    logged = "".join(traceback.format_exception(raised.value))
    assert SECRET not in said + logged + caplog.text + repr(files.__dict__)
    return said


def test_a_server_that_is_away_is_told_by_its_address_and_left_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in s3_variables(S3Server().url).items():
        monkeypatch.setenv(name, value)
    files = FilesAddress("s3://papers/team")
    said = told(files, caplog)
    assert "'s3://papers/team' cannot be used: nothing answers there. Check QUOTH_FILES" in said
    assert "it failed a moment ago" in told(files, caplog)
    assert "nothing answers there" in told(FilesAddress("s3://papers/team", rest=0), caplog)


def test_a_bucket_that_is_not_there_is_told(s3: str, caplog: pytest.LogCaptureFixture) -> None:
    assert "there is no such bucket" in told(FilesAddress("s3://no-such-bucket/team"), caplog)


def test_a_store_that_refuses_is_told_without_what_it_says(
    s3: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with refusing_server() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        assert "it refuses: the keys are wrong" in told(FilesAddress(s3), caplog)


def test_keys_that_are_nowhere_are_told(
    s3: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "no keys for it were found" in told(FilesAddress(s3), caplog)


def test_a_server_that_never_answers_is_not_waited_for(
    s3: str, s3_server: S3Server, caplog: pytest.LogCaptureFixture
) -> None:
    files = FilesAddress(s3, reading=0.5, writing=0.5)
    FilesAddress(s3).put(NAME, DATA)
    s3_server.freeze()
    try:
        assert "it does not answer" in told(files, caplog)
    finally:
        s3_server.thaw()
    assert FilesAddress(s3).read(NAME) == DATA


def test_a_password_of_an_address_is_never_told(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ConfigurationError) as raised:
        check_address(f"sftp://ada:{SECRET}@host/a b")
    assert SECRET not in str(raised.value)
    said = told(FilesAddress(f"nowhere://ada:{SECRET}@host/folder"), caplog)
    assert "'nowhere://host/folder', and nothing is known that begins with nowhere://" in said


def test_a_missing_package_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(known_implementations, "gs", {"class": "gone.Files"})
    said = told(FilesAddress("gs://papers/team"), caplog)
    assert "needs a package that is not installed. Run `pip install 'quoth[files]' gcsfs`" in said


@pytest.mark.parametrize(
    "address",
    [
        "papers",
        "s3://",
        "s3:///",
        "file://relative/folder",
        "file:///",
        "zip://a::s3://b",
        "s 3://a",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="must be one address such as s3://BUCKET/PREFIX"):
        check_address(address)


def test_the_objects_can_be_copied_by_name(s3: str) -> None:
    FilesAddress(s3).put(NAME, DATA)
    bucket = fsspec.filesystem("s3", skip_instance_cache=True)
    listed = bucket.find(s3)
    assert listed == [f"{BUCKET}/{s3.rpartition('/')[2]}/originals/{NAME}"]
