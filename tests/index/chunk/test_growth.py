"""Twice as much of anything takes at most about twice as long to load, to cut and to show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bot.cli.quote_lines import written_text
from bot.discord_bot.text.quotes import bold, marked
from bot.discord_bot.text.safe_markdown import literal, prose
from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.load.loaders import load_bytes
from index.schema import LoadedDocument, Source, Span
from index.text.readable_markdown import markup_of, readable_span
from tests.doubles.growth import grows_in_step
from tests.doubles.loaded_sources import source_of

Text = Callable[[int], str]
"""Makes a text of about so many characters."""


def over(unit: str, *, first: str = "", last: str = "") -> Text:
    """Repeat a unit."""
    return lambda size: first + unit * (size // len(unit)) + last


# fmt: off
UNITS = [
    "![", "[", "](", "[a](", "[a][b]", "[a]: b\n", "<!--", "<![CDATA[", "<?", "`", "a`", "``a`",
    "*", "a**b", "**", "_a", "{", "{#a", '{a="', "/*", "- x\n", "- ", "- x\n\n", "1. x\n",
    "1. x\n\n", "> ", ">", "> a\n", "#", "# a\n", "# ", "a\n=\n", "|", "|a", "|a|b\n",
    "| --- |\n", "<", "&", "&amp", " ", "\t", "\n", "a", "a ", ". ", "a. ", "!? ", "A. B. ", '."',
    "iv. ", "approx. ", "1.", "1,", "```\n", "~~~\na\n", "---\n", "(", "a-", "a'", "a_", "://",
    "http://", "www.", "@", "\u0300", "\u200b", "a\u200d", "\U000e0067", "🔹", "\u2022 a\n", "\\",
    "\\`", "\\|", "<a ", "<x>", "</x>", "<p>a", "<img alt=", "中", "中文字，", "中文字。", "ก",
    "\r",
    "a\r\n", "\u2028", "a  ", "“a", "A Heading\n\n", "<!--\n\n", "a<!--\n\n",
    "<p hidden>", "    <\n\n",
]
PAGES = [
    "<p>a", "<p>a</p>", "<div>", "<div>a", "<span>a", "<b>", "<ul><li>", "<blockquote>", "<!--",
    "<nav>a</nav>b", "<p hidden>a</p>b", "<nav>", "<h1>a</h1>", "<br>", "<code>a\n", "<pre>`",
    "<table><tr><td>", "<table><caption>a", "<font color=red>a", "<script>", "<select><option>a",
    "<meta name=a content=b>", "<title>a</title>", "<article>a", "<form>a", "<svg>",
    "<article>a</article>", "<a href=#a>b</a>", "<a accesskey=n>b</a>", "<div class=toc>a",
    "<p class=toc>a</p>", "<dl><dt>a", "<li><h2>a</h2>", "<math><mi>x</mi></math>", "<msup><mi>x",
    "<img class=math alt=x^2>", "<pre>a<br>", "<div role=main>a", "<aside>a</aside>",
]
WHOLE_PAGES = {
    "style without braces": over("a", first="<style>"),
    "comments of a style": over("/*", first="<style>"),
    "selectors of a style": over("a,", first="<style>"),
    "at-rules of a style": over("@a{", first="<style>"),
    "rules of a style, and who is meant": lambda size: (
        "<style>" + ".a{b:c}" * (size // 14) + "</style>" + "<p class=a>x" * (size // 24)
    ),
    "zeros of a style": over("0", first='<p style="opacity:', last='1">x'),
    "attributes": lambda size: f"<p {' '.join(f'a{n}=b' for n in range(size // 10))}>x",
    "cells of a row": over("<td>a", first="<table><tr><td>b<td>c<tr>"),
    "rows below a wide one": lambda size: (
        "<table><tr>" + "<td>a" * (size // 10) + "<tr><td>a" * (size // 18)
    ),
    "terms": over("<dt>a<dd>b", first="<dl>"),
    "terms without an end": over("<dt>a", first="<dl>"),
    "cells that go on below": lambda size: (
        "<table><tr>"
        + "<td rowspan=9999>abc" * (size // 40)
        + "<tr><td colspan=9999>a" * (size // 40)
    ),
    "cells as wide as a page": over("<tr><td colspan=1000>a<td>b", first="<table>"),
    "a page to be shared": over("<div><p>Some words of it.", first="<meta property=og:type>"),
    "colours inside each other": over("<font color=red>a", first="<p bgcolor=white>"),
    "lines of code": over("<div class=line>a</div>", first="<div class=fragment>"),
    "ticks of code": over("`", first="<pre>", last="</pre>"),
}
STRUCTURED = {
    "a.adoc": ["----\n", "////\n", "|===\n", "[a]\n", ":a: b\n", "{a}", "a::\n", "+\n", "<<a,"],
    "a.org": ["#+begin_src\n", "#+a: b\n", ":a:\n", "* a\n", "[[a][", "=a", ": a\n", "- a\n\n"],
    "a.wiki": ["{{", "{{a}}", "[[a|", "<ref>", "<ref", "<pre>\n", "{|\n", "| a\n", "''"],
    "a.tex": ["\\begin{verbatim}\n", "\\begin{tabular}\n", "\\item a\n", "\\section{", "\\a{", "~"],
    "a.mdx": ["import a\n", "export const a = {\n", "<A b={", "<A>", "{/*", '<A b="', "<A b={`"],
    "a.json": ["{", "[1,", '{"a":', '"', "//", "/*", "{},", '"a":1,'],
    "a.jsonl": ['{"a":1}\n', "[", "{}\n"],
    "a.yaml": ["a: b\n", " a:\n", "- - ", "- a\n", "a: |\n", "---\n", "# a\n", "kind: a\n"],
    "a.toml": ["a = 1\n", "[a]\n", 'a = """\n', "a = [\n", "# a\n"],
    "a.xml": ["<a>", "<a/>", "<!--", "<![CDATA[", "<a ", "</a>", "<a>b</a>\n"],
    "a.py": ["def a():\n", "class A:\n", "(", "# a\n", '"""\n', "if a:\n"],
    "a.sh": ["<", "((a)", "a() {\n", "<<EOF\n"],
    "a.srt": ["00:00:01,000 --> 00:00:02,000\na\n\n", "1 --> 2\n", "1\n", "<a"],
    "a.ipynb": ["{", '{"cells":[', '"'],
    "a.js": ["{", "`", "const a = () => {};\n", "<", "/*"],
}
"""What opens, closes or parts something in a format that no list above has."""
# fmt: on


TABLES = {
    "quotes": over('"'),
    "open quotes": over('"a\n', first="a,b\n"),
    "quotes open to the end": over("1,2\n", first='a,b\n"'),
    "cells of two lines": over('"a\nb",c\n', first="a,b\n"),
    "quotes closed in the wrong place": over('a,"b"c\n'),
    "columns": over("a,", last="\n1,2\n"),
    "rows below a wide one": lambda size: ",".join("a" * (size // 4)) + "\nb,c" * (size // 8),
    "wide rows": lambda size: (",".join("a" * 100) + "\n") * (size // 200),
    "notes": over("a\n", last="b,c\n"),
    "comments": over("#\n", first="a,b\n1,2\n"),
}


# fmt: off
MARKUP = [
    ".. note:: a\n", ".. note::\n\n   ", ".. a\n", "a::\n\n  b\n\n", "+-+\n|a|\n", "= =\na b\n\n",
    ":a: b\n", "a\n b\n", "`a <b>`", "   * - a\n", "===\na\n===\n",
]
# fmt: on


def read(name: str) -> Callable[[str], object]:
    """Return what loads and cuts a text as a file of this name."""

    def act(text: str) -> object:
        loaded = load_bytes(f"a\n\n{text}\n\nb".encode(), name=name)
        return chunk(source_of(loaded, name), ChunkConfig())

    return act


def shown(text: str) -> None:
    """Show a quote in every way there is."""
    span = (0, len(text) // 2)
    for styled in (False, True):
        readable_span(text, span, styled=styled)
    literal(text)
    prose(text)
    bold(literal(marked(text, span)))
    written_text(text, joined=True)


@pytest.mark.parametrize("name", ["a.txt", "a.md"])
@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_a_text_takes_as_long_as_it_is(unit: str, name: str) -> None:
    grows_in_step(read(name), over(unit), 12_000)


@pytest.mark.parametrize("unit", PAGES)
def test_a_page_takes_as_long_as_it_is(unit: str) -> None:
    # Up to 2,000 levels of nested lines take by the square, at most .4 s; deeper ones are cut.
    grows_in_step(read("a.html"), over(unit), 30_000 if unit == "<pre>a<br>" else 12_000)


@pytest.mark.parametrize("name", STRUCTURED)
def test_structured_text_takes_as_long_as_it_is(name: str) -> None:
    for unit in STRUCTURED[name]:
        grows_in_step(read(name), over(unit), 5_000)


@pytest.mark.parametrize("name", ["a.adoc", "a.org", "a.wiki", "a.tex", "a.py"])
def test_showing_a_quote_of_a_markup_takes_as_long_as_it_is(name: str) -> None:
    for unit in [*STRUCTURED[name], " ", "\t", "a ", "*", "_", "`"]:
        grows_in_step(lambda text: readable_span(text, (0, 5), markup_of(name)), over(unit), 2_000)


@pytest.mark.long
@pytest.mark.limit(900)
@pytest.mark.parametrize("name", STRUCTURED)
def test_long_structured_text_takes_as_long_as_it_is(name: str) -> None:
    for unit in [*STRUCTURED[name], *UNITS]:
        grows_in_step(read(name), over(unit), 100_000)


@pytest.mark.parametrize("text", WHOLE_PAGES.values(), ids=WHOLE_PAGES)
def test_a_page_of_one_kind_takes_as_long_as_it_is(text: Text) -> None:
    grows_in_step(read("a.html"), text, 12_000)


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
def test_a_table_takes_as_long_as_it_is(text: Text) -> None:
    grows_in_step(read("a.csv"), text, 12_000)


@pytest.mark.parametrize("unit", MARKUP, ids=ascii)
def test_restructured_text_takes_as_long_as_it_is(unit: str) -> None:
    grows_in_step(read("a.rst"), over(unit), 12_000)


def test_directives_inside_each_other_take_as_long_as_they_are() -> None:
    def deep(size: int) -> str:
        return "".join(f"{'   ' * level}.. note::\n\n" for level in range(int((size / 1.5) ** 0.5)))

    grows_in_step(read("a.rst"), deep, 24_000)


@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_showing_a_quote_takes_as_long_as_it_is(unit: str) -> None:
    grows_in_step(shown, over(unit), 2_000)


@pytest.mark.long
@pytest.mark.limit(900)
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.rst", "a.csv"])
@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_a_long_text_takes_as_long_as_it_is(unit: str, name: str) -> None:
    grows_in_step(read(name), over(unit), 200_000)


@pytest.mark.long
@pytest.mark.limit(900)
@pytest.mark.parametrize("text", [*map(over, PAGES), *WHOLE_PAGES.values()])
def test_a_long_page_takes_as_long_as_it_is(text: Text) -> None:
    grows_in_step(read("a.html"), text, 200_000)


def test_a_paragraph_that_goes_on_over_many_pages() -> None:
    def act(text: str) -> None:
        count = len(text)
        loaded = LoadedDocument(
            text="\n\n".join(["the words\ngo on"] * count),
            title="Long",
            mime="application/pdf",
            pages=tuple(Span(start=17 * n, end=17 * n + 15) for n in range(count)),
        )
        source = Source(
            **dict(loaded),
            id="0" * 16,
            collection="documents",
            uri="a.pdf",
            sha256="1" * 64,
            added_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        chunk(source, ChunkConfig())

    grows_in_step(act, over("a"), 2_000)


def test_a_few_lines_of_front_matter_do_not_multiply() -> None:
    lines = ["a0: &a0 {k: v}"]
    for level in range(1, 12):
        aliases = ", ".join([f"*a{level - 1}"] * 9)
        lines.append(f"a{level}: &a{level} {{<<: [{aliases}]}}")
    text = "\n".join(["---", *lines, "---", "Words."])
    loaded = load_bytes(text.encode(), name="a.md")
    assert loaded.warnings == (
        "Its front matter is not valid YAML; nothing but its title was read.",
    )


def test_a_wide_header_does_not_fill_up_every_row() -> None:
    text = ",".join(["a"] * 60) + "\nb" * 20_000
    assert len(load_bytes(text.encode(), name="a.csv").text) < 20 * len(text)
