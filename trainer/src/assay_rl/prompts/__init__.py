# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""What the policy is told: one system prompt for all tasks, and the form of each task's answer.

The system prompt gives the instructions of Magistral's figure 2 in our own words
(``system_prompt.md``). It names neither box nor fence: what Assay looks for in the answer is part
of the problem's text, because it depends on the task.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

_FENCE_NAMES = {"python": "python", "cpp": "cpp"}


@cache
def system_prompt() -> str:
    """Returns the system prompt; it ends with ``Problem:``, behind which the problem goes."""
    return resources.files(__name__).joinpath("system_prompt.md").read_text(encoding="utf-8")


def format_demand(task: Mapping[str, Any]) -> str:
    r"""Returns the sentence that says how a task's answer must be written; may be empty.

    Args:
        task: a task as Assay takes it.

    Example:
        >>> format_demand({"type": "math", "reference": "42"})
        'Put the final answer into \\boxed{}.'
    """
    match task["type"]:
        case "math":
            return "Put the final answer into \\boxed{}."
        case "choice":
            return "Put the letter of the right option into \\boxed{}."
        case "code":
            name = _FENCE_NAMES[task.get("language", "python")]
            return (
                f"Give the whole program in one block that begins with ```{name} and ends with ```."
            )
        case _:
            return ""


def problem_text(problem: str, task: Mapping[str, Any]) -> str:
    """Returns the problem followed by the form that its answer must have."""
    demand = format_demand(task)
    return f"{problem}\n\n{demand}" if demand else problem


def chat_prompt(problem: str, task: Mapping[str, Any]) -> list[dict[str, str]]:
    """Returns the messages for a problem, system prompt first."""
    return [
        {"role": "system", "content": system_prompt()},
        {"role": "user", "content": problem_text(problem, task)},
    ]


def text_prompt(problem: str, task: Mapping[str, Any]) -> str:
    """Returns one text for models without a chat template: system prompt, then the problem."""
    return system_prompt() + problem_text(problem, task)
