"""Retrieval over a real catalog and a real Chroma; meaning comes from words shared."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import EmbeddingUnavailable, QuestionError
from index.protocols import FoundPassage, SourceVersion, Vectors
from index.schema import Hit, LoadedDocument, Passage, Source
from index.search.checked_question import LONGEST_QUESTION, checked_question
from index.search.joined_passages import NO_FLAGS
from index.search.merged_hits import NEAR_DUPLICATE, WHOLE_SECTION, fold_duplicates
from index.search.passage_rank import Candidate, PassageTerms, joined_parts
from index.search.searcher import Findings, Searcher
from index.store.catalog import Catalog
from tests.doubles.answer_world import World, open_world
from tests.doubles.fakes import HashingEmbedder

TIDES = "The moon pulls the sea towards itself, and so the water in the harbour rises twice a day."
BREAD = "Bread dough rests for two hours in a warm kitchen before it is baked in the oven."
RIVER = "The agreement on the river was signed by both towns after a long and bitter quarrel."


class BrokenEmbedder(HashingEmbedder):
    """A provider that does not answer."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        raise EmbeddingUnavailable("The provider did not answer.")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("home"), HashingEmbedder(), tokens=60) as opened:
        opened.add("plain", "tides.md", TIDES, title="Tides")
        opened.add("plain", "bread.md", BREAD, title="Bread")
        opened.add("plain", "river.md", RIVER, title="River")
        opened.add("other", "secret.md", "The harbour code of the moon is 4711.", title="Secret")
        yield opened


def exact(hits: Sequence[Hit]) -> Sequence[Hit]:
    """Hold what is promised of every hit against these."""
    for hit in hits:
        passage = hit.passage
        assert hit.source.text[passage.start : passage.end] == passage.text
        assert all(passage.start <= s.start < s.end <= passage.end for s in passage.sentences)
        assert 0 <= hit.score <= 1
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    return hits


def text(words: str) -> LoadedDocument:
    return LoadedDocument(text=words, title="Tides", mime="text/markdown")


def texts(hits: Sequence[Hit]) -> list[str]:
    return [hit.passage.text for hit in hits]


def test_the_passage_that_shares_meaning_and_words_comes_first(world: World) -> None:
    (first, *_) = exact(world.find("When does the water in the harbour rise?", "plain").hits)
    assert first.passage.text == TIDES
    assert (first.dense_rank, first.lexical_rank) == (1, 1)


def test_the_limit_is_kept(world: World) -> None:
    question = "the moon in the kitchen and the agreement on the river"
    assert len(world.searcher().search(question, collections=["plain"], limit=1)) == 1


def test_as_many_hits_come_as_are_wanted(tmp_path: Path) -> None:
    with open_world(tmp_path, HashingEmbedder(), tokens=60) as many:
        for number in range(80):
            many.add("plain", f"{number}.md", f"Fox number {number} runs.", title=f"Fox {number}")
        found = many.searcher().search("Which fox runs?", collections=["plain"], limit=75)
    assert len(found) == 75


@pytest.mark.parametrize("question", ["", "   ", "\n\t ", "\u00a0"])
def test_a_blank_question_is_refused(world: World, question: str) -> None:
    with pytest.raises(QuestionError, match="The question is empty"):
        world.find(question, "plain")


def test_a_question_of_10_000_characters_is_refused_with_its_length(world: World) -> None:
    with pytest.raises(QuestionError, match=r"10,000 characters; ask one of at most 4,000"):
        world.find("x" * 10_000, "plain")


def test_the_longest_question_is_searched(world: World) -> None:
    question = ("harbour water moon " * LONGEST_QUESTION)[:LONGEST_QUESTION].strip()
    assert exact(world.find(question, "plain").hits)[0].passage.text == TIDES


@pytest.mark.parametrize(
    "question", ["?", "🌊", "the of and", '"', "NEAR(", "a AND NOT b*", "']--"]
)
def test_a_question_without_content_words_is_searched_without_harm(
    world: World, question: str
) -> None:
    hits = exact(world.find(question, "plain").hits)
    assert {hit.source.collection for hit in hits} <= {"plain"}


def test_white_space_in_a_question_says_nothing() -> None:
    assert checked_question("  When\n does\u00a0it  rain? ") == "When does it rain?"


def test_a_collection_that_is_not_opened_is_never_found(world: World) -> None:
    question = "What is the harbour code of the moon?"
    assert "4711" in " ".join(texts(world.find(question, "other").hits))
    assert {hit.source.collection for hit in world.find(question, "plain").hits} == {"plain"}


def test_several_collections_are_ranked_together(world: World) -> None:
    hits = exact(world.find("What is the harbour code of the moon?", "plain", "other").hits)
    assert [hit.source.collection for hit in hits[:2]] == ["other", "plain"]


@pytest.mark.parametrize("collections", [(), ("no such collection",)])
def test_nothing_is_found_in_nothing(world: World, collections: tuple[str, ...]) -> None:
    found = world.find("harbour", *collections)
    assert (found.ranked, found.hits) == ((), ())


def test_without_an_answer_of_the_embedder_words_alone_are_searched(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    found = world.searcher(BrokenEmbedder()).find("harbour water moon", collections=["plain"])
    assert [c.passage.text for c in found.ranked][:1] in ([], [TIDES])
    assert all(c.dense_rank is None for c in found.ranked)
    assert found.query.vector is None
    assert "Searching by words only: The provider did not answer." in caplog.text


# One source only


def test_only_the_source_that_was_asked_for_is_searched(world: World) -> None:
    bread = world.catalog.find_source(["plain"], "bread.md").id
    found = world.find("bread, harbour and the agreement on the river", "plain", source=bread)
    assert {hit.source.uri for hit in exact(found.hits)} == {"bread.md"}


def test_a_source_is_found_among_many_that_fit_better(world: World) -> None:
    crowd = {f"{n}.md": text(f"Harbour water rises with the moon on day {n}.") for n in range(320)}
    world.add_all("crowd", crowd)
    quiet = world.add("crowd", "quiet.md", "The harbour master keeps a list of every ship.")
    found = world.find("When does the harbour water rise with the moon?", "crowd", source=quiet)
    assert {c.source.id for c in found.ranked} == {quiet}


def test_a_source_of_another_collection_is_not_found_by_its_id(world: World) -> None:
    secret = world.catalog.find_source(["other"], "secret.md").id
    assert world.find("What is the harbour code?", "plain", source=secret).ranked == ()


# Duplicates


def test_passages_that_say_the_same_are_folded_into_one(world: World) -> None:
    for name in ("one", "two", "three"):
        world.add("copies", f"{name}.md", f"{TIDES}\n", title="Tides")
    world.add("copies", "bread.md", BREAD, title="Bread")
    found = world.find("When does the water in the harbour rise?", "copies")
    assert [c.passage.text for c in found.ranked].count(TIDES) == 1


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_of_equal_files_the_first_by_name_is_cited_whichever_came_first(
    world: World, order: str
) -> None:
    for name in order:
        world.add(order, f"{name}.md", "The ferry casts off at noon.", title="Ferry")
    (hit,) = world.find("When does the ferry cast off?", order).hits
    assert hit.source.uri == "a.md"


def test_versions_that_differ_in_a_number_are_both_kept(world: World) -> None:
    text = (
        "The membership fee for adults who live in the town is {} euros a year, payable in March "
        "by bank transfer to the treasurer of the rowing club, who sends a receipt by post."
    )
    for name, fee in (("old", 10), ("new", 12)):
        world.add("versions", f"{name}.md", text.format(fee), title="Fees")
    found = world.find("What is the membership fee for adults?", "versions")
    assert {c.source.uri for c in found.ranked} == {"old.md", "new.md"}


_WORDS = st.lists(st.integers(0, 29), min_size=1, max_size=30, unique=True)


@given(st.lists(_WORDS, max_size=8), st.data())
@settings(max_examples=60, deadline=None)
def test_passages_are_folded_as_if_every_two_were_compared(
    texts: list[list[int]], data: st.DataObject
) -> None:
    near = [[*words[1:], 40] for words in texts]  # one word of each replaced by another
    drawn = data.draw(st.permutations([*texts, *texts, *near]))
    ranked = [_saying(" ".join(f"word{'abcdefghij'[n % 10] * (1 + n // 10)}" for n in words))
              for words in drawn]  # fmt: skip
    kept: list[Candidate] = []
    for each in ranked:
        words = set(each.words.all)
        shares = (len(words & o.words.all) / len(words | o.words.all) for o in kept)
        if all(share < NEAR_DUPLICATE for share in shares):
            kept.append(each)
    flags = joined_parts(ranked).word_flags() if ranked else NO_FLAGS
    assert fold_duplicates(ranked, flags) == kept


def _saying(words: str) -> Candidate:
    """Return a candidate of one passage."""
    passage = Passage(id=words, source_id="s", ordinal=0, start=0, end=len(words), text=words)
    source = Source(
        id="s",
        collection="plain",
        uri="s.md",
        title="S",
        mime="text/markdown",
        sha256="0" * 64,
        text=words,
        added_at=datetime(2025, 1, 1, tzinfo=UTC),
    )
    words_of = PassageTerms(passage, "S")
    return Candidate(passage, words_of, None, 0.5, dense_rank=1, lexical_rank=None, source=source)


def test_a_row_is_read_under_the_header_that_its_table_has_now(world: World) -> None:
    rows = "".join(f"| Boat {n} of the harbour | {n} metres and a half |\n" for n in range(40))
    searcher = world.searcher()
    for column in ("Length", "Height"):
        world.add("boats", "boats.md", f"| Name | {column} |\n|---|---|\n{rows}", title="Boats")
        found = searcher.find("How long is boat 38?", collections=["boats"])
        below = [c.words for c in found.ranked if column not in c.passage.text]
        assert below
        assert {words.header for words in below} == {f"| Name | {column} |"}


# Sections and neighbours


def sections(*named: tuple[str, str], title: str = "Harbour") -> str:
    return f"# {title}\n\n" + "\n\n".join(f"## {name}\n\n{text}" for name, text in named)


def paragraphs(count: int, words: str) -> str:
    return "\n\n".join(f"{words} This is remark number {n} of the guide." for n in range(count))


def test_a_short_document_is_one_hit(world: World) -> None:
    guide = sections(("Water", TIDES), ("Kitchen", BREAD), ("Towns", RIVER))
    world.add("short", "guide.md", guide, title="Guide")
    found = world.find("When does the water in the harbour rise?", "short")
    (hit,) = exact(found.hits)
    assert hit.passage.text == guide
    assert len(found.ranked) > 1
    assert hit.passage.heading == ("Harbour",)


def test_a_section_of_many_short_passages_is_returned_whole(world: World) -> None:
    steps = [(f"Step {n}", f"Turn valve {n} of the harbour.") for n in range(20)]
    guide = sections(*steps, title="Valves")
    world.add("steps", "guide.md", guide, title="Guide")
    found = world.find("Which valve of the harbour is turned in step 3?", "steps")
    assert len(found.ranked) > 12
    assert [hit.passage.text for hit in exact(found.hits)] == [guide]


def test_a_section_is_returned_whole_where_the_document_is_too_long(world: World) -> None:
    water = paragraphs(6, TIDES)
    guide = sections(
        ("Kitchen", paragraphs(25, BREAD)), ("Water", water), ("Towns", paragraphs(25, RIVER))
    )
    world.add("long", "guide.md", guide, title="Guide")
    first = exact(world.find("When does the water in the harbour rise?", "long").hits)[0]
    assert first.passage.text == f"## Water\n\n{water}"
    assert first.passage.heading == ("Harbour", "Water")
    assert len(first.passage.text) <= WHOLE_SECTION


def test_in_a_long_section_neighbours_that_were_both_found_are_one_hit(world: World) -> None:
    other = paragraphs(30, BREAD)
    text = f"{other}\n\n{TIDES}\n\nHarbour water also rises with the wind.\n\n{other}"
    world.add("neighbours", "guide.md", text, title="Guide")
    hits = exact(world.find("When does the water in the harbour rise?", "neighbours").hits)
    assert TIDES in hits[0].passage.text
    assert "rises with the wind" in hits[0].passage.text


def test_no_two_hits_show_the_same_words(world: World) -> None:
    text = paragraphs(40, TIDES.removesuffix(".") + " and falls again.")
    world.add("overlap", "guide.md", text, title="Guide")
    hits = exact(world.find("When does the water in the harbour rise?", "overlap").hits)
    spans = sorted((hit.passage.start, hit.passage.end) for hit in hits)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


# Follow-ups


def test_a_follow_up_is_searched_in_both_wordings(world: World) -> None:
    rewritten = "What about the oven and the bread (harbour, moon, water, sea)?"
    alone = world.find(rewritten, "plain")
    both = world.find(rewritten, "plain", asked="What about the oven and the kitchen?")
    assert alone.ranked[0].passage.text == TIDES
    assert both.query.text == rewritten

    def value(found: Findings, words: str) -> float:
        return next(c.value for c in found.ranked if c.passage.text == words)

    asked = world.find("What about the oven and the kitchen?", "plain")
    mean = (value(alone, BREAD) + value(asked, BREAD)) / 2
    assert value(both, BREAD) == pytest.approx(mean, abs=0.05)
    assert value(both, BREAD) > value(alone, BREAD)
    assert value(both, TIDES) < value(alone, TIDES)


def test_a_passage_only_the_words_as_asked_find_is_a_candidate(world: World) -> None:
    found = world.find("harbour moon", "plain", asked="bread dough oven kitchen rests")
    assert BREAD in [c.passage.text for c in found.ranked]


# Misspelt words


class EnglishEmbedder(HashingEmbedder):
    """Has one word of English as one piece."""

    def count_word_pieces(self, texts: Sequence[str]) -> list[int]:
        return [1 if text == "harbor" else 3 for text in texts]


def test_words_are_spelt_as_the_opened_collections_spell_them(world: World) -> None:
    searcher = world.searcher(EnglishEmbedder())
    assert searcher.spelled("the agreemnt", collections=["plain"]) == "the agreement"
    assert searcher.spelled("the agreemnt", collections=["other"]) == "the agreemnt"
    assert searcher.spelled("the harbor", collections=["plain"]) == "the harbor"


def test_another_model_may_tell_which_words_are_english(world: World) -> None:
    def searcher(pieces: object) -> Searcher:
        return Searcher(
            catalog=world.catalog,
            vectors=world.vectors,
            embedder=world.embedder,
            word_pieces=lambda: pieces,
        )

    asked = searcher(EnglishEmbedder())
    assert asked.spelled("the agreemnt", collections=["plain"]) == "the agreement"
    assert searcher(None).spelled("the agreemnt", collections=["plain"]) == "the agreemnt"


# Changes in the middle of a search


class ChangingCatalog(Catalog):
    """A catalog in which a document changes just before one of the reads of the first search."""

    def __init__(self, home: Path, change: Callable[[], object], before: str) -> None:
        super().__init__(home)
        self._change = [change]
        self._before = before

    def found_passages(self, ids: Sequence[str], *, vectors: bool) -> dict[str, FoundPassage]:
        self._meet("passages")
        return super().found_passages(ids, vectors=vectors)

    def sources_of(self, versions: Iterable[SourceVersion]) -> dict[str, Source]:
        self._meet("sources")
        return super().sources_of(versions)

    def _meet(self, read: str) -> None:
        while read == self._before and self._change:
            self._change.pop()()


@pytest.mark.parametrize("before", ["passages", "sources"])
def test_a_document_that_changes_during_a_search_is_never_cut_at_old_places(
    world: World, before: str
) -> None:
    world.add("changing", "guide.md", f"{TIDES}\n\n{BREAD}", title="Guide")
    changed = f"The harbour has moved.\n\n{TIDES}\n\n{BREAD}"
    catalog = ChangingCatalog(
        world.catalog.path.parent,
        lambda: world.add("changing", "guide.md", changed, title="Guide"),
        before,
    )
    with closing(catalog):
        searcher = Searcher(catalog=catalog, vectors=world.vectors, embedder=world.embedder)
        for _ in range(2):
            found = searcher.find("When does harbour water rise?", collections=["changing"])
            exact(found.hits)
            for candidate in found.ranked:
                passage = candidate.passage
                assert candidate.source.text[passage.start : passage.end] == passage.text
    assert changed.startswith(found.hits[0].passage.text[:20])


def test_a_document_that_changes_before_its_text_is_read_is_found_as_it_is_now(
    world: World,
) -> None:
    world.add("moving", "tides.md", TIDES, title="Tides")
    changed = f"The harbour has moved.\n\n{TIDES}"
    catalog = ChangingCatalog(
        world.catalog.path.parent,
        lambda: world.add("moving", "tides.md", changed, title="Tides"),
        "sources",
    )
    with closing(catalog):
        searcher = Searcher(catalog=catalog, vectors=world.vectors, embedder=world.embedder)
        found = exact(searcher.search("When does harbour water rise?", collections=["moving"]))
    assert {hit.source.text for hit in found} == {changed}


@pytest.mark.parametrize("before", ["passages", "sources"])
def test_a_document_that_is_removed_during_a_search_is_left_out(world: World, before: str) -> None:
    world.add("shrinking", "tides.md", TIDES, title="Tides")
    world.add("shrinking", "bread.md", BREAD, title="Bread")
    catalog = ChangingCatalog(
        world.catalog.path.parent,
        lambda: world.synchroniser.remove("shrinking", "tides.md"),
        before,
    )
    with closing(catalog):
        searcher = Searcher(catalog=catalog, vectors=world.vectors, embedder=world.embedder)
        found = searcher.find("When does harbour water rise?", collections=["shrinking"])
    assert [candidate.source.uri for candidate in found.ranked] == ["bread.md"]
