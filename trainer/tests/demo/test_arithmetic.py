# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""The demo's problems, its texts, and its statistics."""

from __future__ import annotations

import random

import pytest

from assay_rl.client import Client, Rollout
from assay_rl.demo import (
    LANGUAGES,
    DemoOptions,
    Faults,
    Problem,
    bootstrap_interval,
    draw_distinct,
    rl_prompts,
    stated_number,
    warm_up_chats,
    work_out,
)

NO_FAULTS = Faults(digit=0.0, language=0.0, box=0.0)


def test_texts_without_faults_earn_the_full_reward_in_every_language(assay_url: str) -> None:
    source = random.Random(1)
    problems = [
        Problem(a, b, sign, language)
        for language in LANGUAGES
        for sign, pairs in (
            (1, [(10, 10), (99, 99), (58, 67)]),
            (-1, [(99, 10), (42, 42), (71, 39)]),
        )
        for a, b in pairs
    ]
    rollouts = [
        Rollout(
            problem=problem.text,
            completion=work_out(problem, source, NO_FAULTS),
            completion_tokens=40,
            task={"type": "math", "reference": problem.answer},
        )
        for problem in problems
    ]
    with Client(assay_url) as client:
        results = client.rewards(rollouts)
    for problem, result in zip(problems, results, strict=True):
        assert result.reward == 0.1 + 0.9 + 0.0 + 0.1, (problem, result.details)


def test_thoughts_in_another_language_are_not_paid(assay_url: str) -> None:
    source = random.Random(2)
    foreign = Faults(digit=0.0, language=1.0, box=0.0)
    problems = draw_distinct(source, 70, held_out=False)
    rollouts = [
        Rollout(
            problem=problem.text,
            completion=work_out(problem, source, foreign),
            task={"type": "math", "reference": problem.answer},
        )
        for problem in problems
    ]
    with Client(assay_url) as client:
        results = client.rewards(rollouts)
    assert {result.components["language"] for result in results} == {0.0}


def test_faults_come_as_often_as_asked() -> None:
    source = random.Random(3)
    problems = [p for _ in range(8) for p in draw_distinct(source, 250, held_out=False)]
    texts = [work_out(p, source, Faults(digit=0.2, language=0.0, box=0.1)) for p in problems]
    right = [stated_number(t) == str(p.answer) for p, t in zip(problems, texts, strict=True)]
    boxed = ["\\boxed" in text for text in texts]
    assert 0.58 <= sum(right) / len(right) <= 0.72  # 0.8², and little luck
    assert 0.87 <= sum(boxed) / len(boxed) <= 0.93


def test_training_never_sees_what_is_held_out() -> None:
    held_out = {(p.a, p.sign, p.b) for p in draw_distinct(random.Random(9), 600, held_out=True)}
    options = DemoOptions(out=None)  # type: ignore[arg-type]
    questions = {p.problem for step in range(40) for p in rl_prompts(options, step)}
    questions |= {chat[0]["content"] for step in range(40) for chat in warm_up_chats(1, 64, step)}
    for a, sign, b in held_out:
        for language in LANGUAGES:
            assert Problem(a, b, sign, language).text not in questions


def test_a_tenth_is_held_out_and_the_language_does_not_matter() -> None:
    pairs = [(a, b) for a in range(10, 100) for b in range(10, 100)]
    share = sum(Problem(a, b, 1, "en").is_held_out for a, b in pairs) / len(pairs)
    assert 0.09 <= share <= 0.11
    for a, b in pairs[:200]:
        assert len({Problem(a, b, 1, language).is_held_out for language in LANGUAGES}) == 1


def test_steps_repeat_and_differ() -> None:
    options = DemoOptions(out=None, seed=2)  # type: ignore[arg-type]
    assert rl_prompts(options, 5) == rl_prompts(options, 5)
    assert rl_prompts(options, 5) != rl_prompts(options, 6)
    assert warm_up_chats(2, 8, 1) == warm_up_chats(2, 8, 1)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("<think>7+8=15</think> So it is $\\boxed{85}$.", "85"),
        ("it is -4", "-4"),
        ("no number", None),
        ("", None),
    ],
)
def test_the_number_stated_is_the_last(text: str, number: str | None) -> None:
    assert stated_number(text) == number


def test_the_interval_holds_the_mean_and_narrows() -> None:
    before, after = [0.0, 0.5] * 50, [0.5, 0.75] * 50
    low, high = bootstrap_interval(before, after)
    assert 0.3 < low < 0.375 < high < 0.45
    assert bootstrap_interval(before, before) == (0.0, 0.0)
    few = bootstrap_interval(before[:10], after[:10])
    assert few[1] - few[0] > high - low
