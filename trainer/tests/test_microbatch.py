# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Sequences as tensors: what stands where."""

import pytest
import torch

from assay_rl.grpo import (
    GradedRollout,
    Plan,
    SampledSequence,
    check_plan,
    microbatches,
    pack,
    pad,
    plan_minibatch,
)

SEQUENCES = [
    SampledSequence([5, 6], [7, 8, 9], [-0.1, -0.2, -0.3]),
    SampledSequence([5], [1, 2, 3], [-0.4, -0.5, -0.6], sampled=[True, False, True]),
]
PLAN = plan_minibatch(
    [GradedRollout("g", reward, s.loss_tokens) for reward, s in zip((1, 0), SEQUENCES, strict=True)]
)


def test_every_value_stands_where_its_token_is_predicted() -> None:
    packed = pack(SEQUENCES, PLAN, [0, 1], width=11, dtype=torch.float64)

    assert packed.tokens.tolist() == [[5, 6, 7, 8, 9, 5, 1, 2, 3, 0, 0]]
    assert packed.positions.tolist() == [[0, 1, 2, 3, 4, 0, 1, 2, 3, 0, 0]]
    assert packed.owners.tolist() == [[0, 0, 0, 0, 0, 1, 1, 1, 1, -1, -1]]
    assert packed.targets.tolist() == [[6, 7, 8, 9, 0, 1, 2, 3, 0, 0, 0]]
    assert packed.mask.int().tolist() == [[0, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0]]
    assert packed.sampling_logprobs.tolist() == [[0, -0.1, -0.2, -0.3, 0, -0.4, 0, -0.6, 0, 0, 0]]
    assert packed.advantages.tolist() == [[0, 1, 1, 1, 0, -1, 0, -1, 0, 0, 0]]
    assert packed.token_weights.tolist() == [[0, 0.2, 0.2, 0.2, 0, 0.2, 0, 0.2, 0, 0, 0]]


def test_padding_stands_on_the_right_of_each_row() -> None:
    padded = pad(SEQUENCES, PLAN, [0, 1])
    assert padded.tokens.tolist() == [[5, 6, 7, 8, 9], [5, 1, 2, 3, 0]]
    assert padded.owners.tolist() == [[0, 0, 0, 0, 0], [1, 1, 1, 1, -1]]
    assert padded.mask.int().tolist() == [[0, 1, 1, 1, 0], [1, 0, 1, 0, 0]]


def test_tokens_read_only_earlier_ones_of_their_sequence() -> None:
    attention = pack(SEQUENCES, PLAN, [1, 0], width=10).attention_mask()[0]
    owners = [0] * 4 + [1] * 5 + [-1]
    for reader in range(10):
        for read in range(10):
            allowed = read <= reader and owners[reader] == owners[read]
            assert bool(attention[reader, read]) == allowed


def test_a_microbatch_moves_as_a_whole() -> None:
    moved = pad(SEQUENCES, PLAN, [0]).to("meta")
    assert {t.device.type for t in (moved.tokens, moved.mask, moved.token_weights)} == {"meta"}


def test_only_kept_rollouts_are_laid_out() -> None:
    rollouts = [GradedRollout("a", r, 3) for r in (1.0, 0.0, None)]
    items = [SampledSequence([1], [2, 3, 4], [-1.0] * 3)] * 3
    (only,) = microbatches(items, plan_minibatch(rollouts), budget_tokens=100)
    assert only.tokens.shape == (1, 8)
    assert list(microbatches(items, plan_minibatch([*rollouts[:1] * 3]), 100)) == []


def test_a_plan_that_counted_other_tokens_is_refused() -> None:
    # The prompt's tokens, for instance: the denominator would count what the numerator does not.
    plan = plan_minibatch(
        [GradedRollout("g", r, s.tokens) for r, s in zip((1, 0), SEQUENCES, strict=True)]
    )
    with pytest.raises(ValueError, match=r"token weights sum to 0\.5555.*; accepted: 1"):
        check_plan(SEQUENCES, plan)
    with pytest.raises(ValueError, match="2 sequences; accepted: the plan's 0"):
        check_plan(SEQUENCES, Plan((), (), ()))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([], [1], [-1.0]), "prompt has 0 tokens; accepted: 1 or more"),
        (([1], [1, 2], [-1.0]), "logprobs has 1 values; accepted: one for each of the 2"),
        (([1], [1], [-1.0], [True, True]), "sampled has 2 values"),
    ],
)
def test_what_is_no_sequence_is_refused(arguments: tuple[list[int], ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        SampledSequence(*arguments)  # type: ignore[arg-type]


def test_a_width_that_is_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="width is 8; accepted: 9 or more"):
        pack(SEQUENCES, PLAN, [0, 1], width=8)
    with pytest.raises(ValueError, match="width is 4; accepted: 5 or more"):
        pad(SEQUENCES, PLAN, [0, 1], width=4)
