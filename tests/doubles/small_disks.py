"""Disks that can only be read, and disks that are full: real mounts, where one may make them."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let a folder be read only: by a mount for the superuser, by its rights for others."""
    if os.geteuid() == 0:
        _mount("--bind", str(folder), str(folder))
        try:
            _mount("-o", "remount,ro,bind", str(folder))
            yield
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        return
    inside = [folder, *(path for path in folder.rglob("*") if not path.is_symlink())]
    rights = {path: path.stat().st_mode for path in inside}
    for path in reversed(inside):
        path.chmod(rights[path] & ~0o222)
    try:
        yield
    finally:
        for path in inside:
            path.chmod(rights[path])


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """Put an empty disk of some size at a folder."""
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def enlarge(folder: Path, size: str) -> None:
    """Give a small disk another size."""
    _mount("-o", f"remount,size={size}", str(folder))


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Leave no room on the disk of a folder, to the last byte."""
    filler = folder / "filler"
    fill(filler)
    try:
        yield
    finally:
        filler.unlink()


def fill(path: Path) -> None:
    """Write a file that takes up what room there is on its disk."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while file.write(b"\0" * size) == size:
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


def _mount(*arguments: str) -> None:
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only the superuser of Linux may mount a disk")
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk may be mounted here: {done.stderr.strip()}")
