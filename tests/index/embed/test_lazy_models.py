"""Models are opened when they are first used, and what is missing is said once."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from index.config import SHARED_COLLECTION, IndexConfig
from index.embed import weights
from index.library import open_library


@pytest.fixture
def without_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """No package brings the files, and nobody listens where the hub would be asked."""
    monkeypatch.setattr(weights, "PACKAGES", {})
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")


@pytest.mark.usefixtures("without_weights")
def test_without_weights_words_are_searched_and_one_line_says_what_to_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "owl.md").write_text("An owl sleeps by day.")
    config = IndexConfig(home=tmp_path / "home", documents=tmp_path / "documents")
    with caplog.at_level(logging.WARNING), open_library(config) as library:
        assert library.sync(SHARED_COLLECTION).added == 1
        (hit,) = library.searcher.search("When does an owl sleep?", collections=["documents"])
        assert hit.dense_rank is None
        assert (library.models.reader, library.models.matcher) == (None, None)
    (said,) = caplog.messages
    assert said.endswith(
        "Run `pip install 'quoth[weights]'`, or set QUOTH_EMBEDDINGS to another model. Until then "
        "only words are searched."
    )
