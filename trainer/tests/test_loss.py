# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""The loss of single tokens: clips, masks, dtypes, refusals."""

import math
from typing import Any

import pytest
import torch

from assay_rl.grpo import GRPOOptions, LossTerms, grpo_loss, token_entropies, token_logprobs


def loss_of(ratio: float, advantage: float, **options: float) -> tuple[float, float, LossTerms]:
    """Loss, gradient in the log-probability and terms of one token of weight 1."""
    logprobs = torch.tensor([math.log(ratio) - 1.0], dtype=torch.float64, requires_grad=True)
    terms = grpo_loss(
        logprobs,
        torch.tensor([-1.0], dtype=torch.float64),
        torch.tensor([advantage], dtype=torch.float64),
        torch.ones(1),
        torch.ones(1, dtype=torch.bool),
        GRPOOptions(**options),  # type: ignore[arg-type]
    )
    terms.total.backward()  # type: ignore[no-untyped-call]
    assert logprobs.grad is not None
    return float(terms.total.detach()), float(logprobs.grad), terms


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "gradient", "clipped"),
    [
        # Better than its group, and already more likely than the upper bound: no further gain.
        (1.5, 2.0, -1.28 * 2, 0.0, "high"),
        # Better, and less likely than the lower bound: pulled back up in full.
        (0.5, 2.0, -0.5 * 2, -0.5 * 2, None),
        # Worse, and already less likely than the lower bound: no further gain.
        (0.5, -2.0, 0.8 * 2, 0.0, "low"),
        # Worse, and more likely than the upper bound: pushed down in full.
        (1.5, -2.0, 1.5 * 2, 1.5 * 2, None),
        (1.1, 2.0, -1.1 * 2, -1.1 * 2, None),
        (1.0, 2.0, -2.0, -2.0, None),
        (1.0, -2.0, 2.0, 2.0, None),
        (1.0, 0.0, 0.0, 0.0, None),
    ],
)
def test_each_sign_of_the_advantage_meets_one_bound_of_the_ratio(
    ratio: float, advantage: float, loss: float, gradient: float, clipped: str | None
) -> None:
    got_loss, got_gradient, terms = loss_of(ratio, advantage)
    assert got_loss == pytest.approx(loss, abs=1e-12)
    assert got_gradient == pytest.approx(gradient, abs=1e-12)
    assert float(terms.clipped_low) == float(clipped == "low")
    assert float(terms.clipped_high) == float(clipped == "high")


def test_the_upper_bound_is_higher_than_the_lower_bound_is_low() -> None:
    assert loss_of(1.25, 1.0)[1] != 0
    assert loss_of(0.75, -1.0)[1] == 0
    assert loss_of(1.25, 1.0, clip_high=0.2)[1] == 0


def test_a_piece_without_tokens_has_loss_zero_and_a_zero_gradient() -> None:
    logprobs = torch.zeros(2, 3, requires_grad=True)
    nothing = torch.zeros(2, 3)
    terms = grpo_loss(logprobs, nothing, nothing, nothing, nothing.bool())
    terms.total.backward()  # type: ignore[no-untyped-call]
    assert float(terms.total.detach()) == 0
    assert logprobs.grad is not None
    assert torch.equal(logprobs.grad, nothing)


@pytest.mark.parametrize("garbage", [math.nan, math.inf, -math.inf, 1e30])
def test_what_stands_in_masked_places_changes_no_bit(garbage: float) -> None:
    def run(value: float) -> tuple[torch.Tensor, torch.Tensor]:
        logprobs = torch.tensor([-1.0, value, -2.0], requires_grad=True)
        others = [torch.tensor([-1.5, value, -1.9]) for _ in range(3)]
        terms = grpo_loss(
            logprobs,
            others[0],
            torch.tensor([1.0, value, -1.0]),
            torch.tensor([0.5, value, 0.5]),
            torch.tensor([True, False, True]),
            GRPOOptions(kl_coefficient=0.1, entropy_coefficient=0.1),
            reference_logprobs=others[1],
            entropies=others[2],
        )
        terms.total.backward()  # type: ignore[no-untyped-call]
        assert logprobs.grad is not None
        return terms.total.detach(), logprobs.grad

    loss, gradient = run(garbage)
    expected_loss, expected_gradient = run(0.0)
    assert torch.equal(loss, expected_loss)
    assert torch.equal(gradient, expected_gradient)


def test_a_reference_without_a_coefficient_is_reported_and_not_trained_on() -> None:
    logprobs = torch.tensor([-1.0], requires_grad=True)
    one = torch.ones(1)
    terms = grpo_loss(
        logprobs, -one, 0 * one, one, one.bool(), reference_logprobs=-2 * one, entropies=one
    )
    terms.total.backward()  # type: ignore[no-untyped-call]
    assert float(terms.kl) == pytest.approx(math.exp(-1), abs=1e-6)
    assert float(terms.entropy) == 1
    assert logprobs.grad is not None
    assert float(logprobs.grad) == 0


def test_no_gradient_flows_into_the_sampling_policy() -> None:
    sampling = torch.tensor([-1.0], requires_grad=True)
    logprobs = torch.tensor([-1.1], requires_grad=True)
    one = torch.ones(1)
    grpo_loss(logprobs, sampling, one, one, one.bool()).total.backward()  # type: ignore[no-untyped-call]
    assert sampling.grad is None


def test_half_precision_is_computed_in_float32() -> None:
    logprobs = torch.tensor([-1.0, -2.0], dtype=torch.bfloat16, requires_grad=True)
    half = torch.full((2,), 0.5)
    terms = grpo_loss(logprobs, torch.tensor([-1.1, -2.2]), half, half, torch.ones(2).bool())
    assert terms.total.dtype == torch.float32
    logits = torch.randn(3, 5, generator=torch.Generator().manual_seed(0)).bfloat16()
    assert token_logprobs(logits, torch.tensor([0, 1, 2])).dtype == torch.float32
    assert token_entropies(logits).dtype == torch.float32


def test_the_temperature_is_that_of_the_sampler() -> None:
    logits = torch.tensor([[2.0, 0.0]], dtype=torch.float64)
    warm = token_logprobs(logits, torch.tensor([0]), temperature=2.0)
    assert float(warm) == pytest.approx(-math.log(1 + math.exp(-1)), abs=1e-12)
    with pytest.raises(ValueError, match="temperature is 0; accepted: > 0"):
        token_logprobs(logits, torch.tensor([0]), temperature=0)
    with pytest.raises(ValueError, match="temperature is nan; accepted: > 0"):
        token_entropies(logits, temperature=math.nan)


def test_the_terms_add_up_over_pieces() -> None:
    generator = torch.Generator().manual_seed(4)
    logprobs, sampling, advantages = (
        torch.randn(60, generator=generator, dtype=torch.float64) for _ in range(3)
    )
    weights = torch.full((60,), 0.1, dtype=torch.float64)

    def metrics(piece: slice) -> dict[str, float]:
        cut = (logprobs[piece], sampling[piece], advantages[piece], weights[piece])
        return grpo_loss(*cut, torch.ones_like(cut[0]).bool()).metrics()

    whole, first, second = metrics(slice(None)), metrics(slice(3)), metrics(slice(3, None))
    for name, value in whole.items():
        assert first[name] + second[name] == pytest.approx(value, abs=1e-12)
    assert whole["clipped_low"] > 0
    assert whole["clipped_high"] > 0
    assert whole["sampling_kl"] > 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"mask": torch.ones(2)}, "mask is torch.float32; accepted: torch.bool"),
        ({"logprobs": torch.ones(2).long()}, "logprobs are torch.int64; accepted: a floating"),
        ({"logprobs": torch.ones(1)}, r"logprobs have shape \(1,\); accepted: the mask's \(2,\)"),
        ({"sampling_logprobs": torch.ones(2, 1)}, "sampling_logprobs have shape"),
        ({"entropies": torch.ones(3)}, "entropies have shape"),
        ({"options": GRPOOptions(kl_coefficient=0.1)}, "reference_logprobs is needed"),
        ({"options": GRPOOptions(entropy_coefficient=0.1)}, "entropies is needed"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(change: dict[str, Any], sentence: str) -> None:
    names = ("logprobs", "sampling_logprobs", "advantages", "token_weights")
    arguments: dict[str, Any] = {name: torch.ones(2) for name in names}
    arguments |= {"mask": torch.ones(2).bool(), **change}
    with pytest.raises(ValueError, match=sentence):
        grpo_loss(**arguments)
