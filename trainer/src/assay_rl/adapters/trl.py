# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""TRL: reward functions for ``GRPOTrainer(reward_funcs=…)``; a missing reward is ``None``.

TRL turns ``None`` into NaN, leaves it out of the group's mean, and gives it the advantage 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assay_rl.adapters._grader import COMPONENTS, Grader, attempt, completion_of, prompt_of
from assay_rl.adapters._labels import LABEL_NAMES, label_of_row
from assay_rl.adapters._thoughts import text_with_thoughts
from assay_rl.client import ClientOptions, Result, Rollout


class AssayReward:
    """A reward function, picklable as TRL's asynchronous trainer needs it.

    Args:
        nodes: addresses of Assay; default ``$ASSAY_URL``.
        recipe: name of a recipe, or changes to one.
        label_columns: columns of the dataset that may hold the label; the first found is taken.
        tokenizer: decodes ``completion_ids`` anew, with thoughts; for policies whose ``<think>`` is
            a special token, which TRL removes from the completions' texts.
        language: of code tasks whose label names none.
        think_prefilled: whether the chat template writes ``<think>`` itself.
        options: attempts, deadlines and sizes of the client.
    """

    def __init__(
        self,
        nodes: str | Sequence[str] | None = None,
        *,
        recipe: str | Mapping[str, Any] | None = None,
        label_columns: Sequence[str] = LABEL_NAMES,
        tokenizer: Any = None,
        language: str = "python",
        think_prefilled: bool = False,
        options: ClientOptions | None = None,
    ) -> None:
        self.__name__ = "assay"  # TRL names the metric after it
        self.grader = Grader(
            nodes,
            recipe=recipe,
            language=language,
            think_prefilled=think_prefilled,
            options=options,
        )
        self.label_columns = tuple(label_columns)
        self.tokenizer = tokenizer

    def __call__(
        self, prompts: Sequence[Any], completions: Sequence[Any], **columns: Any
    ) -> list[float | None]:
        """Returns a reward for each completion, ``None`` where there is none.

        Raises:
            AssayError: Assay could not be asked, up to the last attempt.
            ValueError: no row has a label.
        """
        rollouts = self._rollouts(prompts, completions, columns)
        results = self.grader.rewards(rollouts, seed=_step(columns))
        _log(results, columns)
        return [result.reward for result in results]

    def _rollouts(
        self, prompts: Sequence[Any], completions: Sequence[Any], columns: Mapping[str, Any]
    ) -> list[Rollout | ValueError]:
        ids = columns.get("completion_ids")
        return [
            self._rollout(place, prompts[place], completions[place], ids, columns)
            for place in range(len(completions))
        ]

    def _rollout(
        self, place: int, prompt: Any, completion: Any, ids: Any, columns: Mapping[str, Any]
    ) -> Rollout | ValueError:
        row = {
            name: values[place]
            for name, values in columns.items()
            if isinstance(values, list | tuple) and len(values) > place
        }
        try:
            label = label_of_row(row, self.label_columns)
        except ValueError as error:
            return error
        text = completion_of(completion)
        more: dict[str, Any] = {"prompt": prompt_of(prompt)}
        if ids is not None:
            more["completion_tokens"] = len(ids[place])
            if self.tokenizer is not None:
                text = text_with_thoughts(self.tokenizer, ids[place])
        return attempt(self.grader, text, label, **more)


class AsyncAssayReward(AssayReward):
    """The same for asyncio: TRL runs it beside its other asynchronous reward functions."""

    async def __call__(  # type: ignore[override]
        self, prompts: Sequence[Any], completions: Sequence[Any], **columns: Any
    ) -> list[float | None]:
        """Returns as ``AssayReward`` does."""
        rollouts = self._rollouts(prompts, completions, columns)
        results = await self.grader.rewards_async(rollouts, seed=_step(columns))
        _log(results, columns)
        return [result.reward for result in results]


def _step(columns: Mapping[str, Any]) -> int | None:
    step = getattr(columns.get("trainer_state"), "global_step", None)
    return step if isinstance(step, int) else None


def _log(results: Sequence[Result], columns: Mapping[str, Any]) -> None:
    log_extra: Callable[[str, list[Any]], None] | None = columns.get("log_extra")
    if log_extra is not None:
        log_extra("assay_status", [result.status for result in results])
        log_extra("assay_correct", [result.correct for result in results])
        for name in COMPONENTS:
            log_extra(f"assay_{name}", [result.components.get(name) for result in results])
    log_metric: Callable[[str, float], None] | None = columns.get("log_metric")
    if log_metric is None or not results:
        return
    graded = [result for result in results if result.is_graded]
    log_metric("assay/masked", 1 - len(graded) / len(results))
    if graded:
        correct = sum(result.correct is True for result in graded)
        log_metric("assay/correct", correct / len(graded))
        for name in COMPONENTS:
            total = sum(result.components.get(name) or 0.0 for result in graded)
            log_metric(f"assay/{name}", total / len(graded))
