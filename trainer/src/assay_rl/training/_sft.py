# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Supervised fine-tuning: cross-entropy on what the assistant wrote, nothing on what it read."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from assay_rl.grpo import token_logprobs
from assay_rl.policy import CausalModel, ChatTokenizer

Chat = Sequence[Mapping[str, str]]
_ROLES = ("system", "user", "assistant")


@dataclass(frozen=True, slots=True, kw_only=True)
class SFTOptions:
    """How a model is fine-tuned.

    Attributes:
        steps: optimiser steps.
        batch_chats: chats of a step.
        learning_rate: highest one; reached after ``warmup_steps``, then falling linearly to a
            tenth of it.
        general_share: share of general data among the chats; the paper mixes in 0.1 (§5.3).
        gradient_norm_max: longer gradients are scaled down to this norm.
        seed: draws the chats of each step.
    """

    steps: int
    batch_chats: int = 64
    learning_rate: float = 5e-3
    warmup_steps: int = 30
    general_share: float = 0.1
    gradient_norm_max: float = 1.0
    seed: int = 0


def read_chats(path: Path) -> list[Chat]:
    """Reads a JSON Lines file of ``{"messages": [{"role", "content"}…]}``.

    Raises:
        ValueError: a line is something else, or no assistant speaks in it; names the line.
    """
    chats: list[Chat] = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                chats.append(_checked(json.loads(line)))
            except (ValueError, TypeError, KeyError) as error:
                raise ValueError(f"{path}:{number}: {error}") from error
    if not chats:
        raise ValueError(f"{path}: no chats")
    return chats


def draw_chats(
    rewarded: Sequence[Chat], general: Sequence[Chat], options: SFTOptions, step: int
) -> list[Chat]:
    """Returns the chats of a step: the same ones whenever the step is asked for."""
    source = random.Random(f"sft {options.seed} {step}")
    share = options.general_share if general else 0.0
    return [
        source.choice(general if source.random() < share else rewarded)
        for _ in range(options.batch_chats)
    ]


def sft_loss(
    model: CausalModel, tokenizer: ChatTokenizer, chats: Sequence[Chat], device: str = "cpu"
) -> torch.Tensor:
    """Returns the mean cross-entropy in nats over all tokens that assistants wrote.

    Raises:
        ValueError: no assistant wrote anything.
    """
    encoded = [tokenizer.encode_chat(chat) for chat in chats]
    width = max(len(ids) for ids, _ in encoded)
    rows = [ids + [tokenizer.pad_id] * (width - len(ids)) for ids, _ in encoded]
    masks = [written + [False] * (width - len(written)) for _, written in encoded]
    tokens = torch.tensor(rows, device=device)
    mask = torch.tensor(masks, device=device)[:, 1:]
    count = int(mask.sum())
    if count == 0:
        raise ValueError("no token of these chats was written by an assistant")
    logprobs = token_logprobs(model.logits(tokens)[:, :-1], tokens[:, 1:])
    return -torch.where(mask, logprobs, torch.zeros_like(logprobs)).sum() / count


def fine_tune(
    model: CausalModel,
    tokenizer: ChatTokenizer,
    draw: Callable[[int], Sequence[Chat]],
    options: SFTOptions,
    on_step: Callable[[int, float], None] | None = None,
    device: str = "cpu",
) -> None:
    """Trains ``model`` in place.

    Args:
        model: what is trained.
        tokenizer: the model's.
        draw: returns the chats of a step, counted from 0.
        options: learning rate and so on.
        on_step: is told each step's loss.
        device: where the model is.
    """
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(
        parameters, lr=options.learning_rate, betas=(0.9, 0.98), weight_decay=0.01
    )
    for step in range(options.steps):
        for group in optimizer.param_groups:
            group["lr"] = options.learning_rate * _schedule(step, options)
        loss = sft_loss(model, tokenizer, draw(step), device)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, options.gradient_norm_max)
        optimizer.step()
        if on_step is not None:
            on_step(step, loss.item())


def _schedule(step: int, options: SFTOptions) -> float:
    rising = min(1.0, (step + 1) / max(1, options.warmup_steps))
    return rising * (1.0 - 0.9 * step / options.steps)


def _checked(value: object) -> Chat:
    if not isinstance(value, dict) or not isinstance(value.get("messages"), list):
        raise ValueError('expected {"messages": [...]}')
    messages: list[dict[str, str]] = value["messages"]
    for message in messages:
        if message["role"] not in _ROLES or not isinstance(message["content"], str):
            raise ValueError(f"a message has a role of {', '.join(_ROLES)} and a text as content")
    if not any(message["role"] == "assistant" for message in messages):
        raise ValueError("no message of an assistant")
    return messages
