# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""A minibatch's gradient in a tiny model, however it is cut into microbatches."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

import reference
from assay_rl.grpo import (
    GRPOOptions,
    Microbatch,
    Plan,
    SampledSequence,
    grpo_loss,
    pad,
    plan_minibatch,
    sum_gradients,
    token_logprobs,
)
from cases import graded, rollouts, sequences
from tiny_model import gradient, tiny_model


def minibatch(seed: int = 2) -> tuple[list[SampledSequence], list[reference.Rollout]]:
    """Groups with nulls and equal rewards among them, and the sequences they were graded on."""
    cases = rollouts(seed, groups=6, size=4, tokens_max=8, masked_share=0.15)
    return sequences(cases, seed), cases


def plan_of(cases: Sequence[reference.Rollout], options: GRPOOptions | None = None) -> Plan:
    return plan_minibatch(graded(list(cases)), options)


def accumulate(
    pieces: Iterable[Microbatch], options: GRPOOptions | None = None
) -> tuple[Tensor, float]:
    """Gradient and loss, added up piece by piece as a training loop does."""
    model = tiny_model()
    loss = 0.0
    for piece in pieces:
        logits = model(piece.tokens, piece.positions, piece.attention_mask())
        terms = grpo_loss(
            token_logprobs(logits, piece.targets),
            piece.sampling_logprobs,
            piece.advantages,
            piece.token_weights,
            piece.mask,
            options,
        )
        terms.total.backward()  # type: ignore[no-untyped-call]
        loss += float(terms.total.detach())
    sum_gradients(model.parameters())
    return gradient(model), loss


def one_by_one(items: Sequence[SampledSequence], plan: Plan) -> list[Microbatch]:
    """Each kept sequence alone, without padding or packing."""
    return [pad(items, plan, [index], dtype=torch.float64) for index in plan.kept]
