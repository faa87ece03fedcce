"""Whatever the documents hold and whatever is asked: quotes are exact, markers in order."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.schema import LoadedDocument
from tests.doubles.answer_world import World, open_world, turns
from tests.doubles.fakes import HashingEmbedder

WORDS = [
    "harbour", "ferry", "fee", "members", "boat", "crane", "Trieste", "Okafor", "mandate", "12",
    "1998", "$40", "[2]", "the", "of", "takes", "is", "because", "It", "They", "é中文", "naïve",
    "x_y", "a.b", "{z}", "${q}", "<b>", "|", "\u200b",
]  # fmt: skip
MIMES = ("text/markdown", "text/plain", "text/html", "text/csv")

word = st.sampled_from(WORDS)
words = st.lists(word, min_size=1, max_size=9).map(" ".join)
sentence = st.tuples(words, st.sampled_from([".", "?", ":", "!", "", "。"])).map("".join)
paragraph = st.lists(sentence, min_size=1, max_size=5).map(" ".join)
mark = st.sampled_from(["- ", "* ", "1. ", "2) ", "• ", "a) ", "  - "])
items = st.lists(st.tuples(mark, sentence).map("".join), min_size=1, max_size=6).map("\n".join)
lead = st.one_of(st.just(""), words.map(lambda text: f"{text}:\n\n"))
listing = st.tuples(lead, items).map("".join)
cells = st.lists(words.map(lambda text: text.replace("|", "/")), min_size=2, max_size=3)
rows = st.lists(cells.map(lambda cell: f"| {' | '.join(cell)} |"), min_size=1, max_size=4)
table = rows.map(lambda found: "\n".join([found[0], "| --- | --- |", *found[1:]]))
heading = st.tuples(st.sampled_from(["# ", "## ", "### "]), words).map("".join)
document = st.lists(
    st.one_of(paragraph, listing, table, heading, st.text(max_size=60)), min_size=1, max_size=6
).map("\n\n".join)
question = st.one_of(
    words.map(lambda text: f"What is {text}?"),
    words.map(lambda text: f"What are the {text} steps?"),
    words.map(lambda text: f"Summarise {text}"),
    st.tuples(words, words).map(lambda two: f"Who is {two[0]} and when is {two[1]}?"),
    st.sampled_from(["How long does it take?", "How much is it?", "show me 1", "why?", "?"]),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("home"), HashingEmbedder(), tokens=50) as opened:
        yield opened


@given(
    st.lists(st.tuples(document, st.sampled_from(MIMES)), min_size=1, max_size=4),
    st.lists(question, min_size=2, max_size=4),
)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_keeps_what_is_promised(
    world: World, documents: list[tuple[str, str]], questions: list[str]
) -> None:
    found = {
        f"{at}.txt": LoadedDocument(text=text, title=f"Document {at}", mime=mime)
        for at, (text, mime) in enumerate(documents)
        if text.strip()
    }
    world.synchroniser.remove_collection("generated")
    world.add_all("generated", found)
    history: tuple[object, ...] = ()
    for asked in questions:
        # `ask` holds every promise against the answer.
        answer = asyncio.run(
            world.ask(asked, "generated", history=history, threshold=0.0)  # type: ignore[arg-type]
        )
        assert answer.question == " ".join(asked.split())
        assert answer.text.strip()
        history = (*history, *turns(asked, answer))
