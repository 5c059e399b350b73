# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""slime: ``--custom-rm-path assay_rl.adapters.slime.reward``, also with ``--group-rm``.

Without a reward ``MissingRewardError`` is raised, which ends the rollout step.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from typing import Any

from assay_rl.adapters._grader import Grader, attempt, numbers, prompt_of, required
from assay_rl.adapters._labels import label_of_row
from assay_rl.client import Result, Rollout

Reward = float | dict[str, float]


async def reward(args: Any, sample: Any, **others: Any) -> Reward | list[Reward]:
    """Grades one sample, or a list of samples.

    Args:
        args: slime's arguments; ``rm_url`` is Assay's address (default ``$ASSAY_URL``), and with
            ``reward_key`` the answer is an object with ``score`` and its parts. ``assay_recipe``
            and ``assay_language`` of ``--custom-config-path`` are read.
        sample: ``prompt``, ``response`` and ``label``, or a label within ``metadata``.
        **others: slime's own.

    Raises:
        MissingRewardError: there is no reward.
        AssayError: Assay could not be asked, up to the last attempt.
    """
    del others
    is_group = isinstance(sample, Sequence)
    samples = list(sample) if is_group else [sample]
    grader = _grader(args)
    results = await grader.rewards_async([_rollout(grader, one) for one in samples])
    rewards = [_reward(args, result) for result in results]
    return rewards if is_group else rewards[0]


def _reward(args: Any, result: Result) -> Reward:
    score = required(result)
    if not getattr(args, "reward_key", None):
        return score
    return {"score": score, **numbers(result), args.reward_key: score}


def _rollout(grader: Grader, sample: Any) -> Rollout | ValueError:
    label = sample.label
    if label is None:
        metadata = getattr(sample, "metadata", None)
        try:
            label = label_of_row(metadata if isinstance(metadata, dict) else {})
        except ValueError as error:
            return error
    more: dict[str, Any] = {"prompt": prompt_of(sample.prompt)}
    length = getattr(sample, "response_length", None)
    if length:
        more["completion_tokens"] = int(length)
    status = getattr(sample, "status", None)
    if getattr(status, "value", status) == "truncated":
        more["truncated"] = True
    return attempt(grader, sample.response, label, **more)


def _grader(args: Any) -> Grader:
    settings = {
        "nodes": getattr(args, "rm_url", None),
        "recipe": getattr(args, "assay_recipe", None),
        "language": getattr(args, "assay_language", None),
    }
    return _grader_of(json.dumps({k: v for k, v in settings.items() if v}, sort_keys=True))


@functools.lru_cache(maxsize=8)
def _grader_of(settings: str) -> Grader:
    options = json.loads(settings)
    return Grader(options.pop("nodes", None), **options)
