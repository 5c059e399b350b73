# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""rllm: ``reward_function=AssayReward()``; returns rllm's ``RewardOutput``.

rllm cannot leave a rollout out: without a reward ``MissingRewardError`` is raised.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay_rl.adapters._grader import Grader, attempt, numbers, required
from assay_rl.adapters._labels import label_of_row


class AssayReward:
    """``f(task_info, action)``, picklable.

    Args:
        grader: the connection; default ``$ASSAY_URL`` and the server's recipe.
    """

    def __init__(self, grader: Grader | None = None) -> None:
        self.grader = grader or Grader()

    def __call__(self, task_info: Mapping[str, Any], action: Any) -> Any:
        """Grades one action: a text, or an object whose ``action`` is the text.

        Raises:
            MissingRewardError: there is no reward.
            AssayError: Assay could not be asked, up to the last attempt.
        """
        from rllm.rewards.reward_types import RewardOutput

        text = getattr(action, "action", action)
        label = label_of_row(task_info)
        problem = task_info.get("problem") or task_info.get("question")
        more = {"problem": problem} if isinstance(problem, str) else {}
        # No answer at all is the policy's, and scored.
        rollout = attempt(self.grader, "" if text is None else str(text), label, **more)
        result = self.grader.rewards([rollout])[0]
        reward = required(result)
        return RewardOutput(
            reward=reward, is_correct=result.correct is True, metadata=numbers(result)
        )
