# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""pass@1 and maj@k over several runs, graded by Assay.

pass@1 is the mean over problems of the share of runs that are right. maj@k asks whether the answer
given most often among ``k`` runs is right; answers are one if Assay finds them equal, so that 1/2
and 0.5 vote together. A completion without an answer gives no vote. A run without a reward counts
neither way, and is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from assay_rl.client import Client, Result, Rollout
from assay_rl.evaluation._problems import EvaluationProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationScores:
    """What an evaluation found.

    Attributes:
        problems: number of problems with at least one graded run.
        runs: completions per problem.
        pass_at_1: 0 to 1.
        maj_at_k: 0 to 1; ``None`` where answers cannot vote, as programs cannot.
        ungraded: completions without a verdict.
        well_formed: share of graded completions with the right form.
    """

    problems: int
    runs: int
    pass_at_1: float
    maj_at_k: float | None
    ungraded: int
    well_formed: float


def evaluate(
    problems: Sequence[EvaluationProblem],
    completions: Sequence[Sequence[str]],
    client: Client,
    recipe: str = "magistral",
) -> tuple[EvaluationScores, list[list[Result]]]:
    """Grades ``completions`` as ``[problem][run]``.

    Raises:
        ValueError: no problems, or not the same number of runs for each.
        AssayError: the grading failed.
    """
    runs = len(completions[0]) if completions else 0
    if len(problems) != len(completions) or runs == 0 or any(len(c) != runs for c in completions):
        raise ValueError("each problem needs the same number of completions, at least one")
    rollouts = [
        Rollout(problem=problem.problem, completion=text, task=problem.task, group=problem.name)
        for problem, texts in zip(problems, completions, strict=True)
        for text in texts
    ]
    flat = client.rewards(rollouts, recipe=recipe)
    results = [flat[start : start + runs] for start in range(0, len(flat), runs)]
    graded = [[r for r in row if r.correct is not None] for row in results]
    shares = [fmean(r.correct is True for r in row) for row in graded if row]
    majorities = [
        majority_is_correct(row, problem, lambda a, b: _are_equal(client, a, b))
        for row, problem in zip(graded, problems, strict=True)
        if row
    ]
    votes = [vote for vote in majorities if vote is not None]
    well_formed = [_is_well_formed(r) for row in graded for r in row]
    return (
        EvaluationScores(
            problems=len(shares),
            runs=runs,
            pass_at_1=fmean(shares) if shares else 0.0,
            maj_at_k=fmean(votes) if votes else None,
            ungraded=sum(r.correct is None for row in results for r in row),
            well_formed=fmean(well_formed) if well_formed else 0.0,
        ),
        results,
    )


def majority_is_correct(
    results: Sequence[Result],
    problem: EvaluationProblem,
    are_equal: Callable[[str, str], bool],
) -> bool | None:
    """Whether the answer given most often is right; the one given first, where two tie.

    Returns:
        ``None`` for a task whose answers cannot be compared.
    """
    if problem.task["type"] not in ("math", "choice"):
        return None
    candidates: list[tuple[str, list[bool]]] = []  # an answer, and whether each vote was right
    for result in results:
        answer = _answer(result)
        if answer is None:
            continue
        same = _find(
            candidates, answer, result, are_equal if problem.task["type"] == "math" else None
        )
        if same is None:
            candidates.append((answer, [result.correct is True]))
        else:
            same.append(result.correct is True)
    if not candidates:
        return False
    return max(candidates, key=lambda c: len(c[1]))[1][0]


def _find(
    candidates: Sequence[tuple[str, list[bool]]],
    answer: str,
    result: Result,
    are_equal: Callable[[str, str], bool] | None,
) -> list[bool] | None:
    for known, votes in candidates:
        if known == answer:
            return votes
    for known, votes in candidates:
        # A right and a wrong answer are never equal: no need to ask.
        if (
            are_equal
            and votes[0] == (result.correct is True)
            and (votes[0] or are_equal(known, answer))
        ):
            return votes
    return None


def _answer(result: Result) -> str | None:
    found: Any = result.details.get("correctness", {}).get("answer")
    return found if isinstance(found, str) else None


def _is_well_formed(result: Result) -> bool:
    return bool(result.details.get("format", {}).get("verdict") == "well_formed")


def _are_equal(client: Client, first: str, second: str) -> bool:
    # An answer that Assay cannot read as a reference is equal to nothing but its own text.
    answer = client.grade("math", {"items": [{"reference": first, "answer": second}]})
    return bool(answer["results"][0].get("verdict") == "equivalent")
