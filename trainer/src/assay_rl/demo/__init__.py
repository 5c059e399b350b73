# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""A model that learns arithmetic from Assay's rewards, on a CPU, in minutes."""

from assay_rl.demo._arithmetic import LANGUAGES, Faults, Problem, draw_distinct, work_out
from assay_rl.demo._held_out import (
    HeldOutScores,
    bootstrap_interval,
    score_held_out,
    stated_number,
)
from assay_rl.demo._run import (
    DemoOptions,
    DemoOutcome,
    Method,
    recipe_of,
    rl_prompts,
    run_demo,
    summary_of,
    warm_up_chats,
)

__all__ = [
    "LANGUAGES",
    "DemoOptions",
    "DemoOutcome",
    "Faults",
    "HeldOutScores",
    "Method",
    "Problem",
    "bootstrap_interval",
    "draw_distinct",
    "recipe_of",
    "rl_prompts",
    "run_demo",
    "score_held_out",
    "stated_number",
    "summary_of",
    "warm_up_chats",
    "work_out",
]
