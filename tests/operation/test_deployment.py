"""What stands in `deploy/`, held against the tools that read them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

UNIT = ROOT / "deploy" / "quoth.service"
NEWER = ("RestartSteps=", "RestartMaxDelaySec=")
"""Keys that systemd knows from 254 on; older ones say so, and pass them over."""
LARGEST_EXPOSURE = 25
"""Tenths of what `systemd-analyze security` says; a plain service has 96."""


def analysed(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze, which starts nothing and asks nobody."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed here")
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False
    )


def test_systemd_finds_nothing_wrong_with_the_service(tmp_path: Path) -> None:
    text = UNIT.read_text(encoding="utf-8")
    assert text.count("ExecStart=/opt/quoth/bin/quoth discord") == 1
    unit = tmp_path / "quoth.service"
    known = [line for line in text.splitlines() if not line.startswith(_newer())]
    unit.write_text("\n".join(known).replace("/opt/quoth/bin/quoth", sys.executable))
    done = analysed("verify", str(unit))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    unit.write_text(text.replace("ProtectSystem=", "ProtectSystems="))
    assert "ProtectSystems" in analysed("verify", str(unit)).stderr


def _newer() -> tuple[str, ...]:
    """Return how lines begin that this systemd does not know."""
    version = int(analysed("--version").stdout.split()[1])
    return NEWER if version < 254 else ()


def test_the_service_can_do_little_on_the_machine(tmp_path: Path) -> None:
    threshold = f"--threshold={LARGEST_EXPOSURE}"
    done = analysed("security", "--offline=yes", threshold, str(UNIT))
    assert done.returncode == 0, done.stdout
    bare = tmp_path / "bare.service"
    bare.write_text("[Service]\nExecStart=/bin/true\n")
    assert analysed("security", "--offline=yes", threshold, str(bare)).returncode != 0
