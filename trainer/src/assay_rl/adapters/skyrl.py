# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""SkyRL: an environment with one turn, for ``skyrl_gym.register``.

SkyRL takes only what inherits from its own class, which ``make_env`` sees to. It cannot leave a
rollout out: without a reward ``MissingRewardError`` is raised.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any

from assay_rl.adapters._grader import Grader, attempt, numbers, prompt_of, required
from assay_rl.adapters._labels import label_of_row

_SETTINGS = ("nodes", "recipe", "language", "think_prefilled")


class AssayEnv:
    """Grades the first action and ends.

    Args:
        env_config: ``nodes``, ``recipe``, ``language``, ``think_prefilled``; as of ``Grader``.
        extras: the row; ``reward_spec`` holds the label as ``ground_truth``.
    """

    def __init__(
        self, env_config: Mapping[str, Any] | None = None, extras: Mapping[str, Any] | None = None
    ) -> None:
        config = env_config or {}
        settings = {k: config[k] for k in _SETTINGS if config.get(k) is not None}
        self.grader = _grader_of(json.dumps(settings, sort_keys=True, default=dict))
        row = extras or {}
        spec = row.get("reward_spec")
        self.label = label_of_row(spec if isinstance(spec, Mapping) else row)
        self.prompt: Any = None
        self.turns = 0
        self.max_turns = 1
        self._metrics: dict[str, float] = {}

    def init(self, prompt: Sequence[Mapping[str, str]]) -> tuple[Any, dict[str, Any]]:
        """Takes the prompt and returns it as it is."""
        self.prompt = prompt
        return prompt, {}

    def step(self, action: str) -> dict[str, Any]:
        """Grades an action.

        Raises:
            MissingRewardError: there is no reward.
            AssayError: Assay could not be asked, up to the last attempt.
        """
        self.turns += 1
        rollout = attempt(self.grader, action, self.label, prompt=prompt_of(self.prompt))
        result = self.grader.rewards([rollout])[0]
        reward = required(result)
        self._metrics = numbers(result)
        return {
            "observations": [],
            "reward": reward,
            "done": True,
            "metadata": {"status": result.status, **self._metrics},
            "postprocessed_action": None,
        }

    def get_metrics(self) -> dict[str, float]:
        """Returns the parts of the last reward."""
        return dict(self._metrics)

    @staticmethod
    def aggregate_metrics(metrics: Sequence[Mapping[str, float]]) -> dict[str, float]:
        """Returns the mean of each part."""
        names = sorted({name for one in metrics for name in one})
        return {
            name: sum(values) / len(values)
            for name in names
            if (values := [one[name] for one in metrics if name in one])
        }

    def close(self) -> None:
        """Nothing to close: environments of one process share their connections."""


def make_env(**settings: Any) -> Any:
    """Makes an ``AssayEnv`` that is a ``BaseTextEnv`` of SkyRL, too."""
    return _environment_type()(**settings)


@functools.lru_cache(maxsize=1)
def _environment_type() -> type:
    from skyrl_gym.envs.base_text_env import BaseTextEnv

    return type("AssayTextEnv", (AssayEnv, BaseTextEnv), {})


@functools.lru_cache(maxsize=8)
def _grader_of(settings: str) -> Grader:
    return Grader(**json.loads(settings))
