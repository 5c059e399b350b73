# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Benchmark files, and their scores."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
from pathlib import Path
from typing import Any

import pytest

from assay_rl.client import Client, Result
from assay_rl.evaluation import (
    EvaluationProblem,
    evaluate,
    last_box,
    majority_is_correct,
    read_problems,
)

GPQA = {
    "Question": "Which of these is a noble gas?",
    "Correct Answer": "argon\n",
    "Incorrect Answer 1": "oxygen",
    "Incorrect Answer 2": "chlorine",
    "Incorrect Answer 3": "nitrogen",
    "Record ID": "rec1",
}
CODE = {
    "question_id": "q7",
    "question_content": "Print the next number.",
    "starter_code": "",
    "metadata": "{}",
    "public_test_cases": json.dumps([{"input": "1\n", "output": "2\n", "testtype": "stdin"}]),
    "private_test_cases": json.dumps([{"input": "5\n", "output": "6\n", "testtype": "stdin"}]),
}


def read(tmp_path: Path, *lines: dict[str, Any], shape: str = "auto") -> list[EvaluationProblem]:
    path = tmp_path / "problems.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return read_problems(path, shape)


def test_aime(tmp_path: Path) -> None:
    problem = read(tmp_path, {"id": 12, "problem": "p", "answer": "073"}, shape="aime")[0]
    assert (problem.name, problem.task) == ("12", {"type": "math", "reference": 73})


def test_math_takes_the_answer_or_the_last_box_of_the_solution(tmp_path: Path) -> None:
    solution = "First \\boxed{1}, then \\boxed{\\frac{1}{2}}."
    lines = [{"problem": "p", "answer": "x^2"}, {"problem": "q", "solution": solution}]
    problems = read(tmp_path, *lines)
    assert [p.task["reference"] for p in problems] == ["x^2", "\\frac{1}{2}"]


def test_gpqa_shows_options_in_an_order_of_its_own_that_stays(tmp_path: Path) -> None:
    many = [{**GPQA, "Question": f"Question {i}?"} for i in range(40)]
    problems = read(tmp_path, *many)
    letters = [p.task["reference"] for p in problems]
    assert set(letters) == set("ABCD")
    assert letters == [p.task["reference"] for p in read(tmp_path, *many)]
    for problem in problems:
        assert problem.task["options"][problem.task["reference"]] == "argon"
        assert f"{problem.task['reference']}) argon" in problem.problem


def test_livecodebench_takes_public_and_private_tests(tmp_path: Path) -> None:
    problem = read(tmp_path, CODE)[0]
    assert problem.name == "q7"
    assert problem.task["tests"] == [
        {"stdin": "1\n", "stdout": "2\n"},
        {"stdin": "5\n", "stdout": "6\n"},
    ]
    assert problem.task["sample"] == 2


def test_livecodebench_functions_become_calls(tmp_path: Path) -> None:
    tests = [{"input": "[1, 2]\n3", "output": "6", "testtype": "functional"}]
    line = {
        **CODE,
        "starter_code": "class Solution:",
        "metadata": json.dumps({"func_name": "total"}),
        "public_test_cases": json.dumps(tests),
        "private_test_cases": "[]",
    }
    problem = read(tmp_path, line)[0]
    assert "class Solution:" in problem.problem
    assert problem.task["tests"] == [{"function": "total", "arguments": [[1, 2], 3], "expected": 6}]


def test_pickled_tests_are_refused_unread(tmp_path: Path) -> None:
    packed = base64.b64encode(zlib.compress(pickle.dumps("[]"))).decode()
    with pytest.raises(ValueError, match="pickle"):
        read(tmp_path, {**CODE, "private_test_cases": packed})


@pytest.mark.parametrize(
    ("shape", "line"),
    [
        ("aime", {"problem": "p", "answer": 1000}),
        ("aime", {"problem": "p", "answer": "x"}),
        ("math", {"problem": "p"}),
        ("math", {"problem": "p", "solution": "\\boxed{1"}),
        ("math", {"problem": "p", "solution": "1"}),
        ("gpqa", {"Question": "q"}),
        ("gpqa", {**GPQA, "Incorrect Answer 1": "argon"}),
        ("livecodebench", {"question_content": "q"}),
    ],
)
def test_a_line_of_another_shape_is_named(tmp_path: Path, shape: str, line: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"problems.jsonl:1: not {shape}"):
        read(tmp_path, line, shape=shape)


def test_unknown_shapes_and_empty_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shape"):
        read(tmp_path, CODE, shape="mmlu")
    with pytest.raises(ValueError, match="no problems"):
        read(tmp_path)


def test_the_last_box_counts_its_braces() -> None:
    assert last_box("\\boxed{a{b}c} d") == "a{b}c"


def voted(answer: str | None, *, correct: bool) -> Result:
    details = {"correctness": {"answer": answer} if answer is not None else {}}
    return Result(index=0, status="graded", reward=0.0, correct=correct, details=details)


MATH = EvaluationProblem(name="m", problem="p", task={"type": "math", "reference": "1/2"})


def test_equal_answers_vote_together() -> None:
    votes = [
        voted("3", correct=False),
        voted("4", correct=False),
        voted("3.0", correct=False),
        voted("0.5", correct=True),
        voted("1/2", correct=True),
    ]
    same = {frozenset(("3", "3.0"))}
    equal = lambda a, b: frozenset((a, b)) in same  # noqa: E731, a table
    assert majority_is_correct(votes, MATH, equal) is False  # two each; 3 came first
    assert majority_is_correct([*votes, voted("2/4", correct=True)], MATH, equal) is True


def test_no_answer_is_no_vote() -> None:
    votes = [voted(None, correct=False)] * 5 + [voted("0.5", correct=True)]
    assert majority_is_correct(votes, MATH, lambda *_: False) is True
    assert majority_is_correct(votes[:5], MATH, lambda *_: False) is False


def test_programs_have_no_majority() -> None:
    task = {"type": "code", "language": "python", "tests": []}
    problem = EvaluationProblem(name="c", problem="p", task=task)
    assert majority_is_correct([voted("x", correct=True)], problem, lambda *_: False) is None


def test_scores_of_all_shapes_come_from_assay(tmp_path: Path, assay_url: str) -> None:
    aime = read(tmp_path, {"problem": "What is 6 times 7?", "answer": 42}, shape="aime")
    math = read(tmp_path, {"problem": "Half of a half?", "answer": "\\frac{1}{4}"})
    gpqa = read(tmp_path, GPQA)
    code = read(tmp_path, CODE)
    right = gpqa[0].task["reference"]
    box = "<think>so</think> $\\boxed{{{}}}$".format
    program = "<think>so</think>\n```python\nprint(int(input())+{})\n```\n".format
    completions = [
        [box("42"), box("41"), box("42.0"), box("40")],
        [box("0.25"), box("1/4"), box("0.5"), "no box"],
        [box(right), box("A" if right != "A" else "B"), box(right), box(right)],
        [program(1), program(2), program(1), program(0)],
    ]
    with Client(assay_url) as client:
        scores, results = evaluate(aime + math + gpqa + code, completions, client)
    assert [[r.correct for r in row].count(True) for row in results] == [2, 2, 3, 2]
    assert scores.pass_at_1 == (0.5 + 0.5 + 0.75 + 0.5) / 4
    assert scores.maj_at_k == 1.0
    assert (scores.problems, scores.runs, scores.ungraded) == (4, 4, 0)
    assert scores.well_formed == 15 / 16


def test_uneven_runs_are_refused(assay_url: str) -> None:
    with Client(assay_url) as client, pytest.raises(ValueError, match="same number"):
        evaluate([MATH, MATH], [["a"], ["a", "b"]], client)
