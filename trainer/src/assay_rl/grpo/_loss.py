# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""The objective of one piece of a minibatch, as sums that add up over the pieces."""

import math
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from assay_rl.grpo._options import GRPOOptions


@dataclass(frozen=True, slots=True)
class LossTerms:
    """The loss of a piece and what went into it; each a scalar that adds up over the pieces.

    Over all pieces of a minibatch the weights sum to 1, so that the sums are weighted means.

    Attributes:
        total: what to call `backward` on, once a piece, without any further division.
        policy: the clipped surrogate's part of `total`; detached, as all that follow.
        kl: mean KL estimate to the reference policy; 0 without one.
        entropy: mean entropy in nats; 0 where none was given.
        clipped_low: share of tokens held by the lower bound, 0 to 1.
        clipped_high: share of tokens held by the upper bound, 0 to 1.
        sampling_kl: mean KL estimate between the sampling and the current policy, which grows as
            the generator lags.
    """

    total: Tensor
    policy: Tensor
    kl: Tensor
    entropy: Tensor
    clipped_low: Tensor
    clipped_high: Tensor
    sampling_kl: Tensor

    def metrics(self) -> dict[str, float]:
        """The detached terms as floats, to add up over pieces and to log."""
        return {part.name: float(getattr(self, part.name).detach()) for part in fields(self)}


def grpo_loss(
    logprobs: Tensor,
    sampling_logprobs: Tensor,
    advantages: Tensor,
    token_weights: Tensor,
    mask: Tensor,
    options: GRPOOptions | None = None,
    *,
    reference_logprobs: Tensor | None = None,
    entropies: Tensor | None = None,
) -> LossTerms:
    """Adds up the objective over the tokens of one piece of a minibatch.

    `-sum(w * min(ratio * A, clip(ratio, 1 - clip_low, 1 + clip_high) * A))` with
    `ratio = exp(logprobs - sampling_logprobs)`; plus `kl_coefficient * sum(w * kl)`, minus
    `entropy_coefficient * sum(w * entropy)`. What stands where `mask` is false, NaN included,
    reaches neither the loss nor a gradient.

    Args:
        logprobs: float32 or float64 [...], of the current policy, with a gradient. Half precision
            is computed in float32.
        sampling_logprobs: float [...], what the generator recorded when it sampled the token.
        advantages: float [...] or broadcastable, from the plan.
        token_weights: float [...] or broadcastable, from the plan, >= 0.
        mask: bool [...], true for tokens the policy sampled.
        options: the objective; the paper's without.
        reference_logprobs: float [...], of the reference policy; needed iff `kl_coefficient` > 0.
        entropies: float [...] of the current policy, in nats; with a gradient and needed where
            `entropy_coefficient` > 0, else only reported.

    Returns:
        Scalars in the dtype of `logprobs`, at least float32.

    Raises:
        ValueError: shapes that differ, a mask that is not bool, log-probabilities that are not
            floating point, or a term whose input is missing.
    """
    options = options or GRPOOptions()
    _check(logprobs, sampling_logprobs, mask, options, reference_logprobs, entropies)
    dtype = torch.float64 if logprobs.dtype == torch.float64 else torch.float32
    current = _unmasked(logprobs, mask, dtype)
    # The generator's policy is data: no gradient flows into it, even if the caller left one.
    sampling = _unmasked(sampling_logprobs.detach(), mask, dtype)
    # `0 * NaN` is NaN, so that padding leaves the weights as well as the values.
    weights = _unmasked(token_weights.detach().expand_as(mask), mask, dtype)
    advantages = _unmasked(advantages.detach().expand_as(mask), mask, dtype)

    ratio = torch.exp(current - sampling)
    low, high = 1.0 - options.clip_low, 1.0 + options.clip_high
    gain = torch.minimum(ratio * advantages, ratio.clamp(low, high) * advantages)
    policy = -(weights * gain).sum()
    total = policy
    zero = torch.zeros((), dtype=dtype, device=logprobs.device)
    kl = entropy = zero
    if reference_logprobs is not None:
        reference = _unmasked(reference_logprobs.detach(), mask, dtype)
        kl = (weights * _kl_estimate(reference - current)).sum()
        if options.kl_coefficient > 0:
            total = total + options.kl_coefficient * kl
    if entropies is not None:
        entropy = (weights * _unmasked(entropies, mask, dtype)).sum()
        if options.entropy_coefficient > 0:
            total = total - options.entropy_coefficient * entropy
    with torch.no_grad():
        clipped_low = (weights * ((ratio < low) & (advantages < 0))).sum()
        clipped_high = (weights * ((ratio > high) & (advantages > 0))).sum()
        sampling_kl = (weights * _kl_estimate(current - sampling)).sum()
    return LossTerms(
        total,
        policy.detach(),
        kl.detach(),
        entropy.detach(),
        clipped_low,
        clipped_high,
        sampling_kl,
    )


def token_logprobs(logits: Tensor, tokens: Tensor, *, temperature: float = 1.0) -> Tensor:
    """Log-probability of each token under the distribution it was sampled from.

    Args:
        logits: float [..., vocabulary]; half precision is computed in float32.
        tokens: int64 [...], in 0 ..< vocabulary.
        temperature: the sampler's, > 0. The ratio compares policies only at one temperature.

    Returns:
        float [...], <= 0, at least float32.

    Raises:
        ValueError: a temperature that is not positive.
    """
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}; accepted: > 0")
    scores = torch.log_softmax(_at_least_float32(logits) / temperature, dim=-1)
    return scores.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


def token_entropies(logits: Tensor, *, temperature: float = 1.0) -> Tensor:
    """Entropy of the next token's distribution: float [..., vocabulary] to float [...], in nats.

    Raises:
        ValueError: a temperature that is not positive.
    """
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}; accepted: > 0")
    scores = torch.log_softmax(_at_least_float32(logits) / temperature, dim=-1)
    # A token that cannot occur adds 0, the limit of p log p, and not 0 * -inf.
    finite = torch.where(scores > -math.inf, scores, torch.zeros_like(scores))
    return -(scores.exp() * finite).sum(-1)


def _check(
    logprobs: Tensor,
    sampling_logprobs: Tensor,
    mask: Tensor,
    options: GRPOOptions,
    reference_logprobs: Tensor | None,
    entropies: Tensor | None,
) -> None:
    if mask.dtype != torch.bool:
        raise ValueError(f"mask is {mask.dtype}; accepted: torch.bool")
    if not logprobs.is_floating_point():
        raise ValueError(f"logprobs are {logprobs.dtype}; accepted: a floating point dtype")
    for name, values in (
        ("logprobs", logprobs),
        ("sampling_logprobs", sampling_logprobs),
        ("reference_logprobs", reference_logprobs),
        ("entropies", entropies),
    ):
        if values is not None and values.shape != mask.shape:
            raise ValueError(
                f"{name} have shape {tuple(values.shape)}; accepted: the mask's {tuple(mask.shape)}"
            )
    if options.kl_coefficient > 0 and reference_logprobs is None:
        raise ValueError(
            f"kl_coefficient is {options.kl_coefficient}: reference_logprobs is needed"
        )
    if options.entropy_coefficient > 0 and entropies is None:
        raise ValueError(
            f"entropy_coefficient is {options.entropy_coefficient}: entropies is needed"
        )


def _unmasked(values: Tensor, mask: Tensor, dtype: torch.dtype) -> Tensor:
    values = values.to(dtype)
    return torch.where(mask, values, torch.zeros_like(values))


def _at_least_float32(values: Tensor) -> Tensor:
    return values if values.dtype == torch.float64 else values.float()


def _kl_estimate(log_ratio: Tensor) -> Tensor:
    # exp(x) - x - 1 >= 0, unbiased for KL(p, q) with x = log q - log p and samples of p.
    return torch.expm1(log_ratio) - log_ratio
