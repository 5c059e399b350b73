# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Training: fine-tuning, reinforcement, checkpoints and logs."""

from assay_rl.training._checkpoint import load_checkpoint, load_policy, save_checkpoint
from assay_rl.training._journal import Journal, read_lines
from assay_rl.training._loop import LoopOptions, Prompt, ReinforcementLoop, Rewarder, run_steps
from assay_rl.training._regrade import Difference, Regrading, regrade, rewarded_chats
from assay_rl.training._sft import (
    Chat,
    SFTOptions,
    draw_chats,
    fine_tune,
    read_chats,
    sft_loss,
)

__all__ = [
    "Chat",
    "Difference",
    "Journal",
    "LoopOptions",
    "Prompt",
    "Regrading",
    "ReinforcementLoop",
    "Rewarder",
    "SFTOptions",
    "draw_chats",
    "fine_tune",
    "load_checkpoint",
    "load_policy",
    "read_chats",
    "read_lines",
    "regrade",
    "rewarded_chats",
    "run_steps",
    "save_checkpoint",
    "sft_loss",
]
