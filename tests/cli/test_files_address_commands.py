"""What the commands say of an address for files, and that they say no key of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from click.testing import Result

from index.store.files_address import FilesAddress
from tests.cli.test_process import quoth
from tests.doubles.cli_fakes import run
from tests.doubles.s3_server import SECRET, S3Server
from tests.index.sync.test_kept_originals import LIONS, named

PLAIN = {"QUOTH_QUALITY": "fast", "QUOTH_READER": "off"}


def here(folder: Path, *arguments: str, **environ: str) -> Result:
    """Run a command in this process, with the smaller models."""
    return run(folder, *arguments, fake=None, stdin=None, **(PLAIN | environ))


def in_process(folder: Path, *arguments: str, address: str) -> CompletedProcess[str]:
    """Run a command in a process of its own, which has the keys."""
    keys = {name: os.environ[name] for name in os.environ if name.startswith("AWS_")}
    models = os.environ["QUOTH_MODELS"]
    return quoth(folder, *arguments, **PLAIN, **keys, QUOTH_FILES=address, QUOTH_MODELS=models)


def files_check(folder: Path, **environ: str) -> dict[str, str]:
    """Return what the doctor says of the files."""
    result = here(folder, "doctor", "--json", **environ)
    assert SECRET not in result.output
    checks = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
    found: dict[str, str] = checks["files"]
    return found


@pytest.fixture
def added(own_folder: Path, s3: str) -> Path:
    """A folder whose one document was added with its file at the address."""
    (own_folder / "lions.pdf").write_bytes(LIONS)
    result = here(own_folder, "add", "lions.pdf", QUOTH_FILES=s3)
    assert result.exit_code == 0, result.output
    return own_folder


def test_doctor_tries_the_address_and_counts_its_files(
    added: Path, s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = files_check(added, QUOTH_FILES=s3)
    assert found["state"] == "ok"
    assert found["detail"].startswith(f"{s3} can be read and written; 1 file, ")
    FilesAddress(s3).delete(named(LIONS)[0])
    missing = files_check(added, QUOTH_FILES=s3)
    assert (missing["state"], "1 file missing there" in missing["detail"]) == ("problem", True)
    unset = files_check(added)
    assert unset["state"] == "problem"
    assert "1 file kept at an address, but QUOTH_FILES is not set" in unset["detail"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", S3Server().url)
    away = files_check(added, QUOTH_FILES=s3)
    assert away["state"] == "problem"
    assert f"{s3!r} cannot be used: nothing answers there. Check QUOTH_FILES" in away["detail"]


def test_doctor_makes_nothing_where_no_address_is_set(own_folder: Path) -> None:
    assert files_check(own_folder) == {
        "name": "files", "state": "off", "detail": "kept in the home", "advice": None,
    }  # fmt: skip
    assert not (own_folder / ".quoth" / "additions.sqlite").exists()
    off = files_check(own_folder, QUOTH_KEEP_ORIGINALS="off")
    assert off["detail"] == "none are kept"


def test_stats_counts_the_files_and_a_backup_says_that_it_lacks_them(added: Path, s3: str) -> None:
    stats = json.loads(here(added, "stats", "--json", QUOTH_FILES=s3).stdout)
    assert (stats["originals"], stats["original_bytes"]) == (1, len(LIONS))
    said = here(added, "backup", "b.zip", QUOTH_FILES=s3).stderr
    assert f"Nor are the files at {s3}." in said
    assert "Nor are" not in here(added, "backup", "b.zip").stderr


def test_a_process_of_its_own_shows_the_page_and_ends_quietly(added: Path, s3: str) -> None:
    (added / "lions.pdf").unlink()
    done = in_process(added, "show", "lions.pdf#page=1", "--picture", "page.png", address=s3)
    assert (done.returncode, done.stderr) == (0, "The picture is in page.png.\n")
    assert (added / "page.png").read_bytes().startswith(b"\x89PNG")
    moved = in_process(added, "sync", address=s3)
    assert (moved.returncode, moved.stderr) == (0, ""), moved
    gone = in_process(added, "remove", "lions.pdf", address=s3)
    assert (gone.returncode, FilesAddress(s3).sizes()) == (0, {}), gone.stderr


def test_sync_moves_what_is_owed_although_the_folder_is_unchanged(
    own_folder: Path, s3: str
) -> None:
    (own_folder / "documents" / "note.md").write_text("# Note\n\nNothing changes here.\n")
    (own_folder / "lions.pdf").write_bytes(LIONS)
    assert here(own_folder, "add", "lions.pdf").exit_code == 0
    assert here(own_folder, "sync").exit_code == 0
    assert in_process(own_folder, "sync", address=s3).returncode == 0
    assert list(FilesAddress(s3).sizes()) == named(LIONS)


def test_a_dotenv_of_somebody_else_sends_no_file_anywhere(own_folder: Path, s3: str) -> None:
    (own_folder / ".env").write_text(f"QUOTH_FILES={s3}\n")
    (own_folder / "lions.pdf").write_bytes(LIONS)
    said = here(own_folder, "add", "lions.pdf", XDG_CONFIG_HOME=str(own_folder / "config"))
    assert "Not used, because you have not allowed it: QUOTH_FILES" in said.stderr
    assert FilesAddress(s3).sizes() == {}


def test_an_address_that_is_none_is_told_without_its_password(own_folder: Path) -> None:
    said = here(own_folder, "stats", QUOTH_FILES=f"sftp:ada:{SECRET}@host")
    assert said.exit_code == 2
    assert "QUOTH_FILES cannot be used: it must be one address such as s3://" in said.stderr
    assert SECRET not in said.output
