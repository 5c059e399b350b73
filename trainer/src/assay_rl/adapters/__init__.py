# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Rewards in the form that each trainer asks for: one module per trainer, all on the client.

No module needs its trainer installed to be imported; see docs/adapters.md.
"""

from assay_rl.adapters._grader import (
    Grader,
    MissingRewardError,
    UnswallowedRewardError,
)
from assay_rl.adapters._labels import task_from_label
from assay_rl.adapters._thoughts import ThinkTokensLostWarning

__all__ = [
    "Grader",
    "MissingRewardError",
    "ThinkTokensLostWarning",
    "UnswallowedRewardError",
    "task_from_label",
]
