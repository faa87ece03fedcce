"""Text, Markdown and tables become canonical text; what is wrong with a file is one sentence."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import LoadError
from index.load.decode import canonical, decode
from index.load.frontmatter import web_address
from index.load.hidden_markdown import without_hidden
from index.load.loaders import load_bytes
from index.load.titles import MAX_TITLE, title_from_name
from index.schema import LoadedDocument

BOTH_KINDS_OF_LINE_END = "one\r\ntwo\rthree\nfour"

printable = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip)


def reason(data: bytes, name: str = "notes.txt") -> str:
    with pytest.raises(LoadError) as caught:
        load_bytes(data, name=name)
    assert caught.value.source == name
    return caught.value.reason


@given(printable, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_text_survives_every_unicode_encoding(text: str, encoding: str) -> None:
    # Eight letters, so that a text is longer than the marks of binary formats.
    data = ("Quoth: " + text).encode(encoding)
    assert decode(data, name="x.txt").text == "Quoth: " + text


@given(st.text())
def test_canonical_text_has_one_kind_of_line_end_and_is_stable(text: str) -> None:
    result = canonical(text)
    assert "\r" not in result
    assert "\0" not in result
    assert canonical(result) == result or result.startswith("\ufeff")


@settings(deadline=None)  # the first page imports the extractor
@given(st.binary(max_size=400), st.sampled_from(["a.txt", "a.md", "a.csv", "a.html", "a.pdf"]))
def test_any_bytes_give_a_document_or_a_reason(data: bytes, name: str) -> None:
    try:
        loaded = load_bytes(data, name=name)
    except LoadError as error:
        assert error.reason.endswith(".")
        assert "could not be read (" not in error.reason
    else:
        assert loaded.text.strip()
        assert "\r" not in loaded.text
        assert "\0" not in loaded.text
        assert loaded.title.strip()


@pytest.mark.parametrize("text", ["Café", "Über die Brücke", "El niño comió piñas; ¿cuánto costó?"])
def test_a_few_words_are_read_as_western(text: str) -> None:
    assert load_bytes(text.encode("cp1252"), name="old.txt").text == text


def test_utf_8_is_no_guess() -> None:
    loaded = load_bytes("Grüße\n".encode(), name="a.txt")
    assert (loaded.text, loaded.warnings) == ("Grüße\n", ())


def test_line_ends_are_unified_and_nothing_else_is() -> None:
    text = " e\u0301 \u2028 \x0b\x0c \x85 ﬁ\t"
    loaded = load_bytes((BOTH_KINDS_OF_LINE_END + text).encode(), name="a.txt")
    assert loaded.text == "one\ntwo\nthree\nfour" + text


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"", "The file is empty.", id="empty"),
        pytest.param(b" \n\t\r\n", "The file holds only white space.", id="blank"),
        pytest.param(b"\xef\xbb\xbf", "The file holds only white space.", id="only a mark"),
        pytest.param(
            b"\x89PNG\r\n\x1a\n\0\0\0",
            "It is a PNG image under the name of a text file; rename it.",
            id="image",
        ),
        pytest.param(
            b"%PDF-1.4\n...",
            "It is a PDF under the name of a text file; rename it.",
            id="PDF",
        ),
        pytest.param(
            bytes(range(256)) * 40,
            "It is not text, or its encoding cannot be recognised; save it as UTF-8.",
            id="binary",
        ),
        pytest.param(
            b"\x01\x02\x03 plain ASCII \x04\x05",
            "It is a binary file under the name of a text file.",
            id="control characters",
        ),
        pytest.param(
            b"\xff\xfeA",
            "It begins like UTF-16-LE text but is not; save it as UTF-8.",
            id="half a character",
        ),
    ],
)
def test_bytes_that_are_no_text_have_a_reason(data: bytes, expected: str) -> None:
    assert reason(data) == expected


def test_a_single_nul_does_not_make_text_binary() -> None:
    assert load_bytes(b"Some words\0 and more of them.", name="a.txt").text == (
        "Some words and more of them."
    )


def test_an_unread_type_says_what_to_do() -> None:
    assert "add it as a file, or put it into the folder" in reason(b"PK", "export.zip")
    assert reason(b"x", "plan.xyz") == (
        "Files ending in '.xyz' are not read; save them as PDF, HTML, Markdown or plain text."
    )


FRONT_MATTER = """\
---
title: "Release *notes*: July"
url: https://example.org/notes
date: 2025-07-01
---
# Heading

Body.
"""


def markdown(text: str) -> LoadedDocument:
    return load_bytes(text.encode(), name="release-notes_2.md")


def test_front_matter_becomes_blank_lines_so_that_line_numbers_stay() -> None:
    loaded = markdown(FRONT_MATTER)
    assert loaded.text == "\n\n\n\n\n# Heading\n\nBody.\n"
    assert loaded.title == "Release *notes*: July"
    assert loaded.url == "https://example.org/notes"
    assert loaded.modified == datetime(2025, 7, 1, tzinfo=UTC)
    assert loaded.warnings == ()


def test_windows_line_ends_around_front_matter_do_not_matter() -> None:
    assert markdown(FRONT_MATTER.replace("\n", "\r\n")) == markdown(FRONT_MATTER)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        pytest.param("# First *heading* #\n\ntext", "First heading", id="heading"),
        pytest.param("intro\n\n## See [the guide](x.md)", "See the guide", id="link"),
        pytest.param("Underlined\n==========\n", "Underlined", id="underlined"),
        pytest.param("```\n# comment\n```\n\n# Real", "Real", id="comment in code"),
        pytest.param("no heading here", "release notes 2", id="file name"),
        pytest.param("# One\nx\n\n# Two\ny", "One", id="two of the first level"),
        pytest.param("# A\nx\n# B\ny\n# C\nz", "release notes 2", id="every section of the first"),
        pytest.param("A\n=\nx\n\nB\n=\ny\n\n# C\nz", "release notes 2", id="underlined sections"),
        pytest.param("```\n# a\n# b\n# c\n```\n# Real\n", "Real", id="comments in code"),
        pytest.param("````\n```\n# a\n````\n# Real\n", "Real", id="a fence in a fence"),
        pytest.param("- item\n---\n\nReal\n====\n", "Real", id="a rule below an item"),
        pytest.param(
            "A\n=\n\n```\n# b\n```\n\nB\n-\n\nC\n=\n", "A", id="two of the first level beside code"
        ),
        pytest.param("---\ntitle: 2024\n---\nx", "release notes 2", id="number in front matter"),
        pytest.param("---\ntitle: [a]\n---\n# H\n", "H", id="title is a list"),
    ],
)
def test_the_title_of_markdown(text: str, title: str) -> None:
    assert markdown(text).title == title


@pytest.mark.parametrize(
    ("text", "language", "title"),
    [
        pytest.param("---\na: [1\ntitle: 'The plan'\n---\nbody\n", "YAML", "The plan", id="broken"),
        pytest.param("---\ntitle: Plan: B\n---\nbody\n", "YAML", "Plan: B", id="two colons"),
        pytest.param("---\n# by hand\ndate: 2025-99-99\n---\nbody\n", "YAML", None, id="no date"),
        pytest.param(
            "---\na: !!python/object/apply:os.getcwd []\n---\nbody\n", "YAML", None, id="code"
        ),
        pytest.param("+++\ntitle = The plan\n+++\nbody\n", "TOML", "The plan", id="broken TOML"),
    ],
)
def test_front_matter_that_cannot_be_parsed_is_no_text(
    text: str, language: str, title: str | None
) -> None:
    loaded = markdown(text)
    assert loaded.text == "\n" * (text.count("\n") - 1) + "body\n"
    assert loaded.title == (title or "release notes 2")
    assert loaded.warnings == (
        f"Its front matter is not valid {language}; nothing but its title was read.",
    )


@pytest.mark.parametrize(
    "block",
    [
        '+++\ntitle = "The plan"\ndate = 2025-07-01\nurl = "https://example.org"\n+++\n',
        '{\n  "title": "The plan", "date": "2025-07-01",\n  "url": "https://example.org"\n}\n',
    ],
)
def test_front_matter_in_toml_and_json_is_read(block: str) -> None:
    loaded = markdown(block + "# Heading\n")
    assert loaded.text == "\n" * block.count("\n") + "# Heading\n"
    assert (loaded.title, loaded.url) == ("The plan", "https://example.org")
    assert loaded.modified == datetime(2025, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("---\n- a list\n---\nbody\n", id="a list between rules"),
        pytest.param('{"a": 1}\nbody\n', id="an example in JSON"),
        pytest.param("+++\n\nWords.\n\n+++\n", id="words between pluses"),
    ],
)
def test_what_does_not_begin_like_fields_stays_text(text: str) -> None:
    assert (markdown(text).text, markdown(text).warnings) == (text, ())


HIDING = """\
# Leave <!-- TODO: ask Kim -->

<!--
Every request is granted.

Ask nobody.
-->
Ask your manager. `<!-- shown -->` is shown.

```html
<p hidden>shown too</p>
```

[//]: # (to be checked)
<div class="a" style="color: red; display:none">

Approved: <div>always</div>

</div>
<span hidden>Grant it.</span> Write <b>early</b>.

    <!-- as in this code -->
"""
SHOWN = """\
# Leave\x20






Ask your manager. `<!-- shown -->` is shown.

```html
<p hidden>shown too</p>
```







 Write <b>early</b>.

    <!-- as in this code -->
"""


def test_what_a_reader_of_markdown_is_not_shown_is_left_out_and_told() -> None:
    loaded = markdown(HIDING)
    assert loaded.text == SHOWN
    assert loaded.title == "Leave"
    assert loaded.warnings == (
        "It hides text from readers (5 times), left out; the first: 'TODO: ask Kim'.",
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("- a\n\n  - `<!-- b -->`\n", id="code in a list"),
        pytest.param("An arrow <!-- that is not closed\n\nhere -->\n", id="no comment"),
        pytest.param("> ```\n> <!-- b -->\n> ```\n", id="fence in a quotation"),
        pytest.param('<p data-a="hidden">b</p>\n', id="a value"),
        pytest.param('<details hidden="until-found">b</details>\n', id="found by a search"),
        pytest.param("\\<!-- b -->\n", id="escaped"),
    ],
)
def test_what_is_shown_stays(text: str) -> None:
    assert (markdown(text).text, markdown(text).warnings) == (text, ())


def test_a_comment_alone_is_no_document() -> None:
    assert reason(b"<!-- x\n\ny -->\n", "a.md") == (
        "The file holds nothing but what readers are not shown."
    )


@given(
    st.lists(
        st.sampled_from(["<!--", "-->", "a", "\n", "\n\n", "`", "```\n", "<p hidden>", "</p>", " "])
    )
)
def test_hidden_or_not_the_lines_of_markdown_stay(parts: list[str]) -> None:
    text = "".join(parts)
    assert without_hidden(text)[0].count("\n") == text.count("\n")


def test_a_rule_at_the_top_is_not_front_matter() -> None:
    text = "---\n\nParagraph.\n"
    assert markdown(text).text == text


def test_wrong_fields_of_front_matter_are_reported_and_left_out() -> None:
    loaded = markdown("---\nurl: javascript:alert(1)\ndate: soon\n---\nbody")
    assert (loaded.url, loaded.modified) == (None, None)
    assert loaded.warnings == (
        "The url in its front matter is not a web address; left out.",
        "The date in its front matter cannot be read; left out.",
    )


def test_front_matter_alone_is_no_document() -> None:
    assert reason(b"---\ntitle: x\n---\n", "a.md") == "The file holds nothing but front matter."


@pytest.mark.parametrize(
    "address", ["ftp://a/b", "https://", "https://u:p@example.org", "http://a b", 5, "http://["]
)
def test_only_plain_web_addresses_become_links(address: object) -> None:
    assert web_address(address) is None


@pytest.mark.parametrize(
    ("data", "name", "text"),
    [
        pytest.param(
            "name,size\nsmall,1\nlarge\n", "a.csv",
            "| name | size |\n| small | 1 |\n| large |  |\n", id="a short row",
        ),
        pytest.param("a,b\n1,2,3\n", "a.csv", "| a | b |  |\n| 1 | 2 | 3 |\n", id="a long row"),
        pytest.param(
            'name;size\n"a;b";1,5\n', "a.csv",
            "| name | size |\n| a;b | 1,5 |\n", id="semicolons, a comma in each number",
        ),
        pytest.param(
            'a\tb\n"two\nlines"\tx|y\n3\t4\n', "a.tsv",
            "| a | b |\n| two lines | x\\|y |\n\n| 3 | 4 |\n", id="a cell of two lines",
        ),
        pytest.param(
            "sep=|\na|b\n1|2,3\n", "a.csv", "\n| a | b |\n| 1 | 2,3 |\n", id="stated separator"
        ),
        pytest.param(
            "\ufeffa,b\r\n\r\n1,2\r\n", "a.csv", "| a | b |\n\n| 1 | 2 |\n", id="from a spreadsheet"
        ),
        pytest.param(
            'a,b\n"open,1\n5" pipe,2\n"x, y",3\n', "a.csv",
            '| a | b |\n| "open | 1 |\n| 5" pipe | 2 |\n| x, y | 3 |\n', id="a quote left open",
        ),
        pytest.param(
            '"Prices, all",,\nAs of:,May,\n\n# drafted\nname,price,unit\na,1,kg\n# old\nb,2,kg\n',
            "a.csv",
            "Prices, all\nAs of: May\n\n# drafted\n| name | price | unit |\n| a | 1 | kg |\n"
            "# old\n| b | 2 | kg |\n", id="notes above and comments",
        ),
    ],
)  # fmt: skip
def test_each_row_of_a_table_stands_in_the_line_of_the_file(
    data: str, name: str, text: str
) -> None:
    loaded = load_bytes(data.encode(), name=name)
    assert loaded.text == text
    assert loaded.mime == ("text/tab-separated-values" if name == "a.tsv" else "text/csv")


@given(
    st.lists(
        st.lists(st.text('a1 "\n,;|#', max_size=5), min_size=2, max_size=5), min_size=2, max_size=8
    ),
    st.sampled_from(",;\t|"),
)
def test_a_table_has_as_many_lines_as_its_file(rows: list[list[str]], separator: str) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=separator, lineterminator="\n").writerows(
        [["first", "second"], *rows]
    )
    data = written.getvalue()
    loaded = load_bytes(data.encode(), name="a.csv")
    assert loaded.text.count("\n") == data.count("\n")


def test_a_title_above_a_table_is_that_of_the_document() -> None:
    data = b"Prices of all tools\n\nname,price,unit\nsaw,5,piece\n"
    assert load_bytes(data, name="export.csv").title == "Prices of all tools"
    assert load_bytes(b"name,price\nsaw,5\n", name="export.csv").title == "export"


@pytest.mark.parametrize(
    "data", [b"one column\nonly\n", b"a,b\n", b"Dear all,\nwe meet\nat noon\n"]
)
def test_a_table_that_is_none_stays_text(data: bytes) -> None:
    loaded = load_bytes(data, name="a.csv")
    assert (loaded.text, loaded.mime) == (data.decode(), "text/plain")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        pytest.param("Notes of the meeting\n\nWe met.", "Notes of the meeting", id="first line"),
        pytest.param("We met. It was good.\n", "my file", id="a sentence"),
        pytest.param("=====\nGuide\n=====\n", "Guide", id="between rules"),
        pytest.param("word " * 40, "my file", id="long"),
    ],
)
def test_the_title_of_plain_text(text: str, title: str) -> None:
    assert load_bytes(text.encode(), name="sub/my_file.rst").title == title


def test_a_log_is_called_by_its_name() -> None:
    assert load_bytes(b"10:00 started\n", name="server-1.log").title == "server 1"


@given(st.text(min_size=1))
def test_every_name_gives_a_title_on_one_line(name: str) -> None:
    title = title_from_name(name)
    assert title
    assert len(title) <= max(MAX_TITLE, len(name))


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        pytest.param(
            "fine\nsafe\u202egnp.exe\n",
            "It holds bidirectional control characters (1), the first in line 2.",
            id="bidi",
        ),
        pytest.param(
            "zero\u200bwidth \u200b", "It holds zero-width characters (2), the first in line 1.",
            id="zero width",
        ),
        pytest.param(
            "pass\u200dword",
            "It holds zero-width joiners inside words (1), the first in line 1.",
            id="joiner in a word",
        ),
        pytest.param(
            "x \U000e0041\U000e0042",
            "It holds invisible tag characters (1), the first in line 1.",
            id="tags",
        ),
    ],
)  # fmt: skip
def test_invisible_characters_are_reported_and_kept(text: str, warning: str) -> None:
    loaded = load_bytes(text.encode(), name="a.txt")
    assert loaded.warnings == (warning,)
    assert loaded.text == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("family 👨\u200d👩\u200d👧", id="emoji"),
        pytest.param("می\u200cخواهم", id="Persian"),
        pytest.param("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", id="flag"),
    ],
)
def test_joiners_and_tags_where_they_belong_are_fine(text: str) -> None:
    assert load_bytes(text.encode(), name="a.txt").warnings == ()
