# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""verifiers and prime-rl: a function for a ``Rubric``, and a reward of a v1 ``Task``.

A ``Rubric`` makes 0.0 of every ``Exception`` of a reward function. A missing reward is therefore
raised as ``UnswallowedRewardError``. A v1 task records an exception as an error of the trace.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay_rl.adapters._grader import (
    Grader,
    MissingRewardError,
    UnswallowedRewardError,
    attempt,
    completion_of,
    numbers,
    prompt_of,
    required,
)
from assay_rl.adapters._labels import label_of_row
from assay_rl.client import AssayError, Result, Rollout


class RubricReward:
    """``vf.Rubric(funcs=[RubricReward()])``.

    Args:
        grader: the connection; default ``$ASSAY_URL`` and the server's recipe.
    """

    def __init__(self, grader: Grader | None = None) -> None:
        self.__name__ = "assay"
        self.grader = grader or Grader()

    async def __call__(
        self, prompt: Any, completion: Any, answer: Any, info: Any = None, state: Any = None
    ) -> float:
        """Grades one rollout; ``info`` is asked for a label where ``answer`` is empty.

        The parts of the reward are put into ``state["assay"]``.

        Raises:
            UnswallowedRewardError: there is no reward.
        """
        try:
            rollout = self._rollout(prompt, completion, answer, info)
            result = (await self.grader.rewards_async([rollout]))[0]
            reward = required(result)
        except (AssayError, MissingRewardError, ValueError) as error:
            raise UnswallowedRewardError(str(error)) from error
        if isinstance(state, dict):
            state["assay"] = numbers(result)
        return reward

    def _rollout(
        self, prompt: Any, completion: Any, answer: Any, info: Any
    ) -> Rollout | ValueError:
        if answer is None or answer == "":
            answer = label_of_row(info if isinstance(info, Mapping) else {})
        return attempt(self.grader, completion_of(completion), answer, prompt=prompt_of(prompt))


async def reward_of_trace(grader: Grader, problem: str, text: str, label: Any) -> Result:
    """Grades what a v1 ``Task`` has: call it in a method with ``@vf.reward``.

    Raises:
        MissingRewardError, AssayError: there is no reward; verifiers records it as the trace's
            error.
        ValueError: the label is none.
    """
    rollout = grader.rollout(text, label, problem=problem)
    result = (await grader.rewards_async([rollout]))[0]
    required(result)
    return result
