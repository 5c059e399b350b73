# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""AReaL: a reward function for ``RLVRWorkflow(reward_fn=…)``.

AReaL calls it in a process pool and makes 0 of a call that is not back within 15 seconds, the wait
for a free process included. The default deadline here is 12 seconds, after which an error is
raised; AReaL asks again, and then gives the rollout up. ``call_async`` goes without the pool.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay_rl.adapters._grader import Grader, attempt, required
from assay_rl.adapters._labels import LABEL_NAMES, label_of_row
from assay_rl.adapters._thoughts import text_with_thoughts
from assay_rl.client import ClientOptions, RetryPolicy, Rollout

_DEADLINE_S = 12.0


class AssayReward:
    """``f(prompt, completions, prompt_ids, completion_ids, **row)``, picklable.

    Args:
        nodes: addresses of Assay; default ``$ASSAY_URL``.
        label_columns: members of the row that may hold the label; the first found is taken.
        tokenizer: decodes ``completion_ids`` anew, with thoughts; see ``trl.AssayReward``.
        **settings: as of ``Grader``.
    """

    def __init__(
        self,
        nodes: str | Sequence[str] | None = None,
        *,
        label_columns: Sequence[str] = LABEL_NAMES,
        tokenizer: Any = None,
        **settings: Any,
    ) -> None:
        settings.setdefault("options", ClientOptions(retry=RetryPolicy(deadline_s=_DEADLINE_S)))
        self.grader = Grader(nodes, **settings)
        self.label_columns = tuple(label_columns)
        self.tokenizer = tokenizer

    def __call__(
        self,
        prompt: str,
        completions: str,
        prompt_ids: Sequence[int],
        completion_ids: Sequence[int],
        **row: Any,
    ) -> float:
        """Grades one completion.

        Raises:
            MissingRewardError: there is no reward.
            AssayError: Assay could not be asked, up to the last attempt.
        """
        del prompt_ids
        rollout = self._rollout(prompt, completions, completion_ids, row)
        return required(self.grader.rewards([rollout])[0])

    async def call_async(
        self,
        prompt: str,
        completions: str,
        prompt_ids: Sequence[int],
        completion_ids: Sequence[int],
        **row: Any,
    ) -> float:
        """Grades likewise on the event loop, in place of AReaL's pool and its 15 seconds."""
        del prompt_ids
        rollout = self._rollout(prompt, completions, completion_ids, row)
        return required((await self.grader.rewards_async([rollout]))[0])

    def _rollout(
        self, prompt: str, completion: str, ids: Sequence[int], row: dict[str, Any]
    ) -> Rollout | ValueError:
        label = label_of_row(row, self.label_columns)
        if self.tokenizer is not None:
            completion = text_with_thoughts(self.tokenizer, ids)
        more: dict[str, Any] = {"completion_tokens": len(ids)} if ids is not None else {}
        return attempt(self.grader, completion, label, prompt=prompt, **more)
