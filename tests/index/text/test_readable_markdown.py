"""Quotes of Markdown and of pages as people read them: words stay, marks go, code is left alone."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.text.readable_markdown import (
    Markup,
    markup_of,
    readable_span,
    readable_title,
)
from tests.doubles.growth import grows_in_step

WORDS = st.text(alphabet="ab éß漢字 0.,;:?!'\"\n-—", max_size=200)
"""Text without any sign that Markdown or HTML could read as a mark."""

PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            ["**", "*", "__", "_", "***", "`", "```", "\n", "\n\n", "- ", "# ", "| ", "[", "]",
             "![", "](x)", "][r]", "(", ")", "<b>", "</b>", "<br>", "<!--", "-->", "&amp;", "&#27;",
             "\\", "{#id}", "a", "word ", " ", "<https://a.b>", "漢", "2",
             "[x](\ud800)"]
        ),
        st.text(max_size=5),
    ),
    max_size=40,
).map("".join)  # fmt: skip


def readable(text: str, markup: Markup = "markdown", *, styled: bool = False) -> str:
    return readable_span(text, None, markup, styled=styled).text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Fish &amp; chips &lt;hot&gt; &#8211; 5&nbsp;euros", "Fish & chips <hot> – 5 euros"),
        ("&nope; &copyright; AT&T; &", "&nope; &copyright; AT&T; &"),
        ("a<br>b<br/>\nc", "a\nb\nc"),
        ("Press <kbd>Ctrl</kbd>+<kbd>C</kbd>.", "Press Ctrl+C."),
        ("<td>one</td><td>two</td>", "one two"),
        ("Call <a href=\"tel:1\">one</a><!-- why --> now", "Call one now"),
        ("<p align=\"center\">\n  <b>Quoth</b>\n</p>\nA bot.", "Quoth\nA bot."),
        ("before <!-- two\nlines --> after", "before after"),
        ("<img src=\"a.png\" alt=\"The logo\"> of Quoth", "The logo of Quoth"),
        ("## Install {#install}", "Install"),
        ("Since May\n{: datetime=\"2025-06-10\" }", "Since May"),
        ("# Title\ntext", "Title\ntext"),
        ("#hashtag and #1, C# and F# too", "#hashtag and #1, C# and F# too"),
        ("see [the *guide*](http://x/y_z_(1) \"T\")", "see the guide"),
        ("[ref][r1], [RFC][] and [12][13]", "ref, RFC and [12][13]"),
        ("![a map](map.png){width=\"50%\"} of it", "a map of it"),
        ("See [it](x){.external}. {name}", "See it. {name}"),
        ("[two\nlines][r1] and [t](javascript:x)", "two\nlines and [t](javascript:x)"),
        ("[![build](b.svg)](https://ci) passes", "build passes"),
        ("**bold** __bold__ *em* _em_ ***both***", "bold bold em em both"),
        ("**Note:** do it. **Never", "Note: do it. Never"),
        ("cut off**. And then", "cut off. And then"),
        ("- **one** and *two*\n* three", "- one and two\n* three"),
        ("**Creative\nCommons**", "Creative\nCommons"),
        ("price* and 2*3*4 and 2**8**2 and **/*.md", "price* and 2*3*4 and 2**8**2 and **/*.md"),
        ("(*) one (*) two", "(*) one (*) two"),
        ("snake_case_name, _private and __init__.py", "snake_case_name, _private and __init__.py"),
        ("e.__doc__, f", "e.__doc__, f"),
        (r"0 \- Central \*office\* C:\temp", "0 - Central *office* C:\\temp"),
        ("one\\\ntwo", "one\ntwo"),
        ("<https://a.b/c> or <me@a.org>", "https://a.b/c or me@a.org"),
        ("<your-name>, List<String>, a < b > c", "<your-name>, List<String>, a < b > c"),
        ("<title> <Tip> <Note> is</Note><my-tag a=\"b\"/>", "<title> <Tip> is"),
        ("a[i][j] and {:.2f}", "a[i][j] and {:.2f}"),
        ("| a \\| b | x<br>y | **c** |\n|---|:--|---|", "| a \\| b | x y | c |\n|---|:--|---|"),
        ("* * *\n***\n---", "* * *\n***\n---"),
        ("`**x** <br> &amp;` stays", "`**x** <br> &amp;` stays"),
        ("```sh\n# **x** <br>\n\n[a](b)\n```\n**y**", "```sh\n# **x** <br>\n\n[a](b)\n```\ny"),
        ("1. ```\n   # x\n   ```\n# y", "1. ```\n   # x\n   ```\ny"),
        ("`` a ` **b** `` and ` **c**", "`` a ` **b** `` and ` c"),
    ],
)  # fmt: skip
def test_marks_go_and_words_stay(written: str, read: str) -> None:
    assert readable(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("**bold** and *em* and __low__", "**bold** and *em* and **low**"),
        ("**never closed", "never closed"),
        ("closed** before", "closed before"),
        ("**two\n- items**", "two\n- items"),
        ("**two\nlines** or *two<br>parts*", "**two lines** or *two parts*"),
        ("2*3*4 and a star*", r"2\*3\*4 and a star\*"),
        (r"\*as it is\* \! and \_this\_", r"\*as it is\* ! and _this_"),
        (r"\\*x* C:\temp `a*`", r"\\*x* C:\\temp `a*`"),
        ("| **a** | 2*3 |", "| a | 2*3 |"),
        ("# Title {#id}", "Title"),
        ("[**bold**](x) &ast;", r"**bold** \*"),
        ("* item", "* item"),
    ],
)
def test_a_reader_that_shows_markdown_gets_whole_pairs_and_no_stray_stars(
    written: str, read: str
) -> None:
    assert readable(written, styled=True) == read


@pytest.mark.parametrize(
    "text", ["<br> &lt; `x`", "**/.svn and __init__", "a[i](x) {#id} <!-- why -->", r"C:\*"]
)
def test_what_a_page_said_stays_but_for_headings(text: str) -> None:
    assert readable(f"## Title\n{text}", "page") == f"Title\n{text}"
    assert readable(f"## Title\n{text}", "none") == f"## Title\n{text}"


@pytest.mark.parametrize(
    ("uri", "markup"),
    [
        ("a/b.md", "markdown"), ("B.MARKDOWN", "markdown"), ("c.mdx", "markdown"),
        ("a.html", "page"), ("a.HTM", "page"), ("a.xhtml", "page"),
        ("https://a.example/b", "page"), ("https://a.example/read.md?raw=1#x", "markdown"),
        ("http://[broken", "page"), ("a.pdf", "page"), ("a.txt", "none"), ("md", "none"),
        ("team-answer-md.txt", "none"), ("a/guide.adoc", "asciidoc"), ("a.TEX", "latex"),
        ("compose.yaml", "code"), ("a.py", "code"), ("https://example.org", "page"),
        ("https://a.example/index.php", "page"), ("a.ipynb", "markdown"), ("a.wiki", "mediawiki"),
    ],
)  # fmt: skip
def test_how_a_source_is_written_is_told_by_its_name(uri: str, markup: Markup) -> None:
    assert markup_of(uri) == markup


def test_what_a_file_holds_tells_more_than_its_name() -> None:
    for mime in ("application/docbook+xml", "application/dita+xml"):
        assert markup_of("manual.xml", mime) == "page"
    assert markup_of("data.xml", "application/xml") == "code"
    assert markup_of("a.ipynb", "application/x-ipynb+json") == "markdown"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Install {#install}", "Install"),
        ('<a id="x"></a>Q &amp; A', "Q & A"),
        ("**Plan** | [Price](p.md)", "Plan | Price"),
        ("The <br> of __init__", "The <br> of __init__"),
        ("Install{#install}", "Install"),
        ("{#only}", "{#only}"),
    ],
)
def test_a_heading_loses_its_anchor_and_no_word(written: str, read: str) -> None:
    assert readable_title(written) == read
    assert readable_title(written, "page") == written


def test_characters_written_as_entities_can_neither_command_nor_hide() -> None:
    assert (
        readable("a&#27;[2Jb &#x202e;c&#x200b;d &#xF0000; e&#10;f")
        == "a[2Jb \ufffdc\ufffdd \ufffd e f"
    )


@pytest.mark.parametrize("text", ["<!-- nothing -->", '<a id="x"></a>', "&nbsp;", "# "])
def test_what_renders_to_nothing_is_shown_as_it_is(text: str) -> None:
    assert readable_span(text, (0, 2)) == (text, (0, 2))


@pytest.mark.parametrize(
    ("text", "words", "read"),
    [
        ("The **moon** pulls.", "moon", "moon"),
        ("The **moon** pulls.", "**moon** pulls", "moon pulls"),
        ("The **moon** pulls.", "he **mo", "he mo"),
        ("a &amp; b", "&am", "&"),
        ("see [the guide](http://x) now", "guide](htt", "guide"),
        ("see [the guide](http://x) now", "now", "now"),
        ("<p>\n<b>One</b>\n</p>\nTwo", "Two", "Two"),
        ("## A title\ntext", "title\ntext", "title\ntext"),
    ],
)
def test_a_span_moves_with_its_words(text: str, words: str, read: str) -> None:
    start = text.index(words)
    shown, span = readable_span(text, (start, start + len(words)))
    assert span is not None
    assert shown[slice(*span)] == read


def test_a_span_of_nothing_but_marks_is_no_span_of_what_is_read() -> None:
    assert readable_span("see [it](http://x)", (9, 17)).span is None


@given(WORDS)
def test_words_without_marks_come_out_unchanged(text: str) -> None:
    assert readable(text) == text
    assert readable(text, styled=True) == text


@given(PIECES, st.integers(0, 80), st.integers(0, 80), st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_text_can_be_read_and_any_span_of_it_found(
    text: str, start: int, length: int, styled: bool
) -> None:
    span = (min(start, len(text)), min(start + length, len(text)))
    shown, moved = readable_span(text, span, styled=styled)
    assert shown == readable(text, styled=styled)
    assert bool(shown.strip()) == bool(text.strip())
    if moved is not None:
        assert 0 <= moved[0] <= moved[1] <= len(shown)


@given(st.text(alphabet=st.characters(exclude_characters="`\n\r"), min_size=1), PIECES)
@settings(max_examples=200, deadline=None)
def test_code_stays_as_it_is(code: str, after: str) -> None:
    for written in (f"`{code}`", f"```\n{code}\n```"):
        for styled in (False, True):
            assert readable(f"<b>See</b>\n{written}", styled=styled) == f"See\n{written}"
            assert written in readable(f"{written}\n\n{after}", styled=styled)


@given(st.lists(st.text(alphabet="abc", min_size=1), min_size=1))
@settings(max_examples=100, deadline=None)
def test_no_word_between_marks_is_lost(words: list[str]) -> None:
    text = " ".join(f"**{word}** [{word}](http://x/y) <b>{word}</b> _{word}_" for word in words)
    assert readable(text).split() == [word for word in words for _ in range(4)]


@pytest.mark.parametrize(
    "unit",
    ["[", "*", "<", "_", "`", "&", "\\", "](", "![", "<!--", "**a ", "*a**b_", "[a](b \"", "[a][",
     "<a ", "<b> ", "<p>\n", "{:a=", "{#a", "- **a\n", "| *a ", "<script>", "`a", "# ", "<a@", " "],
)  # fmt: skip
@pytest.mark.parametrize("styled", [False, True])
def test_hostile_text_takes_as_long_to_read_as_it_is(unit: str, styled: bool) -> None:
    grows_in_step(partial(readable, styled=styled), lambda count: unit * count, 2500)


def test_a_page_is_shown_without_what_its_loader_put_before_words() -> None:
    text = "\\# no heading\n\\> no quotation\n\\#tag and \\# stay\n\\x"
    shown = readable_span(text, (2, 4), "page")
    assert shown.text == "# no heading\n> no quotation\n\\#tag and \\# stay\n\\x"
    assert shown.span == (1, 3)
    assert readable_span(text, None, "none").text == text


def test_code_is_shown_in_a_block_without_the_margin_that_all_its_lines_have() -> None:
    text = "    def a():\n\n        return '```'"
    shown = readable_span(text, (text.index("return"), len(text)), "code")
    assert shown.text == "````\ndef a():\n\n    return '```'\n````"
    assert shown.span is not None
    assert shown.text[slice(*shown.span)] == "return '```'"


@pytest.mark.parametrize(
    ("markup", "written", "read"),
    [
        ("asciidoc", "Use *bold _and_ more*, `+x+`", "Use bold and more, x"),
        ("asciidoc", "See xref:a.adoc[the page] at https://b.example[B].", "See the page at B."),
        ("asciidoc", "a * b * c, snake_case_a, {b}", "a * b * c, snake_case_a, {b}"),
        ("org", "See [[file:a.org][the page]], a/b/c and =x=.", "See the page, a/b/c and x."),
        ("mediawiki", "\'\'\'A\'\'\' is [[b|c]] at [https://d.example here].", "A is c at here."),
        ("mediawiki", "It is {{lang|fr|\'\'grand\'\'}}&nbsp;big<br/>now", "It is grand big now"),
        ("latex", r"\emph{a \textbf{b}}~c --- ``d'' $x_{1}$", "a b c — “d” $x_{1}$"),
        ("latex", r"\'e costs 5\,\%", "e\u0301 costs 5 %"),
    ],
)  # fmt: skip
def test_other_markups_are_read_without_their_marks(
    markup: Markup, written: str, read: str
) -> None:
    span = (written.index(written.split()[-1]), len(written))
    shown = readable_span(written, span, markup)
    assert " ".join(shown.text.split()) == read
    assert shown.span is not None and read.endswith(shown.text[slice(*shown.span)].split()[-1])
