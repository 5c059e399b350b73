# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Uses of a log of graded rollouts: grading it again, and writing fine-tuning data from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from assay_rl.client import Client
from assay_rl.training._journal import read_lines

_BATCH = 1024


@dataclass(frozen=True, slots=True)
class Difference:
    """A rollout whose second grading is not the first's.

    Attributes:
        id: the rollout's.
        logged: status, reward, correct and components as the log has them.
        regraded: the same as they are now.
    """

    id: str
    logged: Mapping[str, Any]
    regraded: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Regrading:
    """What ``regrade`` found: how many rollouts were compared, and those that differ."""

    compared: int
    differences: list[Difference]
    skipped: int


def regrade(log: Path, client: Client) -> Regrading:
    """Grades a log again and compares every number bit for bit.

    Rollouts that the machine, not the completion, left without a reward are skipped: they say
    nothing about repeating.

    Raises:
        ValueError: the file is no log of rollouts.
        AssayError: the grading failed.
    """
    compared = skipped = 0
    differences: list[Difference] = []
    for recipe, lines in _batches(log):
        results = client.rewards([line["rollout"] for line in lines], recipe=recipe)
        for line, result in zip(lines, results, strict=True):
            logged = {name: line["result"][name] for name in _COMPARED}
            regraded = {
                "status": result.status,
                "reward": result.reward,
                "correct": result.correct,
                "components": dict(result.components),
            }
            if logged["status"] not in ("graded", "invalid_task"):
                skipped += 1
                continue
            compared += 1
            if logged != regraded:  # floats compare exactly
                differences.append(Difference(str(line["rollout"].get("id")), logged, regraded))
    return Regrading(compared, differences, skipped)


def rewarded_chats(log: Path) -> Iterator[dict[str, Any]]:
    """Yields a chat for each fully rewarded rollout of a log, each text once.

    Fully rewarded: graded, correct, every component above 0 but length, and length not below it.
    """
    seen: set[tuple[str, str]] = set()
    for line in read_lines(log):
        rollout, result = _parts(line, log)
        if not _is_full(result):
            continue
        problem, completion = rollout.get("problem"), rollout["completion"]
        if not isinstance(problem, str) or not isinstance(completion, str):
            continue
        if (problem, completion) in seen:
            continue
        seen.add((problem, completion))
        yield {
            "messages": [
                {"role": "user", "content": problem},
                {"role": "assistant", "content": completion},
            ],
            "id": rollout.get("id"),
        }


_COMPARED = ("status", "reward", "correct", "components")


def _batches(log: Path) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    def lines() -> Iterator[tuple[Any, dict[str, Any]]]:
        for line in read_lines(log):
            rollout, _ = _parts(line, log)
            yield rollout.pop("recipe", None), line

    for recipe, run in groupby(lines(), key=lambda pair: pair[0]):
        batch: list[dict[str, Any]] = []
        for _, line in run:
            batch.append(line)
            if len(batch) == _BATCH:
                yield recipe, batch
                batch = []
        if batch:
            yield recipe, batch


def _parts(line: Mapping[str, Any], log: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    rollout, result = line.get("rollout"), line.get("result")
    if not isinstance(rollout, dict) or not isinstance(result, dict):
        raise ValueError(f'{log}: a line without "rollout" and "result": no log of rollouts')
    return rollout, result


def _is_full(result: Mapping[str, Any]) -> bool:
    components = result.get("components") or {}
    shaped = all(
        value is not None and (value >= 0 if name == "length" else value > 0)
        for name, value in components.items()
    )
    return bool(components) and result.get("correct") is True and shaped
