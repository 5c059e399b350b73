# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""NeMo-Gym and NeMo-RL: the verdict of a resources server, and an environment.

NeMo-Gym leaves a sample out that has ``mask_sample``; releases without that field, and NeMo-RL's
own environments, cannot, and ``MissingRewardError`` is raised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assay_rl.adapters._grader import (
    COMPONENTS,
    Grader,
    MissingRewardError,
    attempt,
    completion_of,
    prompt_of,
    required,
)
from assay_rl.adapters._labels import label_of_row
from assay_rl.client import Rollout


class GymVerifier:
    """Answers ``/verify`` of a NeMo-Gym resources server.

    Args:
        grader: the connection.
        can_mask: whether the server's answer has ``mask_sample``:
            ``"mask_sample" in BaseVerifyResponse.model_fields``.
    """

    def __init__(self, grader: Grader | None = None, *, can_mask: bool = False) -> None:
        self.grader = grader or Grader()
        self.can_mask = can_mask

    async def verify(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the body with ``reward`` and ``reward_components``, which sum up to it.

        Args:
            body: ``responses_create_params``, ``response`` and the row's own fields, of which the
                label is one.

        Raises:
            MissingRewardError: there is no reward, and ``mask_sample`` is not known. Raised too for
                trouble that is retryable, so that NeMo-Gym asks again.
            AssayError: Assay could not be asked, up to the last attempt.
        """
        rollout = self._rollout(body)
        result = (await self.grader.rewards_async([rollout]))[0]
        if result.reward is not None:
            parts = {name: float(result.components.get(name) or 0.0) for name in COMPONENTS}
            answer = {**body, "reward": result.reward, "reward_components": parts}
            return {**answer, "correct": result.correct}
        if not self.can_mask or result.is_retryable:
            raise MissingRewardError(result)
        reason = result.error.message if result.error else result.status
        return {
            **body,
            "reward": 0.0,  # no verdict: NeMo-Gym demands a number and leaves this sample out
            "mask_sample": True,
            "reward_components": dict.fromkeys(COMPONENTS, 0.0),
            "failure_kind": f"assay:{result.status}",
            "failure_reason": reason,
        }

    def _rollout(self, body: Mapping[str, Any]) -> Rollout | ValueError:
        messages = body["responses_create_params"].get("input")
        output = body["response"].get("output") or []
        replies = [item for item in output if item.get("type", "message") == "message"]
        thoughts = [item for item in output if item.get("type") == "reasoning"]
        text = completion_of(replies) if replies else ""
        reasoning = "".join(
            part.get("text", "") for item in thoughts for part in item.get("summary") or ()
        )
        completion = {"content": text, "reasoning_content": reasoning} if reasoning else text
        usage = (body["response"].get("usage") or {}).get("output_tokens")
        more: dict[str, Any] = {"completion_tokens": usage} if isinstance(usage, int) else {}
        label = label_of_row(body)
        if isinstance(body.get("question"), str):
            more["problem"] = body["question"]
        else:
            more["prompt"] = prompt_of(messages)
        return attempt(self.grader, completion, label, **more)


class AssayEnvironment:
    """An environment of NeMo-RL with one turn; make it an actor with ``ray.remote``.

    Args:
        config: settings of ``Grader``.
    """

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        self.grader = Grader(**(config or {}))

    def rewards(
        self, message_log_batch: Sequence[Sequence[Mapping[str, Any]]], metadata: Sequence[Any]
    ) -> list[float]:
        """Returns a reward for each message log.

        Raises:
            MissingRewardError: some rollout has none.
            AssayError: Assay could not be asked, up to the last attempt.
        """
        rollouts = [
            self._rollout(log, row) for log, row in zip(message_log_batch, metadata, strict=True)
        ]
        return [required(result) for result in self.grader.rewards(rollouts)]

    def step(
        self, message_log_batch: Sequence[Sequence[Mapping[str, Any]]], metadata: Sequence[Any]
    ) -> Any:
        """Grades a batch and ends it; returns NeMo-RL's ``EnvironmentReturn``."""
        import torch
        from nemo_rl.environments.interfaces import EnvironmentReturn

        rewards = torch.tensor(self.rewards(message_log_batch, metadata)).cpu()
        count = len(message_log_batch)
        return EnvironmentReturn(
            observations=[{"role": "environment", "content": ""}] * count,
            metadata=list(metadata),
            next_stop_strings=[None] * count,
            rewards=rewards,
            terminateds=torch.ones_like(rewards),
            answers=None,
        )

    def global_post_process_and_metrics(self, batch: Any) -> tuple[Any, dict[str, float]]:
        """Returns the batch as it is, with the mean reward."""
        rewards = batch["total_reward"] if "total_reward" in batch else batch["rewards"]
        return batch, {"assay_reward": float(rewards.float().mean())}

    def shutdown(self) -> None:
        """Closes the connections."""
        self.grader.close()

    def _rollout(self, log: Sequence[Mapping[str, Any]], row: Any) -> Rollout | ValueError:
        label = label_of_row(row) if isinstance(row, Mapping) else row
        asked = [m for m in log if m.get("role") in ("system", "user")]
        said = [m for m in log if m.get("role") == "assistant"]
        more: dict[str, Any] = {"prompt": prompt_of(asked)}
        if said and hasattr(said[-1].get("token_ids"), "__len__"):
            more["completion_tokens"] = len(said[-1]["token_ids"])
        return attempt(self.grader, completion_of(said), label, **more)
