from __future__ import annotations

import re
from functools import partial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.answering.generative.harmless_text import plain
from bot.answering.generative.reply_statements import Id, ids_in, statements
from tests.doubles.growth import grows_in_step


def ids(*names: str) -> tuple[Id, ...]:
    return tuple(
        Id(int(passage), int(sentence) if sentence else None)
        for passage, _, sentence in (name.partition(".") for name in names)
    )


@pytest.mark.parametrize(
    ("interior", "named"),
    [
        ("2.3", ids("2.3")),
        ("2.3-5", ids("2.3", "2.4", "2.5")),
        ("2.3\u20132.5", ids("2.3", "2.4", "2.5")),
        ("2.1, 3.4", ids("2.1", "3.4")),
        ("2.1; 3.4 and 5", ids("2.1", "3.4", "5")),
        ("2.4-3.1", ids("2.4", "3.1")),
        ("2", ids("2")),
        ("2.1-99999", ids("2.1")),
        ("2.1-9999", ids(*(f"2.{at}" for at in range(1, 13)))),
        ("2.5-3", ()),
        ("1.2.3", ()),
        ("12345.1", ()),
    ],
)
def test_ids_between_brackets(interior: str, named: tuple[Id, ...]) -> None:
    assert tuple(ids_in(interior)) == named


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("It holds [1.2].", [("It holds.", ids("1.2"))]),
        ("It holds. [1.2]", [("It holds.", ids("1.2"))]),
        ("It holds [1.2][3.4] well.", [("It holds well.", ids("1.2", "3.4"))]),
        (
            "One. [1.1] Two [1.2]. Three.",
            [("One.", ids("1.1")), ("Two.", ids("1.2")), ("Three.", ())],
        ),
        ("[1.1] One. [1.2] Two.", [("One.", ids("1.1")), ("Two.", ids("1.2"))]),
        ("[1.1] One.", [("One.", ids("1.1"))]),
        (
            "Dr. Weiss of the U.S. paid 3.5 euros [2.1].",
            [("Dr. Weiss of the U.S. paid 3.5 euros.", ids("2.1"))],
        ),
        ('He said "No. Never." and left [1.1].', [('He said "No. Never." and left.', ids("1.1"))]),
        ("\u3010\u0031.2\u3011 is meant.", [("is meant.", ids("1.2"))]),
        ("It is so [Passage 2.3] (see [1.1]).", [("It is so.", ids("2.3", "1.1"))]),
        ("It is so [[1.2]].", [("It is so.", ids("1.2"))]),
        ("It is so [1.2.3] and [2", [("It is so and", ())]),
        ("It was [sic] so [1.1].", [("It was [sic] so.", ids("1.1"))]),
        (
            "\u6771\u4eac\u3067\u3059[1.1]\u3002\u5927\u304d\u3044[1.2]\u3002",
            [
                ("\u6771\u4eac\u3067\u3059\u3002", ids("1.1")),
                ("\u5927\u304d\u3044\u3002", ids("1.2")),
            ],
        ),
        ("## Costs [1.1]", [("Costs", ids("1.1"))]),
        ("> Copied words [1.1].", [("Copied words.", ids("1.1"))]),
        ("[1.1]", []),
        ("...", []),
    ],
)
def test_a_line_falls_into_sentences_with_their_ids(
    line: str, expected: list[tuple[str, tuple[Id, ...]]]
) -> None:
    assert [(one.text, one.ids) for one in statements(line)] == expected


def test_a_list_keeps_its_lead_in_and_its_items() -> None:
    found = statements(
        "They need [1.1]:\n\n- a truce [1.2]\n2. a mandate [1.3]. It is late [1.4].\nDone."
    )
    assert [(one.role, one.text, one.line) for one in found] == [
        ("lead", "They need:", 0),
        ("item", "a truce", 2),
        ("item", "a mandate.", 3),
        ("item", "It is late.", 3),
        ("sentence", "Done.", 4),
    ]


@settings(max_examples=150, deadline=None)
@example("[.1]")
@given(st.text(alphabet='ab. [](){}12,\u201c\u201d"\n-#>\u3010\u3011!?\ue000\u3002A', max_size=120))
def test_no_statement_shows_anything_that_looks_like_an_id(reply: str) -> None:
    for one in statements(plain(reply)):
        assert one.text == " ".join(one.text.split())
        assert one.text
        assert not any("\ue000" <= character <= "\uf8ff" for character in one.text)
        assert not re.search(r"[\[\u3010][\d., ]*\d[\d., ]*[\]\u3011]", one.text)


def repeated(unit: str, first: str, last: str, size: int) -> str:
    return first + unit * (size // len(unit)) + last


# fmt: off
HOSTILE = [
    "[", "[ ", "[1", "[1 ", "[p ", "[1]", "[1] ",
    "\u3010", "\u3010[", "A. ", "a. ", ".", ". ", ".)", "…",
    '."', '". ', "“. ", "a.b", "a.b. ", "中。", "。",
    "mr. ", "(", "( ", "(see ", "(,", " ", "\t", "- ",
    "1. ", ">", "> ", "#", "# ", "a [1]. ",
    "A. [1]", "]", "\n", "A. \n", "\ue000", "\ue000 ",
]
# fmt: on


@pytest.mark.parametrize("unit", ["[", "A. ", "\u3010[", ". "])
def test_a_reply_of_twice_the_length_takes_at_most_about_twice_as_long(unit: str) -> None:
    grows_in_step(statements, partial(repeated, unit, "a ", " x"), 4_000)


@pytest.mark.long
@pytest.mark.parametrize("unit", HOSTILE)
def test_every_odd_reply_of_twice_the_length_takes_about_twice_as_long(unit: str) -> None:
    for first, last in (("", ""), ("a ", " x"), ("[p", "x"), ("[1] a", " b")):
        grows_in_step(statements, partial(repeated, unit, first, last), 8_000)
