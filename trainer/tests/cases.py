# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Random minibatches, the same for the same seed, in the reference's form and the package's."""

import random
from typing import Any

import torch
from torch import Tensor

import reference
from assay_rl.grpo import (
    GradedRollout,
    GRPOOptions,
    LossTerms,
    Plan,
    SampledSequence,
    grpo_loss,
    plan_minibatch,
)

REWARDS = [0.0, 0.1, 0.2, 1.0, 1.1, 0.95, 0.03]

# Each with whatever else it needs; the paper's first.
OPTIONS: dict[str, dict[str, Any]] = {
    "paper": {},
    "per batch": {"loss_mean": "batch"},
    "per group std": {"normalization": "group", "group_filter": "correctness"},
    "no normalisation": {"normalization": "none"},
    "correctness filter": {"group_filter": "correctness"},
    "no filter": {"group_filter": "none", "std_epsilon": 1e-4, "ddof": 1},
    "KL": {"kl_coefficient": 0.04},
    "entropy bonus": {"entropy_coefficient": 0.0007},
    "all ablations": {
        "loss_mean": "batch",
        "normalization": "none",
        "kl_coefficient": 0.1,
        "entropy_coefficient": 0.01,
        "clip_low": 0.1,
        "clip_high": 0.4,
    },
}


def rollouts(
    seed: int, groups: int = 5, size: int = 6, tokens_max: int = 9, masked_share: float = 0.1
) -> list[reference.Rollout]:
    """Groups of random rewards, some null, some groups all equal; ratios on both sides of clips."""
    rng = random.Random(seed)
    cases = []
    for group in range(groups):
        level = rng.choice([0.2, 0.5, 1.0])
        equal = rng.choice(REWARDS) if group % 4 == 3 else None
        for _ in range(size):
            tokens = rng.randint(0 if size > 2 else 1, tokens_max)
            sampling = [rng.uniform(-3, -0.01) for _ in range(tokens)]
            reward = equal if equal is not None else rng.choice(REWARDS)
            cases.append(
                reference.Rollout(
                    group=f"g{group}",
                    reward=None if rng.random() < masked_share else reward,
                    correctness=0.9 if reward > 0.5 else 0.0,
                    sampling_logprobs=list(sampling),
                    logprobs=[value + rng.gauss(0, level) for value in sampling],
                    reference_logprobs=[value + rng.gauss(0, level) for value in sampling],
                    entropies=[rng.uniform(0, 2) for _ in range(tokens)],
                )
            )
    return cases


def graded(cases: list[reference.Rollout]) -> list[GradedRollout]:
    return [
        GradedRollout(case.group, case.reward, len(case.logprobs), case.correctness)
        for case in cases
    ]


def run_torch(
    cases: list[reference.Rollout], options: GRPOOptions, dtype: torch.dtype = torch.float64
) -> tuple[LossTerms, list[list[float]], Plan]:
    """The package's loss over all tokens in one piece, and its gradient [rollout][token]."""
    plan = plan_minibatch(graded(cases), options)
    counts = [len(case.logprobs) for case in cases]

    def flat(name: str) -> Tensor:
        return torch.tensor([float(v) for case in cases for v in getattr(case, name)], dtype=dtype)

    def spread(values: tuple[float, ...]) -> Tensor:
        return torch.tensor(values, dtype=dtype).repeat_interleave(torch.tensor(counts))

    logprobs = flat("logprobs").requires_grad_()
    terms = grpo_loss(
        logprobs,
        flat("sampling_logprobs"),
        spread(plan.advantages),
        spread(plan.token_weights),
        torch.ones(sum(counts), dtype=torch.bool),
        options,
        reference_logprobs=flat("reference_logprobs"),
        entropies=flat("entropies"),
    )
    terms.total.backward()  # type: ignore[no-untyped-call]
    assert logprobs.grad is not None
    parts = torch.split(logprobs.grad, counts)
    return terms, [part.tolist() for part in parts], plan


def sequences(
    cases: list[reference.Rollout], seed: int = 0, vocabulary: int = 11
) -> list[SampledSequence]:
    """The same rollouts as token ids, with random prompts."""
    rng = random.Random(seed)
    prompts: dict[str, list[int]] = {}
    result = []
    for case in cases:
        prompt = prompts.setdefault(
            case.group, [rng.randrange(vocabulary) for _ in range(rng.randint(1, 5))]
        )
        completion = [rng.randrange(vocabulary) for _ in case.logprobs]
        recorded = [float(value) for value in case.sampling_logprobs]
        result.append(SampledSequence(prompt, completion, recorded))
    return result
