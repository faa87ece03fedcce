"""Words: what counts as the same word, for search and for answers."""

import threading

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.text.words import LONGEST_TERM, STOP_WORDS, content_terms, terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="empty"),
        pytest.param(" \n—…!? ___", [], id="no words"),
        pytest.param("Conditions, condition", ["condit", "condit"], id="stems"),
        pytest.param("café Łódź Straße", ["cafe", "lodz", "strass"], id="accents"),
        pytest.param("cafe\u0301", ["cafe"], id="decomposed accent"),
        pytest.param("ﬁle ＡＢＣ", ["file", "abc"], id="compatibility forms"),
        pytest.param("co\u00adoperate", ["cooper"], id="soft hyphen"),
        pytest.param("John's users' don’t O’Brien", ["john", "user", "dont", "obrien"], id="'"),
        pytest.param("3.5 1,000 12,345.60", ["3.5", "1000", "12345.60"], id="numbers"),
        pytest.param("1,000, 2", ["1000", "2"], id="comma behind a number"),
        pytest.param("2024-01-15", ["2024-01-15", "2024", "01", "15"], id="date"),
        pytest.param("get_user_name", ["getusernam", "get", "user", "name"], id="snake"),
        pytest.param("getUserName", ["getusernam", "get", "user", "name"], id="camel"),
        pytest.param("HTTPServer", ["httpserver", "http", "server"], id="acronym in camel"),
        pytest.param("PDFs", ["pdfs"], id="plural acronym"),
        pytest.param("foo-bar", ["foobar", "foo", "bar"], id="hyphen"),
        pytest.param("v1.2.3", ["v1.2.3", "1.2.3"], id="version"),
        pytest.param("E1234", ["e1234", "1234"], id="error code"),
        pytest.param("a/load/files.py", ["a/load/files.py", "load", "files.py", "file", "py"],
                     id="path"),
        pytest.param("C++ and C#", ["c++", "and", "c#"], id="language names"),
        pytest.param("東京都", ["東", "京", "都", "東京", "京都"], id="Chinese characters"),
        pytest.param("ค่าปี", ["ค่", "่า", "าป", "ปี"], id="Thai"),
        pytest.param("ปีละ ฿40", ["ปี", "ีล", "ละ", "40"], id="Thai with its coin"),
        pytest.param("ຫຼາຍ", ["ຫຼ", "ຼາ", "າຍ"], id="Lao"),
        pytest.param("ខ្មែរ។", ["ខ្", "្ម", "មែ", "ែរ"], id="Khmer before its full stop"),
        pytest.param("မြန်။", ["မြ", "ြန", "န်"], id="Burmese before its full stop"),
        pytest.param("ក", ["ក"], id="a letter of a script without spaces, alone"),
        pytest.param("Pythonで書く", ["python", "で", "書", "く", "で書", "書く"], id="mixed"),
        pytest.param("नमस्ते दुनिया", ["नमस्ते", "दुनिया"], id="vowel signs"),
    ],
)  # fmt: skip
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("What are the prerequisites?", ["prerequisit"], id="question words"),
        pytest.param("Does the WHO know about IT?", ["who", "know", "it"], id="capitals stay"),
        pytest.param("WHAT IS THE ANSWER", ["answer"], id="shouted"),
        pytest.param("Isn't it", [], id="contraction"),
        pytest.param("state-of-the-art", ["stateoftheart", "state", "art"], id="inside a word"),
    ],
)
def test_content_terms_leave_function_words_out(text: str, expected: list[str]) -> None:
    assert content_terms(text) == expected


@pytest.mark.parametrize("text", ["get_user_name", "getUserName", "get-user-name", "GetUserName"])
def test_every_spelling_of_an_identifier_meets(text: str) -> None:
    assert terms(text) == terms("get_user_name")


def test_stop_words_are_written_as_words_are_compared() -> None:
    assert all(word == word.lower() and word.isalpha() for word in STOP_WORDS)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gives_short_lower_case_terms_without_spaces(text: str) -> None:
    for term in terms(text):
        assert term and len(term) <= LONGEST_TERM
        assert not any(character.isspace() for character in term)
        assert not any("A" <= character <= "Z" for character in term)
    assert set(content_terms(text)) <= set(terms(text)) | set(terms(text.lower()))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
@example("1,234.5 get_user_name\u00a0state-of-the-art\u3000東京\x85naïve's a/b.c::d #tag C++")
def test_a_text_has_the_same_terms_beside_a_word_too_long_to_be_remembered(text: str) -> None:
    long = "x" * 80
    assert terms(f"{text} {long}") == [*terms(text), *terms(long)]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="abZ0é_.,'’()“”-#+/:…", max_size=8))
@example("(Rowing,”")
@example("C#.")
@example("…URLs;")
def test_marks_around_a_word_change_none_of_its_terms(word: str) -> None:
    long = "x" * 80  # beside it nothing is taken for a plain word
    assert terms(f"{word} {long}") == [*terms(word), *terms(long)]


def test_threads_get_the_same_stems() -> None:
    text = " ".join(f"running{n} conditions{n} agreements" for n in range(2000))
    expected, found = terms(text), []
    threads = [threading.Thread(target=lambda: found.append(terms(text))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def test_a_long_word_does_not_blow_up() -> None:
    assert terms("a" * 1_000_000) == ["a" * LONGEST_TERM]
    assert len(terms("a_" * 50_000)) < 50_010
