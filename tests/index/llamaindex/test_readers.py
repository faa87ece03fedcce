"""LlamaIndex readers load files for Quoth, and Quoth loads files for LlamaIndex."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import SimpleDirectoryReader
from llama_index.core.readers.base import BaseReader
from llama_index.core.readers.json import JSONReader
from llama_index.core.schema import Document

from index.errors import LoadError
from index.llamaindex.readers import ReaderLoader, as_reader
from index.load.loaders import load_file
from index.protocols import Loader
from scripts.make_sample_pdf import document


class SlideReader(BaseReader):  # type: ignore[misc]  # LlamaIndex is not checked
    """A reader of paged files, as on LlamaHub: one document a page."""

    def load_data(self, file: Path, extra_info: dict[str, Any] | None = None) -> list[Document]:
        about = {
            "title": "Slides",
            "url": "https://example.org/s",
            "last_modified_date": "2025-01-02",
        }
        return [
            Document(text=text, metadata={**about, "page_label": str(number)})
            for number, text in enumerate(file.read_text().split("|"), start=1)
        ]


def test_a_reader_of_pages_is_a_loader(tmp_path: Path) -> None:
    (tmp_path / "talk.slides").write_text("First\r\nslide|Second slide")
    loader: Loader = ReaderLoader(SlideReader(), frozenset({".slides"}))
    loaded = load_file(tmp_path / "talk.slides", loaders=[loader])
    assert loaded.text == "First\nslide\n\nSecond slide"
    assert [page.of(loaded.text) for page in loaded.pages] == ["First\nslide", "Second slide"]
    assert (loaded.title, loaded.url) == ("Slides", "https://example.org/s")
    assert loaded.modified == datetime(2025, 1, 2, tzinfo=UTC)


def test_a_reader_that_ships_with_llama_index_is_a_loader(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text('{"city": "Paris", "host": "Macron"}')
    loader = ReaderLoader(JSONReader(), frozenset({".json"}))
    loaded = load_file(tmp_path / "list.json", loaders=[loader])
    assert "Paris" in loaded.text
    assert (loaded.pages, loaded.mime) == ((), "application/json")


@pytest.mark.parametrize("text", ["", "|", " \n"])
def test_a_reader_that_finds_nothing_is_a_reason(tmp_path: Path, text: str) -> None:
    (tmp_path / "talk.slides").write_text(text)
    with pytest.raises(LoadError, match="SlideReader found no text in it"):
        load_file(
            tmp_path / "talk.slides", loaders=[ReaderLoader(SlideReader(), frozenset({".slides"}))]
        )


def test_a_missing_file_never_reaches_the_reader(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="There is no such file"):
        ReaderLoader(SlideReader(), frozenset({".slides"})).load(tmp_path / "none.slides")


def test_quoth_reads_for_a_directory_reader(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ntitle: Alpha\nurl: https://example.org/a\n---\nText.\n")
    (tmp_path / "b.pdf").write_bytes(document())
    reader = SimpleDirectoryReader(
        str(tmp_path), file_extractor={".md": as_reader(), ".pdf": as_reader()}
    )
    alpha, first, second = reader.load_data()
    assert alpha.text == "\n\n\n\nText.\n"
    assert (alpha.metadata["title"], alpha.metadata["url"]) == ("Alpha", "https://example.org/a")
    assert alpha.metadata["file_name"] == "a.md"
    assert [page.metadata["page_label"] for page in (first, second)] == ["1", "2"]
    assert second.text.startswith("# Operational risks")


def test_both_directions_together_lose_nothing(tmp_path: Path) -> None:
    (tmp_path / "b.pdf").write_bytes(document())
    through = ReaderLoader(as_reader(), frozenset({".pdf"})).load(tmp_path / "b.pdf")
    assert through == load_file(tmp_path / "b.pdf")
