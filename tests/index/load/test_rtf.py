"""Rich Text Format: what a reader sees, in whatever encoding."""

from __future__ import annotations

import pytest

from index.errors import LoadError
from index.load.loaders import load_bytes
from index.schema import LoadedDocument

HEAD = (
    r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fswiss Arial;}{\f1\froman\fcharset204 Times;}}"
    r"{\stylesheet{Normal;}{\s1\b heading 1;}{\s2\outlinelevel1 Kapitel;}{\s3 Title;}{\s4 toc 1;}}"
    r"{\info{\title The pool}{\author Ada}}{\header On every page}"
)


def loaded(body: str, head: str = HEAD) -> LoadedDocument:
    return load_bytes(f"{head}{body}}}".encode("latin-1"), name="pool_rules.rtf")


def blocks(body: str) -> list[str]:
    return loaded(body).text.split("\n\n")


def test_headings_paragraphs_and_notes_are_read() -> None:
    body = (
        r"\pard\s3 Rules\par\pard\s4 Fees 3\par\pard\s1 Fees\par\pard\s2 Dogs\par"
        r"\pard Dogs are free.{\footnote\pard But not cats.\par}\par"
        r"\pard # no heading\line second line\par\pard\outlinelevel0 Hours\par Nine"
    )
    assert blocks(body) == [
        "# Rules", "## Fees", "### Dogs", "Dogs are free.", "Footnote 1: But not cats.",
        "\\# no heading\nsecond line", "## Hours", "## Nine",
    ]  # fmt: skip
    assert loaded(body).title == "The pool"


def test_lists_have_the_marks_that_are_printed() -> None:
    item = r"{{\listtext\tab {}\tab}}\ilvl{} {}\par"
    body = r"\pard " + "".join(
        item.format(*each)
        for each in ((r"3.", 0, "a"), ("a)", 1, "b"), (r"\'b7", 2, "c"), ("4.", 0, "d"))
    )
    assert blocks(body) == ["3. a\n    - a) b\n        - c\n4. d"]


def test_tables_are_read_by_rows_and_merged_cells_in_each() -> None:
    first = r"\trowd\clvmgf\cellx1\cellx2\pard\intbl A|1\cell B\par b\cell\row"
    second = r"\trowd\clvmrg\cellx1\cellx2\pard\intbl\cell C\cell\row"
    assert blocks(rf"{first}{second}\pard After\par") == [
        "| A\\|1 | B b |\n| --- | --- |\n| A\\|1 | C |", "After",
    ]  # fmt: skip


def test_words_are_decoded_by_font_code_page_and_unicode() -> None:
    body = (
        r"\pard Caf\'e9 \f1\'cf\'f0\f0 \u8364? \uc2\u-10179??\u-8704?? \uc0\u233 x"
        r"\~\_\-\emdash \{\}\\"
    )
    assert blocks(body) == ["Café Пр€ \U0001f600 éx\xa0-—{}\\"]
    polish = HEAD.replace("1252", "1250")
    assert loaded(r"\pard \'b3\'f3d\'9f\par", polish).text == "łódź"


def test_what_is_hidden_deleted_or_no_text_is_left_out() -> None:
    document = loaded(
        r"\pard Seen{\v unseen}{\deleted gone}{\*\unknown no}{\pict 00ff}{\field{\*\fldinst PAGE}"
        r"{\fldrslt 7}}{\*\annotation a comment} \bin5 }}}}}end\par"
    )
    assert document.text == "Seen7 end"
    assert document.warnings == (
        "It hides text from readers (once), left out; the first: 'unseen'.",
    )


def test_a_text_box_is_read() -> None:
    box = r"{\shp{\*\shpinst{\sp{\sn a}{\sv 1}}{\shptxt\pard In a box\par}}{\shprslt twice}}"
    text = loaded(rf"\pard Text{box}\par").text
    assert "In a box" in text and "twice" not in text


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "empty"), (b"Words", "no RTF file"), (b"{\\rtf1 {\\pict 00}}", "holds no text")],
)
def test_what_cannot_be_read_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(LoadError, match=reason):
        load_bytes(data, name="a.rtf")


@pytest.mark.parametrize(
    "piece", ["{", "}", "\\'", "\\", "{\\*", "\\u1", "{\\f1", "{\\s1", "\\cell"]
)
def test_broken_files_give_a_document_or_a_reason(piece: str) -> None:
    assert "Words" in loaded(f"\\pard Words\\par {piece * 5000}").text
