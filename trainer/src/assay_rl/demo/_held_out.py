# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""How good a policy is on problems that no training has seen, and how sure that is.

``answer_correct`` is the demo's claim: the last number that a completion states, graded by Assay
as an answer by itself, so that a policy which merely learns the form gains nothing by it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from assay_rl.client import Client, Rollout
from assay_rl.demo._arithmetic import Problem, draw_distinct
from assay_rl.policy import Decoder, ModelSampler, SamplingOptions, Tokenizer

_SEED = 20_251_121  # the same problems for every run, so that runs can be compared
_NUMBER = re.compile(r"-?[0-9]+")
_RESAMPLES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutScores:
    """Shares of completions, sampled at temperature 1 unless said otherwise.

    Attributes:
        answer_correct: the last number stated is the answer, whatever the form.
        correct: Assay's ``correct``: that, in the right form.
        well_formed: passes the format gate.
        language: the language component is paid.
        tokens: mean length.
        greedy_answer_correct: ``answer_correct`` of the likeliest completion.
        by_problem: ``answer_correct`` of each problem, in a fixed order.
    """

    answer_correct: float
    correct: float
    well_formed: float
    language: float
    tokens: float
    greedy_answer_correct: float
    by_problem: list[float]


def score_held_out(
    model: Decoder,
    tokenizer: Tokenizer,
    client: Client,
    *,
    problems: int = 200,
    samples: int = 4,
    max_tokens: int = 64,
) -> HeldOutScores:
    """Samples and grades completions of held-out problems; raises what the client raises."""
    drawn = draw_distinct(random.Random(_SEED), problems, held_out=True)
    repeated = [problem for problem in drawn for _ in range(samples)]
    sampler = ModelSampler(model, tokenizer.end_id, tokenizer.pad_id)

    def complete(asked: Sequence[Problem], temperature: float) -> tuple[list[str], list[int]]:
        prompts = [tokenizer.encode_prompt([{"role": "user", "content": p.text}]) for p in asked]
        options = SamplingOptions(max_tokens=max_tokens, temperature=temperature)
        written = sampler(prompts, options, _SEED)
        return [tokenizer.decode(s.tokens) for s in written], [len(s.tokens) for s in written]

    texts, lengths = complete(repeated, 1.0)
    rollouts = [
        Rollout(problem=p.text, completion=t, completion_tokens=n, task=_task(p))
        for p, t, n in zip(repeated, texts, lengths, strict=True)
    ]
    results = client.rewards(rollouts)
    right = _are_right(client, repeated, texts)
    greedy = _are_right(client, drawn, complete(drawn, 0.0)[0])
    by_problem = [fmean(right[i : i + samples]) for i in range(0, len(right), samples)]
    return HeldOutScores(
        answer_correct=fmean(right),
        correct=fmean(r.correct is True for r in results),
        well_formed=fmean((r.components.get("format") or 0.0) > 0 for r in results),
        language=fmean((r.components.get("language") or 0.0) > 0 for r in results),
        tokens=fmean(lengths),
        greedy_answer_correct=fmean(greedy),
        by_problem=by_problem,
    )


def bootstrap_interval(
    before: Sequence[float], after: Sequence[float], *, share: float = 0.95
) -> tuple[float, float]:
    """Returns the percentile interval of the mean paired difference, by resampling problems.

    Args:
        before: a score per problem.
        after: the same problems' scores, in the same order.
        share: of resampled means that the interval holds.
    """
    differences = [b - a for a, b in zip(before, after, strict=True)]
    source = random.Random(0)
    means = sorted(
        fmean(source.choices(differences, k=len(differences))) for _ in range(_RESAMPLES)
    )
    cut = round((1.0 - share) / 2.0 * _RESAMPLES)
    return means[cut], means[_RESAMPLES - 1 - cut]


def stated_number(completion: str) -> str | None:
    """Returns the last number that stands in a completion.

    Example:
        >>> stated_number("<think>4+3+1=8.</think> So it is 85.")
        '85'
    """
    numbers = _NUMBER.findall(completion)
    return numbers[-1] if numbers else None


def _task(problem: Problem) -> dict[str, object]:
    return {"type": "math", "reference": problem.answer}


def _are_right(client: Client, problems: Sequence[Problem], texts: Sequence[str]) -> list[bool]:
    stated = [stated_number(text) for text in texts]
    items = [
        {"reference": problem.answer, "answer": number}
        for problem, number in zip(problems, stated, strict=True)
        if number is not None
    ]
    verdicts = iter(client.grade("math", {"items": items})["results"] if items else [])
    return [number is not None and next(verdicts)["verdict"] == "equivalent" for number in stated]
