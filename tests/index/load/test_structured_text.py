"""Whatever a file of a structured format holds, it is read and cut exactly, or refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.errors import LoadError
from index.load.loaders import load_bytes
from index.text.readable_markdown import markup_of, readable_span
from tests.doubles.loaded_sources import source_of
from tests.index.chunk.test_growth import STRUCTURED

CLOSING = ["#+end_src\n", "\\end{verbatim}\n", "</A>", "-->", "|}\n", "*/}", "----\n", "|===\n"]
OTHERS = ["word ", "Two words. ", "\n", "\n\n", "  ", ":", "]", "}", "```\n", "\r\n", "é", "漢字。"]
OPENING = sorted({unit for units in STRUCTURED.values() for unit in units})
PARTS = st.sampled_from([*OPENING, *CLOSING, *OTHERS, "\ufeff"])


@pytest.mark.parametrize("name", STRUCTURED)
@settings(deadline=None, max_examples=20)
@given(st.lists(PARTS, max_size=30))
def test_any_text_is_read_and_cut_or_refused(name: str, parts: list[str]) -> None:
    text = "".join(parts)
    try:
        loaded = load_bytes(text.encode(), name=name)
    except LoadError as error:
        assert error.reason.endswith(".")
        assert "could not be read (" not in error.reason
        return
    lines = text.replace("\ufeff", "", text.startswith("\ufeff")).replace("\r\n", "\n").count("\n")
    assert loaded.text.count("\n") == lines or name in ("a.ipynb", "a.srt")
    source = source_of(loaded, name)
    at = 0
    for passage in chunk(source, ChunkConfig()):
        assert at <= passage.start < passage.end <= len(source.text)
        assert passage.text == source.text[passage.start : passage.end]
        at = passage.end
        for span in passage.sentences:
            assert passage.start <= span.start < span.end <= passage.end
            quote = span.of(source.text)
            readable_span(quote, (0, len(quote)), markup_of(name))
