# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""What a minibatch's rewards mean for its tokens, decided once and in plain floats.

Everything that needs the whole minibatch is decided here, before the first tensor: which groups
are kept, each rollout's advantage, and the weight of each of its tokens in the mean. What is left
is a sum over tokens, so that the loss and its gradient do not depend on how the tokens are cut
into microbatches and processes. Sums are `math.fsum`, exactly rounded, so that the order of
rollouts changes no bit.
"""

import logging
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from assay_rl.grpo._options import GRPOOptions

_log = logging.getLogger("assay_rl")

DropReason = Literal[
    "few_graded", "mostly_masked", "equal_reward", "equal_correctness", "no_tokens"
]


@dataclass(frozen=True, slots=True)
class GradedRollout:
    """What the objective needs of one rollout.

    Attributes:
        group: the rollouts with an equal key answer the same prompt.
        reward: the service's `reward`, finite; None where it is null, which keeps the rollout out
            of means, standard deviations, denominators and loss. It never becomes 0.
        loss_tokens: tokens that enter the loss, those the policy itself sampled, >= 0. Not the
            prompt's, not padding, not what a tool wrote.
        correctness: the service's `components.correctness`, or `correct`; needed by the filter
            "correctness" alone.
    """

    group: Hashable
    reward: float | None
    loss_tokens: int
    correctness: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The part of the objective that the rewards decide.

    Attributes:
        advantages: float [rollout]; 0.0 for a rollout that is not kept.
        token_weights: float [rollout], the weight of each of a rollout's tokens in the loss; 0.0
            for a rollout that is not kept. Over all tokens of the minibatch they sum to 1.
        kept: indices of the rollouts that are trained on, ascending.
        dropped: the reason by group, for each group that is dropped whole.
        groups: number of groups, dropped ones included.
        rollouts: number of rollouts, masked ones included.
        masked: number of rollouts with a null reward.
    """

    advantages: tuple[float, ...]
    token_weights: tuple[float, ...]
    kept: tuple[int, ...]
    dropped: Mapping[Hashable, DropReason] = field(default_factory=dict)
    groups: int = 0
    rollouts: int = 0
    masked: int = 0

    @property
    def masked_share(self) -> float:
        """Share of rollouts with a null reward, 0 to 1."""
        return self.masked / self.rollouts if self.rollouts else 0.0

    def metrics(self) -> dict[str, float]:
        """Counts to log: groups by what became of them, rollouts, the masked share."""
        counts = dict.fromkeys(DropReason.__args__, 0)  # type: ignore[attr-defined]
        for reason in self.dropped.values():
            counts[reason] += 1
        return {
            "groups": self.groups,
            "groups_kept": self.groups - len(self.dropped),
            **{f"groups_dropped/{reason}": count for reason, count in counts.items()},
            "rollouts": self.rollouts,
            "rollouts_kept": len(self.kept),
            "rollouts_masked": self.masked,
            "masked_share": self.masked_share,
        }


def plan_minibatch(rollouts: Sequence[GradedRollout], options: GRPOOptions | None = None) -> Plan:
    """Gives every rollout of a minibatch its advantage and the weight of its tokens.

    Args:
        rollouts: the whole minibatch [rollout], over all processes, in any order; every rollout of
            each group. An empty minibatch gives an empty plan.
        options: the objective; the paper's without.

    Returns:
        The plan, in the order of `rollouts`.

    Raises:
        ValueError: a reward or correctness that is not finite, a negative token count, or a graded
            rollout without correctness where the filter needs it.

    Example:
        >>> plan = plan_minibatch([GradedRollout("a", 1.0, 10), GradedRollout("a", 0.0, 30)])
        >>> plan.advantages, plan.token_weights
        ((1.0, -1.0), (0.025, 0.025))
    """
    options = options or GRPOOptions()
    members: dict[Hashable, list[int]] = {}
    for index, rollout in enumerate(rollouts):
        _check(index, rollout, options)
        members.setdefault(rollout.group, []).append(index)

    graded: dict[Hashable, list[int]] = {}
    dropped: dict[Hashable, DropReason] = {}
    for group, indices in members.items():
        present = [index for index in indices if rollouts[index].reward is not None]
        reason = _drop_reason([rollouts[index] for index in present], len(indices), options)
        if reason is None:
            graded[group] = present
        else:
            dropped[group] = reason

    advantages = _advantages(rollouts, list(graded.values()), options)
    weights = _token_weights(rollouts, list(graded.values()), options)
    plan = Plan(
        advantages=tuple(advantages.get(index, 0.0) for index in range(len(rollouts))),
        token_weights=tuple(weights.get(index, 0.0) for index in range(len(rollouts))),
        kept=tuple(sorted(advantages)),
        dropped=dropped,
        groups=len(members),
        rollouts=len(rollouts),
        masked=sum(rollout.reward is None for rollout in rollouts),
    )
    if plan.masked_share > options.masked_share_warning:
        _log.warning(
            "%d of %d rollouts have no reward (%.1f %%); their statuses say why",
            plan.masked,
            plan.rollouts,
            100 * plan.masked_share,
        )
    return plan


def group_advantages(rewards: Sequence[float]) -> list[float]:
    """Takes a group's mean off its rewards: float [rollout] to float [rollout].

    Exactly equal rewards give exact zeros, where a rounded mean would leave a remainder.

    Raises:
        ValueError: no rewards.

    Example:
        >>> group_advantages([0.1, 0.1, 0.1]), group_advantages([1.0, 0.0])
        ([0.0, 0.0, 0.0], [0.5, -0.5])
    """
    if all(reward == rewards[0] for reward in rewards):
        if not rewards:
            raise ValueError("a group has 0 rewards; accepted: 1 or more")
        return [0.0] * len(rewards)
    mean = _mean(rewards)
    return [reward - mean for reward in rewards]


def normalize_minibatch(
    advantages: Sequence[float], *, ddof: int = 0, std_epsilon: float = 0.0
) -> list[float]:
    """Takes the mean off a minibatch's advantages and divides by their standard deviation.

    One value a sequence, whatever its length: float [rollout] to float [rollout]. Where all are
    equal there is nothing to scale, and the zeros stay zeros.

    Example:
        >>> normalize_minibatch([0.25, -0.25, 0.5, -0.5, 0.0, 0.0], ddof=1)
        [0.7071067811865475, -0.7071067811865475, 1.414213562373095, -1.414213562373095, 0.0, 0.0]
    """
    if all(advantage == advantages[0] for advantage in advantages):
        return [0.0] * len(advantages)
    mean = _mean(advantages)
    divisor = _standard_deviation(advantages, ddof) + std_epsilon
    return [(advantage - mean) / divisor for advantage in advantages]


def _check(index: int, rollout: GradedRollout, options: GRPOOptions) -> None:
    if rollout.loss_tokens < 0:
        raise ValueError(f"rollout {index} has {rollout.loss_tokens} loss_tokens; accepted: >= 0")
    if rollout.reward is None:
        return
    if not math.isfinite(rollout.reward):
        raise ValueError(f"rollout {index} has reward {rollout.reward}; accepted: finite, or None")
    if options.group_filter != "correctness":
        return
    if rollout.correctness is None or not math.isfinite(rollout.correctness):
        raise ValueError(
            f"rollout {index} has correctness {rollout.correctness} and a reward; group_filter "
            "'correctness' accepts finite numbers"
        )


def _drop_reason(
    graded: Sequence[GradedRollout], size: int, options: GRPOOptions
) -> DropReason | None:
    if len(graded) < options.graded_min:
        return "few_graded"
    if size - len(graded) > options.masked_share_max * size:
        return "mostly_masked"
    if not any(rollout.loss_tokens for rollout in graded):
        return "no_tokens"
    # Exact comparison: a tolerance would drop a real length penalty, and a standard deviation
    # of equal rewards is not always 0 in floating point.
    if options.group_filter != "none" and _all_equal([rollout.reward for rollout in graded]):
        return "equal_reward"
    if options.group_filter == "correctness" and _all_equal([r.correctness for r in graded]):
        return "equal_correctness"
    return None


def _advantages(
    rollouts: Sequence[GradedRollout], groups: Sequence[Sequence[int]], options: GRPOOptions
) -> dict[int, float]:
    advantages: dict[int, float] = {}
    for indices in groups:
        rewards = [reward for index in indices if (reward := rollouts[index].reward) is not None]
        centred = group_advantages(rewards)
        if options.normalization == "group":
            divisor = _standard_deviation(rewards, options.ddof) + options.std_epsilon
            centred = [advantage / divisor for advantage in centred]
        advantages.update(zip(indices, centred, strict=True))
    if options.normalization == "minibatch" and advantages:
        scaled = normalize_minibatch(
            list(advantages.values()), ddof=options.ddof, std_epsilon=options.std_epsilon
        )
        advantages = dict(zip(advantages, scaled, strict=True))
    return advantages


def _token_weights(
    rollouts: Sequence[GradedRollout], groups: Sequence[Sequence[int]], options: GRPOOptions
) -> dict[int, float]:
    tokens = [sum(rollouts[index].loss_tokens for index in indices) for indices in groups]
    weights: dict[int, float] = {}
    for indices, group_tokens in zip(groups, tokens, strict=True):
        divisor = len(groups) * group_tokens if options.loss_mean == "group" else sum(tokens)
        weights.update(dict.fromkeys(indices, 1.0 / divisor))
    return weights


def _all_equal(values: Sequence[float | None]) -> bool:
    return all(value == values[0] for value in values)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _standard_deviation(values: Sequence[float], ddof: int) -> float:
    mean = _mean(values)
    # Scaled, because the square of a tiny difference would be 0, and no std of unequal values is.
    scale = max(abs(value - mean) for value in values)
    if scale == 0:
        return 0.0
    squares = math.fsum(((value - mean) / scale) ** 2 for value in values)
    return scale * math.sqrt(squares / (len(values) - ddof))
