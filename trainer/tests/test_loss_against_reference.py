# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Loss and gradients against 50-digit decimals and finite differences of them."""

import math
from decimal import Decimal
from typing import Any

import pytest
import torch

import reference
from assay_rl.grpo import GRPOOptions, grpo_loss, token_entropies, token_logprobs
from cases import OPTIONS, rollouts, run_torch

TOLERANCE = 1e-12


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("seed", range(5))
def test_loss_advantages_and_gradients_equal_the_reference(name: str, seed: int) -> None:
    cases = rollouts(seed)
    expected = reference.objective(cases, OPTIONS[name])

    terms, gradients, plan = run_torch(cases, GRPOOptions(**OPTIONS[name]))

    assert list(plan.kept) == expected.kept
    assert plan.advantages == pytest.approx([float(a) for a in expected.advantages], abs=TOLERANCE)
    assert plan.token_weights == pytest.approx(
        [float(weight) for weight in expected.token_weights], abs=TOLERANCE
    )
    assert float(terms.total.detach()) == pytest.approx(float(expected.loss), abs=TOLERANCE)
    for got, wanted in zip(gradients, expected.gradients, strict=True):
        assert got == pytest.approx([float(value) for value in wanted], abs=TOLERANCE)


@pytest.mark.parametrize("seed", range(3))
def test_float32_differs_by_rounding_alone(seed: int) -> None:
    cases = rollouts(seed)
    exact = reference.objective(cases, {})

    terms, gradients, _ = run_torch(cases, GRPOOptions(), torch.float32)

    assert float(terms.total.detach()) == pytest.approx(float(exact.loss), abs=1e-6)
    for got, wanted in zip(gradients, exact.gradients, strict=True):
        assert got == pytest.approx([float(value) for value in wanted], abs=1e-6)


@pytest.mark.parametrize("name", ["paper", "KL", "entropy bonus", "all ablations"])
def test_gradients_in_the_logits_equal_finite_differences(name: str) -> None:
    options = OPTIONS[name]
    logits, targets, others = _logit_case()
    loss = _torch_loss_of_logits(logits, targets, others, options)
    loss.backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None

    table = logits.detach().tolist()
    for token, row in enumerate(table):
        for entry in range(len(row)):

            def changed(value: Decimal, token: int = token, entry: int = entry) -> Decimal:
                moved: list[list[Any]] = [list(line) for line in table]
                moved[token][entry] = value
                return _decimal_loss_of_logits(moved, targets, others, options)

            slope = reference.finite_difference(changed, row[entry])
            assert float(logits.grad[token, entry]) == pytest.approx(float(slope), abs=TOLERANCE)


def test_the_analytic_gradient_of_the_reference_is_its_finite_difference() -> None:
    cases = rollouts(seed=8, groups=2, size=3, tokens_max=3)
    expected = reference.objective(cases, OPTIONS["all ablations"])
    for index, case in enumerate(cases):
        for token, at in enumerate(list(case.logprobs)):

            def changed(
                value: Decimal, case: reference.Rollout = case, token: int = token
            ) -> Decimal:
                kept, case.logprobs[token] = case.logprobs[token], value
                loss = reference.objective(cases, OPTIONS["all ablations"]).loss
                case.logprobs[token] = kept
                return loss

            slope = reference.finite_difference(changed, at)
            assert float(slope) == pytest.approx(
                float(expected.gradients[index][token]), rel=0, abs=1e-20
            )


def _logit_case() -> tuple[torch.Tensor, list[int], list[reference.Rollout]]:
    cases = rollouts(seed=3, groups=2, size=2, tokens_max=3, masked_share=0)
    tokens = sum(len(case.logprobs) for case in cases)
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(tokens, 4, generator=generator, dtype=torch.float64).requires_grad_()
    targets = [token % 4 for token in range(tokens)]
    return logits, targets, cases


def _torch_loss_of_logits(
    logits: torch.Tensor,
    targets: list[int],
    cases: list[reference.Rollout],
    options: dict[str, Any],
) -> torch.Tensor:
    current = token_logprobs(logits, torch.tensor(targets))
    _, _, plan = run_torch(cases, GRPOOptions(**options))
    counts = torch.tensor([len(case.logprobs) for case in cases])
    flat = {
        name: torch.tensor([v for c in cases for v in getattr(c, name)], dtype=torch.float64)
        for name in ("sampling_logprobs", "reference_logprobs")
    }
    return grpo_loss(
        current,
        flat["sampling_logprobs"],
        torch.tensor(plan.advantages, dtype=torch.float64).repeat_interleave(counts),
        torch.tensor(plan.token_weights, dtype=torch.float64).repeat_interleave(counts),
        torch.ones(len(targets), dtype=torch.bool),
        GRPOOptions(**options),
        reference_logprobs=flat["reference_logprobs"],
        entropies=token_entropies(logits),
    ).total


def _decimal_loss_of_logits(
    logits: list[list[Any]],
    targets: list[int],
    cases: list[reference.Rollout],
    options: dict[str, Any],
) -> Decimal:
    start = 0
    moved = []
    for case in cases:
        rows = [reference.log_softmax(row) for row in logits[start : start + len(case.logprobs)]]
        chosen = targets[start : start + len(case.logprobs)]
        start += len(case.logprobs)
        moved.append(
            reference.Rollout(
                case.group,
                case.reward,
                [row[target] for row, target in zip(rows, chosen, strict=True)],
                case.sampling_logprobs,
                case.correctness,
                case.reference_logprobs,
                [-sum((value.exp() * value for value in row), Decimal(0)) for row in rows],
            )
        )
    return reference.objective(moved, options).loss


def test_entropy_of_a_uniform_distribution_is_the_logarithm_of_its_size() -> None:
    assert float(token_entropies(torch.zeros(7))) == pytest.approx(math.log(7), abs=1e-6)


def test_a_token_that_cannot_occur_leaves_entropy_and_gradient_finite() -> None:
    logits = torch.tensor([0.0, 0.0, -math.inf], dtype=torch.float64, requires_grad=True)

    entropy = token_entropies(logits)
    entropy.backward()  # type: ignore[no-untyped-call]

    assert float(entropy.detach()) == pytest.approx(math.log(2), abs=1e-12)
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
