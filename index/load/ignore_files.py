"""The names of ignore files, and whether one of Git's counts where it lies.

Imports next to nothing, so that the check for changes starts fast.
"""

from __future__ import annotations

import os

GITIGNORE = ".gitignore"

IGNORE_FILES = (".quothignore", GITIGNORE)
"""What leaves files out of a folder and those below, the one that decides first."""


def in_work_tree(folder: str) -> bool:
    """Say whether a folder is, or lies in, a work tree of Git, outside of which its file says
    nothing."""
    here = os.path.realpath(folder)
    while True:
        if os.path.lexists(f"{here}/.git"):
            return True
        above = os.path.dirname(here)  # noqa: PTH120 - pathlib is slow to import
        if above == here:
            return False
        here = above
