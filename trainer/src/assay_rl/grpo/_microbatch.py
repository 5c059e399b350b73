# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Sequences and their plan as tensors, packed into one row or padded to a rectangle."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from assay_rl.collation import collate_greedily
from assay_rl.grpo._plan import Plan


@dataclass(frozen=True, slots=True)
class SampledSequence:
    """What the policy read and wrote in one rollout.

    Attributes:
        prompt: token ids [prompt], at least one.
        completion: token ids [completion], the end-of-sequence token included where it was
            sampled. Which tokens count is never read off their ids.
        logprobs: log-probability of each completion token when it was sampled [completion].
        sampled: false for tokens that the policy did not sample, a tool's for instance
            [completion]; all were without.

    Raises:
        ValueError: no prompt, or lists of different lengths.
    """

    prompt: Sequence[int]
    completion: Sequence[int]
    logprobs: Sequence[float]
    sampled: Sequence[bool] | None = None

    def __post_init__(self) -> None:
        if not self.prompt:
            raise ValueError("prompt has 0 tokens; accepted: 1 or more")
        for name, values in (("logprobs", self.logprobs), ("sampled", self.sampled)):
            if values is not None and len(values) != len(self.completion):
                raise ValueError(
                    f"{name} has {len(values)} values; accepted: one for each of the "
                    f"{len(self.completion)} completion tokens"
                )

    @property
    def tokens(self) -> int:
        """Tokens in all, prompt included: what collation counts."""
        return len(self.prompt) + len(self.completion)

    @property
    def loss_tokens(self) -> int:
        """Tokens that enter the loss: what the plan counts."""
        return len(self.completion) if self.sampled is None else sum(map(bool, self.sampled))


@dataclass(frozen=True, slots=True)
class Microbatch:
    """Tensors for one forward and backward pass, each [rows, width].

    Every value stands at the position that predicts, one before the token it is about.

    Attributes:
        tokens: int64, the model's input.
        positions: int64, from 0 in every sequence; 0 in padding.
        owners: int64, which sequence of the microbatch the token belongs to; -1 in padding.
        targets: int64, the token that follows; 0 where none does.
        mask: bool, the token that follows was sampled by the policy.
        sampling_logprobs: float, of the token that follows; 0 where `mask` is false.
        advantages: float, 0 where `mask` is false.
        token_weights: float, 0 where `mask` is false.
    """

    tokens: Tensor
    positions: Tensor
    owners: Tensor
    targets: Tensor
    mask: Tensor
    sampling_logprobs: Tensor
    advantages: Tensor
    token_weights: Tensor

    def attention_mask(self) -> Tensor:
        """Who may read whom: bool [rows, width, width], [row, reader, read].

        Causal, within one sequence. Padding reads padding, so that no row is empty and its softmax
        stays finite.
        """
        width = self.tokens.shape[1]
        causal = torch.ones(width, width, dtype=torch.bool, device=self.tokens.device).tril()
        return causal & (self.owners.unsqueeze(2) == self.owners.unsqueeze(1))

    def to(self, device: torch.device | str) -> "Microbatch":
        """The same tensors on a device."""
        moved = {part.name: getattr(self, part.name).to(device) for part in fields(self)}
        return replace(self, **moved)


def microbatches(
    sequences: Sequence[SampledSequence],
    plan: Plan,
    budget_tokens: int,
    *,
    dtype: torch.dtype = torch.float32,
) -> Iterator[Microbatch]:
    """Packs a minibatch's kept sequences into microbatches within a token budget, greedily.

    Args:
        sequences: the minibatch [rollout], in the order of the plan.
        plan: what the rewards decided.
        budget_tokens: the most tokens a microbatch holds, at least the longest sequence's.
        dtype: of the floating point tensors.

    Yields:
        Microbatches of one row. Calling `backward` on the loss of each, and no division, gives the
        gradient of the minibatch.

    Raises:
        ValueError: a sequence over the budget, or a plan made for other sequences.
    """
    check_plan(sequences, plan)
    lengths = [sequences[index].tokens for index in plan.kept]
    for members in collate_greedily(lengths, budget_tokens):
        yield pack(sequences, plan, [plan.kept[member] for member in members], dtype=dtype)


def check_plan(sequences: Sequence[SampledSequence], plan: Plan) -> None:
    """Checks that a plan was made for these sequences and counts the tokens that they train.

    Raises:
        ValueError: another number of sequences, or token weights that do not sum to 1 over them:
            numerator and denominator would count different tokens.
    """
    if len(sequences) != plan.rollouts:
        raise ValueError(f"{len(sequences)} sequences; accepted: the plan's {plan.rollouts}")
    total = sum(plan.token_weights[index] * sequences[index].loss_tokens for index in plan.kept)
    if plan.kept and abs(total - 1) > 1e-9:
        raise ValueError(
            f"token weights sum to {total} over the sequences' tokens; accepted: 1, with "
            "GradedRollout.loss_tokens = SampledSequence.loss_tokens"
        )


def pack(
    sequences: Sequence[SampledSequence],
    plan: Plan,
    indices: Sequence[int],
    *,
    width: int | None = None,
    dtype: torch.dtype = torch.float32,
) -> Microbatch:
    """Lays sequences one after the other in one row: tensors of [1, width].

    Args:
        sequences: the minibatch [rollout].
        plan: what the rewards decided.
        indices: the members of this microbatch.
        width: fixed row length in tokens, for compiled models; the sum of lengths without.
        dtype: of the floating point tensors.

    Raises:
        ValueError: a width below the sum of lengths.
    """
    lengths = [sequences[index].tokens for index in indices]
    starts = [(0, sum(lengths[:place])) for place in range(len(indices))]
    return _lay_out(sequences, plan, indices, starts, (1, _width(sum(lengths), width)), dtype)


def pad(
    sequences: Sequence[SampledSequence],
    plan: Plan,
    indices: Sequence[int],
    *,
    width: int | None = None,
    dtype: torch.dtype = torch.float32,
) -> Microbatch:
    """Lays each sequence in a row of its own, padded on the right: tensors of [members, width].

    Args and errors are those of `pack`; the width is the longest member's without one.
    """
    longest = max((sequences[index].tokens for index in indices), default=0)
    starts = [(row, 0) for row in range(len(indices))]
    shape = (len(indices), _width(longest, width))
    return _lay_out(sequences, plan, indices, starts, shape, dtype)


def _width(needed: int, width: int | None) -> int:
    if width is not None and width < needed:
        raise ValueError(f"width is {width}; accepted: {needed} or more")
    return needed if width is None else width


def _lay_out(
    sequences: Sequence[SampledSequence],
    plan: Plan,
    indices: Sequence[int],
    starts: Sequence[tuple[int, int]],
    shape: tuple[int, int],
    dtype: torch.dtype,
) -> Microbatch:
    tokens, positions, targets = (torch.zeros(shape, dtype=torch.int64) for _ in range(3))
    owners = torch.full(shape, -1, dtype=torch.int64)
    mask = torch.zeros(shape, dtype=torch.bool)
    logprobs, advantages, weights = (torch.zeros(shape, dtype=dtype) for _ in range(3))
    for owner, (index, (row, start)) in enumerate(zip(indices, starts, strict=True)):
        sequence = sequences[index]
        ids = torch.tensor([*sequence.prompt, *sequence.completion], dtype=torch.int64)
        whole = slice(start, start + len(ids))
        tokens[row, whole] = ids
        positions[row, whole] = torch.arange(len(ids))
        owners[row, whole] = owner
        targets[row, start : start + len(ids) - 1] = ids[1:]
        # The position before the first completion token predicts it.
        first = start + len(sequence.prompt) - 1
        predicting = slice(first, first + len(sequence.completion))
        sampled = torch.ones(len(sequence.completion), dtype=torch.bool)
        if sequence.sampled is not None:
            sampled = torch.tensor(list(sequence.sampled), dtype=torch.bool)
        mask[row, predicting] = sampled
        recorded = torch.tensor(list(sequence.logprobs), dtype=dtype)
        logprobs[row, predicting] = torch.where(sampled, recorded, torch.zeros_like(recorded))
        advantages[row, predicting] = plan.advantages[index] * sampled.to(dtype)
        weights[row, predicting] = plan.token_weights[index] * sampled.to(dtype)
    return Microbatch(tokens, positions, owners, targets, mask, logprobs, advantages, weights)
