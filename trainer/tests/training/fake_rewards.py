# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""A stand-in for Assay that pays for ASCII, at once and always the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assay_rl.client import Group, Result


class AsciiRewards:
    """Pays a tenth for each ASCII character; some members of each group get no reward."""

    def __init__(self, null_members: frozenset[int] = frozenset()) -> None:
        self.null_members = null_members
        self.seeds: list[int | None] = []

    def group_rewards(
        self,
        groups: Sequence[Group],
        *,
        recipe: str | Mapping[str, Any] | None = None,
        seed: int | None = None,
    ) -> list[list[Result]]:
        assert recipe is not None
        self.seeds.append(seed)
        return [[self._result(i, dict(m)) for i, m in enumerate(g.completions)] for g in groups]  # type: ignore[arg-type]

    def _result(self, index: int, member: dict[str, Any]) -> Result:
        if index in self.null_members:
            return Result(index=index, status="verifier_error", reward=None)
        reward = sum(character.isascii() for character in member["completion"]) / 10
        return Result(
            index=index,
            status="graded",
            reward=reward,
            correct=reward > 0,
            components={"format": 0.0, "correctness": reward, "length": 0.0, "language": 0.0},
        )
