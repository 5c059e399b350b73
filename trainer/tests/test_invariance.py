# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""The gradient of a minibatch does not depend on how it is laid out."""

import random
from dataclasses import replace

import pytest
import torch

from assay_rl.grpo import GRPOOptions, Microbatch, microbatches, pack, pad
from minibatch_gradient import accumulate, minibatch, one_by_one, plan_of

TOLERANCE = 1e-12


@pytest.mark.parametrize("budget", [13, 20, 64, 1000])
@pytest.mark.parametrize("loss_mean", ["group", "batch"])
def test_packing_changes_neither_loss_nor_gradient(budget: int, loss_mean: str) -> None:
    items, cases = minibatch()
    options = GRPOOptions(loss_mean=loss_mean)  # type: ignore[arg-type]
    plan = plan_of(cases, options)
    expected, expected_loss = accumulate(one_by_one(items, plan))
    assert expected.abs().max() > 1e-3

    pieces = list(microbatches(items, plan, budget, dtype=torch.float64))
    got, loss = accumulate(pieces)

    assert len(pieces) < len(plan.kept)
    torch.testing.assert_close(got, expected, rtol=0, atol=TOLERANCE)
    assert loss == pytest.approx(expected_loss, abs=TOLERANCE)


@pytest.mark.parametrize("rows", [1, 2, 5, 100])
@pytest.mark.parametrize("extra", [0, 7])
def test_padding_changes_neither_loss_nor_gradient(rows: int, extra: int) -> None:
    items, cases = minibatch()
    plan = plan_of(cases)
    expected, expected_loss = accumulate(one_by_one(items, plan))
    longest = max(item.tokens for item in items)

    starts = range(0, len(plan.kept), rows)
    pieces = [
        pad(items, plan, plan.kept[at : at + rows], width=longest + extra, dtype=torch.float64)
        for at in starts
    ]
    got, loss = accumulate(pieces)

    torch.testing.assert_close(got, expected, rtol=0, atol=TOLERANCE)
    assert loss == pytest.approx(expected_loss, abs=TOLERANCE)


def test_a_row_of_fixed_width_changes_no_gradient() -> None:
    items, cases = minibatch()
    plan = plan_of(cases)
    expected, _ = accumulate(one_by_one(items, plan))

    halves = [plan.kept[::2], plan.kept[1::2]]
    got, _ = accumulate(pack(items, plan, h, width=150, dtype=torch.float64) for h in halves)

    torch.testing.assert_close(got, expected, rtol=0, atol=TOLERANCE)


def test_the_token_in_the_padding_changes_no_bit() -> None:
    items, cases = minibatch()
    plan = plan_of(cases)
    piece = pad(items, plan, plan.kept, dtype=torch.float64)
    padding = piece.owners < 0
    assert padding.any()

    got, _ = accumulate([_with_padding(piece, 9)])
    expected, _ = accumulate([piece])

    assert torch.equal(got, expected)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rollouts_changes_no_gradient(seed: int) -> None:
    items, cases = minibatch()
    plan = plan_of(cases)
    expected, _ = accumulate(microbatches(items, plan, 30, dtype=torch.float64))
    order = list(range(len(items)))
    random.Random(seed).shuffle(order)

    shuffled_plan = plan_of([cases[index] for index in order])
    shuffled = [items[index] for index in order]
    got, _ = accumulate(microbatches(shuffled, shuffled_plan, 30, dtype=torch.float64))

    torch.testing.assert_close(got, expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("seed", range(4))
def test_zero_variance_groups_change_no_bit_of_the_gradient(seed: int) -> None:
    items, cases = minibatch(seed)
    plan = plan_of(cases)
    assert "equal_reward" in plan.dropped.values()
    rest = [i for i, case in enumerate(cases) if case.group not in plan.dropped]

    alone_plan = plan_of([cases[index] for index in rest])
    alone = [items[index] for index in rest]
    for dtype in (torch.float32, torch.float64):
        got, _ = accumulate(microbatches(items, plan, 30, dtype=dtype))
        expected, _ = accumulate(microbatches(alone, alone_plan, 30, dtype=dtype))
        assert torch.equal(got, expected)


def test_rollouts_without_a_reward_change_no_bit_of_the_gradient() -> None:
    items, cases = minibatch()
    plan = plan_of(cases)
    assert plan.masked > 0
    kept = [i for i, c in enumerate(cases) if c.reward is not None and c.group not in plan.dropped]

    alone_plan = plan_of([cases[index] for index in kept])
    alone = [items[index] for index in kept]

    got, _ = accumulate(microbatches(items, plan, 30, dtype=torch.float64))
    expected, _ = accumulate(microbatches(alone, alone_plan, 30, dtype=torch.float64))
    assert torch.equal(got, expected)


def _with_padding(piece: Microbatch, token: int) -> Microbatch:
    tokens = torch.where(piece.owners < 0, torch.full_like(piece.tokens, token), piece.tokens)
    return replace(piece, tokens=tokens)
