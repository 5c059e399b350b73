# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""verl: ``compute_score`` for ``custom_reward_function``, alone, asynchronous, or for a batch.

verl cannot leave a rollout out: without a reward ``MissingRewardError`` is raised, which ends the
step.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assay_rl.adapters._grader import Grader, attempt, numbers, prompt_of, required
from assay_rl.adapters._labels import plain
from assay_rl.client import Result, Rollout

_PROBLEM_NAMES = ("problem", "question")


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    **reward_kwargs: Any,
) -> dict[str, float]:
    """Grades one response.

    Args:
        data_source: unused; the label says what the task is.
        solution_str: the response.
        ground_truth: the label.
        extra_info: ``problem`` or ``question``, ``completion_tokens``, ``max_tokens`` are read.
        **reward_kwargs: ``assay_url``, ``recipe``, ``language``, ``think_prefilled``; others are
            verl's own.

    Returns:
        ``score`` and ``acc``, and the summands of the score; numbers, in every answer the same.

    Raises:
        MissingRewardError: there is no reward.
        AssayError: Assay could not be asked, up to the last attempt.
    """
    return compute_scores(
        [data_source], [solution_str], [ground_truth], [extra_info], **reward_kwargs
    )[0]


async def compute_score_async(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    **reward_kwargs: Any,
) -> dict[str, float]:
    """Grades as ``compute_score``, for verl's reward loop."""
    del data_source
    grader = _grader(reward_kwargs)
    rollout = _rollout(grader, solution_str, ground_truth, extra_info)
    return _score((await grader.rewards_async([rollout]))[0])


def compute_scores(
    data_sources: Iterable[str],
    solution_strs: Iterable[str],
    ground_truths: Iterable[Any],
    extra_infos: Iterable[Mapping[str, Any] | None] | None = None,
    **reward_kwargs: Any,
) -> list[dict[str, float]]:
    """Grades a batch at once, for the reward manager ``batch``; else as ``compute_score``."""
    del data_sources
    grader = _grader(reward_kwargs)
    texts = list(solution_strs)
    extras = [None] * len(texts) if extra_infos is None else list(extra_infos)
    rollouts = [
        _rollout(grader, text, label, extra)
        for text, label, extra in zip(texts, ground_truths, extras, strict=True)
    ]
    return [_score(result) for result in grader.rewards(rollouts)]


def _score(result: Result) -> dict[str, float]:
    score = required(result)
    parts = numbers(result)
    return {"score": score, "acc": parts.pop("correct"), **parts}


def _rollout(
    grader: Grader, text: str, label: Any, extra_info: Mapping[str, Any] | None
) -> Rollout | ValueError:
    extra = extra_info or {}
    more: dict[str, Any] = {}
    problem = next((extra[name] for name in _PROBLEM_NAMES if extra.get(name)), None)
    if isinstance(problem, str):
        more["problem"] = problem
    elif extra.get("prompt") is not None:
        more["prompt"] = prompt_of(plain(extra["prompt"]))
    for name in ("completion_tokens", "max_tokens", "cache_tokens"):
        if extra.get(name) is not None:
            more[name] = int(extra[name])
    return attempt(grader, text, label, **more)


def _grader(reward_kwargs: Mapping[str, Any]) -> Grader:
    names = ("assay_url", "recipe", "language", "think_prefilled")
    settings = {name: reward_kwargs[name] for name in names if reward_kwargs.get(name) is not None}
    return _grader_of(json.dumps(settings, sort_keys=True, default=_json))


def _json(value: object) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):  # configurations have lists of their own
        return list(value)
    raise TypeError(f"not a setting: {value!r:.80}")


@functools.lru_cache(maxsize=8)
def _grader_of(settings: str) -> Grader:
    options = json.loads(settings)
    return Grader(options.pop("assay_url", None), **options)
