"""reStructuredText is cut by its structure: sections, directives, tables, lists and code."""

from __future__ import annotations

import pytest

from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.load.loaders import load_bytes
from index.schema import Passage
from tests.doubles.loaded_sources import source_of

GUIDE = """\
.. SPDX-License-Identifier: MIT
.. _top:

=========
The guide
=========

:Author: Kim

.. toctree::
   :maxdepth: 2

   one

Begin with :ref:`the plan <plan>`. It is short.

First *steps*
-------------

.. note:: Be careful here.
   It goes on.

   A second paragraph.

.. warning::

   Never do this:

   .. code-block:: sh
      :linenos:

      rm -rf /

      # Section
      # =======

.. admonition:: Mind the gap
   :class: tall

   Step over it.

Sub
~~~

Run this::

    make

        .. note:: shown as it is

::

    bare

.. function:: open(file)
              open(file, mode)
   :noindex:

   Open *file*.

   :param file: its path

Second ``part``
---------------

.. list-table:: Prices
   :header-rows: 1

   * - Tool
     - Price
   * - Saw
     - 5

=====  =====
A      B
=====  =====
x      1

y      2
=====  =====

+------+-------+
| Name | What  |
+======+=======+
| a    | long  |
|      | text  |
+------+-------+
| b    | short |
+------+-------+

term
    Its definition.

1. Step one

2. Step two

.. figure:: tool.png
   :alt: A tool

   What it looks like.

.. [1] A footnote.

.. |sub| replace:: hidden words

>>> 1 + 1
2

----

..
   A comment
   that goes on.

Last words.
"""
TOP, STEPS, PART = ("The guide",), ("The guide", "First steps"), ("The guide", "Second part")


@pytest.fixture(scope="module")
def passages() -> list[Passage]:
    source = source_of(load_bytes(GUIDE.encode(), name="guide.rst"), "guide.rst")
    assert source.title == "The guide"
    assert source.text.count("\n") == GUIDE.count("\n")
    for passage in chunk(source, ChunkConfig()):
        for span in passage.sentences:
            first, last = source.lines_of(span)
            assert span.of(source.text) in "\n".join(GUIDE.split("\n")[first - 1 : last])
    return chunk(source, ChunkConfig())


def quotes(passages: list[Passage]) -> list[tuple[str, tuple[str, ...], list[str]]]:
    return [
        (p.kind, p.heading, [p.text[s.start - p.start : s.end - p.start] for s in p.sentences])
        for p in passages
    ]


def test_the_structure_of_a_guide(passages: list[Passage]) -> None:
    assert quotes(passages) == [
        ("list", TOP, [":Author: Kim"]),
        ("paragraph", TOP, ["Begin with :ref:`the plan <plan>`.", "It is short."]),
        (
            "paragraph",
            STEPS,
            ["Be careful here.", "It goes on.", "A second paragraph."],
        ),
        ("code", STEPS, ["Never do this:", "rm -rf /", "# Section", "# ======="]),
        ("paragraph", STEPS, ["Mind the gap", "Step over it."]),
        ("code", (*STEPS, "Sub"), ["Run this::", "make", ".. note:: shown as it is"]),
        ("code", (*STEPS, "Sub"), ["bare"]),
        ("paragraph", (*STEPS, "Sub"), ["open(file)", "open(file, mode)", "Open *file*."]),
        ("list", (*STEPS, "Sub"), [":param file: its path"]),
        ("list", PART, ["Prices", "* - Tool\n     - Price", "* - Saw\n     - 5"]),
        ("table", PART, ["A      B", "x      1", "y      2"]),
        (
            "table",
            PART,
            ["| Name | What  |", "| a    | long  |\n|      | text  |", "| b    | short |"],
        ),
        ("list", PART, ["term\n    Its definition."]),
        ("list", PART, ["1. Step one", "2. Step two"]),
        ("paragraph", PART, ["What it looks like."]),
        ("code", PART, ["A footnote.", ">>> 1 + 1", "2"]),
        ("paragraph", PART, ["Last words."]),
    ]


@pytest.mark.parametrize(
    "hidden", ["SPDX", "toctree", "one", "hidden words", "_top", "A comment", "that goes on"]
)
def test_what_no_reader_sees_is_in_no_passage(passages: list[Passage], hidden: str) -> None:
    assert all(hidden not in passage.text for passage in passages if passage.kind != "list")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        pytest.param(
            ":orphan:\n\n.. _a:\n\nA guide\n=======\n\nx\n", "A guide", id="below a target"
        ),
        pytest.param("Words first.\n\nA guide\n-------\n", "A guide", id="below words"),
        pytest.param("A\n=\n\nB\n=\n\nC\n=\n", "my file", id="every section of the first level"),
        pytest.param("A `x <y>`_ in ``b``\n===================\n", "A x in b", id="marks"),
        pytest.param("A sentence is none.\n", "my file", id="none"),
        pytest.param("联合国\n======\n", "联合国", id="wide letters"),
    ],
)
def test_the_title_of_a_file(text: str, title: str) -> None:
    assert load_bytes(text.encode(), name="my_file.rst").title == title


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("A line\n.. note of a person, in a paragraph\n", id="no blank line above"),
        pytest.param("As in::\n\n   .. comment\n", id="in code"),
        pytest.param("- As in::\n\n    .. comment\n", id="in code of an item"),
    ],
)
def test_what_looks_like_a_comment_and_is_none_stays(text: str) -> None:
    assert load_bytes(text.encode(), name="a.rst").text == text


def test_a_comment_ends_with_its_indentation() -> None:
    text = "..\n\n   A quotation.\n\n..\n   hidden\n\n   hidden\nshown\n"
    assert load_bytes(text.encode(), name="a.rst").text == "\n\n   A quotation.\n\n\n\n\n\nshown\n"
