"""What only a process of its own can show: pipes that close, signals, and start-up."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.doubles.cli_fakes import run

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "bot"]


def environ(**more: str) -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], **more}


def quoth(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=environ(**more), capture_output=True, text=True,
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def test_a_reader_that_goes_away_is_no_error(indexed_folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "show", "quoth-user-guide.md"], cwd=indexed_folder, env=environ(),
        stdout=writing, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_ctrl_c_leaves_quietly(indexed_folder: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "ask", "-"], cwd=indexed_folder, env=environ(), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("what are the UN prerequisites?\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["status"] == "answered"
        time.sleep(0.2)  # until it waits for the next line
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.strip() == ""


@pytest.fixture
def synced_folder(copied_folder: Path) -> Path:
    """A copy that was synchronised where it lies, so that nothing is to be done."""
    assert run(copied_folder, "sync").exit_code == 0
    return copied_folder


def test_a_sync_with_nothing_to_do_imports_almost_nothing(synced_folder: Path) -> None:
    code = (
        "import sys\nsys.argv = ['quoth', 'sync', '--json']\n"
        "from bot.__main__ import main\ntry: main()\nexcept SystemExit: pass\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=synced_folder, env=environ(), capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert (report["unchanged"], report["added"]) == (4, 0)
    assert {"click", "pydantic", "numpy", "pathlib"}.isdisjoint(done.stderr.split())


@pytest.mark.parametrize(
    "settings",
    ["QUOTH_HOME=.quoth\nQUOTH_DOCUMENTS=documents\n", "export QUOTH_HOME='.quoth' # here\n"],
    ids=["plain", "needs a parser"],
)
def test_the_quick_way_and_the_long_way_report_the_same(synced_folder: Path, settings: str) -> None:
    (synced_folder / ".env").write_text(settings)
    for name in ("film.mp4", "two\nlines", "Ünicode.MP4", ".mp4"):
        (synced_folder / "documents" / name).write_bytes(b"x")
    told = [quoth(synced_folder, "sync").stdout for _ in range(2)]
    assert [line.split("; ")[3] for line in told] == [
        "3 not read: 2 .mp4, 1 without an ending\n"
    ] * 2
    quick = json.loads(quoth(synced_folder, "sync", "--json").stdout)
    long = json.loads(quoth(synced_folder, "sync", "--json", "--collection", "documents").stdout)
    assert {**quick, "seconds": 0} == {**long, "seconds": 0}


def test_the_quick_way_names_what_is_still_not_indexed(synced_folder: Path) -> None:
    (synced_folder / "documents" / "bad.pdf").write_bytes(b"%PDF-1.4 broken")
    first, second = quoth(synced_folder, "sync"), quoth(synced_folder, "sync")
    assert first.returncode == second.returncode == 2
    assert first.stderr == second.stderr
    assert second.stderr.startswith("not indexed: bad.pdf: ")
    assert second.stdout.startswith("4 unchanged, 1 failed; ")


def test_the_quick_way_sees_a_change(synced_folder: Path) -> None:
    (synced_folder / "documents" / "quoth-user-guide.md").unlink()
    done = quoth(synced_folder, "sync", "--json")
    assert json.loads(done.stdout)["removed"] == 1


def test_no_colour_and_no_progress_in_a_pipe(indexed_folder: Path) -> None:
    done = quoth(indexed_folder, "ask", "what are the UN prerequisites?")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stderr == ""


def test_not_found_exits_with_1(indexed_folder: Path) -> None:
    done = quoth(indexed_folder, "ask", "What is the capital of Australia?")
    assert done.returncode == 1
    assert done.stdout.startswith("The sources do not say.\n")


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    done = quoth(tmp_path, "--version")
    assert done.stdout.startswith("quoth ")
    assert list(tmp_path.iterdir()) == []
