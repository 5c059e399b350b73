# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Group relative policy optimisation as in Magistral (arXiv 2506.10910 §2.1), as pure functions.

`plan_minibatch` turns rewards into advantages and token weights, `microbatches` lays sequences out
as tensors, `grpo_loss` adds up the objective over one microbatch, `sum_gradients` over processes:

    plan = plan_minibatch(rollouts, options)
    for microbatch in microbatches(sequences, plan, budget_tokens=32768):
        logits = model(microbatch.tokens, microbatch.positions, microbatch.attention_mask())
        terms = grpo_loss(
            token_logprobs(logits, microbatch.targets), microbatch.sampling_logprobs,
            microbatch.advantages, microbatch.token_weights, microbatch.mask, options)
        terms.total.backward()
    sum_gradients(model.parameters())
"""

from assay_rl.grpo._distributed import share_of_rank, sum_gradients
from assay_rl.grpo._loss import LossTerms, grpo_loss, token_entropies, token_logprobs
from assay_rl.grpo._microbatch import (
    Microbatch,
    SampledSequence,
    check_plan,
    microbatches,
    pack,
    pad,
)
from assay_rl.grpo._options import GroupFilter, GRPOOptions, LossMean, Normalization
from assay_rl.grpo._plan import (
    DropReason,
    GradedRollout,
    Plan,
    group_advantages,
    normalize_minibatch,
    plan_minibatch,
)

__all__ = [
    "DropReason",
    "GRPOOptions",
    "GradedRollout",
    "GroupFilter",
    "LossMean",
    "LossTerms",
    "Microbatch",
    "Normalization",
    "Plan",
    "SampledSequence",
    "check_plan",
    "group_advantages",
    "grpo_loss",
    "microbatches",
    "normalize_minibatch",
    "pack",
    "pad",
    "plan_minibatch",
    "share_of_rank",
    "sum_gradients",
    "token_entropies",
    "token_logprobs",
]
