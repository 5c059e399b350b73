# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""What the policy is told."""

from __future__ import annotations

from typing import Any

import pytest

from assay_rl.client import Client, Rollout
from assay_rl.prompts import chat_prompt, format_demand, problem_text, system_prompt, text_prompt

TASKS: list[tuple[dict[str, Any], str]] = [
    ({"type": "math", "reference": "1"}, "\\boxed{}"),
    ({"type": "choice", "reference": "A"}, "\\boxed{}"),
    ({"type": "code", "language": "python", "tests": []}, "```python"),
    ({"type": "code", "language": "cpp", "tests": []}, "```cpp"),
    ({"type": "code", "tests": []}, "```python"),
]


@pytest.mark.parametrize(("task", "mark"), TASKS)
def test_the_problem_says_what_form_assay_demands(task: dict[str, Any], mark: str) -> None:
    assert mark in problem_text("How much?", task)
    assert problem_text("How much?", task).startswith("How much?\n")


def test_a_task_without_an_answer_demands_nothing() -> None:
    assert format_demand({"type": "none"}) == ""
    assert problem_text("Hello", {"type": "none"}) == "Hello"


def test_the_system_prompt_shows_one_think_pair_and_ends_with_the_problem() -> None:
    prompt = system_prompt()
    assert prompt.count("<think>") == prompt.count("</think>") == 1
    assert prompt.endswith("Problem:\n\n")
    assert "boxed" not in prompt
    assert "```" not in prompt


@pytest.mark.parametrize("as_text", [True, False])
def test_assay_finds_the_problem_behind_the_system_prompt(assay_url: str, as_text: bool) -> None:
    problem = "Combien font six fois sept, et pourquoi ?"
    task = {"type": "math", "reference": 42}
    prompt = (text_prompt if as_text else chat_prompt)(problem, task)
    thoughts = "On multiplie six par sept, ce qui donne quarante-deux."
    completion = f"<think>{thoughts}</think> Le produit vaut $\\boxed{{42}}$."
    with Client(assay_url) as client:
        rollout = Rollout(prompt=prompt, completion=completion, task=task)  # type: ignore[arg-type]
        result = client.reward(rollout)
    assert result.details["language"]["problem"] == "fr"  # though prompt and demand are English
    assert result.reward == 0.1 + 0.9 + 0.0 + 0.1
