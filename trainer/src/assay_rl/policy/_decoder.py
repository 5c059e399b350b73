# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""A small decoder-only transformer: pre-norm, rotary positions, tied embeddings.

Attention is written out instead of called, so that PyTorch 1.13 runs it, and so that a token's
logits are computed by the same operations whether it is sampled or scored.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

_ROTARY_BASE = 10_000.0  # Su et al. 2021
_INIT_STD = 0.02  # GPT-2


@dataclass(frozen=True, slots=True)
class DecoderConfig:
    """Sizes of a decoder.

    Attributes:
        vocabulary: number of tokens.
        width: features of a token; a multiple of ``2 * heads``.
        layers: blocks.
        heads: attention heads.
    """

    vocabulary: int
    width: int = 96
    layers: int = 3
    heads: int = 4


@dataclass(slots=True)
class DecoderCache:
    """Keys and values of what was read.

    Attributes:
        keys: per layer float (batch, heads, capacity, features); ``values`` likewise.
        padding: int64 (batch,), tokens of padding on the left.
        used: columns filled.
    """

    keys: list[torch.Tensor]
    values: list[torch.Tensor]
    padding: torch.Tensor
    used: int = 0


class Decoder(nn.Module):
    """A causal language model; see ``CausalModel`` for the sampler's side of it."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        if config.width % (2 * config.heads):
            raise ValueError(f"width {config.width} is no multiple of 2 × {config.heads} heads")
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        self.blocks = nn.ModuleList([_Block(config) for _ in range(config.layers)])
        self.norm = nn.LayerNorm(config.width)
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                scale = (2 * config.layers) ** -0.5 if name.endswith("out.weight") else 1.0
                nn.init.normal_(parameter, std=_INIT_STD * scale)

    def prefill(
        self, tokens: torch.Tensor, padding: torch.Tensor, capacity: int
    ) -> tuple[torch.Tensor, DecoderCache]:
        """Reads prompts; see ``CausalModel.prefill``."""
        config = self.config
        shape = (tokens.shape[0], config.heads, capacity, config.width // config.heads)
        like = self.embedding.weight
        cache = DecoderCache(
            [like.new_zeros(shape) for _ in range(config.layers)],
            [like.new_zeros(shape) for _ in range(config.layers)],
            padding,
        )
        return self._read(tokens, cache)[:, -1], cache

    def extend(self, tokens: torch.Tensor, cache: DecoderCache) -> torch.Tensor:
        """Appends one token to each row; see ``CausalModel.extend``."""
        return self._read(tokens[:, None], cache)[:, -1]

    def select(self, cache: DecoderCache, rows: torch.Tensor) -> DecoderCache:
        """Returns the cache of some rows."""
        return DecoderCache(
            [keys[rows] for keys in cache.keys],
            [values[rows] for values in cache.values],
            cache.padding[rows],
            cache.used,
        )

    def logits(self, tokens: torch.Tensor) -> torch.Tensor:
        """Returns float (batch, width, vocabulary) for texts padded on the right."""
        return self._read(tokens, None)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Same as ``logits``, under the name that PyTorch's tools call."""
        return self.logits(tokens)

    def _read(self, tokens: torch.Tensor, cache: DecoderCache | None) -> torch.Tensor:
        start = cache.used if cache else 0
        end = start + tokens.shape[1]
        columns = torch.arange(end, device=tokens.device)
        visible = columns[None, :] <= columns[start:, None]  # (queries, keys)
        positions = columns[None, start:]
        if cache is not None:
            positions = (positions - cache.padding[:, None]).clamp_min(0)
            visible = visible[None] & (columns[None, None, :] >= cache.padding[:, None, None])
            # A row of padding sees itself, because a softmax over nothing is not a number.
            visible = visible | (columns[None, None, :] == columns[None, start:, None])
            visible = visible[:, None]
        rotation = _rotation(positions, self.config.width // self.config.heads)
        hidden = self.embedding(tokens)
        for layer, block in enumerate(self.blocks):
            hidden = block(hidden, rotation, visible, cache, layer)
        if cache is not None:
            cache.used = end
        return functional.linear(self.norm(hidden), self.embedding.weight)


class _Block(nn.Module):
    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.attention_norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.attention_out = nn.Linear(width, width, bias=False)
        self.feed_norm = nn.LayerNorm(width)
        self.feed_in = nn.Linear(width, 4 * width)
        self.feed_out = nn.Linear(4 * width, width)

    def forward(
        self,
        hidden: torch.Tensor,
        rotation: tuple[torch.Tensor, torch.Tensor],
        visible: torch.Tensor,
        cache: DecoderCache | None,
        layer: int,
    ) -> torch.Tensor:
        batch, length, width = hidden.shape
        qkv = self.qkv(self.attention_norm(hidden)).view(batch, length, 3, self.heads, -1)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        query, key = _rotate(query, rotation), _rotate(key, rotation)
        if cache is not None:
            end = cache.used + length
            cache.keys[layer][:, :, cache.used : end] = key
            cache.values[layer][:, :, cache.used : end] = value
            key, value = cache.keys[layer][:, :, :end], cache.values[layer][:, :, :end]
        scores = query @ key.transpose(-1, -2) * (key.shape[-1] ** -0.5)
        weights = scores.masked_fill(~visible, float("-inf")).softmax(-1)
        mixed = (weights @ value).transpose(1, 2).reshape(batch, length, width)
        hidden = hidden + self.attention_out(mixed)
        inner = functional.gelu(self.feed_in(self.feed_norm(hidden)))
        fed: torch.Tensor = self.feed_out(inner)
        return hidden + fed


def _rotation(positions: torch.Tensor, features: int) -> tuple[torch.Tensor, torch.Tensor]:
    half = torch.arange(features // 2, device=positions.device, dtype=torch.float32)
    angles = positions[:, None, :, None] * _ROTARY_BASE ** (-2.0 * half / features)
    return angles.cos(), angles.sin()


def _rotate(x: torch.Tensor, rotation: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    cosine, sine = (part.to(x.dtype) for part in rotation)
    first, second = x.chunk(2, -1)
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], -1)
