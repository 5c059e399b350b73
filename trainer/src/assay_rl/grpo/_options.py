# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Every choice in the objective, with the value the paper uses as its default."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

Normalization = Literal["minibatch", "group", "none"]
LossMean = Literal["group", "batch"]
GroupFilter = Literal["reward", "correctness", "none"]
_Range = tuple[str, Callable[[float], bool]]  # what is accepted, in words and as a test

_CHOICES = {
    "normalization": get_args(Normalization),
    "loss_mean": get_args(LossMean),
    "group_filter": get_args(GroupFilter),
}

_NOT_NEGATIVE: _Range = ("finite and >= 0", lambda value: 0 <= value < math.inf)
_SHARE: _Range = ("0 to 1", lambda value: 0 <= value <= 1)
_RANGES: dict[str, _Range] = {
    "clip_low": ("0 <= clip_low < 1", lambda value: 0 <= value < 1),
    "clip_high": _NOT_NEGATIVE,
    "kl_coefficient": _NOT_NEGATIVE,
    "entropy_coefficient": _NOT_NEGATIVE,
    "std_epsilon": _NOT_NEGATIVE,
    "ddof": ("0, 1", lambda value: value in (0, 1)),
    "graded_min": ("2 or more", lambda value: value >= 2),
    "masked_share_max": _SHARE,
    "masked_share_warning": _SHARE,
}


@dataclass(frozen=True, slots=True)
class GRPOOptions:
    """The objective's parameters; the defaults are Magistral's (arXiv 2506.10910 §2.1).

    Attributes:
        clip_low: a ratio below 1 - clip_low earns nothing more, in [0, 1). The paper prints no
            value; 0.2 is PPO's.
        clip_high: a ratio above 1 + clip_high earns nothing more, >= 0. The paper: 0.26 to 0.28,
            and 0.3 for its small model.
        normalization: what an advantage is divided by. "minibatch": by the standard deviation of
            all kept advantages, one value a sequence, after their mean is taken off (the paper);
            "group": by the standard deviation of its group's rewards (GRPO); "none": by nothing.
        loss_mean: "group": the mean over groups of each group's mean over tokens (the paper);
            "batch": the mean over all tokens (DAPO, TRL's `dapo`, verl's `token-mean`).
        group_filter: which groups are dropped because they teach nothing. "reward": all total
            rewards exactly equal (the paper's formula); "correctness": also all correctness
            exactly equal (the paper's text); "none": no group, for comparisons.
        kl_coefficient: weight of the KL term to a reference policy, >= 0. The paper: none.
        entropy_coefficient: weight of the entropy bonus, >= 0. The paper: none.
        ddof: 0 divides by n in a standard deviation, 1 by n - 1. The paper does not say.
        std_epsilon: added to a standard deviation, >= 0. TRL adds 1e-4.
        graded_min: a group with fewer graded rollouts is dropped, >= 2.
        masked_share_max: a group with a larger share of null rewards is dropped, in [0, 1].
        masked_share_warning: a larger share in the minibatch is logged as a warning, in [0, 1].

    Raises:
        ValueError: a value outside its range; or "group" normalisation without the "correctness"
            filter, where a group that differs in shaping alone would be scaled up to full size.
    """

    clip_low: float = 0.2
    clip_high: float = 0.28
    normalization: Normalization = "minibatch"
    loss_mean: LossMean = "group"
    group_filter: GroupFilter = "reward"
    kl_coefficient: float = 0.0
    entropy_coefficient: float = 0.0
    ddof: Literal[0, 1] = 0
    std_epsilon: float = 0.0
    graded_min: int = 2
    masked_share_max: float = 0.5
    masked_share_warning: float = 0.05

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise ValueError(f"{name} is {value!r}; accepted: {', '.join(choices)}")
        for name, (accepted, accepts) in _RANGES.items():
            value = getattr(self, name)
            if not accepts(value):
                raise ValueError(f"{name} is {value}; accepted: {accepted}")
        if self.normalization == "group" and self.group_filter != "correctness":
            raise ValueError(
                f"normalization 'group' with group_filter {self.group_filter!r} would scale groups "
                "that differ in shaping alone up to full size; accepted: 'correctness'"
            )
