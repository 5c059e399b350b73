# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""What rewards decide: kept groups, advantages, denominators; nulls and equal rewards."""

import logging
import math
import random
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_rl.grpo import (
    DropReason,
    GradedRollout,
    GRPOOptions,
    group_advantages,
    normalize_minibatch,
    plan_minibatch,
)

REWARDS = st.one_of(st.none(), st.sampled_from([0.0, 0.1, 0.2, 1.0, 1.1]), st.floats(-1, 2))
MINIBATCHES = st.lists(
    st.builds(
        GradedRollout,
        group=st.integers(0, 5),
        reward=REWARDS,
        loss_tokens=st.integers(0, 40),
        correctness=st.sampled_from([0.0, 0.45, 0.9]),
    ),
    max_size=40,
)
OPTIONS = st.sampled_from(
    [
        GRPOOptions(),
        GRPOOptions(loss_mean="batch"),
        GRPOOptions(normalization="none"),
        GRPOOptions(normalization="group", group_filter="correctness"),
        GRPOOptions(group_filter="none", ddof=1, std_epsilon=1e-4),
    ]
)


def group(*rewards: float | None, tokens: int = 10, name: str = "g") -> list[GradedRollout]:
    return [GradedRollout(name, reward, tokens) for reward in rewards]


def test_two_groups_of_two_give_the_table_worked_out_by_hand() -> None:
    # Â = ±0.5, ±0.05; their mean is 0 and their mean square (0.25 + 0.0025) / 2.
    deviation = math.sqrt(0.12625)
    minibatch = [
        GradedRollout("a", 1.0, 10),
        GradedRollout("a", 0.0, 30),
        GradedRollout("b", 0.1, 5),
        GradedRollout("b", 0.0, 15),
    ]

    plan = plan_minibatch(minibatch)

    assert plan.advantages == pytest.approx(
        [0.5 / deviation, -0.5 / deviation, 0.05 / deviation, -0.05 / deviation], abs=1e-12
    )
    assert plan.token_weights == (1 / 80, 1 / 80, 1 / 40, 1 / 40)
    batch = plan_minibatch(minibatch, GRPOOptions(loss_mean="batch"))
    assert batch.token_weights == (1 / 60,) * 4


@given(MINIBATCHES, OPTIONS)
def test_token_weights_sum_to_one_or_nothing_is_kept(
    minibatch: list[GradedRollout], options: GRPOOptions
) -> None:
    plan = plan_minibatch(minibatch, options)
    total = math.fsum(
        weight * rollout.loss_tokens
        for weight, rollout in zip(plan.token_weights, minibatch, strict=True)
    )
    assert total == pytest.approx(1 if plan.kept else 0, abs=1e-12)


@given(MINIBATCHES, OPTIONS, st.randoms(use_true_random=False))
def test_the_order_of_rollouts_changes_no_bit(
    minibatch: list[GradedRollout], options: GRPOOptions, rng: random.Random
) -> None:
    order = list(range(len(minibatch)))
    rng.shuffle(order)

    plan = plan_minibatch(minibatch, options)
    shuffled = plan_minibatch([minibatch[index] for index in order], options)

    assert [plan.advantages[index] for index in order] == list(shuffled.advantages)
    assert [plan.token_weights[index] for index in order] == list(shuffled.token_weights)
    assert plan.dropped == shuffled.dropped


@given(MINIBATCHES, OPTIONS)
def test_groups_that_are_dropped_change_no_bit_of_the_others(
    minibatch: list[GradedRollout], options: GRPOOptions
) -> None:
    plan = plan_minibatch(minibatch, options)
    rest = [rollout for rollout in minibatch if rollout.group not in plan.dropped]

    alone = plan_minibatch(rest, options)

    assert [plan.advantages[i] for i in plan.kept] == [alone.advantages[i] for i in alone.kept]
    assert [plan.token_weights[i] for i in plan.kept] == [
        alone.token_weights[i] for i in alone.kept
    ]


@given(MINIBATCHES, OPTIONS)
def test_rollouts_without_a_reward_change_no_bit_of_the_kept(
    minibatch: list[GradedRollout], options: GRPOOptions
) -> None:
    plan = plan_minibatch(minibatch, options)
    graded = [
        rollout
        for rollout in minibatch
        if rollout.reward is not None and rollout.group not in plan.dropped
    ]

    alone = plan_minibatch(graded, options)

    assert [plan.advantages[i] for i in plan.kept] == list(alone.advantages)
    assert [plan.token_weights[i] for i in plan.kept] == list(alone.token_weights)


@given(MINIBATCHES, OPTIONS)
def test_every_rollout_is_kept_or_masked_or_in_a_dropped_group(
    minibatch: list[GradedRollout], options: GRPOOptions
) -> None:
    plan = plan_minibatch(minibatch, options)
    for index, rollout in enumerate(minibatch):
        excused = rollout.reward is None or rollout.group in plan.dropped
        assert (index in plan.kept) != excused


@given(st.lists(st.floats(-1, 2), min_size=2, max_size=16), st.integers(0, 1))
def test_normalised_advantages_have_mean_zero_and_deviation_one(
    rewards: list[float], ddof: int
) -> None:
    advantages = normalize_minibatch(rewards, ddof=ddof)
    if len(set(rewards)) == 1:
        assert advantages == [0.0] * len(rewards)
        return
    deviation = statistics.stdev(advantages) if ddof else statistics.pstdev(advantages)
    assert math.fsum(advantages) == pytest.approx(0, abs=1e-6)
    assert deviation == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("reward", [0.1, 0.35, 0.4, 0.7, 1.1])
@pytest.mark.parametrize("size", [2, 3, 7, 16])
def test_equal_rewards_give_exact_zeros_and_are_dropped(reward: float, size: int) -> None:
    assert group_advantages([reward] * size) == [0.0] * size
    assert plan_minibatch(group(*[reward] * size)).dropped == {"g": "equal_reward"}


def test_the_smallest_difference_in_reward_is_a_difference() -> None:
    plan = plan_minibatch(group(1.0, math.nextafter(1.0, 2)))
    assert plan.dropped == {}
    assert plan.advantages[0] < 0 < plan.advantages[1] or 0 in plan.advantages


def test_a_difference_whose_square_underflows_still_has_a_deviation() -> None:
    plan = plan_minibatch(group(0.0, 1e-170))
    assert plan.advantages == (-1.0, 1.0)


@pytest.mark.parametrize(
    ("rewards", "reason"),
    [
        ((None, None), "few_graded"),
        ((1.0, None), "few_graded"),
        ((1.0,), "few_graded"),
        ((1.0, 0.0, None, None, None), "mostly_masked"),
        ((1.0, 1.0, None), "equal_reward"),
    ],
)
def test_a_group_without_a_signal_is_dropped_and_counted(
    rewards: tuple[float | None, ...], reason: DropReason
) -> None:
    plan = plan_minibatch(group(*rewards))
    assert plan.dropped == {"g": reason}
    assert plan.kept == ()
    assert plan.advantages == plan.token_weights == (0.0,) * len(rewards)
    assert plan.metrics()[f"groups_dropped/{reason}"] == 1
    assert plan.metrics()["groups_kept"] == 0


def test_exactly_half_masked_is_kept() -> None:
    plan = plan_minibatch(group(1.0, 0.0, None, None))
    assert plan.kept == (0, 1)
    assert plan.advantages == (1.0, -1.0, 0.0, 0.0)
    assert plan.token_weights == (1 / 20, 1 / 20, 0.0, 0.0)


def test_a_group_of_empty_completions_is_dropped_instead_of_dividing_by_zero() -> None:
    plan = plan_minibatch(group(1.0, 0.0, tokens=0) + group(1.0, 0.0, name="h"))
    assert plan.dropped == {"g": "no_tokens"}
    assert plan.kept == (2, 3)


def test_the_correctness_filter_drops_groups_that_differ_in_shaping_alone() -> None:
    shaped = [GradedRollout("s", 1.0, 10, 0.9), GradedRollout("s", 1.1, 10, 0.9)]
    mixed = [GradedRollout("m", 1.0, 10, 0.9), GradedRollout("m", 0.1, 10, 0.0)]

    by_reward = plan_minibatch(shaped + mixed)
    by_correctness = plan_minibatch(shaped + mixed, GRPOOptions(group_filter="correctness"))

    assert by_reward.kept == (0, 1, 2, 3)
    assert by_correctness.kept == (2, 3)
    assert by_correctness.dropped == {"s": "equal_correctness"}


def test_partial_rewards_are_differences_like_any_other() -> None:
    partial = [GradedRollout("g", 0.1 + 0.9 * s, 10, 0.9 * s) for s in (0.0, 0.5, 0.5, 1.0)]
    options = GRPOOptions(normalization="none", group_filter="correctness")
    plan = plan_minibatch(partial, options)
    assert plan.advantages == pytest.approx([-0.45, 0.0, 0.0, 0.45], abs=1e-12)


def test_more_than_a_twentieth_masked_warns_and_less_does_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, logger="assay_rl"):
        plan = plan_minibatch(group(*[1.0, 0.0] * 10, None))
        assert plan.masked_share == pytest.approx(1 / 21)
        assert caplog.records == []

        plan_minibatch(group(*[1.0, 0.0] * 9, None))
        assert "1 of 19 rollouts have no reward (5.3 %)" in caplog.text


def test_an_empty_minibatch_gives_an_empty_plan() -> None:
    plan = plan_minibatch([])
    assert plan.kept == ()
    assert plan.masked_share == 0.0
    assert plan.metrics()["groups"] == 0


@pytest.mark.parametrize(
    ("rollout", "options", "sentence"),
    [
        (GradedRollout("g", math.nan, 1), {}, "has reward nan; accepted: finite, or None"),
        (GradedRollout("g", math.inf, 1), {}, "has reward inf"),
        (GradedRollout("g", 1.0, -1), {}, "has -1 loss_tokens; accepted: >= 0"),
        (GradedRollout("g", 1.0, 1), {"group_filter": "correctness"}, "has correctness None"),
    ],
)
def test_what_is_no_rollout_is_refused_with_the_value_seen(
    rollout: GradedRollout, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=f"rollout 0 {sentence}"):
        plan_minibatch([rollout], GRPOOptions(**options))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"clip_low": 1.0}, "clip_low is 1.0; accepted: 0 <= clip_low < 1"),
        ({"clip_high": -0.1}, "clip_high is -0.1; accepted: finite and >= 0"),
        ({"clip_high": math.nan}, "clip_high is nan"),
        ({"ddof": 2}, "ddof is 2; accepted: 0, 1"),
        ({"graded_min": 1}, "graded_min is 1; accepted: 2 or more"),
        ({"masked_share_max": 1.5}, "masked_share_max is 1.5; accepted: 0 to 1"),
        ({"loss_mean": "token"}, "loss_mean is 'token'; accepted: group, batch"),
        ({"normalization": "group"}, "accepted: 'correctness'"),
    ],
)
def test_an_option_outside_its_range_is_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        GRPOOptions(**options)
