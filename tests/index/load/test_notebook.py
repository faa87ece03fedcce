"""Notebooks are read cell by cell: text, code, and the beginning of what it printed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.errors import LoadError
from index.load.loaders import load_bytes
from index.text.place_names import fragment_span, place_fragment, told_place
from tests.doubles.loaded_sources import source_of


def code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": source.splitlines(keepends=True), "outputs": outputs}


NOTEBOOK = {
    "nbformat": 4,
    "metadata": {"language_info": {"name": "python"}},
    "cells": [
        {
            "cell_type": "markdown",
            "source": ["# Sales\n", "What was sold. ![x](data:image/png;base64,AAAA)"],
        },
        {"cell_type": "code", "source": "", "outputs": []},
        code(
            "total = 2\nprint(total)",
            {"output_type": "stream", "text": ["\x1b[31mtwo\x1b[0m\r\n"]},
            {"output_type": "display_data", "data": {"image/png": "AA", "text/plain": "<Figure>"}},
        ),
        code("1/0", {"output_type": "error", "ename": "ZeroDivisionError", "evalue": "by zero"}),
        code("'```'", {"output_type": "stream", "text": "long line\n" * 500}),
        {"cell_type": "raw", "source": "As it is."},
    ],
}


def test_a_notebook_is_read_cell_by_cell() -> None:
    loaded = load_bytes(json.dumps(NOTEBOOK).encode(), name="sales.ipynb")
    assert loaded.title == "Sales"
    assert loaded.text.startswith(
        "# Sales\nWhat was sold. \n\n"
        "```python\ntotal = 2\nprint(total)\n```\n\n```\ntwo\n```\n\n"
        "```python\n1/0\n```\n\n```\nZeroDivisionError: by zero\n```\n\n"
        "````python\n'```'\n````\n\n```\nlong line\n"
    )
    assert loaded.text.count("long line") == 100
    assert "Figure" not in loaded.text
    assert loaded.text.endswith("As it is.\n\n")
    source = source_of(loaded, "sales.ipynb")
    told = {
        span.of(source.text): (told_place(source, span), place_fragment(source, span))
        for each in chunk(source, ChunkConfig())
        for span in each.sentences
    }
    assert told["What was sold."] == ("cell 1", "cell=1")
    assert told["two"] == ("cell 3", "cell=3")
    assert told["As it is."] == ("cell 6", "cell=6")
    cell = fragment_span(source, "cell=4")
    assert cell is not None and cell.of(source.text).startswith("```python\n1/0\n```")


def test_a_notebook_of_an_old_version_is_read() -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": "Old"},
        {
            "cell_type": "code",
            "input": ["x = 1"],
            "outputs": [{"output_type": "pyout", "text": ["1"]}],
        },
    ]
    loaded = load_bytes(json.dumps({"worksheets": [{"cells": cells}]}).encode(), name="a.ipynb")
    assert loaded.text == "## Old\n\n```\nx = 1\n```\n\n```\n1\n```\n\n"


@pytest.mark.parametrize("data", [b"[" * 100_000, b"{", b"[]", b'{"cells": 1}', b"\xff"])
def test_what_is_no_notebook_is_refused(data: bytes) -> None:
    with pytest.raises(LoadError, match="no Jupyter notebook"):
        load_bytes(data, name="a.ipynb")


@pytest.mark.parametrize("cells", [[], [1, None], [{"cell_type": 3, "source": 4, "outputs": 5}]])
def test_a_notebook_without_words_is_refused(cells: list[object]) -> None:
    with pytest.raises(LoadError, match="no text and no code"):
        load_bytes(json.dumps({"cells": cells}).encode(), name="a.ipynb")
