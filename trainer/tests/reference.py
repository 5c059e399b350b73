# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""The objective once more, in scalar loops over 50-digit decimals, without torch or the package.

Written from the formula and for reading. With this many digits a finite difference is good to 30
of them, so that it can check gradients of float64 to their last bits.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any

DIGITS = 50
Number = Decimal | float


@dataclass
class Rollout:
    """One rollout; `logprobs` and the other lists are [token], sampled tokens only."""

    group: str
    reward: float | None
    logprobs: list[Number]
    sampling_logprobs: list[Number]
    correctness: float | None = None
    reference_logprobs: list[Number] | None = None
    entropies: list[Number] | None = None


@dataclass
class Outcome:
    """Loss, its gradient in `logprobs` [rollout][token], and what led there."""

    loss: Decimal
    gradients: list[list[Decimal]]
    advantages: list[Decimal]
    token_weights: list[Decimal]
    kept: list[int] = field(default_factory=list)


def objective(rollouts: list[Rollout], options: dict[str, Any]) -> Outcome:
    """Magistral's objective (arXiv 2506.10910 §2.1), negated, with its analytic gradient."""
    with localcontext() as context:
        context.prec = DIGITS
        return _objective(rollouts, options)


def finite_difference(function: Callable[[Decimal], Decimal], at: Number) -> Decimal:
    """Central difference; its error is near 1e-36 where third derivatives are near 1."""
    with localcontext() as context:
        context.prec = DIGITS
        step = Decimal("1e-18")
        point = Decimal(at)
        return (function(point + step) - function(point - step)) / (2 * step)


def log_softmax(logits: list[Number]) -> list[Decimal]:
    """Log-probabilities of one position."""
    with localcontext() as context:
        context.prec = DIGITS
        total = sum((Decimal(logit).exp() for logit in logits), Decimal(0))
        return [Decimal(logit) - total.ln() for logit in logits]


def _objective(rollouts: list[Rollout], options: dict[str, Any]) -> Outcome:
    groups = _kept_groups(rollouts, options)
    advantages = _advantages(rollouts, groups, options)
    low = 1 - Decimal(options.get("clip_low", 0.2))
    high = 1 + Decimal(options.get("clip_high", 0.28))
    kl_coefficient = Decimal(options.get("kl_coefficient", 0))
    entropy_coefficient = Decimal(options.get("entropy_coefficient", 0))

    loss = Decimal(0)
    gradients = [[Decimal(0)] * len(rollout.logprobs) for rollout in rollouts]
    weights = [Decimal(0)] * len(rollouts)
    all_tokens = sum(len(rollouts[i].logprobs) for group in groups for i in group)
    for group in groups:
        group_tokens = sum(len(rollouts[i].logprobs) for i in group)
        for i in group:
            rollout, advantage = rollouts[i], advantages[i]
            if options.get("loss_mean", "group") == "group":
                weights[i] = 1 / (Decimal(len(groups)) * group_tokens)
            else:
                weights[i] = 1 / Decimal(all_tokens)
            for t in range(len(rollout.logprobs)):
                current = Decimal(rollout.logprobs[t])
                ratio = (current - Decimal(rollout.sampling_logprobs[t])).exp()
                clipped = min(max(ratio, low), high)
                gain = min(ratio * advantage, clipped * advantage)
                slope = ratio * advantage if gain == ratio * advantage else Decimal(0)
                loss -= weights[i] * gain
                gradients[i][t] -= weights[i] * slope
                if rollout.reference_logprobs is not None:
                    gap = Decimal(rollout.reference_logprobs[t]) - current
                    loss += weights[i] * kl_coefficient * (gap.exp() - gap - 1)
                    gradients[i][t] += weights[i] * kl_coefficient * (1 - gap.exp())
                if rollout.entropies is not None:
                    loss -= weights[i] * entropy_coefficient * Decimal(rollout.entropies[t])
    kept = sorted(i for group in groups for i in group)
    return Outcome(loss, gradients, advantages, weights, kept)


def _kept_groups(rollouts: list[Rollout], options: dict[str, Any]) -> list[list[int]]:
    names = list(dict.fromkeys(rollout.group for rollout in rollouts))
    groups = []
    for name in names:
        members = [i for i, rollout in enumerate(rollouts) if rollout.group == name]
        graded = [i for i in members if rollouts[i].reward is not None]
        if len(graded) < 2 or 2 * len(graded) < len(members):
            continue
        if sum(len(rollouts[i].logprobs) for i in graded) == 0:
            continue
        chosen = options.get("group_filter", "reward")
        if chosen != "none" and len({rollouts[i].reward for i in graded}) == 1:
            continue
        if chosen == "correctness" and len({rollouts[i].correctness for i in graded}) == 1:
            continue
        groups.append(graded)
    return groups


def _advantages(
    rollouts: list[Rollout], groups: list[list[int]], options: dict[str, Any]
) -> list[Decimal]:
    normalization = options.get("normalization", "minibatch")
    ddof = options.get("ddof", 0)
    epsilon = Decimal(options.get("std_epsilon", 0))
    advantages = [Decimal(0)] * len(rollouts)
    for group in groups:
        rewards = [Decimal(reward) for i in group if (reward := rollouts[i].reward) is not None]
        mean = sum(rewards, Decimal(0)) / len(rewards)
        for i, value in zip(group, rewards, strict=True):
            advantages[i] = value - mean
            if normalization == "group":
                advantages[i] /= _deviation(rewards, ddof) + epsilon
    kept = [i for group in groups for i in group]
    if normalization == "minibatch" and kept:
        values = [advantages[i] for i in kept]
        mean = sum(values, Decimal(0)) / len(values)
        deviation = _deviation(values, ddof)
        for i in kept:
            advantages[i] = (advantages[i] - mean) / (deviation + epsilon) if deviation else mean
    return advantages


def _deviation(values: list[Decimal], ddof: int) -> Decimal:
    mean = sum(values, Decimal(0)) / len(values)
    total = sum(((value - mean) ** 2 for value in values), Decimal(0))
    return (total / (len(values) - ddof)).sqrt()
