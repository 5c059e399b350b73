# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Sampling with a cache of keys and values, and the log-probabilities that it was done with.

Prompts of different lengths are padded on the left. Rows that have ended leave the batch, once
they are a quarter of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch

from assay_rl.policy._model import CausalModel

_COMPACT_WHEN_ENDED = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingOptions:
    """How completions are drawn.

    Attributes:
        max_tokens: most tokens of a completion, its end included; ≥ 1.
        temperature: divides the logits; 0 takes the likeliest token, with the
            log-probabilities of temperature 1.
    """

    max_tokens: int
    temperature: float = 1.0

    def __post_init__(self) -> None:
        if self.max_tokens < 1 or not 0.0 <= self.temperature < float("inf"):
            raise ValueError("max_tokens is at least 1, temperature finite and not negative")


@dataclass(slots=True)
class Sample:
    """One completion.

    Attributes:
        tokens: what was written, the end token included if it was reached.
        logprobs: natural logarithm of each token's probability when it was drawn.
        entropies: entropy in nats of the distribution each token was drawn from.
        is_ended: false if it was cut at ``max_tokens``.
    """

    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)
    is_ended: bool = False


class Sampler(Protocol):
    """Anything that writes completions: a model here, or an inference engine."""

    def __call__(
        self, prompts: Sequence[Sequence[int]], options: SamplingOptions, seed: int
    ) -> list[Sample]:
        """Returns one completion per prompt, the same ones for the same ``seed``."""
        ...


@dataclass(frozen=True, slots=True)
class ModelSampler:
    """Samples from a ``CausalModel``.

    Attributes:
        model: what writes.
        end_id: token that ends a completion.
        pad_id: token that fills rows up.
        device: where the model is.
    """

    model: CausalModel
    end_id: int
    pad_id: int
    device: str = "cpu"

    @torch.no_grad()
    def __call__(
        self, prompts: Sequence[Sequence[int]], options: SamplingOptions, seed: int
    ) -> list[Sample]:
        """Returns one completion per prompt.

        Raises:
            ValueError: a prompt is empty.
        """
        if not prompts:
            return []
        tokens, padding = self._left_padded(prompts)
        generator = torch.Generator(self.device).manual_seed(seed)
        samples = [Sample() for _ in prompts]
        rows = list(range(len(prompts)))  # sample of each row of the batch
        capacity = tokens.shape[1] + options.max_tokens
        logits, cache = self.model.prefill(tokens, padding, capacity)
        for step in range(options.max_tokens):
            chosen = self._draw(logits, options.temperature, generator, rows, samples)
            if step + 1 == options.max_tokens or not rows:
                break
            alive = [i for i, row in enumerate(rows) if not samples[row].is_ended]
            if not alive:
                break
            if len(alive) <= (1 - _COMPACT_WHEN_ENDED) * len(rows):
                index = torch.tensor(alive, device=self.device)
                cache, chosen = self.model.select(cache, index), chosen[index]
                rows = [rows[i] for i in alive]
            logits = self.model.extend(chosen, cache)
        return samples

    def _draw(
        self,
        logits: torch.Tensor,
        temperature: float,
        generator: torch.Generator,
        rows: Sequence[int],
        samples: Sequence[Sample],
    ) -> torch.Tensor:
        logprobs = torch.log_softmax(logits.float() / (temperature or 1.0), -1)
        probabilities = logprobs.exp()
        if temperature == 0.0:
            chosen = logprobs.argmax(-1)
        else:
            chosen = torch.multinomial(probabilities, 1, generator=generator)[:, 0]
        taken = logprobs.gather(-1, chosen[:, None])[:, 0]
        entropy = -(probabilities * logprobs.clamp_min(-1e4)).sum(-1)
        columns = zip(chosen.tolist(), taken.tolist(), entropy.tolist(), strict=True)
        for row, (token, logprob, spread) in zip(rows, columns, strict=True):
            sample = samples[row]
            if sample.is_ended:
                continue
            sample.tokens.append(token)
            sample.logprobs.append(logprob)
            sample.entropies.append(spread)
            sample.is_ended = token == self.end_id
        return chosen

    def _left_padded(self, prompts: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        if any(not prompt for prompt in prompts):
            raise ValueError("a prompt has at least one token")
        width = max(map(len, prompts))
        rows = [[self.pad_id] * (width - len(prompt)) + list(prompt) for prompt in prompts]
        padding = [width - len(prompt) for prompt in prompts]
        return (
            torch.tensor(rows, device=self.device),
            torch.tensor(padding, device=self.device),
        )
