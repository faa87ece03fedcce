"""Functions and classes of each language are found under their names, with what documents them."""

from __future__ import annotations

import pytest

from index.chunk.blocks import Lines
from index.chunk.chunker import chunk
from index.chunk.code_blocks import SourceParser
from index.chunk.grammars import LARGEST, syntax_tree
from index.config import ChunkConfig
from index.errors import LoadError
from index.load.loaders import load_bytes
from index.schema import Source
from index.text.code_endings import LANGUAGE_OF
from tests.doubles.loaded_sources import source_of

LONG = "x" * 900
"""Makes a class long enough that its functions are told one by one."""


def read(text: str, name: str) -> Source:
    loaded = load_bytes(text.encode(), name=name)
    assert (loaded.text, loaded.title) == (text, name)
    return source_of(loaded, name)


def names(text: str, name: str) -> list[tuple[str, tuple[int, int]]]:
    """Return the names that lead to each passage, and its lines."""
    source = read(text, name)
    return [
        ("/".join(each.heading), source.lines_of(each.span))
        for each in chunk(source, ChunkConfig())
        if LONG not in each.text
    ]


PYTHON = f'''"""What the client does."""
import os


class Client:
    """Talks to the server."""

    @property
    def retry_after(self) -> float:
        """Return the seconds to wait before the next try.

        The header wins; without one it is doubled.
        """
        return 2.0

    # Says hello. Twice.
    async def hello(self) -> None:
        x = """
        # no comment
        """


    {LONG} = 1


def main() -> None:
    def inner() -> None: ...
'''


def test_a_function_is_a_passage_with_what_documents_it() -> None:
    source = read(PYTHON, "client.py")
    assert "import os" not in "".join(each.text for each in chunk(source, ChunkConfig()))
    found = {"/".join(each.heading): each for each in chunk(source, ChunkConfig())}
    assert list(found) == ["", "Client", "Client/retry_after", "Client/hello", "main"]
    assert {each.kind for each in found.values()} == {"code"}
    said = [span.of(source.text) for span in found["Client/retry_after"].sentences]
    assert said == [
        "    @property",
        "    def retry_after(self) -> float:",
        '"""Return the seconds to wait before the next try.',
        'The header wins; without one it is doubled.\n        """',
        "        return 2.0",
    ]
    said = [span.of(source.text) for span in found["Client/hello"].sentences]
    assert said[:2] == ["# Says hello.", "Twice."]


# ruff: noqa: E501
# fmt: off
SAMPLES = {
    "a.ts": ("/** Adds. */\nexport const add = (a: number): number => a;\nexport class Foo {\n  // Goes.\n  bar(): void {}\n  " + LONG + " = 1;\n}\ninterface Opts { n: number; }\n",
             [("add", (1, 2)), ("Foo", (3, 3)), ("Foo/bar", (4, 5)), ("Opts", (8, 8))]),
    "a.tsx": ("function App() { return <p>a</p>; }\n", [("App", (1, 1))]),
    "a.js": ("// Starts.\nfunction start(port) {}\nclass A {}\n", [("start", (1, 2)), ("A", (3, 3))]),
    "a.java": ("/** S. */\npublic class S {\n  /** Puts. */\n  @Override\n  void put(String k) { }\n  int " + LONG + ";\n}\n",
               [("S", (1, 2)), ("S/put", (3, 5))]),
    "a.c": ("#include <a.h>\n\n/* Frees. */\nstatic void *free_all(struct pool *p)\n{\n}\nstruct pool { int size; };\n#define MAX(a) (a)\n",
            [("free_all", (3, 6)), ("pool", (7, 7)), ("MAX", (8, 8))]),
    "a.h": ("class Socket { void send(); };\n", [("Socket", (1, 1))]),
    "a.cpp": ("namespace net {\n// Sends.\nint Socket::send(char *d) { return 1; }\ntemplate <typename T> T twice(T x) { return x; }\nint " + LONG + ";\n}\n",
              [("net", (1, 1)), ("net/Socket::send", (2, 3)), ("net/twice", (4, 4))]),
    "a.cs": ("namespace A.B {\n  /// <summary>Greets.</summary>\n  public class G {\n    public void Greet(string who) { }\n    int " + LONG + ";\n  }\n}\n",
             [("A.B", (1, 1)), ("A.B/G", (2, 3)), ("A.B/G/Greet", (4, 4))]),
    "a.go": ("package a\n\n// Server serves.\ntype Server struct { Port int }\n\n// Start begins.\nfunc (s *Server) Start() error { return nil }\n",
             [("Server", (3, 4)), ("Server.Start", (6, 7))]),
    "a.rs": ("/// A point.\n#[derive(Debug)]\npub struct Point { x: i32 }\nimpl Point {\n    /// Moves.\n    pub fn shift(&mut self) { }\n    const A: &str = \"" + LONG + "\";\n}\n",
             [("Point", (1, 3)), ("Point", (4, 4)), ("Point/shift", (5, 6))]),
    "a.rb": ("# A hammer.\nclass Hammer\n  # Hits.\n  def hit(nail)\n  end\n  def self.make; end\n  A = '" + LONG + "'\nend\n",
             [("Hammer", (1, 2)), ("Hammer/hit", (3, 5)), ("Hammer/make", (6, 6))]),
    "a.php": ("<?php\n/** Mails. */\nfunction send($to) {}\n", [("", (1, 1)), ("send", (2, 3))]),
    "a.sh": ("#!/bin/sh\n\n# Backs up.\nbackup() {\n  tar c\n}\nbackup x\n",
             [("", (1, 1)), ("backup", (3, 6)), ("", (7, 7))]),
    "a.kt": ("/** Greets. */\nfun greet(): String = \"a\"\nclass User(val name: String)\n", [("greet", (1, 2)), ("User", (3, 3))]),
    "a.swift": ("/// Draws.\nfunc draw() {}\nstruct Pen {}\n", [("draw", (1, 2)), ("Pen", (3, 3))]),
    "a.scala": ("/** Adds. */\nobject Calc { def add(a: Int): Int = a }\n", [("Calc", (1, 2))]),
    "a.lua": ("-- Adds.\nfunction M.add(a) return a end\n", [("M.add", (1, 2))]),
    "a.ex": ("defmodule Shop.Cart do\n  @doc \"Adds.\"\n  def add(cart) do\n    cart\n  end\n  @a \"" + LONG + "\"\nend\n",
             [("Shop.Cart", (1, 1)), ("Shop.Cart/add", (2, 5))]),
    "a.ps1": ("# Gets it.\nfunction Get-Thing { $Name }\n", [("Get-Thing", (1, 2))]),
}
# fmt: on


@pytest.mark.parametrize("name", SAMPLES)
def test_functions_are_found_in(name: str) -> None:
    text, expected = SAMPLES[name]
    assert names(text, name) == expected


def test_every_language_is_tried() -> None:
    tried = {LANGUAGE_OF["." + name.rpartition(".")[2]] for name in SAMPLES}
    assert tried | {"python"} == set(LANGUAGE_OF.values())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.min.js", "var a = 1;"),
        ("a.js", "var a=1;" * 1000),
        ("a.go", "// Code generated by protoc. DO NOT EDIT.\n" + "var a = 1\n" * 6000),
    ],
)
def test_what_a_program_wrote_is_left_out(name: str, text: str) -> None:
    with pytest.raises(LoadError, match="it is left out"):
        load_bytes(text.encode(), name=name)


def test_code_that_takes_the_parser_too_long_or_is_too_large_is_cut_at_blank_lines() -> None:
    assert syntax_tree("<" * 60_000, "bash") is None
    assert syntax_tree("a\n" * LARGEST, "bash") is None
    text = "f() {\n}\n\n" + "a b c\n\n" * (LARGEST // 7)
    blocks = SourceParser(Lines(text), "bash").blocks()
    assert [block.title for block in blocks if block.kind == "heading"] == [""]
    assert len(blocks[1].groups) == text.count("\n\n")
