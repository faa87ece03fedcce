"""How rows are put together into batches."""

from collections.abc import Sequence
from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from index.embed.word_pieces import CALL_TOKENS, batches

LENGTHS = st.lists(st.integers(3, 60), max_size=8)
BUDGETS = st.integers(40, 200)


def cost(lengths: Sequence[int], made: Sequence[Sequence[int]]) -> int:
    return sum(CALL_TOKENS + len(batch) * max(lengths[at] for at in batch) for batch in made)


@given(LENGTHS, BUDGETS)
def test_every_row_is_in_one_batch_and_none_exceeds_its_budget(
    lengths: list[int], budget: int
) -> None:
    made = list(batches(lengths, budget))
    assert sorted(at for batch in made for at in batch) == list(range(len(lengths)))
    for batch in made:
        assert len(batch) == 1 or len(batch) * max(lengths[at] for at in batch) <= budget


@given(LENGTHS, BUDGETS)
def test_no_other_way_to_cut_the_sorted_rows_costs_less(lengths: list[int], budget: int) -> None:
    rows = sorted(range(len(lengths)), key=lambda at: -lengths[at])
    inner = range(1, len(rows))
    for cuts in (some for count in range(len(rows)) for some in combinations(inner, count)):
        other = [rows[first:last] for first, last in pairwise((0, *cuts, len(rows)))]
        if all(len(b) == 1 or len(b) * lengths[b[0]] <= budget for b in other):
            assert cost(lengths, list(batches(lengths, budget))) <= cost(lengths, other)


def test_a_short_row_is_not_padded_to_a_long_one() -> None:
    assert list(batches([10, 60, 12, 58], 512)) == [[1, 3], [2, 0]]


def test_nothing_makes_no_batch() -> None:
    assert list(batches([], 512)) == []
