# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Every sequence once, never over budget, few microbatches."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_rl.collation import collate_greedily, collate_in_order, unfilled_tokens
from bench_collation import BUDGET_TOKENS, lognormal_lengths

BUDGET = 100
LENGTHS = st.lists(st.integers(1, BUDGET), max_size=60)


@given(LENGTHS)
def test_every_sequence_is_in_exactly_one_microbatch(lengths: list[int]) -> None:
    for collate in (collate_greedily, collate_in_order):
        bins = collate(lengths, BUDGET)
        assert sorted(index for members in bins for index in members) == list(range(len(lengths)))
        assert all(bins)


@given(LENGTHS)
def test_no_microbatch_is_over_budget(lengths: list[int]) -> None:
    for collate in (collate_greedily, collate_in_order):
        for members in collate(lengths, BUDGET):
            assert sum(lengths[index] for index in members) <= BUDGET


@given(LENGTHS)
def test_no_two_microbatches_fit_into_one(lengths: list[int]) -> None:
    loads = sorted(
        sum(lengths[i] for i in members) for members in collate_greedily(lengths, BUDGET)
    )
    assert all(first + second > BUDGET for first, second in pairwise(loads))


@given(st.lists(st.integers(1, 10), max_size=8))
def test_at_most_eleven_ninths_of_the_fewest_possible_are_opened(lengths: list[int]) -> None:
    # The bound of best-fit decreasing (Johnson et al. 1974), with its constant for small cases.
    assert len(collate_greedily(lengths, 10)) <= 11 / 9 * fewest(lengths, 10) + 6 / 9


def fewest(lengths: list[int], budget: int) -> int:
    """The optimum, by trying everything."""
    best = len(lengths)

    def place(rest: list[int], rooms: list[int]) -> None:
        nonlocal best
        if len(rooms) >= best:
            return
        if not rest:
            best = len(rooms)
            return
        for index, room in enumerate(rooms):
            if room >= rest[0]:
                place(rest[1:], [*rooms[:index], room - rest[0], *rooms[index + 1 :]])
        place(rest[1:], [*rooms, budget - rest[0]])

    place(sorted(lengths, reverse=True), [])
    return best


@given(LENGTHS)
def test_the_longest_come_first_and_equal_ones_in_order(lengths: list[int]) -> None:
    for members in collate_greedily(lengths, BUDGET):
        keys = [(-lengths[index], index) for index in members]
        assert keys == sorted(keys)


@given(LENGTHS)
def test_unfilled_tokens_are_what_is_left_over(lengths: list[int]) -> None:
    bins = collate_greedily(lengths, BUDGET)
    assert unfilled_tokens(lengths, bins, BUDGET) == len(bins) * BUDGET - sum(lengths)


def test_lognormal_lengths_leave_less_than_one_percent_empty() -> None:
    lengths = lognormal_lengths(seed=0)
    bins = collate_greedily(lengths, BUDGET_TOKENS)
    unfilled = unfilled_tokens(lengths, bins, BUDGET_TOKENS)
    assert unfilled <= 0.01 * len(bins) * BUDGET_TOKENS


@pytest.mark.parametrize("collate", [collate_greedily, collate_in_order])
@pytest.mark.parametrize("length", [0, -3, 11])
def test_a_length_outside_the_budget_is_refused(collate: object, length: int) -> None:
    assert callable(collate)
    sentence = f"sequence 1 has {length} tokens; accepted: 1 to the budget, 10"
    with pytest.raises(ValueError, match=sentence):
        collate([5, length], 10)


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="budget_tokens is 0; accepted: 1 or more"):
        collate_greedily([], 0)
