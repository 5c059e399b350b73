# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Saving a run so that it goes on as if it had never stopped.

Problems, samples and shuffles are drawn from seeds that depend on the run's seed and the step
alone, so that model, optimiser and step are the whole state: there is no generator to restore.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from assay_rl.policy import Decoder, DecoderConfig, Tokenizer

_FORMAT = 1


def save_checkpoint(
    path: Path,
    model: Decoder,
    tokenizer: Tokenizer,
    *,
    step: int = 0,
    optimizer: torch.optim.Optimizer | None = None,
    settings: dict[str, Any] | None = None,
) -> None:
    """Writes a checkpoint, all or nothing.

    Args:
        path: file; what stood there is replaced only by a complete one.
        model: its sizes and weights are saved.
        tokenizer: its vocabulary is saved.
        step: steps done.
        optimizer: its state, needed to go on training.
        settings: what must be the same when training goes on; numbers and texts.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    state = {
        "format": _FORMAT,
        "config": asdict(model.config),
        "model": model.state_dict(),
        "words": list(tokenizer.words),
        "step": step,
        "optimizer": optimizer.state_dict() if optimizer else None,
        "settings": settings or {},
    }
    with unfinished.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Reads a checkpoint; runs no code from it.

    Raises:
        ValueError: the file is no checkpoint of this package.
    """
    state = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(state, dict) or state.get("format") != _FORMAT:
        raise ValueError(f"{path} is no checkpoint of format {_FORMAT}")
    return state


def load_policy(path: Path) -> tuple[Decoder, Tokenizer]:
    """Returns the model and tokenizer of a checkpoint; raises as ``load_checkpoint``."""
    state = load_checkpoint(path)
    model = Decoder(DecoderConfig(**state["config"]))
    model.load_state_dict(state["model"])
    return model, Tokenizer(state["words"])
