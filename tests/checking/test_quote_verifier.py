"""One quotation held against sources: what is verbatim, what is nearly, and what weighs most."""

import pytest

from bot.checking.quote_verifier import LONGEST_QUOTE, verify_quote
from bot.checking.schema import QuoteVerdict
from bot.schema import Scope
from index.errors import QuestionError
from index.library import Library


def verdict(library: Library, quote: str, source: str | None = None) -> QuoteVerdict:
    found = library.find(source, ["documents"]).id if source else None
    return verify_quote(library, quote, Scope(collections=("documents",), source=found))


@pytest.mark.parametrize(
    ("quote", "sourced"),
    [
        ("Readers must not take books out", "Readers must not take books out"),
        ("readers  must\nnot take books", "Readers must not take books"),
        ("A fine of $1,000 is due", "A **fine** of $1,000 is due"),
        ("A **fine** of $1,000 is due.", "A **fine** of $1,000 is due"),
        (
            "and every book is counted",
            "and\n[every book](https://example.org/books?id=7) is counted",
        ),
        ("‘Nobody may smoke.’", "Nobody may smoke"),
        ("harms paper — and readers.", "harms paper – and read-\ners"),
        ("kept at −5 °C in the vault, at 18°C", "kept at -5 °C in the vault [3], at 18 °C"),
        ("opens at 9:30. It closes at 17:00", "opens at 9:30.\n- It closes at 17:00"),
        ("[T]he head of the library decides", "The head of the library decides"),
        ("Readers must not take [any] books out", "Readers must not take books out"),
        (
            "> The head of the library\n> decides on loans.",
            "The head of the library decides on loans",
        ),
        ("[The head] may, after hearing the board, refuse", "may, after hearing the board, refuse"),
        ("Readers must not ... out of the room", "Readers must not take books out of the room"),
        ("Nobody may smoke. [...] The temperature is kept", None),
        ("... Loans end after four weeks …", "Loans end after four weeks"),
        ("It is what it is", "It is what it is"),
        ("holds. It", "holds. It"),
        ("(e.g. `it`).\n\n| Day", None),
        ("the", None),
        ("Rules of the reading room\n\nReaders must not", None),
        ("Das Rauchen ist nicht erlaubt", "Das Rauchen ist nicht erlaubt"),
        ("every book](https://example.org/books?id=7) is", None),
    ],
)
def test_what_an_editor_may_set_otherwise_is_verbatim(
    library: Library, quote: str, sourced: str | None
) -> None:
    found = verdict(library, quote)
    assert (found.outcome, found.differences) == ("verbatim", ())
    assert found.citation is not None
    whole = library.source(found.citation.evidence.source_id)
    span = slice(found.citation.evidence.start, found.citation.evidence.end)
    assert whole.text[span] == found.citation.quote
    assert found.citation.evidence.sha256 == whole.sha256
    if sourced is not None:
        assert found.citation.quote == sourced


@pytest.mark.parametrize(
    ("quote", "sort", "first"),
    [
        ("Readers must take books out of the room", "negation", "“not” is missing"),
        ("Readers must never take books out of the room", "negation", "“never”"),
        ("She may charge for one", "negation", "“not” is missing"),
        ("Readers must ... take books out", "negation", "“not” is missing"),
        ("She may [...] charge for one", "negation", "“not” is left out, in “after hearing"),
        ("Readers must [be able to] take books out", "negation", "where the source has “not”"),
        ("Readers must not take books out of the room, [never]", "negation", "“never” is added"),
        ("Loans [do not] end after four weeks", "negation", "“do not” is added"),
        ("Loans end after [not less than] four weeks", "negation", "“not less than”"),
        ("Loans end after [six] weeks", "number", "“six” where the source has “four”"),
        ("Members [may] always return", "obligation", "“may” where the source has “shall”"),
        ("Somebody may smoke. Smoking harms paper", "negation", "“Nobody”"),
        ("Das Rauchen ist erlaubt", "negation", "“nicht” is missing"),
        ("A fine of $10,000 is due after 30 days", "number", "“10,000”"),
        ("A fine of $1.000 is due after 30 days", "number", "“1.000”"),
        ("a fine of $1,000 is due after 60 days", "number", "“60”"),
        ("Loans end after five weeks", "number", "“five”"),
        ("The temperature is kept at 5 °C in the vault", "number", "“5”"),
        ("It closes at 1700, except on Fridays", "number", "“1700”"),
        ("kept at -5 °C in the vault [4], at 18 °C elsewhere", "number", "“[4]”"),
        ("A fine of €1,000 is due after 30 days", "number", "“€”"),
        ("A fine of $1,000 is due before 30 days", "limit", "“before”"),
        ("Members should always return what they borrowed", "obligation", "“should”"),
        ("Members shall return what they borrowed", "limit", "“always” is missing"),
        ("It closes at 17:00, also on Fridays", "limit", "“also”"),
    ],
)
def test_what_turns_the_sense_is_said_first(
    library: Library, quote: str, sort: str, first: str
) -> None:
    found = verdict(library, quote)
    assert (found.outcome, found.alters) == ("nearly", True)
    assert found.differences[0].sort == sort
    assert found.summary.startswith("Not what the source says: ")
    assert first in found.summary.split(". The rest")[0]


@pytest.mark.parametrize(
    ("quote", "sort"),
    [
        ("The head of the library decides about loans", "word"),
        ("Smoking harms papers", "spelling"),
        ("Readers must not take BOOKS out", "capitals"),
        ("She may after hearing the board refuse a loan", "punctuation"),
        ("The Moon pulls the sea twice a day", "capitals"),
        ("The head of the old library decides on loans", "word"),
    ],
)
def test_what_is_otherwise_is_shown(library: Library, quote: str, sort: str) -> None:
    found = verdict(library, quote)
    assert (found.outcome, found.alters) == ("nearly", False)
    assert found.differences[0].sort == sort
    assert found.summary.startswith("Nearly in ")


def test_what_is_nowhere_is_said_to_be(library: Library) -> None:
    for quote in ("Llamas spin yarn under water", "owl " * 300):
        found = verdict(library, quote)
        assert (found.outcome, found.citation) == ("absent", None)


def test_a_quotation_that_begins_behind_a_negation_is_told(library: Library) -> None:
    found = verdict(library, "take books out of the room")
    assert found.outcome == "verbatim"
    assert found.caution == "Right before it the source has “Readers must not”."
    assert verdict(library, "Smoking harms paper").caution is None


def test_one_source_alone_is_asked(library: Library) -> None:
    quote = "The moon pulls the sea"
    assert verdict(library, quote, "tides.txt").outcome == "verbatim"
    assert verdict(library, quote, "rules.md").outcome == "absent"


def test_what_is_left_out_is_told(library: Library) -> None:
    found = verdict(library, "Nobody may smoke. [...] The temperature is kept")
    assert found.elided == ("Smoking harms paper – and read- ers",)


@pytest.mark.parametrize("quote", ["", " \n", "\u200b", "...", "[...]", "a" * (LONGEST_QUOTE + 1)])
def test_what_is_no_quotation_is_refused(library: Library, quote: str) -> None:
    with pytest.raises(QuestionError, match="quotation"):
        verdict(library, quote)
