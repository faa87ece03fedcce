"""What starts an item of a list, and what only looks like it."""

import pytest

from index.text.list_marks import Family, item_mark, list_mark, sign_length


@pytest.mark.parametrize(
    ("line", "family", "number", "words"),
    [
        ("- one", "dash", 0, "one"),
        ("  —  one", "dash", 0, "one"),
        ("•one", "sign", 0, "one"),
        ("» one", "sign", 0, "one"),
        ("✔\ufe0f one", "sign", 0, "one"),
        ("☎ 0123", "sign", 0, "0123"),
        ("🇫🇷 France", "sign", 0, "France"),
        ("👩\u200d🚀👍🏽 Crew", "sign", 0, "Crew"),
        ("12. one", "number", 12, "one"),
        ("(3) one", "number", 3, "one"),
        ("(b) one", "letter", 0, "one"),
        ("iv. one", "letter", 0, "one"),
        ("-\n  one", "dash", 0, "one"),
    ],
)
def test_a_mark_is_told_from_the_words(line: str, family: Family, number: int, words: str) -> None:
    mark = list_mark(line)
    assert mark is not None
    assert (mark.family, mark.number, line[mark.length :]) == (family, number, words)


@pytest.mark.parametrize(
    "line",
    ["", " ", "-", "1.", "•", "🚀🚀", "-5 degrees", "*bold* words", "1.5 metres",
     "»Good«, she said", "№ 5", "© 2024", "A. Smith", "2024. It rained", "e.g. this", "mix) this",
     "^ this"],
)  # fmt: skip
def test_what_only_looks_like_a_mark_is_none(line: str) -> None:
    assert list_mark(line) is None


@pytest.mark.parametrize(
    ("sentence", "in_list", "in_prose"),
    [
        ("• one", 2, 2),
        ("– one", 2, 2),
        ("•one", 1, 0),
        ("» one", 2, 0),
        ("🎉 one", 2, 0),
        ("1. January", 3, 0),
        ("a) Smith", 3, 0),
    ],
)
def test_prose_has_fewer_marks(sentence: str, in_list: int, in_prose: int) -> None:
    assert item_mark(sentence, "list") == in_list
    assert item_mark(sentence, "paragraph") == in_prose
    assert item_mark(sentence, "code") == item_mark(sentence, "table") == 0


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("- Row", "Row"),
        ("  * Row", "Row"),
        ("3. Row", "3. Row"),
        ("  (3) Row", "(3) Row"),
        ("b) Row", "Row"),
        ("Row", "Row"),
    ],
)
def test_a_number_stays_with_its_item(sentence: str, left: str) -> None:
    assert sentence[sign_length(sentence, "list") :] == left
