"""What the command line prints, and what it reads, without opening anything."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cli.answer_screen import answer_screen
from bot.cli.input_lines import Asked, from_line
from bot.cli.source_places import LocatorError, locate
from bot.cli.source_screens import source_screen, sources_table
from bot.cli.terminal_text import Style, neutral, one_line, table
from bot.schema import NOT_SURE, Answer, AnswerPart, Citation, Turn
from index.errors import QuestionError, SourceNotFound
from index.schema import Evidence, Place, Source, SourceEntry, Span
from index.search.checked_question import LONGEST_QUESTION, checked_question
from index.text.layout import display_width
from tests.doubles.turns import stated

NOW = datetime(2025, 4, 2, tzinfo=UTC)
TEXT = "# Tides\n\nThe moon pulls the sea.\nTwice a day it rises.\n\nNobody minds.\n"


def source(text: str = TEXT, uri: str = "tides.md", **more: object) -> Source:
    values = {
        "id": "s1", "collection": "documents", "uri": uri, "title": "Tides", "sha256": "0" * 64,
        "mime": "text/markdown", "text": text, "added_at": NOW,
    }  # fmt: skip
    return Source.model_validate(values | more)


def citation(quote: str, marker: int | None = 1, **more: object) -> Citation:
    start = TEXT.index(quote)
    values = {
        "marker": marker, "collection": "documents", "source": "tides.md", "title": "Tides",
        "quote": quote, "heading": ("Tides",), "lines": (3, 3),
        "evidence": Evidence(source_id="s1", sha256="0" * 64, start=start, end=start + len(quote)),
    }  # fmt: skip
    return Citation.model_validate(values | more)


def answer(text: str, *citations: Citation, **more: object) -> Answer:
    values = {
        "id": "a1", "status": "answered", "parts": stated(text, *citations),
        "citations": citations, "confidence": 0.9,
        "question": "why", "standalone_question": "why",
    }  # fmt: skip
    return Answer.model_validate(values | more)


def quoted(*citations: Citation, **more: object) -> Answer:
    """Return an answer that is made of its quotes, each a statement of its own."""
    parts = [AnswerPart(markers=(one.marker or 0,), role="item") for one in citations]
    return answer("", *citations, **({"parts": parts} | more))


def test_an_answer_is_followed_by_the_places_of_its_quotes() -> None:
    quote = "The moon pulls the sea."
    screen = answer_screen(answer(f"{quote} [1]", citation(quote)), Style(root="documents/"))
    assert screen == ("The moon pulls the sea. [1]\n\n[1] Tides, line 3 (documents/tides.md#L3)")


def test_a_quote_under_a_models_sentence_is_shown_below_it() -> None:
    moon, minds = citation("The moon pulls the sea."), citation("Nobody minds.", 2, lines=(6, 6))
    parts = (AnswerPart(text="It is the moon.", markers=(1,)), AnswerPart(markers=(2,)))
    assert answer_screen(answer("", moon, minds, parts=parts), Style()) == (
        "It is the moon. [1]\n\nNobody minds. [2]\n\n"
        '[1] "The moon pulls the sea." — Tides, line 3 (tides.md#L3)\n'
        "[2] Tides, line 6 (tides.md#L6)"
    )


def test_places_under_one_heading_share_a_line() -> None:
    one = citation("The moon pulls the sea.", 1, lines=(20, 21))
    two = citation("Nobody minds.", 2, lines=(9, 9), heading=("Tides", "Other"))
    three = citation("Twice a day it rises.", 3, lines=(24, 24))
    four = citation("Nobody", 4, source="b.md", lines=(1, 1))
    below = answer_screen(quoted(one, two, three, four), Style(root="d/")).rpartition("\n\n")[2]
    assert below.split("\n") == [
        "[1] [3] Tides, lines 20-24 (d/tides.md#L20-L24)",
        "[2] Tides › Other, line 9 (d/tides.md#L9)",
        "[4] Tides, line 1 (d/b.md#L1)",
    ]


@pytest.mark.parametrize(
    ("more", "other", "places"),
    [
        ({"source": "t.pdf", "page": 2}, {}, ["[1] [2] Tides, page 2 (t.pdf#page=2)"]),
        (
            {"source": "t.pdf", "page": 2},
            {"page": 3},
            ["[1] Tides, page 2 (t.pdf#page=2)", "[2] Tides, page 3 (t.pdf#page=3)"],
        ),
        (
            {"source": "t.pptx", "place": "slide 2", "fragment": "slide=2"},
            {"place": "slide 3", "fragment": "slide=3"},
            ["[1] Tides, slide 2 (t.pptx#slide=2)", "[2] Tides, slide 3 (t.pptx#slide=3)"],
        ),
        ({"source": "t.html"}, {"lines": (5, 6)}, ["[1] [2] Tides, lines 3-6 (t.html)"]),
        (
            {"source": "https://a.b/t", "url": "https://a.b/t"},
            {},
            ["[1] [2] Tides, line 3 (https://a.b/t#:~:text=Nobody%20minds.)"],
        ),
        (
            {"collection": "one"},
            {"collection": "two"},
            ["[1] Tides, line 3 (tides.md#L3)", "[2] Tides, line 3 (tides.md#L3)"],
        ),
    ],
    ids=["page", "pages", "slides", "rendered file", "web", "collections"],
)
def test_places_are_shared_within_a_page_and_a_document(
    more: dict[str, object], other: dict[str, object], places: list[str]
) -> None:
    one = citation("Nobody minds.", 1, **more)
    two = citation("The moon pulls the sea.", 2, **(more | other))
    assert answer_screen(quoted(one, two), Style()).split("\n")[3:] == places


def test_an_unsure_answer_is_a_remark_with_quotes_and_places() -> None:
    lead = AnswerPart(text=NOT_SURE, role="lead")
    unsure = quoted(citation("Nobody minds.", lines=(6, 6)), status="unsure")
    unsure = unsure.model_copy(update={"parts": (lead, *unsure.parts)})
    assert answer_screen(unsure, Style()) == (
        f"{NOT_SURE}\n- Nobody minds. [1]\n\n[1] Tides, line 6 (tides.md#L6)"
    )


def written(text: str, marked: str = "", **more: object) -> Citation:
    """Return a citation of a Markdown file that says `text`."""
    start = text.index(marked)
    highlight = (start, start + len(marked)) if marked else None
    values = citation("Nobody minds.").model_dump() | {"quote": text, "highlight": highlight}
    return Citation.model_validate(values | more)


def answer_of(quote: Citation, style: Style) -> str:
    """Return the part of a screen above the places."""
    parts = (AnswerPart(markers=(1,)),)
    return answer_screen(answer("", quote, parts=parts), style).rpartition("\n\n[1] ")[0]


LINKED = "## Why\nThe **[moon](m.md)** pulls &amp; pulls.<br>Twice."


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("t.md", "Why\nThe moon pulls & pulls.\nTwice. [1]"),
        ("https://a.b/t.md", "Why\nThe moon pulls & pulls.\nTwice. [1]"),
        ("t.html", f"{LINKED[3:]} [1]"),
        ("t.txt", f"{LINKED} [1]"),
    ],
)
@pytest.mark.parametrize("width", [None, 80])
def test_a_quote_reads_as_its_document_does(source: str, shown: str, width: int | None) -> None:
    style = Style(width=width)
    assert answer_of(written(LINKED, source=source), style) == shown
    below = answer("It is the moon.", written(LINKED, source=source))
    flat = shown.removesuffix(" [1]").replace("\n", " ")
    assert f'[1] "{flat}" — Tides' in answer_screen(below, Style())


def test_the_highlight_survives_what_is_left_out_around_it() -> None:
    style = Style(colour=True, width=80)
    assert answer_of(written(LINKED, "[moon](m.md)** pulls"), style) == (
        "Why\nThe \x1b[1mmoon pulls\x1b[0m & pulls.\nTwice. [1]"
    )
    table = written("| a | b |\n| **c** | d |", "| a | b |\n| **c**")
    assert answer_of(table, style) == "\x1b[1m| a | b |\x1b[0m\n\x1b[1m| c\x1b[0m | d | [1]"


LONG = "pip install quoth --with --many --words --in --one --line"
CODE = f"Run\nthis:\n```sh\n{LONG}\n\n# and\n  go\n```"


def test_code_and_rows_keep_their_lines() -> None:
    assert answer_of(written(f"{CODE}\nThen wait."), Style(width=30)) == (
        f"Run this:\n    {LONG}\n\n    # and\n      go\nThen wait. [1]"
    )
    assert answer_of(written(CODE), Style(width=30)).endswith("\n      go\n[1]")
    rows = "| a | b |\n|---|---|\n| some cell | a longer cell than fits |"
    assert answer_of(written(rows), Style(width=30)) == f"{rows} [1]"


def test_code_and_rows_keep_their_lines_in_a_quote_below() -> None:
    code = answer_screen(answer("Do it.", written(f"{CODE}\nThen\nwait.")), Style(width=40))
    assert code.partition("\n\n")[2] == (
        '[1] "Run this:\n'
        f"        {LONG}\n\n"
        "        # and\n"
        "          go\n"
        '    Then wait." — Tides, line 3\n'
        "    (tides.md#L3)"
    )
    only = answer_screen(answer("Do it.", written("```\ngo\n```")), Style(width=40))
    assert only.endswith('[1] "\n        go\n    " — Tides, line 3 (tides.md#L3)')
    rows = answer("Do it.", written("| a | b |\n| c | d |"))
    piped, wrapped = answer_screen(rows, Style()), answer_screen(rows, Style(width=30))
    assert piped.endswith('[1] "| a | b |\n    | c | d |" — Tides, line 3 (tides.md#L3)')
    assert wrapped.endswith(
        '[1] "| a | b |\n    | c | d |"\n    — Tides, line 3\n    (tides.md#L3)'
    )


def test_a_heading_is_not_joined_with_the_text_below_it_and_shows_no_anchor() -> None:
    cited = written("# Tides\nThe moon\npulls.", heading=("Tides {#t}", "A &amp; B"))
    screen = answer_screen(answer("", cited, parts=(AnswerPart(markers=(1,)),)), Style(width=80))
    assert screen == "Tides\nThe moon pulls. [1]\n\n[1] Tides › A & B, line 3 (tides.md#L3)"


def test_what_was_searched_for_is_shown_when_it_differs() -> None:
    rewritten = answer("It does. [1]", standalone_question="why does the sea rise")
    assert answer_screen(rewritten, Style()).startswith("Searched for: why does the sea rise\n\n")


def test_quotes_far_from_each_other_have_places_of_their_own() -> None:
    lines = ((3, 4), (6, 6), (80, 82))
    cited = [
        citation("Nobody minds.", n, lines=at, heading=()) for n, at in enumerate(lines, start=1)
    ]
    parts = tuple(AnswerPart(markers=(n,)) for n in (1, 2, 3))
    screen = answer_screen(answer("", *cited, parts=parts), Style())
    assert screen.endswith(
        "[1] [2] Tides, lines 3-6 (tides.md#L3-L6)\n[3] Tides, lines 80-82 (tides.md#L80-L82)"
    )


def test_the_words_that_a_follow_up_leans_on_are_no_question() -> None:
    leaning = answer("It does. [1]", question="why?", standalone_question="why (sea, rises)?")
    assert answer_screen(leaning, Style()).startswith("It does. [1]")
    bracketed = answer("It does.", question="why (sic)?", standalone_question="why not (sic)?")
    assert answer_screen(bracketed, Style()).startswith("Searched for: why not (sic)?")


def test_not_found_shows_the_nearest_passages_and_the_notice() -> None:
    nearest = citation("Nobody minds.", None, lines=(6, 6), heading=("Tides", "Other"))
    screen = answer_screen(
        answer("The sources do not say.", status="not_found", nearest=(nearest,), notice="Slow."),
        Style(),
    )
    assert screen == (
        "The sources do not say.\n\nThe nearest passages:\n"
        '- "Nobody minds." — Tides › Other, line 6 (tides.md#L6)\n\nSlow.'
    )


def test_a_terminal_gets_wrapped_lines_with_whole_links_and_a_bold_highlight() -> None:
    cited = citation("The moon pulls the sea.", highlight=(4, 8))
    style = Style(colour=True, width=24)
    assert answer_screen(answer("The moon pulls the sea. [1]", cited), style) == (
        "The \x1b[1mmoon\x1b[0m pulls the sea.\n[1]\n\n[1] Tides, line 3\n    (tides.md#L3)"
    )
    assert answer_screen(answer("It does. [1]", cited), style) == (
        "It does. [1]\n\n"
        '[1] "The \x1b[1mmoon\x1b[0m pulls the\n    sea." — Tides, line\n    3 (tides.md#L3)'
    )


def test_addresses_keep_their_place_and_paths_get_their_folder() -> None:
    web = citation("Nobody minds.", url="https://sea.example/t", source="https://sea.example/t")
    screen = answer_screen(answer("x [1]", web), Style(root="documents/"))
    assert "(https://sea.example/t#:~:text=Nobody%20minds.)" in screen
    absolute = citation("Nobody minds.", source="/srv/tides.md")
    assert "(/srv/tides.md#L3)" in answer_screen(answer("x [1]", absolute), Style(root="d/"))
    colon = citation("Nobody minds.", source="a: b.md")
    assert "(d/a: b.md#L3)" in answer_screen(answer("x [1]", colon), Style(root="d/"))


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("a\x1b[2Jb", "a\u241b[2Jb"),
        ("a\rb", "a\u240db"),
        ("a\x9b31mb", "a\ufffd31mb"),
        ("a\u202eb", "a\ufffdb"),
        ("a\x7fb\x00", "a\u2421b\u2400"),
        ("tab\tand\nline\r\nstay", "tab\tand\nline\nstay"),
    ],
    ids=["escape", "return", "C1", "bidi", "delete", "plain"],
)
def test_control_characters_are_made_visible(hostile: str, shown: str) -> None:
    assert neutral(hostile) == shown


@given(st.text(), st.text(min_size=1))
@settings(max_examples=60, deadline=None)
def test_no_screen_carries_a_control_character_from_a_document(title: str, quote: str) -> None:
    hostile = Citation.model_validate(
        citation("Nobody minds.").model_dump()
        | {"title": title, "quote": quote, "source": title, "heading": (quote,)}
    )
    rendered = hostile.model_copy(update={"source": "a.md", "quote": f"&#27;&#x9b;&#x202e;{quote}"})
    screens = (
        answer_screen(answer(quote, hostile, notice=title), Style(width=40)),
        answer_screen(quoted(hostile), Style(width=40)),
        answer_screen(quoted(rendered), Style()),
        answer_screen(answer(title, rendered), Style(width=40)),
        source_screen(source(quote, title), Span(start=0, end=len(quote)), Style()),
        table([(title, quote)], ("a", "b"), Style()),
    )
    for screen in screens:
        assert neutral(screen) == screen


@given(st.text(alphabet="ab 漢字é", max_size=80), st.integers(8, 30))
@settings(max_examples=60, deadline=None)
def test_wrapping_loses_nothing_and_keeps_to_the_width(text: str, width: int) -> None:
    screen = answer_screen(answer(text), Style(width=width))
    assert screen.split() == screen.split()
    assert "".join(screen.split()) == "".join(text.split())
    for row in screen.splitlines():
        assert display_width(row) <= width or " " not in row.strip()


def test_a_quote_is_marked_in_its_surroundings() -> None:
    start = TEXT.index("Twice")
    screen = source_screen(source(), Span(start=start, end=start + 11), Style(root="documents/"))
    assert screen == (
        "Tides (documents/tides.md, line 4)\n"
        " 1  # Tides\n 2\n 3  The moon pulls the sea.\n>4  Twice a day it rises.\n"
        " 5\n 6  Nobody minds."
    )
    colour = source_screen(source(), Span(start=start, end=start + 11), Style(colour=True))
    assert "\x1b[1;33mTwice a day\x1b[0m it rises." in colour


def test_a_slide_is_named_above_what_is_shown_of_it() -> None:
    deck = source("# One\n\n# Two\n", "deck.pptx", places=SLIDES)
    screen = source_screen(deck, Span(start=7, end=12), Style())
    assert screen.startswith("Tides (deck.pptx, line 3, slide 2)\n")


def test_what_is_told_of_a_document_is_one_row_of_sentences() -> None:
    told = ("It names a file: a.xml.", "It is short.")
    entry = SourceEntry(id="s", collection="c", uri="a.xml", title="A", warnings=told)
    shown = sources_table([entry], Style())
    assert "ready; It names a file: a.xml; It is short." in " ".join(shown.split())


def test_columns_are_aligned_by_what_they_take_on_a_screen() -> None:
    assert table([("漢字", "x"), ("a", "y")], ("n", "v"), Style()) == "n     v\n漢字  x\na     y"


SLIDES = tuple(
    Place(start=start, label="slide", number=number, fragment="slide=")
    for start, number in ((0, 1), (7, 2))
)


def find(name: str) -> Source:
    if name in ("tides.md", "a:12", "https://sea.example:80/t"):
        return source(uri=name)
    if name == "scan.pdf":
        return source("one\ftwo", name, pages=(Span(start=0, end=4), Span(start=4, end=7)))
    if name == "deck.pptx":
        return source("# One\n\n# Two\n", name, places=SLIDES)
    raise SourceNotFound(name)


@pytest.mark.parametrize(
    ("text", "uri", "shown"),
    [
        ("tides.md", "tides.md", None),
        ("tides.md:3", "tides.md", "The moon pulls the sea."),
        ("tides.md:3-4", "tides.md", "The moon pulls the sea.\nTwice a day it rises."),
        ("tides.md#L4", "tides.md", "Twice a day it rises."),
        ("tides.md#L3-L4", "tides.md", "The moon pulls the sea.\nTwice a day it rises."),
        ("tides.md:2:7", "tides.md", "Tides"),
        ("scan.pdf#page=2", "scan.pdf", "two"),
        ("deck.pptx#slide=2", "deck.pptx", "# Two"),
        ("a:12", "a:12", None),
        ("a:12:1", "a:12", "# Tides"),
        ("https://sea.example:80/t:1", "https://sea.example:80/t", "# Tides"),
        ("https://sea.example:80/t#:~:text=moon", "https://sea.example:80/t", None),
    ],
)
def test_a_place_is_read_behind_a_name(text: str, uri: str, shown: str | None) -> None:
    found, span = locate(text, find)
    assert found.uri == uri
    assert (span.of(found.text) if span else None) == shown


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("tides.md:99", "has 6 lines"),
        ("tides.md:0", "has 6 lines"),
        ("tides.md:7:2", "7:2 is no part of it"),
        ("tides.md:0:9999", f"has {len(TEXT)} characters"),
        ("tides.md#page=1", "has no pages"),
        ("scan.pdf#page=3", "has 2 pages"),
        ("deck.pptx#slide=3", "has no place '#slide=3'"),
        ("tides.md#slide=3", "has no place '#slide=3'"),
    ],
)
def test_a_place_that_is_not_there_is_named(text: str, sentence: str) -> None:
    with pytest.raises(LocatorError, match=sentence):
        locate(text, find)


def test_an_unknown_source_is_named_as_it_was_given() -> None:
    with pytest.raises(SourceNotFound, match=r"'nope\.md:12'"):
        locate("nope.md:12", find)


@given(st.integers(0, 99), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_every_span_of_a_citation_can_be_shown(start: int, end: int) -> None:
    if not start < end <= len(TEXT):
        return
    _, span = locate(f"tides.md:{start}:{end}", find)
    assert span == Span(start=start, end=end)


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        (b"why\n", Asked("why")),
        ("  où ?\r\n".encode(), Asked("où ?")),
        (b'{"question": "why", "qid": 7}\n', Asked("why")),
        (
            b'{"question": "and then", "history": [{"role": "user", "text": "why"}]}\n',
            Asked("and then", (Turn(role="user", text="why"),)),
        ),
    ],
    ids=["plain", "other line end", "object", "history"],
)
def test_a_line_is_a_question(line: bytes, asked: Asked) -> None:
    assert from_line(line) == asked


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"\n", "The question is empty"),
        (b"\xff\n", "not UTF-8"),
        (b'{"question": \n', "starts like a JSON object but is none"),
        (b'{"q": "why"}\n', 'needs a "question"'),
        (b'{"question": 3}\n', 'needs a "question"'),
        (b'{"question": "why", "history": {}}\n', '"history" must be a list'),
        (b'{"question": "why", "history": [{"role": "system", "text": "x"}]}\n', "must be a list"),
        (b'{"question": "why", "history": [{"role": "user"}]}\n', "must be a list"),
        (b'{"a":' * 100_000, "none"),
    ],
    ids=["blank", "bytes", "cut", "no question", "number", "object", "role", "text", "deep"],
)
def test_a_bad_line_is_explained(line: bytes, sentence: str) -> None:
    with pytest.raises(QuestionError, match=sentence):
        from_line(line)


def test_a_question_as_long_as_a_document_is_refused_kindly() -> None:
    assert checked_question("x" * LONGEST_QUESTION)
    with pytest.raises(QuestionError, match=r"10,000 characters; ask one of at most 4,000"):
        checked_question("x" * 10_000)


def test_bytes_that_are_no_text_do_not_reach_the_models() -> None:
    assert checked_question("caf\udce9") == "caf?"
    assert one_line(" a\n b ") == "a b"


def bracketed(quote: str, **more: object) -> Citation:
    return citation("Nobody minds.").model_copy(update={"quote": quote} | more)


@pytest.mark.parametrize(
    ("quote", "shown"),
    [
        ("As [3] says.", "As ‹3› says."),
        ("As [1, 2] and [4-6] say.", "As ‹1, 2› and ‹4-6› say."),
        ("The item `a[3]` is no [3].", "The item `a[3]` is no ‹3›."),
        ("Miller [2019a] and [x].", "Miller [2019a] and [x]."),
        ("Run:\n```\na[3]\n```", "Run:\n    a[3]\n"),
        ("| a [3] | b |", "| a ‹3› | b |"),
    ],
)
def test_numbers_that_a_document_has_in_brackets_are_not_taken_for_ours(
    quote: str, shown: str
) -> None:
    cited = bracketed(quote, title="Notes [2]", heading=("Part [7]",))
    screen = answer_screen(quoted(cited), Style())
    assert screen == f"- {shown} [1]\n\n[1] Notes ‹2› › Part ‹7›, line 3 (tides.md#L3)".replace(
        "\n [1]", "\n[1]"
    )
    assert answer("", cited, parts=quoted(cited).parts).text == f"- {quote} [1]"


def test_nearest_passages_have_no_numbers_of_ours() -> None:
    near = bracketed("As [3] says.", marker=None)
    screen = answer_screen(answer("None.", nearest=(near,)), Style())
    assert '- "As ‹3› says."' in screen


def test_a_team_answer_is_quoted_with_who_gave_it() -> None:
    cited = bracketed("Yes.", author="Kim, 3 March 2026", heading=())
    screen = answer_screen(quoted(cited), Style())
    assert screen.endswith("[1] Tides › by Kim, 3 March 2026, line 3 (tides.md#L3)")
