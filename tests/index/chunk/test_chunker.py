"""What passages are made of real kinds of text, whole lists of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.schema import Passage, Source, Span
from index.text.sentences import language_of, sentence_spans
from index.text.table_rows import header_of

ARTICLE = Path(__file__).parents[4] / "shared" / "documents" / "un-awaits-ceasefire.txt"

Outline = list[tuple[str, tuple[str, ...], list[str]]]


def source_of(
    text: str, mime: str = "text/plain", *, title: str = "", pages: tuple[Span, ...] = ()
) -> Source:
    return Source(
        id="s",
        collection="documents",
        uri="a.txt",
        title=title,
        mime=mime,
        sha256="0" * 64,
        text=text,
        pages=pages,
        added_at=datetime(2025, 1, 1, tzinfo=UTC),
    )


def outline(source: Source, config: ChunkConfig | None = None) -> Outline:
    """Return kind, headings and sentences of every passage."""
    return [
        (p.kind, p.heading, [s.of(source.text) for s in p.sentences])
        for p in chunk(source, config or ChunkConfig())
    ]


def cut(
    text: str, mime: str = "text/plain", *, title: str = "", max_tokens: int = 220
) -> list[Passage]:
    return chunk(source_of(text, mime, title=title), ChunkConfig(max_tokens=max_tokens))


def texts(source: Source, config: ChunkConfig | None = None) -> list[str]:
    return [p.text for p in chunk(source, config or ChunkConfig())]


ARTICLE_OUTLINE = [
    ("paragraph", [1], [(3, 1)]),
    ("list", [1, 5], [(7, 2), (9, 1), (10, 1), (11, 1)]),
    ("paragraph", [1, 5], [(13, 2)]),
    ("list", [1, 15], [(17, 1), *((line, 1) for line in range(19, 28))]),
    ("paragraph", [1, 15], [(29, 1)]),
    ("paragraph", [1, 43], [(45, 1), (47, 1)]),
    ("list", [1, 43], [(line, 1) for line in range(49, 53)]),
    ("list", [1, 54], [(line, 1) for line in range(56, 59)]),
    ("paragraph", [1, 60], [(62, 1), (64, 2), (66, 1)]),
]
"""Of each passage: its kind, the lines of its headings, and each line with its sentences."""


@pytest.mark.skipif(not ARTICLE.exists(), reason="the article is not part of the project")
def test_the_article_is_cut_at_its_headings_and_its_lists_keep_their_lead_in() -> None:
    source = source_of(ARTICLE.read_text(encoding="utf-8"))
    lines = [plain(line) for line in source.text.split("\n")]
    found = outline(source)
    assert len(found) == len(ARTICLE_OUTLINE)
    for (kind, heading, sentences), (of_kind, above, below) in zip(
        found, ARTICLE_OUTLINE, strict=True
    ):
        assert kind == of_kind
        assert [plain(name) for name in heading] == [lines[line - 1] for line in above]
        rest = [plain(sentence) for sentence in sentences]
        for line, count in below:
            assert len(rest) >= count
            assert " ".join(rest[:count]) == lines[line - 1]
            del rest[:count]
        assert rest == []
    assert chunk(source, ChunkConfig())[5].text.startswith(source.text.split("\n")[30])


def plain(text: str) -> str:
    """Return a text with its white space, no-break spaces too, as single spaces."""
    return " ".join(text.split())


MARKDOWN = """\
# Guide

Read this first. It is short.

And this.

## Install

You need:

1. Python
   - version 3.11 or newer
   - with pip

   It must be on the path.
2. A terminal

Then type:

```sh
pip install uv

uv run quoth
```

That is all.

## Limits

| Thing | Limit |
|-------|------:|
| Files | 2,000 |
| Size  | 20 MB |

[docs]: https://example.org

***

### Empty

## Notes

> Quoted words. More
> of them.

Options
✔ fast
✔ exact

**Known problems**

None.

    indented code

## The end
"""


def test_markdown_is_cut_at_headings_lists_tables_and_code() -> None:
    source = source_of(MARKDOWN, "text/markdown")
    assert [(p.kind, p.heading, p.text) for p in chunk(source, ChunkConfig())] == [
        (
            "paragraph",
            ("Guide",),
            "# Guide\n\nRead this first. It is short.\n\nAnd this.",
        ),
        (
            "list",
            ("Guide", "Install"),
            "## Install\n\nYou need:\n\n1. Python\n   - version 3.11 or newer\n   - with pip\n\n"
            "   It must be on the path.\n2. A terminal",
        ),
        (
            "code",
            ("Guide", "Install"),
            "Then type:\n\n```sh\npip install uv\n\nuv run quoth\n```",
        ),
        ("paragraph", ("Guide", "Install"), "That is all."),
        (
            "table",
            ("Guide", "Limits"),
            "## Limits\n\n| Thing | Limit |\n|-------|------:|\n| Files | 2,000 |\n"
            "| Size  | 20 MB |",
        ),
        ("paragraph", ("Guide", "Limits"), "[docs]: https://example.org"),
        (
            "paragraph",
            ("Guide", "Notes"),
            "***\n\n### Empty\n\n## Notes\n\n> Quoted words. More\n> of them.",
        ),
        ("list", ("Guide", "Notes"), "Options\n✔ fast\n✔ exact"),
        (
            "code",
            ("Guide", "Notes", "Known problems"),
            "**Known problems**\n\nNone.\n\n    indented code",
        ),
        ("paragraph", ("Guide", "The end"), "## The end"),
    ]
    assert [sentences for _, _, sentences in outline(source)] == [
        ["Read this first.", "It is short.", "And this."],
        [
            "You need:",
            "1. Python",
            "- version 3.11 or newer",
            "- with pip",
            "It must be on the path.",
            "2. A terminal",
        ],
        ["Then type:", "pip install uv", "uv run quoth"],
        ["That is all."],
        ["| Thing | Limit |", "| Files | 2,000 |", "| Size  | 20 MB |"],
        ["[docs]: https://example.org"],
        ["> Quoted words.", "More\n> of them."],
        ["Options", "✔ fast", "✔ exact"],
        ["None.", "indented code"],
        ["## The end"],
    ]


WRAPPED = """\
THE KEEPER'S HANDBOOK
=====================

The lamp is lit at sunset and burns until sunrise. Oil is measured by
the keeper, who writes the amount into the book. Dr. Moll wrote
the first rules in 1874.
Nobody may climb the stairs alone.

1. Duties

Every keeper has these duties:
- to trim the wick, which takes about ten minutes with steady hands and
  a sharp pair of scissors
- to wind the clockwork
The assistant does the rest of the work that is not named in this list
of duties.

2. Rest

- One day a week

- Two weeks a year,
  in winter

Wages        month    year
Keeper          40     480
Assistant       25     300
"""


def test_hard_wrapped_text_is_joined_where_lines_were_broken_for_want_of_space() -> None:
    title = "THE KEEPER'S HANDBOOK"
    assert outline(source_of(WRAPPED)) == [
        (
            "paragraph",
            (title,),
            [
                "The lamp is lit at sunset and burns until sunrise.",
                "Oil is measured by\nthe keeper, who writes the amount into the book.",
                "Dr. Moll wrote\nthe first rules in 1874.",
                "Nobody may climb the stairs alone.",
            ],
        ),
        (
            "list",
            (title, "1. Duties"),
            [
                "Every keeper has these duties:",
                "- to trim the wick, which takes about ten minutes with steady hands and\n"
                "  a sharp pair of scissors",
                "- to wind the clockwork",
            ],
        ),
        (
            "paragraph",
            (title, "1. Duties"),
            ["The assistant does the rest of the work that is not named in this list\nof duties."],
        ),
        (
            "list",
            (title, "2. Rest"),
            ["- One day a week", "- Two weeks a year,\n  in winter"],
        ),
        (
            "table",
            (title, "2. Rest"),
            [
                "Wages        month    year",
                "Keeper          40     480",
                "Assistant       25     300",
            ],
        ),
    ]


def test_rows_of_comma_separated_values_in_plain_text_are_a_table() -> None:
    source = source_of("Stock on Monday:\n\nitem,left,price\nnails,200,3.50\nscrews,90,4.10\n")
    assert outline(source) == [
        (
            "table",
            (),
            ["Stock on Monday:", "item,left,price", "nails,200,3.50", "screws,90,4.10"],
        )
    ]


def test_a_long_table_is_cut_between_rows_and_every_row_finds_its_header() -> None:
    rows = "".join(f"| {n} | Name of number {n} | {n * n} |\n" for n in range(60))
    source = source_of("| n | name | square |\n|---|---|---|\n" + rows, "text/csv")
    passages = chunk(source, ChunkConfig(max_tokens=100))
    assert len(passages) > 5
    assert {p.kind for p in passages} == {"table"}
    header = Span(start=0, end=21)
    for number, row in enumerate(s for p in passages for s in p.sentences):
        assert header_of(source.text, row.start) == (header if number else None)
    assert "\n".join(p.text for p in passages) == source.text.strip()


def test_a_table_without_a_ruler_has_its_first_line_as_header() -> None:
    text = "Below:\n\nname\tage\nAnn\t3\nBob\t4\n"
    assert header_of(text, text.index("Bob")) == Span(start=8, end=16)
    assert header_of(text, text.index("name")) is None


def test_a_table_that_names_no_column_has_no_header() -> None:
    text = "|  |  |\n| --- | --- |\n| Ann | 3 |\n| Bob | 4 |\n"
    assert header_of(text, text.index("| Bob")) is None
    ((_, _, rows),) = outline(source_of(text, "text/html"))
    assert rows == ["| Ann | 3 |", "| Bob | 4 |"]


def test_a_header_that_stands_too_far_above_is_not_guessed() -> None:
    rows = "".join(f"name {n}\t{n}\n" for n in range(5003))
    assert header_of(rows, rows.index("name 4999")) == Span(start=0, end=8)
    assert header_of(rows, rows.index("name 5002")) is None


def test_short_paragraphs_share_a_passage_only_when_packing_is_on() -> None:
    source = source_of("One is here.\n\nTwo is here.\n\nThree is here.\n")
    assert texts(source) == ["One is here.\n\nTwo is here.\n\nThree is here."]
    assert texts(source, ChunkConfig(pack=False)) == [
        "One is here.",
        "Two is here.",
        "Three is here.",
    ]


def test_a_paragraph_over_the_budget_is_cut_between_sentences_into_even_parts() -> None:
    sentence = "The keeper wrote seven words down here. "
    source = source_of("Short one.\n\n" + sentence * 12 + "\n\nShort two.")
    lengths = [len(p.sentences) for p in chunk(source, ChunkConfig(max_tokens=64))]
    assert lengths == [1, 6, 6, 1]


def test_a_sentence_over_the_budget_is_cut_at_clauses() -> None:
    clause = "they counted lamps and wicks and barrels of oil"
    source = source_of("; ".join([clause] * 10) + ".")
    parts = texts(source, ChunkConfig(max_tokens=64))
    assert len(parts) == 2
    assert parts[0].endswith("oil;")
    assert parts[1].startswith("they")


def test_a_list_over_the_budget_is_cut_between_outer_items_and_its_lead_in_stays() -> None:
    item = "- item number {} of this list\n  - with a nested one\n"
    text = "These are the items:\n\n" + "".join(item.format(n) for n in range(10))
    source = source_of(text, "text/markdown")
    passages = chunk(source, ChunkConfig(max_tokens=64))
    assert len(passages) == 3
    assert passages[0].text.startswith("These are the items:\n\n- item number 0")
    assert all(p.text.startswith("- item") for p in passages[1:])
    assert all(p.text.endswith("- with a nested one") for p in passages)


def test_a_passage_ends_with_its_page_unless_a_sentence_goes_on() -> None:
    first = "Keepers rest. They rest where the stairs end and the"
    second = "lamp begins. Then they climb.\n\nNobody falls."
    text = first + "\n\n" + second
    pages = (Span(start=0, end=len(first)), Span(start=len(first) + 2, end=len(text)))
    source = source_of(text, "application/pdf", pages=pages)
    assert [(p.page, p.text) for p in chunk(source, ChunkConfig())] == [
        (1, first + "\n\nlamp begins."),
        (2, "Then they climb.\n\nNobody falls."),
    ]


@pytest.mark.parametrize("text", ["", " \n\t\n", "\xa0\n\u2028"])
@pytest.mark.parametrize("mime", ["text/plain", "text/markdown", "text/csv", "application/json"])
def test_a_blank_text_has_no_passages(text: str, mime: str) -> None:
    assert chunk(source_of(text, mime), ChunkConfig()) == []


def test_a_first_line_equal_to_the_title_is_a_heading_without_a_blank_line_below() -> None:
    source = source_of("oral argument\nYou may speak in court.", title="Oral Argument")
    assert outline(source) == [("paragraph", ("oral argument",), ["You may speak in court."])]


def test_lines_of_verse_are_no_headings() -> None:
    source = source_of("\n\n".join(f"Line number {n}" for n in "abcdefghij"))
    assert [heading for _, heading, _ in outline(source)] == [()]


def test_wrapped_prose_that_starts_a_line_with_a_number_or_dash_is_no_list() -> None:
    text = (
        "The council met for the whole of the day and adopted resolution number\n"
        "12. It was the last one that year and it passed by a large majority of\n"
        "- as people said later - tired members."
    )
    assert [kind for kind, _, _ in outline(source_of(text))] == ["paragraph"]


SENTENCES = [
    ("en", "Dr. Smith went to the U.S. in 1999. He was e.g. tired.", 2),
    ("en", "See No. 5 in the list. It cost 3.5 million dollars.", 2),
    ("en", "“It remains open,” he said. “a truce doesn’t last.” This is so.", 3),
    ("en", "Mr. Smith said. He left.", 2),
    ("en", "the early 20th century , with many people . It was good .", 2),
    ("en", "It was approx. 5 m long. We came at 5 p.m. and left.", 2),
    ("en", "![icon](a.svg) It is so.", 1),
    ("en", "Well... then. ?!", 1),
    ("en", "5. Turn the key. 6. Wait.", 2),
    ("de", "Das ist z. B. gut. Am 5. Mai 2020 kam Herr Dr. Müller. Er ging.", 3),
    ("es", "El Sr. García llegó. La Sra. López no.", 2),
    ("en", "一个句子。另一个句子！第三个？", 3),
    ("en", "यह एक वाक्य है। यह दूसरा है।", 2),
    ("el", "Τι είναι; Ναι.", 2),
    ("en", "B\u2028. C\x85.\r\nD\ud800.", 1),
]


@pytest.mark.parametrize(("language", "text", "count"), SENTENCES)
def test_sentences_end_where_readers_end_them(language: str, text: str, count: int) -> None:
    assert len(sentence_spans(text, 0, len(text), language)) == count


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The keeper of the lamp is in the tower.", "en"),
        ("Der Wärter ist nicht auf dem Turm und das Licht ist aus.", "de"),
        ("Le gardien est dans la tour et les lampes sont des lampes.", "fr"),
        ("El guardián de los faros es una persona que trabaja por las noches.", "es"),
        ("Ο φύλακας είναι στον πύργο.", "el"),
        ("一个句子。", "en"),
        ("", "en"),
    ],
)
def test_the_language_is_told_by_frequent_words(text: str, language: str) -> None:
    assert language_of(text) == language


def test_an_edit_elsewhere_leaves_the_id_of_a_passage() -> None:
    paragraphs = [f"Paragraph {at} tells of the river and the fox. " * 3 for at in range(6)]
    before = cut("\n\n".join(paragraphs), max_tokens=40)
    after = cut("\n\n".join(["A new beginning. " * 9, *paragraphs[1:]]), max_tokens=40)
    known = {passage.text: passage for passage in before}
    same = [passage for passage in after if passage.text in known]
    assert len(same) >= 5
    for passage in same:
        assert passage.id == known[passage.text].id
        assert passage.start != known[passage.text].start


def test_the_same_words_in_another_place_are_another_passage() -> None:
    said = "The ferry casts off at noon and not a minute later, whatever the sea may do. " * 2
    passages = cut("\n\n".join([said] * 3), max_tokens=40)
    assert [passage.text for passage in passages] == [said.strip()] * 3
    assert len({passage.id for passage in passages}) == 3
    fewer = cut("\n\n".join([said] * 2), max_tokens=40)
    assert [each.id for each in fewer] == [each.id for each in passages[:2]]


def test_what_stands_above_or_inside_is_part_of_the_id() -> None:
    ids = [
        cut(text, mime="text/markdown", title=title)[-1].id
        for title, text in (
            ("Guide", "# One\n\nTurn the key."),
            ("Guide", "# Two\n\nTurn the key."),
            ("Manual", "# One\n\nTurn the key."),
            ("Guide", "# One\n\n- Turn the key."),
        )
    ]
    assert len(set(ids)) == 4


def test_what_looks_like_a_heading_stands_below_those_that_are_marked() -> None:
    text = "# 1 Water\n\nRain falls.\n\n## 1.1 Rivers\n\nRivers flow.\n\nNote\n\nThey freeze."
    paged = source_of(text, "application/pdf", pages=(Span(start=0, end=len(text)),))
    headings = [passage.heading for passage in chunk(paged, ChunkConfig())]
    assert headings[-1] == ("1 Water", "1.1 Rivers", "Note")
