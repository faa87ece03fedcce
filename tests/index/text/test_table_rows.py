"""Rows of tables: found by the names of their columns, and quoted with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.embed.minilm import open_minilm
from index.load.loaders import load_bytes
from index.schema import Span
from index.text.table_rows import RowPart, cells, header_in
from tests.doubles.answer_world import World, cited, open_world
from tests.doubles.generate_world import ScriptedModel, generator, written
from tests.doubles.loaded_sources import source_of

PLANS = """# Plans

Our plans differ in price and in how many people may use them.

| Plan | Price per month | Seats | Support |
|------|-----------------|-------|---------|
| Free | $0 | 1 | community forum |
| Team | $12 | 10 | email, two days |
| Business | $49 | 100 | phone, four hours |

Prices are without tax.
"""
COLUMNS = "Plan | Price per month | Seats | Support"


@pytest.fixture(scope="module")
def world(indexed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    minilm = open_minilm(indexed_folder / ".quoth", threads=1)
    with open_world(tmp_path_factory.mktemp("home"), minilm) as opened:
        opened.add("shop", "plans.md", PLANS, title="Plans")
        names = "\n".join(f"| Room {n} | floor {n % 7} | {n * 3} |" for n in range(300))
        table = f"| Room | Where | Chairs |\n|---|---|---|\n{names}\n"
        opened.add("house", "rooms.md", f"# Rooms\n\n{table}", title="Rooms")
        yield opened


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("how many seats does Business have", "| Business | $49 | 100 | phone, four hours |"),
        ("which plan has phone support?", "| Business | $49 | 100 | phone, four hours |"),
        ("What is the price per month of Team?", "| Team | $12 | 10 | email, two days |"),
    ],
)
async def test_a_row_answers_by_the_name_of_its_column(
    world: World, question: str, row: str
) -> None:
    answer = await world.ask(question, "shop")
    first = answer.citations[0]
    assert (answer.status, first.quote, first.heading[-1]) == ("answered", row, COLUMNS)


async def test_a_table_given_whole_names_its_columns_once(world: World) -> None:
    answer = await world.ask("what plans are there?", "shop")
    assert [c.quote.split("|")[1].strip() for c in answer.citations[1:]] == [
        *("Plan", "Free", "Team", "Business")
    ]
    assert all(COLUMNS not in citation.heading for citation in answer.citations)


async def test_a_sentence_beside_a_table_has_no_columns(world: World) -> None:
    answer = await world.ask("Are the prices without tax?", "shop")
    assert cited(answer, "without tax").heading == ("Plans",)


async def test_a_header_alone_is_never_the_nearest_passage(world: World) -> None:
    answer = await world.ask("Which support did the emperor of Brazil want?", "shop")
    assert answer.status == "not_found"
    assert all("Price per month" not in citation.quote for citation in answer.nearest)


async def test_a_row_far_below_its_header_still_has_its_columns(world: World) -> None:
    answer = await world.ask("How many chairs has room 217?", "house")
    found = cited(answer, "| Room 217 |")
    assert found.heading == ("Rooms", "Room | Where | Chairs")


async def test_a_model_is_shown_the_columns_of_a_row_and_may_use_their_names(world: World) -> None:
    model = ScriptedModel("Room 217 has 651 chairs [1.1].", piece=999)
    found = world.find("How many chairs has room 217?", "house")
    shown = [hit for hit in found.hits if "| Room 217 |" in hit.passage.text][:1]
    row = next(
        s
        for s in shown[0].passage.sentences
        if s.of(shown[0].source.text).startswith("| Room 217 |")
    )
    alone = shown[0].passage.model_copy(
        update={
            "start": row.start,
            "end": row.end,
            "text": row.of(shown[0].source.text),
            "sentences": (row,),
        }
    )
    hits = [shown[0].model_copy(update={"passage": alone})]
    draft = await written(generator(model), "How many chairs has room 217?", hits)
    assert draft is not None
    assert "columns: | Room | Where | Chairs |" in model.asked[0][1]
    assert [part.text for part in draft.parts] == ["Room 217 has 651 chairs."]


def as_read(header: str, row: str) -> str:
    """Return how a row below its header is read."""
    text = f"{header}\n{row}"
    return RowPart.of(text, header, Span(start=len(header) + 1, end=len(text))).as_read


def test_cells_are_read_behind_the_names_of_their_columns() -> None:
    assert as_read("| Plan | Seats |", "| Team | 10 |") == "Plan: Team; Seats: 10"
    assert as_read("name\tage", "Ann\t") == "name: Ann"
    assert as_read("| Plan | Seats |  |", "| Team | 10 | new |") == "Plan: Team; Seats: 10; new"
    assert as_read("| Plan | Seats | Support |", "| Team | 10 |") == "Plan: Team; Seats: 10"
    assert cells(r"| a \| b | c |") == ["a | b", "c"]
    assert cells("| a\tb | c |") == ["a\tb", "c"]


@pytest.mark.parametrize("row", ["| three | cells | here |", "no cells", ""])
def test_a_row_that_does_not_fit_its_header_is_read_as_it_stands(row: str) -> None:
    assert as_read("| Plan | Seats |", row) == row


@given(st.lists(st.text("ab 1|\t", max_size=6), max_size=5), st.text("ab |\t", max_size=20))
def test_any_row_can_be_read(names: list[str], row: str) -> None:
    header = "|".join(names)
    read = as_read(header, row)
    assert read == row or 1 < len(cells(row)) <= len(cells(header))


def test_some_cells_of_a_row_are_read_with_what_the_row_is_about() -> None:
    header, row = "| Land | 2001 | 2002 | 2003 |", "| Peru | 5 | 6 \\| 7 | 8 |"
    text = f"{header}\n{row}\n"
    start = text.index("| 6")
    some = RowPart.of(text, header, Span(start=start, end=text.index(" |\n", start)))
    assert some.as_read == "Land: Peru; 2002: 6 | 7; 2003: 8"
    assert some.above == ("Land: Peru", "2002 | 2003")


WIDE = "Land," + ",".join(str(year) for year in range(1960, 2030))
VALUES = "\n".join(f"Land {n}," + ",".join(str(n * 100 + at) for at in range(70)) for n in range(9))


def test_a_wide_row_is_quoted_by_some_cells_each_with_its_column() -> None:
    source = source_of(load_bytes(f"{WIDE}\n{VALUES}\n".encode(), name="a.csv"), "a.csv")
    for passage in chunk(source, ChunkConfig()):
        for span in passage.sentences:
            assert len(cells(span.of(source.text))) <= 12
            line = source.lines_of(span)[0]
            if line > 1:
                found = RowPart.of(source.text, header_in(source, passage), span)
                assert found.as_read.startswith(f"Land: Land {line - 2}; ")
                for year in re.finditer(r"; (\d{4}): (\d+)", found.as_read):
                    assert int(year[2]) == (line - 2) * 100 + int(year[1]) - 1960


def test_a_table_without_a_header_has_none() -> None:
    source = source_of(load_bytes(b"2024-01-01,5\n2024-01-02,6\n", name="a.csv"), "a.csv")
    assert [header_in(source, passage) for passage in chunk(source, ChunkConfig())] == [""]


async def test_a_row_of_a_file_is_quoted_with_its_line_and_its_columns(world: World) -> None:
    rows = "\n".join(f'Tool {n},"{n},50",shelf {n % 9}' for n in range(40))
    data = f'Prices of the tool shop\n\nTool,Price,"Where it\nstands"\n{rows}\n'
    world.add_all("tools", {"prices.csv": load_bytes(data.encode(), name="prices.csv")})
    answer = await world.ask("What is the price of tool 17?", "tools")
    found = cited(answer, "| Tool 17 |")
    assert found.quote == "| Tool 17 | 17,50 | shelf 8 |"
    assert found.heading[-1] == "Tool | Price | Where it stands"
    assert (found.link(), data.split("\n")[21]) == ("prices.csv#L22", 'Tool 17,"17,50",shelf 8')
