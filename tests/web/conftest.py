"""What the tests of the HTTP API share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.cli_fakes import run
from tests.doubles.served_api import ServedApi, served_api


@pytest.fixture(scope="session")
def api_folder(indexed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the indexed folder, with a second collection; tokens are made in it."""
    folder = tmp_path_factory.mktemp("api") / "folder"
    shutil.copytree(indexed_folder, folder, ignore=shutil.ignore_patterns("models"))
    (folder / ".quoth" / "models").symlink_to(indexed_folder / ".quoth" / "models")
    secret = folder / "secret.md"
    secret.write_text("# Otter\n\nThe code word of the team is otter 7731.\n", encoding="utf-8")
    assert run(folder, "add", str(secret), "--collection", "team").exit_code == 0
    return folder


@pytest.fixture(scope="session")
def api(api_folder: Path) -> Iterator[ServedApi]:
    """The API with everything real behind it."""
    with served_api(api_folder, QUOTH_API_PER_MINUTE="100000") as served:
        yield served
