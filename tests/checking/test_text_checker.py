"""A whole text held against sources: what of it is a quotation, a cited sentence, a claim."""

import re
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.checking.compared_words import compared_words
from bot.checking.quotation_parts import quotation_parts
from bot.checking.quoted_stretches import paragraphs
from bot.checking.reference_list import reference_list
from bot.checking.text_checker import check_text
from bot.schema import Scope
from index.errors import QuestionError
from index.library import Library
from tests.doubles.growth import grows_in_step

SCOPE = Scope(collections=("documents",))

REPORT = """---
title: "A report with a title in marks"
---
# The "reading room" of our town in short

The rules say that “readers must not take books out of the room” [1], which the guard sees to.
They also say that readers "must take books out of the room" [1]. The sea is another matter:
„The moon pulls the sea“ [1].

> Nobody may smoke. Smoking harms paper –
> and readers.
> — The rules

- The room closes at 17:00 [1].
- The room closes at 18:00 [1].
- The vault of the library is kept at -5 °C [7].
- Llamas are sheared by the town's finance department in spring.

Is the room "open at night for everybody"? It is called the 'vault', or "cellar".

```
print("this is code and not a quotation")
```

And `"neither is this one here"`.

## Sources

[1]: rules.md
[2]: "Neap tides are weak", tides.txt
"""


def test_a_report_is_checked_sentence_by_sentence(library: Library) -> None:
    report = check_text(library, REPORT, SCOPE)
    found = [(each.line, each.kind, each.outcome, each.references) for each in report.findings]
    assert found == [
        (6, "quotation", "verbatim", (1,)),
        (7, "quotation", "nearly", (1,)),
        (8, "quotation", "elsewhere", (1,)),
        (10, "quotation", "verbatim", ()),
        (14, "cited", "supported", (1,)),
        (15, "cited", "unsupported", (1,)),
        (16, "cited", "supported", (7,)),
        (17, "claim", "unsupported", ()),
        (19, "quotation", "absent", ()),
        (19, "claim", "unsupported", ()),
        (30, "quotation", "verbatim", (2,)),
    ]
    assert report.notes == ("The text does not say what [7] is; all sources count.",)
    assert not report.holds
    wrong = report.findings[1].quote
    assert wrong is not None
    assert wrong.differences[0].sourced == "not"
    assert "[1] refers to another source" in report.findings[2].summary
    backed = report.findings[4].claim
    assert backed is not None
    assert backed.evidence is not None
    assert backed.evidence.quote == "- It closes at 17:00, except on Fridays."


def test_quotations_alone_can_be_checked(library: Library) -> None:
    report = check_text(library, REPORT, SCOPE, claims=False)
    assert {each.kind for each in report.findings} == {"quotation"}
    good = check_text(library, "He said “It is what it is” and left.", SCOPE, claims=False)
    assert good.holds
    assert good.counts() == {"verbatim": 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "empty"), (" \n ", "empty"), ("# Heading\n", "no quotation"), ("x" * 1_000_001, "parts")],
    ids=["nothing", "blank", "heading", "long"],
)
def test_a_text_with_nothing_to_check_is_refused(library: Library, text: str, said: str) -> None:
    with pytest.raises(QuestionError, match=said):
        check_text(library, text, SCOPE)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ('He said "one two three" and "four".', ["one two three", "four"]),
        ("„Eins zwei drei“, sagte er.", ["Eins zwei drei"]),
        (
            "»Eins zwei drei«, sagte er; « un deux trois », dit-il.",
            ["Eins zwei drei", "un deux trois"],
        ),
        ("”Ett två tre” sade han.", ["Ett två tre"]),
        ("“It’s the ‘best’ one,” he said.", ["It’s the ‘best’ one,"]),
        ("He said ‘it isn’t the best one’.", ["it isn’t the best one"]),
        ("It's the dogs' bowl and the cats' one.", []),
        ('A 5" pipe and a 7" one.', []),
        ("``One two three'' it says.", ["One two three"]),
        ("A quote “over\ntwo lines of text” here.", ["over two lines of text"]),
        ('`"in code"` and <a title="in an element">x</a>', []),
        ('[a link](https://example.org/ "with a title") and', []),
        ("> [!NOTE]\n> An admonition is no quotation.", []),
        ("> “Quoted once more.”\n> — Ada", ["Quoted once more."]),
        ("> one\n>\n> two", ["one\n\ntwo"]),
    ],
)
def test_quotations_are_found_in_the_marks_of_many_languages(text: str, quoted: list[str]) -> None:
    found = [quote.text for paragraph in paragraphs(text) for quote in paragraph.quotations]
    assert found == quoted


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("The fine is $900. It is due - twice * a year.", None),
        ("1. The fine is $900. It is due.", "The fine is $900. It is due."),
        ("- **Fines** (see 30) are due - twice.", "**Fines** (see 30) are due - twice."),
        ("The room has a number, which is\n12. It is cold.", None),
    ],
    ids=["prose", "number", "dash", "wrapped"],
)
def test_only_the_mark_before_an_item_is_left_out(text: str, read: str | None) -> None:
    (paragraph,) = paragraphs(text)
    assert paragraph.text == (read or text.replace("\n", " "))


@pytest.mark.parametrize(
    ("text", "outcomes"),
    [
        (
            "Weiter heißt es dort in der Ordnung zum Haus: „Das Rauchen ist nicht erlaubt“ und "
            "„Der Lesesaal ist täglich geöffnet“.",
            ["verbatim", "verbatim"],
        ),
        (
            "The reading room's rules for loans further state: “Loans end after four weeks.”",
            ["verbatim"],
        ),
        (
            "The guard pays each reader a large monthly salary: “Loans end after four weeks.”",
            ["verbatim", "unsupported"],
        ),
        (
            "The town's rules for llamas say that all 500 pay: “Loans end after four weeks.”",
            ["verbatim", "unsupported"],
        ),
        (
            "The rules say: “Loans end after four weeks”, and every llama gets a golden bell.",
            ["verbatim", "unsupported"],
        ),
        (
            "Weiter heißt es dort in der Ordnung zum Haus: „Das Rauchen ist gern erlaubt“.",
            ["nearly", "unsupported"],
        ),
    ],
    ids=["introduced", "english", "claim", "number", "behind", "altered"],
)
def test_what_only_introduces_quotations_is_no_claim(
    library: Library, text: str, outcomes: list[str]
) -> None:
    assert [each.outcome for each in check_text(library, text, SCOPE).findings] == outcomes


_WORDS = st.sampled_from(["fine", "$900.", "12)", "(30)", "-", "*", "+ 4", "**due**", "2. 3.", "a"])


@given(st.lists(st.lists(_WORDS, min_size=1, max_size=7), min_size=1, max_size=4))
def test_what_is_judged_holds_every_word_of_the_text(lines: list[list[str]]) -> None:
    text = "\n".join(" ".join(["word", *line]) for line in lines)
    judged = " ".join(paragraph.text for paragraph in paragraphs(text))
    assert re.findall(r"[\w$]+", judged) == re.findall(r"[\w$]+", text)


def test_a_number_before_a_full_stop_and_emphasis_are_judged(library: Library) -> None:
    wrong = "A fine for readers after 30 days is $900. It is due."
    assert not check_text(library, wrong, SCOPE).holds
    right = 'They say "a **fine** of $1,000 is due after 30 days".'
    (found,) = check_text(library, right, SCOPE).findings
    assert found.outcome == "verbatim"


def test_the_list_of_references_is_read_in_its_forms() -> None:
    assert reference_list("A [1] b.\n\n[1] rules.md,\n    line 3\n[^2]: tides.txt\n").entries == {
        1: "rules.md, line 3",
        2: "tides.txt",
    }
    assert reference_list("**Sources:**\n1. rules.md\n2) tides.txt\n").entries == {
        1: "rules.md",
        2: "tides.txt",
    }
    assert reference_list("1. First\n2. Second\n\n[link](x) and [3] words").entries == {}


def repeated(unit: str, first: str, last: str, size: int) -> str:
    return first + unit * (size // len(unit)) + last


# fmt: off
HOSTILE = [
    " ", "\t", "[", "[1]", "[1 ", "[^1]: ", "[1, ",
    "#", "# ", "*", "* ", "_", ">", "> ", ">\n",
    "- ", "-", "1. ", "\n", "\n\r", " a\n", "“",
    "„", "“„", "„“", "„a“", "“a", "“a” ", "“a”\n", "”a",
    '"', '"a', '" a ', '"a" ', "'", "'a", "'a ", "‘",
    "‘a", "‘a’ ", "’a", "a’", "«", "«a", "»a", "「",
    "``", "``a", "`", "`a", "](", "](a", "](a)(",
    "<a", "<a ", "https://", "—", "--", "— a\n", "=",
    "|", "|\n", "(", "( ", ". ", "…", "[… ",
    "[a ", "[a] ", "a-\n", "a_", "a.", "1,", "A. ", "A. \n",
    "sources", "- [1] a\n b\n", "[1] a\n", " b\n",
    "---\n", "\u200b", "\u0300", "%", "\U00017000",
]
# fmt: on
WORST = [" ", "[", "“„", "A. "]
"""What took the square of a text's length once."""

FORMS: list[tuple[str, str]] = [("", ""), ("a ", " x"), ("[1]", ""), ("‘a", "b"), ("[1] a\n", " ")]
STEPS: dict[str, Callable[[str], object]] = {
    "reference_list": reference_list,
    "paragraphs": lambda text: [piece.line_at(1) for piece in paragraphs(text)],
    "compared_words": compared_words,
    "quotation_parts": lambda text: quotation_parts(text, edited=True),
}


@pytest.mark.parametrize("unit", WORST)
@pytest.mark.parametrize("step", STEPS)
def test_a_text_of_twice_the_length_takes_at_most_about_twice_as_long(step: str, unit: str) -> None:
    grows_in_step(STEPS[step], partial(repeated, unit, "a ", " x"), 4_000)


@pytest.mark.long
@pytest.mark.parametrize("unit", HOSTILE)
@pytest.mark.parametrize("step", STEPS)
def test_every_odd_text_of_twice_the_length_takes_about_twice_as_long(step: str, unit: str) -> None:
    for first, last in FORMS:
        grows_in_step(STEPS[step], partial(repeated, unit, first, last), 8_000)


def test_apostrophes_in_single_quotation_marks_take_no_longer_than_other_letters() -> None:
    text = "‘a" + "’a" * 60
    (paragraph,) = paragraphs(text)
    assert paragraph.text == text


def test_a_dash_or_number_inside_a_line_stays() -> None:
    (paragraph,) = paragraphs("The room opens - as ever - at 9. Come")
    assert paragraph.text == "The room opens - as ever - at 9. Come"
