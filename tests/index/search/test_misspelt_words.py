"""Misspelt words of a question, over passages that a test writes down."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.search.misspelt_words import MOST_MISSPELT, NAME_PASSAGES, Speller
from index.text.words import terms

PASSAGES = (
    "The committee keeps every account and its password for the calendar year.",
    "Members resign with a notice of two weeks. The council approves the allowances.",
    "The summit of the members is in Portland; who is allowed to speak is announced.",
    "A booklet on the Nextcloud server, its version and its separate permissions.",
)
ENGLISH = frozenset(
    ("account", "amount", "allowed", "separate", "password", "weed", "house", "tax", "mail")
)


@dataclass(frozen=True)
class Passages:
    """A vocabulary of some texts; a collection is the number of texts that it has."""

    texts: Sequence[str] = PASSAGES

    def passage_counts(self, collections: Sequence[str], terms: Sequence[str]) -> Mapping[str, int]:
        known = self._counts()
        return {term: known[term] for term in terms if term in known}

    def terms_beginning(self, collections: Sequence[str], start: str) -> Mapping[str, int]:
        return {term: n for term, n in self._counts().items() if term.startswith(start)}

    def texts_with(self, collections: Sequence[str], term: str, limit: int) -> Sequence[str]:
        return [text for text in self.texts if term in terms(text)][:limit]

    def _counts(self) -> Counter[str]:
        return Counter(term for text in self.texts for term in set(terms(text)))


class English:
    """Has some words as one piece."""

    def count_word_pieces(self, texts: Sequence[str]) -> list[int]:
        return [1 if text in ENGLISH else 2 for text in texts]


def corrected(question: str, *texts: str) -> str:
    return Speller(Passages(texts or PASSAGES), English()).corrected(question, ["documents"])


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("where is my acount", "where is my account"),
        ("is the comitee seperate?", "is the committee separate?"),
        ("Calender of the counsil", "Calendar of the council"),
        ("do mebmers need a pasword", "do members need a password"),
        ("how to set up nextclud", "how to set up nextcloud"),
        ("who is alowed to speak", "who is allowed to speak"),
        ("the acount's pasword", "the account's password"),
        ("weks of notise, weks!", "weeks of notice, weeks!"),
    ],
)
def test_a_misspelt_word_becomes_that_of_the_documents(question: str, meant: str) -> None:
    assert corrected(question) == meant


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("may i smoke weed", id="a word of English that the documents lack"),
        pytest.param("who taxed the houses by mail", id="inflections of such words"),
        pytest.param("the acount_id of acount2", id="identifiers"),
        pytest.param("open acount.py or /acount or acount@home.org", id="files and addresses"),
        pytest.param("the AcountNumber and the ACOUNT", id="CamelCase and capitals"),
        pytest.param("call `acount(calender)` twice", id="code"),
        pytest.param("a pre-acount acount-wide rule", id="compounds"),
        pytest.param("acounté and über", id="letters that are none of English"),
        pytest.param("what does Mr Sumit say", id="a name inside a sentence"),
        pytest.param("wer darf abstimmen, jeweils quartalsweise zugestellt, und vorher ausgefüllt "
                     "oder nachträglich acount", id="another language"),
        pytest.param("sum mit a bok", id="words of three letters"),
        pytest.param("", id="nothing"),
    ],
)  # fmt: skip
def test_what_is_no_slip_stays(question: str) -> None:
    assert corrected(question) == question


def test_a_word_that_may_mean_two_stays() -> None:
    texts = ("The format is open.", "A former member.")
    assert corrected("the formet", *texts) == "the formet"
    assert corrected("the formet", *texts, *["Another format."] * 2) == "the format"


def test_a_slip_that_the_documents_make_too_stays() -> None:
    assert corrected("the counsil", "A counsil member.", "The council meets.") == "the counsil"


def test_a_name_is_corrected_where_the_documents_are_full_of_it() -> None:
    texts = ["Mozilla writes."] * NAME_PASSAGES
    assert corrected("what does Mozila do", *texts) == "what does Mozilla do"
    assert corrected("what does Mozila do", *texts[1:]) == "what does Mozila do"
    assert corrected("Mozila what is it", "Mozilla writes.") == "Mozilla what is it"


def test_a_form_that_only_shares_its_stem_is_no_word() -> None:
    # "lokings" has the stem of "looking", but nobody says "lookings".
    assert corrected("the lokings", "She is looking.") == "the lokings"


def test_the_form_that_ends_like_the_word_is_taken() -> None:
    assert corrected("it faild", "They fail, it fails, it failed.") == "it failed"


def test_a_question_of_many_unknown_words_is_left_alone() -> None:
    words = ["acount", "comitee", "calender", "pasword", "counsil", "nextclud"]
    assert len(words) > MOST_MISSPELT
    assert corrected(" ".join(words)) == " ".join(words)
    assert "account" in corrected(" ".join(words[:-1]))


QUESTIONS = st.lists(
    st.one_of(
        st.sampled_from(sorted({word for text in PASSAGES for word in text.split()})),
        st.sampled_from(["acount", "calender", "Comitee", "pasword's", "seperate,", "counsil?"]),
        st.text("abcdelmnorstu", min_size=1, max_size=9),
        st.text(max_size=6),
    ),
    max_size=8,
).map(" ".join)


@given(QUESTIONS)
def test_a_correction_is_the_last_one_and_always_the_same(question: str) -> None:
    once = corrected(question)
    assert corrected(question) == once
    assert corrected(once) == once
    assert len(once.split()) == len(question.split())


@given(st.lists(st.sampled_from(sorted({w for t in PASSAGES for w in t.split()})), max_size=9))
def test_words_that_the_documents_have_are_never_changed(words: Sequence[str]) -> None:
    assert corrected(" ".join(words)) == " ".join(words)


@given(st.lists(st.sampled_from(sorted(ENGLISH)), max_size=9))
def test_words_of_english_are_never_changed(words: Sequence[str]) -> None:
    assert corrected(" ".join(words)) == " ".join(words)
