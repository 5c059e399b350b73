# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Rollouts as they are sent, results as they are received."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from assay_rl.client._errors import ProtocolError

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """One completion and how it is verified; members are those of ``POST /v1/reward``.

    Attributes:
        completion: all that the policy wrote, thoughts included.
        task: ``{"type": "math", "reference": "42"}``, ``choice``, ``code`` or ``none``.
        problem: the user's own words; or ``prompt``, from which Assay finds them.
        completion_tokens: length in the policy's own tokens; without it length is not scored.
        seed: the trainer's step, which draws the tests of a code task anew at each visit.
        tags: up to 16 scalars, echoed in the result.
    """

    completion: str | Json
    task: Json
    problem: str | None = None
    prompt: str | Sequence[Json] | None = None
    problem_language: str | None = None
    id: str | int | None = None
    group: str | None = None
    completion_tokens: int | None = None
    max_tokens: int | None = None
    cache_tokens: int | None = None
    truncated: bool | None = None
    think_prefilled: bool | None = None
    seed: int | None = None
    tags: Json | None = None
    recipe: str | Json | None = None

    def to_wire(self) -> dict[str, Any]:
        """Returns the JSON object that is sent: all members that are not ``None``."""
        return {f.name: v for f in fields(self) if (v := getattr(self, f.name)) is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Completions of one prompt: the problem and its tests travel once.

    Attributes:
        task: how every member is verified.
        completions: texts, or objects with ``completion``, ``completion_tokens``, ``id``….
        group: name that draws the same tests for all members.
    """

    task: Json
    completions: Sequence[str | Json]
    problem: str | None = None
    prompt: str | Sequence[Json] | None = None
    problem_language: str | None = None
    group: str | None = None

    def shared(self) -> dict[str, Any]:
        """Returns the members that all completions share."""
        names = ("group", "problem", "prompt", "problem_language", "task")
        return {name: v for name in names if (v := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True)
class ResultError:
    """Why a rollout has no reward.

    Attributes:
        code: one word, such as ``unparsable_reference``.
        cause: ``reference`` (the task's fault), ``engine`` or ``host``.
        retryable: whether the same rollout may be graded at another time or node.
    """

    code: str
    message: str
    retryable: bool = False
    cause: str | None = None
    pointer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A reward with its breakdown, or the reason why there is none.

    Attributes:
        index: position in the call, from 0.
        status: ``graded``, or why there is no reward; ``unreachable`` is this client's own word
            for a rollout that no node answered.
        reward: the recipe's number, ``None`` exactly if ``status`` is not ``graded``.
        correct: the raw outcome, apart from shaping; ``None`` for a task that has none.
        components: summands of the reward by name.
        details: what each grader found, by grader.
        node: address of the node that answered.
    """

    index: int
    status: str
    reward: float | None
    correct: bool | None = None
    id: str | int | None = None
    components: Mapping[str, float | None] = field(default_factory=dict)
    details: Json = field(default_factory=dict)
    error: ResultError | None = None
    tags: Json = field(default_factory=dict)
    recipe: str | None = None
    recipe_hash: str | None = None
    elapsed_s: float | None = None
    node: str | None = None

    @property
    def is_graded(self) -> bool:
        """Whether there is a reward."""
        return self.reward is not None

    @property
    def is_retryable(self) -> bool:
        """Whether the missing reward may come with another attempt."""
        return self.error is not None and self.error.retryable


def parse_result(text: bytes | str, *, node: str) -> Result:
    """Reads one result and checks what a trainer relies on.

    Raises:
        ProtocolError: it is no JSON object, or reward and status contradict each other.
    """
    try:
        wire = json.loads(text)
    except ValueError as error:
        raise ProtocolError(f"{node} sent a line that is not JSON: {text[:200]!r}") from error
    return result_from_wire(wire, node=node)


def result_from_wire(wire: object, *, node: str) -> Result:
    """Turns a decoded result into a ``Result``; raises ``ProtocolError`` as ``parse_result``."""
    if not isinstance(wire, dict) or not isinstance(wire.get("status"), str):
        raise ProtocolError(f"{node} sent no result: {str(wire)[:200]}")
    reward: Any = wire.get("reward")
    index = wire.get("index")
    is_number = isinstance(reward, int | float) and not isinstance(reward, bool)
    if (wire["status"] == "graded") != is_number or not (is_number or reward is None):
        raise ProtocolError(f"{node} sent reward {reward!r} with status {wire['status']!r}")
    if is_number and not math.isfinite(reward):
        raise ProtocolError(f"{node} sent the reward {reward!r}")
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        raise ProtocolError(f"{node} sent a result with index {index!r}")
    error = wire.get("error")
    return Result(
        index=index,
        status=wire["status"],
        reward=float(reward) if is_number else None,
        correct=wire.get("correct"),
        id=wire.get("id"),
        components=wire.get("components") or {},
        details=wire.get("details") or {},
        error=_error_from_wire(error) if isinstance(error, dict) else None,
        tags=wire.get("tags") or {},
        recipe=wire.get("recipe"),
        recipe_hash=wire.get("recipe_hash"),
        elapsed_s=wire.get("elapsed_s"),
        node=node,
    )


def _error_from_wire(wire: Json) -> ResultError:
    return ResultError(
        code=str(wire.get("code", "")),
        message=str(wire.get("message", "")),
        retryable=wire.get("retryable") is True,
        cause=wire.get("cause"),
        pointer=wire.get("pointer"),
    )
