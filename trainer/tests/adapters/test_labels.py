# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Labels become tasks, and what is no label is refused."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
from typing import Any

import numpy as np
import pytest

from assay_rl.adapters import task_from_label
from assay_rl.adapters._labels import label_of_row

STDIN = [{"stdin": "1\n", "stdout": "2\n"}]
CASES: list[tuple[str, Any, dict[str, Any]]] = [
    ("text is a reference", "\\frac{1}{2}", {"type": "math", "reference": "\\frac{1}{2}"}),
    ("a number is a reference", 42, {"type": "math", "reference": 42}),
    ("numpy's too", np.float64(0.5), {"type": "math", "reference": 0.5}),
    ("any of a list", np.array(["1", "2"]), {"type": "math", "reference": ["1", "2"]}),
    ("a set in braces stays text", "{1, 2}", {"type": "math", "reference": "{1, 2}"}),
    ("an interval stays text", "[1, 2]", {"type": "math", "reference": "[1, 2]"}),
    ("long digits are no base64", "1" * 40, {"type": "math", "reference": "1" * 40}),
    ("a task is one", {"type": "choice", "reference": "A"}, {"type": "choice", "reference": "A"}),
    ("a label within", {"ground_truth": "7"}, {"type": "math", "reference": "7"}),
    (
        "nulls of a table's columns are left out",
        {"type": "math", "reference": "7", "tests": None},
        {"type": "math", "reference": "7"},
    ),
    (
        "inputs and outputs",
        {"inputs": ["1\n"], "outputs": ["2\n"]},
        {"type": "code", "language": "python", "tests": STDIN},
    ),
    (
        "as JSON text",
        json.dumps({"inputs": ["1\n"], "outputs": ["2\n"], "fn_name": None}),
        {"type": "code", "language": "python", "tests": STDIN},
    ),
    (
        "unit tests within verifier metadata",
        {"unit_tests": {"inputs": ["1\n"], "outputs": ["2\n"]}, "difficulty": "easy"},
        {"type": "code", "language": "python", "tests": STDIN},
    ),
    (
        "a list of inputs and outputs as JSON text",
        '[{"input": "1\\n", "output": "2\\n", "testtype": "stdin"}]',
        {"type": "code", "language": "python", "tests": STDIN},
    ),
    (
        "lines in lists",
        {"inputs": [["1", "2"]], "outputs": [["3"]]},
        {"type": "code", "language": "python", "tests": [{"stdin": "1\n2", "stdout": "3"}]},
    ),
    (
        "a function",
        {"inputs": ["[1]\n2"], "outputs": ["3"], "fn_name": "f"},
        {
            "type": "code",
            "language": "python",
            "tests": [{"function": "f", "arguments": [[1], 2], "expected": 3}],
        },
    ),
    (
        "tests with their language and sample",
        {"tests": STDIN, "language": "cpp", "sample": 5},
        {"type": "code", "language": "cpp", "tests": STDIN, "sample": 5},
    ),
    (
        "assertions",
        {"tests": ["assert f(1) == 2"]},
        {"type": "code", "language": "python", "tests": [{"assert": "assert f(1) == 2"}]},
    ),
]


@pytest.mark.parametrize(("label", "task"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_label_becomes_a_task(label: Any, task: dict[str, Any]) -> None:
    assert task_from_label(label) == task


PACKED = base64.b64encode(zlib.compress(pickle.dumps(json.dumps(STDIN)))).decode()
REFUSED: list[tuple[str, Any]] = [
    ("pickle, compressed", PACKED),
    ("pickle", base64.b64encode(pickle.dumps([1, 2, 3] * 9)).decode()),
    ("pickle within tests", {"tests": PACKED}),
    ("bytes", b"\x80\x04]\x94."),
    ("a truth value", True),
    ("not finite", float("nan")),
    ("nothing", None),
    ("no tests", {"tests": []}),
    ("an object without tests", {"question": "?"}),
    ("more inputs than outputs", {"inputs": ["1", "2"], "outputs": ["1"]}),
    ("arguments that are not JSON", {"inputs": ["x y"], "outputs": ["3"], "fn_name": "f"}),
]


@pytest.mark.parametrize("label", [c[1] for c in REFUSED], ids=[c[0] for c in REFUSED])
def test_what_is_no_label_is_refused(label: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        task_from_label(label)


def test_nothing_is_unpickled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickle, "loads", lambda _: pytest.fail("unpickled"))
    with pytest.raises(ValueError, match="pickle"):
        task_from_label(PACKED)


def test_a_category_named_task_is_no_label() -> None:
    assert label_of_row({"task": "algebra", "answer": "7"}) == "7"
    assert label_of_row({"task": {"type": "none"}, "answer": "7"}) == {"type": "none"}
    with pytest.raises(ValueError, match="no label"):
        label_of_row({"task": "algebra"})
