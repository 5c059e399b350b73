# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Turns data files of code benchmarks into rollouts for `assay grade`.

A row of any of these shapes, told apart by its members, becomes one rollout and the outcome that
its label demands:

- HumanEval, HumanEval-X: {"id", "language", "tests": {"type": "program", "test", "entry_point"},
  "solution"}; MBPP: {"tests": {"type": "asserts", "asserts", "setup"}, "solution"}: accepted.
- library-checker: {"tests": {"type": "stdin_stdout", "inputs", "outputs", "checker",
  "time_limit"}, "solution", "expected": "AC" | "WA" | "RE" | "TLE_ALLOWED"}.
- completions with a label: {"language": "cpp", "program", "label"} (MultiPL-E) and
  {"task_id": "HumanEval/0", "program", "completion", "base_status"} (evalplus).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass
class Case:
    """One rollout, the program it stands for, and what must come of it."""

    name: str
    rollout: dict[str, Any]
    program: str
    accepted: bool | None  # None: either


def rollout(name: str, language: str, code: str, tests: list[Any], **more: Any) -> dict[str, Any]:
    """A completion whose only block is the code."""
    fence = "`" * 8
    return {
        "id": name,
        "group": name,
        "problem": "Write a program.",
        "completion": f"<think>It is known.</think>\n{fence}{language}\n{code}\n{fence}\n",
        "task": {"type": "code", "language": language, "tests": tests, "sample": 10000, **more},
    }


def cases(path: str, with_checkers: bool = False) -> Iterator[Case]:
    """The cases of a file, in order; rows without a runnable label are passed over.

    With checkers, which include testlib.h, rows are judged by those they bring, else by tokens.
    """
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            case = convert(json.loads(line), with_checkers)
            if case is not None:
                yield case


def convert(row: dict[str, Any], with_checkers: bool) -> Case | None:
    """One row as a case."""
    name = str(row["id"])
    if "base_status" in row:
        return evalplus(name, row)
    if "label" in row:
        return multipl(name, row)
    language, tests, code = row["language"], row["tests"], row["solution"]
    if tests["type"] == "asserts":
        setup = "\n".join(tests["setup"])
        items = [{"assert": text, "setup": setup} for text in tests["asserts"]]
        return Case(name, rollout(name, language, code, items), row["program"], True)
    if tests["type"] == "program":
        item = {"program": tests["test"]}
        if "entry_point" in tests:
            item["entry_point"] = tests["entry_point"]
        elif row["program"].endswith(tests["test"]):  # HumanEval-X: what precedes the test
            code = row["program"].removesuffix(tests["test"])
        return Case(name, rollout(name, language, code, [item]), row["program"], True)
    return library_checker(name, row, with_checkers)


def library_checker(name: str, row: dict[str, Any], with_checkers: bool) -> Case:
    """Standard input and output."""
    tests, language = row["tests"], row["language"]
    items = [
        {"stdin": stdin, "stdout": stdout}
        for stdin, stdout in zip(tests["inputs"], tests["outputs"], strict=True)
    ]
    wanted = {"AC": True, "TLE_ALLOWED": None}.get(row["expected"], False)
    if row["expected"] == "RE":  # fails on large inputs only, which are not in the file
        wanted = None
    more: dict[str, Any] = {}
    if with_checkers and tests.get("checker"):
        limits = {"compile_time_s": 60}
        more["checker"] = {"language": "cpp", "code": tests["checker"], "limits": limits}
    body = rollout(name, language, row["solution"], items, **more)
    return Case(name, body, row["solution"], wanted)


def multipl(name: str, row: dict[str, Any]) -> Case:
    """A program whose `main` is the test."""
    head, mark, tail = row["program"].partition("int main() {")
    if not mark:
        raise ValueError(f"{name}: no main")
    items = [{"program": mark + tail}]
    body = rollout(name, row["language"], head, items)
    return Case(name, body, row["program"], bool(row["label"]))


def evalplus(name: str, row: dict[str, Any]) -> Case | None:
    """HumanEval's own tests follow the completion in `program`; MBPP's are not in the file."""
    code, program = row["completion"], row.get("program")
    if program is None or not program.startswith(code):
        return None
    test, mark, entry = program[len(code) :].rpartition("\ncheck(")
    if not mark:
        return None
    items = [{"program": test, "entry_point": entry.strip().rstrip(")")}]
    body = rollout(name, "python", code, items)
    return Case(name, body, program, row["base_status"] == "pass")
