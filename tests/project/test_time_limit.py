"""A test that waits for what never comes is ended."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

# A failed test whose teardown waits: a signal would not reach it, and pytest lifts its own limit.
WAITING = """
import threading
import pytest

@pytest.fixture
def thread():
    waiting = threading.Thread(target=threading.Event().wait)
    waiting.start()
    yield
    waiting.join()

@pytest.mark.limit(0.5)
def test_waits(thread):
    assert False
"""


def test_a_test_that_never_ends_is_ended_and_says_where_it_waited(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(WAITING)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    command += ["-c", str(ROOT / "pyproject.toml"), "--numprocesses=0", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert 'test_it.py", line 10 in thread\n' in done.stderr
