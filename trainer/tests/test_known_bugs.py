# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Mistakes that other trainers made in this objective; each test names where.

Where it can, a test also computes the mistaken value, so that it would notice it.
"""

import math
import statistics
from dataclasses import replace

import pytest
import torch

import reference
from assay_rl.grpo import (
    GradedRollout,
    GRPOOptions,
    Microbatch,
    SampledSequence,
    group_advantages,
    grpo_loss,
    microbatches,
    normalize_minibatch,
    pad,
    plan_minibatch,
)
from cases import graded, rollouts, run_torch
from minibatch_gradient import accumulate, minibatch, one_by_one, plan_of


def test_a_mean_of_means_over_pieces_is_not_taken() -> None:
    # TRL 3021, 3231 and open-instruct 1161: each piece was divided by its own tokens, so that
    # tokens in short pieces weighed more and accumulation changed the gradient.
    items, cases = minibatch()
    options = GRPOOptions(loss_mean="batch")
    plan = plan_of(cases, options)
    pieces = one_by_one(items, plan)
    expected, _ = accumulate([pad(items, plan, plan.kept, dtype=torch.float64)], options)

    got, _ = accumulate(pieces, options)
    mistaken, _ = accumulate(map(divided_by_its_own_tokens, pieces), options)

    torch.testing.assert_close(got, expected, rtol=0, atol=1e-12)
    assert (mistaken / len(pieces) - expected).abs().max() > 1e-3


def divided_by_its_own_tokens(piece: Microbatch) -> Microbatch:
    own = 1 / max(1, int(piece.mask.sum()))
    return replace(piece, token_weights=torch.full_like(piece.token_weights, own))


@pytest.mark.parametrize("budget", [13, 25, 50, 1000])
def test_the_number_of_pieces_divides_nothing(budget: int) -> None:
    # TRL 5619 (6024), ms-swift 10117: one more division by the accumulation steps, or by the
    # wrong count of them.
    items, cases = minibatch()
    plan = plan_of(cases)
    expected = float(accumulate(one_by_one(items, plan))[0].norm())
    got = float(accumulate(microbatches(items, plan, budget, dtype=torch.float64))[0].norm())
    assert got / expected == pytest.approx(1, abs=1e-12)


def test_masked_completions_do_not_dilute_the_denominator() -> None:
    # TRL 6369 (6439): tokens of truncated completions were left out above the fraction bar and
    # counted below it.
    seen = [GradedRollout("g", 1.0, 10), GradedRollout("g", 0.0, 10)]
    truncated = GradedRollout("g", None, 1000)
    for mean in ("group", "batch"):
        options = GRPOOptions(loss_mean=mean)  # type: ignore[arg-type]
        without = plan_minibatch(seen, options)
        with_it = plan_minibatch([*seen, truncated], options)
        assert with_it.token_weights == (*without.token_weights, 0.0)


def test_lengths_do_not_come_from_the_loss_mask() -> None:
    # TRL 3476: lengths were summed from masks that truncation had set to zero.
    sequence = SampledSequence([1, 2], [3, 4, 5], [-1.0] * 3, sampled=[False, False, False])
    assert sequence.tokens == 5
    assert len(sequence.completion) == 3
    assert sequence.loss_tokens == 0


def test_rounding_is_not_a_difference_in_rewards() -> None:
    # NeMo-RL 4158: equal rewards had a standard deviation above 0 in floating point, and dividing
    # by it made advantages of thousands.
    rewards = [0.1] * 3
    assert sum(rewards) / 3 != 0.1
    assert group_advantages(rewards) == [0.0] * 3
    assert plan_minibatch([GradedRollout("g", reward, 5) for reward in rewards]).kept == ()


def test_one_that_differs_from_equal_ones_has_a_bounded_advantage() -> None:
    # NeMo-RL 1518 and 4161: the same with one rollout left out of the deviation.
    plan = plan_minibatch([GradedRollout("g", r, 5) for r in [0.35] * 7 + [0.95]])
    assert max(map(abs, plan.advantages)) == pytest.approx(math.sqrt(7), abs=1e-12)


def test_the_end_token_counts_where_it_was_sampled_and_padding_never() -> None:
    # MemGen 33, ROLL 304: masks were read off token ids, so that padding with the end token
    # counted as text, or the sampled end token as padding.
    end = 0
    items = [
        SampledSequence([5], [6, 7, 8, end], [-1.0] * 4),
        SampledSequence([5], [end], [-1.0]),
    ]
    plan = plan_minibatch(
        [GradedRollout("g", r, s.loss_tokens) for r, s in zip((1.0, 0.0), items, strict=True)]
    )
    piece = pad(items, plan, [0, 1], dtype=torch.float64)
    assert piece.mask.sum(1).tolist() == [4, 1]

    gradient, loss = accumulate([piece])

    # With ratios of any size the two do not cancel, as they do where both count four tokens.
    assert abs(loss) > 1e-3
    assert gradient.abs().max() > 1e-3


def test_groups_that_differ_in_length_penalty_alone_can_be_left_out() -> None:
    # NeMo-RL 2431: the filter looked at shaped rewards where raw outcomes were meant.
    shaped = [GradedRollout("g", 1.0 - p, 5, 0.9) for p in (0.0, 0.02, 0.05)]
    assert plan_minibatch(shaped).kept == (0, 1, 2)
    assert plan_minibatch(shaped, GRPOOptions(group_filter="correctness")).kept == ()


def test_the_deviation_is_that_of_kept_advantages_and_not_of_all_rewards() -> None:
    # TRL's scale_rewards="batch" takes the deviation of rewards, equal groups included.
    easy = [GradedRollout("easy", 1.0, 5)] * 4
    mixed = [GradedRollout("mixed", r, 5) for r in (1.0, 1.0, 0.0, 0.0)]
    plan = plan_minibatch(easy + mixed)
    assert plan.advantages == (0.0,) * 4 + (1.0, 1.0, -1.0, -1.0)
    over_all = statistics.pstdev([1.0] * 6 + [0.0] * 2)
    assert over_all != pytest.approx(0.5)


def test_long_completions_do_not_weigh_more_in_the_normalisation() -> None:
    # verl's masked_whiten and OpenRLHF's baseline take mean and deviation over tokens.
    rewards, lengths = [1.0, 0.0, 0.0, 0.0], [1000, 10, 10, 10]
    uneven = [GradedRollout("g", r, n) for r, n in zip(rewards, lengths, strict=True)]
    even = [GradedRollout("g", r, 10) for r in rewards]
    assert plan_minibatch(uneven).advantages == plan_minibatch(even).advantages
    assert list(plan_minibatch(even).advantages) == normalize_minibatch(group_advantages(rewards))


def test_a_bad_token_that_became_likely_is_pushed_down_in_full() -> None:
    # verl clips once more, at a ratio of 3 where the advantage is negative; the formula does not.
    one = torch.ones(1, dtype=torch.float64)
    logprobs = torch.tensor([math.log(10.0) - 5], dtype=torch.float64, requires_grad=True)
    terms = grpo_loss(logprobs, -5 * one, -one, one, one.bool())
    assert float(terms.total.detach()) == pytest.approx(10, abs=1e-9)


def test_the_mean_over_groups_is_not_the_mean_over_tokens() -> None:
    # TRL's dapo and bnpo, verl's token-mean, OpenRLHF's token-level loss: equal for one group,
    # different for several.
    cases = rollouts(seed=1, groups=4, size=6, tokens_max=12)
    per_batch = GRPOOptions(loss_mean="batch")
    losses = [float(run_torch(cases, o)[0].total.detach()) for o in (GRPOOptions(), per_batch)]
    assert losses[0] != pytest.approx(losses[1], rel=0.01)

    one_group = graded(rollouts(seed=1, groups=1, size=6, tokens_max=12))
    plans = [plan_minibatch(one_group, options) for options in (GRPOOptions(), per_batch)]
    assert plans[0].token_weights == plans[1].token_weights


def test_the_ratio_compares_with_the_policy_that_sampled() -> None:
    # Taking the current policy's detached values instead makes every ratio 1: nothing is clipped
    # and a stale generator goes unnoticed.
    cases = rollouts(seed=2)
    terms, _, _ = run_torch(cases, GRPOOptions())
    on_policy = [
        reference.Rollout(
            c.group, c.reward, c.logprobs, c.logprobs, c.correctness, c.logprobs, c.entropies
        )
        for c in cases
    ]
    same, _, _ = run_torch(on_policy, GRPOOptions())
    assert float(terms.sampling_kl) > 0.01
    assert float(terms.clipped_high) > 0
    assert float(same.sampling_kl) == 0
    assert float(same.clipped_high) == 0
