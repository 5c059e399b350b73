# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""A decoder small enough for float64 in a test, which reads positions and an attention mask."""

import math

import torch
from torch import Tensor, nn


class TinyModel(nn.Module):
    """One layer of attention over tokens and positions: [rows, width] to [rows, width, vocab]."""

    def __init__(self, vocabulary: int = 11, size: int = 8, length_max: int = 32) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, size)
        self.positions = nn.Embedding(length_max, size)
        self.query, self.key, self.value = (nn.Linear(size, size) for _ in range(3))
        self.out = nn.Linear(size, vocabulary)

    def forward(self, tokens: Tensor, positions: Tensor, attention_mask: Tensor) -> Tensor:
        state = self.tokens(tokens) + self.positions(positions)
        scores = self.query(state) @ self.key(state).transpose(-1, -2) / math.sqrt(state.shape[-1])
        scores = scores.masked_fill(~attention_mask, -math.inf)
        state = state + scores.softmax(-1) @ self.value(state)
        logits: Tensor = self.out(torch.tanh(state))
        return logits


def tiny_model(seed: int = 0) -> TinyModel:
    """The same float64 weights for the same seed."""
    torch.manual_seed(seed)
    return TinyModel().double()


def gradient(model: nn.Module) -> Tensor:
    """All gradients in one row; zeros where a parameter has none."""
    rows = [
        torch.zeros_like(p).reshape(-1) if p.grad is None else p.grad.reshape(-1)
        for p in model.parameters()
    ]
    return torch.cat(rows)
