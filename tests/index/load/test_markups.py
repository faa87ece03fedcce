"""AsciiDoc, Org, wiki pages, LaTeX and MDX keep their lines; what no reader sees is not quoted."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.errors import LoadError
from index.load.loaders import load_bytes
from index.schema import Passage, Source
from index.text.readable_markdown import markup_of, readable_span, readable_title
from index.text.table_rows import RowPart, header_in
from tests.doubles.loaded_sources import source_of


class Told(NamedTuple):
    """One passage: its kind, its headings, and what a person reads of each thing it says."""

    kind: str
    heading: str
    said: list[str]


def read(text: str, name: str) -> Source:
    """Load a text, and check that no line of it moved."""
    loaded = load_bytes(text.encode(), name=name)
    assert loaded.text.count("\n") == text.count("\n")
    return source_of(loaded, name)


def passages(source: Source) -> list[Passage]:
    return chunk(source, ChunkConfig())


def told(source: Source) -> list[Told]:
    markup = markup_of(source.uri)
    return [
        Told(
            each.kind,
            " > ".join(readable_title(title, markup) for title in each.heading),
            [
                span.of(source.text)
                if each.kind == "code"
                else readable_span(span.of(source.text), None, markup).text.strip()
                for span in each.sentences
            ],
        )
        for each in passages(source)
    ]


def line_of(source: Source, words: str) -> int:
    """Return the line on which words stand, by a span of them."""
    return source.text[: source.text.index(words)].count("\n") + 1


ASCIIDOC = """\
= My *Product* Guide
Jane Doe <jane@example.org>
:product: Rocket

// Nobody reads this.
Install {product} with `pip`. See <<setup,the setup>>.

[[setup]]
== Setup

[source,bash]
----
pip install rocket
no === heading
----

You need:

* A *fast* machine
** with memory
* A network
+
Wired is better.
+
----
ping example.org
----

.Ports
[cols="1,2",options="header"]
|===
|Name |Port

|web
|80

|db |5432
|===

-n::
--dry-run::
	Don't actually add the file(s).

-v::
	Be verbose.

////
== Hidden
////
Old Title
---------
NOTE: See https://example.org/a[the page].

include::other.adoc[]
"""


def test_asciidoc_is_read_by_its_own_rules() -> None:
    source = read(ASCIIDOC, "guide.adoc")
    assert source.title == "My Product Guide"
    assert source.warnings == ("It includes other files (1), which are not part of it.",)
    title = "My Product Guide"
    assert told(source) == [
        Told(
            "paragraph",
            title,
            [
                "Jane Doe <jane@example.org>",
                "Install Rocket with pip.",
                "See the setup.",
            ],
        ),
        Told("code", f"{title} > Setup", ["pip install rocket", "no === heading"]),
        Told(
            "list",
            f"{title} > Setup",
            [
                "You need:",
                "* A fast machine",
                "** with memory",
                "* A network",
                "Wired is better.",
                "```\nping example.org\n```",
            ],
        ),
        Told(
            "table",
            f"{title} > Setup",
            ["Ports", "| Name | Port |", "| web | 80 |", "| db | 5432 |"],
        ),
        Told(
            "list",
            f"{title} > Setup",
            ["-n::\n--dry-run::\n\tDon't actually add the file(s).", "-v::\n\tBe verbose."],
        ),
        Told("paragraph", f"{title} > Old Title", ["NOTE: See the page."]),
    ]
    assert line_of(source, "| db") == ASCIIDOC[: ASCIIDOC.index("|db")].count("\n") + 1
    table = next(each for each in passages(source) if each.kind == "table")
    row = next(each for each in table.sentences if "5432" in each.of(source.text))
    shown = RowPart.of(source.text, header_in(source, table), row).as_read
    assert shown == "Name: db; Port: 5432"


def test_a_table_of_asciidoc_without_a_header_has_none() -> None:
    source = read("|===\n|web |80\n|db |5432\n|===\n", "a.adoc")
    (table,) = passages(source)
    assert header_in(source, table) == ""
    assert [span.of(source.text) for span in table.sentences] == ["| web | 80 |", "| db | 5432 |"]


ORG = """\
#+TITLE: Tasks of the *week*
#+DATE: 2024-02-03
* TODO [#A] Call Bob                                                  :work:
DEADLINE: <2024-02-01 Thu>
:PROPERTIES:
:ID: abc
:END:
He wants /the/ *report* by [[https://example.org][Friday]].[fn:1] Run =a ~ b= or ~c~, then {{{kbd(TAB)}}}.
# Nobody reads this.
** Notes
- one
  more of one
- two
  1. sub

#+BEGIN_SRC python
* no heading
#+END_SRC

: kept as it is

| Name | Age |
|------+-----|
| Bob  |  42 |
#+TBLFM: $2=42

#+BEGIN_COMMENT
Hidden.
#+END_COMMENT
"""


def test_org_is_read_by_its_own_rules() -> None:
    source = read(ORG, "tasks.org")
    assert source.title == "Tasks of the week"
    assert source.modified is not None and source.modified.date().isoformat() == "2024-02-03"
    assert told(source) == [
        Told(
            "paragraph",
            "TODO Call Bob",
            [
                "DEADLINE: <2024-02-01 Thu>",
                "He wants the report by Friday.",
                "Run a ~ b or c, then TAB.",
            ],
        ),
        Told("list", "TODO Call Bob > Notes", ["- one\n  more of one", "- two", "1. sub"]),
        Told("code", "TODO Call Bob > Notes", ["* no heading"]),
        Told("code", "TODO Call Bob > Notes", [": kept as it is"]),
        Told("table", "TODO Call Bob > Notes", ["| Name | Age |", "| Bob  |  42 |"]),
    ]
    assert line_of(source, "| Bob") == 24


# ruff: noqa: E501
WIKI = """\
{{Infobox town
|name=Foo
}}'''Foo''' is a [[town|small ''town'']] in [[Bar]].<ref name="a">A book.</ref> It is {{convert|5|km}} wide.
{{main|Other}}
== History ==
Founded in 1900.{{citation needed}} <!-- Nobody
reads this. -->

* One
** Below
* Two

{| class="wikitable"
|+ Kings
! Name !! Born
|-
| style="x" | Ann || 1900
|-
| Bob
| 1950
|}
<syntaxhighlight lang="python">
x = 1
</syntaxhighlight>
<pre>y = 2
z = 3</pre>
[[File:a.png|thumb|A picture]]
[[Category:Towns]]
"""


def test_a_wiki_page_is_read_by_its_own_rules() -> None:
    source = read(WIKI, "Foo.wiki")
    assert told(source) == [
        Told("paragraph", "", ["Foo is a small town in Bar.", "It is 5 km wide."]),
        Told("paragraph", "History", ["Founded in 1900."]),
        Told("list", "History", ["- One", "- Below", "- Two"]),
        Told(
            "table",
            "History",
            ["Kings", "| Name | Born |", "| Ann | 1900 |", "| Bob | 1950 |"],
        ),
        Told("code", "History", ["x = 1"]),
        Told("code", "History", ["y = 2", "z = 3"]),
    ]
    assert line_of(source, "| Bob") == 19


LATEX = r"""\documentclass{article}
\title{My \emph{Paper}}
\newcommand{\hidden}{Hidden.}
\begin{document}
\maketitle
\section{Intro}\label{sec:i}
We show that \textbf{things} work~\cite{a}, for $n > 2$. It costs 5\% % nobody reads this
of \verb|a_b|.

\begin{itemize}
\item First \LaTeX{} item
\item[Second] one
\end{itemize}

\paragraph{Note} This is ``it''.
\begin{verbatim}
code % here
\end{verbatim}
\begin{tabular}{ll}
\hline
Name & Age \\ \hline
Bob & 42 \\
Al & \multicolumn{1}{c}{7} \\ \hline
\end{tabular}
\end{document}
Hidden.
"""


def test_latex_is_read_by_its_own_rules() -> None:
    source = read(LATEX, "paper.tex")
    assert source.title == "My Paper"
    assert told(source) == [
        Told(
            "list",
            "Intro",
            [
                "We show that things work, for $n > 2$.",
                "It costs 5% \nof a_b.",
                "- First LaTeX item",
                "- Second one",
            ],
        ),
        Told("code", "Intro > Note", ["\\paragraph{Note} This is ``it''.", "code % here"]),
        Told("table", "Intro > Note", ["| Name | Age |", "| Bob | 42 |", "| Al | 7 |"]),
    ]
    assert line_of(source, "| Bob") == 22


MDX = """\
---
title: Hello
---
import Tabs from 'x'
export const a = {
  b: 1
}

# Hello

<Tabs>
<TabItem value="mac" label="macOS">

Run `brew <x>` now.

```jsx
import x from 'y'
<Foo />
```

</TabItem>
</Tabs>
{/* Nobody reads this. */}

<Note title="Warning">Beware of the <b>dog</b>, a < b.</Note>
"""


def test_mdx_is_read_as_markdown_without_its_components() -> None:
    source = read(MDX, "hello.mdx")
    assert source.title == "Hello"
    assert told(source) == [
        Told("paragraph", "Hello", ["macOS"]),
        Told("code", "Hello", ["Run `brew <x>` now.", "import x from 'y'", "<Foo />"]),
        Told("paragraph", "Hello", ["Warning: Beware of the dog, a < b."]),
    ]
    assert line_of(source, "Beware") == 25


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.adoc", ":a: b\n// c\n"),
        ("a.org", "#+TITLE: a\n# c\n"),
        ("a.wiki", "{{a}}\n<!-- c -->\n"),
        ("a.tex", "% c\n\\begin{document}\n% d\n"),
        ("a.mdx", "import a from 'b'\n\n{/* c */}\n"),
    ],
)
def test_a_file_without_words_is_refused(name: str, text: str) -> None:
    with pytest.raises(LoadError, match="The file holds nothing but"):
        load_bytes(text.encode(), name=name)


@pytest.mark.parametrize("name", ["a.adoc", "a.org", "a.wiki", "a.tex", "a.mdx"])
def test_what_is_opened_and_never_closed_takes_no_words_away(name: str) -> None:
    openings = "----\n////\n#+begin_src\n<pre>\n{|\n<ref>\n{{\n[[\n\\begin{verbatim}\n<A b={\n{/*\n"
    source = read(openings + "\nThe words that stand below.\n", name)
    assert "The words that stand below." in "".join(each.text for each in passages(source))
