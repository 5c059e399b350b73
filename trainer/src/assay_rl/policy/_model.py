# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""What the sampler and the trainer ask of a language model and of its tokenizer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import torch


class CausalModel(Protocol):
    """A decoder that can extend a batch of texts token by token.

    The cache is the model's own; the sampler only hands it back.
    """

    def prefill(
        self, tokens: torch.Tensor, padding: torch.Tensor, capacity: int
    ) -> tuple[torch.Tensor, Any]:
        """Reads prompts.

        Args:
            tokens: int64 (batch, width), padded on the left.
            padding: int64 (batch,), tokens of padding in each row.
            capacity: tokens a row will have at most, ≥ width.

        Returns:
            Logits of the next token, float (batch, vocabulary), and the cache.
        """
        ...

    def extend(self, tokens: torch.Tensor, cache: Any) -> torch.Tensor:
        """Appends one token, int64 (batch,), to each row; returns logits like ``prefill``."""
        ...

    def select(self, cache: Any, rows: torch.Tensor) -> Any:
        """Returns the cache of some rows, int64 (n,), in that order."""
        ...

    def logits(self, tokens: torch.Tensor) -> torch.Tensor:
        """Returns logits float (batch, width, vocabulary) of texts padded on the right."""
        ...

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """Yields what is trained."""
        ...


class ChatTokenizer(Protocol):
    """A tokenizer that knows how a chat is laid out."""

    @property
    def pad_id(self) -> int:
        """Token that fills rows up; never attended to."""
        ...

    @property
    def end_id(self) -> int:
        """Token that ends a completion."""
        ...

    def decode(self, ids: Iterable[int]) -> str:
        """Returns the text without the end token, with ``<think>`` where it was written."""
        ...

    def encode_prompt(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """Returns a chat up to the point where the assistant begins to write."""
        ...

    def encode_chat(self, messages: Sequence[Mapping[str, str]]) -> tuple[list[int], list[bool]]:
        """Returns a whole chat, and which tokens the assistant wrote (its end included)."""
        ...
