# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""What a run leaves behind: metrics and rollouts as JSON Lines, and TensorBoard where installed.

``rollouts.jsonl`` holds, per line, the rollout as it was sent and the result as it was received,
so that anyone can grade it again. Numbers are written with all their digits.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from assay_rl.client import Result, Rollout


class Journal:
    """Writes the log of one run.

    Args:
        folder: made if missing.
        resume_step: first step that will be written; what an interrupted run wrote from there on
            is removed. ``0`` starts anew.
        tensorboard: also write events where TensorBoard is installed.
    """

    def __init__(self, folder: Path, *, resume_step: int = 0, tensorboard: bool = True) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.metrics_path = folder / "metrics.jsonl"
        self.rollouts_path = folder / "rollouts.jsonl"
        self._metrics = _open_before(self.metrics_path, resume_step)
        self._rollouts = _open_before(self.rollouts_path, resume_step)
        self._events = _tensorboard(folder, resume_step) if tensorboard else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes all files."""
        self._metrics.close()
        self._rollouts.close()
        if self._events is not None:
            self._events.close()

    def flush(self) -> None:
        """Hands everything to the operating system."""
        self._metrics.flush()
        self._rollouts.flush()

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        """Writes one step's numbers."""
        self._metrics.write(json.dumps({"step": step, **values}) + "\n")
        if self._events is not None:
            for name, value in values.items():
                self._events.add_scalar(name, value, step)

    def rollouts(
        self,
        step: int,
        rollouts: Sequence[Rollout],
        results: Sequence[Result],
        recipe: str | Mapping[str, Any] | None,
    ) -> None:
        """Writes one step's rollouts with their results."""
        for rollout, result in zip(rollouts, results, strict=True):
            line = {
                "step": step,
                "rollout": {**rollout.to_wire(), "recipe": recipe},
                "result": {
                    "status": result.status,
                    "reward": result.reward,
                    "correct": result.correct,
                    "components": dict(result.components),
                    "recipe_hash": result.recipe_hash,
                },
            }
            self._rollouts.write(json.dumps(line, ensure_ascii=False) + "\n")


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yields the objects of a JSON Lines file.

    Raises:
        ValueError: a line is no JSON object; names the line.
    """
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except ValueError as error:
                raise ValueError(f"{path}:{number}: {error}") from error
            if not isinstance(value, dict):
                raise ValueError(f"{path}:{number}: no JSON object")
            yield value


def _open_before(path: Path, step: int) -> TextIO:
    """Opens a log for appending, without what belongs to ``step`` and after."""
    kept: list[str] = []
    if step > 0 and path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            # An interrupted run may have left half a line behind.
            try:
                if json.loads(line)["step"] < step:
                    kept.append(line)
            except ValueError:
                continue
    file = path.open("w", encoding="utf-8")
    file.writelines(line + "\n" for line in kept)
    return file


def _tensorboard(folder: Path, step: int) -> Any | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # TensorBoard's own imports warn
            from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder / "tensorboard"), purge_step=step)  # type: ignore[no-untyped-call]
