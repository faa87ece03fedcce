from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answering.citations import cite, numbered_parts
from bot.schema import Citation, Draft, DraftPart, Pick, printed
from index.errors import SourceNotFound
from index.schema import Evidence, Place, Source, Span

TEXT = """Conditions

Three conditions must be met:
- a ceasefire agreement
- a Council mandate
- security guarantees

Lacroix said so in March. He repeated it in April. Nobody else did.
"""


def source(text: str = TEXT, *, id: str = "s1", **fields: object) -> Source:
    known: dict[str, object] = {
        "id": id,
        "collection": "documents",
        "uri": f"{id}.md",
        "title": f"Title of {id}",
        "mime": "text/markdown",
        "sha256": "v1",
        "text": text,
        "added_at": datetime(2025, 3, 1, tzinfo=UTC),
    }
    return Source.model_validate({**known, **fields})


def pick(of: Source, words: str, *, bold: str | None = None) -> Pick:
    start = of.text.index(words)
    highlight = None
    if bold is not None:
        inner = of.text.index(bold, start)
        highlight = Span(start=inner, end=inner + len(bold))
    evidence = Evidence(source_id=of.id, sha256=of.sha256, start=start, end=start + len(words))
    return Pick(evidence=evidence, highlight=highlight)


def draft(*parts: DraftPart) -> Draft:
    return Draft(status="answered", parts=parts, confidence=0.9)


NO_SOURCES: dict[str, Source] = {}


def no_heading(_: Evidence) -> tuple[str, ...]:
    return ()


def text_and_citations(
    draft: Draft,
    lookup: Callable[[str], Source],
    heading_of: Callable[[Evidence], tuple[str, ...]],
) -> tuple[str, tuple[Citation, ...]]:
    """Return the text of a draft, and what it cites."""
    parts, citations = numbered_parts(draft, lookup, heading_of)
    return printed(parts, citations), citations


def by_id(*sources: Source) -> Callable[[str], Source]:
    def lookup(id: str) -> Source:
        for one in sources:
            if one.id == id:
                return one
        raise SourceNotFound(id)

    return lookup


def test_a_citation_quotes_the_text_and_says_where_it_stands() -> None:
    one = source(url="https://example.org/a", modified=datetime(2025, 4, 1, tzinfo=UTC))
    start = one.text.index("a ceasefire")
    citation = cite(one, start, start + 21, marker=3, heading=("Conditions",))
    assert citation.quote == "a ceasefire agreement" == one.text[start : start + 21]
    assert citation.lines == (4, 4)
    assert (citation.marker, citation.heading, citation.source) == (3, ("Conditions",), "s1.md")
    assert citation.modified == one.modified
    assert citation.page is None


def test_a_citation_of_a_paged_source_names_its_page() -> None:
    one = source("first page\fsecond page", pages=(Span(start=0, end=11), Span(start=11, end=22)))
    assert cite(one, 11, 22).page == 2


def test_a_citation_of_a_slide_names_it() -> None:
    places = tuple(
        Place(start=start, label="slide", number=number, fragment="slide=")
        for start, number in ((0, 1), (11, 3))
    )
    one = source("first slide third slide", uri="deck.pptx", places=places)
    cited = cite(one, 12, 17)
    assert (cited.place, cited.link()) == ("slide 3", "deck.pptx#slide=3")
    assert cite(one, 0, 17).place == "slides 1-3"


@pytest.mark.parametrize(("start", "end"), [(0, 0), (5, 2), (-1, 4), (0, 10_000)])
def test_a_span_that_is_none_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match=r"no span of 's1\.md'"):
        cite(source(), start, end)


def test_a_highlight_is_told_from_the_start_of_the_quote() -> None:
    one = source()
    start = one.text.index("Lacroix")
    bold = Span(start=one.text.index("March"), end=one.text.index("March") + 5)
    citation = cite(one, start, start + 25, highlight=bold)
    assert citation.highlight is not None
    first, last = citation.highlight
    assert citation.quote[first:last] == "March"


def test_a_highlight_outside_the_quote_is_left_out() -> None:
    one = source()
    assert cite(one, 0, 10, highlight=Span(start=5, end=30)).highlight is None


def test_a_list_is_printed_with_its_lead_in_and_one_number_an_item() -> None:
    one = source()
    text, citations = text_and_citations(
        draft(
            DraftPart(picks=(pick(one, "Three conditions must be met:"),), role="lead"),
            DraftPart(picks=(pick(one, "a ceasefire agreement"),), role="item"),
            DraftPart(picks=(pick(one, "a Council mandate"),), role="item"),
            DraftPart(picks=(pick(one, "security guarantees"),), role="item"),
            DraftPart(picks=(pick(one, "Lacroix said so in March."),)),
        ),
        by_id(one),
        no_heading,
    )
    assert text == (
        "Three conditions must be met: [1]\n"
        "- a ceasefire agreement [2]\n"
        "- a Council mandate [3]\n"
        "- security guarantees [4]\n"
        "\n"
        "Lacroix said so in March. [5]"
    )
    assert [citation.marker for citation in citations] == [1, 2, 3, 4, 5]


def test_a_models_sentences_are_prose_with_markers_behind_them() -> None:
    one = source()
    march, april = pick(one, "Lacroix said so in March."), pick(one, "He repeated it in April.")
    other = pick(one, "a Council mandate")
    text, citations = text_and_citations(
        draft(
            DraftPart(text="He said it twice.", picks=(march, april)),
            DraftPart(text="A mandate is needed.", picks=(other, march)),
            DraftPart(text="In March, that is.", picks=(march,)),
        ),
        by_id(one),
        no_heading,
    )
    assert text == "He said it twice. [1] A mandate is needed. [2][3] In March, that is. [3]"
    assert [citation.quote for citation in citations] == [
        "Lacroix said so in March. He repeated it in April.",
        "a Council mandate",
        "Lacroix said so in March.",
    ]


def test_the_same_span_keeps_its_number_over_several_sources() -> None:
    one, two = source(), source("Something else.", id="s2")
    text, citations = text_and_citations(
        draft(
            DraftPart(picks=(pick(one, "Nobody else did."),)),
            DraftPart(picks=(pick(two, "Something else."), pick(one, "Nobody else did."))),
        ),
        by_id(one, two),
        no_heading,
    )
    assert text == "Nobody else did. [1]\n\nSomething else. [2] Nobody else did. [1]"
    assert [citation.title for citation in citations] == ["Title of s1", "Title of s2"]


def test_a_pick_of_another_version_is_not_printed() -> None:
    old, new = source(), source(sha256="v2")
    text, citations = text_and_citations(
        draft(
            DraftPart(picks=(pick(old, "Nobody else did."),)),
            DraftPart(text="A sentence.", picks=(pick(old, "Three"), pick(new, "mandate"))),
        ),
        by_id(new),
        no_heading,
    )
    assert text == "A sentence. [1]"
    assert [citation.quote for citation in citations] == ["mandate"]


def test_a_pick_of_an_unknown_source_is_not_printed() -> None:
    part = DraftPart(text="Sure.", picks=(pick(source(id="gone"), "Three"),))
    assert text_and_citations(draft(part), by_id(source()), no_heading) == ("", ())
    assert text_and_citations(draft(part), NO_SOURCES.__getitem__, no_heading) == ("", ())


def test_the_heading_comes_from_the_caller() -> None:
    one = source()
    part = DraftPart(picks=(pick(one, "Nobody else did."),))
    _, (citation,) = text_and_citations(draft(part), by_id(one), lambda _: ("Peace", "Conditions"))
    assert citation.heading == ("Peace", "Conditions")


def test_merging_keeps_the_highlight() -> None:
    one = source()
    picks = (
        pick(one, "Lacroix said so in March."),
        pick(one, "He repeated it in April.", bold="April"),
    )
    _, (citation,) = text_and_citations(draft(DraftPart(picks=picks)), by_id(one), no_heading)
    assert citation.highlight is not None
    first, last = citation.highlight
    assert citation.quote[first:last] == "April"


spans = st.tuples(st.integers(0, 200), st.integers(0, 200)).map(sorted)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.lists(st.lists(spans, max_size=4), max_size=4))
def test_whatever_is_picked_every_quote_is_the_text_between_its_offsets(
    text: str, parts: list[list[list[int]]]
) -> None:
    one = source(text)
    picks = [
        DraftPart(
            picks=tuple(
                Pick(evidence=Evidence(source_id="s1", sha256="v1", start=a, end=b))
                for a, b in part
            )
        )
        for part in parts
    ]
    shown, citations = text_and_citations(draft(*picks), by_id(one), no_heading)
    for position, citation in enumerate(citations, start=1):
        assert citation.marker == position
        assert citation.quote == text[citation.evidence.start : citation.evidence.end] != ""
        assert f"{citation.quote} [{position}]" in shown


def test_only_of_a_team_answer_it_is_said_who_gave_it() -> None:
    given = source(id="team-answer-0a1b", uri="team-answer-0a1b.txt", added_by="Kim, 3 March 2026")
    assert cite(given, 0, 10).author == "Kim, 3 March 2026"
    assert cite(source(added_by="Kim"), 0, 10).author is None
