# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""OpenRLHF: ``reward_func`` for ``--reward.remote_url FILE.py``, a file that imports it.

OpenRLHF logs an ``Exception`` and goes on without a reward, until tensors without one are joined.
A missing reward is therefore raised as ``UnswallowedRewardError``, which ends the run with the
reason.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from assay_rl.adapters._grader import (
    Grader,
    MissingRewardError,
    UnswallowedRewardError,
    attempt,
    numbers,
    required,
)
from assay_rl.client import AssayError, Result, Rollout

# A query is decoded with special tokens; those at its end are no part of the completion.
_ENDINGS = (
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|end_of_text|>",
    "<|end|>",
    "<|return|>",
    "<end_of_turn>",
    "<eos>",
    "</s>",
    "<｜end▁of▁sentence｜>",
    "<pad>",
    "[PAD]",
)
_BEGINNING_MAX_CHARACTERS = 64  # of special tokens that the tokenizer puts before a prompt


class RewardFunction:
    """``reward_func(queries, prompts, labels)`` with settings of its own; see ``Grader``."""

    def __init__(self, grader: Grader | None = None) -> None:
        self.grader = grader or Grader()

    def __call__(
        self,
        queries: Sequence[str],
        prompts: Sequence[str],
        labels: Sequence[Any],
        **others: Any,
    ) -> dict[str, Any]:
        """Returns rewards, scores (1 for correct) and their parts.

        OpenRLHF sends one query and makes a tensor of what comes back, so that one query is
        answered with numbers; several with lists.

        Raises:
            UnswallowedRewardError: some query has no reward.
        """
        del others
        rollouts = [
            self._rollout(query, prompt, label)
            for query, prompt, label in zip(queries, prompts, labels, strict=True)
        ]
        try:
            results = self.grader.rewards(rollouts)
            rewards = [required(result) for result in results]
        except (AssayError, MissingRewardError, ValueError) as error:
            raise UnswallowedRewardError(str(error)) from error
        return _answer(rewards, results)

    def _rollout(self, query: str, prompt: str, label: Any) -> Rollout | ValueError:
        try:
            text = response_of(query, prompt)
        except ValueError as error:
            return error
        return attempt(self.grader, text, label, prompt=prompt)


def reward_func(
    queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any], **others: Any
) -> dict[str, Any]:
    """Grades with ``$ASSAY_URL`` and the server's recipe; see ``RewardFunction``."""
    return _default()(queries, prompts, labels, **others)


def response_of(query: str, prompt: str) -> str:
    """Returns what follows the prompt in a decoded query, without special tokens at its end.

    Raises:
        ValueError: the query does not begin with the prompt.
    """
    start = query.find(prompt, 0, len(prompt) + _BEGINNING_MAX_CHARACTERS)
    if start < 0:
        raise ValueError("the query does not begin with its prompt; was the prompt cut?")
    text = query[start + len(prompt) :]
    while True:
        bare = text.rstrip()
        ending = next((end for end in _ENDINGS if bare.endswith(end)), None)
        if ending is None:
            return text
        text = bare[: -len(ending)]


def _answer(rewards: Sequence[float], results: Sequence[Result]) -> dict[str, Any]:
    parts = [numbers(result) for result in results]
    scores = [part["correct"] for part in parts]
    logs = {name: [part[name] for part in parts] for name in parts[0]} if parts else {}
    if len(rewards) == 1:
        extra = {name: values[0] for name, values in logs.items()}
        return {"rewards": rewards[0], "scores": scores[0], "extra_logs": extra}
    return {"rewards": list(rewards), "scores": scores, "extra_logs": logs}


@functools.lru_cache(maxsize=1)
def _default() -> RewardFunction:
    return RewardFunction()
